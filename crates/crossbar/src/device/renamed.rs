//! Renamed keys and words of a device file, for the hints of error messages.
//!
//! ```
//! use ohmspike_crossbar::device::{renamed_key, renamed_word};
//!
//! assert_eq!(renamed_key("chip.slope_sigma").as_deref(), Some("device_to_device.slope_sigma"));
//! assert_eq!(renamed_key("device_to_device"), None);
//! assert_eq!(renamed_word("write.noise", "study-level"), Some("from-study"));
//! ```

/// Old and new paths. A path includes all keys below it; a longer path comes before its own beginning.
const KEYS: &[(&str, &str)] = &[
    ("chip", "device_to_device"),
    ("parked.branch", "reference_branch.kind"),
    ("parked", "reference_branch"),
    ("read.slow", "read.rtn"),
    ("faults.p_anywhere", "faults.p_stuck_random"),
    ("faults.cluster_share", "faults.cluster_fraction_of_cells"),
    ("write.verify.first", "write.verify.initial_action"),
    ("write.verify.sides", "write.verify.direction"),
    ("write.verify.after_give_up", "write.verify.after_failed_write"),
    ("write.pulses.most_pulses", "write.pulses.max_pulses"),
];

/// Key, old word and new word.
const WORDS: &[(&str, &str, &str)] = &[
    ("write.noise", "study-level", "from-study"),
    ("write.cells", "asked", "changed"),
    ("reference_branch.kind", "reference", "ideal"),
    ("reference_branch.kind", "device", "cell"),
];

/// Returns the path that replaced the dotted `key` of a device file, or `None` if the key was not renamed.
pub fn renamed_key(key: &str) -> Option<String> {
    KEYS.iter().find_map(|(old, new)| {
        let rest = key.strip_prefix(old)?;
        (rest.is_empty() || rest.starts_with(['.', '['])).then(|| format!("{new}{rest}"))
    })
}

/// Returns the path of the key whose former name the last name of `key` is, wherever `key` is: `write.pulses.max_pulses` for
/// `write.most_pulses`. `None` for a key that was not renamed.
pub fn renamed_anywhere(key: &str) -> Option<String> {
    renamed_key(key).or_else(|| {
        let name = last_name(key);
        KEYS.iter().find(|(old, _)| last_name(old) == name).map(|(_, new)| (*new).to_owned())
    })
}

fn last_name(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or_default()
}

/// Returns the word that replaced `word` as value of the dotted `key`, or `None` if the word was not renamed.
pub fn renamed_word(key: &str, word: &str) -> Option<&'static str> {
    WORDS.iter().find(|(at, old, _)| *at == key && *old == word).map(|(_, _, new)| *new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::Device;

    const WINDOW: &str = r#""name": "x", "window": {"low_resistance_ohm": 1e3, "high_resistance_ohm": 1e6}"#;

    fn refusal(mechanism: &str) -> String {
        Device::from_json(&format!("{{{WINDOW}, {mechanism}}}")).unwrap_err().to_string()
    }

    #[test]
    fn old_keys_are_rejected_with_a_hint() {
        let verify = |key: &str| {
            format!(
                r#""write": {{"noise": "none", "scheme": "verify",
                    "verify": {{"window_microsiemens": 5, "tries": 9, {key}: "read"}}}}"#
            )
        };
        for (mechanism, old, new) in [
            (r#""chip": {"slope_sigma": 1}"#.to_owned(), "chip", "device_to_device"),
            (r#""parked": {"branch": "device"}"#.to_owned(), "parked", "reference_branch"),
            (r#""read": {"slow": {"kind": "none"}}"#.to_owned(), "read.slow", "read.rtn"),
            (r#""faults": {"p_anywhere": 0.1}"#.to_owned(), "faults.p_anywhere", "faults.p_stuck_random"),
            (
                r#""faults": {"p_cluster": 0.1, "cluster_share": 0.5}"#.to_owned(),
                "faults.cluster_share",
                "faults.cluster_fraction_of_cells",
            ),
            (verify(r#""first""#), "write.verify.first", "write.verify.initial_action"),
            (verify(r#""sides""#), "write.verify.sides", "write.verify.direction"),
            (verify(r#""after_give_up""#), "write.verify.after_give_up", "write.verify.after_failed_write"),
            (
                r#""write": {"noise": "none", "scheme": "pulsed", "pulses": {"most_pulses": 9}}"#.to_owned(),
                "write.pulses.most_pulses",
                "write.pulses.max_pulses",
            ),
        ] {
            let message = refusal(&mechanism);
            assert!(message.ends_with(&format!(": unknown key `{old}`\n\nhint: renamed to `{new}`")), "{message}");
        }
    }

    #[test]
    fn old_keys_at_a_wrong_place_are_rejected_with_the_right_place() {
        for (mechanism, old, new) in [
            (r#""most_pulses": 9"#, "most_pulses", "write.pulses.max_pulses"),
            (r#""write": {"noise": "none", "most_pulses": 9}"#, "write.most_pulses", "write.pulses.max_pulses"),
            (r#""p_anywhere": 0.1"#, "p_anywhere", "faults.p_stuck_random"),
            (
                r#""write": {"noise": "none", "after_give_up": "leave"}"#,
                "write.after_give_up",
                "write.verify.after_failed_write",
            ),
            (r#""slow": {}"#, "slow", "read.rtn"),
            (r#""read": {"chip": {}}"#, "read.chip", "device_to_device"),
        ] {
            let message = refusal(mechanism);
            assert!(message.ends_with(&format!(": unknown key `{old}`\n\nhint: renamed to `{new}`")), "{message}");
        }
        assert_eq!(renamed_anywhere("write.max_pulses"), None);
    }

    #[test]
    fn old_words_are_rejected_with_a_hint() {
        for (mechanism, what, new) in [
            (r#""write": {"noise": "study-level"}"#, "got `study-level`", "from-study"),
            (r#""write": {"noise": "none", "cells": "asked"}"#, "got `asked`", "changed"),
            (r#""reference_branch": {"kind": "device"}"#, "got `device`", "cell"),
            (r#""reference_branch": {"kind": "reference"}"#, "got `reference`", "ideal"),
        ] {
            let message = refusal(mechanism);
            assert!(message.ends_with(&format!("{what}\n\nhint: renamed to `{new}`")), "{message}");
        }
    }

    #[test]
    fn only_whole_keys_are_renamed() {
        assert_eq!(renamed_key("parked.branch").as_deref(), Some("reference_branch.kind"));
        assert_eq!(renamed_key("parked.sigma_ln_resistance").as_deref(), Some("reference_branch.sigma_ln_resistance"));
        for key in ["chips", "read.slower", "write.verify", ""] {
            assert_eq!(renamed_key(key), None, "{key}");
        }
    }
}
