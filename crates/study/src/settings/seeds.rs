//! Section `[seeds]`: another seed than the trial's for single streams.

use std::fmt;

use serde::de::{Deserializer, Error, Unexpected, Visitor};
use serde::{Deserialize, Serialize};

use super::Settings;

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

impl Settings {
    /// Every key by its section, as a study file holds it: seeds beyond the integers of TOML are the text of their digits.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_holds_every_seed() {
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
