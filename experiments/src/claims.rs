//! Tests the claims of the published study on records, by criteria that are fixed here.
//!
//! A claim is *supported* or *contradicted* if its criterion decides, *inconclusive* if there is too little data, and *not
//! tested* without trials of its conditions. All criteria use means over independent repeats at one level, [`ALPHA`]. Claims with
//! a number test that number. Source: Kilgore, Kopsick, Ascoli and Adam, Sci Rep 15, 24798 (2025).

mod best;
mod best_spread;
mod by_condition;
mod collapse;
mod digits;
mod distances;
mod inhibition;
mod linear;
mod rates;
mod silent;
mod unconstrained;

use ohmspike_analysis::drawn::streams;
use ohmspike_snn::neuron::Neuron;
use ohmspike_stats::draws::Draws;
use ohmspike_stats::equivalence::Agreement;
use ohmspike_stats::{ALPHA, MIN_REPEATS};
use ohmspike_study::prepare::Devices;
use ohmspike_study::record::Record;
use ohmspike_study::settings::Settings;

use crate::published::FULL;

/// A claim with its test.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// The claim.
    pub claim: &'static str,
    /// Criterion that decides.
    pub criterion: &'static str,
    /// Result.
    pub finding: Finding,
}

/// Result of a test.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Verdict.
    pub verdict: Verdict,
    /// Numbers behind the verdict.
    pub evidence: String,
}

/// Verdict on a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The criterion holds.
    Supported,
    /// The criterion fails significantly.
    Contradicted,
    /// Too little data to decide.
    Inconclusive,
    /// No trials of the conditions of the claim.
    NotTested,
}

impl Verdict {
    /// Combines the verdicts on all parts of a claim; all must hold.
    fn of_all(parts: &[Verdict]) -> Verdict {
        match parts {
            all if all.iter().all(|verdict| *verdict == Verdict::Supported) => Verdict::Supported,
            some if some.contains(&Verdict::Contradicted) => Verdict::Contradicted,
            _ => Verdict::Inconclusive,
        }
    }

    /// Returns the verdict as text.
    pub fn words(self) -> &'static str {
        match self {
            Verdict::Supported => "supported",
            Verdict::Contradicted => "contradicted",
            Verdict::Inconclusive => "inconclusive",
            Verdict::NotTested => "not tested by this study",
        }
    }
}

impl From<Agreement> for Verdict {
    fn from(agreement: Agreement) -> Verdict {
        match agreement {
            Agreement::Agrees => Verdict::Supported,
            Agreement::Disagrees => Verdict::Contradicted,
            Agreement::Open => Verdict::Inconclusive,
        }
    }
}

/// Returns the random draws of a trial from its record.
fn draws(record: &Record) -> Draws {
    let settings = &record.settings;
    let streams = if settings.has_device() { [true; 5] } else { streams(settings, &Devices::default()) };
    ohmspike_analysis::drawn::draws(settings, record.seed, streams)
}

impl Finding {
    fn new(verdict: Verdict, evidence: impl Into<String>) -> Finding {
        Finding { verdict, evidence: evidence.into() }
    }

    fn not_tested(why: impl Into<String>) -> Finding {
        Finding::new(Verdict::NotTested, why)
    }
}

/// Tests all claims on `records` that differ only in excitatory fraction, noise, initial weight spread and seed.
pub fn claims(records: &[&Record]) -> Vec<Claim> {
    let digits = !records.is_empty() && records.iter().all(|record| record.settings.data.set == DIGITS);
    let all = |kind: fn(&Settings) -> bool| !records.is_empty() && records.iter().all(|record| kind(&record.settings));
    let tested = |claims: &[Tested]| {
        let test = |&(claim, criterion, find): &Tested| Claim { claim, criterion, finding: find(records) };
        claims.iter().map(test).collect()
    };
    match (digits, all(unconstrained::as_published)) {
        (true, true) => tested(&[unconstrained::ON_DIGITS]),
        (true, false) if !all(digits::as_published) => Vec::new(),
        (true, false) => tested(&[digits::WITH_INHIBITION, digits::WITHOUT, rates::LOW_RATES, distances::CLAIM]),
        (false, true) if records.iter().all(|record| record.settings.data.set == FULL) => {
            tested(&[unconstrained::ON_IMAGES])
        }
        (false, true) => Vec::new(),
        (false, false) => about_images(records),
    }
}

/// Returns whether a network is of the published kind but for its signs: one hidden layer of leaky neurons, without
/// recurrent connections and devices.
fn of_published_kind(settings: &Settings) -> bool {
    let network = &settings.network;
    network.neuron == Neuron::Lif && !network.recurrent && settings.hidden_layers().len() == 1 && !settings.has_device()
}

/// Tests the claims about images under Dale's law.
fn about_images(records: &[&Record]) -> Vec<Claim> {
    let full: Vec<&Record> = records.iter().copied().filter(|record| record.settings.data.set == FULL).collect();
    let of_noise = with_first_weights_of_the_noise_study(&full);
    let test = |((claim, criterion, find), about_rates): (Tested, bool)| {
        let finding = if full.is_empty() && !records.is_empty() {
            Finding::not_tested("the claim is about the full Fashion-MNIST, and these trials use other data")
        } else {
            find(if about_rates { &full } else { &of_noise })
        };
        Claim { claim, criterion, finding }
    };
    let noise = [linear::CLAIM, collapse::AT_30, collapse::FROM_50, inhibition::CLAIM, best::AT_40, best::AT_60];
    let rates = [rates::PEAKS, rates::LOW_RATES, distances::CLAIM];
    let all = noise.into_iter().map(|claim| (claim, false)).chain(rates.into_iter().map(|claim| (claim, true)));
    all.map(test).collect()
}

/// Selects the records for claims about noise: with several initial weight spreads, only that of the published noise study.
fn with_first_weights_of_the_noise_study<'a>(records: &[&'a Record]) -> Vec<&'a Record> {
    let published = Settings::default().weights.sigma_init;
    let sigma = |record: &Record| record.settings.weights.sigma_init;
    let several = records.iter().any(|record| sigma(record) != sigma(records[0]));
    records.iter().copied().filter(|record| !several || sigma(record) == published).collect()
}

/// Data set of the claims about spoken digits.
pub const DIGITS: &str = "shd";

/// Claim, criterion, and the function that tests it.
type Tested = (&'static str, &'static str, fn(&[&Record]) -> Finding);

/// Tests only: creates one record per outcome, at an excitatory fraction and a noise level.
#[cfg(test)]
fn made(fraction: f64, level: f64, outcomes: &[f64]) -> Vec<Record> {
    let record = |(seed, outcome): (u64, &f64)| {
        let mut record = ohmspike_study::record::empty_record();
        record.seed = seed;
        record.settings.data.set = FULL.to_owned();
        record.settings.network.excitatory_fraction = fraction;
        record.settings.noise.level_percent = level;
        record.outcome = Some(*outcome);
        record
    };
    (1..).zip(outcomes).map(record).collect()
}

/// Tests only: returns the verdict of `find`.
#[cfg(test)]
fn verdict(find: fn(&[&Record]) -> Finding, records: &[Record]) -> Verdict {
    find(&records.iter().collect::<Vec<&Record>>()).verdict
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_other_data_test_no_claim() {
        let mut records = made(0.5, 30.0, &[0.32, 0.33, 0.34]);
        let found = |records: &[Record]| claims(&records.iter().collect::<Vec<&Record>>())[1].finding.clone();
        assert_eq!(found(&records).verdict, Verdict::Supported);
        records.iter_mut().for_each(|record| record.settings.data.set = "fashion-mnist-subset".to_owned());
        assert_eq!(found(&records).verdict, Verdict::NotTested);
    }
}
