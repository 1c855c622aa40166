//! Reference branch of a pair, which is never written.
//!
//! ```text
//! ideal   G_reference = G_low                an exact conductance outside the array
//! cell    G_reference = G_low exp(s z)       a cell at the lower end; z drawn once per chip, s = sigma of ln R
//! ```
//!
//! The variation preserves the median. A reference cell can conduct more than the written one. The weight then has the
//! wrong sign; updates count such cells.
//!
//! ```
//! use ohmspike_crossbar::ConductanceWindow;
//! use ohmspike_crossbar::device::ReferenceBranch;
//! use ohmspike_rng::Seed;
//!
//! let window = ConductanceWindow::from_resistances(1e3, 1e6)?;
//! let cells = ReferenceBranch::Cell { sigma: 0.1 }.g_above_min(&window, 4, 5, Seed::new(1)).ok_or("cells")?;
//! assert!(cells.cells().all(|above| above.abs() < 0.7)); // 1 µS exp(0.1 z)
//! assert_eq!(ReferenceBranch::Ideal.g_above_min(&window, 4, 5, Seed::new(1)), None);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use ohmspike_rng::Seed;
use ohmspike_simd::{LANES, Matrix, exp, lane_mask};
use serde::{Deserialize, Serialize};

use super::number::{SIGMA_LN, optional_number};
use super::refusal::{SpecError, refuse_foreign, required};
use super::shape::word;
use crate::window::ConductanceWindow;

/// Kinds of reference branch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ReferenceBranchKind {
    /// Exact conductance at the lower end of the window.
    #[default]
    Ideal,
    /// Real cell at the lower end of the window, with device-to-device variation.
    Cell,
}

/// Reference branch in a device file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ReferenceBranchSpec {
    /// Kind of the reference branch.
    #[serde(deserialize_with = "word")]
    pub kind: ReferenceBranchKind,
    /// `cell` only: standard deviation of ln R over the reference cells of a chip.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = SIGMA_LN.low, max = SIGMA_LN.high), extend("x-unit" = "sigma of ln R")))]
    pub sigma_ln_resistance: Option<f64>,
}

/// Branch of a pair that is never written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(try_from = "ReferenceBranchSpec")]
pub enum ReferenceBranch {
    /// Exact conductance at the lower end of the window, without read noise.
    #[default]
    Ideal,
    /// Real cell at the lower end of the window, with the read noise of any other cell.
    Cell {
        /// Standard deviation of ln R over the reference cells of a chip.
        sigma: f32,
    },
}

impl ReferenceBranch {
    /// Draws the conductance of every reference cell above the Gmin of `window`, µS; `None` for an ideal reference. The
    /// draws come from `chip` in the layout of the matrix.
    pub fn g_above_min(&self, window: &ConductanceWindow, rows: usize, columns: usize, chip: Seed) -> Option<Matrix> {
        let ReferenceBranch::Cell { sigma } = *self else { return None };
        let mut above = Matrix::zeros(rows, columns);
        chip.normals().fill(above.blocks_mut());
        for row in 0..rows {
            for (number, block) in above.row_mut(row).iter_mut().enumerate() {
                let mask = lane_mask(columns, number);
                for lane in 0..LANES {
                    block[lane] = mask[lane] * (window.low() * (exp(sigma * block[lane]) - 1.0));
                }
            }
        }
        Some(above)
    }
}

impl TryFrom<ReferenceBranchSpec> for ReferenceBranch {
    type Error = SpecError;

    fn try_from(spec: ReferenceBranchSpec) -> Result<ReferenceBranch, SpecError> {
        let key = "sigma_ln_resistance";
        match spec.kind {
            ReferenceBranchKind::Ideal => {
                refuse_foreign(&[(key, spec.sigma_ln_resistance.is_some())], "ideal", &[])?;
                Ok(ReferenceBranch::Ideal)
            }
            ReferenceBranchKind::Cell => {
                let sigma = required(key, spec.sigma_ln_resistance, "cell")?;
                Ok(ReferenceBranch::Cell { sigma: SIGMA_LN.check(key, sigma)? as f32 })
            }
        }
    }
}
