//! Every key has an effect or a warning. For each built-in device and each study key, another value changes the result
//! of a small trial, is rejected, or a warning names the key.
//!
//! The keys come from the types: device keys from the schema, study keys from `known_keys`. New keys are therefore
//! tested without changes here. Values are the words and limits in the schema, and numbers around the value in the
//! file. The comparison covers the record with its energies and the line about the area. Other tests cover seeds and
//! `[data]`.

use std::collections::BTreeMap;
use std::path::Path;

use ohmspike_crossbar::device::{BUILT_IN, schema};
use ohmspike_report::datasheet::area_line;
use ohmspike_snn::spikes::{Samples, SpikeTrains};
use ohmspike_study::hardware::shapes;
use ohmspike_study::prepare::{EncodedData, Prepared};
use ohmspike_study::record::{Record, Seconds};
use ohmspike_study::settings::{Controller, PairKind, Settings};
use ohmspike_study::study::{Study, known_keys};
use ohmspike_study::trial::{TrialInput, run_trial};
use ohmspike_study::warning::all_warnings;
use serde_json::Value;

const INPUTS: usize = 12;
const CLASSES: usize = 3;

/// Keys without an effect in a small trial, each with the reason: free text, or mechanisms that need rare events.
const NOT_SWEPT: [(&str, &str); 13] = [
    ("$schema", "for editors"),
    ("name", "free text"),
    ("description", "free text"),
    ("provenance", "free text"),
    ("write.verify.tries", "affects only cells with that many tries"),
    ("write.verify.after_failed_write", "affects only cells with failed writes"),
    ("write.verify.direction", "affects only cells on that side of their target"),
    ("write.pulses.max_pulses", "affects only updates with that many pulses"),
    ("converters.tile_rows", "affects only arrays with more rows"),
    ("converters.tile_columns", "affects only arrays with more columns, and maps"),
    ("read.rtn", "affects only cells that flip during a trial"),
    ("drift.law", "disables a law that may not have started"),
    ("drift.latest_seconds", "affects only longer rests"),
];

/// Samples with separate units for each class, which spike early.
fn samples(count: usize, steps: usize) -> Samples {
    let mut spikes = SpikeTrains::new(INPUTS, steps).expect("few units");
    let labels: Vec<u8> = (0..count).map(|sample| (sample % CLASSES) as u8).collect();
    for (sample, label) in labels.iter().enumerate() {
        let spiking = |step: usize, unit: usize| {
            let own = unit % CLASSES == usize::from(*label);
            (step + unit + sample).is_multiple_of(if own { 3 } else { 7 })
        };
        spikes.push_raster(spiking).expect("few spikes");
    }
    Samples { spikes, labels }
}

fn data(settings: &Settings) -> EncodedData {
    let steps = settings.network.steps;
    EncodedData {
        train: samples(24, steps),
        test: samples(12, steps),
        classes: CLASSES,
        binned: None,
        sha256: String::new(),
        decoded_bytes: 0,
    }
}

/// Settings of a trial in which weights cover their whole window.
fn settings(device: &str) -> Settings {
    let mut settings = Settings::default();
    (settings.network.hidden, settings.network.steps) = (6, 20);
    settings.weights.sigma_init = 0.3;
    (settings.training.epochs, settings.training.batch) = (2, 4);
    settings.training.learning_rate = 0.5;
    settings.outcome.last_epochs = 1;
    settings.hardware.device = device.to_owned();
    (settings.hardware.weight_at_gmax, settings.readout.weight_at_gmax) = (1.0, 2.0);
    if device == "study-1k-1m" {
        settings.noise.level_percent = 10.0;
    }
    // Enough pulses for cells to reach the ends of their windows.
    if own(device, "write.pulses").is_some() {
        let most = if device == "ecram-mo-kim-2019" { 5000 } else { 1000 };
        settings.device.insert("write.pulses.max_pulses".to_owned(), most.into());
    }
    // Clusters are too rare for a small array.
    if own(device, "faults.p_cluster").is_some() {
        settings.device.insert("faults.p_cluster".to_owned(), 0.5.into());
    }
    settings
}

/// Returns the result of a trial as text, and its warnings; `None` if the settings are rejected.
fn left(settings: &Settings) -> Option<(String, Vec<String>)> {
    settings.check().ok()?;
    let prepared = Prepared::of_devices([settings].into_iter(), Path::new(".")).ok()?;
    let (devices, data) = (prepared.devices_of(settings), data(settings));
    let shapes = shapes(settings, data.shape());
    let outcome = run_trial(
        &TrialInput { settings, devices: &devices, data: &data, seed: 5 },
        None,
        &ohmspike_simd::Serial,
        &mut |_| {},
    )
    .ok()?;
    let mut record = Record::new(settings, 5, &data, &devices, &outcome);
    (record.id, record.settings, record.seconds) = (String::new(), Settings::default(), Seconds::default());
    record.connections.iter_mut().for_each(|connection| connection.device_sha256 = None);
    let mut text = serde_json::to_string(&record).expect("plain values");
    for (loaded, shapes) in devices.with(&shapes) {
        let shapes: Vec<(usize, usize)> = shapes.iter().map(|(_, shape)| *shape).collect();
        text += &area_line(&loaded.device, settings.hardware.pair, &shapes);
    }
    Some((text, all_warnings(settings, &data, &devices).iter().map(ToString::to_string).collect()))
}

/// Returns the device keys with their schemas; a list is one key.
fn device_keys() -> BTreeMap<String, Value> {
    let schema = schema();
    let mut keys = BTreeMap::new();
    collect(&schema, &schema, "", &mut keys);
    keys
}

fn collect(root: &Value, object: &Value, path: &str, keys: &mut BTreeMap<String, Value>) {
    let object = resolved(root, object);
    let properties = object.get("properties").and_then(Value::as_object);
    for (name, below) in properties.into_iter().flatten() {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let target = resolved(root, below);
        if target.get("properties").is_some() {
            collect(root, target, &path, keys);
        } else {
            keys.insert(path, merged(target, below));
        }
    }
}

/// Returns the target of a reference.
fn resolved<'a>(root: &'a Value, value: &'a Value) -> &'a Value {
    let reference = value.get("$ref").or_else(|| value.get("allOf")?.get(0)?.get("$ref")).and_then(Value::as_str);
    reference.map_or(value, |reference| {
        root.pointer(reference.trim_start_matches('#')).unwrap_or_else(|| panic!("{reference}: not in the schema"))
    })
}

/// Merges `target` with the entries next to the reference to it.
fn merged(target: &Value, others: &Value) -> Value {
    let mut merged = target.clone();
    if let (Some(merged), Some(others)) = (merged.as_object_mut(), others.as_object()) {
        merged.extend(others.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
    merged
}

/// Returns other values that a key with this `schema` may have. Probabilities are large enough for a small array.
fn values(key: &str, schema: &Value, own: Option<&Value>) -> Vec<Value> {
    let words = |of: &Value| -> Vec<Value> {
        let listed = of.get("enum").and_then(Value::as_array).cloned().unwrap_or_default();
        let each = of.get("oneOf").and_then(Value::as_array).into_iter().flatten();
        listed.into_iter().chain(each.filter_map(|one| one.get("const").cloned())).collect()
    };
    let mut values = words(schema);
    let number = |key: &str| schema.get(key).and_then(Value::as_f64);
    if let (Some(least), Some(most)) = (number("minimum"), number("maximum")) {
        let whole = schema.get("type").is_some_and(|of| of == "integer");
        let own = own.and_then(Value::as_f64);
        let near = own.filter(|_| !key.contains(".p_")).map_or(vec![], |own| vec![1.3 * own, 0.7 * own]);
        let between = [0.3, 5.0, 1000.0, 30_000.0];
        for value in near.into_iter().chain(between) {
            let value = if whole { value.round() } else { value };
            if (least..=most).contains(&value) && Some(value) != own {
                values.push(value.into());
            }
        }
    }
    // The default has no effect if the key is omitted; neither has a disabled mechanism.
    let off = |value: &Value| schema.get("default") == Some(value) || value == "none" || value == "ideal";
    values.retain(|value| Some(value) != own && (own.is_some() || !off(value)));
    values
}

/// Returns the value of `key` in the file of `device`.
fn own(device: &str, key: &str) -> Option<Value> {
    let (_, text) = BUILT_IN.iter().find(|(name, _)| *name == device)?;
    let file: Value = serde_json::from_str(text).expect("a built-in file");
    file.pointer(&format!("/{}", key.replace('.', "/"))).cloned()
}

/// Returns the studies for the sweep of every device. They differ in the mechanisms that the other keys leave active.
fn variants(device: &str) -> Vec<(&'static str, Settings)> {
    let mut variants = vec![("", settings(device))];
    let mut with = |what, change: &dyn Fn(&mut Settings)| {
        let mut settings = settings(device);
        change(&mut settings);
        variants.push((what, settings));
    };
    with(" with a digital copy", &|settings| settings.hardware.controller = Controller::DigitalCopy);
    with(" in push-pull pairs", &|settings| settings.hardware.pair = PairKind::PushPull);
    with(" after an hour", &|settings| settings.hardware.retention_seconds = 3600.0);
    variants
}

/// Returns whether `key` had an effect or a warning names it, with the old or the new value.
fn is_told(key: &str, before: &(String, Vec<String>), after: &(String, Vec<String>)) -> bool {
    before.0 != after.0 || before.1.iter().chain(&after.1).any(|warning| warning.contains(key))
}

#[test]
fn every_device_key_has_an_effect_or_a_warning() {
    let keys = device_keys();
    assert!(keys.len() > 80, "{} keys", keys.len());
    let (mut silent, mut swept) = (Vec::new(), BTreeMap::<&str, usize>::new());
    for (device, _) in BUILT_IN {
        for (what, settings) in variants(device) {
            let before = left(&settings).unwrap_or_else(|| panic!("{device}{what}"));
            for (key, schema) in &keys {
                if NOT_SWEPT.iter().any(|(other, _)| key == other || key.starts_with(&format!("{other}."))) {
                    continue;
                }
                // Cells of pairs that start in the middle of the window never reach a floor.
                if settings.hardware.pair == PairKind::PushPull && key == "device_to_device.high_resistance_sigma_ln" {
                    continue;
                }
                for value in values(key, schema, own(device, key).as_ref()) {
                    let mut changed = settings.clone();
                    changed.device.insert(key.clone(), value.clone());
                    let Some(after) = left(&changed) else { continue };
                    *swept.entry(key).or_default() += 1;
                    if !is_told(&format!("device.{key}"), &before, &after) {
                        silent.push(format!("{device}{what}: {key} = {value}"));
                    }
                }
            }
        }
    }
    assert!(swept.len() > 40, "only {} keys were tested: {swept:?}", swept.len());
    assert!(silent.is_empty(), "keys without effect or warning: {}\n{}", silent.len(), silent.join("\n"));
}

/// Returns values for a study key: those named in its error, and numbers.
fn study_values(key: &str) -> Vec<String> {
    let with = |value: &str| {
        let (section, key) = key.split_once('.').expect("known keys have a section");
        Study::parse("keys.toml", &format!("name = \"keys\"\n[{section}]\n{key} = {value}\n"), &[])
    };
    let refused = with("\"?\"").err().map(|error| error.to_string()).unwrap_or_default();
    let words = refused.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-');
    let named = words.filter(|word| !word.is_empty()).map(|word| format!("\"{word}\""));
    let numbers = ["true", "false", "0.35", "2.5", "3", "7"].map(str::to_owned);
    named.chain(numbers).filter(|value| with(value).is_ok()).collect()
}

#[test]
fn every_study_key_has_an_effect_or_a_warning() {
    // `[data]` sets the samples, `[seeds]` sets the streams; maps are files.
    let of_files = ["fault_map", "conductance_map"];
    let swept = |key: &String| {
        !["data.", "seeds.", "outcome.", "layer."].iter().any(|section| key.starts_with(section))
            && !of_files.iter().any(|name| key.contains(name))
            && !key.ends_with(".device")
            && key != "training.preset"
            // Rejected without recurrence, which none of these studies has.
            && key != "weights.sigma_recurrent"
            // A small trial may write no cell of the other population; the tests of the crossbar cover it.
            && key != "hardware.population"
    };
    let keys: Vec<(String, Vec<String>)> =
        known_keys().into_iter().filter(swept).map(|key| (key.clone(), study_values(&key))).collect();
    assert!(keys.len() > 20 && keys.iter().all(|(_, values)| !values.is_empty()), "{keys:?}");
    let mut silent = Vec::new();
    for device in BUILT_IN.iter().map(|(name, _)| *name).chain(["none"]) {
        for (what, settings) in variants(device) {
            let before = left(&settings).unwrap_or_else(|| panic!("{device}{what}"));
            let document = serde_json::to_value(&settings).expect("plain values");
            for (key, values) in &keys {
                for value in values {
                    let pointer = format!("/{}", key.replace('.', "/"));
                    let value: Value = serde_json::from_str(value).expect("strings, numbers and Booleans are JSON");
                    let mut changed = document.clone();
                    let (section, name) = key.split_once('.').expect("known keys have a section");
                    if is_own(&settings, &pointer, &value) {
                        continue;
                    }
                    changed[section][name] = value.clone();
                    let Ok(changed) = serde_json::from_value::<Settings>(changed) else { continue };
                    let Some(after) = left(&changed) else { continue };
                    if !is_told(key, &before, &after) {
                        silent.push(format!("{device}{what}: {key} = {value}"));
                    }
                }
            }
        }
    }
    assert!(silent.is_empty(), "keys without effect or warning: {}\n{}", silent.len(), silent.join("\n"));
}

/// Returns whether the key at `pointer` already has this value, set or by default.
fn is_own(settings: &Settings, pointer: &str, value: &Value) -> bool {
    let resolved = serde_json::to_value(settings.resolved()).expect("plain values");
    let defaults = [
        ("/network/recurrent", Value::from(false)),
        ("/network/neuron", "lif".into()),
        ("/network/signs", "constrained".into()),
    ];
    let left_out = defaults.iter().find(|(key, _)| *key == pointer).map(|(_, value)| value);
    resolved
        .pointer(pointer)
        .or(left_out)
        .is_some_and(|own| own == value || own.is_f64() && own.as_f64() == value.as_f64())
}

/// Keys with their default value cause no warnings.
#[test]
fn defaults_cause_no_warnings() {
    for (device, _) in BUILT_IN {
        let (_, warnings) = left(&settings(device)).expect("a trial");
        assert!(!warnings.iter().any(|warning| warning.contains("no effect")), "{device}: {warnings:?}");
    }
}
