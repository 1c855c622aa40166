//! Device-to-device variation of the window ends.
//!
//! ```text
//! z a standard normal, independent for every cell and end; s the standard deviation in the file
//!
//! log-normal   ln R' = ln R + s z      preserves the median
//! normal       G' = G (1 - s z)        preserves the mean; equal to the log-normal to first order in s
//! ```
//!
//! Ends that cross are exchanged. With a reference state (pulsed devices), normal ends stay on both sides of it: an end
//! that would cross it is folded back, as in the bounds of Rasch et al., AICAS 2021, where every range includes weight
//! 0. A negative lower end is clipped to 0 µS.

use ohmspike_simd::{Matrix, exp};
use serde::{Deserialize, Serialize};

use super::cell_draws::cells;
use crate::window::ConductanceWindow;

/// Distributions of the window ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum EndsKind {
    /// Log-normal resistance, ln R' = ln R + s z: the median cell has the nominal end.
    #[default]
    LogNormal,
    /// Normal conductance, G' = G (1 - s z), clipped at 0: the mean cell has the nominal end.
    Normal,
}

/// Device-to-device variation of the window ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ends {
    /// Distribution of both ends.
    pub(super) kind: EndsKind,
    /// Standard deviation of ln R, or of G relative to its nominal value, of the fully-on end.
    pub(super) low_resistance: Option<f32>,
    /// The same for the fully-off end.
    pub(super) high_resistance: Option<f32>,
}

impl Ends {
    /// Draws the lower and upper end of every cell above the Gmin of `window`, µS. Returns both if either varies,
    /// because a cell may exchange them. `normals` draws the standard normals of a name; `reference` is the reference
    /// state above Gmin.
    pub(super) fn draw(
        &self,
        window: &ConductanceWindow,
        reference: Option<f32>,
        [rows, columns]: [usize; 2],
        normals: impl Fn(&str) -> Matrix,
    ) -> Option<[Matrix; 2]> {
        if self.low_resistance.is_none() && self.high_resistance.is_none() {
            return None;
        }
        // z = 0 gives the nominal ends without rounding.
        let end = |name: &str, sigma: Option<f32>, nominal: f32, g_above_min: f32| match (sigma, self.kind) {
            (Some(sigma), EndsKind::LogNormal) => {
                cells(normals(name), |z| g_above_min + nominal * (exp(-sigma * z) - 1.0))
            }
            (Some(sigma), EndsKind::Normal) => cells(normals(name), |z| g_above_min - nominal * (sigma * z)),
            (None, _) => cells(Matrix::zeros(rows, columns), |_| g_above_min),
        };
        let mut low = end("low", self.high_resistance, window.low(), 0.0);
        let mut high = end("high", self.low_resistance, window.high(), window.span());
        let reference = reference.filter(|_| self.kind == EndsKind::Normal);
        for (low, high) in low.blocks_mut().iter_mut().zip(high.blocks_mut()) {
            (*low, *high) = (low.zip(*high, f32::min), low.zip(*high, f32::max));
            if let Some(middle) = reference {
                (*low, *high) =
                    (low.map(|low| middle - (middle - low).abs()), high.map(|high| middle + (high - middle).abs()));
            }
            if self.kind == EndsKind::Normal {
                (*low, *high) = (low.map(|low| low.max(-window.low())), high.map(|high| high.max(-window.low())));
            }
        }
        // Folding changes the padding.
        Some([low, high].map(|ends| cells(ends, |end| end)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ohmspike_rng::Seed;

    const SHAPE: [usize; 2] = [300, 301];

    fn drawn(ends: Ends, window: &ConductanceWindow, reference: Option<f32>) -> [Vec<f64>; 2] {
        let normals = |name: &str| {
            let mut normals = Matrix::zeros(SHAPE[0], SHAPE[1]);
            Seed::new(7).named(name).normals().fill(normals.blocks_mut());
            normals
        };
        ends.draw(window, reference, SHAPE, normals).unwrap().map(|ends| ends.cells().map(f64::from).collect())
    }

    /// Asserts the mean and standard deviation of a normal within five standard errors.
    fn assert_moments(values: &[f64], mean: f64, sigma: f64) {
        let n = values.len() as f64;
        let found = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|value| (value - found).powi(2)).sum::<f64>() / n;
        assert!((found - mean).abs() < 5.0 * sigma / n.sqrt(), "mean {found}, expected {mean}");
        assert!(
            (variance.sqrt() - sigma).abs() < 5.0 * sigma / (2.0 * n).sqrt(),
            "sigma {}, expected {sigma}",
            variance.sqrt()
        );
    }

    #[test]
    fn normal_ends_keep_their_mean() {
        let window = ConductanceWindow::from_resistances(1e4, 4e4).unwrap();
        let ends = Ends { kind: EndsKind::Normal, low_resistance: Some(0.05), high_resistance: Some(0.1) };
        let [low, high] = drawn(ends, &window, Some(37.5));
        assert_moments(&low, 0.0, 2.5);
        assert_moments(&high, 75.0, 5.0);
    }

    /// Upper ends at 4 |1 + z| above the reference: the mean of |1 + z| is sqrt(2/π) exp(-1/2) + erf(1/sqrt 2), its
    /// mean square 2.
    #[test]
    fn ends_that_cross_the_reference_are_folded_back() {
        let window = ConductanceWindow::from_resistances(1e6 / 140.0, 1e6 / 100.0).unwrap();
        let ends = Ends { kind: EndsKind::Normal, low_resistance: Some(4.0 / 140.0), high_resistance: None };
        let [low, high] = drawn(ends, &window, Some(36.0));
        // 36 - (36 - 0), and a few roundings of ends near 40 µS.
        assert!(low.iter().all(|low| *low == 0.0) && high.iter().all(|high| *high >= 36.0 - 1e-4));
        let mean: f64 = libm::sqrt(2.0 / std::f64::consts::PI) * libm::exp(-0.5) + libm::erf(libm::sqrt(0.5));
        let sigma = libm::sqrt(2.0 - mean.powi(2));
        let n = high.len() as f64;
        let found = (high.iter().sum::<f64>() / n - 36.0) / 4.0;
        assert!((found - mean).abs() < 5.0 * sigma / libm::sqrt(n), "{found}, expected {mean}");
    }

    #[test]
    fn no_lower_end_is_negative() {
        let window = ConductanceWindow::from_resistances(1e4, 4e4).unwrap();
        let ends = Ends { kind: EndsKind::Normal, low_resistance: None, high_resistance: Some(1.0) };
        let [low, _] = drawn(ends, &window, None);
        let held = low.iter().filter(|low| **low == -25.0).count() as f64 / low.len() as f64;
        // P(z > 1) for a standard normal.
        assert!((held - 0.158_655).abs() < 5.0 * (0.1587 * 0.8413 / low.len() as f64).sqrt(), "{held}");
        assert!(low.iter().all(|low| *low >= -25.0));
    }
}
