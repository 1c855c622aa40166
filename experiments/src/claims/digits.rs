//! Accuracy on spoken digits with and without inhibition.

use std::collections::BTreeSet;

use ohmspike_analysis::sweep::ratio;
use ohmspike_stats::equivalence::agreement;
use ohmspike_study::record::Record;
use ohmspike_study::settings::{Settings, WeightSigns};

use super::best_spread::chosen;
use super::by_condition::words;
use super::silent::is_silent;
use super::{Finding, MIN_REPEATS, Tested, Verdict, of_published_kind};

/// The claim about networks with inhibition.
pub const WITH_INHIBITION: Tested = (
    "Networks with inhibition recognise about 45 % of spoken digits",
    "Noise-free trials of 80:20 at five or more initial weight spreads, without silent networks. Each seed is tested at the spread that is \
     best for the other seeds. Supported if the 95 % interval of the mean over at least 3 seeds is between 40 and 50 %. Contradicted if the \
     whole interval is outside.",
    with_inhibition,
);
/// The claim about purely excitatory networks.
pub const WITHOUT: Tested = (
    "Networks without inhibition recognise less than 30 %",
    "The same for 100:0: supported if the 95 % interval of the mean is below 30 %, contradicted if it is above.",
    without,
);
/// Smallest number of initial weight spreads, chosen: the best of fewer may be far from the best of all.
const MIN_SPREADS: usize = 5;
/// Accuracies of the text of the paper: about 45 % with 20 % inhibitory neurons, and below 30 % without any.
const WITH: f64 = 0.45;
const BELOW: f64 = 0.3;
/// Meaning of "about", chosen: the distance to the next round number, 40 or 50 %.
const ABOUT: f64 = 0.05;
/// Excitatory fractions of the claims, 0 to 1.
const INHIBITED: f64 = 0.8;
const EXCITATORY: f64 = 1.0;

/// Returns whether a network is of the published kind under Dale's law.
pub fn as_published(settings: &Settings) -> bool {
    settings.network.signs == WeightSigns::Constrained && of_published_kind(settings)
}

fn judged(records: &[&Record], of: f64, (low, high): (f64, f64)) -> Finding {
    let here: Vec<&Record> = records
        .iter()
        .copied()
        .filter(|record| {
            record.settings.network.excitatory_fraction == of && record.settings.noise.level_percent == 0.0
        })
        .collect();
    let spreads: BTreeSet<u64> = here
        .iter()
        .filter(|record| record.outcome.is_some() && !is_silent(record))
        .map(|record| record.settings.weights.sigma_init.to_bits())
        .collect();
    if spreads.len() < MIN_SPREADS {
        let why = format!(
            "it needs {MIN_SPREADS} initial weight spreads without noise at which networks of {} spike, got {}",
            ratio(of),
            spreads.len()
        );
        return Finding::not_tested(why);
    }
    let Some(chosen) = chosen(&here, |record| record.outcome).filter(|chosen| chosen.sample.n >= MIN_REPEATS) else {
        let why = format!("{}: fewer than {MIN_REPEATS} seeds at {} spreads", ratio(of), spreads.len());
        return Finding::new(Verdict::Inconclusive, why);
    };
    let verdict = agreement(&chosen.sample, low, high, 1).into();
    let evidence = format!("{}: {}, chosen spreads {}", ratio(of), words(&chosen.sample), chosen.words());
    Finding::new(verdict, evidence)
}

/// Tests the claim on 80:20.
fn with_inhibition(records: &[&Record]) -> Finding {
    judged(records, INHIBITED, (WITH - ABOUT, WITH + ABOUT))
}

/// Tests the claim on 100:0.
fn without(records: &[&Record]) -> Finding {
    judged(records, EXCITATORY, (f64::NEG_INFINITY, BELOW))
}

#[cfg(test)]
mod tests {
    use super::super::{made, verdict};
    use super::*;

    fn study<const N: usize>(of: f64, outcomes: &[[f64; N]]) -> Vec<Record> {
        let at = |(place, seeds): (usize, &[f64; N])| {
            let mut records = made(of, 0.0, seeds);
            records.iter_mut().for_each(|record| record.settings.weights.sigma_init = 0.001 * (place + 1) as f64);
            records
        };
        outcomes.iter().enumerate().flat_map(at).collect()
    }

    #[test]
    fn the_number_is_tested_at_the_spreads_of_other_seeds() {
        let with_best = |best: [f64; 4]| study(0.8, &[[0.05, 0.06, 0.05, 0.04], best, [0.2; 4], [0.1; 4], [0.1; 4]]);
        assert_eq!(verdict(with_inhibition, &with_best([0.44, 0.45, 0.46, 0.45])), Verdict::Supported);
        assert_eq!(verdict(with_inhibition, &with_best([0.30, 0.31, 0.32, 0.31])), Verdict::Contradicted);
        assert_eq!(verdict(with_inhibition, &with_best([0.40, 0.50, 0.46, 0.45])), Verdict::Inconclusive);
        let few = study(0.8, &[[0.45, 0.46, 0.44]; 4]);
        assert_eq!(verdict(with_inhibition, &few), Verdict::NotTested);
        assert_eq!(verdict(without, &study(1.0, &[[0.25, 0.26, 0.24]; 5])), Verdict::Supported);
        assert_eq!(verdict(without, &study(1.0, &[[0.35, 0.36, 0.34]; 5])), Verdict::Contradicted);
        assert_eq!(verdict(without, &study(0.8, &[[0.25, 0.26, 0.24]; 5])), Verdict::NotTested);
    }

    #[test]
    fn one_seed_is_inconclusive() {
        let spreads: Vec<[f64; 1]> = (0..18).map(|place| [0.3 + 0.01 * place as f64]).collect();
        for (fraction, find) in [(0.8, with_inhibition as fn(&[&Record]) -> Finding), (1.0, without)] {
            assert_eq!(verdict(find, &study(fraction, &spreads)), Verdict::Inconclusive);
        }
    }
}
