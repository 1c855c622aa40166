//! The branch of a pair that is never written.
//!
//! ```text
//! reference   G_parked = G_low                an exact conductance outside the array
//! device      G_parked = G_low exp(s z)       a cell at the floor of the window, z drawn once a chip, s = sigma of ln R
//! ```
//!
//! The spread preserves the median. With a device the parked branch can conduct more than the written one: the weight
//! then has the wrong sign, which an update counts (the Dale violation rate).
//!
//! ```
//! use ohmspike_crossbar::ConductanceWindow;
//! use ohmspike_crossbar::device::Parked;
//! use ohmspike_rng::Seed;
//!
//! let window = ConductanceWindow::from_resistances(1e3, 1e6)?;
//! let excess = Parked::Device { sigma: 0.1 }.excess(&window, 4, 5, Seed::new(1)).ok_or("cells")?;
//! assert!(excess.cells().all(|excess| excess.abs() < 0.7)); // 1 µS exp(0.1 z)
//! assert_eq!(Parked::Reference.excess(&window, 4, 5, Seed::new(1)), None);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use ohmspike_rng::Seed;
use ohmspike_simd::{LANES, Matrix, exp, lane_mask};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::number::{SIGMA_LN, optional_number};
use super::refusal::{SpecError, refuse_foreign, required};
use super::shape::word;
use crate::window::ConductanceWindow;

/// Kinds of parked branch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ParkedBranch {
    /// An exact conductance at the floor of the window.
    #[default]
    Reference,
    /// A cell at the floor of the window, with a spread of its own.
    Device,
}

/// The parked branch in a device file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ParkedSpec {
    /// What the parked branch is.
    #[serde(deserialize_with = "word")]
    pub branch: ParkedBranch,
    /// `device` only: standard deviation of ln R of the parked cells of a chip.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64", range(min = SIGMA_LN.low, max = SIGMA_LN.high), extend("x-unit" = "sigma of ln R"))]
    pub sigma_ln_resistance: Option<f64>,
}

/// The branch of a pair that is never written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(try_from = "ParkedSpec")]
pub enum Parked {
    /// An exact conductance at the floor of the window, without read noise.
    #[default]
    Reference,
    /// A cell at the floor of the window, read like any other.
    Device {
        /// Standard deviation of ln R over the parked cells of a chip.
        sigma: f32,
    },
}

impl Parked {
    /// Excess of every parked cell of a chip over the floor of `window`, µS; none for an exact reference. The draws are
    /// those of `chip` in the layout of the matrix.
    pub fn excess(&self, window: &ConductanceWindow, rows: usize, columns: usize, chip: Seed) -> Option<Matrix> {
        let Parked::Device { sigma } = *self else { return None };
        let mut excess = Matrix::zeros(rows, columns);
        chip.normals().fill(excess.blocks_mut());
        for row in 0..rows {
            for (number, block) in excess.row_mut(row).iter_mut().enumerate() {
                let mask = lane_mask(columns, number);
                for lane in 0..LANES {
                    block[lane] = mask[lane] * (window.low() * (exp(sigma * block[lane]) - 1.0));
                }
            }
        }
        Some(excess)
    }
}

impl TryFrom<ParkedSpec> for Parked {
    type Error = SpecError;

    fn try_from(spec: ParkedSpec) -> Result<Parked, SpecError> {
        let key = "sigma_ln_resistance";
        match spec.branch {
            ParkedBranch::Reference => {
                refuse_foreign(&[(key, spec.sigma_ln_resistance.is_some())], "reference", &[])?;
                Ok(Parked::Reference)
            }
            ParkedBranch::Device => {
                let sigma = required(key, spec.sigma_ln_resistance, "device")?;
                Ok(Parked::Device { sigma: SIGMA_LN.check(key, sigma)? as f32 })
            }
        }
    }
}
