//! Warnings about uses of a device outside the range of its laws: times, voltages and random telegraph noise (RTN)
//! amplitudes.

use ohmspike_crossbar::device::Device;

use crate::significant::{at_most, significant};
use crate::time_words::time_words;

/// A use of a device outside the range of one of its laws.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LawWarning {
    /// A time outside the drift law.
    #[error(
        "{key}: {} is {} the drift law of device `{device}`, which covers {} to {}: drift is held at its value at {}, \
         the {} of the law\n\n\
         hint: choose {} to {}; no data cover {} times",
        time_words(*given), if given > held { "after" } else { "before" }, time_words(*from), time_words(*to),
        time_words(*held), if given > held { "end" } else { "start" }, time_words(*from), time_words(*to),
        if given > held { "later" } else { "earlier" }
    )]
    Time {
        /// Key or flag that sets the time.
        key: &'static str,
        /// Name of the device.
        device: String,
        /// Requested time, s.
        given: f64,
        /// Start of the law, s.
        from: f64,
        /// End of the law, s.
        to: f64,
        /// Time at which drift is held, s.
        held: f64,
    },
    /// A read voltage above the fitted range of the I-V curves.
    #[error(
        "read.volts: {volts} V is above the fitted range of the I-V curves of device `{device}`, which ends at \
         {highest} V: the conductance factor at {highest} V is used\n\nhint: read at {highest} V or below"
    )]
    Volts {
        /// Name of the device.
        device: String,
        /// The read voltage, V.
        volts: f64,
        /// Highest fitted voltage, V.
        highest: f64,
    },
    /// I-V curves in an array with wires.
    #[error(
        "wires: the circuit of device `{device}` has ohmic cells at the conductance of the full read voltage, but \
         `read.nonlinearity` lowers the conductance of cells that receive less: the wires take more than the result shows\n\n\
         hint: compare with `device.wires` at lower resistances; where little is lost, the result holds"
    )]
    OhmicWires {
        /// Name of the device.
        device: String,
    },
    /// RTN with an amplitude that reaches the whole conductance.
    #[error(
        "read.rtn: the random telegraph noise of device `{device}` reaches 100 % of the conductance at {} ohm, within \
         the window: it stays at 100 % for higher resistances\n\n\
         hint: choose a `read.rtn.amplitude_exponent` of at most {}, or a `window.high_resistance_ohm` of at most {}",
        significant(*resistance), at_most(*exponent), at_most(*resistance)
    )]
    Telegraph {
        /// Name of the device.
        device: String,
        /// Resistance at which the amplitude reaches 100 %, ohm.
        resistance: f64,
        /// Exponent at which it reaches 100 % at the end of the window.
        exponent: f64,
    },
}

/// Returns a warning if `seconds`, set by `key`, is outside the drift law of `device`; none if nothing drifts.
pub fn time(key: &'static str, device: &Device, seconds: f64) -> Option<LawWarning> {
    let times = device.drift.times()?;
    let held = times.held(seconds)?;
    let device = device.name.clone();
    Some(LawWarning::Time { key, device, given: seconds, from: times.reference, to: times.latest, held })
}

/// Returns the warnings about reads of `device`.
pub fn reads(device: &Device) -> Vec<LawWarning> {
    let name = || device.name.clone();
    let volts =
        device.read.volts.zip(device.read.nonlinearity.as_ref()).and_then(|(volts, bent)| {
            bent.held(volts).map(|highest| LawWarning::Volts { device: name(), volts, highest })
        });
    let telegraph = device.read.rtn.telegraph().filter(|noise| noise.fraction_of_cells > 0.0);
    let telegraph = telegraph.filter(|noise| noise.amplitude_exponent > 0.0).and_then(|noise| {
        // a (R / R_ref)^m = 1
        let grown = (1.0 / noise.amplitude).powf(1.0 / noise.amplitude_exponent);
        let resistance = noise.reference_resistance * grown;
        let highest = 1e6 / f64::from(device.window.low());
        let exponent = (1.0 / noise.amplitude).ln() / (highest / noise.reference_resistance).ln();
        let exponent = (1e3 * exponent).floor() / 1e3;
        (resistance < highest).then(|| LawWarning::Telegraph { device: name(), resistance, exponent })
    });
    let ohmic = (device.wires.is_some() && device.read.nonlinearity.is_some())
        .then(|| LawWarning::OhmicWires { device: name() });
    volts.into_iter().chain(telegraph).chain(ohmic).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(sections: &str) -> Device {
        let window = r#""window": { "low_resistance_ohm": 1000, "high_resistance_ohm": 1000000 }"#;
        Device::from_json(&format!(r#"{{ "name": "test", {window}{sections} }}"#)).expect("a device")
    }

    #[test]
    fn warns_about_times_outside_the_law() {
        let pcm = Device::built_in("pcm-joshi-2020").expect("built in");
        for seconds in [0.0, 20.0, 3600.0, 31_557_600.0] {
            assert_eq!(time("hardware.retention_seconds", &pcm, seconds), None, "{seconds}");
        }
        let messages = |seconds| time("--after", &pcm, seconds).expect("outside").to_string();
        let expected = "--after: 1 s is before the drift law of device `pcm-joshi-2020`, which covers 20 s to 1 y: \
                        drift is held at its value at 20 s, the start of the law\n\nhint: choose 20 s to 1 y; no data";
        assert!(messages(1.0).starts_with(expected), "{}", messages(1.0));
        let expected = "--after: 315600000 s is after the drift law";
        assert!(
            messages(3.156e8).starts_with(expected) && messages(3.156e8).contains("held at its value at 1 y, the end"),
            "{}",
            messages(3.156e8)
        );
        assert_eq!(time("--after", &device(""), 1e9), None);
    }

    #[test]
    fn warns_about_a_read_voltage_above_the_fit() {
        let bent = |volts: f64, highest: &str| {
            let points = r#"[{ "resistance_ohm": 1e4, "quadratic_per_volt": 0.1, "cubic_per_square_volt": 0 }]"#;
            let curves = format!(r#"{{ "reference_volts": 0.1{highest}, "points": {points} }}"#);
            reads(&device(&format!(r#", "read": {{ "volts": {volts}, "nonlinearity": {curves} }}"#)))
        };
        assert_eq!(bent(0.5, r#", "highest_volts": 0.5"#), []);
        assert_eq!(bent(0.9, ""), []);
        let told = bent(0.9, r#", "highest_volts": 0.5"#);
        assert_eq!(told, [LawWarning::Volts { device: "test".to_owned(), volts: 0.9, highest: 0.5 }]);
        assert!(told[0].to_string().starts_with("read.volts: 0.9 V is above the fitted range"), "{}", told[0]);
    }

    /// An amplitude of 4 % at 10 kΩ that grows as R reaches 100 % at 250 kΩ.
    #[test]
    fn warns_about_telegraph_noise_that_reaches_100_percent() {
        let slow = |exponent: f64| {
            reads(&device(&format!(
                r#", "read": {{ "rtn": {{ "kind": "telegraph", "fraction_of_cells": 0.5, "reference_resistance_ohm": 10000,
                   "rate_per_second": 1, "amplitude_percent_of_conductance": 4, "amplitude_exponent": {exponent} }} }}"#
            )))
        };
        for within in [0.0, 0.5] {
            assert_eq!(slow(within), []);
        }
        let told = slow(1.0);
        let [LawWarning::Telegraph { resistance, .. }] = told[..] else { panic!("{told:?}") };
        assert!((resistance - 250_000.0).abs() < 1.0, "{resistance}");
        // ln(25) / ln(100) = 0.69897
        let hint = "hint: choose a `read.rtn.amplitude_exponent` of at most 0.698, or a `window.high_resistance_ohm` of at most";
        let told = told[0].to_string();
        // The end that is named is not above the resistance.
        let named: f64 = told.rsplit(' ').next().and_then(|word| word.parse().ok()).expect("a number at the end");
        assert!(told.contains(hint) && (249_000.0..=resistance).contains(&named), "{told}");
    }
}
