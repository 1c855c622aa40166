//! Section `[seeds]`: another seed than the trial's for single streams.

use serde::{Deserialize, Serialize};

/// Section `[seeds]`: each puts another seed than the trial's in the place of that stream, so that studies can nest
/// chips, writes and repeats.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SeedSettings {
    /// What is drawn once a chip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chip: Option<u64>,
    /// The first weights.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial: Option<u64>,
    /// The order of the samples.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<u64>,
    /// What is drawn at every write.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub write: Option<u64>,
    /// What is drawn at every read, in training and in tests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read: Option<u64>,
}

impl SeedSettings {
    /// Whether every stream belongs to the trial's seed.
    pub fn is_empty(&self) -> bool {
        *self == SeedSettings::default()
    }

    /// The same number for every stream.
    pub fn all(seed: u64) -> SeedSettings {
        let seed = Some(seed);
        SeedSettings { chip: seed, initial: seed, order: seed, write: seed, read: seed }
    }
}
