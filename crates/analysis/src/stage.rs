//! Networks before and after training, separated by success (`success.rs`).

use ohmspike_snn::activity::ClassActivity;
use ohmspike_study::observation::Observation;
use ohmspike_study::record::Record;
use ohmspike_study::success::succeeded;

/// When networks are observed, and which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stage {
    /// After the last epoch; otherwise before training.
    pub after: bool,
    /// Successful or failed networks; none for both.
    pub success: Option<bool>,
}

/// A network at a stage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen<'a> {
    /// Record of its trial.
    pub record: &'a Record,
    /// Its spike statistics.
    pub observation: &'a Observation,
    /// Its activity on the test set, per class.
    pub test: &'a [ClassActivity],
}

impl Stage {
    /// All networks before training.
    pub const INITIAL: Stage = Stage { after: false, success: None };
    /// Successful networks after training.
    pub const SUCCESSFUL: Stage = Stage { after: true, success: Some(true) };
    /// Failed networks after training.
    pub const FAILED: Stage = Stage { after: true, success: Some(false) };

    /// Describes the stage in one or two words.
    pub fn words(self) -> &'static str {
        match (self.after, self.success) {
            (false, None) => "initial",
            (false, Some(true)) => "initial, later successful",
            (false, Some(false)) => "initial, later failed",
            (true, None) => "after training",
            (true, Some(true)) => "successful",
            (true, Some(false)) => "failed",
        }
    }

    /// Returns the networks of `records` at this stage, in order. Trials that start from the same network, because only
    /// later draws differ, count once before training.
    pub fn networks<'a>(self, records: &[&'a Record]) -> Vec<Seen<'a>> {
        let mut networks: Vec<Seen> = Vec::new();
        for &record in records {
            if self.success.is_some_and(|success| success != succeeded(record)) {
                continue;
            }
            let observation = if self.after { record.after.as_ref() } else { Some(&record.before) };
            let test = if self.after { record.tests.last() } else { record.tests.first() };
            let Some(seen) = observation.zip(test).map(|(observation, test)| Seen { record, observation, test }) else {
                continue;
            };
            if self.after || !networks.iter().any(|other| one_start(*other, seen)) {
                networks.push(seen);
            }
        }
        networks
    }
}

/// Whether two trials start from the same network.
fn one_start(one: Seen, other: Seen) -> bool {
    let (settings, others) = (&one.record.settings, &other.record.settings);
    one.record.seed == other.record.seed
        && settings.network == others.network
        && settings.weights == others.weights
        && one.observation == other.observation
        && one.test == other.test
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::observed as record;

    #[test]
    fn networks_are_sorted_by_their_best_accuracy() {
        let records =
            [record(1, 0.8, 0.6, 1.0, Some(2.0)), record(2, 0.8, 0.5, 1.5, Some(3.0)), record(3, 0.8, 0.1, 1.0, None)];
        let records: Vec<&Record> = records.iter().collect();
        let seeds = |stage: Stage| stage.networks(&records).iter().map(|seen| seen.record.seed).collect::<Vec<u64>>();
        assert_eq!(seeds(Stage::INITIAL), [1, 2, 3]);
        // One half is not above one half, and a diverged trial has no network after training.
        assert_eq!((seeds(Stage::SUCCESSFUL), seeds(Stage::FAILED)), (vec![1], vec![2]));
        assert_eq!(seeds(Stage { after: false, success: Some(false) }), [2, 3]);
        assert_eq!(Stage::SUCCESSFUL.networks(&records)[0].test[1].excitatory_spikes, 480);
    }

    #[test]
    fn counts_a_shared_start_once() {
        let mut other_weights = record(1, 0.8, 0.3, 1.0, Some(4.0));
        other_weights.settings.weights.sigma_init = 0.002;
        let records = [
            record(1, 0.8, 0.6, 1.0, Some(2.0)),
            record(1, 0.8, 0.4, 1.0, Some(3.0)),
            record(1, 0.5, 0.4, 1.0, None),
            other_weights,
        ];
        let records: Vec<&Record> = records.iter().collect();
        assert_eq!(Stage::INITIAL.networks(&records).len(), 3);
        assert_eq!(Stage::FAILED.networks(&records).len(), 2);
    }
}
