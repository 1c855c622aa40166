//! Outliers of writes, and the writes that are left.
//!
//! ```text
//! start       median and 1.4826 MAD of v in each bin
//! robust      winsorised moments, at 1.25 standard deviations of the start
//! whole       writes within 3.5 standard deviations of the robust estimate: they choose the law
//! core        whole without outliers within the noise (cuts.rs), for the estimator of the bin (points.rs): its numbers
//! ```

use super::contamination::{Clipped, without_sigma};
use super::cuts::{Weighted, cut};
use super::law::BinSums;
use super::points::{WINSOR, counted, winsorised};
use super::rows::WriteRows;
use super::sums::{Ends, Place, WriteSums};
use crate::options::FitOptions;
use crate::robust::Points;
use crate::sample::Sample;
use crate::truncated::Bounds;
use crate::winsorised::Clip;

/// Writes without outliers.
pub(super) struct Regular {
    /// Writes within 3.5 standard deviations, or within the acceptance window.
    pub whole: WriteSums,
    /// Robust sums from the median; none with an acceptance window.
    robust: Option<WriteSums>,
}

impl Regular {
    /// Leaves out the writes beyond 3.5 standard deviations.
    pub fn new(writes: &WriteRows, ends: Ends, options: &FitOptions, sample: &Sample) -> Regular {
        let (sums, starts) = WriteSums::new(writes, ends, options.acceptance, sample);
        if sums.accepted {
            return Regular { whole: sums, robust: None };
        }
        let start = |(&bounds, &(centre, spread)): (&Bounds, &(f64, f64))| {
            Points::Winsorised(Clip::about(centre, WINSOR * spread, bounds))
        };
        let points = sums.bounds.iter().zip(&starts).map(start).collect();
        let robust = WriteSums::robust(writes, sums.bounds.clone(), points, sample);
        let whole = sums.refined(writes, &estimates(&robust, writes, true), sample);
        Regular { whole, robust: Some(robust) }
    }

    /// Returns which bins have a standard deviation.
    pub fn have_spread(&self, writes: &WriteRows) -> Vec<bool> {
        if self.whole.accepted {
            // The acceptance window may bound the standard deviations of all bins together only.
            return self.whole.all().iter().map(|sums| sums.ln.n >= 2.0 && sums.ln.variance() > 0.0).collect();
        }
        let whole = estimates(&self.whole, writes, true);
        let Some(robust) = &self.robust else { return whole.iter().map(Option::is_some).collect() };
        let robust = [true, false].map(|in_ln| estimates(robust, writes, in_ln));
        (0..whole.len()).map(|bin| whole[bin].is_some() && robust.iter().all(|of| of[bin].is_some())).collect()
    }

    /// Returns the targets that the window clips too much for a table with outliers.
    pub fn without_sigma(&self, writes: &WriteRows) -> Vec<Clipped> {
        let Some(robust) = &self.robust else { return Vec::new() };
        without_sigma(writes, &self.whole.bounds, &[true, false].map(|in_ln| estimates(robust, writes, in_ln)))
    }

    /// Returns the core of the writes for a law of v = ln(G / T), or of u = G / T - 1.
    pub fn core(&self, writes: &WriteRows, in_ln: bool, sample: &Sample) -> WriteSums {
        let Some(robust) = &self.robust else { return self.whole.clone() };
        let to = |v: f64| if in_ln { v } else { v.exp_m1() };
        let from = |x: f64| if in_ln { x } else { x.max(-1.0).ln_1p() };
        let (of_v, starts) = (estimates(robust, writes, true), estimates(robust, writes, in_ln));
        let mut values: Vec<Vec<Weighted>> = vec![Vec::new(); writes.bins.count()];
        for row in &writes.rows {
            let bin = row.bin as usize;
            if self.whole.bounds[bin].place(row.v) != Place::Outside {
                values[bin].push((row.v, row.weight));
            }
        }
        let of_bin = |bin: usize| {
            let whole = self.whole.bounds[bin];
            let (Some(of_v), Some((centre, sigma))) = (of_v[bin], starts[bin]) else {
                return (whole, robust.points_of(bin));
            };
            if let Some(thresholds) = counted(&values[bin], whole, (centre, sigma), (to, from)) {
                return (whole, thresholds);
            }
            let bounds = cut(&values[bin], whole, of_v);
            (bounds, winsorised(bounds, (centre, sigma), (to, from)))
        };
        let (bounds, points): (Vec<Bounds>, Vec<Points>) = (0..values.len()).map(of_bin).unzip();
        let core = WriteSums::robust(writes, bounds.clone(), points.clone(), sample);
        // The start has a solution where the core, by the chance of few writes, has none.
        let solved: Vec<bool> = estimates(&core, writes, in_ln).iter().map(Option::is_some).collect();
        if !solved.contains(&false) {
            return core;
        }
        let bounds = (0..solved.len()).map(|bin| if solved[bin] { bounds[bin] } else { robust.bounds[bin] }).collect();
        let points =
            (0..solved.len()).map(|bin| if solved[bin] { points[bin] } else { robust.points_of(bin) }).collect();
        WriteSums::robust(writes, bounds, points, sample)
    }
}

/// Returns centres and standard deviations of v, or of u, by bin.
fn estimates(sums: &WriteSums, writes: &WriteRows, in_ln: bool) -> Vec<Option<(f64, f64)>> {
    let all: Vec<BinSums> = sums.all();
    let data = sums.data(&writes.bins.centres, &all);
    (0..all.len()).map(|bin| if in_ln { data.ln_of(bin) } else { data.relative_of(bin) }).collect()
}
