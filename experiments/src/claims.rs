//! The claims of the published study, each held against records by a criterion that is fixed here.
//!
//! A claim is *supported* or *contradicted* where its criterion decides, *inconclusive* where the data do not suffice, and
//! *not tested* where there are no trials of its conditions. Every criterion is one of means over independent repeats, at
//! one level: [`ALPHA`]. A claim with a number tests the number. Kilgore, Kopsick, Ascoli and Adam, Sci Rep 15, 24798 (2025).

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

use ohmspike_analysis::drawn::streams;
use ohmspike_stats::draws::Draws;
use ohmspike_stats::equivalence::Agreement;
use ohmspike_stats::{ALPHA, LEAST_REPEATS};
use ohmspike_study::prepare::Devices;
use ohmspike_study::record::Record;
use ohmspike_study::settings::Settings;

use crate::published::FULL;

/// A claim and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// What is claimed.
    pub claim: &'static str,
    /// What decides.
    pub criterion: &'static str,
    /// What was found.
    pub finding: Finding,
}

/// What records say of a claim.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Whether they support it.
    pub verdict: Verdict,
    /// The numbers that decide.
    pub evidence: String,
}

/// Whether a claim is supported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The criterion holds.
    Supported,
    /// The criterion fails, beyond chance.
    Contradicted,
    /// The data do not suffice to tell.
    Inconclusive,
    /// No trials of the conditions that the claim is about.
    NotTested,
}

/// Repeats without which no mean is judged.
const LEAST: usize = LEAST_REPEATS;

impl Verdict {
    /// What follows from the verdicts on the parts of a claim, all of which must hold.
    fn of_all(parts: &[Verdict]) -> Verdict {
        match parts {
            all if all.iter().all(|verdict| *verdict == Verdict::Supported) => Verdict::Supported,
            some if some.contains(&Verdict::Contradicted) => Verdict::Contradicted,
            _ => Verdict::Inconclusive,
        }
    }

    /// The verdict in words.
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

/// What drew a trial, by its record alone.
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

/// Every claim, held against `records`, which differ in nothing but excitatory share, noise, first weights and seed.
pub fn claims(records: &[&Record]) -> Vec<Claim> {
    if !records.is_empty() && records.iter().all(|record| record.settings.data.set == DIGITS) {
        if !records.iter().all(|record| digits::as_published(&record.settings)) {
            return Vec::new();
        }
        let about_digits = [digits::WITH_INHIBITION, digits::WITHOUT, rates::LOW_RATES];
        return about_digits.map(|(claim, criterion, find)| Claim { claim, criterion, finding: find(records) }).into();
    }
    let full: Vec<&Record> = records.iter().copied().filter(|record| record.settings.data.set == FULL).collect();
    let of_noise = with_first_weights_of_the_noise_study(&full);
    let test = |((claim, criterion, find), about_rates): (Tested, bool)| {
        let finding = if full.is_empty() && !records.is_empty() {
            Finding::not_tested("the claim is about all of Fashion-MNIST, and these trials learn something else")
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

/// Those of `records` that the claims about noise are about: where several spreads of first weights were run, that of the
/// published noise study alone.
fn with_first_weights_of_the_noise_study<'a>(records: &[&'a Record]) -> Vec<&'a Record> {
    let published = Settings::default().weights.sigma_init;
    let sigma = |record: &Record| record.settings.weights.sigma_init;
    let several = records.iter().any(|record| sigma(record) != sigma(records[0]));
    records.iter().copied().filter(|record| !several || sigma(record) == published).collect()
}

/// The data set of the claims about spoken digits.
const DIGITS: &str = "shd";

/// What is claimed, what decides, and the function that does.
type Tested = (&'static str, &'static str, fn(&[&Record]) -> Finding);

/// Tests only: made-up records of outcomes at a share and level, one a seed.
#[cfg(test)]
fn made(share: f64, level: f64, outcomes: &[f64]) -> Vec<Record> {
    let record = |(seed, outcome): (u64, &f64)| {
        let mut record = ohmspike_study::record::empty_record();
        record.seed = seed;
        record.settings.data.set = FULL.to_owned();
        record.settings.network.excitatory_fraction = share;
        record.settings.noise.level_percent = level;
        record.outcome = Some(*outcome);
        record
    };
    (1..).zip(outcomes).map(record).collect()
}

/// Tests only: the verdict of `find` on made-up records.
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
