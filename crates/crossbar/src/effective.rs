//! Effective weights: what the conductances of an array are worth to the network.
//!
//! ```text
//! w      = sign kappa (e_written - e_opposite)                       e = G - G_low, µS
//! var(w) = kappa² (sigma(G_written)² + sigma(G_opposite)²)           one read; sigma: read_spread.rs, µS
//! ```
//!
//! An exact reference has no read noise: its sigma is left out. The gain of a driver scales the voltage of its row, and
//! with it weights and their deviations alike.

use ohmspike_simd::{Block, LANES, kernel};

use crate::mapping::PairMapping;
use crate::program::total;
use crate::read_spread::ReadSpread;

/// Whole rows of an array after a write.
pub(crate) struct Programmed<'a> {
    /// Sign of every row, +1 or -1, times the gain of its driver.
    pub(crate) signs: &'a [f32],
    /// Blocks in a row.
    pub(crate) width: usize,
    /// 1 in the lanes of a row's last block that hold a cell.
    pub(crate) last_mask: Block,
    /// Excess of the main branch, µS.
    pub(crate) excess: &'a [Block],
    /// Excess of the opposite branch, µS; none for an exact reference.
    pub(crate) opposite: Option<&'a [Block]>,
    /// Excess of an exact reference, µS.
    pub(crate) reference: f32,
}

/// Fills `weights` from the conductances; the number of cells whose weight has the wrong sign.
pub(crate) fn refresh_weights(rows: Programmed, mapping: &PairMapping, weights: &mut [Block]) -> u64 {
    total(&fill_weights(rows, mapping.kappa(), weights))
}

/// Fills `variance` with the variance of one read of each weight, weight².
pub(crate) fn refresh_variance(rows: Programmed, mapping: &PairMapping, spread: &ReadSpread, variance: &mut [Block]) {
    fill_variance(rows, mapping.kappa(), mapping.window().low(), spread, variance);
}

#[kernel]
fn fill_weights(rows: Programmed, kappa: f32, weights: &mut [Block]) -> Block {
    let Programmed { signs, width, excess, opposite, reference, .. } = rows;
    let mut wrong_sign = Block::ZERO;
    for (row, sign) in signs.iter().enumerate() {
        let signed_kappa = sign * kappa;
        for block in row * width..(row + 1) * width {
            let opposite = opposite.map_or(Block::splat(reference), |opposite| opposite[block]);
            for lane in 0..LANES {
                // Padding is the same on both branches: neither a weight nor a wrong sign.
                let difference = excess[block][lane] - opposite[lane];
                wrong_sign[lane] += if difference < 0.0 { 1.0 } else { 0.0 };
                // Adding zero turns the -0 of an inhibitory cell at the floor into 0.
                weights[block][lane] = signed_kappa * difference + 0.0;
            }
        }
    }
    wrong_sign
}

#[kernel]
fn fill_variance(rows: Programmed, kappa: f32, floor: f32, spread: &ReadSpread, variance: &mut [Block]) {
    let Programmed { signs, width, last_mask, excess, opposite, .. } = rows;
    for (block, (variance, excess)) in variance.iter_mut().zip(excess).enumerate() {
        let kappa = signs[block / width] * kappa;
        let mask = if (block + 1) % width == 0 { last_mask } else { Block::splat(1.0) };
        let mut sum = Block::ZERO;
        let sigma = spread.at(&excess.map(|excess| floor + excess));
        for lane in 0..LANES {
            let written = kappa * sigma[lane];
            sum[lane] = mask[lane] * (written * written);
        }
        if let Some(opposite) = opposite {
            let sigma = spread.at(&opposite[block].map(|excess| floor + excess));
            for lane in 0..LANES {
                let opposite = kappa * sigma[lane];
                sum[lane] += mask[lane] * (opposite * opposite);
            }
        }
        *variance = sum;
    }
}
