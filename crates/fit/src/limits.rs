//! Numbers that a device file holds only up to a limit.

use crate::device_file::DeviceFile;
use serde_json::Value;

use crate::report::MechanismFit;

/// Relative difference between a number and that of the file from which they differ.
const DIFFERENT: f64 = 1e-3;

/// Notes the numbers of `mechanisms` that `file` holds with another value: the end of what it allows.
pub(crate) fn note_limits(file: &DeviceFile, mechanisms: &mut [MechanismFit]) {
    let Ok(file) = serde_json::to_value(file) else { return };
    for fit in mechanisms {
        let of = |key: &str, value: f64| {
            let stated = stated(&file, key)?;
            // A spread that may be 0 has its own note.
            let differs = value > 0.0 && (stated - value).abs() > DIFFERENT * value;
            differs.then(|| format!("the data give {key} = {value:.4}, and the device file has {stated}, the end of what a device allows"))
        };
        let notes: Vec<String> = fit
            .numbers
            .iter()
            .filter(|number| number.is_stated())
            .filter_map(|number| of(&number.key, number.value))
            .collect();
        fit.notes.extend(notes);
    }
}

/// Returns the number of `file` at `key`, such as `write.points[0].sigma_ln_resistance`.
fn stated(file: &Value, key: &str) -> Option<f64> {
    let mut parts = key.split(['.', '[']).map(|part| part.trim_end_matches(']'));
    let at = parts.try_fold(file, |at, part| match (at, part.parse::<usize>()) {
        (Value::Array(values), Ok(place)) => values.get(place),
        (other, _) => other.get(part),
    });
    at?.as_f64()
}

#[cfg(test)]
mod tests {
    use ohmspike_crossbar::WindowSpec;
    use ohmspike_crossbar::device::DeviceToDeviceSpec;

    use super::*;
    use crate::options::Mechanism;
    use crate::report::FittedNumber;

    /// A number within the limit has no note, and one beyond it has.
    #[test]
    fn numbers_at_a_limit_are_noted() {
        let window = WindowSpec { low_resistance_ohm: 1e3, high_resistance_ohm: 1e6 };
        for (value, noted) in [(2.5_f64, false), (4.2, true)] {
            let section = DeviceToDeviceSpec { step_gain_sigma: Some(value.min(3.0)), ..DeviceToDeviceSpec::default() };
            let file = DeviceFile { device_to_device: Some(section), ..DeviceFile::new("d", window) };
            let key = "device_to_device.step_gain_sigma".to_owned();
            let number = FittedNumber {
                key,
                unstated: None,
                value,
                unit: "",
                interval_95: None,
                interval_99: None,
                n: 10,
                cells: 10,
            };
            let mut fits = [MechanismFit {
                mechanism: Mechanism::CellToCell,
                law: "",
                method: String::new(),
                numbers: vec![number],
                candidates: Vec::new(),
                quality: None,
                plot: None,
                notes: Vec::new(),
            }];
            note_limits(&file, &mut fits);
            let expected = "the data give device_to_device.step_gain_sigma = 4.2000, and the device file has 3, the end of what a device allows";
            assert_eq!(fits[0].notes, if noted { vec![expected.to_owned()] } else { Vec::new() });
        }
    }

    #[test]
    fn keys_are_found_in_a_file() {
        let file =
            serde_json::json!({ "write": { "points": [{ "sigma": 0.1 }, { "sigma": 0.2 }], "pulses": { "step": 3 } } });
        assert_eq!(stated(&file, "write.points[1].sigma"), Some(0.2));
        assert_eq!(stated(&file, "write.pulses.step"), Some(3.0));
        assert_eq!(stated(&file, "write.points[2].sigma"), None);
    }
}
