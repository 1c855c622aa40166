//! Section `[seeds]`: separate seeds for single random streams.

use std::fmt;

use schemars::JsonSchema;
use serde::de::{Deserializer, Error, Unexpected, Visitor};
use serde::{Deserialize, Serialize};

use super::Settings;

/// Section `[seeds]`: separate seeds for single random streams. An unset stream uses the seed of the trial. A study can
/// so vary chips, writes and repeats independently.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SeedSettings {
    /// Seed of everything that is drawn once per chip: variation, faults, traps, gains of converters, and the
    /// relaxation of the first write.
    #[serde(deserialize_with = "unsigned", skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = u64::MAX), extend("x-default" = "seed of the trial"))]
    pub chip: Option<u64>,
    /// Seed of the initial weights.
    #[serde(deserialize_with = "unsigned", skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = u64::MAX), extend("x-default" = "seed of the trial"))]
    pub initial: Option<u64>,
    /// Seed of the order of the training samples.
    #[serde(deserialize_with = "unsigned", skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = u64::MAX), extend("x-default" = "seed of the trial"))]
    pub order: Option<u64>,
    /// Seed of write noise, drawn at every write.
    #[serde(deserialize_with = "unsigned", skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = u64::MAX), extend("x-default" = "seed of the trial"))]
    pub write: Option<u64>,
    /// Seed of read noise, drawn at every read in training and in tests.
    #[serde(deserialize_with = "unsigned", skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = u64::MAX), extend("x-default" = "seed of the trial"))]
    pub read: Option<u64>,
}

impl SeedSettings {
    /// Returns whether every stream uses the seed of the trial.
    pub fn is_empty(&self) -> bool {
        *self == SeedSettings::default()
    }

    /// Returns the same seed for every stream.
    pub fn all(seed: u64) -> SeedSettings {
        let seed = Some(seed);
        SeedSettings { chip: seed, initial: seed, order: seed, write: seed, read: seed }
    }
}

impl Settings {
    /// Returns the settings as the sections of a study file. Seeds above the largest TOML integer are strings of digits.
    pub fn table(&self) -> toml::Table {
        let without = Settings { seeds: SeedSettings::default(), ..self.clone() };
        let mut table = toml::Table::try_from(without).expect("settings are plain values");
        let SeedSettings { chip, initial, order, write, read } = self.seeds;
        let given = [("chip", chip), ("initial", initial), ("order", order), ("write", write), ("read", read)];
        let value = |seed: u64| i64::try_from(seed).map_or_else(|_| seed.to_string().into(), toml::Value::Integer);
        let seeds: toml::Table =
            given.into_iter().filter_map(|(key, seed)| Some((key.to_owned(), value(seed?)))).collect();
        if !seeds.is_empty() {
            table.insert("seeds".to_owned(), seeds.into());
        }
        table
    }
}

/// Reads a seed from a whole number or a string of digits: TOML integers end at 2^63 - 1, seeds at 2^64 - 1.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_holds_seeds_up_to_64_bits() {
        let sections = |settings: &Settings| settings.table().keys().cloned().collect::<Vec<_>>();
        let mut settings = Settings::default();
        assert!(!sections(&settings).contains(&"seeds".to_owned()));
        settings.seeds = SeedSettings::all(i64::MAX as u64);
        assert_eq!(settings.table(), toml::Table::try_from(&settings).expect("TOML holds these"));
        for seed in [1 << 63, u64::MAX] {
            settings.seeds = SeedSettings { initial: Some(seed), ..SeedSettings::default() };
            assert_eq!(settings.table()["seeds"]["initial"].as_str(), Some(&*seed.to_string()));
            let again: Settings = settings.table().try_into().expect("the same settings");
            assert_eq!(again, settings);
        }
    }
}
