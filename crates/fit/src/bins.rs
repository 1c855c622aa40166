//! Bins of a positive quantity: one per distinct value, or quantiles.

/// Smallest number of values of a bin.
pub(crate) const LEAST_VALUES: usize = 20;
/// Largest number of distinct values with a bin each.
const MOST_DISTINCT: usize = 40;
/// Largest number of quantile bins.
const MOST_QUANTILES: usize = 10;
/// Values per quantile bin.
const PER_QUANTILE: usize = 200;

/// Bins in rising order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bins {
    /// Largest value of each bin but the last.
    edges: Vec<f64>,
    /// Geometric mean of the values of each bin.
    pub centres: Vec<f64>,
    /// Number of values of each bin.
    pub counts: Vec<usize>,
    /// Whether all values of the bin are equal.
    pub single: Vec<bool>,
}

impl Bins {
    /// Creates the bins of `values`, all positive; at least one.
    pub fn new(mut values: Vec<f64>) -> Bins {
        values.sort_by(f64::total_cmp);
        let distinct: Vec<&[f64]> = values.chunk_by(|a, b| a == b).take(MOST_DISTINCT + 1).collect();
        let lengths: Vec<usize> = if distinct.len() <= MOST_DISTINCT {
            merged(distinct.iter().map(|values| values.len()))
        } else {
            let count = (values.len() / PER_QUANTILE).clamp(1, MOST_QUANTILES);
            (0..count).map(|bin| (bin + 1) * values.len() / count - bin * values.len() / count).collect()
        };
        let (mut bins, mut start) = (Bins { edges: vec![], centres: vec![], counts: vec![], single: vec![] }, 0);
        for length in lengths {
            let members = &values[start..start + length];
            start += length;
            bins.edges.push(members[length - 1]);
            bins.counts.push(length);
            bins.single.push(members[0] == members[length - 1]);
            let centre = (members.iter().map(|value| value.ln()).sum::<f64>() / length as f64).exp();
            bins.centres.push(if members[0] == members[length - 1] { members[0] } else { centre });
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

/// Merges neighbours until each has enough values.
fn merged(lengths: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut merged: Vec<usize> = Vec::new();
    let mut open = 0;
    for length in lengths {
        open += length;
        if open >= LEAST_VALUES {
            merged.push(open);
            open = 0;
        }
    }
    match merged.last_mut() {
        Some(last) => *last += open,
        None => merged.push(open),
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distinct_values_have_their_own_bins() {
        let bins = Bins::new([vec![10.0; 30], vec![20.0; 25], vec![40.0; 3]].concat());
        assert_eq!((bins.count(), &bins.counts[..], &bins.single[..]), (2, &[30, 28][..], &[true, false][..]));
        assert_eq!([bins.of(10.0), bins.of(20.0), bins.of(40.0)], [0, 1, 1]);
    }

    #[test]
    fn many_values_form_quantiles() {
        let bins = Bins::new((1..=2000).map(f64::from).collect());
        assert_eq!(bins.counts, [200; 10]);
        assert_eq!([bins.of(1.0), bins.of(200.0), bins.of(200.5), bins.of(2000.0)], [0, 0, 1, 9]);
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
        assert_eq!(Bins::new(vec![3.0]).count(), 1);
    }
}
