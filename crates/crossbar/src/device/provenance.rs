//! Where the numbers of a device come from.

use serde::{Deserialize, Serialize};

use super::shape::word;

/// How far a number can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Grade {
    /// Read off an instrument or a published table.
    Measured,
    /// A parameter of a model fitted to measurements.
    Fitted,
    /// Set by the author of the file.
    Chosen,
}

/// Where some numbers of a device come from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// Key of the file that the entry speaks of, for instance `window` or `write.points`.
    pub what: String,
    /// How far the numbers can be trusted.
    #[serde(deserialize_with = "word")]
    pub grade: Grade,
    /// Paper with figure or table, data set, or the reason of a choice.
    pub source: String,
}
