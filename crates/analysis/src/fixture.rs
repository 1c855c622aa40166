//! Studies with made-up records, for tests.

use std::path::Path;

use ohmspike_snn::activity::ClassActivity;
use ohmspike_snn::metrics::van_rossum::{Distance, PairDistances};
use ohmspike_study::health::states;
use ohmspike_study::observation::{ClassTiming, IntervalSummary, Observation};
use ohmspike_study::prepare::Prepared;
use ohmspike_study::record::{Record, empty_record};
use ohmspike_study::run::Trial;
use ohmspike_study::settings::Settings;
use ohmspike_study::store::Store;
use ohmspike_study::study::Study;

use crate::baseline::Baseline;
use crate::recorded::Recorded;

/// A study with records of some of its trials.
pub struct Fixture {
    study: Study,
    prepared: Prepared,
    store: Store,
    /// Baseline of the study; none unless a test sets it.
    pub(crate) baseline: Option<Baseline>,
    /// Keeps the files of the store.
    _folder: tempfile::TempDir,
}

impl Fixture {
    /// Creates the study of `text`, with a record for every trial that `outcome` returns a value for.
    pub fn new(text: &str, outcome: impl Fn(&Settings, u64) -> Option<f64>) -> Fixture {
        Fixture::with_records(text, |settings, seed| {
            let outcome = outcome(settings, seed)?;
            Some(record(settings, seed, outcome))
        })
    }

    /// Creates the study of `text` with complete records.
    pub fn with_records(text: &str, of: impl Fn(&Settings, u64) -> Option<Record>) -> Fixture {
        let study = Study::parse("study.toml", &format!("name = \"made-up\"\n{text}"), &[]).expect("a study");
        let settings = study.conditions.iter().map(|condition| &*condition.settings);
        let prepared = Prepared::new(settings, Path::new(".")).expect("devices and data");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut store = Store::open(folder.path()).expect("an empty store");
        for (condition, trial) in study.conditions.iter().enumerate() {
            for &seed in &study.seeds {
                if let Some(record) = of(&trial.settings, seed) {
                    let health = [record.health.clone(), states(&record, None, &[])].concat();
                    store.append(Record { id: id(condition, seed), health, ..record }).expect("a writable folder");
                }
            }
        }
        Fixture { study, prepared, store, baseline: None, _folder: folder }
    }

    /// Passes the recorded study to `see`.
    pub fn see<T>(&self, see: impl FnOnce(Recorded) -> T) -> T {
        let trial = |seed: u64, condition: usize| {
            let settings = self.study.conditions[condition].settings.clone();
            Trial { condition, settings, seed, id: id(condition, seed), details: false, needs_details: false }
        };
        let conditions = self.study.conditions.len();
        let trials: Vec<Trial> = self
            .study
            .seeds
            .iter()
            .flat_map(|&seed| (0..conditions).map(move |condition| trial(seed, condition)))
            .collect();
        see(Recorded {
            study: &self.study,
            prepared: &self.prepared,
            trials: &trials,
            store: &self.store,
            baseline: self.baseline.as_ref(),
        })
    }
}

fn id(condition: usize, seed: u64) -> String {
    format!("{condition}-{seed}")
}

/// Returns a record with an outcome and ten classes.
pub fn record(settings: &Settings, seed: u64, outcome: f64) -> Record {
    Record {
        seed,
        settings: settings.resolved(),
        outcome: Some(outcome),
        accuracy: vec![outcome],
        // Different losses, so that trials with different seeds are not copies.
        loss: vec![1.0 + 1e-3 * seed as f64],
        tests: vec![vec![Default::default(); 10]; 2],
        ..empty_record()
    }
}

/// Returns a record of a trial with `seed` and best accuracy `peak`, for a network with two classes. E-E distances are
/// `before` and `after`; E-I is 1 more, I-I 2 more.
pub fn observed(seed: u64, fraction: f64, peak: f64, before: f64, after: Option<f64>) -> Record {
    let mut settings = Settings::default();
    settings.network.excitatory_fraction = fraction;
    let distance = |root: f64| Some(Distance { root, square: root * root });
    let timing = |mean: f64| {
        let summary = IntervalSummary { count: 10, mean: Some(mean), variation: Some(0.5) };
        ClassTiming { excitatory: summary, inhibitory: IntervalSummary { mean: Some(2.0 * mean), ..summary } }
    };
    let look = |value: f64| Observation {
        distances: PairDistances { ee: distance(value), ei: distance(value + 1.0), ii: distance(value + 2.0) },
        classes: vec![timing(value), timing(value + 2.0)],
        ..Observation::default()
    };
    let class = |spikes: u64| ClassActivity {
        samples: 10,
        correct: 5,
        excitatory_spikes: 80 * spikes,
        inhibitory_spikes: 40 * spikes,
    };
    Record {
        id: format!("{seed}-{fraction}-{peak}"),
        seed,
        settings,
        outcome: after.map(|_| peak),
        accuracy: vec![0.1, peak],
        loss: vec![1.0, 0.5],
        tests: vec![vec![class(1), class(2)], vec![class(3), class(4)], vec![class(5), class(6)]],
        before: look(before),
        after: after.map(look),
        ..empty_record()
    }
}
