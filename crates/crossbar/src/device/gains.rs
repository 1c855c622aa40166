//! Gains and slopes of the cells of a chip: by how much their steps differ from those of the nominal cell.
//!
//! ```text
//! z a standard normal of its own for every cell and line
//!
//! g = 1 + s z  (normal)  or  exp(s z)  (log-normal)      gain of a step
//! r = s z                                                asymmetry of up and down
//! g_up = max(g + r, 0),  g_down = max(1 + d (g - r - 1), 0)     factors on the steps of a cell, both ways
//! k' = |k + s z|                                         share of a linear step that is lost from the reference state to the end
//! ```
//!
//! d is 1 where both directions spread by the same share. Where they spread by the same amount, d is the up step over
//! the down
//! step: so in fits that add gain and asymmetry to steps of unequal size. Gain and asymmetry are those of Gokmen and
//! Vlasov, Front.
//! Neurosci. 10, 333 (2016). A gain below zero would turn a pulse round, which no cell does: it is held at zero, and
//! such a cell
//! does not move.
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
    /// 1 + s z, held at zero.
    Normal,
    /// exp(s z): the median cell has gain 1.
    LogNormal,
}

/// How the gain of a step differs from cell to cell.
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
    /// The gain of a cell whose standard normal is `z`, not yet held at zero.
    #[inline(always)]
    pub fn at(self, z: f32) -> f32 {
        match self {
            StepGain::Normal { sigma } => 1.0 + sigma * z,
            StepGain::LogNormal { sigma } => exp(sigma * z),
        }
    }
}

/// The spreads of the gains of a chip.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gains {
    pub(super) step_gain: Option<StepGain>,
    /// Standard deviation of half the difference of the gains up and down.
    pub(super) up_down: Option<f32>,
    /// Deviation of the gain of down steps over that of up steps.
    pub(super) down_gain: Option<f32>,
}

impl Gains {
    /// Factors on the steps up and down of every cell; none where all are 1.
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
        // The padding has no gain, whatever a factor makes of that.
        Some([up, cells(down, |gain| gain)])
    }
}

/// Falls of the factor of a linear step over x, up and down, beyond that of the law; `sigma` is their spread.
pub(super) fn slopes(sigma: f32, pulses: &Pulses, normals: impl Fn(&str) -> Matrix) -> Option<[Matrix; 2]> {
    let of = |direction: Direction, name: &str| {
        let slope = pulses.slope(direction)?;
        Some(cells(normals(name), |z| slope.fall * ((slope.lost + sigma * z).abs() - slope.lost)))
    };
    Some([of(Direction::Up, "slope-up")?, of(Direction::Down, "slope-down")?])
}
