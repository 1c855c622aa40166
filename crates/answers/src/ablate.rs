//! Measures what each mechanism of a device costs: runs the network with sets of its mechanisms.
//!
//! The statistics are those of [`ohmspike_analysis::ablation`]. Health is judged as for a limit
//! ([`crate::limit::find::Effect`]):
//!
//! | trial | counts |
//! |---|---|
//! | healthy, or brought to chance by its mechanisms | with its accuracy |
//! | diverged | at chance |
//! | without any mechanism, and unhealthy or at chance | withholds the answer: a loss of a broken network says nothing |
//! | saturated, clipped, not converged | withholds the answer: its accuracy is not that of the mechanisms |
//! | silent | withholds the answer: a limit asks only whether the network fails, but a loss is a number, and that of a silent network is decided by its initial weights |

use std::collections::BTreeMap;
use std::path::Path;

use ohmspike_analysis::ablation::{Ablation, MAX_EXACT, Outcomes, Subset, ablation, sets};
use ohmspike_analysis::drawn::streams;
use ohmspike_datasets::counted;
use ohmspike_study::health::rise::untested;
use ohmspike_study::health::{HealthKind, chance_in};
use ohmspike_study::prepare::{PrepareError, Prepared};
use ohmspike_study::record::Record;
use ohmspike_study::run_error::RunError;
use ohmspike_study::run_study::{Job, Ran, RunOptions, Runner, StudyObserver, calibrated_study, only_condition};
use ohmspike_study::settings::{NO_DEVICE, Settings};
use ohmspike_study::study::Study;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::limit::find::{Effect, Problem};
use crate::limit::recorded::end;
use crate::limit::repeats::{fixed_seeds, fixed_streams, varies};
use crate::mechanisms::{Mechanism, Mechanisms, MechanismsError};
use crate::numbered::{Numbered, first_question, number_in};

/// Version of [`AblationAnswer`] as JSON.
pub const SCHEMA: u32 = 1;

/// Smallest number of seeds of an ablation.
pub const MIN_SEEDS: usize = 3;

/// Seeds of a study that sets fewer than [`MIN_SEEDS`]: enough to tell effects of about one standard deviation.
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
    /// All repeats are the same trial.
    #[error(
        "seeds: all repeats are the same trial: the study fixes {fixed}, and trials draw nothing else\n\n\
         hint: remove a key of `[seeds]`"
    )]
    SameTrial {
        /// The fixed seeds.
        fixed: String,
    },
    /// Data or a device cannot be read.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
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
    /// Accuracy that counts, 0 to 1: the outcome, or chance if training diverged.
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
    /// Number of the question in its results folder, from 1; see [`numbered`](crate::numbered).
    #[serde(default = "first_question")]
    pub number: u32,
    /// The settings with all mechanisms; none in files of earlier versions.
    #[serde(default)]
    pub settings: Option<Settings>,
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

impl Numbered for AblationAnswer {
    const STEM: &'static str = "ablation";

    fn number(&self) -> u32 {
        self.number
    }

    fn set_number(&mut self, number: u32) {
        self.number = number;
    }

    /// Whether `other` rests on the same trials.
    fn is_same_question(&self, other: &AblationAnswer) -> bool {
        let ids = |answer: &'_ AblationAnswer| answer.trials.iter().map(|trial| trial.id.clone()).collect::<Vec<_>>();
        ids(self) == ids(other)
    }

    fn has_result(&self) -> bool {
        self.ablation.is_some()
    }
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
    /// Random streams that are drawn with one seed for all, in words.
    fixed: String,
    seeds: Vec<u64>,
    sets: Vec<(Subset, u64)>,
}

impl Plan {
    /// Lists the trials for `study`, which is in `folder`. A study with fewer than [`MIN_SEEDS`] gets the seeds
    /// 1 to [`DEFAULT_SEEDS`].
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
        let paths = study.paths_folder(folder);
        let prepared = Prepared::of_devices([&**settings].into_iter(), &paths)?;
        let drawn = streams(settings, &prepared.devices_of(settings));
        if varies(settings, drawn).is_empty() {
            return Err(AblateError::SameTrial { fixed: fixed_seeds(settings) });
        }
        let seeds = if study.seeds.len() < MIN_SEEDS { (1..=DEFAULT_SEEDS).collect() } else { study.seeds.clone() };
        let sets = sets(count, &seeds);
        Ok(Plan { mechanisms, fixed: fixed_streams(settings, drawn), seeds, sets })
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
        observer: &mut dyn StudyObserver,
    ) -> Result<Ablated, AblateError> {
        let mut runner = Runner::open(study, results, options)?;
        runner.warn(self.mechanisms.settings(), observer)?;
        let jobs = self.jobs();
        // Baselines first: a broken network needs no other trial.
        let (baselines, others) = jobs.split_at(self.sets.iter().filter(|(set, _)| *set == 0).count());
        let mut records = Vec::new();
        for (batch, later) in [(baselines, others.len()), (others, 0)] {
            if let Ran::Stopped(left) = runner.run(batch, observer)? {
                return Ok(Ablated::Stopped(left + later));
            }
            for job in batch {
                let id = runner.id(job)?;
                records.extend(runner.record(&id).cloned());
            }
            if self.broken_baseline(&records).is_some() {
                break;
            }
        }
        let mut answer = self.answer(study, &records);
        runner.end()?;
        number_in(&mut answer, results);
        Ok(Ablated::Done(Box::new(answer)))
    }

    /// Evaluates the records, in the order of the jobs.
    fn answer(&self, study: &Study, records: &[Record]) -> AblationAnswer {
        let chance = chance_in(records.iter()).unwrap_or(0.0);
        let trial = |((set, seed), record): (&(Subset, u64), &Record)| SetTrial {
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
            number: 1,
            settings: Some(Settings::clone(settings)),
            study: study.name.clone(),
            device: settings.hardware.device.clone(),
            data_set: settings.data.set.clone(),
            data_sha256: records.first().map(|record| record.data_sha256.clone()).unwrap_or_default(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            seeds: self.seeds.clone(),
            mechanisms: self.mechanisms().to_vec(),
            exact: count <= MAX_EXACT,
            ablation: withheld.is_none().then(|| ablation(count, &self.seeds, &outcomes)).flatten(),
            withheld,
            cautions: self.cautions(records, &trials),
            trials,
        }
    }

    /// Returns what is wrong with the network without any mechanism.
    fn broken_baseline(&self, records: &[Record]) -> Option<String> {
        let broken = |((set, seed), record): (&(Subset, u64), &Record)| {
            (*set == 0).then(|| unhealthy_baseline(record)).flatten().map(|reason| (*seed, reason))
        };
        let (seed, reason) = self.sets.iter().zip(records).find_map(broken)?;
        let device = match self.mechanisms.settings().hardware.device.as_str() {
            NO_DEVICE => "digital weights".to_owned(),
            device => format!("`{device}`"),
        };
        Some(format!("the network on {device} without any mechanism is not healthy (seed {seed}): {reason}"))
    }

    /// Returns why the trials have no answer.
    fn withheld(&self, records: &[Record]) -> Option<String> {
        if let Some(broken) = self.broken_baseline(records) {
            return Some(broken);
        }
        let trials = || self.sets.iter().zip(records);
        let excluded: Vec<(&(Subset, u64), Problem)> =
            trials().filter_map(|(key, record)| Some((key, excluding(record)?))).collect();
        let ((set, seed), first) = excluded.first()?;
        let mut states: Vec<&str> = excluded.iter().map(|(_, problem)| problem.state.as_str()).collect();
        states.sort_unstable();
        states.dedup();
        let enabled: Vec<&str> = self.enabled(*set).into_iter().map(Mechanism::words).collect();
        Some(format!(
            "{} of {} {} {}, so their accuracies say nothing about the device (the first with {}, seed {seed})\n\nhint: {}",
            excluded.len(),
            counted(records.len(), "trial"),
            if excluded.len() == 1 { "is" } else { "are" },
            states.join(" or "),
            enabled.join(", "),
            first.advice
        ))
    }

    fn cautions(&self, records: &[Record], trials: &[SetTrial]) -> Vec<String> {
        let all = counted(trials.len(), "trial");
        let mut cautions = Vec::new();
        let diverged = trials.iter().filter(|trial| trial.diverged).count();
        if diverged > 0 {
            cautions.push(format!("{diverged} of {all} diverged; they count as at chance"));
        }
        let at_chance = |record: &&Record| record.health.iter().any(|state| state.kind() == HealthKind::AtChance);
        let count = records.iter().filter(at_chance).count();
        if count > 0 {
            cautions.push(format!(
                "{count} of {all} are at chance: they count with their accuracy, and no mechanism can cost more"
            ));
        }
        let settings = self.mechanisms.settings();
        if self.mechanisms().contains(&Mechanism::Drift) && settings.hardware.retention_seconds == 0.0 {
            cautions.push(
                "relaxation and drift: cells are read right after their last write; for a later time, set \
                 `hardware.retention_seconds`"
                    .to_owned(),
            );
        }
        if !self.fixed.is_empty() {
            cautions.push(format!("all trials have the same {}: intervals do not cover how it varies", self.fixed));
        }
        cautions.extend(untested(settings));
        if self.seeds.len() < 3 {
            cautions.push("fewer than 3 seeds: no intervals and no ranking".to_owned());
        }
        cautions
    }
}

/// Returns why a network without any mechanism cannot be a baseline: it may not even be at chance.
fn unhealthy_baseline(record: &Record) -> Option<String> {
    match (record.health.first(), &record.failure) {
        (Some(state), _) => Some(format!("{state}\n\nhint: {}", state.advice(&record.settings))),
        (None, failure) if record.outcome.is_none() => {
            Some(failure.clone().unwrap_or_else(|| "training diverged".to_owned()))
        }
        (None, _) => None,
    }
}

/// Returns why the accuracy of a trial is not that of its mechanisms. A trial that diverged has lost everything.
fn excluding(record: &Record) -> Option<Problem> {
    end(record).problem.filter(|problem| problem.effect != Effect::Failed)
}
