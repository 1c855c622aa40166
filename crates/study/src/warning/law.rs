//! Uses of a device beyond what its laws cover: times, voltages, and steps of slow noise that cannot grow any further.

use ohmspike_crossbar::device::Device;

use crate::significant::significant;

/// A law of a device that is held at its end.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LawWarning {
    /// A time that the law of drift does not cover.
    #[error(
        "{key}: {given} s lies {} the law of drift of device `{device}`, which runs from {from} s to {to} s: cells are held at \
         {held} s, {}\n\n\
         hint: choose a time within the law; nothing is known of this device {}",
        if given > held { "after" } else { "before" }, if given > held { "the end of the law" } else { "the start of the law" },
        if given > held { "later" } else { "earlier" }
    )]
    Time {
        /// The key or flag that gives it.
        key: &'static str,
        /// Name of the device.
        device: String,
        /// The time, s.
        given: f64,
        /// Start of the law, s.
        from: f64,
        /// End of the law, s.
        to: f64,
        /// The one at which cells are held, s.
        held: f64,
    },
    /// A read voltage above the fit of the I-V curves.
    #[error(
        "read.volts: {volts} V lies above the {highest} V up to which the I-V curves of device `{device}` were fitted: the factor \
         on the conductance is held at {highest} V\n\nhint: read at {highest} V or below"
    )]
    Volts {
        /// Name of the device.
        device: String,
        /// The read voltage, V.
        volts: f64,
        /// Highest voltage of the fit, V.
        highest: f64,
    },
    /// Slow noise whose step has reached the whole conductance.
    #[error(
        "read.rtn: the step of the telegraph noise of device `{device}` reaches 100 % of the conductance at {} ohm, within the \
         window: it is held at 100 % for higher resistances\n\n\
         hint: a smaller `read.rtn.amplitude_exponent`, or a window within the range of the fit",
        significant(*resistance)
    )]
    Telegraph {
        /// Name of the device.
        device: String,
        /// Resistance from which the step is held, ohm.
        resistance: f64,
    },
}

/// A time that lies beyond the law of drift, given by `key`; none where it does not, or where nothing drifts.
pub fn time(key: &'static str, device: &Device, seconds: f64) -> Option<LawWarning> {
    let times = device.drift.times()?;
    let held = times.held(seconds)?;
    let device = device.name.clone();
    Some(LawWarning::Time { key, device, given: seconds, from: times.reference, to: times.latest, held })
}

/// What of `device` is held wherever it is read.
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
        (resistance < highest).then(|| LawWarning::Telegraph { device: name(), resistance })
    });
    volts.into_iter().chain(telegraph).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(sections: &str) -> Device {
        let window = r#""window": { "low_resistance_ohm": 1000, "high_resistance_ohm": 1000000 }"#;
        Device::from_json(&format!(r#"{{ "name": "test", {window}{sections} }}"#)).expect("a device")
    }

    #[test]
    fn times_beyond_the_law_are_told_with_the_time_that_stands_for_them() {
        let pcm = Device::built_in("pcm-joshi-2020").expect("built in");
        for seconds in [0.0, 20.0, 3600.0, 31_557_600.0] {
            assert_eq!(time("hardware.retention_seconds", &pcm, seconds), None, "{seconds}");
        }
        let told = |seconds| time("--after", &pcm, seconds).expect("outside").to_string();
        let expected = "--after: 1 s lies before the law of drift of device `pcm-joshi-2020`, which runs from 20 s to \
                        31557600 s: cells are held at 20 s, the start of the law\n\nhint: ";
        assert!(told(1.0).starts_with(expected), "{}", told(1.0));
        let expected = "--after: 315600000 s lies after the law of drift";
        assert!(
            told(3.156e8).starts_with(expected) && told(3.156e8).contains("held at 31557600 s, the end"),
            "{}",
            told(3.156e8)
        );
        assert_eq!(time("--after", &device(""), 1e9), None);
    }

    #[test]
    fn a_read_voltage_above_the_fit_is_told() {
        let bent = |volts: f64, highest: &str| {
            let points = r#"[{ "resistance_ohm": 1e4, "quadratic_per_volt": 0.1, "cubic_per_square_volt": 0 }]"#;
            let curves = format!(r#"{{ "reference_volts": 0.1{highest}, "points": {points} }}"#);
            reads(&device(&format!(r#", "read": {{ "volts": {volts}, "nonlinearity": {curves} }}"#)))
        };
        assert_eq!(bent(0.5, r#", "highest_volts": 0.5"#), []);
        assert_eq!(bent(0.9, ""), []);
        let told = bent(0.9, r#", "highest_volts": 0.5"#);
        assert_eq!(told, [LawWarning::Volts { device: "test".to_owned(), volts: 0.9, highest: 0.5 }]);
        assert!(told[0].to_string().starts_with("read.volts: 0.9 V lies above the 0.5 V up to which"), "{}", told[0]);
    }

    /// 4 % at 10 kohm that grow as R: 100 % at 250 kohm.
    #[test]
    fn a_step_that_cannot_grow_is_told() {
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
    }
}
