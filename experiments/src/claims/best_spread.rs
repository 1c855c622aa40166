//! Accuracy at the best initial weight spread, without selection bias.
//!
//! The best of many spreads looks better than it is. Each seed is therefore tested at the spread that is best for all other seeds
//! (leave-one-out). Silent networks are not candidates.

use std::collections::{BTreeMap, BTreeSet};

use ohmspike_stats::Estimate;
use ohmspike_study::record::Record;

use super::silent::is_silent;

/// Result at the chosen spreads.
#[derive(Clone, Debug, PartialEq)]
pub struct Chosen {
    /// Chosen spreads, ascending.
    pub spreads: Vec<f64>,
    /// Values of all seeds at the spreads chosen by the others.
    pub sample: Estimate,
}

/// Evaluates `of` at the spread that is best for the other seeds; none below two seeds.
pub fn chosen(records: &[&Record], of: impl Fn(&Record) -> Option<f64>) -> Option<Chosen> {
    let mut values: BTreeMap<u64, Vec<(u64, f64)>> = BTreeMap::new();
    for record in records.iter().filter(|record| !is_silent(record)) {
        // The bits of positive numbers have the same order as the numbers.
        let spread = record.settings.weights.sigma_init.to_bits();
        values.entry(spread).or_default().extend(of(record).map(|value| (record.seed, value)));
    }
    let seeds: BTreeSet<u64> = values.values().flatten().map(|value| value.0).collect();
    let (mut spreads, mut tested) = (BTreeSet::new(), Vec::new());
    for seed in seeds {
        let of_others = |values: &[(u64, f64)]| {
            let others = values.iter().filter(|value| value.0 != seed).map(|value| value.1);
            Estimate::new(&others.collect::<Vec<f64>>()).map(|sample| sample.mean)
        };
        let own = |values: &[(u64, f64)]| values.iter().find(|value| value.0 == seed).map(|value| value.1);
        let candidates = values.iter().filter_map(|(spread, values)| Some((spread, of_others(values)?, own(values)?)));
        if let Some((spread, _, value)) = candidates.max_by(|one, other| one.1.total_cmp(&other.1)) {
            spreads.insert(*spread);
            tested.push(value);
        }
    }
    let spreads = spreads.into_iter().map(f64::from_bits).collect();
    Some(Chosen { spreads, sample: Estimate::new(&tested)? })
}

impl Chosen {
    /// Lists the spreads.
    pub fn words(&self) -> String {
        self.spreads.iter().map(f64::to_string).collect::<Vec<String>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(outcomes: &[[f64; 3]]) -> Vec<Record> {
        let at = |(place, seeds): (usize, &[f64; 3])| {
            let mut records = super::super::made(0.8, 0.0, seeds);
            records.iter_mut().for_each(|record| record.settings.weights.sigma_init = 0.001 * (place + 1) as f64);
            records
        };
        outcomes.iter().enumerate().flat_map(at).collect()
    }

    #[test]
    fn a_lucky_seed_does_not_choose_its_own_spread() {
        // The second spread has one lucky seed; without it the first is better.
        let records = records(&[[0.4, 0.42, 0.41], [0.2, 0.9, 0.2]]);
        let found = chosen(&records.iter().collect::<Vec<_>>(), |record| record.outcome).expect("three seeds");
        // Seeds 1 and 3 get the second spread, because of the lucky seed 2; seed 2 gets the first.
        assert_eq!(found.spreads, [0.001, 0.002]);
        assert!((found.sample.mean - (0.2 + 0.42 + 0.2) / 3.0).abs() < 1e-12);
        assert_eq!(found.sample.n, 3);
    }

    #[test]
    fn one_seed_chooses_nothing() {
        let records = records(&[[0.4, 0.4, 0.4]]);
        assert_eq!(chosen(&[&records[0]], |record| record.outcome), None);
    }
}
