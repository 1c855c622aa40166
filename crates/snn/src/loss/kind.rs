//! Loss functions.

use serde::{Deserialize, Serialize};

/// Loss function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// Cross entropy of each class's largest voltage over time.
    MaxOverTime,
    /// Cross entropy at every step, averaged over steps.
    PerStep,
}
