//! Labels of study keys, with their units.

use crate::axis_value::number;
use crate::axis_value::plain;
use crate::time_words::time_words;

/// Excitatory fraction of the hidden neurons.
pub const FRACTION: &str = "network.excitatory_fraction";
/// Neurons whose cells have write noise and faults.
pub const POPULATION: &str = "hardware.population";
/// Update noise.
pub const NOISE: &str = "noise.level_percent";
/// Factor on the write noise of the device.
pub const SPREAD_SCALE: &str = "hardware.write_spread_scale";
/// Initial weight spread.
pub const SIGMA_INIT: &str = "weights.sigma_init";
pub(super) const DEVICE: &str = "hardware.device";
/// Access of a wired array: `gated` or `driven`.
const ACCESS: &str = "device.wires.access";
/// Unit of resistances in files; readers see Ω.
const OHM: &str = "ohm";

/// Keys with their label and unit.
const KNOWN: [(&str, &str, &str); 46] = [
    (NOISE, "update noise", "% of σ_init"),
    (FRACTION, "excitatory fraction of the hidden neurons", ""),
    (SPREAD_SCALE, "factor on the device's write noise", ""),
    (DEVICE, "device", ""),
    ("network.hidden", "hidden neurons", ""),
    ("network.steps", "time steps per sample", ""),
    (SIGMA_INIT, "initial weight spread σ_init", "thresholds"),
    ("readout.sigma_init", "initial weight spread of the readout", "thresholds"),
    ("hardware.weight_at_gmax", "weight of a hidden cell at Gmax", "thresholds"),
    ("readout.weight_at_gmax", "weight of a readout cell at Gmax", "thresholds"),
    ("hardware.retention_seconds", "time between the last write and the test", "s"),
    ("data.poisson_rate_hertz", "spike rate of the largest input", "1/s"),
    ("training.epochs", "training epochs", ""),
    ("training.batch", "samples per batch", ""),
    ("training.learning_rate", "learning rate", ""),
    ("training.tau_mem_steps", "membrane time constant", "steps"),
    ("training.tau_syn_steps", "synaptic time constant", "steps"),
    ("training.surrogate_steepness", "steepness of the surrogate", ""),
    ("outcome.last_epochs", "epochs averaged by the outcome", ""),
    ("device.read.white.sigma_percent_of_conductance", "white read noise", "% of G"),
    ("device.read.white.sigma_microsiemens", "white read noise", "µS"),
    ("device.write.sigma_percent_of_conductance", "write noise", "% of G"),
    ("device.write.sigma_microsiemens", "write noise", "µS"),
    ("device.read.rtn.amplitude_percent_of_conductance", "random telegraph noise, peak to peak", "% of G"),
    ("device.read.rtn.fraction_of_cells", "fraction of cells with random telegraph noise", ""),
    ("device.faults.p_low_resistance", "fraction of cells stuck at the low resistance", ""),
    ("device.faults.p_high_resistance", "fraction of cells stuck at the high resistance", ""),
    ("device.faults.p_stuck_random", "fraction of cells stuck at a random level", ""),
    ("device.faults.p_dead_row", "fraction of dead row lines", ""),
    ("device.faults.p_dead_column", "fraction of dead column lines", ""),
    ("device.faults.p_cluster", "fraction of column lines with a cluster of stuck cells", ""),
    ("device.converters.adc.bits", "ADC resolution", "bits"),
    ("device.converters.dac.bits", "DAC resolution", "bits"),
    ("device.converters.tile_rows", "rows per tile", ""),
    (ACCESS, "array access", ""),
    ("device.wires.line_ohm_per_cell", "line resistance per cell", OHM),
    ("device.wires.word_line_ohm_per_cell", "word-line or source-line resistance per cell", OHM),
    ("device.wires.bit_line_ohm_per_cell", "bit-line resistance per cell", OHM),
    ("device.wires.driver_ohm", "driver resistance", OHM),
    ("device.wires.sense_ohm", "sense-amplifier resistance", OHM),
    ("device.window.low_resistance_ohm", "resistance of a fully-on cell", OHM),
    ("device.window.high_resistance_ohm", "resistance of a fully-off cell", OHM),
    ("hardware.population", "rows with write noise and faults", ""),
    ("device.levels.count", "levels per cell", ""),
    ("device.device_to_device.write_spread_sigma_ln", "device-to-device variation of the write noise", "σ of ln"),
    ("device.write.verify.tries", "tries per write", ""),
];
/// Units by the end of a key; longer endings come first.
const UNITS: [(&str, &str); 21] = [
    ("percent_of_conductance", "% of G"),
    ("percent_of_target", "% of G"),
    ("percent_of_window", "% of window"),
    ("percent_of_full_scale", "% of full scale"),
    ("percent_of_step", "% of step"),
    ("percent", "%"),
    ("microsiemens_per_ln", "µS per ln t"),
    ("microsiemens_at_reference", "µS"),
    ("microsiemens", "µS"),
    ("sigma_ln_resistance", "σ of ln R"),
    ("sigma_ln", "σ of ln"),
    (OHM, OHM),
    ("nanoseconds", "ns"),
    ("seconds", "s"),
    ("volts", "V"),
    ("microamperes", "µA"),
    ("picojoules_per_conversion", "pJ per conversion"),
    ("picojoules_per_pulse", "pJ per pulse"),
    ("square_micrometres", "µm²"),
    ("per_second", "1/s"),
    ("bits", "bits"),
];

/// Returns the label of a key and its unit; the unit is empty if there is none.
pub fn words_and_unit(key: &str) -> (String, &'static str) {
    if let Some((_, words, unit)) = KNOWN.iter().find(|(known, ..)| *known == key) {
        return ((*words).to_owned(), unit);
    }
    let path = key.strip_prefix("device.").unwrap_or(key);
    let unit = UNITS.iter().find(|(end, _)| path.ends_with(end));
    let words = unit.map_or(path, |(end, _)| path.strip_suffix(end).unwrap_or(path));
    let words = words.trim_end_matches(['_', '.']).replace(['_', '.'], " ");
    (words, unit.map_or("", |(_, unit)| unit))
}

/// Returns the symbol of a unit in titles and sentences.
pub fn symbol(unit: &str) -> &str {
    if unit == OHM { "Ω" } else { unit }
}

/// Returns the title of an axis: label and unit.
pub fn axis_label(key: &str) -> String {
    titled(words_and_unit(key))
}

/// Returns the label of a key in a sentence: with its unit, except for times, which state their own.
pub fn axis_words(key: &str) -> String {
    if is_time(key) { words_and_unit(key).0 } else { axis_label(key) }
}

/// Formats a label with its unit in brackets.
pub(super) fn titled((words, unit): (String, &str)) -> String {
    if unit.is_empty() { words } else { format!("{words} ({})", symbol(unit)) }
}

/// Whether the values of `key` are times in seconds, which are printed in the unit that fits them.
pub fn is_time(key: &str) -> bool {
    words_and_unit(key).1 == "s"
}

/// Formats a key with one of its values: label, value and unit. The kind of an array needs no label.
pub fn stated(key: &str, value: &toml::Value) -> String {
    let (words, unit) = words_and_unit(key);
    let shown = value_label(key, value);
    if key == ACCESS {
        return shown;
    }
    match number(value) {
        Some(seconds) if is_time(key) => format!("{words}: {}", time_words(seconds)),
        Some(ohm) if unit == OHM && ohm >= 1e6 => format!("{words}: {} MΩ", ohm / 1e6),
        Some(ohm) if unit == OHM && ohm >= 1e3 => format!("{words}: {} kΩ", ohm / 1e3),
        _ => format!("{words}: {shown} {}", symbol(unit)).trim_end().to_owned(),
    }
}

/// Returns the heading of the values of a key in a legend.
pub fn heading(key: &str) -> String {
    match key {
        FRACTION => "exc:inh".to_owned(),
        key => axis_label(key),
    }
}

/// Formats a value of a key for a legend or axis: excitatory fractions as ratios (80:20), files without folder and
/// extension.
pub fn value_label(key: &str, value: &toml::Value) -> String {
    match (key, number(value)) {
        (FRACTION, Some(fraction)) => {
            let excitatory = (fraction * 1000.0).round() / 10.0;
            format!("{excitatory}:{}", ((100.0 - excitatory) * 10.0).round() / 10.0)
        }
        (DEVICE, None) => {
            let text = plain(value);
            let name = text.rsplit('/').next().unwrap_or(&text);
            name.strip_suffix(".json").unwrap_or(name).to_owned()
        }
        _ => plain(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_follow_the_key() {
        for (key, label) in [
            ("noise.level_percent", "update noise (% of σ_init)"),
            ("device.read.white.sigma_percent_of_conductance", "white read noise (% of G)"),
            (
                "device.converters.adc.offset_sigma_percent_of_full_scale",
                "converters adc offset sigma (% of full scale)",
            ),
            ("device.reference_branch.sigma_ln_resistance", "reference branch (σ of ln R)"),
            ("device.window.high_resistance_ohm", "resistance of a fully-off cell (Ω)"),
            ("device.faults.stuck_low_resistance_ohm", "faults stuck low resistance (Ω)"),
            ("device.drift.sigma_microsiemens_per_ln", "drift sigma (µS per ln t)"),
            ("device.converters.adc.bits", "ADC resolution (bits)"),
            ("device.faults.cluster_fraction_of_cells", "faults cluster fraction of cells"),
        ] {
            assert_eq!(axis_label(key), label);
        }
    }

    /// Every labelled key is a valid study key.
    #[test]
    fn known_keys_exist() {
        let keys = crate::study::known_keys();
        let schema: serde_json::Value =
            serde_json::from_str(include_str!("../../../device-models/schema.json")).unwrap();
        for (key, ..) in KNOWN {
            let in_schema = key.strip_prefix("device.").is_some_and(|key| is_device_key(&schema, key));
            assert!(keys.iter().any(|known| known == key) || in_schema, "{key}");
        }
    }

    /// Whether the dotted `key` is a property in the schema of device files.
    fn is_device_key(schema: &serde_json::Value, key: &str) -> bool {
        let property = |object: &serde_json::Value, name: &str| {
            let property = object["properties"].get(name)?;
            let definition = property["$ref"].as_str().and_then(|at| schema.pointer(at.strip_prefix('#')?));
            Some(definition.unwrap_or(property).clone())
        };
        key.split('.').try_fold(schema.clone(), |object, name| property(&object, name)).is_some()
    }

    #[test]
    fn values_are_short() {
        assert_eq!(value_label(FRACTION, &toml::Value::Float(0.75)), "75:25");
        assert_eq!(value_label(FRACTION, &toml::Value::Float(0.955)), "95.5:4.5");
        assert_eq!(value_label(DEVICE, &toml::Value::String("../my/oxide.v2.json".to_owned())), "oxide.v2");
        assert_eq!(value_label(NOISE, &toml::Value::Integer(20)), "20");
        assert_eq!(stated(NOISE, &toml::Value::Integer(20)), "update noise: 20 % of σ_init");
        let rested = |seconds: i64| stated("hardware.retention_seconds", &toml::Value::Integer(seconds));
        assert_eq!(rested(86_400), "time between the last write and the test: 1 d");
        assert_eq!(rested(100), "time between the last write and the test: 100 s");
        assert_eq!(stated("network.hidden", &toml::Value::Integer(50)), "hidden neurons: 50");
        let low = "device.window.low_resistance_ohm";
        assert_eq!(stated(low, &toml::Value::Integer(10_000)), "resistance of a fully-on cell: 10 kΩ");
        assert_eq!(stated(low, &toml::Value::Float(2.5e6)), "resistance of a fully-on cell: 2.5 MΩ");
        assert_eq!(stated(low, &toml::Value::Integer(500)), "resistance of a fully-on cell: 500 Ω");
        assert_eq!(stated(ACCESS, &toml::Value::String("gated".to_owned())), "gated");
    }
}
