//! Neuron models, one file each.

pub mod lif;
