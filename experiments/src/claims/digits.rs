//! How well networks with and without inhibition tell spoken digits.

use snn::neuron::Neuron;

use super::{Finding, Tested, Verdict};
use crate::record::Record;
use crate::settings::{Settings, WeightSigns};
use crate::statistics::Sample;
use crate::sweep::share;

/// Networks that have both populations.
pub const WITH_INHIBITION: Tested = (
    "Networks with inhibition tell about 45 % of spoken digits",
    "Trials without noise at five spreads of the first weights or more: the mean outcome over seeds at the best spread of 80:20 lies \
     within 5 points of 45 %; contradicted where it does not.",
    with_inhibition,
);
/// Networks of excitatory neurons alone.
pub const WITHOUT: Tested = (
    "Networks without inhibition tell less than 30 %",
    "The same trials: the mean outcome over seeds at the best spread of 100:0 lies below 30 %; contradicted where it does not.",
    without,
);
const LEAST_SPREADS: usize = 5;
const PUBLISHED: f64 = 0.45;
const ABOUT: f64 = 0.05;
const LOW: f64 = 0.3;

/// Whether a network is one of those that the claims are about: one hidden layer of leaky neurons that keep their sign, without
/// recurrence and devices.
pub fn as_published(settings: &Settings) -> bool {
    let network = &settings.network;
    network.signs == WeightSigns::Constrained
        && network.neuron == Neuron::Lif
        && !network.recurrent
        && settings.layer_2.is_none()
        && !settings.has_device()
}

/// The spread of the first weights with the highest mean outcome, and its outcomes; none where too few spreads were run.
fn best(records: &[&Record], of: f64) -> Option<(f64, Sample)> {
    let here = records.iter().filter(|record| {
        record.settings.network.excitatory_fraction == of && record.settings.noise.level_percent == 0.0
    });
    let mut spreads: Vec<(f64, Vec<f64>)> = Vec::new();
    for (record, outcome) in here.filter_map(|record| Some((record, record.outcome?))) {
        let sigma = record.settings.weights.sigma_init;
        match spreads.iter_mut().find(|(known, _)| *known == sigma) {
            Some((_, outcomes)) => outcomes.push(outcome),
            None => spreads.push((sigma, vec![outcome])),
        }
    }
    if spreads.len() < LEAST_SPREADS {
        return None;
    }
    let means = spreads.iter().filter_map(|(sigma, outcomes)| Some((*sigma, Sample::of(outcomes)?)));
    means.max_by(|one, other| one.1.mean.total_cmp(&other.1.mean))
}

fn judged(records: &[&Record], of: f64, holds: impl Fn(f64) -> bool) -> Finding {
    let Some((sigma, sample)) = best(records, of) else {
        let why = format!("fewer than {LEAST_SPREADS} spreads of the first weights of {} without noise", share(of));
        return Finding::not_tested(why);
    };
    let verdict = if holds(sample.mean) { Verdict::Supported } else { Verdict::Contradicted };
    Finding::new(verdict, format!("{}: {:.1} % at {sigma} (n = {})", share(of), 100.0 * sample.mean, sample.n))
}

/// What `records` say of 80:20.
fn with_inhibition(records: &[&Record]) -> Finding {
    judged(records, 0.8, |mean| (mean - PUBLISHED).abs() <= ABOUT)
}

/// What `records` say of 100:0.
fn without(records: &[&Record]) -> Finding {
    judged(records, 1.0, |mean| mean < LOW)
}

#[cfg(test)]
mod tests {
    use super::super::{made, verdict};
    use super::*;

    fn study(of: f64, outcomes: &[[f64; 2]]) -> Vec<Record> {
        let at = |(place, seeds): (usize, &[f64; 2])| {
            let mut records = made(of, 0.0, seeds);
            records.iter_mut().for_each(|record| record.settings.weights.sigma_init = 0.001 * (place + 1) as f64);
            records
        };
        outcomes.iter().enumerate().flat_map(at).collect()
    }

    #[test]
    fn the_best_spread_by_its_mean_decides() {
        // A single trial of 50.5 % beside one of 20 % is not the best spread.
        let outcomes = [[0.05, 0.05], [0.43, 0.41], [0.2, 0.505], [0.1, 0.1], [0.1, 0.1]];
        let records = study(0.8, &outcomes);
        assert_eq!(verdict(with_inhibition, &records), Verdict::Supported);
        assert_eq!(best(&records.iter().collect::<Vec<_>>(), 0.8).map(|(sigma, _)| sigma), Some(0.002));
        assert_eq!(verdict(with_inhibition, &study(0.8, &[[0.3; 2]; 5])), Verdict::Contradicted);
        assert_eq!(verdict(with_inhibition, &study(0.8, &[[0.45; 2]; 4])), Verdict::NotTested);
        assert_eq!(verdict(without, &study(1.0, &[[0.29; 2]; 5])), Verdict::Supported);
        assert_eq!(verdict(without, &study(1.0, &[[0.29, 0.33]; 5])), Verdict::Contradicted);
        assert_eq!(verdict(without, &study(0.8, &[[0.29; 2]; 5])), Verdict::NotTested);
    }
}
