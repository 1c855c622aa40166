//! Names of earlier versions: each is refused with its name now.

/// Sections and keys, with their name now.
const KEYS: [(&str, &str); 19] = [
    ("reference", "`baseline`"),
    ("layer_2", "a `[[layer]]` entry per hidden layer, first hidden layer first"),
    ("layer_3", "a `[[layer]]` entry per hidden layer, first hidden layer first"),
    ("layer_4", "a `[[layer]]` entry per hidden layer, first hidden layer first"),
    ("data.code", "`data.encoding`"),
    ("data.rate_hertz", "`data.poisson_rate_hertz`"),
    ("weights.sigma_readout", "`readout.sigma_init`"),
    ("hardware.full_scale_hidden", "`hardware.weight_at_gmax`"),
    ("hardware.full_scale_readout", "`readout.weight_at_gmax`"),
    ("hardware.device_readout", "`readout.device`"),
    ("hardware.fault_map_hidden", "`layer.1.fault_map`"),
    ("hardware.fault_map_readout", "`readout.fault_map`"),
    ("hardware.conductance_map_hidden", "`layer.1.conductance_map`"),
    ("hardware.conductance_map_readout", "`readout.conductance_map`"),
    ("training.tau_mem", "`training.tau_mem_steps`"),
    ("training.tau_syn", "`training.tau_syn_steps`"),
    ("layer_2.full_scale", "`layer.2.weight_at_gmax`"),
    ("layer_3.full_scale", "`layer.3.weight_at_gmax`"),
    ("layer_4.full_scale", "`layer.4.weight_at_gmax`"),
];

const PRESETS: [(&str, &str); 4] = [
    ("published-results", "kilgore-2025"),
    ("paper-text", "kilgore-2025-text"),
    ("shd-published-results", "kilgore-2025-shd"),
    ("shd-paper-text", "kilgore-2025-shd-text"),
];

/// What a section or key is called now.
pub(super) fn key(name: &str) -> Option<&'static str> {
    let section = name.split('.').next().unwrap_or(name);
    if name.starts_with("layer.") && name.ends_with(".full_scale") || name == "readout.full_scale" {
        return Some("`weight_at_gmax`");
    }
    let of = |wanted: &str| KEYS.iter().find(|(old, _)| *old == wanted).map(|(_, now)| *now);
    of(name).or_else(|| of(section))
}

/// What a preset is called now.
pub(super) fn preset(name: &str) -> Option<&'static str> {
    PRESETS.iter().find(|(old, _)| *old == name).map(|(_, now)| *now)
}
