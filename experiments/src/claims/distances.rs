//! Inhibitory neurons fire further apart than excitatory ones in networks that have learnt.

use super::by_condition::shares;
use super::{Finding, Tested, Verdict};
use crate::record::Record;
use crate::statistics::sign_test::SignTest;
use crate::sweep::share;

/// The claim.
pub const CLAIM: Tested = (
    "Van Rossum distances of I-I pairs exceed those of E-E pairs in successful networks",
    "Trials whose accuracy peaks above 50 %, after their last epoch: mean distance (the root of the summed square, time constant 1 ms) of I-I pairs \
     less that of E-E pairs of the same network. In every share with at least 8 such networks the difference is above 0 in most of them, with p below 0.01 \
     (sign test, two-sided, networks of all noise levels as independent ones); contradicted where in one share p is below 0.01 the other way.",
    find,
);
const SUCCESS: f64 = 0.5;
/// With 8 of 8 on one side p is 0.008.
const LEAST_NETWORKS: usize = 8;
const ALPHA: f64 = 0.01;

/// What `records` say.
pub fn find(records: &[&Record]) -> Finding {
    let tested: Vec<(f64, Vec<f64>, SignTest)> =
        shares(records).into_iter().filter_map(|share| of_share(records, share)).collect();
    if tested.is_empty() {
        let why = format!("no share with both populations and {LEAST_NETWORKS} networks that peak above 50 %");
        return Finding::not_tested(why);
    }
    let verdict = |(_, _, test): &(f64, Vec<f64>, SignTest)| match (test.p < ALPHA, test.above > test.below) {
        (true, true) => Verdict::Supported,
        (true, false) => Verdict::Contradicted,
        _ => Verdict::Open,
    };
    let words = |(of, differences, test): &(f64, Vec<f64>, SignTest)| {
        let mean = differences.iter().sum::<f64>() / differences.len() as f64;
        let (above, n) = (test.above, differences.len());
        format!(
            "{}: I-I less E-E {mean:+.3} in the mean, above 0 in {above} of {n} networks, p = {:.2e}",
            share(*of),
            test.p
        )
    };
    let verdicts: Vec<Verdict> = tested.iter().map(verdict).collect();
    Finding::new(Verdict::of_all(&verdicts), tested.iter().map(words).collect::<Vec<_>>().join("; "))
}

/// The differences of the successful networks of one share, and their test.
fn of_share(records: &[&Record], share: f64) -> Option<(f64, Vec<f64>, SignTest)> {
    let difference = |record: &&Record| {
        let successful = record.peak().is_some_and(|peak| peak.1 > SUCCESS);
        let distances = record.after.as_ref().filter(|_| successful)?.distances;
        Some(distances.ii?.root - distances.ee?.root)
    };
    let here = records.iter().filter(|record| record.settings.network.excitatory_fraction == share);
    let differences: Vec<f64> = here.filter_map(difference).collect();
    if differences.len() < LEAST_NETWORKS {
        return None;
    }
    let test = SignTest::of(&differences).ok()?;
    Some((share, differences, test))
}

#[cfg(test)]
mod tests {
    use snn::metrics::van_rossum::{Distance, PairDistances};

    use super::super::{made, verdict};
    use super::*;

    fn networks(peak: f64, differences: &[f64]) -> Vec<Record> {
        let mut records = made(0.8, 1.0, &vec![peak; differences.len()]);
        for (record, difference) in records.iter_mut().zip(differences) {
            record.accuracy = vec![peak];
            let distance = |root| Some(Distance { root, square: root * root });
            let distances = PairDistances { ee: distance(0.9), ei: distance(0.9), ii: distance(0.9 + difference) };
            record.after = Some(crate::observation::Observation { distances, classes: Vec::new() });
        }
        records
    }

    #[test]
    fn pairs_of_the_same_network_decide() {
        let ten = |above: usize| -> Vec<f64> { (0..10).map(|n| if n < above { 0.1 } else { -0.2 }).collect() };
        assert_eq!(verdict(find, &networks(0.7, &ten(10))), Verdict::Supported);
        assert_eq!(verdict(find, &networks(0.7, &ten(0))), Verdict::Contradicted);
        assert_eq!(verdict(find, &networks(0.7, &ten(7))), Verdict::Open);
        assert_eq!(verdict(find, &networks(0.4, &ten(10))), Verdict::NotTested);
        assert_eq!(verdict(find, &networks(0.7, &ten(10)[..7])), Verdict::NotTested);
    }
}
