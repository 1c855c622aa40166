//! Sums of writes by bin and group of cells.

use super::law::{BinSums, Data};
use super::rows::WriteRows;
use crate::options::AcceptanceWindow;
use crate::robust::Points;
use crate::sample::Sample;
use crate::truncated::{Bound, Bounds};

/// Bounds of writes in standard deviations about their centre; values beyond are outliers.
pub(super) const OUTLIER: f64 = 3.5;
/// Fraction of writes at an end of the window from which the robust spread comes from the other side.
const CLIPPED: f64 = 0.1;
/// Relative distance within which a conductance is at an end of the window.
pub(crate) const AT_END: f64 = 1e-6;

/// Distance in ln G beyond the bound of a clipped end, which is [`AT_END`] inside it, from which no clipped write is.
const BEYOND: f64 = 3.0 * AT_END;

/// Ends of the window at which the data are clipped, µS.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Ends {
    /// Lower end.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

impl Ends {
    /// Returns whether `conductance`, µS, is at or beyond an end.
    pub fn are_at(self, conductance: f64) -> bool {
        self.low.is_some_and(|end| conductance <= end * (1.0 + AT_END))
            || self.high.is_some_and(|end| conductance >= end * (1.0 - AT_END))
    }
}

/// Sums over all writes.
#[derive(Clone, Debug)]
pub(crate) struct WriteSums {
    /// Bounds of v in each bin.
    pub bounds: Vec<Bounds>,
    /// Points of the robust estimators of v; none for sums of the values themselves.
    pub points: Option<Vec<Points>>,
    /// Whether the bounds are an acceptance window.
    pub accepted: bool,
    /// Sums by group and bin: index group * bins + bin.
    by_group: Vec<BinSums>,
    /// Sums of cells that are not held out, by bin.
    pub training: Vec<BinSums>,
    /// Number of writes beyond the bounds, by bin.
    pub outliers: Vec<usize>,
    /// Number of the other writes, by bin.
    pub inside: Vec<usize>,
    /// Whether the tails of a bin are lighter than those of a normal distribution, by bin.
    pub light: Vec<bool>,
    /// Whether that is no chance.
    pub certainly_light: bool,
}

impl WriteSums {
    /// Sums `writes` within the acceptance window or 3.5 robust standard deviations, and returns the robust centres and
    /// standard deviations of v.
    pub fn new(
        writes: &WriteRows,
        ends: Ends,
        acceptance: Option<AcceptanceWindow>,
        sample: &Sample,
    ) -> (WriteSums, Vec<(f64, f64)>) {
        let all = (0..writes.bins.count()).map(|bin| bounds(writes, bin, ends, acceptance));
        let (bounds, starts) = all.unzip();
        (WriteSums::within(writes, (bounds, None), acceptance.is_some(), sample), starts)
    }

    /// Sums `writes` anew, with outliers told by their estimated centres and standard deviations of v. Those of the median
    /// scatter more, and a small one would cut the tails.
    pub fn refined(&self, writes: &WriteRows, estimates: &[Option<(f64, f64)>], sample: &Sample) -> WriteSums {
        let refined = |(bounds, estimate): (&Bounds, &Option<(f64, f64)>)| {
            let Some((centre, spread)) = estimate else { return *bounds };
            let bound =
                |bound: Bound, at: f64| if let Bound::Truncated(_) = bound { Bound::Truncated(at) } else { bound };
            Bounds {
                low: bound(bounds.low, centre - OUTLIER * spread),
                high: bound(bounds.high, centre + OUTLIER * spread),
            }
        };
        let bounds = self.bounds.iter().zip(estimates).map(refined).collect();
        WriteSums::within(writes, (bounds, None), false, sample)
    }

    /// Sums `writes` within `bounds` for the robust estimators with `points`.
    pub fn robust(writes: &WriteRows, bounds: Vec<Bounds>, points: Vec<Points>, sample: &Sample) -> WriteSums {
        WriteSums::within(writes, (bounds, Some(points)), false, sample)
    }

    fn within(
        writes: &WriteRows,
        (bounds, points): (Vec<Bounds>, Option<Vec<Points>>),
        accepted: bool,
        sample: &Sample,
    ) -> WriteSums {
        let bins = writes.bins.count();
        let mut sums = WriteSums {
            accepted,
            by_group: vec![BinSums::default(); bins * sample.groups],
            training: vec![BinSums::default(); bins],
            outliers: vec![0; bins],
            inside: vec![0; bins],
            light: vec![false; bins],
            certainly_light: false,
            bounds,
            points,
        };
        for row in &writes.rows {
            let (cell, bin) = (row.cell as usize, row.bin as usize);
            let place = sums.bounds[bin].place(row.v);
            let mut one = BinSums::default();
            sums.inside[bin] += usize::from(place != Place::Outside);
            let points = sums.points.as_ref().map(|points| points[bin]);
            match (place, points) {
                (Place::Outside, _) => sums.outliers[bin] += 1,
                (_, Some(points)) => [one.ln, one.relative] = points.sums(row.v, row.weight, f64::exp_m1),
                (Place::AtLow, None) => (one.ln.low, one.relative.low) = (row.weight, row.weight),
                (Place::AtHigh, None) => (one.ln.high, one.relative.high) = (row.weight, row.weight),
                (Place::Inside, None) => {
                    one.ln.push_weighted(row.v, row.weight);
                    one.relative.push_weighted(row.v.exp_m1(), row.weight);
                }
            }
            sums.by_group[sample.group[cell] as usize * bins + bin].add(&one);
            if !sample.held_out[cell] {
                sums.training[bin].add(&one);
            }
        }
        sums
    }

    /// Returns the sums by bin, with every group taken as often as `drawn` says.
    pub fn drawn(&self, drawn: &[f64]) -> Vec<BinSums> {
        let bins = self.training.len();
        let mut total = vec![BinSums::default(); bins];
        for (group, &times) in drawn.iter().enumerate().filter(|(_, times)| **times > 0.0) {
            for (bin, total) in total.iter_mut().enumerate() {
                total.add(&self.by_group[group * bins + bin].times(times));
            }
        }
        total
    }

    /// Returns the data of laws of `targets`, µS, with `sums` by bin.
    pub fn data<'a>(&'a self, targets: &'a [f64], sums: &'a [BinSums]) -> Data<'a> {
        Data { targets, bounds: &self.bounds, points: self.points.as_deref(), sums, centred: self.accepted, noise: &[] }
    }

    /// Returns whether the window clips a bin so much that it has thresholds.
    pub fn has_thresholds(&self) -> bool {
        self.points.iter().flatten().any(|points| matches!(points, Points::Thresholds(_)))
    }

    /// Returns the points of robust sums in `bin`.
    pub fn points_of(&self, bin: usize) -> Points {
        self.points.as_ref().expect("robust sums")[bin]
    }

    /// Leaves out the bounds of all bins but those `used`.
    pub fn retain(&mut self, used: &[usize]) {
        self.bounds = used.iter().map(|&bin| self.bounds[bin]).collect();
        self.points = self.points.as_ref().map(|points| used.iter().map(|&bin| points[bin]).collect());
    }

    /// Returns the sums of all cells by bin.
    pub fn all(&self) -> Vec<BinSums> {
        self.drawn(&vec![1.0; self.by_group.len() / self.training.len().max(1)])
    }
}

/// Place of a value relative to bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Inside,
    AtLow,
    AtHigh,
    Outside,
}

impl Bounds {
    pub(super) fn place(self, v: f64) -> Place {
        // Clipped writes are exactly at the end: values beyond it are outliers.
        let beyond = |bound: Bound, side: f64| matches!(bound, Bound::Censored(at) if side * (v - at) > BEYOND);
        match (self.low, self.high) {
            (low, high) if beyond(low, -1.0) || beyond(high, 1.0) => Place::Outside,
            (Bound::Censored(at), _) if v <= at => Place::AtLow,
            (_, Bound::Censored(at)) if v >= at => Place::AtHigh,
            (low, high) if v < low.at() || v > high.at() => Place::Outside,
            _ => Place::Inside,
        }
    }
}

/// Returns the bounds of v in `bin`, and its robust centre and standard deviation.
fn bounds(writes: &WriteRows, bin: usize, ends: Ends, acceptance: Option<AcceptanceWindow>) -> (Bounds, (f64, f64)) {
    let target = writes.bins.centres[bin];
    if let Some(acceptance) = acceptance {
        let half = acceptance.half_width(target) / target;
        let low = if half < 1.0 { (-half).ln_1p() } else { f64::NEG_INFINITY };
        return (Bounds::truncated(low, half.ln_1p()), writes.robust[bin]);
    }
    // Just inside the end, so that values at the end count as clipped.
    let low_end = ends.low.map(|end| (end * (1.0 + AT_END) / target).ln());
    let high_end = ends.high.map(|end| (end * (1.0 - AT_END) / target).ln());
    let (centre, spread) = spread(writes, bin, low_end, high_end);
    let (low, high) = (centre - OUTLIER * spread, centre + OUTLIER * spread);
    let bounds = Bounds {
        low: low_end.filter(|end| *end > low).map_or(Bound::Truncated(low), Bound::Censored),
        high: high_end.filter(|end| *end < high).map_or(Bound::Truncated(high), Bound::Censored),
    };
    (bounds, (centre, spread))
}

/// Returns centre and robust standard deviation of v in `bin`; from one side of the target if the other is clipped.
fn spread(writes: &WriteRows, bin: usize, low_end: Option<f64>, high_end: Option<f64>) -> (f64, f64) {
    let values = || writes.rows.iter().filter(|row| row.bin as usize == bin).map(|row| row.v);
    let n = values().count() as f64;
    let at_low = low_end.map_or(0, |end| values().filter(|v| *v <= end).count()) as f64 / n;
    let at_high = high_end.map_or(0, |end| values().filter(|v| *v >= end).count()) as f64 / n;
    if at_low.max(at_high) < CLIPPED {
        return writes.robust[bin];
    }
    let sign = if at_high > at_low { -1.0 } else { 1.0 };
    let mut side: Vec<f64> = values().map(|v| sign * v).filter(|v| *v > 0.0).collect();
    if side.is_empty() { writes.robust[bin] } else { (0.0, 1.4826 * crate::sample::median(&mut side)) }
}
