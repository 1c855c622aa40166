//! Properties that hold whatever the numbers are.
//!
//! - `crossbar_law`: an ideal crossbar is the abstract study;
//! - `checkpoints`: a trial that is stopped and gone on with is the one that ran through;
//! - `ranges`: the documented ranges of study keys are those that the program enforces;
//! - `read_noise`: one draw a column and a draw a cell have the same mean and variance;
//! - `same_bits`: threads, stopping and shards change no bit of a record;
//! - `resolved_study`: the study in a results folder is the study that was run;
//! - `seeds`: streams with seeds of their own nest chips, writes and repeats;
//! - `store`: whatever happens to a record file, the records so far stay whole; `killed`: hundreds of kills do not either;
//! - `executors`: nor does who computes the parts of a batch; `hardware`: training through arrays with every mechanism on;
//! - `event_counts`: an input of k is k inputs of the same weights, and drives its row k times;
//! - `kernel_bits`: the vector kernels are plain scalar loops, bit for bit; `work`: they do no more than the spikes ask for;
//! - `layer_bits`: nor do instructions change those of several layers, of recurrence and of Izhikevich neurons;
//! - `gradient`: that of the readout is a finite difference of the loss;
//! - `weights`: signs, zero steps and counts; `zero_size`: a mechanism of size zero is none, to the bit; `keys`: every key
//!   acts or is told.

mod checkpoints;
mod crossbar_law;
mod event_counts;
mod executors;
mod gradient;
mod hardware;
mod kernel_bits;
mod keys;
#[cfg(unix)]
mod killed;
mod layer_bits;
mod ranges;
mod read_noise;
mod resolved_study;
mod same_bits;
mod seeds;
mod small;
mod store;
mod weights;
mod work;
mod zero_size;
