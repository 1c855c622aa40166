//! Outliers of writes, and the writes that are left.
//!
//! ```text
//! start       median and 1.4826 MAD of v in each bin
//! robust      winsorised moments, at 1.25 standard deviations of the start
//! whole       writes within 3.5 standard deviations of the robust estimate: they choose the law
//! core        whole without outliers within the noise (cuts.rs), for the estimator of the bin (points.rs): its numbers
//! light       bins whose standard deviation is significantly smaller than the robust one, as verified writes have, which end within sharp
//!             bounds: the robust one takes their broad middle for that of a wider normal distribution, so they keep their own
//! ```

use super::contamination::{Clipped, without_sigma};
use super::cuts::{Weighted, cut};
use super::law::BinSums;
use super::points::{WINSOR, counted, winsorised};
use super::rows::WriteRows;
use super::sums::{Ends, OUTLIER, Place, WriteSums};
use crate::options::FitOptions;
use crate::robust::Points;
use crate::sample::Sample;
use crate::truncated::{Bound, Bounds};
use crate::winsorised::Clip;

/// Standard errors by which the standard deviation of a light tail is below the robust one: at one target, and at all together. For normal writes the
/// choice costs nothing, because their difference does not depend on the former, which is efficient (Hausman, *Econometrica* 46, 1251, 1978).
const LIGHT: (f64, f64) = (4.0, 2.0);
/// Standard error of ln(robust standard deviation / standard deviation) of n normal values, times the root of 2 n: sqrt(1.28² - 1).
const OF_RATIO: f64 = 0.8;

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
        let (of_core, (light, certain)) = (estimates(&core, writes, in_ln), self.light(&core, writes, in_ln));
        if light.iter().all(|light| !light) && of_core.iter().all(Option::is_some) {
            return core;
        }
        let of_bin = |bin: usize| match (of_core[bin], starts[bin]) {
            (Some(_), Some((centre, sigma))) if light[bin] => {
                let clip = Clip::about(centre, OUTLIER * sigma, self.whole.bounds[bin].mapped(to));
                (self.whole.bounds[bin], Points::Winsorised(clip.mapped(from)))
            }
            (Some(_), _) => (bounds[bin], points[bin]),
            // The start has a solution where the core, by the chance of few writes, has none.
            (None, _) => (robust.bounds[bin], robust.points_of(bin)),
        };
        let (bounds, points) = (0..of_core.len()).map(of_bin).unzip();
        let mut core = WriteSums::robust(writes, bounds, points, sample);
        (core.light, core.certainly_light) = (light, certain);
        core
    }

    /// Returns which bins that the window does not clip have lighter tails than a normal distribution: each for itself, or all if they do together.
    /// The second value tells whether it is certain.
    fn light(&self, core: &WriteSums, writes: &WriteRows, in_ln: bool) -> (Vec<bool>, bool) {
        let (of_core, of_whole) = (estimates(core, writes, in_ln), estimates(&self.whole, writes, in_ln));
        // ln of the ratio, and its standard error.
        let of_bin = |bin: usize| {
            let (Some((_, robust)), Some((_, whole))) = (of_core[bin], of_whole[bin]) else { return None };
            let Bounds { low: Bound::Truncated(_), high: Bound::Truncated(_) } = core.bounds[bin] else { return None };
            Some(((robust / whole).ln(), OF_RATIO / (2.0 * writes.bins.counts[bin] as f64).sqrt()))
        };
        let ratios: Vec<Option<(f64, f64)>> = (0..of_core.len()).map(of_bin).collect();
        let sum = |of: fn(f64, f64) -> f64| ratios.iter().flatten().map(|&(ln, error)| of(ln, error)).sum::<f64>();
        let together = sum(|ln, error| ln / (error * error)) / sum(|_, error| 1.0 / (error * error)).sqrt();
        let is_light = |(ln, error): (f64, f64)| ln > LIGHT.0 * error || (together > LIGHT.1 && ln > 0.0);
        let alone = ratios.iter().flatten().any(|(ln, error)| *ln > LIGHT.0 * error);
        (ratios.iter().map(|ratio| ratio.is_some_and(is_light)).collect(), alone || together > LIGHT.0)
    }
}

/// Returns centres and standard deviations of v, or of u, by bin.
fn estimates(sums: &WriteSums, writes: &WriteRows, in_ln: bool) -> Vec<Option<(f64, f64)>> {
    let all: Vec<BinSums> = sums.all();
    let data = sums.data(&writes.bins.centres, &all);
    (0..all.len()).map(|bin| if in_ln { data.ln_of(bin) } else { data.relative_of(bin) }).collect()
}
