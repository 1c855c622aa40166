//! Measures of the hidden spikes, one per file.
//!
//! - [`van_rossum`]: pairwise distances between the spike trains of a sample;
//! - [`intervals`]: steps between the spikes of a neuron;
//! - [`firing`]: rates, intervals and activity over time by population and class.
//!
//! All take, for each step of a sample, the list of neurons that spike:
//! [`Trace::hidden_spikes_by_step`](crate::forward::Trace::hidden_spikes_by_step) or any iterator of such lists.

pub mod firing;
pub mod intervals;
pub mod van_rossum;
