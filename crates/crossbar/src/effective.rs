//! Effective weights: the conductances of an array in units of weight.
//!
//! ```text
//! w      = sign κ (e_written - e_opposite)                       e = G - G_low, µS
//! var(w) = κ² (sigma(G_written)² + sigma(G_opposite)²)           one read; sigma: read_spread.rs, µS
//! ```
//!
//! An exact reference has no read noise. The gain of a driver scales the voltage of its row, and thus weights and their
//! standard deviations alike.

use ohmspike_simd::{Block, LANES, kernel};

use crate::mapping::PairMapping;
use crate::program::total;
use crate::read_spread::ReadSpread;

/// Whole rows of an array after a write.
pub(crate) struct Programmed<'a> {
    /// Sign of the branch of every row, +1 or -1, times the gain of its driver.
    pub(crate) signs: &'a [f32],
    /// Blocks in a row.
    pub(crate) width: usize,
    /// 1 in the lanes of a row's last block that hold a cell.
    pub(crate) last_mask: Block,
    /// Conductance above Gmin of the main branch, µS.
    pub(crate) g_above_min: &'a [Block],
    /// Conductance above Gmin of the opposite branch, µS; `None` for an exact reference.
    pub(crate) opposite: Option<&'a [Block]>,
    /// Conductance above Gmin of an exact reference, µS.
    pub(crate) reference: f32,
}

/// Fills `weights` from the conductances; returns the number of weights with the wrong sign.
pub(crate) fn refresh_weights(rows: Programmed, mapping: &PairMapping, weights: &mut [Block]) -> u64 {
    total(&fill_weights(rows, mapping.weight_per_microsiemens(), weights))
}

/// Fills `variance` with the variance of one read of each weight, weight².
pub(crate) fn refresh_variance(rows: Programmed, mapping: &PairMapping, spread: &ReadSpread, variance: &mut [Block]) {
    fill_variance(rows, mapping.weight_per_microsiemens(), mapping.window().low(), spread, variance);
}

#[kernel]
fn fill_weights(rows: Programmed, weight_per_microsiemens: f32, weights: &mut [Block]) -> Block {
    let Programmed { signs, width, g_above_min, opposite, reference, .. } = rows;
    let mut wrong_sign = Block::ZERO;
    for (row, sign) in signs.iter().enumerate() {
        let signed_weight_per_microsiemens = sign * weight_per_microsiemens;
        for block in row * width..(row + 1) * width {
            let opposite = opposite.map_or(Block::splat(reference), |opposite| opposite[block]);
            for lane in 0..LANES {
                // Padding is equal on both branches: neither a weight nor a wrong sign.
                let difference = g_above_min[block][lane] - opposite[lane];
                wrong_sign[lane] += if difference < 0.0 { 1.0 } else { 0.0 };
                // Adding zero turns the -0 of a cell at Gmin on the minus branch into 0.
                weights[block][lane] = signed_weight_per_microsiemens * difference + 0.0;
            }
        }
    }
    wrong_sign
}

#[kernel]
fn fill_variance(
    rows: Programmed,
    weight_per_microsiemens: f32,
    floor: f32,
    spread: &ReadSpread,
    variance: &mut [Block],
) {
    let Programmed { signs, width, last_mask, g_above_min, opposite, .. } = rows;
    for (block, (variance, g_above_min)) in variance.iter_mut().zip(g_above_min).enumerate() {
        let weight_per_microsiemens = signs[block / width] * weight_per_microsiemens;
        let mask = if (block + 1) % width == 0 { last_mask } else { Block::splat(1.0) };
        let mut sum = Block::ZERO;
        let sigma = spread.at(&g_above_min.map(|g_above_min| floor + g_above_min));
        for lane in 0..LANES {
            let written = weight_per_microsiemens * sigma[lane];
            sum[lane] = mask[lane] * (written * written);
        }
        if let Some(opposite) = opposite {
            let sigma = spread.at(&opposite[block].map(|g_above_min| floor + g_above_min));
            for lane in 0..LANES {
                let opposite = weight_per_microsiemens * sigma[lane];
                sum[lane] += mask[lane] * (opposite * opposite);
            }
        }
        *variance = sum;
    }
}
