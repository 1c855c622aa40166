//! Tests only: studies with made-up records.

use std::path::Path;

use super::Recorded;
use crate::prepare::Prepared;
use crate::record::Record;
use crate::reference::Reference;
use crate::run::Trial;
use crate::settings::Settings;
use crate::store::Store;
use crate::study::Study;

/// A study and records of some of its trials.
pub(crate) struct Fixture {
    study: Study,
    prepared: Prepared,
    store: Store,
    /// What the study is compared with; none unless a test sets it.
    pub(crate) reference: Option<Reference>,
    /// Holds the files of the store.
    _folder: tempfile::TempDir,
}

impl Fixture {
    /// The study of `text`, with an outcome for every trial that `outcome` has one for.
    pub(crate) fn new(text: &str, outcome: impl Fn(&Settings, u64) -> Option<f64>) -> Fixture {
        Fixture::with_records(text, |settings, seed| {
            let outcome = outcome(settings, seed)?;
            Some(record(settings, seed, outcome))
        })
    }

    /// The same with whole records.
    pub(crate) fn with_records(text: &str, of: impl Fn(&Settings, u64) -> Option<Record>) -> Fixture {
        let study = Study::parse("study.toml", &format!("name = \"made-up\"\n{text}"), &[]).expect("a study");
        let settings = study.conditions.iter().map(|condition| &condition.settings);
        let prepared = Prepared::new(settings, Path::new(".")).expect("devices and data");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut store = Store::open(folder.path()).expect("an empty store");
        for (condition, trial) in study.conditions.iter().enumerate() {
            for &seed in &study.seeds {
                if let Some(record) = of(&trial.settings, seed) {
                    store.append(Record { id: id(condition, seed), ..record }).expect("a writable folder");
                }
            }
        }
        Fixture { study, prepared, store, reference: None, _folder: folder }
    }

    /// What figures see of it.
    pub(crate) fn see<T>(&self, see: impl FnOnce(Recorded) -> T) -> T {
        let trial = |seed: u64, condition: usize| {
            let settings = &self.study.conditions[condition].settings;
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
            reference: self.reference.as_ref(),
        })
    }
}

fn id(condition: usize, seed: u64) -> String {
    format!("{condition}-{seed}")
}

/// A record with an outcome and ten classes.
pub(crate) fn record(settings: &Settings, seed: u64, outcome: f64) -> Record {
    Record {
        seed,
        settings: settings.resolved(),
        outcome: Some(outcome),
        accuracy: vec![outcome],
        // Trials of two seeds are no copies of each other.
        loss: vec![1.0 + 1e-3 * seed as f64],
        tests: vec![vec![Default::default(); 10]; 2],
        ..crate::record::sample()
    }
}
