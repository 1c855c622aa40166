//! Targets that the window clips too much for a table with outliers.
//!
//! ```text
//! z        (x - m) / s of v = ln(G / T), or of u = G / T - 1, with the robust m and s of each target, in classes of z
//! O, E     writes in a class, and those that a normal distribution expects
//! share    sum of (O - E) / N over the classes whose O is significantly above E
//! ```
//!
//! The share is the smaller one of those of v and u, of all targets together and of each clipped target. m and s are estimates, so E is
//! that of a Student distribution. If the share is above 0.5 %, targets at which 3 % of outliers can shift sigma by more than 5 % have
//! no sigma. Outliers that look like a normal distribution of another width cannot be seen.

use statrs::distribution::{ContinuousCDF, DiscreteCDF, Poisson, StudentsT};

use super::points::thresholds;
use super::rows::WriteRows;
use super::sums::Place;
use crate::normal::quantile;
use crate::thresholds::largest_shift;
use crate::truncated::{Bound, Bounds};

/// Edges of classes of z.
const EDGES: [f64; 16] = [f64::NEG_INFINITY, -3.5, -3.0, -2.5, -2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5];
/// Classes, and one of writes beyond a clipped end of the window.
const CLASSES: usize = EDGES.len() + 1;
/// Probability below which a class has too many writes: a table has 17 classes, of v and u.
const SIGNIFICANT: f64 = 1e-6;
/// Fraction of the writes that a class may have beyond those of a normal distribution.
const TAIL: f64 = 0.0005;
/// Share of outliers from which clipped targets have no sigma.
const LEAST_SHARE: f64 = 0.005;
/// Largest shift of a sigma that is stated in spite of outliers. The thresholds follow their outliers, which adds 0.2 %.
const MOST_SHIFT: f64 = 0.044;
/// Writes per degree of freedom of a robust s: its variance is up to 2.5² times that of the maximum of the likelihood.
const PER_DEGREE: f64 = 6.0;

/// Writes in classes: found and expected.
#[derive(Clone, Copy, Debug, Default)]
struct Classes {
    found: [f64; CLASSES],
    expected: [f64; CLASSES],
    n: f64,
}

impl Classes {
    fn add(&mut self, other: &Classes) {
        for class in 0..CLASSES {
            self.found[class] += other.found[class];
            self.expected[class] += other.expected[class];
        }
        self.n += other.n;
    }

    /// Adds the expected numbers of `n` writes between ends of the window at `low` and `high`, in standard deviations.
    fn expect(&mut self, n: f64, (low, high): (f64, f64)) {
        let student = StudentsT::new(0.0, 1.0, (n / PER_DEGREE).max(1.0)).expect("positive degrees of freedom");
        for class in 0..EDGES.len() {
            let (from, to) = (EDGES[class], EDGES.get(class + 1).copied().unwrap_or(f64::INFINITY));
            let (from, to) = (from.max(low), to.min(high));
            let fraction = if from < to { student.cdf(to) - student.cdf(from) } else { 0.0 };
            self.expected[class] += n * fraction;
        }
        self.expected.iter_mut().for_each(|expected| *expected += n * TAIL);
        self.n += n;
    }

    /// Returns the share of outliers.
    fn share(&self) -> f64 {
        let excess = |class: usize| {
            let (found, expected) = (self.found[class], self.expected[class]);
            let too_many = found > expected
                && Poisson::new(expected).is_ok_and(|poisson| poisson.sf((found.floor() as u64).saturating_sub(1)) < SIGNIFICANT);
            if too_many { found - expected } else { 0.0 }
        };
        (0..CLASSES).map(excess).sum::<f64>() / self.n.max(1.0)
    }
}

/// A target without sigma.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Clipped {
    /// Bin of the target.
    pub bin: usize,
    /// Fraction of the writes that the window clips.
    pub clipped: f64,
    /// Share of outliers.
    pub share: f64,
}

/// Returns the targets that have no sigma. `bounds` of v are those of `writes` without outliers, and `robust` the estimates of m and s
/// of v and of u by bin.
pub(super) fn without_sigma(writes: &WriteRows, bounds: &[Bounds], robust: &[Vec<Option<(f64, f64)>>; 2]) -> Vec<Clipped> {
    let ends: Vec<(f64, f64)> = clipped(writes, bounds);
    let is_far = |&(low, high): &(f64, f64)| {
        let distances = [-quantile(low), -quantile(high)];
        low.max(high) > 0.0 && largest_shift(thresholds(distances)) > MOST_SHIFT
    };
    let far: Vec<bool> = ends.iter().map(is_far).collect();
    if !far.contains(&true) {
        return Vec::new();
    }
    let shares = [true, false].map(|in_ln| {
        let classes = classes(writes, bounds, &robust[usize::from(!in_ln)], in_ln);
        let mut all = Classes::default();
        classes.iter().zip(&far).filter(|(_, far)| !**far).for_each(|(classes, _)| all.add(classes));
        let of_bins: Vec<f64> = classes.iter().map(Classes::share).collect();
        (all.share(), of_bins)
    });
    let share = |bin: usize| shares[0].0.min(shares[1].0).max(shares[0].1[bin].min(shares[1].1[bin]));
    let found = (0..far.len()).filter(|&bin| far[bin] && share(bin) > LEAST_SHARE);
    found.map(|bin| Clipped { bin, clipped: ends[bin].0 + ends[bin].1, share: share(bin) }).collect()
}

/// Returns the reason why targets have no sigma.
pub(super) fn reason(clipped: &[Clipped], targets: &[f64], others: bool) -> String {
    let one = |of: &Clipped| format!("{:.4} µS (the window clips {:.0} % of the writes)", targets[of.bin], 100.0 * of.clipped);
    let at: Vec<String> = clipped.iter().map(one).collect();
    let share = clipped.iter().map(|of| of.share).fold(0.0, f64::max);
    let (these, this) = if clipped.len() == 1 { ("this sigma", "this target") } else { ("these sigmas", "these targets") };
    let law = if others { "; the law of the other targets holds there" } else { "" };
    format!(
        "sigma at {}: {:.1} % of the writes are outliers, and 3 % of them can shift {these} by more than 5 %{law}; measure {this} with a \
         wider window, or remove the outliers from the table",
        at.join(", "),
        100.0 * share
    )
}

/// Returns the fractions of the writes of each bin at the lower and at the upper end of the window.
fn clipped(writes: &WriteRows, bounds: &[Bounds]) -> Vec<(f64, f64)> {
    let mut counts = vec![[0.0; 3]; bounds.len()];
    for row in &writes.rows {
        let bin = row.bin as usize;
        match bounds[bin].place(row.v) {
            Place::AtLow => counts[bin][0] += row.weight,
            Place::AtHigh => counts[bin][1] += row.weight,
            Place::Inside | Place::Outside => {}
        }
        counts[bin][2] += row.weight;
    }
    counts.into_iter().map(|[low, high, n]| (low / f64::max(n, 1.0), high / f64::max(n, 1.0))).collect()
}

/// Returns the classes of each bin, of v or of u; those of a bin without an estimate are empty.
fn classes(writes: &WriteRows, bounds: &[Bounds], robust: &[Option<(f64, f64)>], in_ln: bool) -> Vec<Classes> {
    let to = |v: f64| if in_ln { v } else { v.exp_m1() };
    let end = |bound: Bound, open: f64, (m, s): (f64, f64)| match bound {
        Bound::Censored(at) => (to(at) - m) / s,
        Bound::Truncated(_) => open,
    };
    let (mut classes, mut n) = (vec![Classes::default(); bounds.len()], vec![0.0; bounds.len()]);
    for row in &writes.rows {
        let bin = row.bin as usize;
        let Some((m, s)) = robust[bin] else { continue };
        n[bin] += row.weight;
        let z = (to(row.v) - m) / s;
        match bounds[bin].place(row.v) {
            Place::AtLow | Place::AtHigh => {}
            Place::Outside if is_beyond(bounds[bin], row.v) => classes[bin].found[CLASSES - 1] += row.weight,
            Place::Inside | Place::Outside => classes[bin].found[EDGES.partition_point(|edge| *edge < z).saturating_sub(1)] += row.weight,
        }
    }
    for (bin, classes) in classes.iter_mut().enumerate() {
        if let Some(estimate) = robust[bin] {
            let of_bin = bounds[bin];
            classes.expect(n[bin], (end(of_bin.low, f64::NEG_INFINITY, estimate), end(of_bin.high, f64::INFINITY, estimate)));
        }
    }
    classes
}

/// Returns whether v is beyond a clipped end of the window.
fn is_beyond(bounds: Bounds, v: f64) -> bool {
    matches!(bounds.low, Bound::Censored(at) if v < at) || matches!(bounds.high, Bound::Censored(at) if v > at)
}
