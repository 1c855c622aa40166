//! Drift table: mean and standard deviation of the conductance some time after a write.
//!
//! ```text
//! mean = integral of G(t, xi) phi(xi) d xi       xi the standard normal of a write, phi its density
//! ```
//!
//! The integral uses the trapezoidal rule from -8 to 8; G stays within the bounds of the law, as in an array.

use std::fmt::Write;

use ohmspike_crossbar::device::{Device, DriftStop, DriftTimes};
use ohmspike_study::significant::{short, significant};
use ohmspike_study::time_words::computed_time;

use super::held::{HELD, HeldRows};
use super::spreads::resistances;

/// Times of the table, s, with their names.
pub(super) const TIMES: [(&str, f64); 4] = [("1 s", 1.0), ("1 h", 3600.0), ("1 d", 86_400.0), ("10 y", 315_576_000.0)];
/// Range of the integral, and its steps per standard deviation.
const REACH: i32 = 8;
const PER_SIGMA: i32 = 100;

/// Returns mean and standard deviation, µS, `seconds` after writes to `written`.
pub(super) fn moments(device: &Device, written: f64, seconds: f64) -> (f64, f64) {
    let (mut weight, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for step in -REACH * PER_SIGMA..=REACH * PER_SIGMA {
        let draw = f64::from(step) / f64::from(PER_SIGMA);
        let density = (-0.5 * draw * draw).exp();
        // Differences from the written state stay accurate for a small spread.
        let change = device.drifted(written, draw, seconds) - written;
        weight += density;
        sum += density * change;
        squares += density * change * change;
    }
    let mean = sum / weight;
    (written + mean, (squares / weight - mean * mean).max(0.0).sqrt())
}

/// Formats the `end` of a law: time, s, and whether it is the start or the end.
pub(super) fn end_of_law(end: f64, times: DriftTimes) -> String {
    let which = if end == times.latest { "end" } else { "start" };
    format!("{} s, the {which} of the law", short(end))
}

/// Writes the table by resistance and time; nothing without drift.
pub(super) fn drift_table(text: &mut String, device: &Device) {
    let Some(times) = device.drift.times() else { return };
    let _ = writeln!(text, "drift, mean ± one standard deviation in µS after:");
    let _ = write!(text, "{:>14} {:>10}", "at ohm", "written");
    for (name, _) in TIMES {
        let _ = write!(text, " {name:>20}");
    }
    text.push('\n');
    let mut held = HeldRows::new(device.drift_table());
    for resistance in resistances(&device.window) {
        let written = 1e6 / resistance;
        let _ = write!(text, "{:>14} {:>10}", significant(resistance), significant(written));
        for (_, seconds) in TIMES {
            let (mean, sd) = moments(device, written, seconds);
            let mark = if times.held(seconds).is_some() { HELD } else { "" };
            let _ = write!(text, " {:>20}", format!("{} ±{}{mark}", significant(mean), short(sd)));
        }
        let _ = writeln!(text, "{}", held.mark(resistance));
    }
    for (name, seconds) in TIMES {
        if let Some(end) = times.held(seconds) {
            let _ = writeln!(text, "  (held): {name} uses the value at {}", end_of_law(end, times));
        }
    }
    held.footnote(text);
    text.push('\n');
}

/// Returns where the window stops the drift of mean cells, for a terminal; empty if it stops none within the times of the law.
pub fn drift_stop_lines(device: &Device) -> String {
    let stops = device.drift_stops();
    let (Some(times), false) = (device.drift.times(), stops.is_empty()) else { return String::new() };
    let (from, to) = (computed_time(times.reference), computed_time(times.latest));
    let mut text = format!(
        "drift of mean cells stopped by the window (`drift.bounds` = `window`; the law covers {from} to {to}):\n"
    );
    for DriftStop { written, end, seconds } in stops {
        let (written, end, at) = (significant(written), significant(end), computed_time(seconds));
        let _ = if seconds == times.reference {
            writeln!(text, "  written to {written} µS: at once, at this end of the window")
        } else {
            writeln!(text, "  written to {written} µS: after {at}, at {end} µS")
        };
    }
    text.push_str("  `drift.bounds` = `zero` lets cells drift on beyond the window\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A law from 20 s to a year does not cover one second and ten years.
    #[test]
    fn times_beyond_the_law_are_marked_and_explained() {
        let mut text = String::new();
        drift_table(&mut text, &Device::built_in("pcm-joshi-2020").unwrap());
        let lines: Vec<&str> = text.lines().collect();
        for row in &lines[2..6] {
            assert_eq!(row.matches(HELD).count(), 2, "{row}");
        }
        assert!(text.contains("  (held): 1 s uses the value at 20 s, the start of the law\n"), "{text}");
        assert!(text.contains("  (held): 10 y uses the value at 3.16e7 s, the end of the law\n"), "{text}");
        let mut text = String::new();
        drift_table(&mut text, &Device::built_in("cmo-hfox-falcone-2025").unwrap());
        assert!(!text.is_empty() && !text.contains("(held)"), "{text}");
    }

    /// Log-time is linear in xi: mean G + m L, standard deviation b L + c, inside the window.
    #[test]
    fn moments_are_those_of_the_law() {
        let device = Device::from_json(
            r#"{ "name": "drifting", "window": { "low_resistance_ohm": 1000, "high_resistance_ohm": 1000000 },
                 "drift": { "law": "log-time", "reference_seconds": 1, "mean_microsiemens_per_ln": -0.089,
                            "sigma_microsiemens_per_ln": 0.042, "sigma_microsiemens_at_reference": 0.412 } }"#,
        )
        .unwrap();
        let elapsed = 3600f64.ln();
        let (mean, sd) = moments(&device, 50.0, 3600.0);
        // The tails beyond 8 have a weight below 1e-14.
        assert!((mean - (50.0 - 0.089 * elapsed)).abs() < 1e-9);
        assert!((sd - (0.042 * elapsed + 0.412)).abs() < 1e-9);
    }

    /// With `bounds` = `zero`, cells at the lower end of the window drift on: G t^-0.05 after the reference time of 1 s.
    #[test]
    fn moments_follow_the_bounds_of_the_law() {
        let [stopped, free] = ["window", "zero"].map(|bounds| {
            Device::from_json(&format!(
                r#"{{ "name": "drifting", "window": {{ "low_resistance_ohm": 1000, "high_resistance_ohm": 50000 }},
                     "drift": {{ "law": "power", "reference_seconds": 1, "bounds": "{bounds}",
                                "points": [{{ "resistance_ohm": 1000, "exponent": 0.05, "exponent_sigma": 0 }}] }} }}"#
            ))
            .unwrap()
        });
        assert!((moments(&free, 20.0, 3600.0).0 / (20.0 * 3600f64.powf(-0.05)) - 1.0).abs() < 1e-12);
        // The ends of a window are f32.
        assert!((moments(&stopped, 20.0, 3600.0).0 / 20.0 - 1.0).abs() < 1e-6);
    }

    /// 50 µS lose 3 µS per unit of ln t, and are at 20 µS after exp(10) s = 6.12 h.
    #[test]
    fn drift_that_the_window_stops_is_told_with_its_time_and_key() {
        let lines = |bounds: &str| {
            drift_stop_lines(
                &Device::from_json(&format!(
                    r#"{{ "name": "drifting", "window": {{ "low_resistance_ohm": 20000, "high_resistance_ohm": 50000 }},
                     "drift": {{ "law": "log-time", "reference_seconds": 1, "latest_seconds": 86400, "bounds": "{bounds}",
                                "mean_microsiemens_per_ln": -3, "sigma_microsiemens_per_ln": 0,
                                "sigma_microsiemens_at_reference": 0 }} }}"#
                ))
                .unwrap(),
            )
        };
        assert_eq!(
            lines("window"),
            "drift of mean cells stopped by the window (`drift.bounds` = `window`; the law covers 1 s to 1 d):\n  \
             written to 50.0 µS: after 6.12 h, at 20.0 µS\n  \
             written to 20.0 µS: at once, at this end of the window\n  \
             `drift.bounds` = `zero` lets cells drift on beyond the window\n"
        );
        assert_eq!(lines("zero"), "");
        assert_eq!(drift_stop_lines(&Device::built_in("ideal").unwrap()), "");
    }
}
