//! Somebody else's numbers: float64 autograd, a dense float64 network, closed forms.
//!
//! - `autograd`: cases of a float64 autograd program, read from a file;
//! - `dense`: the equations once more in float64, with a bound on what float32 may differ (`number`);
//! - `layered`: those of several layers, recurrence and Izhikevich neurons; `dual`: their derivatives without an adjoint;
//!   `layers`: both and ours;
//! - `random_networks`: larger networks against it;
//! - `spiking`: the same samples and weights as the crates take them;
//! - `devices`: the device files against the papers; `chips`: chips of them, programmed; `fit_curves`: pulsed ones against the fits that they cite; `in_situ`: training through each;
//! - `shd`: event files as h5py reads and NumPy bins them; `latency`: the latency code by hand; `learning`: the published preset learns;
//! - `spike_distances`: Van Rossum distances of untrained networks as published;
//! - `statistics`: every statistic against scipy, statsmodels and textbooks; `statistics_components`: where the variance comes from;
//!   `coverage`: how often intervals hold the truth and tests find nothing where there is nothing, simulated.

mod autograd;
mod chips;
mod coverage;
mod dense;
mod devices;
mod dual;
mod fit_curves;
mod in_situ;
mod latency;
mod layered;
mod layers;
mod learning;
mod number;
mod random_networks;
mod shd;
mod spike_distances;
mod spiking;
mod statistics;
mod statistics_components;
