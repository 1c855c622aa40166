//! Device-to-device variation of step gains and slopes.
//!
//! ```text
//! z a standard normal, independent for every cell and line; s the standard deviation in the file
//!
//! g = 1 + s z  (normal)  or  exp(s z)  (log-normal)      gain of a step
//! r = s z                                                asymmetry of up and down
//! g_up = max(g + r, 0),  g_down = max(1 + d (g - r - 1), 0)     factors on the steps of a cell, both ways
//! k' = |k + s z|                                         fraction of a linear step lost from the reference state to the end
//! ```
//!
//! d = 1 if both directions vary by the same fraction. If they vary by the same amount, d is the up step over the down
//! step, as in fits that add gain and asymmetry to steps of unequal size. Gain and asymmetry follow Gokmen and Vlasov,
//! Front. Neurosci. 10, 333 (2016). A negative gain would reverse a pulse; it is clipped to zero, and such a cell does
//! not move.
//!
//! ```
//! use ohmspike_crossbar::device::StepGain;
//!
//! let gain = StepGain::LogNormal { sigma: 0.2 };
//! assert!((gain.at(1.0) - 1.2214).abs() < 1e-4); // exp(0.2): one standard normal above the median
//! assert_eq!(StepGain::Normal { sigma: 0.2 }.at(1.0), 1.2);
//! ```

use ohmspike_simd::{Matrix, exp};
use serde::{Deserialize, Serialize};

use super::cell_draws::cells;
use super::pulse_law::Direction;
use super::pulses::Pulses;

/// Distributions of the step gain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum StepGainKind {
    /// Normal gain 1 + s z, clipped at zero: the mean cell has gain 1.
    Normal,
    /// Log-normal gain exp(s z): the median cell has gain 1.
    LogNormal,
}

/// Device-to-device variation of the step gain.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum StepGain {
    /// 1 + sigma z.
    Normal {
        /// Standard deviation of the gain.
        sigma: f32,
    },
    /// exp(sigma z).
    LogNormal {
        /// Standard deviation of the logarithm of the gain.
        sigma: f32,
    },
}

impl StepGain {
    /// Returns the gain for the standard normal `z`, before negative gains are clipped.
    #[inline(always)]
    pub fn at(self, z: f32) -> f32 {
        match self {
            StepGain::Normal { sigma } => 1.0 + sigma * z,
            StepGain::LogNormal { sigma } => exp(sigma * z),
        }
    }
}

/// Device-to-device variation of the gains of a chip.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gains {
    pub(super) step_gain: Option<StepGain>,
    /// Standard deviation of half the difference between up gain and down gain.
    pub(super) up_down: Option<f32>,
    /// Ratio of the down and up gain deviations.
    pub(super) down_gain: Option<f32>,
}

impl Gains {
    /// Draws the factors on the up and down steps of every cell; `None` if all are 1.
    pub(super) fn draw(self, rows: usize, columns: usize, normals: impl Fn(&str) -> Matrix) -> Option<[Matrix; 2]> {
        if self.step_gain.is_none() && self.up_down.is_none() {
            return None;
        }
        let mut up = match self.step_gain {
            Some(gain) => cells(normals("gain"), |z| gain.at(z)),
            None => cells(Matrix::zeros(rows, columns), |_| 1.0),
        };
        let mut down = up.clone();
        let asymmetry = self.up_down.map(|sigma| cells(normals("up-down"), |z| sigma * z));
        let asymmetry = asymmetry.unwrap_or_else(|| Matrix::zeros(rows, columns));
        for ((up, down), r) in up.blocks_mut().iter_mut().zip(down.blocks_mut()).zip(asymmetry.blocks()) {
            *up = up.zip(*r, |gain, r| if gain + r > 0.0 { gain + r } else { 0.0 });
            *down = down.zip(*r, |gain, r| {
                let gain = gain - r;
                let gain = self.down_gain.map_or(gain, |factor| 1.0 + factor * (gain - 1.0));
                if gain > 0.0 { gain } else { 0.0 }
            });
        }
        // The padding has no gain; the factor would give it one.
        Some([up, cells(down, |gain| gain)])
    }
}

/// Draws the additional slopes of the linear step factor over x, up and down; `sigma` is their standard deviation.
pub(super) fn slopes(sigma: f32, pulses: &Pulses, normals: impl Fn(&str) -> Matrix) -> Option<[Matrix; 2]> {
    let of = |direction: Direction, name: &str| {
        let slope = pulses.slope(direction)?;
        Some(cells(normals(name), |z| slope.fall * ((slope.lost + sigma * z).abs() - slope.lost)))
    };
    Some([of(Direction::Up, "slope-up")?, of(Direction::Down, "slope-down")?])
}
