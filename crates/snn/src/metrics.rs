//! What the hidden spikes look like, beyond their number: one measure a file.
//!
//! - [`van_rossum`]: how far the spike trains of a sample lie apart, pair by pair;
//! - [`intervals`]: the steps between the spikes of one neuron;
//! - [`firing`]: rates, intervals and the course of activity by population and class.
//!
//! All take the spikes of a sample as the neurons that spike, step after step:
//! [`Trace::hidden_spikes_by_step`](crate::forward::Trace::hidden_spikes_by_step), or any iterator of such lists.

pub mod firing;
pub mod intervals;
pub mod van_rossum;
