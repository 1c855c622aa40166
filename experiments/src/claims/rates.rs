//! Networks with low initial firing rates learn best.

use std::collections::BTreeSet;

use ohmspike_analysis::sweep::ratio;
use ohmspike_report::page::number::points;
use ohmspike_stats::Estimate;
use ohmspike_stats::equivalence::agreement;
use ohmspike_study::record::Record;

use super::best_spread::chosen;
use super::by_condition::words;
use super::silent::is_silent;
use super::{Finding, MIN_REPEATS, Tested, Verdict};

/// The claim about best accuracy.
pub const PEAKS: Tested = (
    "Without noise, networks of every excitatory fraction peak above 80 % at low initial firing rates",
    "Noise-free trials of at least five initial weight spreads, without silent networks, sorted by initial firing rate: the lowest third of each \
     seed. Each seed is tested at the spread with the best accuracy of the other seeds. Supported if the 95 % interval of the mean best accuracy over at \
     least 3 seeds is above 80 % in every fraction. Contradicted if one, at 5 % divided by the number of fractions, is below.",
    peaks,
);
/// The claim about low and high rates.
pub const LOW_RATES: Tested = (
    "Low initial firing rates train best",
    "The same trials: mean best accuracy of the lowest third of the rates minus that of the highest third, one value per seed. Supported if the \
     95 % interval of the mean over at least 3 seeds is above 0 in every fraction. Contradicted if one, at 5 % divided by the number of fractions, is \
     below.",
    low_rates,
);
/// Smallest number of initial weight spreads of a seed, chosen: three rates are between the lowest and the highest third.
const MIN_SPREADS: usize = 5;
/// Best accuracy that the text of the paper states for low rates.
const HIGH: f64 = 0.8;

/// Spiking networks of one fraction: the lowest and the highest third of the rates of each seed.
struct Rated<'a> {
    fraction: f64,
    seeds: Vec<[Vec<&'a Record>; 2]>,
}

/// Groups the noise-free trials by excitatory fraction.
fn rated<'a>(records: &[&'a Record]) -> Vec<Rated<'a>> {
    let fires = |record: &&Record| {
        record.settings.noise.level_percent == 0.0
            && record.outcome.is_some()
            && record.initial_rate().is_some()
            && !is_silent(record)
    };
    let clean: Vec<&Record> = records.iter().copied().filter(fires).collect();
    let of_fraction = |fraction: f64| {
        let here =
            || clean.iter().copied().filter(move |record| record.settings.network.excitatory_fraction == fraction);
        let seeds: BTreeSet<u64> = here().map(|record| record.seed).collect();
        let thirds = |seed: u64| thirds(here().filter(|record| record.seed == seed).collect());
        let seeds: Vec<_> = seeds.into_iter().filter_map(thirds).collect();
        (!seeds.is_empty()).then_some(Rated { fraction, seeds })
    };
    super::by_condition::fractions(&clean).into_iter().filter_map(of_fraction).collect()
}

/// Returns the thirds of one seed; none with too few spreads.
fn thirds(mut records: Vec<&Record>) -> Option<[Vec<&Record>; 2]> {
    records.sort_by(|a, b| a.initial_rate().unwrap_or(0.0).total_cmp(&b.initial_rate().unwrap_or(0.0)));
    let third = records.len() / 3;
    let enough = records.len() >= MIN_SPREADS;
    enough.then(|| [records[..third].to_vec(), records[records.len() - third..].to_vec()])
}

fn not_tested() -> Finding {
    let why = format!("it needs {MIN_SPREADS} initial weight spreads without noise at which networks spike");
    Finding::not_tested(why)
}

/// Returns the verdict on the means of all fractions; inconclusive if some have too few seeds.
fn decided(means: &[(f64, Option<Estimate>)], low: f64, told: impl Fn(&Estimate) -> String) -> Finding {
    let verdict = |(_, sample): &(f64, Option<Estimate>)| match sample {
        Some(sample) if sample.n >= MIN_REPEATS => agreement(sample, low, f64::INFINITY, means.len()).into(),
        _ => Verdict::Inconclusive,
    };
    let words = |(of, sample): &(f64, Option<Estimate>)| match sample {
        Some(sample) => format!("{}: {}", ratio(*of), told(sample)),
        None => format!("{}: only one seed", ratio(*of)),
    };
    let verdicts: Vec<Verdict> = means.iter().map(verdict).collect();
    Finding::new(Verdict::of_all(&verdicts), means.iter().map(words).collect::<Vec<_>>().join("; "))
}

/// Tests the claim about best accuracy.
pub fn peaks(records: &[&Record]) -> Finding {
    let rated = rated(records);
    if rated.is_empty() {
        return not_tested();
    }
    let of_fraction = |rated: &Rated| {
        let low: Vec<&Record> = rated.seeds.iter().flat_map(|[low, _]| low.iter().copied()).collect();
        (rated.fraction, chosen(&low, |record| Some(record.best()?.1)).map(|chosen| chosen.sample))
    };
    decided(&rated.iter().map(of_fraction).collect::<Vec<_>>(), HIGH, words)
}

/// Tests the claim about low and high rates.
pub fn low_rates(records: &[&Record]) -> Finding {
    let rated = rated(records);
    if rated.is_empty() {
        return not_tested();
    }
    let mean = |records: &[&Record]| {
        let peaks = records.iter().filter_map(|record| Some(record.best()?.1));
        peaks.sum::<f64>() / records.len() as f64
    };
    let of_fraction = |rated: &Rated| {
        let differences: Vec<f64> = rated.seeds.iter().map(|[low, high]| mean(low) - mean(high)).collect();
        (rated.fraction, Estimate::new(&differences))
    };
    let told = |sample: &Estimate| {
        let interval = sample.ci95.map(|(low, high)| format!(" ({} to {})", points(low), points(high)));
        let interval = interval.unwrap_or_default();
        format!("lowest minus highest third {} points{interval}, n = {}", points(sample.mean), sample.n)
    };
    decided(&rated.iter().map(of_fraction).collect::<Vec<_>>(), 0.0, told)
}

#[cfg(test)]
mod tests {
    use ohmspike_snn::activity::ClassActivity;

    use super::super::{made, verdict};
    use super::*;

    /// Trials of 15 spreads and `seeds` seeds. The rate rises with the spread; `peak` maps the position, 0 to 1, to best accuracy.
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
    fn rates_are_measured_before_training() {
        // 10 spikes per sample of 100 ms by 100 neurons.
        assert!((study(1, |_| 0.8)[0].initial_rate().expect("a test") - 1.0).abs() < 1e-12);
    }

    #[test]
    fn thirds_of_every_seed_are_compared() {
        // Each seed has its own slope.
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
    fn silent_networks_do_not_count_as_low_rates() {
        let mut records = study(4, |place| 0.6 - 0.3 * place);
        for record in records.iter_mut().filter(|record| record.settings.weights.sigma_init < 0.012) {
            record.tests[0][0].excitatory_spikes = 0;
        }
        // Only four spreads with spikes remain.
        assert_eq!(verdict(low_rates, &records), Verdict::NotTested);
    }

    #[test]
    fn peaks_are_tested_at_the_spreads_of_other_seeds() {
        assert_eq!(verdict(peaks, &study(4, |place| 0.86 - 0.5 * place)), Verdict::Supported);
        assert_eq!(verdict(peaks, &study(4, |place| 0.36 + 0.5 * place)), Verdict::Contradicted);
        assert_eq!(verdict(peaks, &study(1, |place| 0.86 - 0.5 * place)), Verdict::Inconclusive);
        assert_eq!(verdict(peaks, &[]), Verdict::NotTested);
    }
}
