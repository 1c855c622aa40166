//! What is known about a network of another program: constants, and what its import assumed.

use ohmspike_nir::constants::{Constants, steps};
use ohmspike_nir::note::Note;
use serde::{Deserialize, Serialize};

/// Describes a network that was imported from a NIR file without a header. Its matrices are rows (presynaptic) x columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Imported {
    /// Version of the format: 1.
    pub format: u32,
    /// Program and version that imported the network.
    pub program: String,
    /// Constants of all neurons.
    pub constants: Constants,
    /// What the import assumed.
    pub notes: Vec<Note>,
}

impl Imported {
    /// Returns the keys of a study that the constants decide, with their values in steps.
    pub fn keys(&self) -> [(&'static str, f64); 2] {
        let Constants { synapse_decay, membrane_decay, .. } = self.constants;
        [("training.tau_mem_steps", steps(membrane_decay)), ("training.tau_syn_steps", steps(synapse_decay))]
    }
}
