//! Divides the accuracy that a device costs among its mechanisms.
//!
//! ```text
//! v(S)      outcome with the mechanisms S enabled and all others disabled, with the seeds of the trial
//! L         v(none) - v(all)                                                             total loss
//! alone_i   v(none) - v(i)                                                               i enabled alone
//! last_i    v(all without i) - v(all)                                                    i disabled alone
//! phi_i     sum over S without i of  |S|! (k - |S| - 1)! / k!  (v(S) - v(S + i))         Shapley value
//! R         L - sum alone_i                                                              interaction
//!
//! sum phi_i = L   for every seed
//! ```
//!
//! Shapley, Contributions to the Theory of Games II, 307 (1953). phi_i is the loss when i is enabled, averaged over all
//! orders in which the mechanisms can be enabled, so interactions are shared fairly. Up to [`MAX_EXACT`] mechanisms,
//! all 2^k sets are run with every seed and phi is exact. With more, each seed has one random order and its reverse
//! (Castro, Gómez and Tejada, Comput. Oper. Res. 36, 1726 (2009); reversed orders: Mitchell et al., J. Mach. Learn.
//! Res. 23, 43 (2022)); phi then sums to L for every seed as well, and the spread of the orders is part of its interval.
//!
//! Effects are differences with shared seeds. Intervals are t intervals over seeds; p values are adjusted by Holm over
//! the mechanisms.

use std::collections::BTreeMap;

use ohmspike_rng::Seed;
use ohmspike_stats::Estimate;
use ohmspike_stats::draws::{Drawn, Draws};
use ohmspike_stats::paired::{Adjusted, Paired, adjusted};
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

/// Largest number of mechanisms with exact Shapley values: 64 sets per seed.
pub const MAX_EXACT: usize = 6;

/// A set of mechanisms: bit i stands for mechanism number i.
pub type Subset = u32;

/// Outcomes by set and seed.
pub type Outcomes = BTreeMap<(Subset, u64), f64>;

/// A mean over seeds with its spread.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// Mean over seeds, a fraction of the test samples; positive for a loss.
    pub mean: f64,
    /// 95 % interval; none below 3 seeds, or if all seeds have the same value.
    pub ci95: Option<(f64, f64)>,
    /// Whether the mean differs from 0: adjusted p value; none without a test.
    pub p: Option<f64>,
    /// Smallest mean that the test finds with a power of 80 %, whatever the other results; none without a test.
    #[serde(default)]
    pub least: Option<f64>,
}

impl Effect {
    /// Whether the mean differs from 0 at 5 %, after adjustment.
    pub fn is_found(&self) -> bool {
        self.p.is_some_and(|p| p < ohmspike_stats::ALPHA)
    }
}

/// Loss by one mechanism.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contribution {
    /// Number of the mechanism.
    pub mechanism: usize,
    /// Shapley value.
    pub shapley: Effect,
    /// Loss with this mechanism alone.
    pub alone: Effect,
    /// Gain when only this mechanism is disabled.
    pub last: Effect,
    /// Shapley value of every seed.
    pub by_seed: Vec<f64>,
}

/// Two mechanisms compared.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Number of the mechanism with the larger mean Shapley value.
    pub larger: usize,
    /// Number of the other mechanism.
    pub smaller: usize,
    /// Difference of their Shapley values, larger minus smaller.
    pub difference: Effect,
    /// Whether the difference is significant at 5 %, adjusted over all pairs.
    pub differs: bool,
}

/// Loss divided among mechanisms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ablation {
    /// Accuracy without any mechanism.
    pub without: Effect,
    /// Accuracy with all mechanisms.
    pub with: Effect,
    /// Total loss.
    pub total: Effect,
    /// One entry per mechanism, largest mean Shapley value first.
    pub contributions: Vec<Contribution>,
    /// Loss that no mechanism causes alone: total minus the sum of the losses alone.
    pub interaction: Effect,
    /// Neighbours of the order of `contributions`.
    pub comparisons: Vec<Comparison>,
}

/// Returns the sets to run, with their seeds: the empty and the full set first.
pub fn sets(count: usize, seeds: &[u64]) -> Vec<(Subset, u64)> {
    let of_seed = |seed: &u64| of_seed(count, *seed).into_iter().map(|set| (set, *seed)).collect::<Vec<_>>();
    let mut sets: Vec<(Subset, u64)> = seeds.iter().flat_map(of_seed).collect();
    let full = full(count);
    sets.sort_by_key(|(set, _)| (*set != 0, *set != full));
    sets
}

fn of_seed(count: usize, seed: u64) -> Vec<Subset> {
    if count <= MAX_EXACT {
        return (0..=full(count)).collect();
    }
    let mut sets: Vec<Subset> = orders(count, seed).iter().flat_map(|order| chain(order)).collect();
    let single = (0..count).flat_map(|mechanism| [bit(mechanism), full(count) & !bit(mechanism)]);
    sets.extend(single);
    sets.sort_unstable();
    sets.dedup();
    sets
}

fn bit(mechanism: usize) -> Subset {
    1 << mechanism
}

/// Returns the set of all mechanisms.
pub fn full(count: usize) -> Subset {
    ((1u64 << count) - 1) as Subset
}

/// Returns a random order of the mechanisms and its reverse.
fn orders(count: usize, seed: u64) -> [Vec<usize>; 2] {
    let mut order: Vec<usize> = (0..count).collect();
    order.shuffle(&mut Seed::new(seed).named("ablation").stream());
    let reverse = order.iter().rev().copied().collect();
    [order, reverse]
}

/// Returns the growing sets of an order, from the empty to the full one.
fn chain(order: &[usize]) -> Vec<Subset> {
    let mut sets = vec![0];
    for mechanism in order {
        sets.push(sets[sets.len() - 1] | bit(*mechanism));
    }
    sets
}

/// Divides the loss among `count` mechanisms. Returns none unless `outcomes` has every set of [`sets`] for `seeds`.
pub fn ablation(count: usize, seeds: &[u64], outcomes: &Outcomes) -> Option<Ablation> {
    if seeds.is_empty() || sets(count, seeds).iter().any(|key| !outcomes.contains_key(key)) {
        return None;
    }
    let full = full(count);
    let of = |value: &dyn Fn(u64) -> f64| seeds.iter().map(|seed| value(*seed)).collect::<Vec<f64>>();
    let v = |set: Subset, seed: u64| outcomes[&(set, seed)];
    let shapley: Vec<Vec<f64>> =
        (0..count).map(|mechanism| of(&|seed| shapley(count, mechanism, seed, &|set| v(set, seed)))).collect();
    let alone: Vec<Vec<f64>> = (0..count).map(|i| of(&|seed| v(0, seed) - v(bit(i), seed))).collect();
    let last: Vec<Vec<f64>> = (0..count).map(|i| of(&|seed| v(full & !bit(i), seed) - v(full, seed))).collect();
    let total = of(&|seed| v(0, seed) - v(full, seed));
    let interaction: Vec<f64> =
        total.iter().enumerate().map(|(at, total)| total - alone.iter().map(|alone| alone[at]).sum::<f64>()).collect();

    let [of_shapley, of_alone, of_last] = [&shapley, &alone, &last].map(|effects| tested(seeds, effects));
    let each = of_shapley.into_iter().zip(of_alone).zip(of_last).enumerate();
    let mut contributions: Vec<Contribution> = each
        .map(|(mechanism, ((shapley_value, alone), last))| Contribution {
            mechanism,
            shapley: shapley_value,
            alone,
            last,
            by_seed: shapley[mechanism].clone(),
        })
        .collect();
    contributions.sort_by(|one, other| other.shapley.mean.total_cmp(&one.shapley.mean));
    Some(Ablation {
        without: effect(seeds, &of(&|seed| v(0, seed))),
        with: effect(seeds, &of(&|seed| v(full, seed))),
        total: tested(seeds, &[total])[0],
        interaction: tested(seeds, &[interaction])[0],
        comparisons: comparisons(seeds, &contributions),
        contributions,
    })
}

/// Returns the Shapley value of a mechanism for one seed.
fn shapley(count: usize, mechanism: usize, seed: u64, v: &dyn Fn(Subset) -> f64) -> f64 {
    if count <= MAX_EXACT {
        let without = (0..=full(count)).filter(|set| set & bit(mechanism) == 0);
        let weighted = |set: Subset| weight(count, set.count_ones() as usize) * (v(set) - v(set | bit(mechanism)));
        return rounded(without.map(weighted).sum());
    }
    let marginal = |order: &Vec<usize>| {
        let sets = chain(order);
        let place = order.iter().position(|other| *other == mechanism).expect("an order has every mechanism");
        v(sets[place]) - v(sets[place + 1])
    };
    rounded(orders(count, seed).iter().map(marginal).sum::<f64>() / 2.0)
}

/// Rounds to 10^-12, far below one test sample, so that a mechanism without effect has exactly 0.
fn rounded(value: f64) -> f64 {
    (value * 1e12).round() / 1e12
}

/// Returns |S|! (k - |S| - 1)! / k!.
fn weight(count: usize, size: usize) -> f64 {
    let factorial = |n: usize| (1..=n).product::<usize>() as f64;
    factorial(size) * factorial(count - size - 1) / factorial(count)
}

fn drawn(seeds: &[u64], values: &[f64]) -> Vec<Drawn> {
    seeds.iter().map(|seed| Draws::all(*seed)).zip(values.iter().copied()).collect()
}

fn effect(seeds: &[u64], values: &[f64]) -> Effect {
    let estimate = Estimate::from_drawn(&drawn(seeds, values)).expect("at least one seed");
    Effect { mean: estimate.mean, ci95: estimate.ci95, p: None, least: None }
}

/// Tests each list of differences, adjusted over all of them.
fn tested(seeds: &[u64], effects: &[Vec<f64>]) -> Vec<Effect> {
    let tests = adjusted(effects.iter().map(|values| Paired::from_differences(&drawn(seeds, values))).collect());
    let of = |(values, test): (&Vec<f64>, Result<Adjusted, _>)| Effect {
        p: test.as_ref().ok().map(|test| test.adjusted_p),
        least: test.ok().map(|test| test.least_difference()),
        ..effect(seeds, values)
    };
    effects.iter().zip(tests).map(of).collect()
}

/// Compares each mechanism with the next one.
fn comparisons(seeds: &[u64], contributions: &[Contribution]) -> Vec<Comparison> {
    let minus = |pair: &[Contribution]| -> Vec<f64> {
        pair[0].by_seed.iter().zip(&pair[1].by_seed).map(|(one, other)| one - other).collect()
    };
    let differences: Vec<Vec<f64>> = contributions.windows(2).map(minus).collect();
    let of = |(pair, difference): (&[Contribution], Effect)| Comparison {
        larger: pair[0].mechanism,
        smaller: pair[1].mechanism,
        difference,
        differs: difference.is_found(),
    };
    contributions.windows(2).zip(tested(seeds, &differences)).map(of).collect()
}

#[cfg(test)]
mod tests {
    use ohmspike_stats::power::least_shift;

    use super::*;

    /// Losses 0.04, 0.02 and 0; mechanisms 0 and 1 together lose another 0.01.
    fn outcome(set: Subset, seed: u64) -> f64 {
        let loss = [0.04, 0.02, 0.0];
        let alone: f64 = (0..3).filter(|i| set & bit(*i) != 0).map(|i| loss[i]).sum();
        let together = if set & 3 == 3 { 0.01 } else { 0.0 };
        0.8 + 0.001 * seed as f64 - (alone + together) * (1.0 + 0.1 * seed as f64)
    }

    fn of(count: usize, seeds: &[u64], v: impl Fn(Subset, u64) -> f64) -> Ablation {
        let outcomes = sets(count, seeds).into_iter().map(|(set, seed)| ((set, seed), v(set, seed))).collect();
        ablation(count, seeds, &outcomes).expect("all sets")
    }

    #[test]
    fn shapley_values_share_an_interaction_evenly_and_sum_to_the_loss() {
        let seeds = [1, 2, 3, 4];
        let ablation = of(3, &seeds, outcome);
        let scale = 1.25;
        let expected = [(0, 0.045), (1, 0.025), (2, 0.0)];
        for (contribution, (mechanism, loss)) in ablation.contributions.iter().zip(expected) {
            assert_eq!(contribution.mechanism, mechanism);
            assert!((contribution.shapley.mean - loss * scale).abs() < 1e-12, "{contribution:?}");
        }
        for (at, seed) in seeds.into_iter().enumerate() {
            let sum: f64 = ablation.contributions.iter().map(|one| one.by_seed[at]).sum();
            assert!((sum - (outcome(0, seed) - outcome(7, seed))).abs() < 1e-11);
        }
        assert!((ablation.total.mean - 0.07 * scale).abs() < 1e-12);
        assert!((ablation.interaction.mean - 0.01 * scale).abs() < 1e-12);
        assert!(ablation.comparisons.iter().all(|one| one.differs), "{:?}", ablation.comparisons);
        // The third mechanism costs exactly nothing with every seed: no test, no interval.
        let third = &ablation.contributions[2];
        assert_eq!((third.shapley.mean, third.shapley.ci95, third.shapley.p), (0.0, None, None));
        assert_eq!(third.shapley.least, None);
    }

    /// Losses of 0.01 +- 0.02 over eight seeds have a standard error of 0.02 sqrt(8/7) / sqrt(8).
    #[test]
    fn a_loss_that_is_not_found_names_the_smallest_one_that_would_be() {
        let seeds: Vec<u64> = (1..=8).collect();
        let v = |set: Subset, seed: u64| {
            let loss = 0.01 + if seed.is_multiple_of(2) { 0.02 } else { -0.02 };
            0.8 - if set == 1 { loss } else { 0.0 }
        };
        let total = of(1, &seeds, v).total;
        assert!(!total.is_found() && (total.mean - 0.01).abs() < 1e-12, "{total:?}");
        let expected = least_shift(7, 0.05, 0.8) * 0.02 / 7f64.sqrt();
        assert!((total.least.expect("a test") - expected).abs() < 1e-9 && expected > 0.02, "{total:?}");
    }

    #[test]
    fn one_mechanism_gets_the_whole_loss() {
        let ablation = of(1, &[1, 2, 3], outcome);
        let only = &ablation.contributions[0];
        assert_eq!((only.alone, only.last), (ablation.total, ablation.total));
        assert!((only.shapley.mean - ablation.total.mean).abs() < 1e-12);
        assert_eq!(ablation.interaction.mean, 0.0);
    }

    #[test]
    fn sampled_values_sum_to_the_loss_and_need_fewer_sets() {
        let count = 9;
        let v = |set: Subset, seed: u64| 0.9 - 0.01 * f64::from(set.count_ones()).powi(2) - 0.001 * seed as f64;
        let seeds: Vec<u64> = (1..=6).collect();
        assert!(sets(count, &seeds).len() <= seeds.len() * 4 * count);
        let ablation = of(count, &seeds, v);
        for (at, seed) in seeds.iter().enumerate() {
            let sum: f64 = ablation.contributions.iter().map(|one| one.by_seed[at]).sum();
            assert!((sum - (v(0, *seed) - v(full(count), *seed))).abs() < 1e-11);
        }
        // Symmetric mechanisms: an order and its reverse cancel the interaction exactly.
        assert!(ablation.contributions.iter().all(|one| (one.shapley.mean - 0.09).abs() < 1e-12), "{ablation:?}");
    }

    #[test]
    fn missing_outcomes_give_no_answer() {
        let mut outcomes: Outcomes = sets(2, &[1]).into_iter().map(|(set, seed)| ((set, seed), 0.5)).collect();
        assert!(ablation(2, &[1], &outcomes).is_some() && ablation(2, &[], &outcomes).is_none());
        outcomes.remove(&(1, 1));
        assert_eq!(ablation(2, &[1], &outcomes), None);
    }
}
