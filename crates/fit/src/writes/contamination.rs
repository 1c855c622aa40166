//! Targets that the window clips too much for a table with outliers.
//!
//! ```text
//! z        (x - m) / s of v = ln(G / T), or of u = G / T - 1, with the robust m and s of each target, in classes of z
//! O, E     writes in a class, and those that a normal distribution expects
//! share    sum of (O - E) / N over the classes whose O is significantly above E
//! ```
//!
//! The share is that of v or of u, whichever is closer to normal, of all other targets together, or of the
//! clipped target if it has 1000 writes. m and s are
//! estimates, so E is that of a Student distribution. If the share is above 0.5 %, targets at which 3 % of outliers can shift sigma by more than 5 % have
//! no sigma. Outliers that look like a normal distribution of another width cannot be seen.

use statrs::distribution::{ContinuousCDF, DiscreteCDF, Poisson, StudentsT};

use super::points::thresholds;
use super::rows::WriteRows;
use super::sums::Place;
use crate::normal::quantile;
use crate::thresholds::largest_shift;
use crate::truncated::{Bound, Bounds};

/// Edges of classes of z.
const EDGES: [f64; 16] =
    [f64::NEG_INFINITY, -3.5, -3.0, -2.5, -2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5];
/// Classes, and one of writes beyond a clipped end of the window.
const CLASSES: usize = EDGES.len() + 1;
/// Number of classes of the largest tail, beyond one standard deviation.
const LAST_TAIL: usize = 6;
/// Probability below which a class or a tail has too many writes: a table has 29 of them.
const SIGNIFICANT: f64 = 1e-6;
/// Fraction of the writes that a class may have beyond those of a normal distribution.
const TAIL: f64 = 0.0002;
/// Fraction of outliers from which clipped targets have no sigma.
const MIN_FRACTION: f64 = 0.005;
/// Smallest number of writes to a clipped target that show its own outliers: m and s of fewer are too uncertain.
const MIN_OWN: f64 = 1000.0;
/// Largest shift of a sigma that is stated in spite of outliers. The thresholds follow their outliers, which adds 0.2 %.
const MAX_SHIFT: f64 = 0.044;
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
        let ends = EDGES.iter().skip(1).copied().chain([f64::INFINITY]);
        for (class, (from, to)) in EDGES.iter().zip(ends).enumerate() {
            let (from, to) = (from.max(low), to.min(high));
            let fraction = if from < to { student.cdf(to) - student.cdf(from) } else { 0.0 };
            self.expected[class] += n * fraction;
        }
        self.expected.iter_mut().for_each(|expected| *expected += n * TAIL);
        self.n += n;
    }

    /// Returns chi-square of the classes.
    fn distance(&self) -> f64 {
        self.found
            .iter()
            .zip(&self.expected)
            .map(|(found, expected)| (found - expected).powi(2) / (expected + 1.0))
            .sum()
    }

    /// Returns the fraction of outliers: in classes, or in a tail with all classes beyond an edge.
    fn share(&self) -> f64 {
        let of = |classes: std::ops::Range<usize>| {
            let sum = |of: &[f64; CLASSES]| of[classes.clone()].iter().sum::<f64>();
            excess(sum(&self.found), sum(&self.expected))
        };
        let single: f64 = (0..CLASSES).map(|class| of(class..class + 1)).sum();
        let tails = (1..=LAST_TAIL).flat_map(|edge| [of(0..edge), of(EDGES.len() - edge..EDGES.len())]);
        tails.fold(single, f64::max) / self.n.max(1.0)
    }
}

/// Returns how far `found` is above `expected`, 0 if that is not significant.
fn excess(found: f64, expected: f64) -> f64 {
    let at_least = (found.floor() as u64).saturating_sub(1);
    let too_many = found > expected && Poisson::new(expected).is_ok_and(|law| law.sf(at_least) < SIGNIFICANT);
    if too_many { found - expected } else { 0.0 }
}

/// A target without sigma.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Clipped {
    /// Bin of the target.
    pub bin: usize,
    /// Fraction of the writes that the window clips.
    pub clipped: f64,
    /// Fraction of outliers.
    pub share: f64,
}

/// Returns the targets that have no sigma. `bounds` of v are those of `writes` without outliers, and `robust` the estimates of m and s
/// of v and of u by bin.
pub(super) fn without_sigma(
    writes: &WriteRows,
    bounds: &[Bounds],
    robust: &[Vec<Option<(f64, f64)>>; 2],
) -> Vec<Clipped> {
    let ends: Vec<(f64, f64)> = clipped(writes, bounds);
    let is_far = |&(low, high): &(f64, f64)| {
        let distances = [-quantile(low), -quantile(high)];
        low.max(high) > 0.0 && largest_shift(thresholds(distances)) > MAX_SHIFT
    };
    let far: Vec<bool> = ends.iter().map(is_far).collect();
    if !far.contains(&true) {
        return Vec::new();
    }
    let [of_v, of_u] = [true, false].map(|in_ln| {
        let classes = classes(writes, bounds, &robust[usize::from(!in_ln)], in_ln);
        let mut all = Classes::default();
        classes.iter().zip(&far).filter(|(_, far)| !**far).for_each(|(classes, _)| all.add(classes));
        (all, classes)
    });
    let (all, classes) = if of_v.0.distance() <= of_u.0.distance() { of_v } else { of_u };
    let own = |bin: usize| if classes[bin].n >= MIN_OWN { classes[bin].share() } else { 0.0 };
    let share = |bin: usize| all.share().max(own(bin));
    let found = (0..far.len()).filter(|&bin| far[bin] && share(bin) > MIN_FRACTION);
    found.map(|bin| Clipped { bin, clipped: ends[bin].0 + ends[bin].1, share: share(bin) }).collect()
}

/// Returns the reason why targets have no sigma.
pub(super) fn reason(clipped: &[Clipped], targets: &[f64], others: bool) -> String {
    let one = |of: &Clipped| {
        format!("{:.4} µS (the window clips {:.0} % of the writes)", targets[of.bin], 100.0 * of.clipped)
    };
    let at: Vec<String> = clipped.iter().map(one).collect();
    let share = clipped.iter().map(|of| of.share).fold(0.0, f64::max);
    let (these, this) =
        if clipped.len() == 1 { ("this sigma", "this target") } else { ("these sigmas", "these targets") };
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
            Place::Inside | Place::Outside => {
                classes[bin].found[EDGES.partition_point(|edge| *edge < z).saturating_sub(1)] += row.weight
            }
        }
    }
    for (bin, classes) in classes.iter_mut().enumerate() {
        if let Some(estimate) = robust[bin] {
            let of_bin = bounds[bin];
            classes.expect(
                n[bin],
                (end(of_bin.low, f64::NEG_INFINITY, estimate), end(of_bin.high, f64::INFINITY, estimate)),
            );
        }
    }
    classes
}

/// Returns whether v is beyond a clipped end of the window.
fn is_beyond(bounds: Bounds, v: f64) -> bool {
    matches!(bounds.low, Bound::Censored(at) if v < at) || matches!(bounds.high, Bound::Censored(at) if v > at)
}

#[cfg(test)]
mod tests {
    use ohmspike_rng::Seed;
    use rand::RngExt;

    use super::*;
    use crate::bins::Bins;
    use crate::writes::WriteRow;

    const SIGMA: f64 = 0.1;

    /// Normal writes to two targets; the window clips half of those to the upper one. A fraction of all is at `outlier`, in z.
    fn without(seed: u64, count: usize, (fraction, outlier): (f64, f64)) -> Vec<Clipped> {
        let mut stream = Seed::new(seed).named("contamination").stream();
        let mut rows = Vec::new();
        for (bin, target) in [(0, 10.0), (1, 20.0)] {
            for cell in 0..count {
                let z = if (cell as f64) < fraction * count as f64 {
                    outlier
                } else {
                    quantile(stream.random_range(1e-12..1.0))
                };
                let v = if bin == 1 { (SIGMA * z).min(0.0) } else { SIGMA * z };
                rows.push(WriteRow {
                    cell: cell as u32,
                    bin,
                    v,
                    weight: 1.0,
                    conductance: target * v.exp(),
                    start: None,
                });
            }
        }
        let bins = Bins::of_targets([vec![10.0; count], vec![20.0; count]].concat());
        let writes = WriteRows { bins, rows, robust: Vec::new(), in_two: Vec::new(), failed: Vec::new(), left_out: 0 };
        let outer = Bound::Truncated(3.5 * SIGMA);
        let bounds = [outer, Bound::Censored(-1e-6)].map(|high| Bounds { low: Bound::Truncated(-3.5 * SIGMA), high });
        let robust = [SIGMA, SIGMA].map(|sigma| vec![Some((0.0, sigma)); 2]);
        without_sigma(&writes, &bounds, &robust)
    }

    /// At most 29 classes and tails of v with a probability of 1e-6 each: none of 300 samples.
    #[test]
    fn normal_writes_keep_the_sigma_of_clipped_targets() {
        for seed in 0..100 {
            for count in [30, 300, 3000] {
                assert_eq!(without(seed, count, (0.0, 0.0)), [], "{seed} {count}");
            }
        }
    }

    #[test]
    fn outliers_far_away_and_within_the_noise_are_seen() {
        for (count, outlier) in [(200, -6.0), (2000, -3.0), (5000, -2.2), (10_000, -1.2), (10_000, -0.2)] {
            for seed in 0..10 {
                let found = without(seed, count, (0.03, outlier));
                let [one] = found[..] else { panic!("{outlier} {count} {seed}: {found:?}") };
                assert!(one.bin == 1 && (one.clipped - 0.5).abs() < 0.12, "{one:?}");
                assert!(one.share > 0.01 && one.share < 0.08, "{outlier} {count} {seed}: {one:?}");
            }
        }
    }

    #[test]
    fn the_reason_names_targets_and_shares() {
        let clipped = [Clipped { bin: 1, clipped: 0.496, share: 0.0312 }];
        assert_eq!(
            reason(&clipped, &[10.0, 40.0], true),
            "sigma at 40.0000 µS (the window clips 50 % of the writes): 3.1 % of the writes are outliers, and 3 % of them can shift \
             this sigma by more than 5 %; the law of the other targets holds there; measure this target with a wider window, or \
             remove the outliers from the table"
        );
    }
}
