//! Networks whose hidden neurons fire little before training learn best.

use super::{Finding, LEAST, Tested, Verdict};
use crate::record::Record;
use crate::statistics::kruskal::KruskalWallis;
use crate::sweep::share;

/// How well they learn.
pub const PEAKS: Tested = (
    "Without noise, networks of every share peak above 80 % where initial firing rates are low",
    "Trials without noise of at least five spreads of the first weights, sorted by the mean firing rate of the hidden neurons before training: in every \
     share the highest peak test accuracy within the lowest third of the rates lies above 80 %; contradicted where one does not.",
    peaks,
);
/// Against networks that fire much.
pub const LOW_RATES: Tested = (
    "Low initial firing rates train best",
    "The same trials, of at least 3 a third: in every share the mean rank of the peak accuracies is higher in the lowest than in the highest third of \
     the rates, with p below 0.01 (Kruskal-Wallis of the two thirds); contradicted where in one share p is below 0.01 the other way.",
    low_rates,
);
const LEAST_SPREADS: usize = 5;
const HIGH: f64 = 0.8;
const ALPHA: f64 = 0.01;

/// Rate and peak of the trials of one share, by rising rate.
struct Rated {
    share: f64,
    /// Hz and accuracy as a fraction.
    trials: Vec<(f64, f64)>,
}

impl Rated {
    /// The peaks of the lowest and of the highest third.
    fn thirds(&self) -> [Vec<f64>; 2] {
        let third = self.trials.len() / 3;
        let peaks = |trials: &[(f64, f64)]| trials.iter().map(|trial| trial.1).collect();
        [peaks(&self.trials[..third]), peaks(&self.trials[self.trials.len() - third..])]
    }
}

/// The shares of a study of first weights without noise.
fn rated(records: &[&Record]) -> Vec<Rated> {
    let clean: Vec<&Record> =
        records.iter().copied().filter(|record| record.settings.noise.level_percent == 0.0).collect();
    let of_share = |share: f64| {
        let here: Vec<&Record> = clean
            .iter()
            .copied()
            .filter(|record| record.settings.network.excitatory_fraction == share && record.outcome.is_some())
            .collect();
        let mut spreads: Vec<f64> = here.iter().map(|record| record.settings.weights.sigma_init).collect();
        spreads.sort_by(f64::total_cmp);
        spreads.dedup();
        let rated = |record: &&Record| Some((record.initial_rate()?, record.peak()?.1));
        let mut trials: Vec<(f64, f64)> = here.iter().filter_map(rated).collect();
        trials.sort_by(|a, b| a.0.total_cmp(&b.0));
        (spreads.len() >= LEAST_SPREADS && trials.len() >= 3 * LEAST).then_some(Rated { share, trials })
    };
    super::by_condition::shares(&clean).into_iter().filter_map(of_share).collect()
}

fn not_tested() -> Finding {
    Finding::not_tested(format!("no share with trials without noise at {LEAST_SPREADS} spreads of the first weights"))
}

/// What `records` say of the peaks.
pub fn peaks(records: &[&Record]) -> Finding {
    let rated = rated(records);
    if rated.is_empty() {
        return not_tested();
    }
    let highest = |rated: &Rated| rated.thirds()[0].iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let all = rated.iter().all(|rated| highest(rated) > HIGH);
    let words = |rated: &Rated| {
        let third = rated.trials.len() / 3;
        format!(
            "{}: {:.1} % below {:.1} Hz (n = {third})",
            share(rated.share),
            100.0 * highest(rated),
            rated.trials[third - 1].0
        )
    };
    let evidence = rated.iter().map(words).collect::<Vec<_>>().join("; ");
    Finding::new(if all { Verdict::Supported } else { Verdict::Contradicted }, evidence)
}

/// What `records` say of low against high rates.
pub fn low_rates(records: &[&Record]) -> Finding {
    let rated = rated(records);
    if rated.is_empty() {
        return not_tested();
    }
    let median = |peaks: &[f64]| {
        let mut rising = peaks.to_vec();
        rising.sort_by(f64::total_cmp);
        (rising[(rising.len() - 1) / 2] + rising[rising.len() / 2]) / 2.0
    };
    let mut verdicts = Vec::new();
    let mut evidence = Vec::new();
    for rated in &rated {
        let [low, high] = rated.thirds();
        let medians = format!(
            "{}: median peak {:.1} % in the lowest third, {:.1} % in the highest (n = {} each)",
            share(rated.share),
            100.0 * median(&low),
            100.0 * median(&high),
            low.len()
        );
        let ranks = crate::statistics::ranks::Ranks::of(&[&low, &high]);
        let test = KruskalWallis::of(&[&low, &high]);
        let (Ok(ranks), Ok(test)) = (ranks, test) else {
            verdicts.push(Verdict::Open);
            evidence.push(medians);
            continue;
        };
        verdicts.push(match (test.p < ALPHA, ranks.means[0] > ranks.means[1]) {
            (true, true) => Verdict::Supported,
            (true, false) => Verdict::Contradicted,
            _ => Verdict::Open,
        });
        evidence.push(format!("{medians}, H = {:.1}, p = {:.2e}", test.h, test.p));
    }
    Finding::new(Verdict::of_all(&verdicts), evidence.join("; "))
}

#[cfg(test)]
mod tests {
    use snn::activity::ClassActivity;

    use super::super::{made, verdict};
    use super::*;

    /// Trials of 15 spreads whose rate rises with the spread, with `peak` of the place among them, 0 to 1.
    fn study(peak: impl Fn(f64) -> f64) -> Vec<Record> {
        let trial = |place: u64| {
            let mut record = made(0.8, 0.0, &[0.5]).remove(0);
            record.settings.weights.sigma_init = 0.001 * place as f64;
            let spikes = ClassActivity { samples: 10, excitatory_spikes: 100 * place, ..ClassActivity::default() };
            record.tests = vec![vec![spikes]];
            record.accuracy = vec![0.1, peak(place as f64 / 15.0)];
            record
        };
        (1..=15).map(trial).collect()
    }

    #[test]
    fn rates_are_those_before_training() {
        // 10 spikes an image of 100 ms by 100 neurons.
        assert!((study(|_| 0.8)[0].initial_rate().expect("a test") - 1.0).abs() < 1e-12);
    }

    #[test]
    fn thirds_are_compared() {
        assert_eq!(verdict(low_rates, &study(|place| 0.86 - 0.5 * place)), Verdict::Supported);
        assert_eq!(verdict(low_rates, &study(|place| 0.36 + 0.5 * place)), Verdict::Contradicted);
        assert_eq!(verdict(low_rates, &study(|place| 0.8 - 0.1 * (place - 0.5).abs())), Verdict::Open);
        assert_eq!(verdict(low_rates, &study(|_| 0.8)), Verdict::Open);
        assert_eq!(verdict(low_rates, &study(|place| 0.8 - 0.5 * place)[..4]), Verdict::NotTested);
    }

    #[test]
    fn the_highest_peak_of_low_rates_counts() {
        assert_eq!(verdict(peaks, &study(|place| 0.86 - 0.5 * place)), Verdict::Supported);
        assert_eq!(verdict(peaks, &study(|place| 0.36 + 0.5 * place)), Verdict::Contradicted);
        assert_eq!(verdict(peaks, &[]), Verdict::NotTested);
    }
}
