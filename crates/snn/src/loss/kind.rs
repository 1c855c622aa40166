//! What training minimises.

use serde::{Deserialize, Serialize};

/// What training minimises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// Cross entropy of each class's largest voltage.
    MaxOverTime,
    /// Cross entropy at every step, averaged.
    PerStep,
}
