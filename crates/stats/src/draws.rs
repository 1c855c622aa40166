//! Random draws of outcomes, and the number of independent repeats in a list of outcomes.
//!
//! A trial draws from several streams (initial weights, order, writes, reads, chip), each with a seed. Two outcomes are
//! copies if all their streams have the same seeds, and independent if no stream has.
//!
//! ```text
//! factor  =  streams with jointly changing seeds; each value of the factor is one level
//! n       =  the smallest number of levels of any factor
//! se^2    =  sum over factors f of  s_f^2 / n_f          s_f: standard deviation of the means of the n_f levels
//! degrees of freedom  =  n - 1
//! ```
//!
//! Without `[seeds]`, all streams change together. This is one factor, and se is that of Student (1908). If seeds are
//! crossed, for example 2 seeds on each of 6 chips, the variance components of the factors add (Searle, Casella and
//! McCulloch 1992, chapter 4). se^2 then counts the residual variance once per factor, which is conservative. The 12
//! outcomes of the example are 2 repeats.

use std::collections::{BTreeMap, BTreeSet};

use super::moments::all_equal;

/// Streams of a trial, in the order of [`Draws`].
pub const STREAMS: [&str; 5] = ["initial", "order", "write", "read", "chip"];

/// Seed of each of [`STREAMS`]; `None` if no draw from the stream affects the outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Draws(pub [Option<u64>; 5]);

/// An outcome with its draws.
pub type Drawn = (Draws, f64);

impl Draws {
    /// Creates draws with the same seed for all streams.
    pub fn all(seed: u64) -> Draws {
        Draws([Some(seed); 5])
    }

    /// Returns the joint draws of two outcomes, or `None` if a stream that both use has different seeds.
    ///
    /// ```
    /// use ohmspike_stats::draws::Draws;
    ///
    /// let without_noise = Draws([Some(1), Some(1), None, None, None]);
    /// assert_eq!(without_noise.joined(Draws::all(1)), Some(Draws::all(1)));
    /// assert_eq!(without_noise.joined(Draws::all(2)), None);
    /// ```
    pub fn joined(self, other: Draws) -> Option<Draws> {
        let mut joined = self;
        for (one, other) in joined.0.iter_mut().zip(other.0) {
            match (*one, other) {
                (Some(one), Some(other)) if one != other => return None,
                (None, Some(other)) => *one = Some(other),
                _ => {}
            }
        }
        Some(joined)
    }

    /// Returns the draws of the given streams only.
    fn of(mut self, streams: [bool; 5]) -> Draws {
        self.0.iter_mut().zip(streams).filter(|(_, kept)| !kept).for_each(|(seed, _)| *seed = None);
        self
    }
}

/// Removes copies: keeps the first of the outcomes with identical draws.
pub fn distinct(outcomes: &[Drawn]) -> Vec<Drawn> {
    let mut known = BTreeSet::new();
    outcomes.iter().copied().filter(|outcome| known.insert(outcome.0)).collect()
}

/// Outcomes indexed by their draws.
pub(super) struct ByDraws<'a> {
    outcomes: &'a [Drawn],
    /// Streams that all outcomes and all queries use.
    shared: [bool; 5],
    places: BTreeMap<Draws, Vec<usize>>,
}

impl<'a> ByDraws<'a> {
    /// Indexes `outcomes` for queries with draws such as `wanted`.
    pub(super) fn new(outcomes: &'a [Drawn], wanted: impl IntoIterator<Item = Draws>) -> ByDraws<'a> {
        let mut shared = [true; 5];
        for draws in outcomes.iter().map(|outcome| outcome.0).chain(wanted) {
            shared.iter_mut().zip(draws.0).for_each(|(shared, seed)| *shared &= seed.is_some());
        }
        let mut places: BTreeMap<Draws, Vec<usize>> = BTreeMap::new();
        for (place, (draws, _)) in outcomes.iter().enumerate() {
            places.entry(draws.of(shared)).or_default().push(place);
        }
        ByDraws { outcomes, shared, places }
    }

    /// Returns the positions of the outcomes that can be paired with `draws`, with the joint draws.
    pub(super) fn fitting(&self, draws: Draws) -> impl Iterator<Item = (usize, Draws)> {
        let places = self.places.get(&draws.of(self.shared)).into_iter().flatten();
        places.filter_map(move |&place| Some((place, draws.joined(self.outcomes[place].0)?)))
    }
}

/// Returns the factors of `draws`: for each factor, the level of every outcome, from 0. A factor that is constant
/// within the levels of another factor is merged into that one.
pub fn factors(draws: &[Draws]) -> Vec<Vec<usize>> {
    let mut found: Vec<Vec<usize>> = together(draws).into_iter().map(|(levels, _)| levels).collect();
    let coarser = |one: &Vec<usize>, other: &Vec<usize>| {
        let mut within = BTreeMap::new();
        one != other && other.iter().zip(one).all(|(other, one)| within.entry(*other).or_insert(*one) == one)
    };
    let all = found.clone();
    found.retain(|factor| !all.iter().any(|other| coarser(other, factor)));
    found
}

/// Standard error of a mean and the number of independent repeats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Number of independent repeats.
    pub n: usize,
    /// Standard deviation of the means of the repeats.
    pub sd: f64,
    /// Standard error of the overall mean.
    pub standard_error: f64,
}

/// Returns the spread of `values` over the levels of all `factors`, or `None` without factors.
pub fn spread(factors: &[Vec<usize>], values: &[f64]) -> Option<Spread> {
    let of_factor = |levels: &Vec<usize>| {
        let means = level_means(levels, values);
        (means.len(), variance(&means))
    };
    let found: Vec<(usize, f64)> = factors.iter().map(of_factor).collect();
    let fewest = found.iter().min_by_key(|(n, _)| *n)?;
    let standard_error = found.iter().map(|(n, variance)| variance / *n as f64).sum::<f64>().sqrt();
    Some(Spread { n: fewest.0, sd: fewest.1.sqrt(), standard_error })
}

/// Returns the variance of at least two `values`; exactly 0 if all are equal.
fn variance(values: &[f64]) -> f64 {
    if all_equal(values) {
        return 0.0;
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (values.len() - 1) as f64
}

/// Groups the streams with jointly changing seeds, and returns the level of every outcome.
pub fn together(draws: &[Draws]) -> Vec<(Vec<usize>, Vec<usize>)> {
    let mut found: Vec<(Vec<usize>, Vec<usize>)> = Vec::new();
    for stream in 0..STREAMS.len() {
        let mut numbers = BTreeMap::new();
        let level = |draws: &Draws| {
            let next = numbers.len();
            *numbers.entry(draws.0[stream]).or_insert(next)
        };
        let levels: Vec<usize> = draws.iter().map(level).collect();
        match found.iter_mut().find(|(known, _)| *known == levels) {
            _ if levels.iter().all(|level| *level == 0) => {}
            Some((_, streams)) => streams.push(stream),
            None => found.push((levels, vec![stream])),
        }
    }
    found
}

/// Returns the mean of `values` within each level.
fn level_means(levels: &[usize], values: &[f64]) -> Vec<f64> {
    let count = levels.iter().max().map_or(0, |last| last + 1);
    let (mut sums, mut counts) = (vec![0.0; count], vec![0.0; count]);
    for (&level, value) in levels.iter().zip(values) {
        sums[level] += value;
        counts[level] += 1.0;
    }
    sums.iter().zip(counts).map(|(sum, count)| sum / count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crossed(seeds: u64, chips: u64) -> Vec<Draws> {
        let one = |seed, chip| Draws([Some(seed), Some(seed), Some(seed), None, Some(100 + chip)]);
        (0..seeds).flat_map(|seed| (0..chips).map(move |chip| one(seed, chip))).collect()
    }

    #[test]
    fn streams_that_change_together_are_one_factor() {
        assert_eq!(factors(&[1, 2, 3].map(Draws::all)), [vec![0, 1, 2]]);
        assert_eq!(factors(&crossed(2, 3)), [vec![0, 0, 0, 1, 1, 1], vec![0, 1, 2, 0, 1, 2]]);
        assert_eq!(factors(&crossed(1, 3)), [vec![0, 1, 2]]);
        assert!(factors(&[Draws::all(1)]).is_empty());
    }

    #[test]
    fn a_nested_factor_is_merged_into_its_parent() {
        let nested = [(1, 11), (1, 12), (2, 21), (2, 22)];
        let draws = nested.map(|(chip, write)| Draws([Some(1), Some(1), Some(write), None, Some(chip)]));
        assert_eq!(factors(&draws), [vec![0, 0, 1, 1]]);
    }

    #[test]
    fn copies_are_removed() {
        let outcomes = [(Draws::all(1), 0.5), (Draws::all(1), 0.5), (Draws::all(2), 0.5)];
        assert_eq!(distinct(&outcomes), [(Draws::all(1), 0.5), (Draws::all(2), 0.5)]);
    }
}
