//! Comparisons with external results: float64 autograd, a dense float64 network, closed forms, publications.
//!
//! - `autograd`: cases of a float64 autograd program, read from a file;
//! - `dense`: the equations in float64, with bounds on the difference from float32 (`number`);
//! - `layered`: the same for several layers, recurrence and Izhikevich neurons; `dual`: their forward-mode derivatives;
//!   `layers`: comparisons of both with the program;
//! - `random_networks`: larger networks; `spiking`: dense networks converted to those of the program;
//! - `devices`: device files and papers; `chips`: programmed chips; `fit_curves`: pulsed devices and the fits that they
//!   cite; `in_situ`: training through every device;
//! - `findings`: the numbers of the findings, made again from their records;
//! - `nir`: networks of NIR files, by their equations and by snnTorch;
//! - `shd`: event files as read by h5py and binned by NumPy; `latency`: the latency code by hand; `learning`: the
//!   published preset learns;
//! - `spike_distances`: published Van Rossum distances of untrained networks;
//! - `statistics`: every statistic compared with scipy, statsmodels and textbooks; `statistics_components`: variance
//!   components; `coverage`: simulated coverage of intervals and error rates of tests;
//! - `wires`: currents of arrays with wires, by badcrossbar and ngspice.

mod autograd;
mod chips;
mod coverage;
mod dense;
mod devices;
mod dual;
mod findings;
mod findings_devices;
mod findings_digits;
mod findings_rates;
mod fit_curves;
mod in_situ;
mod latency;
mod layered;
mod layers;
mod learning;
mod nir;
mod number;
mod random_networks;
mod shd;
mod spike_distances;
mod spiking;
mod statistics;
mod statistics_components;
mod wires;
