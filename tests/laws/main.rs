//! Properties that hold for any numbers.
//!
//! - `crossbar_law`: an ideal crossbar is equivalent to digital weights;
//! - `calibration`: `auto` gives the same numbers everywhere, and every built-in device trains with them;
//! - `checkpoints`: resumed trials equal uninterrupted ones;
//! - `read_noise`: one draw per column has the same mean and variance as one draw per cell;
//! - `ranges`: the documented ranges of study keys are those that the program enforces;
//! - `same_bits`: records do not depend on threads, interruptions and shards;
//! - `resolved_study`: the study in a results folder equals the study that was run;
//! - `seeds`: separate seeds per stream nest chips, writes and repeats;
//! - `deployment`: chips are independent, and an ideal device gives the answers of digital weights;
//! - `mechanisms`: disabling a mechanism of a device shifts no other random stream;
//! - `fit`: samples of a device, fitted, give its numbers back;
//! - `limit`: limits rarely claim too much;
//! - `nir`: networks come back from NIR files bit by bit;
//! - `store`, `killed`: records survive damaged files and hundreds of kills;
//! - `executors`: results do not depend on the executor; `hardware`: training through arrays with each mechanism;
//! - `event_counts`: an input of k equals k inputs with equal weights and drives its row k times;
//! - `kernel_bits`: vector kernels are bit-identical to scalar loops; `work`: their work is proportional to the spikes;
//! - `layer_bits`: the same for several layers, recurrence and Izhikevich neurons;
//! - `gradient`: the readout gradient is a finite difference of the loss;
//! - `weights`: signs, zero updates and counts; `zero_size`: mechanisms of size zero have no effect; `keys`: every key
//!   has an effect or a warning.

mod calibration;
mod checkpoints;
mod crossbar_law;
mod deployment;
mod event_counts;
mod executors;
mod fit;
mod gradient;
mod hardware;
mod kernel_bits;
mod keys;
#[cfg(unix)]
mod killed;
mod layer_bits;
mod limit;
mod mechanisms;
mod nir;
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
