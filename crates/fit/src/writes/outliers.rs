//! Outliers of writes, and the writes that are left.
//!
//! ```text
//! start       median and 1.4826 MAD of v in each bin
//! robust      winsorised moments, at 1.25 standard deviations of the start
//! whole       writes within 3.5 standard deviations of the robust estimate: they choose the law
//! core        whole without outliers within the noise (cuts.rs), winsorised at 1.25 robust standard deviations: its numbers
//! ```

use super::cuts::{Weighted, cut};
use super::law::BinSums;
use super::rows::WriteRows;
use super::sums::{Ends, WriteSums};
use crate::options::FitOptions;
use crate::sample::Sample;
use crate::truncated::Bounds;
use crate::winsorised::Clip;

/// Winsorising points in standard deviations. With 3 % of outliers anywhere they bound the shift of a standard deviation to 4.5 %.
pub(super) const WINSOR: f64 = 1.25;

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
        let clip = |(&bounds, &(centre, spread)): (&Bounds, &(f64, f64))| Clip::about(centre, WINSOR * spread, bounds);
        let clips = sums.bounds.iter().zip(&starts).map(clip).collect();
        let robust = WriteSums::winsorised(writes, sums.bounds.clone(), clips, sample);
        let whole = sums.refined(writes, &estimates(&robust, writes, true), sample);
        Regular { whole, robust: Some(robust) }
    }

    /// Returns which bins have a standard deviation.
    pub fn have_spread(&self, writes: &WriteRows) -> Vec<bool> {
        let whole = estimates(&self.whole, writes, true);
        let Some(robust) = &self.robust else { return whole.iter().map(Option::is_some).collect() };
        let robust = [true, false].map(|in_ln| estimates(robust, writes, in_ln));
        (0..whole.len()).map(|bin| whole[bin].is_some() && robust.iter().all(|of| of[bin].is_some())).collect()
    }

    /// Returns the core of the writes for a law of v = ln(G / T), or of u = G / T - 1.
    pub fn core(&self, writes: &WriteRows, in_ln: bool, sample: &Sample) -> WriteSums {
        let Some(robust) = &self.robust else { return self.whole.clone() };
        let to = |v: f64| if in_ln { v } else { v.exp_m1() };
        let from = |x: f64| if in_ln { x } else { x.max(-1.0).ln_1p() };
        let (of_v, starts) = (estimates(robust, writes, true), estimates(robust, writes, in_ln));
        let mut values: Vec<Vec<Weighted>> = vec![Vec::new(); writes.bins.count()];
        writes.rows.iter().for_each(|row| values[row.bin as usize].push((row.v, row.weight)));
        let of_bin = |bin: usize| {
            let whole = self.whole.bounds[bin];
            let (Some(of_v), Some((centre, sigma))) = (of_v[bin], starts[bin]) else {
                return (whole, robust.clip(bin));
            };
            let bounds = cut(&values[bin], whole, of_v);
            (bounds, Clip::about(centre, WINSOR * sigma, bounds.mapped(to)).mapped(from))
        };
        let (bounds, clips): (Vec<Bounds>, Vec<Clip>) = (0..values.len()).map(of_bin).unzip();
        let core = WriteSums::winsorised(writes, bounds.clone(), clips.clone(), sample);
        // The start has a solution where the core, by the chance of few writes, has none.
        let solved: Vec<bool> = estimates(&core, writes, in_ln).iter().map(Option::is_some).collect();
        if !solved.contains(&false) {
            return core;
        }
        let bounds = (0..solved.len()).map(|bin| if solved[bin] { bounds[bin] } else { robust.bounds[bin] }).collect();
        let clips = (0..solved.len()).map(|bin| if solved[bin] { clips[bin] } else { robust.clip(bin) }).collect();
        WriteSums::winsorised(writes, bounds, clips, sample)
    }
}

/// Returns centres and standard deviations of v, or of u, by bin.
fn estimates(sums: &WriteSums, writes: &WriteRows, in_ln: bool) -> Vec<Option<(f64, f64)>> {
    let all: Vec<BinSums> = sums.all();
    let data = sums.data(&writes.bins.centres, &all);
    (0..all.len()).map(|bin| if in_ln { data.ln_of(bin) } else { data.relative_of(bin) }).collect()
}
