//! One gain of the steps of each cell, from the variances over cells at several targets.
//!
//! ```text
//! V_T = g² l_T²                        l = 1 for relative errors of the change; 1 - S / T for those of T, if the start S is unknown
//! var V_T = 2 / n0² ((n0 g² l² + MSW)² / (k - 1) + MSW² / (N - k))          of mean squares of normal values
//! g²      = sum w l² V / sum w l⁴,  w = 1 / var V                           weighted least squares
//! S       minimises sum (V - g² l²)² w - ln w, from 0 to Gmin of the window
//! ```
//!
//! A target near Gmin tells little of the gain: its change is small, and as uncertain as Gmin.

use super::Sums;
use crate::sample::signed_root;
use crate::truncated::golden;

/// Rounds of reweighting.
const ROUNDS: usize = 6;
/// Starts on the grid of a search.
const GRID: u32 = 12;

/// Start of the writes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Start {
    /// Known for each write; errors are relative to the change.
    OfWrites,
    /// The same for all, µS; errors are relative to the target.
    At(f64),
    /// Unknown, at most this, µS.
    UpTo(f64),
}

/// Gain of cells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Gain {
    /// Standard deviation, negative for a negative variance.
    pub sigma: f64,
    /// Start of the writes, µS; 0 if the writes tell it themselves.
    pub start: f64,
    /// Variance of noise in the square of the gain.
    pub noise: f64,
}

/// Returns the share of the error of the gain in that of a write to `target`, µS.
pub(super) fn lever(start: Start, target: f64) -> f64 {
    match start {
        Start::OfWrites => 1.0,
        Start::At(start) | Start::UpTo(start) => 1.0 - start / target,
    }
}

/// Returns the gain from the sums of each target, µS; none without two cells.
pub(super) fn gain(start: Start, targets: &[(f64, Sums)]) -> Option<Gain> {
    let Start::UpTo(end) = start else { return Some(fitted(start, targets)?.0) };
    let of = |x: f64| fitted(Start::At(x * end), targets);
    let loss = |x: f64| of(x).map_or(f64::INFINITY, |found| found.1);
    let step = 1.0 / f64::from(GRID);
    let best = (0..=GRID).map(|point| f64::from(point) * step).min_by(|&a, &b| loss(a).total_cmp(&loss(b)))?;
    let x = golden(|x| -loss(x), (best - step).max(0.0), (best + step).min(1.0));
    Some(of(x)?.0)
}

/// Returns the gain with a known start, and the loss.
fn fitted(start: Start, targets: &[(f64, Sums)]) -> Option<(Gain, f64)> {
    let levers: Vec<f64> = targets.iter().map(|(target, _)| lever(start, *target)).collect();
    let (mut square, mut noise, mut loss) = (0.0, 0.0, 0.0);
    for round in 0..=ROUNDS {
        let (mut above, mut below, mut of_noise) = (0.0, 0.0, 0.0);
        loss = 0.0;
        for ((_, sums), lever) in targets.iter().zip(&levers) {
            // Mean squares of the data weigh the first round.
            let expected = (round > 0).then_some(square * lever * lever);
            let (value, variance) = (sums.variance(), sums.error(expected));
            if !(value.is_finite() && variance > 0.0) {
                continue;
            }
            above += lever * lever * value / variance;
            below += lever.powi(4) / variance;
            of_noise += lever * lever * sums.noise() / variance;
            loss += (value - square * lever * lever).powi(2) / variance + variance.ln();
        }
        if round < ROUNDS {
            (square, noise) = (above / below, of_noise / below);
        }
    }
    let at = if let Start::At(start) = start { start } else { 0.0 };
    square.is_finite().then_some((Gain { sigma: signed_root(square), start: at, noise }, loss))
}
