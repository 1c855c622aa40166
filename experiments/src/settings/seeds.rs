//! Section `[seeds]`: another seed than the trial's for single streams.

use std::fmt;

use serde::de::{Deserializer, Error, Unexpected, Visitor};
use serde::{Deserialize, Serialize};

/// Section `[seeds]`: each puts another seed than the trial's in the place of that stream, so that studies can nest
/// chips, writes and repeats.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SeedSettings {
    /// What is drawn once a chip.
    #[serde(deserialize_with = "unsigned", skip_serializing_if = "Option::is_none")]
    pub chip: Option<u64>,
    /// The first weights.
    #[serde(deserialize_with = "unsigned", skip_serializing_if = "Option::is_none")]
    pub initial: Option<u64>,
    /// The order of the samples.
    #[serde(deserialize_with = "unsigned", skip_serializing_if = "Option::is_none")]
    pub order: Option<u64>,
    /// What is drawn at every write.
    #[serde(deserialize_with = "unsigned", skip_serializing_if = "Option::is_none")]
    pub write: Option<u64>,
    /// What is drawn at every read, in training and in tests.
    #[serde(deserialize_with = "unsigned", skip_serializing_if = "Option::is_none")]
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

/// A seed, which study files also hold as the text of its digits: integers of TOML end at 2^63 - 1, seeds at 2^64 - 1.
fn unsigned<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    deserializer.deserialize_any(SeedVisitor)
}

struct SeedVisitor;

impl Visitor<'_> for SeedVisitor {
    type Value = Option<u64>;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "a whole number from 0 to {}", u64::MAX)
    }

    fn visit_u64<E: Error>(self, seed: u64) -> Result<Option<u64>, E> {
        Ok(Some(seed))
    }

    fn visit_i64<E: Error>(self, seed: i64) -> Result<Option<u64>, E> {
        u64::try_from(seed).map(Some).map_err(|_| E::invalid_value(Unexpected::Signed(seed), &self))
    }

    fn visit_str<E: Error>(self, digits: &str) -> Result<Option<u64>, E> {
        let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
        let seed = digits.parse().ok().filter(|_| is_number);
        seed.map(Some).ok_or_else(|| E::invalid_type(Unexpected::Str(digits), &self))
    }

    fn visit_unit<E: Error>(self) -> Result<Option<u64>, E> {
        Ok(None)
    }
}
