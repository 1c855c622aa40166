//! Time at which drift reaches an end of the window and stops there, with `bounds` = `window`.
//!
//! ```text
//! power      t = t_ref (G / G_end)^(1 / nu)       nu = mean of |mu + s xi|
//!                                                    = s sqrt(2 / pi) exp(-mu^2 / 2 s^2) + mu erf(mu / (s sqrt 2))
//! log-time   t = t_ref exp((G_end - G) / m)
//! ```
//!
//! Symbols as in the laws of drift. The mean of |mu + s xi| is that of a folded normal distribution: F. C. Leone, L. S. Nelson and
//! R. B. Nottingham, Technometrics 3, 543 (1961), equation 2.

use std::f64::consts::{PI, SQRT_2};

use super::drift::{Drift, DriftTimes};
use super::drift_spec::DriftBounds;
use super::model::Device;
use super::range::SLACK;

/// Drift of a mean cell that stops at an end of the window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DriftStop {
    /// Conductance that was written, µS.
    pub written: f64,
    /// End of the window at which it stops, µS.
    pub end: f64,
    /// Time after the write at which it gets there, s: the reference time if it starts there.
    pub seconds: f64,
}

impl Device {
    /// Returns where the drift of mean cells stops at the window within the times of the law. The cells were written to the outermost
    /// targets. Empty if cells drift on beyond the window.
    pub fn drift_stops(&self) -> Vec<DriftStop> {
        let Some(times) = self.drift.times().filter(|_| self.drift.bounds() == DriftBounds::Window) else {
            return Vec::new();
        };
        let targets = self.targets().map(|resistance| 1e6 / resistance);
        targets.into_iter().filter_map(|written| self.drift_stop(written, times)).collect()
    }

    fn drift_stop(&self, written: f64, times: DriftTimes) -> Option<DriftStop> {
        let [low, high] = [self.window.low(), self.window.high()].map(f64::from);
        // Logarithm of the time over the reference time.
        let (end, elapsed) = match &self.drift {
            Drift::None => return None,
            Drift::Power(law) => {
                let (mean, sigma) = law.exponent(1e6 / written);
                (low, libm::log(written / low) / mean_magnitude(mean, sigma))
            }
            Drift::LogTime(law) => {
                let end = if law.mean < 0.0 { low } else { high };
                (end, (end - written) / law.mean)
            }
        };
        let starts_there = (written / end - 1.0).abs() < SLACK && moves(&self.drift, written);
        let seconds = if starts_there { times.reference } else { times.reference * libm::exp(elapsed) };
        (seconds <= times.latest).then_some(DriftStop { written, end, seconds })
    }
}

/// Returns whether the mean cell drifts.
fn moves(drift: &Drift, written: f64) -> bool {
    match drift {
        Drift::None => false,
        Drift::Power(law) => law.exponent(1e6 / written) != (0.0, 0.0),
        Drift::LogTime(law) => law.mean != 0.0,
    }
}

/// Returns the mean of |mu + s xi| of a standard normal xi.
fn mean_magnitude(mu: f64, s: f64) -> f64 {
    if s == 0.0 {
        return mu.abs();
    }
    let ratio = mu / s;
    s * libm::sqrt(2.0 / PI) * libm::exp(-0.5 * ratio * ratio) + mu * libm::erf(ratio / SQRT_2)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A device with a window of 20 to 50 µS.
    fn stops(sections: &str) -> Vec<DriftStop> {
        let window = r#""window": { "low_resistance_ohm": 20000, "high_resistance_ohm": 50000 }"#;
        Device::from_json(&format!(r#"{{ "name": "x", {window}, {sections} }}"#)).expect("a device").drift_stops()
    }

    fn power(exponent: f64, sigma: f64, more: &str) -> String {
        format!(
            r#""drift": {{ "law": "power", "reference_seconds": 20 {more}, "points": [
               {{ "resistance_ohm": 1000, "exponent": {exponent}, "exponent_sigma": {sigma} }}] }}"#
        )
    }

    fn log_time(mean: f64, more: &str) -> String {
        format!(
            r#""drift": {{ "law": "log-time", "reference_seconds": 1 {more}, "mean_microsiemens_per_ln": {mean},
               "sigma_microsiemens_per_ln": 0.1, "sigma_microsiemens_at_reference": 1 }}"#
        )
    }

    /// Asserts conductances within the rounding of the window to f32, and times within its effect on them.
    fn assert_stops(found: &[DriftStop], expected: &[(f64, f64, f64)]) {
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, (written, end, seconds)) in found.iter().zip(expected) {
            assert!((found.written / written - 1.0).abs() < 1e-6 && (found.end / end - 1.0).abs() < 1e-6, "{found:?}");
            assert!((found.seconds / seconds - 1.0).abs() < 1e-4, "{found:?}, expected {seconds} s");
        }
    }

    /// 50 µS fall to 20 µS by (t / 20 s)^-0.1 at 20 s x 2.5^10 = 190,734.86 s.
    #[test]
    fn a_power_law_stops_at_the_lower_end() {
        let both = [(50.0, 20.0, 190_734.86), (20.0, 20.0, 20.0)];
        assert_stops(&stops(&power(0.1, 0.0, "")), &both);
        assert_stops(&stops(&power(0.1, 0.0, r#", "latest_seconds": 190000"#)), &both[1..]);
        assert_stops(&stops(&power(0.1, 0.0, r#", "bounds": "zero""#)), &[]);
        assert_stops(&stops(&power(0.0, 0.0, "")), &[]);
    }

    /// The mean of |0.1 xi| is 0.0797885: 2.5^(1 / 0.0797885) = 97,149, times 20 s.
    #[test]
    fn a_spread_of_exponents_drifts_on_average() {
        let seconds = 20.0 * 2.5_f64.powf(1.0 / 0.079_788_456_080_286_54);
        assert_stops(&stops(&power(0.0, 0.1, "")), &[(50.0, 20.0, seconds), (20.0, 20.0, 20.0)]);
        // 1 / sqrt(pi / 2) and, far from 0, the mean itself.
        assert!((mean_magnitude(0.0, 1.0) - 0.797_884_560_802_865_4).abs() < 1e-15);
        assert!((mean_magnitude(0.3, 0.01) - 0.3).abs() < 1e-15);
        // sqrt(2 / pi) exp(-1/2) + erf(1 / sqrt 2) = 0.483941 + 0.682689
        assert!((mean_magnitude(1.0, 1.0) - 1.166_630).abs() < 1e-6);
    }

    /// 50 µS lose 3 µS per unit of ln t: 30 µS after exp(10) = 22,026.466 s.
    #[test]
    fn a_log_time_law_stops_at_the_end_that_it_drifts_to() {
        assert_stops(&stops(&log_time(-3.0, "")), &[(50.0, 20.0, 22_026.466), (20.0, 20.0, 1.0)]);
        assert_stops(&stops(&log_time(3.0, "")), &[(50.0, 50.0, 1.0), (20.0, 50.0, 22_026.466)]);
        assert_stops(&stops(&log_time(0.0, "")), &[]);
        assert_stops(&stops(&log_time(-3.0, r#", "bounds": "zero""#)), &[]);
        // Levels inside the window: 25 µS reach 20 µS after exp(5/3) = 5.294490 s, 40 µS after exp(20/3) = 785.772 s.
        let levels = format!(r#"{}, "levels": {{ "microsiemens": [25, 40] }}"#, log_time(-3.0, ""));
        assert_stops(&stops(&levels), &[(40.0, 20.0, 785.772), (25.0, 20.0, 5.294_490)]);
        assert_eq!(Device::built_in("ideal").expect("built in").drift_stops(), []);
    }
}
