//! Notes on numbers that need one: spreads that may be 0, and numbers without an interval.

use crate::report::{FittedNumber, MechanismFit};

/// Smallest number of cells or values of an interval.
const MIN_VALUES: usize = 2;

/// Adds the notes of the numbers of `fit`.
pub(crate) fn explain(fit: &mut MechanismFit) {
    let bare: Vec<(&str, &str)> =
        fit.numbers.iter().filter_map(|number| Some((number.name(), bare(number)?))).collect();
    let mut notes: Vec<String> = [true, false].into_iter().filter_map(|stated| of_zero(&fit.numbers, stated)).collect();
    let mut reasons: Vec<&str> = bare.iter().map(|bare| bare.1).collect();
    reasons.dedup();
    for reason in reasons {
        let keys: Vec<&str> = bare.iter().filter(|bare| bare.1 == reason).map(|bare| bare.0).collect();
        notes.push(format!("no interval of {}: {reason}", keys.join(", ")));
    }
    if fit.method == "set by the user" {
        notes.retain(|note| !note.starts_with("no interval"));
    }
    fit.notes.extend(notes);
}

/// Returns the note on spreads that may be 0, of those that the device file states or of the others.
fn of_zero(numbers: &[FittedNumber], stated: bool) -> Option<String> {
    let chosen = numbers.iter().filter(|number| number.is_stated() == stated && may_be_zero(number));
    let names: Vec<&str> = chosen.map(FittedNumber::name).collect();
    let (is, includes, estimate) = match names.len() {
        0 => return None,
        1 => ("is", "its 95 % interval includes", "estimate"),
        _ => ("are", "their 95 % intervals include", "estimates"),
    };
    let file = if stated { format!(", and the device file states the {estimate}") } else { String::new() };
    Some(format!("{} {is} not distinguishable from 0: {includes} 0{file}", names.join(", ")))
}

/// Returns whether a number that cannot be negative has an interval from 0.
fn may_be_zero(number: &FittedNumber) -> bool {
    let spread = number.key.contains("sigma") || number.key.ends_with(".exponent") || !number.is_stated();
    spread && number.value > 0.0 && number.interval_95.is_some_and(|(low, _)| low <= 0.0)
}

/// Returns the reason why a number has no interval; none if it has one.
fn bare(number: &FittedNumber) -> Option<&'static str> {
    if number.interval_95.is_some() {
        return None;
    }
    Some(match number.key.as_str() {
        key if key.starts_with("window.") && number.n > 0 => {
            "an extreme value, or writes without spread, or fewer than 6 cells at the outer target"
        }
        key if key.starts_with("window.") => "chosen",
        key if key.starts_with("faults.stuck") => "fewer than 6 stuck cells do not bound a median",
        _ if number.value == 0.0 => "no variation is seen, down to the resolution of the data",
        _ if number.cells < MIN_VALUES => "one cell does not show how cells differ",
        _ => "the data do not bound it",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Mechanism;

    fn number(key: &str, value: f64, interval: Option<(f64, f64)>) -> FittedNumber {
        FittedNumber {
            key: key.to_owned(),
            unstated: None,
            value,
            unit: "",
            interval_95: interval,
            interval_99: interval,
            n: 100,
            cells: 3,
        }
    }

    fn notes(numbers: Vec<FittedNumber>) -> Vec<String> {
        let mut fit = MechanismFit {
            mechanism: Mechanism::Drift,
            law: "",
            method: String::new(),
            numbers,
            candidates: Vec::new(),
            quality: None,
            plot: None,
            notes: Vec::new(),
        };
        explain(&mut fit);
        fit.notes
    }

    #[test]
    fn spreads_that_may_be_zero_are_told() {
        let told = notes(vec![
            number("device_to_device.step_gain_sigma", 0.007, Some((0.0, 0.011))),
            number("device_to_device.up_down_sigma", 0.1, Some((0.09, 0.11))),
            number("drift.mean_microsiemens_per_ln", 0.1, Some((-0.1, 0.3))),
            number("drift.points[0].exponent_sigma", 0.0, Some((0.0, 0.1))),
        ]);
        assert_eq!(
            told,
            [
                "device_to_device.step_gain_sigma is not distinguishable from 0: its 95 % interval includes 0, and the device file \
              states the estimate"
            ]
        );
    }

    #[test]
    fn numbers_that_the_device_file_does_not_state_are_told_apart() {
        let gain = number("device_to_device.step_gain_sigma", 0.007, Some((0.0, 0.011)));
        let unstated = FittedNumber { unstated: Some("standard deviation of gains in writes".to_owned()), ..gain };
        assert_eq!(
            notes(vec![unstated]),
            ["standard deviation of gains in writes is not distinguishable from 0: its 95 % interval includes 0"]
        );
    }

    #[test]
    fn numbers_without_an_interval_have_a_reason() {
        let told = notes(vec![
            number("faults.stuck_low_resistance_ohm", 900.0, None),
            number("write.pulses.up_steepness", 20.0, None),
        ]);
        assert_eq!(
            told,
            [
                "no interval of faults.stuck_low_resistance_ohm: fewer than 6 stuck cells do not bound a median",
                "no interval of write.pulses.up_steepness: the data do not bound it"
            ]
        );
    }
}
