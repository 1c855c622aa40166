//! Whether Van Rossum distances differ: between pairs of populations at a stage, and between stages for the same pairs.
//!
//! Each network gives one value a group, the mean over its pairs of neurons of the root reading
//! ([`snn::metrics::van_rossum`]). Groups are compared by the Kruskal-Wallis test and, two at a time, by Dunn's test with Holm's
//! adjustment. Both take groups to be independent; here the same networks stand behind several groups, so that p values
//! say how far groups lie apart beside their spread, and are no probabilities of a designed experiment.

use snn::metrics::van_rossum::{Distance, PairDistances};

use super::{Table, number, probability};
use crate::record::Record;
use crate::stage::Stage;
use crate::statistics::dunn::{Pair, dunn};
use crate::statistics::kruskal::KruskalWallis;
use crate::statistics::quantile;
use crate::success::Success;

/// The populations of two neurons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairKind {
    /// Both excitatory.
    EE,
    /// One of each.
    EI,
    /// Both inhibitory.
    II,
}

impl PairKind {
    /// All of them.
    pub const ALL: [PairKind; 3] = [PairKind::EE, PairKind::EI, PairKind::II];

    /// As the literature writes it.
    pub fn words(self) -> &'static str {
        match self {
            PairKind::EE => "E-E",
            PairKind::EI => "E-I",
            PairKind::II => "I-I",
        }
    }

    /// The mean distance of such pairs; none where there are none.
    pub fn of(self, distances: &PairDistances) -> Option<Distance> {
        match self {
            PairKind::EE => distances.ee,
            PairKind::EI => distances.ei,
            PairKind::II => distances.ii,
        }
    }
}

/// Values without which a group says nothing of its spread.
const LEAST: usize = 2;
/// The stages that are compared.
pub const STAGES: [Stage; 3] = [Stage::INITIAL, Stage::SUCCESSFUL, Stage::FAILED];

/// The words of a group and its values.
pub type Group = (String, Vec<f64>);

/// One comparison of several groups.
#[derive(Clone, Debug, PartialEq)]
pub struct DistanceTest {
    /// Excitatory share of the networks; none for all of them.
    pub excitatory_fraction: Option<f64>,
    /// What all groups have in common: a stage, or pairs of populations.
    pub within: String,
    /// Groups with at least two values, in words, with their values.
    pub groups: Vec<Group>,
    /// All groups together.
    pub overall: KruskalWallis,
    /// Two groups at a time.
    pub pairs: Vec<Pair>,
}

/// Excitatory shares among `records`, rising.
pub fn fractions(records: &[&Record]) -> Vec<f64> {
    let mut fractions: Vec<f64> = records.iter().map(|record| record.settings.network.excitatory_fraction).collect();
    fractions.sort_by(f64::total_cmp);
    fractions.dedup();
    fractions
}

/// Every comparison for which `records` have values: of all networks, then by excitatory share where there are several.
pub fn tests(records: &[&Record]) -> Vec<DistanceTest> {
    let fractions = fractions(records);
    let each = fractions.iter().map(|fraction| Some(*fraction)).filter(|_| fractions.len() > 1);
    std::iter::once(None).chain(each).flat_map(|fraction| tests_of(records, fraction)).collect()
}

fn tests_of(records: &[&Record], fraction: Option<f64>) -> Vec<DistanceTest> {
    let is_one =
        |record: &&Record| fraction.is_none_or(|fraction| record.settings.network.excitatory_fraction == fraction);
    let records: Vec<&Record> = records.iter().copied().filter(is_one).collect();
    let values = |stage: Stage, kind: PairKind| {
        let networks = stage.networks(&records);
        networks.iter().filter_map(|seen| Some(kind.of(&seen.observation.distances)?.root)).collect::<Vec<f64>>()
    };
    let at_stage = |stage: Stage| {
        let groups = PairKind::ALL.map(|kind| (kind.words().to_owned(), values(stage, kind)));
        test(fraction, stage.words(), groups)
    };
    let of_kind = |kind: PairKind| {
        let groups = STAGES.map(|stage| (stage.words().to_owned(), values(stage, kind)));
        test(fraction, kind.words(), groups)
    };
    STAGES.into_iter().filter_map(at_stage).chain(PairKind::ALL.into_iter().filter_map(of_kind)).collect()
}

/// The comparison of those `groups` that have [`LEAST`] values; none where there are fewer than two, or all values are equal.
fn test(fraction: Option<f64>, within: &str, groups: [Group; 3]) -> Option<DistanceTest> {
    let groups: Vec<Group> = groups.into_iter().filter(|(_, values)| values.len() >= LEAST).collect();
    let values: Vec<&[f64]> = groups.iter().map(|(_, values)| &values[..]).collect();
    let (overall, pairs) = (KruskalWallis::of(&values).ok()?, dunn(&values).ok()?);
    Some(DistanceTest { excitatory_fraction: fraction, within: within.to_owned(), groups, overall, pairs })
}

/// The comparisons as a table: a row for all groups of a comparison, then one for every two of them. None where there is no
/// comparison.
pub fn table(records: &[&Record]) -> Option<Table> {
    let tests = tests(records);
    let header = [
        "excitatory_fraction",
        "within",
        "groups",
        "networks",
        "medians",
        "test",
        "statistic",
        "df",
        "p",
        "p_holm",
        "epsilon_squared",
    ];
    (!tests.is_empty()).then(|| Table {
        name: "spike-train-distances-tests".to_owned(),
        title: "Van Rossum distances compared".to_owned(),
        caption: format!(
            "One value a network and group: the mean over pairs of hidden neurons of the root reading of the Van \
                  Rossum distance (time constant one step) on the test set. Kruskal-Wallis (statistic H, corrected for ties) over all \
                  groups of a line, those with fewer than two networks left out; Dunn's test (statistic z) for every two of them, p adjusted by Holm within the comparison. \
                  Both take the groups to be independent, but the same networks stand in several of them. Successful: {}. Trials that begin with the same network count once among the initial ones.",
            Success::words(&records[0].settings)
        ),
        header: header.map(str::to_owned).to_vec(),
        rows: tests.iter().flat_map(rows).collect(),
        leading: tests.iter().filter(|test| test.excitatory_fraction.is_none()).flat_map(rows).count(),
        rest: "by excitatory share",
    })
}

fn rows(test: &DistanceTest) -> Vec<Vec<String>> {
    let fraction = test.excitatory_fraction.map_or_else(|| "all".to_owned(), |fraction| fraction.to_string());
    let row = |groups: &[usize], rest: [String; 6]| {
        let joined = |of: fn(&Group) -> String| {
            groups.iter().map(|&group| of(&test.groups[group])).collect::<Vec<String>>().join("; ")
        };
        let head = [
            fraction.clone(),
            test.within.clone(),
            joined(|(name, _)| name.clone()),
            joined(|(_, values)| values.len().to_string()),
            joined(|(_, values)| format!("{:.3}", median(values))),
        ];
        head.into_iter().chain(rest).collect::<Vec<String>>()
    };
    let KruskalWallis { h, degrees, p, epsilon_squared } = test.overall;
    let all: Vec<usize> = (0..test.groups.len()).collect();
    let overall = ["Kruskal-Wallis".to_owned(), number(Some(h)), degrees.to_string(), probability(p), String::new()];
    let [name, statistic, df, p, none] = overall;
    let first = row(&all, [name, statistic, df, p, none, number(Some(epsilon_squared))]);
    let of_pair = |pair: &Pair| {
        let rest = [String::new(), probability(pair.p), probability(pair.p_holm), String::new()];
        let [df, p, p_holm, effect] = rest;
        row(&[pair.groups.0, pair.groups.1], ["Dunn".to_owned(), number(Some(pair.z)), df, p, p_holm, effect])
    };
    std::iter::once(first).chain(test.pairs.iter().map(of_pair)).collect()
}

fn median(values: &[f64]) -> f64 {
    let mut rising = values.to_vec();
    rising.sort_by(f64::total_cmp);
    quantile(&rising, 0.5)
}

#[cfg(test)]
mod tests_of_tables {
    use crate::stage::tests::record;

    use super::*;

    #[test]
    fn groups_hold_one_value_a_network() {
        let records: Vec<Record> =
            (0..4).map(|seed| record(seed, 0.8, 0.9, 0.1 * seed as f64, Some(1.0 + 0.1 * seed as f64))).collect();
        let records: Vec<&Record> = records.iter().collect();
        let tests = tests(&records);
        // Initial, successful; E-E, E-I, I-I over initial and successful: nothing failed, and there is one share.
        let within: Vec<&str> = tests.iter().map(|test| test.within.as_str()).collect();
        assert_eq!(within, ["initial", "successful", "E-E", "E-I", "I-I"]);
        let successful = &tests[1];
        assert_eq!(successful.groups[1], ("E-I".to_owned(), vec![2.0, 2.1, 2.2, 2.3]));
        let groups: [&[f64]; 3] = [&[1.0, 1.1, 1.2, 1.3], &[2.0, 2.1, 2.2, 2.3], &[3.0, 3.1, 3.2, 3.3]];
        assert_eq!(successful.overall, KruskalWallis::of(&groups).expect("a test"));
        assert_eq!((successful.overall.degrees, successful.pairs.len()), (2, 3));

        let table = table(&records).expect("tests");
        assert_eq!((table.rows.len(), table.leading), (2 * 4 + 3 * 2, 2 * 4 + 3 * 2));
        assert!(table.rows.iter().all(|row| row.len() == table.header.len()));
        assert_eq!(
            table.rows[4][..6],
            ["all", "successful", "E-E; E-I; I-I", "4; 4; 4", "1.150; 2.150; 3.150", "Kruskal-Wallis"]
        );
    }

    #[test]
    fn shares_are_compared_apart_too() {
        let of = |seed, fraction, value| record(seed, fraction, 0.9, value, Some(value + 1.0));
        let records = [of(1, 0.5, 0.1), of(2, 0.5, 0.2), of(1, 0.8, 0.3), of(2, 0.8, 0.4), of(1, 0.9, 0.5)];
        let records: Vec<&Record> = records.iter().collect();
        let shares: Vec<Option<f64>> = tests(&records).iter().map(|test| test.excitatory_fraction).collect();
        assert_eq!(shares, [[None; 5], [Some(0.5); 5], [Some(0.8); 5]].concat());
        // One network at 90:10 is too few.
        assert_eq!(table(&[]), None);
    }
}
