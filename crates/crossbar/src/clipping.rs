//! Fraction of the writes to a target that the window clips.
//!
//! ```text
//! Gaussian     below = Phi((G_low - G*) / s)                  above = Phi((G* - G_high) / s)         s in µS
//! log-normal   below = Phi((ln G_low - ln G* + m) / s)        above = Phi((ln G* - m - ln G_high) / s)
//!              m = 0 median-preserving, s² / 2 mean-preserving; s: sigma of ln R
//!
//! Phi: the standard normal distribution
//! ```
//!
//! Half of the writes to an end of the window end beyond it, whatever the noise, and are clipped. Cells there have less
//! noise than the device file says, and drift no further. A window that ends at the outermost levels of a device
//! therefore makes exactly these levels too good.
//!
//! ```
//! use ohmspike_crossbar::device::Device;
//! use ohmspike_crossbar::write_clip;
//!
//! let device = Device::built_in("illustrative-oxide").ok_or("built in")?;
//! let [end, inside] = [1000.0, 500.0].map(|target| write_clip(&device, target, None, 1.0));
//! assert!((end.ok_or("a spread")?.above - 0.5).abs() < 1e-12);
//! assert!(inside.ok_or("a spread")?.above < 1e-12);
//! # Ok::<(), &str>(())
//! ```

use crate::device::{Convention, Device, Sigma};

/// Fractions of the writes to one target, 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct WriteClip {
    /// Writes below the window.
    pub below: f64,
    /// Writes above the window.
    pub above: f64,
}

impl WriteClip {
    /// Returns the fraction of all clipped writes.
    pub fn total(self) -> f64 {
        self.below + self.above
    }
}

/// Returns the fractions of writes to `target` (µS) that the window of `device` clips; `scale` multiplies the noise.
/// For verified writes it counts a single try. Returns `None` for `from-study` noise without `update_sigma` (µS).
pub fn write_clip(device: &Device, target: f64, update_sigma: Option<f64>, scale: f64) -> Option<WriteClip> {
    let (low, high) = (f64::from(device.window.low()), f64::from(device.window.high()));
    let target = target.clamp(low, high);
    let (below, above) = match device.write.noise.sigma(target, update_sigma)? {
        Sigma::Microsiemens(sigma) => ((low - target) / (scale * sigma), (target - high) / (scale * sigma)),
        Sigma::LnResistance { sigma, convention } => {
            let sigma = scale * sigma;
            let shift = match convention {
                Convention::MedianPreserving => 0.0,
                Convention::MeanPreserving => 0.5 * sigma * sigma,
            };
            let median = libm::log(target) - shift;
            ((libm::log(low) - median) / sigma, (median - libm::log(high)) / sigma)
        }
    };
    // Without noise a write ends at its target: 0 / 0 clips nothing.
    let fraction = |z: f64| if z.is_nan() { 0.0 } else { normal_distribution(z) };
    Some(WriteClip { below: fraction(below), above: fraction(above) })
}

/// Returns Phi(z).
fn normal_distribution(z: f64) -> f64 {
    0.5 * libm::erfc(-z / std::f64::consts::SQRT_2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(write: &str) -> Device {
        let window = r#""window": { "low_resistance_ohm": 10000, "high_resistance_ohm": 100000 }"#;
        Device::from_json(&format!(r#"{{ "name": "x", {window}, "write": {{ {write} }} }}"#)).unwrap()
    }

    /// Phi(-1) = 0.158655253931457 and Phi(-2) = 0.0227501319481792 (Abramowitz and Stegun, table 26.1).
    #[test]
    fn fractions_match_the_normal_distribution() {
        let near = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-7, "{found}, expected {expected}");
        // Window of 10 to 100 µS; targets two and one standard deviations from the ends.
        let constant = device(r#""noise": "constant", "sigma_microsiemens": 5"#);
        let clip = |target, scale| write_clip(&constant, target, None, scale).unwrap();
        near(clip(90.0, 1.0).above, 0.0227501319);
        near(clip(15.0, 1.0).below, 0.1586552539);
        near(clip(90.0, 2.0).above, 0.1586552539);
        near(clip(100.0, 1.0).total(), 0.5);
        // A target outside the window is clipped to its end first.
        near(clip(1e3, 1.0).above, 0.5);
        let relative = device(r#""noise": "relative", "sigma_percent_of_conductance": 25"#);
        near(write_clip(&relative, 80.0, None, 1.0).unwrap().above, 0.1586552539);
        let table = |convention| {
            let points = r#""points": [{ "resistance_ohm": 20000, "sigma_ln_resistance": 0.1 }]"#;
            device(&format!(r#""noise": "table", "convention": "{convention}", {points}"#))
        };
        let target = 100.0 * libm::exp(-0.2);
        near(write_clip(&table("median-preserving"), target, None, 1.0).unwrap().above, 0.0227501319);
        // 2.05 standard deviations: 1 - 0.97981778.
        near(write_clip(&table("mean-preserving"), target, None, 1.0).unwrap().above, 0.0201822154);
    }

    #[test]
    fn exact_writes_are_not_clipped_and_from_study_needs_a_sigma() {
        let exact = device(r#""noise": "none""#);
        for target in [10.0, 50.0, 100.0] {
            assert_eq!(write_clip(&exact, target, None, 1.0).map(WriteClip::total), Some(0.0), "{target}");
        }
        let study = device(r#""noise": "from-study""#);
        assert_eq!(write_clip(&study, 100.0, None, 1.0), None);
        assert!((write_clip(&study, 100.0, Some(3.0), 1.0).unwrap().above - 0.5).abs() < 1e-12);
    }
}
