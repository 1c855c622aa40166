//! Tests whether Van Rossum distances differ: between pairs of populations at one stage, and between stages for the
//! same pairs.
//!
//! Networks with the same seed start from the same weights, so they are not independent repeats. Each seed therefore
//! gives one value per group: the mean over its networks of their mean pair distance (root reading,
//! [`ohmspike_snn::metrics::van_rossum`]). Groups are compared with paired t tests over seeds, adjusted by Holm. Pairs
//! of populations are compared within each network first.

use std::collections::BTreeMap;

use ohmspike_snn::metrics::van_rossum::{Distance, PairDistances};
use ohmspike_stats::draws::{Drawn, Draws};
use ohmspike_stats::paired::{Adjusted, Paired, PairedError, adjusted};
use ohmspike_study::record::Record;
use ohmspike_study::success::Success;

use super::{Table, number, probability};
use crate::stage::{Seen, Stage};

/// Populations of a pair of neurons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairKind {
    /// Both excitatory.
    EE,
    /// Excitatory and inhibitory.
    EI,
    /// Both inhibitory.
    II,
}

impl PairKind {
    /// All kinds of pairs.
    pub const ALL: [PairKind; 3] = [PairKind::EE, PairKind::EI, PairKind::II];

    /// Returns the usual abbreviation.
    pub fn words(self) -> &'static str {
        match self {
            PairKind::EE => "E-E",
            PairKind::EI => "E-I",
            PairKind::II => "I-I",
        }
    }

    /// Returns the mean distance of these pairs; none without pairs.
    pub fn of(self, distances: &PairDistances) -> Option<Distance> {
        match self {
            PairKind::EE => distances.ee,
            PairKind::EI => distances.ei,
            PairKind::II => distances.ii,
        }
    }
}

/// Stages that are compared.
pub const STAGES: [Stage; 3] = [Stage::INITIAL, Stage::SUCCESSFUL, Stage::FAILED];

/// A comparison of two groups.
#[derive(Clone, Debug, PartialEq)]
pub struct DistanceTest {
    /// Excitatory fraction of the networks; none for all of them.
    pub excitatory_fraction: Option<f64>,
    /// What both groups share: a stage, or a kind of pair.
    pub within: String,
    /// Names of the groups.
    pub groups: [&'static str; 2],
    /// Mean distance of each group, over seeds.
    pub means: [f64; 2],
    /// Number of seeds with both groups.
    pub seeds: usize,
    /// Test of the first minus the second group, adjusted within its family; or why there is none.
    pub test: Result<Adjusted, PairedError>,
}

/// Excitatory fractions in `records`, ascending.
pub fn fractions(records: &[&Record]) -> Vec<f64> {
    let mut fractions: Vec<f64> = records.iter().map(|record| record.settings.network.excitatory_fraction).collect();
    fractions.sort_by(f64::total_cmp);
    fractions.dedup();
    fractions
}

/// Returns every comparison that `records` allow: of all networks, then by excitatory fraction if there are several.
pub fn tests(records: &[&Record]) -> Vec<DistanceTest> {
    let fractions = fractions(records);
    let each = fractions.iter().map(|fraction| Some(*fraction)).filter(|_| fractions.len() > 1);
    std::iter::once(None).chain(each).flat_map(|fraction| tests_of(records, fraction)).collect()
}

fn tests_of(records: &[&Record], fraction: Option<f64>) -> Vec<DistanceTest> {
    let is_one =
        |record: &&Record| fraction.is_none_or(|fraction| record.settings.network.excitatory_fraction == fraction);
    let records: Vec<&Record> = records.iter().copied().filter(is_one).collect();
    let networks = STAGES.map(|stage| stage.networks(&records));
    let at_stage = |number: usize| {
        let compared = PAIRS.map(|[one, other]| {
            let (one, other) = (PairKind::ALL[one], PairKind::ALL[other]);
            // Networks with both kinds of pairs.
            let both = |seen: &Seen| Some([root(seen, one)?, root(seen, other)?]);
            let [first, second] = [0, 1].map(|place| by_seed(&networks[number], |seen| Some(both(seen)?[place])));
            ([one.words(), other.words()], first, second)
        });
        family(fraction, STAGES[number].words(), compared)
    };
    let of_kind = |kind: PairKind| {
        let compared = PAIRS.map(|[one, other]| {
            let of = |number: usize| by_seed(&networks[number], |seen| root(seen, kind));
            ([STAGES[one].words(), STAGES[other].words()], of(one), of(other))
        });
        family(fraction, kind.words(), compared)
    };
    (0..STAGES.len()).flat_map(at_stage).chain(PairKind::ALL.into_iter().flat_map(of_kind)).collect()
}

/// Pairs of three groups.
const PAIRS: [[usize; 2]; 3] = [[0, 1], [0, 2], [1, 2]];

fn root(seen: &Seen, kind: PairKind) -> Option<f64> {
    Some(kind.of(&seen.observation.distances)?.root)
}

/// Mean of `of` over the networks of each seed.
fn by_seed(networks: &[Seen], of: impl Fn(&Seen) -> Option<f64>) -> Vec<Drawn> {
    let mut seeds: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for seen in networks {
        if let Some(value) = of(seen) {
            seeds.entry(seen.record.seed).or_default().push(value);
        }
    }
    seeds.into_iter().map(|(seed, values)| (Draws::all(seed), mean(&values))).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Two groups with their names and values by seed.
type Compared = ([&'static str; 2], Vec<Drawn>, Vec<Drawn>);

/// Tests the comparisons with values in both groups, adjusted together.
fn family(fraction: Option<f64>, within: &str, compared: [Compared; 3]) -> Vec<DistanceTest> {
    let compared: Vec<Compared> =
        compared.into_iter().filter(|(_, one, other)| !one.is_empty() && !other.is_empty()).collect();
    let tests = adjusted(compared.iter().map(|(_, one, other)| Paired::new(one, other)).collect());
    let one = |((groups, one, other), test): (Compared, Result<Adjusted, PairedError>)| {
        let values = |drawn: &[Drawn]| drawn.iter().map(|value| value.1).collect::<Vec<f64>>();
        DistanceTest {
            excitatory_fraction: fraction,
            within: within.to_owned(),
            groups,
            means: [mean(&values(&one)), mean(&values(&other))],
            seeds: one.iter().filter(|value| other.iter().any(|other| other.0 == value.0)).count(),
            test,
        }
    };
    compared.into_iter().zip(tests).map(one).collect()
}

/// Returns the comparisons as a table with one row each; none without comparisons.
pub fn table(records: &[&Record]) -> Option<Table> {
    let tests = tests(records);
    let header = [
        "excitatory_fraction",
        "within",
        "group",
        "compared_with",
        "seeds",
        "mean_group",
        "mean_compared_with",
        "difference",
        "ci95_low",
        "ci95_high",
        "t",
        "p",
        "p_holm",
    ];
    (!tests.is_empty()).then(|| Table {
        name: "spike-train-distances-tests".to_owned(),
        title: "Van Rossum distances compared".to_owned(),
        caption: format!(
            "Mean root reading of the Van Rossum distance over pairs of hidden neurons on the test set (time constant: \
             one time step). Networks with the same seed start from the same weights, so each seed gives one value, \
             the mean over its networks. Paired t tests over seeds; p adjusted by Holm within the rows with the same \
             fraction and the same `within`; no test below 3 seeds. Pairs of populations are compared in networks \
             that have both. Successful: {}. Trials that start from the same network count once among the initial \
             ones.",
            Success::words_of(records.iter().map(|record| &record.settings))
        ),
        header: header.map(str::to_owned).to_vec(),
        rows: tests.iter().map(row).collect(),
        leading: tests.iter().filter(|test| test.excitatory_fraction.is_none()).count(),
        rest: "by excitatory fraction",
        origin: Default::default(),
    })
}

fn row(test: &DistanceTest) -> Vec<String> {
    let found = test.test.as_ref().ok();
    let paired = found.map(|found| found.test);
    let p = |value: Option<f64>| value.map(probability).unwrap_or_default();
    vec![
        test.excitatory_fraction.map_or_else(|| "all".to_owned(), |fraction| fraction.to_string()),
        test.within.clone(),
        test.groups[0].to_owned(),
        test.groups[1].to_owned(),
        test.seeds.to_string(),
        number(Some(test.means[0])),
        number(Some(test.means[1])),
        number(Some(paired.map_or(test.means[0] - test.means[1], |test| test.difference))),
        number(paired.map(|test| test.ci95.0)),
        number(paired.map(|test| test.ci95.1)),
        number(paired.map(|test| test.t)),
        p(paired.map(|test| test.p)),
        p(found.map(|found| found.adjusted_p)),
    ]
}

#[cfg(test)]
mod tests_of_tables {
    use super::*;
    use crate::fixture::observed as record;

    #[test]
    fn every_seed_gives_one_value() {
        // Two networks per seed after training; E-I is 1 more than E-E, I-I 2 more, plus a small offset.
        let of = |seed: u64, after: f64| {
            let mut record = record(seed, 0.8, 0.9, 0.1 * seed as f64, Some(after));
            let distances = &mut record.after.as_mut().expect("trained").distances;
            distances.ei = distances.ei.map(|one| Distance { root: one.root + 0.001 * (seed * seed) as f64, ..one });
            record
        };
        let records: Vec<Record> =
            (0..4).flat_map(|seed| [of(seed, 1.0 + 0.1 * seed as f64), of(seed, 1.2 + 0.1 * seed as f64)]).collect();
        let tests = tests(&records.iter().collect::<Vec<&Record>>());
        // Initial, successful; E-E, E-I, I-I over initial and successful; no failed networks and one fraction.
        let within: Vec<(&str, [&str; 2])> = tests.iter().map(|test| (test.within.as_str(), test.groups)).collect();
        assert_eq!(within[3], ("successful", ["E-E", "E-I"]));
        assert_eq!(within[6..], ["E-E", "E-I", "I-I"].map(|kind| (kind, ["initial", "successful"])));
        let found = tests[3].test.expect("four seeds");
        assert_eq!((tests[3].seeds, found.test.n), (4, 4), "eight networks are four repeats");
        assert!((found.test.difference + 1.0 + 0.001 * 14.0 / 4.0).abs() < 1e-9);

        let table = table(&records.iter().collect::<Vec<&Record>>()).expect("tests");
        assert_eq!((table.rows.len(), table.leading), (9, 9));
        assert!(table.rows.iter().all(|row| row.len() == table.header.len()));
        assert_eq!(table.rows[3][..5], ["all", "successful", "E-E", "E-I", "4"]);
    }

    #[test]
    fn compares_each_fraction_separately_too() {
        let of = |seed, fraction, value| record(seed, fraction, 0.9, value, Some(value + 1.0));
        let records = [of(1, 0.5, 0.1), of(2, 0.5, 0.2), of(1, 0.8, 0.3), of(2, 0.8, 0.4)];
        let records: Vec<&Record> = records.iter().collect();
        let tests = tests(&records);
        let fractions: Vec<Option<f64>> = tests.iter().map(|test| test.excitatory_fraction).collect();
        assert_eq!(fractions, [[None; 9], [Some(0.5); 9], [Some(0.8); 9]].concat());
        // Two seeds have values but no test.
        assert!(tests.iter().all(|test| test.test == Err(PairedError::TooFew { n: 2 })));
        assert_eq!(table(&[]), None);
    }
}
