//! Bins of targets: one per distinct value, or narrow ranges of many.

/// Smallest number of values of a bin.
pub(crate) const MIN_VALUES: usize = 20;
/// Largest number of distinct values with a bin each.
const MAX_DISTINCT: usize = 40;
/// Largest ratio of the targets in a bin that could be split, and of bins that are merged for want of values.
const WIDE: f64 = 1.5;
/// Largest number of times that the range of many targets is halved: 16 bins.
const MAX_HALVES: u32 = 4;
/// Smallest number of values of a bin that tell a spread of their own.
pub(crate) const MIN_FOR_SPREAD: usize = 10;

/// Bins in rising order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bins {
    /// Largest value of each bin but the last.
    edges: Vec<f64>,
    /// Geometric mean of the values of each bin.
    pub centres: Vec<f64>,
    /// Number of values of each bin.
    pub counts: Vec<usize>,
    /// Lowest and highest value of each bin.
    pub ranges: Vec<(f64, f64)>,
}

impl Bins {
    /// Creates the bins of `targets` of writes, all positive; at least one. Targets far apart share a bin only if both have fewer
    /// than [`MIN_FOR_SPREAD`] values.
    pub fn of_targets(mut targets: Vec<f64>) -> Bins {
        targets.sort_by(f64::total_cmp);
        let distinct: Vec<&[f64]> = targets.chunk_by(|a, b| a == b).take(MAX_DISTINCT + 1).collect();
        let lengths = if distinct.len() <= MAX_DISTINCT { near(&distinct) } else { halved(&targets, MAX_HALVES) };
        Bins::of_lengths(&targets, lengths)
    }

    /// Creates bins of so many of the sorted `values` each.
    fn of_lengths(values: &[f64], lengths: Vec<usize>) -> Bins {
        let (mut bins, mut start) = (Bins { edges: vec![], centres: vec![], counts: vec![], ranges: vec![] }, 0);
        for length in lengths {
            let members = &values[start..start + length];
            start += length;
            let (low, high) = (members[0], members[length - 1]);
            bins.edges.push(high);
            bins.counts.push(length);
            bins.ranges.push((low, high));
            let centre = (members.iter().map(|value| value.ln()).sum::<f64>() / length as f64).exp();
            bins.centres.push(if low == high { low } else { centre });
        }
        bins.edges.pop();
        bins
    }

    /// Returns the bin of `value`.
    pub fn of(&self, value: f64) -> usize {
        self.edges.partition_point(|edge| *edge < value)
    }

    /// Returns the number of bins.
    pub fn count(&self) -> usize {
        self.centres.len()
    }
}

/// Returns the range over which to draw a law of data from `low` to `high`; data at nearly one place get a stretch about it.
pub(crate) fn drawn_range(low: f64, high: f64) -> (f64, f64) {
    let middle = (low * high).sqrt();
    if high > 1.5 * low { (low, high) } else { (middle / 1.5, middle * 1.5) }
}

/// A run of neighbouring targets: lowest, highest, and the number of values.
type Run = (f64, f64, usize);

/// Merges near targets until each bin has enough values, and far ones that have few values each.
fn near(distinct: &[&[f64]]) -> Vec<usize> {
    let mut runs: Vec<Run> = distinct.iter().map(|values| (values[0], values[0], values.len())).collect();
    let few = |run: &Run| run.2 < MIN_VALUES;
    merge(&mut runs, |one, two| (few(one) || few(two)) && two.1 <= WIDE * one.0);
    merge(&mut runs, |one, two| one.2 < MIN_FOR_SPREAD && two.2 < MIN_FOR_SPREAD);
    runs.into_iter().map(|run| run.2).collect()
}

/// Merges neighbours that may be `merged`, the nearest first.
fn merge(runs: &mut Vec<Run>, merged: impl Fn(&Run, &Run) -> bool) {
    loop {
        let ratio = |&place: &usize| runs[place + 1].0 / runs[place].1;
        let found = (0..runs.len().saturating_sub(1)).filter(|&place| merged(&runs[place], &runs[place + 1]));
        let Some(place) = found.min_by(|one, two| ratio(one).total_cmp(&ratio(two))) else { return };
        let next = runs.remove(place + 1);
        runs[place] = (runs[place].0, next.1, runs[place].2 + next.2);
    }
}

/// Halves the range of sorted `values` on the scale of their logarithm, up to `times` times, into parts with enough values.
fn halved(values: &[f64], times: u32) -> Vec<usize> {
    let (n, low, high) = (values.len(), values[0], values[values.len() - 1]);
    if times == 0 || n < 2 * MIN_VALUES || high <= WIDE * low {
        return vec![n];
    }
    let middle = (low * high).sqrt();
    let place = values.partition_point(|value| *value < middle).clamp(MIN_VALUES, n - MIN_VALUES);
    // Equal values stay together.
    let [below, above] = [
        values.partition_point(|value| *value < values[place]),
        values.partition_point(|value| *value <= values[place]),
    ];
    let place = if below < MIN_VALUES { above } else { below };
    if n - place < MIN_VALUES {
        return vec![n];
    }
    [halved(&values[..place], times - 1), halved(&values[place..], times - 1)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn far_targets_stay_apart() {
        let of = |counts: &[(f64, usize)]| {
            let targets = counts.iter().flat_map(|&(target, count)| vec![target; count]).collect();
            Bins::of_targets(targets).ranges
        };
        assert_eq!(of(&[(20.0, 20), (60.0, 20), (200.0, 19)]), [(20.0, 20.0), (60.0, 60.0), (200.0, 200.0)]);
        // Near ones are merged until they have 20 values, and the nearest first.
        assert_eq!(of(&[(50.0, 30), (55.0, 5), (56.0, 5), (200.0, 3)]), [(50.0, 56.0), (200.0, 200.0)]);
        // Few values each.
        assert_eq!(of(&[(1.0, 6), (2.0, 6), (4.0, 6), (8.0, 6)]), [(1.0, 2.0), (4.0, 8.0)]);
    }

    /// 6000 targets even over 10 to 300 µS: 8 bins would have a ratio of 30^(1/8) = 1.53, 16 have one of 1.24.
    #[test]
    fn many_targets_form_narrow_bins() {
        let bins = Bins::of_targets((0..6000).map(|row| 10.0 + 290.0 * f64::from(row) / 5999.0).collect());
        assert_eq!((bins.ranges[0].0, bins.ranges[bins.count() - 1].1), (10.0, 300.0));
        assert_eq!(bins.counts.iter().sum::<usize>(), 6000);
        for (&(low, high), &count) in bins.ranges.iter().zip(&bins.counts) {
            assert!(high < 1.25 * low && count >= MIN_VALUES, "{low} to {high}: {count}");
        }
        for target in [10.0, 37.3, 300.0] {
            let (low, high) = bins.ranges[bins.of(target)];
            assert!(low <= target + 0.05 && target <= high + 0.05, "{target}: {low} to {high}");
        }
    }

    #[test]
    fn a_law_is_drawn_about_a_single_place() {
        assert_eq!(drawn_range(1.0, 4.0), (1.0, 4.0));
        for (low, high) in [(3.0, 3.0), (2.9, 3.1)] {
            let (from, to) = drawn_range(low, high);
            assert!(from < 0.8 * low && to > 1.3 * high, "{from} {to}");
        }
    }

    #[test]
    fn one_value_is_a_bin() {
        assert_eq!(Bins::of_targets(vec![3.0]).count(), 1);
    }
}
