//! Keys and presets that were renamed: the old name is an error with the current one as hint.

use ohmspike_crossbar::device::{SECTIONS, renamed_anywhere};

use super::keys::{DEVICE, known_keys};

/// The hint for numbered layer sections.
const LAYERS: &str = "write one `[[layer]]` entry per hidden layer, the layer next to the input first";

/// Sections and keys, with the hint.
const KEYS: [(&str, &str); 19] = [
    ("reference", "renamed to `baseline`"),
    ("layer_2", LAYERS),
    ("layer_3", LAYERS),
    ("layer_4", LAYERS),
    ("data.code", "renamed to `data.encoding`"),
    ("data.rate_hertz", "renamed to `data.poisson_rate_hertz`"),
    ("weights.sigma_readout", "renamed to `readout.sigma_init`"),
    ("hardware.full_scale_hidden", "renamed to `hardware.weight_at_gmax`"),
    ("hardware.full_scale_readout", "renamed to `readout.weight_at_gmax`"),
    ("hardware.device_readout", "renamed to `readout.device`"),
    ("hardware.fault_map_hidden", "renamed to `layer.1.fault_map`"),
    ("hardware.fault_map_readout", "renamed to `readout.fault_map`"),
    ("hardware.conductance_map_hidden", "renamed to `layer.1.conductance_map`"),
    ("hardware.conductance_map_readout", "renamed to `readout.conductance_map`"),
    ("training.tau_mem", "renamed to `training.tau_mem_steps`"),
    ("training.tau_syn", "renamed to `training.tau_syn_steps`"),
    ("layer_2.full_scale", "renamed to `layer.2.weight_at_gmax`"),
    ("layer_3.full_scale", "renamed to `layer.3.weight_at_gmax`"),
    ("layer_4.full_scale", "renamed to `layer.4.weight_at_gmax`"),
];

const PRESETS: [(&str, &str); 4] = [
    ("published-results", "kilgore-2025"),
    ("paper-text", "kilgore-2025-text"),
    ("shd-published-results", "kilgore-2025-shd"),
    ("shd-paper-text", "kilgore-2025-shd-text"),
];

/// The hint for a renamed section or key, or for a former name at a wrong place.
pub(super) fn hint(name: &str) -> Option<String> {
    key(name).map(str::to_owned).or_else(|| misplaced(name))
}

/// The hint for a former name of a key of a study or of a device, outside its section.
fn misplaced(name: &str) -> Option<String> {
    let last_name = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    let section = name.split_once('.').map(|(section, _)| section);
    let name = last_name(name);
    if known_keys().iter().any(|known| last_name(known) == name) {
        return None;
    }
    let of_study =
        KEYS.iter().find(|(old, hint)| !old.starts_with("layer_") && *hint != LAYERS && last_name(old) == name);
    // Sections that people give keys of a device in.
    let may_be_of_device = section.is_none_or(|section| section == "hardware" || SECTIONS.contains(&section));
    let of_device = || {
        let new = renamed_anywhere(&name).filter(|_| may_be_of_device)?;
        Some(format!("renamed to `{DEVICE}.{new}`"))
    };
    of_study.map(|(_, hint)| (*hint).to_owned()).or_else(of_device)
}

/// The hint for a renamed section or key.
fn key(name: &str) -> Option<&'static str> {
    let section = name.split('.').next().unwrap_or(name);
    if name.starts_with("layer.") && name.ends_with(".full_scale") || name == "readout.full_scale" {
        return Some("renamed to `weight_at_gmax`");
    }
    let of = |wanted: &str| KEYS.iter().find(|(old, _)| *old == wanted).map(|(_, hint)| *hint);
    of(name).or_else(|| of(section))
}

/// The current name of a renamed preset.
pub(super) fn preset(name: &str) -> Option<&'static str> {
    PRESETS.iter().find(|(old, _)| *old == name).map(|(_, now)| *now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn former_names_at_a_wrong_place_lead_to_the_right_one() {
        for (name, expected) in [
            ("most_pulses", Some("renamed to `device.write.pulses.max_pulses`")),
            ("write.most_pulses", Some("renamed to `device.write.pulses.max_pulses`")),
            ("hardware.p_anywhere", Some("renamed to `device.faults.p_stuck_random`")),
            ("sigma_readout", Some("renamed to `readout.sigma_init`")),
            ("readout.sigma_readout", Some("renamed to `readout.sigma_init`")),
            ("network.rate_hertz", Some("renamed to `data.poisson_rate_hertz`")),
            ("weights.sigma_readout", Some("renamed to `readout.sigma_init`")),
            ("repeats.first", None),
            ("network.hidden", None),
            ("network.sigma_init", None),
            ("network.layers", None),
        ] {
            assert_eq!(hint(name).as_deref(), expected, "{name}");
        }
    }
}
