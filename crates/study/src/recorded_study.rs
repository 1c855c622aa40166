//! The study that the records of an answer describe: `limit` and `ablate` choose their trials one after another.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::record::Record;
use crate::study::{Axis, Condition, Study};

/// Value of a key that the settings of a trial do not have.
const ABSENT: &str = "none";

/// Returns `study` with one condition per distinct settings among `records`, swept over the keys in which these differ,
/// and with all their seeds.
pub fn recorded_study<'a>(study: &Study, records: impl Iterator<Item = &'a Record>) -> Study {
    let mut seeds = BTreeSet::new();
    let mut distinct: Vec<(&Record, BTreeMap<String, toml::Value>)> = Vec::new();
    for record in records {
        seeds.insert(record.seed);
        let keys: BTreeMap<String, toml::Value> = record.settings.keys().into_iter().collect();
        if !distinct.iter().any(|(_, known)| *known == keys) {
            distinct.push((record, keys));
        }
    }
    let all: BTreeSet<&String> = distinct.iter().flat_map(|(_, keys)| keys.keys()).collect();
    let value = |keys: &BTreeMap<String, toml::Value>, key: &str| {
        keys.get(key).cloned().unwrap_or_else(|| toml::Value::String(ABSENT.to_owned()))
    };
    let values = |key: &str| {
        let mut values: Vec<toml::Value> = Vec::new();
        for (_, keys) in &distinct {
            let found = value(keys, key);
            if !values.contains(&found) {
                values.push(found);
            }
        }
        values
    };
    let axes = all.into_iter().map(|key| Axis { key: key.clone(), values: values(key) });
    let axes: Vec<Axis> = axes.filter(|axis| axis.values.len() > 1).collect();
    let condition = |(record, keys): &(&Record, BTreeMap<String, toml::Value>)| Condition {
        values: axes.iter().map(|axis| value(keys, &axis.key)).collect(),
        settings: Arc::new(record.settings.clone()),
        auto: None,
        calibrated: Arc::new([]),
    };
    let conditions = distinct.iter().map(condition).collect();
    Study { conditions, axes, seeds: seeds.into_iter().collect(), ..study.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::empty_record;

    #[test]
    fn keys_that_differ_become_axes() {
        let study = Study::parse("s.toml", "name = 's'\n", &[]).expect("a valid study");
        let record = |seed: u64, level: f64, bits: Option<i64>| {
            let mut record = Record { seed, ..empty_record() };
            record.settings.noise.level_percent = level;
            let bits = bits.map(|bits| ("converters.adc.bits".to_owned(), serde_json::json!(bits)));
            record.settings.device.extend(bits);
            record
        };
        let records = [record(1, 0.0, None), record(2, 0.0, None), record(7, 5.0, None), record(7, 5.0, Some(4))];
        let found = recorded_study(&study, records.iter());
        let keys: Vec<&str> = found.axes.iter().map(|axis| axis.key.as_str()).collect();
        assert_eq!(
            (keys, &found.seeds[..]),
            (vec!["device.converters.adc.bits", "noise.level_percent"], &[1, 2, 7][..])
        );
        let values: Vec<String> = found.conditions.iter().map(|one| format!("{:?}", one.values)).collect();
        assert_eq!(found.conditions.len(), 3);
        assert_eq!(values[2], r#"[Integer(4), Float(5.0)]"#);
        assert_eq!(values[0], r#"[String("none"), Float(0.0)]"#);
    }
}
