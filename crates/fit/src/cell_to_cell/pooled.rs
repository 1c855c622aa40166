//! Whether cells differ, from all targets together.
//!
//! ```text
//! d_cT = l_T γ_c + e,  var e = MSW_T / n_cT           mean error w of cell c at target T; l as in gain.rs
//! γ_c  = sum l h n d / sum l² h n,  1 / h = a T^b fitted to MSW           weighted least squares
//! e_c  = sum l² h² n MSW / (sum l² h n)²                 variance of γ_c, linear in MSW
//! z_c  = γ_c / sqrt(e_c) ~ N(0, 1 + g² / e_c)
//! V    = variance of z, winsorised;  V / (1 + g² / e) ~ F
//! ```
//!
//! Weights of single targets would favour those with a small MSW by chance. The degrees of freedom of e follow from those of MSW
//! (Satterthwaite, *Biometrics Bull.* 2, 110, 1946).
//!
//! One gain acts on all writes of a cell, so that the mean of its errors over targets tells more of the gain than the spreads at single
//! targets. Cells differ if V is improbable for g = 0. Otherwise, the quantile of F bounds g from above.

use super::gain::{Start, lever};
use super::{CellToCell, LESS_INFORMATION, Sums, WINSOR};
use crate::normal::fisher;
use crate::sample::{Sample, robust, signed_root};
use crate::truncated::{Bounds, Sums as Moments};
use crate::winsorised::{Clip, Winsorised};
use statrs::distribution::{ContinuousCDF, FisherSnedecor};

/// Gains of cells from all of their writes.
#[derive(Clone, Debug)]
pub(super) struct Pooled {
    /// Sums of z by group of cells, moved to the winsorising points.
    by_group: Vec<Moments>,
    clip: Clip,
    /// Mean of e.
    pub error: f64,
    cells: f64,
    /// Degrees of freedom of MSW.
    degrees: f64,
}

impl Pooled {
    /// Pools the `targets`, the bins and their sums, for writes that start at `start`, over the cells that are `used`; none if writes do not scatter.
    pub fn new(
        cells: &CellToCell,
        start: Start,
        (bins, targets): (&[usize], &[(f64, Sums)]),
        (sample, used): (&Sample, &dyn Fn(usize) -> bool),
    ) -> Option<Pooled> {
        let weights = weights(targets)?;
        // Sums of l h n d, of l² h n, and of l² h² n MSW.
        let mut of_cells = vec![(0.0, 0.0, 0.0); sample.held_out.len()];
        let places = cells.cells.iter().filter(|cell| used(cell.1 as usize)).filter_map(|(bin, cell, writes)| {
            Some((bins.binary_search(&(*bin as usize)).ok()?, *cell as usize, writes))
        });
        for (place, cell, writes) in places.clone() {
            let (target, sums) = &targets[place];
            let (lever, weight, of_cell) = (lever(start, *target), weights[place] * writes.n, &mut of_cells[cell]);
            of_cell.0 += lever * weight * (writes.w / writes.n - sums.means.mean());
            of_cell.1 += lever * lever * weight;
            of_cell.2 += lever * lever * weight * weights[place] * sums.of_writes();
        }
        let known: Vec<(usize, f64, f64)> = (0..of_cells.len())
            .filter(|&cell| of_cells[cell].2 > 0.0)
            .map(|cell| (cell, of_cells[cell].0 / of_cells[cell].1, of_cells[cell].2 / of_cells[cell].1.powi(2)))
            .collect();
        let mut of_targets = vec![0.0; targets.len()];
        for (place, cell, writes) in places.filter(|(_, cell, _)| of_cells[*cell].2 > 0.0) {
            let (target, sums) = &targets[place];
            of_targets[place] +=
                (lever(start, *target) * weights[place] / of_cells[cell].1).powi(2) * writes.n * sums.of_writes();
        }
        let z = |&(_, gain, error): &(usize, f64, f64)| gain / error.sqrt();
        let (centre, spread) = robust(&mut known.iter().map(z).collect::<Vec<f64>>());
        let clip = Clip { low: centre - WINSOR * spread, high: centre + WINSOR * spread };
        let mut by_group = vec![Moments::default(); sample.groups];
        known.iter().for_each(|of| by_group[sample.group[of.0] as usize].push_weighted(clip.of(z(of)), 1.0));
        let cells = known.len() as f64;
        let error = known.iter().map(|(_, _, error)| error).sum::<f64>() / cells;
        let of_target = |(of, (_, sums)): (&f64, &(f64, Sums))| of * of / (sums.n - sums.cells);
        let degrees =
            of_targets.iter().sum::<f64>().powi(2) / of_targets.iter().zip(targets).map(of_target).sum::<f64>();
        (known.len() > 1 && error > 0.0).then_some(Pooled { by_group, clip, error, cells, degrees })
    }

    /// Returns V with every group taken as often as `drawn` says.
    fn variance(&self, drawn: &[f64]) -> f64 {
        let mut sums = Moments::default();
        self.by_group.iter().zip(drawn).for_each(|(group, &times)| sums.add(&group.times(times)));
        let bounds = Bounds::truncated(f64::NEG_INFINITY, f64::INFINITY);
        let sigma = Winsorised { bounds, clip: self.clip }.estimate(&sums).map_or(0.0, |estimate| estimate.1);
        sigma * sigma * self.cells / (self.cells - 1.0)
    }

    /// Returns the standard deviation of the gains, negative for a negative variance.
    pub fn gain(&self, drawn: &[f64]) -> f64 {
        signed_root(self.error * (self.variance(drawn) - 1.0))
    }

    /// Returns the probability of such a V of equal cells.
    pub fn probability(&self, everyone: &[f64]) -> f64 {
        let f = FisherSnedecor::new(self.first(), self.degrees);
        f.map_or(1.0, |f| f.sf(self.variance(everyone)))
    }

    /// Returns the variance of the gains from which on they have less than this `probability`, if cells are equal.
    pub fn least(&self, probability: f64) -> f64 {
        self.error * (fisher(self.first(), self.degrees, 1.0 - probability) - 1.0)
    }

    /// Returns the upper end of the one-sided 95 % interval of the standard deviation of the gains; never below what data of this size
    /// bound on average.
    pub fn bound(&self, everyone: &[f64]) -> f64 {
        let low = fisher(self.first(), self.degrees, 0.05);
        (self.error * (self.variance(everyone).max(1.0) / low - 1.0)).max(0.0).sqrt()
    }

    fn first(&self) -> f64 {
        (self.cells - 1.0) / LESS_INFORMATION
    }
}

/// Gain of one cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct CellGain {
    /// Cell.
    pub cell: usize,
    /// Gain.
    pub gain: f64,
    /// Its squared error.
    pub error: f64,
}

/// Returns the gains of `count` cells that the `targets`, the bins and their sums, tell, for writes that start at `start`; none without scatter.
pub(super) fn gains(
    cells: &CellToCell,
    start: Start,
    (bins, targets): (&[usize], &[(f64, Sums)]),
    count: usize,
) -> Vec<CellGain> {
    let Some(weights) = weights(targets) else { return Vec::new() };
    let mut sums = vec![(0.0, 0.0, 0.0); count];
    for (bin, cell, writes) in &cells.cells {
        let Ok(place) = bins.binary_search(&(*bin as usize)) else { continue };
        let (target, of_target) = &targets[place];
        let (lever, weight, sum) = (lever(start, *target), weights[place] * writes.n, &mut sums[*cell as usize]);
        sum.0 += lever * weight * writes.w / writes.n;
        sum.1 += lever * lever * weight;
        sum.2 += lever * lever * weight * weights[place] * of_target.of_writes();
    }
    let known = sums.into_iter().enumerate().filter(|(_, sum)| sum.1 > 0.0);
    known.map(|(cell, sum)| CellGain { cell, gain: 1.0 + sum.0 / sum.1, error: sum.2 / sum.1.powi(2) }).collect()
}

/// Returns h of each target; none if writes do not scatter.
fn weights(targets: &[(f64, Sums)]) -> Option<Vec<f64>> {
    let points = targets.iter().map(|(target, sums)| (target.ln(), sums.of_writes().ln(), sums.n - sums.cells));
    let points: Vec<(f64, f64, f64)> = points.filter(|point| point.1.is_finite()).collect();
    let n: f64 = points.iter().map(|point| point.2).sum();
    let mean = |of: &dyn Fn(&(f64, f64, f64)) -> f64| points.iter().map(|point| point.2 * of(point)).sum::<f64>() / n;
    let (x, y) = (mean(&|point| point.0), mean(&|point| point.1));
    let (xx, xy) = (mean(&|point| (point.0 - x).powi(2)), mean(&|point| (point.0 - x) * (point.1 - y)));
    let slope = if xx > 0.0 { xy / xx } else { 0.0 };
    (n > 0.0).then(|| targets.iter().map(|(target, _)| (-y - slope * (target.ln() - x)).exp()).collect())
}
