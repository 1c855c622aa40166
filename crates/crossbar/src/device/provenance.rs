//! Sources of the numbers of a device.

use serde::{Deserialize, Serialize};

use super::shape::word;

/// Grade of a source: how the numbers were obtained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Grade {
    /// Read from an instrument or a published table.
    Measured,
    /// Parameter of a model fitted to measurements.
    Fitted,
    /// Decision of the author of the file.
    Chosen,
}

/// Source of one key or section of a device file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// Key or section of the file that the entry covers, for example `window` or `write.points`.
    pub what: String,
    /// Grade of the source.
    #[serde(deserialize_with = "word")]
    pub grade: Grade,
    /// Paper with figure or table, data set, or the reason for a choice.
    pub source: String,
}
