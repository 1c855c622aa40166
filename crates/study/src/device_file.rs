//! Loads a device file and applies the `[device]` keys of a study.
//!
//! Each key overrides a value in the JSON of the file. The result is read like any other device file, so a study cannot
//! set anything that a file cannot.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use ohmspike_crossbar::device::{BUILT_IN, Device, DeviceError, renamed_anywhere};
use serde_json::{Map, Value};

use crate::bounded;
use crate::former_names::behaviour_sha256;
use crate::inputs::copy_of;
use crate::prepare::PrepareError;
use crate::prepare::no_device::{Kind, NoDevice};

/// `[device]` keys of a study in dotted form, with their values.
pub type DeviceKeys = BTreeMap<String, Value>;

/// Loads the device `name` with `keys` applied, and returns it with the SHA-256 of its behaviour. `name` is a built-in
/// device or a path, tried from the working directory and then from `folder`.
///
/// # Errors
/// Returns a [`PrepareError`] that names the key of the study if it is wrong, else the file.
pub fn load(name: &str, keys: &DeviceKeys, folder: &Path) -> Result<(Device, String), PrepareError> {
    let (device, value) = applied(name, keys, folder)?;
    Ok((device, behaviour_sha256(value)))
}

/// Returns the JSON of the device `name` with `keys` applied.
///
/// # Errors
/// As [`load`].
pub fn with_keys(name: &str, keys: &DeviceKeys, folder: &Path) -> Result<Value, PrepareError> {
    applied(name, keys, folder).map(|(_, value)| value)
}

fn applied(name: &str, keys: &DeviceKeys, folder: &Path) -> Result<(Device, Value), PrepareError> {
    let (place, text) = read(name, folder)?;
    apply(&place, &text, keys)
}

/// Returns the device with the JSON `text` from `place` and with `keys` applied, and its JSON.
///
/// # Errors
/// Returns a [`PrepareError`] that names the key of the study if it is wrong, else `place`.
pub fn apply(place: &str, text: &str, keys: &DeviceKeys) -> Result<(Device, Value), PrepareError> {
    let device = Device::from_json(text)
        .map_err(|source| PrepareError::Device { place: place.to_owned(), source: source.into() })?;
    let mut value: Value = serde_json::from_str(text).expect("the same text was a device a line ago");
    if keys.is_empty() {
        return Ok((device, value));
    }
    for (key, given) in keys {
        refuse_renamed(key)?;
        make_way(&mut value, key, given, keys);
        if OPTIONAL.contains(&&**key) && *given == *NONE {
            remove(&mut value, key);
        } else {
            put(&mut value, key, given)?;
        }
    }
    let device = Device::from_json(&value.to_string()).map_err(|source| blame(place.to_owned(), keys, source))?;
    Ok((device, value))
}

/// Returns the origin and the text of the device `name`, a built-in device or a path, tried from the working directory and
/// then from `folder`.
///
/// # Errors
/// Returns a [`PrepareError`] if there is no such device or its file cannot be read.
pub fn read(name: &str, folder: &Path) -> Result<(String, String), PrepareError> {
    if let Some((_, text)) = BUILT_IN.iter().find(|(known, _)| *known == name) {
        return Ok((name.to_owned(), (*text).to_owned()));
    }
    let not_found = || NoDevice::not_found(name, [Path::new("."), folder]).into();
    // The path of an empty name is that of the folder.
    let Some(path) = find(name, folder).filter(|_| !name.is_empty()) else { return Err(not_found()) };
    let is_of_other_kind = Kind::of(name).is_some();
    let text = bounded::read_named_text(&path, bounded::LARGEST_DEVICE).map_err(|source| match source.kind() {
        ErrorKind::InvalidData if is_of_other_kind => not_found(),
        _ => PrepareError::DeviceFile { path: path.clone(), source },
    })?;
    if !text.trim_start().starts_with('{') && is_of_other_kind {
        return Err(not_found());
    }
    Ok((path.display().to_string(), text))
}

/// Finds the file `name`: its copy, if `folder` has copies; or from the working directory, then from `folder`.
pub(crate) fn find(name: &str, folder: &Path) -> Option<PathBuf> {
    [folder.join(copy_of(name)), PathBuf::from(name), folder.join(name)].into_iter().find(|path| path.exists())
}

/// Rejects a renamed key and names its replacement.
fn refuse_renamed(key: &str) -> Result<(), PrepareError> {
    let Some(new) = renamed_anywhere(key) else { return Ok(()) };
    let source = DeviceError::renamed(key, &new).within("device");
    Err(PrepareError::DeviceKey { key: format!("device.{key}"), source: source.into() })
}

/// Parts of a device that a study removes with the word [`NONE`]: `device.converters.adc = "none"`.
const OPTIONAL: [&str; 3] = ["converters.adc", "converters.dac", "levels"];
const NONE: &str = "none";

/// Removes the value at the dotted `key`, if there is one.
fn remove(value: &mut Value, key: &str) {
    let (parent, name) = key.rsplit_once('.').unwrap_or(("", key));
    let at = parent.split('.').filter(|name| !name.is_empty()).try_fold(value, |at, name| at.get_mut(name));
    at.and_then(Value::as_object_mut).and_then(|object| object.remove(name));
}

/// Keys that select a kind, and the keys that belong to only one kind.
const KINDS: &[(&str, &[&str])] = &[
    ("write.noise", &["sigma_microsiemens", "sigma_percent_of_conductance", "convention", "points"]),
    ("write.scheme", &["pulses", "verify"]),
    ("read.white.noise", &["sigma_microsiemens", "sigma_percent_of_conductance", "convention", "points"]),
    (
        "read.rtn.kind",
        &[
            "fraction_of_cells",
            "reference_resistance_ohm",
            "rate_per_second",
            "rate_exponent",
            "amplitude_percent_of_conductance",
            "amplitude_exponent",
        ],
    ),
    (
        "drift.law",
        &[
            "reference_seconds",
            "latest_seconds",
            "points",
            "mean_microsiemens_per_ln",
            "sigma_microsiemens_per_ln",
            "sigma_microsiemens_at_reference",
        ],
    ),
    ("reference_branch.kind", &["sigma_ln_resistance"]),
];

/// Removes values of the file that belong to another kind than `given`: they have no meaning for the new kind. Values
/// that the study sets stay.
fn make_way(value: &mut Value, key: &str, given: &Value, keys: &DeviceKeys) {
    let Some((_, others)) = KINDS.iter().find(|(kind, _)| *kind == key) else { return };
    let (parent, name) = key.rsplit_once('.').expect("kinds are in sections");
    let object = parent.split('.').try_fold(value, |at, name| at.get_mut(name)).and_then(Value::as_object_mut);
    let Some(object) = object.filter(|object| object.get(name).is_some_and(|old| old != given)) else { return };
    for other in *others {
        let path = format!("{parent}.{other}");
        if !keys.keys().any(|key| *key == path || key.starts_with(&format!("{path}."))) {
            object.remove(*other);
        }
    }
}

/// Sets the value at the dotted `key`, creating missing objects. An empty object stands for an omitted mechanism.
fn put(value: &mut Value, key: &str, given: &Value) -> Result<(), PrepareError> {
    let (parents, name) = key.rsplit_once('.').map_or((None, key), |(parents, name)| (Some(parents), name));
    let mut at = value;
    for parent in parents.into_iter().flat_map(|parents| parents.split('.')) {
        at = object(at, key, parent)?.entry(parent).or_insert_with(|| Value::Object(Map::new()));
    }
    let object = object(at, key, name)?;
    if given.as_object().is_some_and(Map::is_empty) {
        object.remove(name);
    } else {
        object.insert(name.to_owned(), whole(given));
    }
    Ok(())
}

/// Returns `at`, the parent of `name` in `key`, as an object.
fn object<'a>(at: &'a mut Value, key: &str, name: &str) -> Result<&'a mut Map<String, Value>, PrepareError> {
    let parent = key.split('.').take_while(|part| *part != name).collect::<Vec<_>>().join(".");
    let found = at.to_string();
    at.as_object_mut().ok_or(PrepareError::NoObject { key: format!("device.{key}"), parent, found })
}

/// Turns numbers without a fraction into integers, so that 1.0 and 1 give the same device.
fn whole(given: &Value) -> Value {
    match given.as_f64() {
        Some(number) if given.is_f64() && number.fract() == 0.0 && number.abs() < 1e15 => Value::from(number as i64),
        _ => given.clone(),
    }
}

/// Blames the keys of the study for an invalid device, since the file itself is valid: the named key, if there is one.
fn blame(place: String, keys: &DeviceKeys, source: DeviceError) -> PrepareError {
    // The user never sees the text with the keys put in.
    let source = source.without_position();
    let wrong = source.key();
    let below = |long: &str, short: &str| {
        long.strip_prefix(short).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    match keys.keys().find(|key| below(wrong, key) || below(key, wrong)) {
        Some(key) => PrepareError::DeviceKey { key: format!("device.{key}"), source: source.within("device").into() },
        None => {
            let keys: Vec<String> = keys.keys().map(|key| format!("`device.{key}`")).collect();
            PrepareError::Device { place: format!("{place} with {}", keys.join(", ")), source: source.into() }
        }
    }
}

#[cfg(test)]
mod tests {
    use ohmspike_crossbar::device::{WhiteNoise, WriteNoise};

    use ohmspike_crossbar::device::Read;

    use super::*;
    use crate::sha256::sha256;

    fn with(name: &str, keys: &[(&str, Value)]) -> Result<(Device, String), PrepareError> {
        let keys = keys.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        load(name, &keys, Path::new("."))
    }

    fn message(name: &str, keys: &[(&str, Value)]) -> String {
        with(name, keys).expect_err("an invalid key").to_string()
    }

    /// The hash in the records of `experiments/findings/measured-devices`, from before a key was renamed.
    #[test]
    fn a_renamed_key_keeps_the_hash_of_recorded_trials() {
        let (_, sha256) = with("1t1r-yousuf-2025", &[]).expect("built in");
        assert_eq!(sha256, "2d0d63bd38b048c299098546752f5e6b5823a2719682b0b58191205d949d20c2");
    }

    /// Only arrays with changed results have another hash than in earlier builds.
    #[test]
    fn converters_that_calibrate_behind_wires_have_a_hash_of_their_own() {
        let hash = |access: &str, range: &str| {
            let mut keys: Vec<(&str, Value)> = vec![
                ("wires.access", access.into()),
                ("wires.bit_line_ohm_per_cell", 1.into()),
                ("wires.sense_ohm", 100.into()),
                ("converters.adc.bits", 6.into()),
                ("converters.adc.codes", "signed".into()),
                ("converters.adc.range", range.into()),
            ];
            if range == "fixed" {
                keys.extend([("converters.adc.full_scale_microamperes", 300.into()), ("read.volts", 1.into())]);
            }
            with("ideal", &keys).expect("a device").1
        };
        let of_keys = |access: &str, range: &str| {
            let mut device: Value =
                serde_json::from_str(&read("ideal", Path::new(".")).expect("built in").1).expect("JSON");
            for key in ["$schema", "name", "description", "provenance"] {
                device.as_object_mut().expect("an object").remove(key);
            }
            device["wires"] = serde_json::json!({ "access": access, "bit_line_ohm_per_cell": 1, "sense_ohm": 100 });
            device["converters"] = serde_json::json!({ "adc": { "bits": 6, "codes": "signed", "range": range } });
            if range == "fixed" {
                device["converters"]["adc"]["full_scale_microamperes"] = 300.into();
                device["read"] = serde_json::json!({ "volts": 1 });
            }
            sha256(device.to_string().as_bytes())
        };
        for (access, range, same) in
            [("gated", "calibrated", false), ("driven", "calibrated", true), ("gated", "fixed", true)]
        {
            assert_eq!(hash(access, range) == of_keys(access, range), same, "{access} {range}");
        }
    }

    #[test]
    fn keys_override_the_file_and_create_missing_objects() {
        let keys = [("write.noise", "relative".into()), ("write.sigma_percent_of_conductance", 2.5.into())];
        let (device, sha256) = with("ideal", &keys).expect("a device");
        assert_eq!(device.write.noise, WriteNoise::Relative { fraction: 0.025 });
        assert_eq!(device.window, Device::built_in("ideal").expect("built in").window);
        assert_ne!(sha256, with("ideal", &[]).expect("built in").1);
        let keys = [("read.white.sigma_percent_of_conductance", 3.into())];
        let (device, _) = with("illustrative-oxide", &keys).expect("a device");
        assert_eq!(device.read.white, WhiteNoise::Relative { fraction: 0.03 });
    }

    /// Disabling a mechanism, or changing its kind, takes one key: the values of the old kind are removed.
    #[test]
    fn changing_the_kind_removes_the_old_values() {
        let (device, _) = with("illustrative-oxide", &[("write.noise", "none".into())]).expect("a device");
        assert_eq!(device.write.noise, WriteNoise::None);
        let keys = [("write.noise", "relative".into()), ("write.sigma_percent_of_conductance", 2.into())];
        let (device, _) = with("pcm-joshi-2020", &keys).expect("a device");
        assert_eq!(device.write.noise, WriteNoise::Relative { fraction: 0.02 });
        for off in [("drift.law", "none"), ("read.white.noise", "none"), ("write.noise", "none")] {
            with("pcm-joshi-2020", &[(off.0, off.1.into())]).expect("a disabled mechanism");
        }
        with("1t1r-yousuf-2025", &[("write.scheme", "add".into())]).expect("another scheme");
        // Setting the kind that the file already has keeps its values.
        let (device, _) = with("illustrative-oxide", &[("write.noise", "table".into())]).expect("a device");
        assert_eq!(device.write.noise, Device::built_in("illustrative-oxide").expect("built in").write.noise);
    }

    #[test]
    fn none_removes_an_optional_part() {
        let adc = |name: &str, value: &str| (format!("converters.adc.{name}"), Value::from(value));
        let keys = [("converters.adc.bits".to_owned(), 6.into()), adc("codes", "signed"), adc("range", "calibrated")];
        let keys: Vec<(&str, Value)> = keys.iter().map(|(key, value)| (&**key, value.clone())).collect();
        let (device, _) = with("ideal", &keys).expect("a device");
        assert!(device.converters.adc.is_some());
        let without = ["converters.adc", "converters.dac", "levels"].map(|key| (key, "none".into()));
        let (device, sha256) = with("ideal", &without).expect("a device");
        assert_eq!((device.converters.adc, device.converters.dac), (None, None));
        assert_eq!(sha256, with("ideal", &[]).expect("built in").1);
        assert!(message("ideal", &[("write", "none".into())]).contains("expected an object"));
    }

    #[test]
    fn names_a_missing_file() {
        let message = message("no/such.json", &[]);
        assert!(
            message.starts_with("hardware.device: cannot read `no/such.json`: no such file\n\nhint: searched from `.`"),
            "{message}"
        );
    }

    #[test]
    fn equal_numbers_give_the_same_device() {
        let key = "window.low_resistance_ohm";
        let as_in_the_file = with("ideal", &[]).expect("built in").1;
        for same in [Value::from(1000), Value::from(1000.0)] {
            assert_eq!(with("ideal", &[(key, same)]).expect("a device").1, as_in_the_file);
        }
        let named = with("ideal", &[("name", "other".into())]).expect("a device").1;
        assert_eq!(named, as_in_the_file);
    }

    #[test]
    fn names_a_wrong_key_as_the_study_spells_it() {
        assert_eq!(
            message("ideal", &[("window.high_resistance_ohm", 10.into())]),
            "device.window.high_resistance_ohm: expected at least 1.001 times `low_resistance_ohm` (1000 ohm), got 10 ohm",
        );
        assert_eq!(
            message("ideal", &[("window.high_resistance_ohms", 10.into())]),
            "unknown key `device.window.high_resistance_ohms`\n\nhint: did you mean `device.window.high_resistance_ohm`?",
        );
        assert_eq!(
            message("ideal", &[("window.low_resistance_ohm.low", 10.into())]),
            "device.window.low_resistance_ohm.low: expected `window.low_resistance_ohm` to be an object, got 1000",
        );
        assert_eq!(
            message("ideal", &[("window.low_resistance_ohm", "low".into())]),
            "device.window.low_resistance_ohm: expected a number, got \"low\"",
        );
        assert_eq!(message("ideal", &[("window", 3.into())]), "device.window: expected an object, got 3");
        let error = with("ideal", &[("write.noise", "loud".into())]).expect_err("an unknown kind");
        assert_eq!(error.key(), Some("device.write.noise"));
        assert!(error.to_string().starts_with("device.write.noise: expected one of `none`, "), "{error}");
    }

    #[test]
    fn an_empty_object_omits_a_mechanism() {
        let device = with("cmo-hfox-falcone-2025", &[("drift", serde_json::json!({}))]).expect("a valid device").0;
        assert!(device.drift.is_off());
        let device = with("cmo-hfox-falcone-2025", &[("read.white", serde_json::json!({}))]).expect("a valid device").0;
        assert_eq!(device.read, Read::default());
    }

    #[test]
    fn rejects_renamed_keys_and_words() {
        assert_eq!(
            message("ideal", &[("chip.step_gain_sigma", 0.1.into())]),
            "unknown key `device.chip.step_gain_sigma`\n\nhint: renamed to `device.device_to_device.step_gain_sigma`",
        );
        assert_eq!(
            message("1t1r-yousuf-2025", &[("write.verify.first", "read".into())]),
            "unknown key `device.write.verify.first`\n\nhint: renamed to `device.write.verify.initial_action`",
        );
        for key in ["most_pulses", "write.most_pulses"] {
            assert_eq!(
                message("ideal", &[(key, 9.into())]),
                format!("unknown key `device.{key}`\n\nhint: renamed to `device.write.pulses.max_pulses`"),
            );
        }
        let told = message("ideal", &[("write.noise", "study-level".into())]);
        assert!(told.starts_with("device.write.noise: expected one of `none`, "), "{told}");
        assert!(told.ends_with(", got `study-level`\n\nhint: renamed to `from-study`"), "{told}");
    }

    #[test]
    fn names_the_study_keys_that_need_a_missing_key() {
        let error = with("ideal", &[("write.noise", "relative".into())]).expect_err("no number");
        assert_eq!(error.key(), None);
        assert_eq!(
            error.to_string(),
            "ideal with `device.write.noise`: missing key `write.sigma_percent_of_conductance`; required by \
             `relative`\n\nhint: `ohmspike keys device.write` lists the keys that belong together; set this one as well",
        );
    }
}
