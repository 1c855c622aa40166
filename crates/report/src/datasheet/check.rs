//! Sources of the numbers of a device, and mechanisms without one.

use ohmspike_crossbar::device::{Device, Grade};
use ohmspike_study::significant::wrapped;

use super::mechanisms::{is_off, mechanisms};
use crate::device_skeleton::PLACEHOLDER;

/// Line width.
const WIDTH: usize = 100;
/// Mechanisms of a datasheet with the section of the file that sets them.
const SECTIONS: [(&str, &str); 16] = [
    ("device-to-device", "device_to_device"),
    ("write noise", "write"),
    ("levels", "levels"),
    ("drift", "drift"),
    ("read noise", "read"),
    ("RTN", "read"),
    ("read voltage", "read"),
    ("I-V", "read"),
    ("reference", "reference_branch"),
    ("faults", "faults"),
    ("tiles", "converters"),
    ("DAC", "converters"),
    ("ADC", "converters"),
    ("wires", "wires"),
    ("energy", "energy"),
    ("area", "energy"),
];

/// Returns lines about `device`: enabled and disabled mechanisms, sources by grade, and sections without a source.
pub fn check_lines(device: &Device) -> String {
    let told = mechanisms(device);
    let enabled = |name: &str| {
        let told = told.iter().find(|(known, _)| *known == name).map_or("off", |(_, told)| told);
        let exact = name == "reference" && told.starts_with("an exact");
        !is_off(told) && told != "not specified" && !exact
    };
    let (on, off): (Vec<&str>, Vec<&str>) = SECTIONS.iter().map(|(name, _)| *name).partition(|name| enabled(name));
    let sourced = |section: &str| device.provenance.iter().any(|entry| entry.what.split('.').next() == Some(section));
    let mut missing: Vec<&str> = vec!["window"];
    missing.extend(SECTIONS.iter().filter(|(name, _)| enabled(name)).map(|(_, section)| *section));
    missing.dedup();
    missing.retain(|section| !sourced(section));
    let count = |grade: Grade| device.provenance.iter().filter(|entry| entry.grade == grade).count();
    let [measured, fitted, chosen] = [Grade::Measured, Grade::Fitted, Grade::Chosen].map(count);
    let mut lines = vec![
        format!("enabled: {}", listed(&on)),
        format!("disabled: {}", listed(&off)),
        format!("sources: {measured} measured, {fitted} fitted, {chosen} chosen"),
    ];
    if !missing.is_empty() {
        lines.push(format!("without a source: {}; add an entry to `provenance` for each", listed(&missing)));
    }
    let placeholders = device.provenance.iter().filter(|entry| entry.source.starts_with(PLACEHOLDER));
    let placeholders: Vec<&str> = placeholders.map(|entry| entry.what.as_str()).collect();
    if !placeholders.is_empty() {
        lines.push(format!(
            "placeholders of `device new`: {}; replace their numbers and sources",
            listed(&placeholders)
        ));
    }
    lines.iter().flat_map(|line| wrapped(line, WIDTH)).map(|line| line + "\n").collect()
}

fn listed(names: &[&str]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_without_a_source_are_named() {
        let device = Device::from_json(
            r#"{ "name": "x", "window": { "low_resistance_ohm": 1000, "high_resistance_ohm": 100000 },
                 "write": { "noise": "relative", "sigma_percent_of_conductance": 2 },
                 "read": { "volts": 0.2, "white": { "noise": "relative", "sigma_percent_of_conductance": 1 } },
                 "provenance": [{ "what": "write.noise", "grade": "fitted", "source": "here" }] }"#,
        )
        .unwrap();
        let text = check_lines(&device);
        assert!(text.starts_with("enabled: write noise, read noise, read voltage\n"), "{text}");
        assert!(text.contains("sources: 0 measured, 1 fitted, 0 chosen\n"), "{text}");
        assert!(text.ends_with("without a source: window, read; add an entry to `provenance` for each\n"), "{text}");
    }

    #[test]
    fn placeholders_are_named() {
        let skeleton = crate::device_skeleton::device_skeleton("x", "x.schema.json");
        let text = check_lines(&Device::from_json(&skeleton).unwrap());
        assert!(text.contains("placeholders of `device new`: window, device_to_device, write, "), "{text}");
        assert!(!text.contains("without a source"), "{text}");
    }

    #[test]
    fn built_in_devices_state_every_source() {
        for (name, _) in ohmspike_crossbar::device::BUILT_IN {
            let text = check_lines(&Device::built_in(name).unwrap());
            assert!(!text.contains("without a source"), "{name}: {text}");
        }
    }
}
