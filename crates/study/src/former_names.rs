//! Former names of keys and words of device files, which records still have: in the hashes of devices, and in the device
//! keys of their settings.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::sha256::sha256;

/// Sections with the current and the former name of a key.
const KEYS: [(&str, &str, &str); 3] = [
    ("faults", "cluster_fraction_of_cells", "cluster_share"),
    ("write.pulses", "max_pulses", "most_pulses"),
    ("write.verify", "after_failed_write", "after_give_up"),
];
/// Keys with the current and the former word.
const WORDS: [(&str, &str, &str); 1] = [("write.cells", "changed", "asked")];

/// Hashes a device without its descriptive keys, as records state it.
///
/// A marker enters the hash where the same file gives other results than in earlier builds: recorded trials then rerun. The
/// converters of gated arrays were calibrated to sums without the loss of their wires.
pub(crate) fn behaviour_sha256(mut device: Value) -> String {
    let word = |section: &str, key: &str| device.pointer(section).and_then(|section| section.get(key)?.as_str());
    let behind_wires =
        word("/wires", "access") == Some("gated") && word("/converters/adc", "range") == Some("calibrated");
    if behind_wires && let Some(keys) = device.as_object_mut() {
        keys.insert("calibration".to_owned(), "behind wires".into());
    }
    file_sha256(device)
}

/// Hashes a device without its descriptive keys. Keys are sorted, so their order does not matter. Records have hashes
/// with the former names of keys and words, so that these enter the hash.
pub(crate) fn file_sha256(mut device: Value) -> String {
    if let Some(keys) = device.as_object_mut() {
        for key in ["$schema", "name", "description", "provenance"] {
            keys.remove(key);
        }
    }
    for (section, current, former) in KEYS {
        at(&mut device, section).into_iter().for_each(|keys| rename(keys, current, former));
    }
    for (key, current, former) in WORDS {
        at(&mut device, key).into_iter().for_each(|word| replace(word, current, former));
    }
    sha256(device.to_string().as_bytes())
}

/// Gives the device keys of a record the names that device files have now.
pub(crate) fn with_current_names(recorded: &mut BTreeMap<String, Value>) {
    for (section, current, former) in KEYS {
        if let Some(value) = recorded.remove(&format!("{section}.{former}")) {
            recorded.insert(format!("{section}.{current}"), value);
        }
        inside(recorded, section).into_iter().for_each(|keys| rename(keys, former, current));
    }
    for (key, current, former) in WORDS {
        inside(recorded, key).into_iter().for_each(|word| replace(word, former, current));
    }
}

/// Returns the value at a dotted `path`.
fn at<'a>(device: &'a mut Value, path: &str) -> Option<&'a mut Value> {
    path.split('.').try_fold(device, |value, name| value.get_mut(name))
}

/// Returns the values at a dotted `path` in the values of all keys at or above it.
fn inside<'a>(keys: &'a mut BTreeMap<String, Value>, path: &str) -> Vec<&'a mut Value> {
    let below = |(key, value): (&String, &'a mut Value)| match path.strip_prefix(&**key)? {
        "" => Some(value),
        rest => at(value, rest.strip_prefix('.')?),
    };
    keys.iter_mut().filter_map(below).collect()
}

/// Renames the key `from` of the object `keys`, if it has one.
fn rename(keys: &mut Value, from: &str, to: &str) {
    if let Some(keys) = keys.as_object_mut()
        && let Some(value) = keys.remove(from)
    {
        keys.insert(to.to_owned(), value);
    }
}

/// Replaces the word `from`.
fn replace(word: &mut Value, from: &str, to: &str) {
    if *word == *from {
        *word = to.into();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A device with current names has the hash of its JSON with former names, which records have.
    #[test]
    fn former_names_enter_the_hash() {
        let write = |pulses: Value, verify: Value, cells: &str| json!({ "name": "x", "write": { "cells": cells, "pulses": pulses, "verify": verify } });
        let current = write(json!({ "max_pulses": 9 }), json!({ "after_failed_write": "leave" }), "changed");
        let former = r#"{"write":{"cells":"asked","pulses":{"most_pulses":9},"verify":{"after_give_up":"leave"}}}"#;
        assert_eq!(behaviour_sha256(current), sha256(former.as_bytes()));
        let all = write(json!({}), json!({}), "all");
        assert_eq!(behaviour_sha256(all), sha256(br#"{"write":{"cells":"all","pulses":{},"verify":{}}}"#));
    }

    /// Records of `experiments/findings/cmo-hfox-ablate` have the first of these settings.
    #[test]
    fn recorded_device_keys_get_current_names() {
        for (recorded, expected) in [
            (
                json!({ "write": { "cells": "asked", "noise": "none" } }),
                json!({ "write": { "cells": "changed", "noise": "none" } }),
            ),
            (json!({ "write.cells": "asked" }), json!({ "write.cells": "changed" })),
            (json!({ "write.cells": "all", "read": {} }), json!({ "write.cells": "all", "read": {} })),
            (json!({ "write.pulses.most_pulses": 7 }), json!({ "write.pulses.max_pulses": 7 })),
            (
                json!({ "write": { "pulses": { "most_pulses": 7 } } }),
                json!({ "write": { "pulses": { "max_pulses": 7 } } }),
            ),
            (
                json!({ "write.verify": { "after_give_up": "leave" } }),
                json!({ "write.verify": { "after_failed_write": "leave" } }),
            ),
            (json!({ "faults.cluster_share": 0.5 }), json!({ "faults.cluster_fraction_of_cells": 0.5 })),
        ] {
            let mut keys: BTreeMap<String, Value> = serde_json::from_value(recorded).expect("keys");
            with_current_names(&mut keys);
            assert_eq!(json!(keys), expected);
        }
    }
}
