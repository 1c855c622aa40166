//! Inhibitory neurons have larger spike train distances than excitatory ones in successful networks.

use std::collections::BTreeMap;

use ohmspike_analysis::sweep::ratio;
use ohmspike_stats::Estimate;
use ohmspike_stats::equivalence::agreement;
use ohmspike_study::record::Record;
use ohmspike_study::success::succeeded;

use super::by_condition::fractions;
use super::{Finding, MIN_REPEATS, Tested, Verdict};

/// The claim.
pub const CLAIM: Tested = (
    "Van Rossum distances of I-I pairs exceed those of E-E pairs in successful networks",
    "Successful trials (best accuracy above 50 %; spoken digits: outcome above 30 %), after the last epoch: mean distance (root of the summed square, time constant of one time step) of I-I pairs minus \
     that of E-E pairs in the same network. One value per seed, the mean over its conditions, because networks of one seed start alike. Supported if \
     the 95 % interval of the mean (Student's t) is above 0 in every fraction with at least 3 seeds. Contradicted if an interval, at 5 % divided by \
     the number of fractions, is below 0.",
    find,
);

/// Tests the claim.
pub fn find(records: &[&Record]) -> Finding {
    let of = |fraction| {
        Some((fraction, Estimate::new(&by_seed(records, fraction)).filter(|sample| sample.n >= MIN_REPEATS)?))
    };
    let tested: Vec<(f64, Estimate)> = fractions(records).into_iter().filter_map(of).collect();
    if tested.is_empty() {
        let why = format!("it needs successful networks of {MIN_REPEATS} seeds with both populations");
        return Finding::not_tested(why);
    }
    let verdict = |(_, sample): &(f64, Estimate)| agreement(sample, 0.0, f64::INFINITY, tested.len()).into();
    let words = |(of, sample): &(f64, Estimate)| {
        let interval = sample.ci95.map(|(low, high)| format!(" ({low:+.3} to {high:+.3})")).unwrap_or_default();
        format!("{}: I-I minus E-E {:+.3}{interval}, {} seeds", ratio(*of), sample.mean, sample.n)
    };
    let verdicts: Vec<Verdict> = tested.iter().map(verdict).collect();
    Finding::new(Verdict::of_all(&verdicts), tested.iter().map(words).collect::<Vec<_>>().join("; "))
}

/// Returns I-I minus E-E of the successful networks of one fraction: one mean per seed.
fn by_seed(records: &[&Record], fraction: f64) -> Vec<f64> {
    let difference = |record: &&Record| {
        let distances = record.after.as_ref().filter(|_| succeeded(record))?.distances;
        Some((record.seed, distances.ii?.root - distances.ee?.root))
    };
    let here = records.iter().filter(|record| record.settings.network.excitatory_fraction == fraction);
    let mut seeds: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for (seed, difference) in here.filter_map(difference) {
        seeds.entry(seed).or_default().push(difference);
    }
    seeds.values().map(|differences| differences.iter().sum::<f64>() / differences.len() as f64).collect()
}

#[cfg(test)]
mod tests {
    use ohmspike_snn::metrics::van_rossum::{Distance, PairDistances};

    use super::super::{made, verdict};
    use super::*;

    fn networks(peak: f64, differences: &[f64]) -> Vec<Record> {
        let mut records = made(0.8, 1.0, &vec![peak; differences.len()]);
        for (record, difference) in records.iter_mut().zip(differences) {
            record.accuracy = vec![peak];
            let distance = |root| Some(Distance { root, square: root * root });
            let distances = PairDistances { ee: distance(0.9), ei: distance(0.9), ii: distance(0.9 + difference) };
            record.after = Some(ohmspike_study::observation::Observation { distances, ..Default::default() });
        }
        records
    }

    #[test]
    fn mean_differences_of_seeds_decide() {
        let [apart, near, mixed] = [[0.1, 0.12, 0.11], [-0.1, -0.12, -0.11], [0.1, -0.2, 0.15]];
        assert_eq!(verdict(find, &networks(0.7, &apart)), Verdict::Supported);
        assert_eq!(verdict(find, &networks(0.7, &near)), Verdict::Contradicted);
        assert_eq!(verdict(find, &networks(0.7, &mixed)), Verdict::Inconclusive);
        assert_eq!(verdict(find, &networks(0.4, &apart)), Verdict::NotTested);
        assert_eq!(verdict(find, &networks(0.7, &apart[..2])), Verdict::NotTested);
        // More networks of the same seeds add no evidence; here they move the means back to zero.
        let twice = [networks(0.7, &apart), networks(0.7, &near)].concat();
        assert_eq!(verdict(find, &twice), Verdict::Inconclusive);
    }
}
