//! Networks whose hidden neurons fire little before training learn best.

use std::collections::BTreeSet;

use ohmspike_analysis::sweep::share;
use ohmspike_stats::Estimate;
use ohmspike_stats::equivalence::agreement;
use ohmspike_study::record::Record;

use super::best_spread::chosen;
use super::by_condition::words;
use super::silent::is_silent;
use super::{Finding, LEAST, Tested, Verdict};

/// How well they learn.
pub const PEAKS: Tested = (
    "Without noise, networks of every share peak above 80 % where initial firing rates are low",
    "Trials without noise of at least five spreads of the first weights whose networks fire, sorted by the mean firing rate of the hidden neurons before \
     training; the lowest third of every seed. Every seed is tested at the spread whose peak test accuracy is best for the other seeds. In every share \
     the 95 % interval of the mean peak over at least 3 seeds lies above 80 %; contradicted where one at 5 % over the number of shares lies below.",
    peaks,
);
/// Against networks that fire much.
pub const LOW_RATES: Tested = (
    "Low initial firing rates train best",
    "The same trials: mean peak accuracy of the lowest third of the rates less that of the highest third, one value a seed. In every share the 95 % \
     interval of the mean over at least 3 seeds lies above 0; contradicted where one at 5 % over the number of shares lies below.",
    low_rates,
);
const LEAST_SPREADS: usize = 5;
const HIGH: f64 = 0.8;

/// The networks of one share that fire, the lowest and the highest third of the rates of every seed.
struct Rated<'a> {
    share: f64,
    seeds: Vec<[Vec<&'a Record>; 2]>,
}

/// The shares of a study of first weights without noise.
fn rated<'a>(records: &[&'a Record]) -> Vec<Rated<'a>> {
    let fires = |record: &&Record| {
        record.settings.noise.level_percent == 0.0
            && record.outcome.is_some()
            && record.initial_rate().is_some()
            && !is_silent(record)
    };
    let clean: Vec<&Record> = records.iter().copied().filter(fires).collect();
    let of_share = |share: f64| {
        let here = || clean.iter().copied().filter(move |record| record.settings.network.excitatory_fraction == share);
        let seeds: BTreeSet<u64> = here().map(|record| record.seed).collect();
        let thirds = |seed: u64| thirds(here().filter(|record| record.seed == seed).collect());
        let seeds: Vec<_> = seeds.into_iter().filter_map(thirds).collect();
        (!seeds.is_empty()).then_some(Rated { share, seeds })
    };
    super::by_condition::shares(&clean).into_iter().filter_map(of_share).collect()
}

/// The thirds of one seed; none where it has too few spreads.
fn thirds(mut records: Vec<&Record>) -> Option<[Vec<&Record>; 2]> {
    records.sort_by(|a, b| a.initial_rate().unwrap_or(0.0).total_cmp(&b.initial_rate().unwrap_or(0.0)));
    let third = records.len() / 3;
    let enough = records.len() >= LEAST_SPREADS;
    enough.then(|| [records[..third].to_vec(), records[records.len() - third..].to_vec()])
}

fn not_tested() -> Finding {
    let why =
        format!("no share with networks that fire, without noise, at {LEAST_SPREADS} spreads of the first weights");
    Finding::not_tested(why)
}

/// The verdict on means of all shares; inconclusive where some have too few seeds.
fn decided(means: &[(f64, Option<Estimate>)], low: f64, told: impl Fn(&Estimate) -> String) -> Finding {
    let verdict = |(_, sample): &(f64, Option<Estimate>)| match sample {
        Some(sample) if sample.n >= LEAST => agreement(sample, low, f64::INFINITY, means.len()).into(),
        _ => Verdict::Inconclusive,
    };
    let words = |(of, sample): &(f64, Option<Estimate>)| match sample {
        Some(sample) => format!("{}: {}", share(*of), told(sample)),
        None => format!("{}: one seed, which decides nothing", share(*of)),
    };
    let verdicts: Vec<Verdict> = means.iter().map(verdict).collect();
    Finding::new(Verdict::of_all(&verdicts), means.iter().map(words).collect::<Vec<_>>().join("; "))
}

/// What `records` say of the peaks.
pub fn peaks(records: &[&Record]) -> Finding {
    let rated = rated(records);
    if rated.is_empty() {
        return not_tested();
    }
    let of_share = |rated: &Rated| {
        let low: Vec<&Record> = rated.seeds.iter().flat_map(|[low, _]| low.iter().copied()).collect();
        (rated.share, chosen(&low, |record| Some(record.peak()?.1)).map(|chosen| chosen.sample))
    };
    decided(&rated.iter().map(of_share).collect::<Vec<_>>(), HIGH, words)
}

/// What `records` say of low against high rates.
pub fn low_rates(records: &[&Record]) -> Finding {
    let rated = rated(records);
    if rated.is_empty() {
        return not_tested();
    }
    let mean = |records: &[&Record]| {
        let peaks = records.iter().filter_map(|record| Some(record.peak()?.1));
        peaks.sum::<f64>() / records.len() as f64
    };
    let of_share = |rated: &Rated| {
        let differences: Vec<f64> = rated.seeds.iter().map(|[low, high]| mean(low) - mean(high)).collect();
        (rated.share, Estimate::new(&differences))
    };
    let told = |sample: &Estimate| {
        let interval = sample.ci95.map(|(low, high)| format!(" ({:+.1} to {:+.1})", 100.0 * low, 100.0 * high));
        let interval = interval.unwrap_or_default();
        format!("lowest less highest third {:+.1} points{interval}, n = {}", 100.0 * sample.mean, sample.n)
    };
    decided(&rated.iter().map(of_share).collect::<Vec<_>>(), 0.0, told)
}

#[cfg(test)]
mod tests {
    use ohmspike_snn::activity::ClassActivity;

    use super::super::{made, verdict};
    use super::*;

    /// Trials of 15 spreads and `seeds` seeds whose rate rises with the spread, with `peak` of the place among them, 0 to 1.
    fn study(seeds: u64, peak: impl Fn(f64) -> f64) -> Vec<Record> {
        let trial = |place: u64, seed: u64| {
            let mut record = made(0.8, 0.0, &[0.5]).remove(0);
            record.seed = seed;
            record.settings.weights.sigma_init = 0.001 * place as f64;
            let spikes = ClassActivity { samples: 10, excitatory_spikes: 100 * place, ..ClassActivity::default() };
            record.tests = vec![vec![spikes]];
            record.accuracy = vec![0.1, peak(place as f64 / 15.0) + 0.001 * (seed * seed) as f64];
            record
        };
        (1..=15)
            .flat_map(|place| (1..=seeds).map(move |seed| (place, seed)))
            .map(|(place, seed)| trial(place, seed))
            .collect()
    }

    #[test]
    fn rates_are_those_before_training() {
        // 10 spikes an image of 100 ms by 100 neurons.
        assert!((study(1, |_| 0.8)[0].initial_rate().expect("a test") - 1.0).abs() < 1e-12);
    }

    #[test]
    fn thirds_of_every_seed_are_compared() {
        // The slope of a seed is its own.
        let of = |slope: f64| {
            let mut records = study(4, |place| 0.6 + slope * place);
            for record in &mut records {
                record.accuracy[1] += 0.01 * record.seed as f64 * record.settings.weights.sigma_init / 0.015;
            }
            records
        };
        assert_eq!(verdict(low_rates, &of(-0.3)), Verdict::Supported);
        assert_eq!(verdict(low_rates, &of(0.3)), Verdict::Contradicted);
        assert_eq!(verdict(low_rates, &of(-0.026)), Verdict::Inconclusive);
        let few: Vec<Record> = of(-0.3).into_iter().filter(|record| record.seed < 3).collect();
        assert_eq!(verdict(low_rates, &few), Verdict::Inconclusive);
        assert_eq!(verdict(low_rates, &of(-0.3)[..8]), Verdict::NotTested);
    }

    #[test]
    fn silent_networks_are_not_those_of_low_rates() {
        let mut records = study(4, |place| 0.6 - 0.3 * place);
        for record in records.iter_mut().filter(|record| record.settings.weights.sigma_init < 0.012) {
            record.tests[0][0].excitatory_spikes = 0;
        }
        // Four spreads are left that fire.
        assert_eq!(verdict(low_rates, &records), Verdict::NotTested);
    }

    #[test]
    fn peaks_of_low_rates_are_tested_at_spreads_that_others_chose() {
        assert_eq!(verdict(peaks, &study(4, |place| 0.86 - 0.5 * place)), Verdict::Supported);
        assert_eq!(verdict(peaks, &study(4, |place| 0.36 + 0.5 * place)), Verdict::Contradicted);
        assert_eq!(verdict(peaks, &study(1, |place| 0.86 - 0.5 * place)), Verdict::Inconclusive);
        assert_eq!(verdict(peaks, &[]), Verdict::NotTested);
    }
}
