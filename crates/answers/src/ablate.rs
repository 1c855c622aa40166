//! Measures what each mechanism of a device costs: runs the network with sets of its mechanisms.
//!
//! The statistics are those of [`ohmspike_analysis::ablation`]. A trial that diverged counts with the accuracy of
//! guessing. The network without any mechanism must be healthy with every seed; otherwise the answer is withheld,
//! because a loss from a broken network says nothing about the device.

use std::collections::BTreeMap;
use std::path::Path;

use ohmspike_analysis::ablation::{Ablation, MOST_EXACT, Outcomes, Subset, ablation, sets};
use ohmspike_study::health::chance_in;
use ohmspike_study::record::Record;
use ohmspike_study::run_error::RunError;
use ohmspike_study::run_study::{Job, Observer, Ran, RunOptions, Runner, calibrated_study, only_condition};
use ohmspike_study::study::Study;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::mechanisms::{Mechanism, Mechanisms, MechanismsError};

/// Version of [`AblationAnswer`] as JSON.
pub const SCHEMA: u32 = 1;

/// Seeds of a study that sets fewer than three: enough to tell effects of about one standard deviation.
pub const DEFAULT_SEEDS: u64 = 8;

/// Why an ablation cannot run.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AblateError {
    /// The trials cannot run.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The mechanisms cannot be told apart.
    #[error(transparent)]
    Mechanisms(#[from] MechanismsError),
    /// No mechanism is active.
    #[error(
        "hardware.device: expected a device with at least one active mechanism, got `{device}` without any\n\n\
         hint: choose a device with `--set hardware.device=NAME` (`ohmspike device list`)"
    )]
    NoMechanism {
        /// Name of the device.
        device: String,
    },
}

/// A trial behind an ablation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetTrial {
    /// Name of the trial.
    pub id: String,
    /// Enabled mechanisms.
    pub enabled: Vec<Mechanism>,
    /// Seed.
    pub seed: u64,
    /// Accuracy that counts, 0 to 1: the outcome, or that of guessing if training diverged.
    pub accuracy: f64,
    /// Whether training diverged.
    pub diverged: bool,
    /// Health states, in words.
    pub health: Vec<String>,
}

/// The answer of an ablation, with everything behind it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AblationAnswer {
    /// Version of this format.
    pub schema: u32,
    /// Name of the study.
    pub study: String,
    /// Name of the device.
    pub device: String,
    /// Name of the data set.
    pub data_set: String,
    /// SHA-256 of the decoded data set.
    pub data_sha256: String,
    /// Version of the program.
    pub program: String,
    /// Seeds.
    pub seeds: Vec<u64>,
    /// The active mechanisms; their positions are the numbers in `ablation`.
    pub mechanisms: Vec<Mechanism>,
    /// Whether Shapley values are exact; otherwise each seed has a random order of mechanisms and its reverse.
    pub exact: bool,
    /// Result; none if it is withheld.
    pub ablation: Option<Ablation>,
    /// Why the result is withheld.
    pub withheld: Option<String>,
    /// What limits the result.
    pub cautions: Vec<String>,
    /// All trials.
    pub trials: Vec<SetTrial>,
}

/// How an ablation ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Ablated {
    /// Every trial has run.
    Done(Box<AblationAnswer>),
    /// A stop was requested; this number of trials is missing.
    Stopped(usize),
}

/// Trials of an ablation.
#[derive(Clone, Debug)]
pub struct Plan {
    mechanisms: Mechanisms,
    seeds: Vec<u64>,
    sets: Vec<(Subset, u64)>,
}

impl Plan {
    /// Lists the trials for `study`, which is in `folder`. A study with fewer than three seeds gets the seeds 1 to
    /// [`DEFAULT_SEEDS`].
    ///
    /// # Errors
    /// Returns an [`AblateError`] if the study sweeps a key, or its device has no active mechanism or several devices.
    pub fn new(study: &Study, folder: &Path) -> Result<Plan, AblateError> {
        only_condition(study)?;
        let study = &calibrated_study(study, folder)?;
        let settings = &study.conditions[0].settings;
        let mechanisms = Mechanisms::new(settings.clone(), &study.paths_folder(folder))?;
        let count = mechanisms.active().len();
        if count == 0 {
            return Err(AblateError::NoMechanism { device: settings.hardware.device.clone() });
        }
        let seeds = if study.seeds.len() < 3 { (1..=DEFAULT_SEEDS).collect() } else { study.seeds.clone() };
        let sets = sets(count, &seeds);
        Ok(Plan { mechanisms, seeds, sets })
    }

    /// Returns the active mechanisms.
    pub fn mechanisms(&self) -> &[Mechanism] {
        self.mechanisms.active()
    }

    /// Returns the seeds.
    pub fn seeds(&self) -> &[u64] {
        &self.seeds
    }

    /// Returns one job per set and seed.
    pub fn jobs(&self) -> Vec<Job> {
        let mut settings = BTreeMap::new();
        let job = |(set, seed): &(Subset, u64)| {
            let of_set = settings.entry(*set).or_insert_with(|| self.mechanisms.only(&self.enabled(*set)));
            Job { settings: of_set.clone(), seed: *seed }
        };
        self.sets.iter().map(job).collect()
    }

    fn enabled(&self, set: Subset) -> Vec<Mechanism> {
        let active = self.mechanisms.active().iter().enumerate();
        active.filter(|(number, _)| set & (1 << number) != 0).map(|(_, mechanism)| *mechanism).collect()
    }

    /// Runs the missing trials in the results folder `results` and returns the answer.
    ///
    /// # Errors
    /// Returns an [`AblateError`] if a trial cannot start or be recorded.
    pub fn run(
        &self,
        study: &Study,
        results: &Path,
        options: &RunOptions,
        observer: &mut dyn Observer,
    ) -> Result<Ablated, AblateError> {
        let mut runner = Runner::open(study, results, options)?;
        let jobs = self.jobs();
        if let Ran::Stopped(left) = runner.run(&jobs, observer)? {
            return Ok(Ablated::Stopped(left));
        }
        let ids = jobs.iter().map(|job| runner.id(job)).collect::<Result<Vec<_>, _>>()?;
        let records: Vec<&Record> = ids.iter().filter_map(|id| runner.record(id)).collect();
        let answer = self.answer(study, &records);
        runner.end()?;
        Ok(Ablated::Done(Box::new(answer)))
    }

    /// Evaluates the records, in the order of the jobs.
    fn answer(&self, study: &Study, records: &[&Record]) -> AblationAnswer {
        let chance = chance_in(records.iter().copied()).unwrap_or(0.0);
        let trial = |((set, seed), record): (&(Subset, u64), &&Record)| SetTrial {
            id: record.id.clone(),
            enabled: self.enabled(*set),
            seed: *seed,
            accuracy: record.outcome.unwrap_or(chance),
            diverged: record.outcome.is_none(),
            health: record.health.iter().map(|state| state.kind().words().to_owned()).collect(),
        };
        let trials: Vec<SetTrial> = self.sets.iter().zip(records).map(trial).collect();
        let outcomes: Outcomes = self.sets.iter().zip(&trials).map(|(key, trial)| (*key, trial.accuracy)).collect();
        let withheld = self.withheld(records);
        let (count, settings) = (self.mechanisms().len(), self.mechanisms.settings());
        AblationAnswer {
            schema: SCHEMA,
            study: study.name.clone(),
            device: settings.hardware.device.clone(),
            data_set: settings.data.set.clone(),
            data_sha256: records.first().map(|record| record.data_sha256.clone()).unwrap_or_default(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            seeds: self.seeds.clone(),
            mechanisms: self.mechanisms().to_vec(),
            exact: count <= MOST_EXACT,
            ablation: withheld.is_none().then(|| ablation(count, &self.seeds, &outcomes)).flatten(),
            withheld,
            cautions: self.cautions(records, &trials),
            trials,
        }
    }

    /// Returns why the network without mechanisms cannot be a baseline.
    fn withheld(&self, records: &[&Record]) -> Option<String> {
        let baseline = self.sets.iter().zip(records).filter(|((set, _), _)| *set == 0);
        let mut broken = baseline.filter(|(_, record)| record.outcome.is_none() || !record.health.is_empty());
        let ((_, seed), record) = broken.next()?;
        let device = &self.mechanisms.settings().hardware.device;
        let reason = match (record.health.first(), &record.failure) {
            (Some(state), _) => format!("{state}\n\nhint: {}", state.advice(&record.settings)),
            (None, Some(failure)) => failure.clone(),
            (None, None) => return None,
        };
        Some(format!("the network on `{device}` without any mechanism is not healthy (seed {seed}): {reason}"))
    }

    fn cautions(&self, records: &[&Record], trials: &[SetTrial]) -> Vec<String> {
        let diverged = trials.iter().filter(|trial| trial.diverged).count();
        let mut cautions = Vec::new();
        if diverged > 0 {
            cautions.push(format!(
                "{diverged} of {} trials diverged; they count with the accuracy of guessing",
                trials.len()
            ));
        }
        let unhealthy =
            self.sets.iter().zip(records).filter(|((set, _), record)| *set != 0 && !record.health.is_empty());
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        for (_, record) in unhealthy {
            record.health.iter().for_each(|state| *kinds.entry(state.kind().words()).or_default() += 1);
        }
        for (kind, count) in kinds {
            cautions.push(format!(
                "{count} of {} trials are {kind}; they count with the accuracy that they have",
                trials.len()
            ));
        }
        if self.seeds.len() < 3 {
            cautions.push("fewer than 3 seeds: no intervals and no ranking".to_owned());
        }
        cautions
    }
}
