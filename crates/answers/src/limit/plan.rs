//! Turns a question into rows with levels, settings and tests, before any trial runs.

use std::path::{Path, PathBuf};

use ohmspike_analysis::drawn::{Streams, streams};
use ohmspike_analysis::limit::{Criterion, Effort, Procedure, Statistic, Target};
use ohmspike_crossbar::device::Device;
use ohmspike_study::device_file;
use ohmspike_study::prepare::{EncodedData, Prepared};
use ohmspike_study::run_study::calibrated_study;
use ohmspike_study::settings::Settings;
use ohmspike_study::study::{Study, canonical};
use ohmspike_study::warning::{Warning, all_warnings};

use super::error::LimitError;
use super::numbers::Numbers;
use super::repeats::{fixed_seeds, varies};
use super::report;
use super::row::Row;
use super::swept::{AskedKey, AskedLevels, Swept};

/// A question about the limits of a study.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The keys; several give a specification sheet.
    pub keys: Vec<AskedKey>,
    /// What a network must achieve.
    pub target: Target,
    /// Mean, or fraction of chips.
    pub statistic: Statistic,
    /// Confidence, 0.5 to 0.9999.
    pub confidence: f64,
    /// Largest relative distance of neighbouring levels.
    pub resolution: f64,
    /// First seed of the repeats.
    pub first_seed: u64,
    /// Fresh repeats per test of a mean; more bring the certified and the refuted level closer together.
    pub repeats: u64,
    /// Epochs of short training in the search; 0 for none; a third of the epochs by default, from 12 epochs on.
    pub short_epochs: Option<usize>,
}

/// Smallest number of epochs with short training by default, and the part that it takes.
const MIN_EPOCHS: usize = 12;
const SHORT_PART: usize = 3;
/// Keys that short training changes.
const OF_TRAINING: [&str; 2] = ["training.epochs", "outcome.last_epochs"];

/// A checked question.
#[derive(Debug)]
pub struct LimitPlan {
    /// The rows of single keys, in the order of the question.
    pub rows: Vec<Row>,
    /// The criterion, with chance on the data set.
    pub criterion: Criterion,
    /// Numbers of seeds.
    pub effort: Effort,
    /// The settings of the study.
    pub settings: Settings,
    /// The settings with open numbers in place of `auto`, from which rows derive their networks.
    pub(super) open: Settings,
    pub(super) numbers: Numbers,
    /// The random streams in use at the harshest level of any row.
    pub(super) drawn: Streams,
    /// Samples of the test set.
    pub(super) test_samples: usize,
    pub(super) resolution: f64,
    pub(super) swept: Vec<Swept>,
    pub(super) folder: PathBuf,
}

impl LimitPlan {
    /// Checks `question` about `study`, a file in `study_folder`. Reads the data set and the devices.
    ///
    /// # Errors
    /// Returns a [`LimitError`] for anything that would make the answer impossible or meaningless.
    pub fn new(study: &Study, question: &Question, study_folder: &Path) -> Result<LimitPlan, LimitError> {
        let folder = study.paths_folder(study_folder);
        single(study, question)?;
        let asked: Vec<String> = question.keys.iter().map(|asked| canonical(&asked.key).to_owned()).collect();
        if let Some(number) = (1..asked.len()).find(|&number| asked[..number].contains(&asked[number])) {
            return Err(LimitError::Twice(asked[number].clone()));
        }
        let numbers = Numbers::new(&study.conditions[0], &asked, &folder);
        let open = numbers.open(&study.conditions[0].settings);
        let settings = Settings::clone(&calibrated_study(study, study_folder)?.conditions[0].settings);
        check_chips(&settings, question.statistic)?;
        let short_epochs = short_epochs(&settings, question)?;
        let (swept, rows) = rows(question, &open, &folder)?;
        let rows: Vec<Row> = rows.into_iter().map(|row| row.with_short_epochs(short_epochs)).collect();
        let Checked { chance, drawn, test_samples } = checked(&rows, &numbers, &folder)?;
        let Question { target, statistic, confidence, .. } = *question;
        let criterion = Criterion { target, statistic, confidence, chance };
        let effort = Effort {
            first_seed: question.first_seed,
            mean_seeds: question.repeats,
            short_training: short_epochs.is_some(),
            ..Effort::default()
        };
        let resolution = question.resolution;
        let plan = LimitPlan {
            rows,
            criterion,
            effort,
            settings,
            open,
            numbers,
            drawn,
            test_samples,
            resolution,
            swept,
            folder,
        };
        for row in &plan.rows {
            plan.procedure(row)?;
        }
        Ok(plan)
    }

    /// Returns everything that decides the trials: equal texts are the same question.
    pub fn question(&self) -> String {
        let rows = self.rows.iter().map(|row| (row.name.as_str(), row.levels.direction(), row.levels.values()));
        report::question(&self.settings, &self.criterion, &self.effort, self.rows[0].short_epochs, rows)
    }

    /// Returns the procedure of a row.
    ///
    /// # Errors
    /// Returns a [`LimitError`] for an invalid criterion or effort.
    pub fn procedure(&self, row: &Row) -> Result<Procedure, LimitError> {
        let first_seed = row.first_seed.unwrap_or(self.effort.first_seed);
        Ok(Procedure::new(row.levels.clone(), self.criterion, Effort { first_seed, ..self.effort })?)
    }

    /// Returns the usual and the largest number of trials of a row. The usual one is that of a search whose first
    /// certification and first refutation succeed, with chips that end early not counted.
    ///
    /// # Errors
    /// Returns a [`LimitError`] as [`LimitPlan::procedure`] does.
    pub fn trials(&self, row: &Row) -> Result<(u64, u64), LimitError> {
        let procedure = self.procedure(row)?;
        let seeds = self.effort.search_seeds;
        let halvings = (row.levels.values().len() as f64).log2().ceil() as u64;
        let pair = if matches!(self.criterion.target, Target::Loss(_)) { 2 } else { 1 };
        let lengths = if self.effort.short_training { 2 } else { 1 };
        let tests = procedure.tests();
        let usual = seeds + seeds * (2 + halvings) + 2 * pair * tests[0].seeds;
        let all: u64 = tests.iter().map(|test| test.seeds).sum();
        let most = lengths * (seeds + seeds * (5 + halvings)) + 2 * pair * all;
        Ok((usual, most))
    }
}

/// Checks that the study sweeps only keys of the question.
fn single(study: &Study, question: &Question) -> Result<(), LimitError> {
    if question.keys.is_empty() {
        return Err(LimitError::NoKey);
    }
    let asked = |key: &str| question.keys.iter().any(|asked| canonical(&asked.key) == key);
    match study.axes.iter().find(|axis| axis.values.len() > 1 && !asked(&axis.key)) {
        Some(axis) => Err(LimitError::Swept {
            key: axis.key.clone(),
            count: axis.values.len(),
            first: axis.values[0].to_string(),
        }),
        None => Ok(()),
    }
}

/// Refuses a fraction of chips if all chips are the same.
fn check_chips(settings: &Settings, statistic: Statistic) -> Result<(), LimitError> {
    match statistic {
        Statistic::Chips(_) if settings.seeds.chip.is_some() => Err(LimitError::SameChip),
        _ => Ok(()),
    }
}

/// Returns the keys of `question` about a study with `settings`, and a row for each.
fn rows(question: &Question, settings: &Settings, folder: &Path) -> Result<(Vec<Swept>, Vec<Row>), LimitError> {
    let device = device_of(settings, folder)?;
    let swept: Vec<Swept> = question
        .keys
        .iter()
        .map(|key| Swept::new(key, settings, device.as_ref(), question.resolution))
        .collect::<Result<_, _>>()?;
    let keys: Vec<String> = swept.iter().map(|one| one.key.clone()).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let mut swept: Vec<Swept> = swept.into_iter().map(|one| one.beside(&keys)).collect();
    let mut rows = Vec::new();
    for (number, asked) in question.keys.iter().enumerate() {
        let row = |swept: &[Swept]| {
            let others: Vec<&Swept> = swept.iter().filter(|other| other.key != swept[number].key).collect();
            Row::alone(&swept[number], &others, settings)
        };
        let mut alone = row(&swept)?;
        if let Some((level, error)) = invalid_level(&alone, folder) {
            let valid = alone.levels.values().iter().take_while(|value| **value != level).count();
            if asked.levels != AskedLevels::Default || valid < 2 {
                return Err(invalid(&alone.name, level, error));
            }
            swept[number].keep(valid);
            alone = row(&swept)?;
            alone.note = Some(format!("the device allows no harsher level than {}", alone.levels.values()[valid - 1]));
        }
        rows.push(alone);
    }
    Ok((swept, rows))
}

/// Explains why a level of `key` is not valid, unless the cause has a hint of its own.
fn invalid(key: &str, level: f64, error: LimitError) -> LimitError {
    let problem = error.to_string();
    if problem.contains("\nhint: ") {
        return error;
    }
    let hint = "give levels that are valid with `--range FROM..TO` or `--levels A,B,C`".to_owned();
    LimitError::InvalidLevel { key: key.to_owned(), level, problem, hint }
}

/// Returns the epochs of short training. There is none for a key that sets the training that it would shorten.
fn short_epochs(settings: &Settings, question: &Question) -> Result<Option<usize>, LimitError> {
    let full = settings.training.epochs;
    let asked = question.keys.iter().map(|asked| canonical(&asked.key));
    if let Some(key) = asked.into_iter().find(|key| OF_TRAINING.contains(key)) {
        return match question.short_epochs {
            None | Some(0) => Ok(None),
            Some(_) => Err(LimitError::ShortOfKey { key: key.to_owned() }),
        };
    }
    match question.short_epochs {
        Some(0) => Ok(None),
        Some(epochs) if epochs < full => Ok(Some(epochs)),
        Some(got) => Err(LimitError::ShortEpochs { full, got }),
        None => Ok((full >= MIN_EPOCHS).then(|| full.div_ceil(SHORT_PART))),
    }
}

/// Loads the device of the first connection that has one.
fn device_of(settings: &Settings, folder: &Path) -> Result<Option<Device>, LimitError> {
    let name = settings.connections().into_iter().find_map(|connection| settings.device_of(connection));
    name.map(|name| Ok(device_file::load(&name, &settings.device, folder)?.0)).transpose()
}

/// Returns the mildest level of `row` with an invalid combination of keys, and what is wrong with it.
pub(super) fn invalid_level(row: &Row, folder: &Path) -> Option<(f64, LimitError)> {
    let check = |level: f64| -> Result<(), LimitError> {
        let settings = row.at(level)?;
        for name in settings.connections().into_iter().filter_map(|connection| settings.device_of(connection)) {
            device_file::load(&name, &settings.device, folder)?;
        }
        Ok(())
    };
    let values = row.levels.values();
    // The harshest level is the most likely one; with a valid one, the others are valid as a rule.
    check(values[0]).and(check(values[values.len() - 1])).err()?;
    values.iter().find_map(|&level| Some((level, check(level).err()?)))
}

/// What the data and the devices tell before any trial.
struct Checked {
    /// Chance, as a fraction.
    chance: f64,
    /// Random streams in use at the harshest levels.
    drawn: Streams,
    test_samples: usize,
}

/// Reads the data, and the devices at the ends of every row. Refuses keys without an effect.
fn checked(rows: &[Row], numbers: &Numbers, folder: &Path) -> Result<Checked, LimitError> {
    let (mut chance, mut test_samples) = (0.0, 0);
    let mut drawn = [false; 5];
    for row in rows {
        let values = row.levels.values();
        let reference = numbers.of(row.reference.clone())?;
        let ends = [numbers.of(row.at(values[0])?)?, numbers.of(row.at(values[values.len() - 1])?)?];
        let prepared = Prepared::new([&reference, &ends[0], &ends[1]].into_iter(), folder)?;
        chance = chance_of(prepared.data(&reference));
        test_samples = prepared.data(&reference).test.labels.len();
        let data = prepared.data(&ends[1]);
        for warning in all_warnings(&ends[1], data, &prepared.devices_of(&ends[1])) {
            refuse_without_effect(&row.name, &warning)?;
        }
        let here = streams(&ends[1], &prepared.devices_of(&ends[1]));
        if varies(&ends[1], here).is_empty() {
            return Err(LimitError::SameTrial { key: row.name.clone(), fixed: fixed_seeds(&ends[1]) });
        }
        drawn.iter_mut().zip(here).for_each(|(any, here)| *any |= here);
    }
    Ok(Checked { chance, drawn, test_samples })
}

/// Refuses a key that a warning calls ineffective.
fn refuse_without_effect(key: &str, warning: &Warning) -> Result<(), LimitError> {
    let (why, hint) = match warning {
        Warning::WithoutEffect { keys, why, hint, .. } if keys.iter().any(|one| one == key) => {
            ((*why).to_owned(), (*hint).to_owned())
        }
        Warning::NoDrift { device } if key == "hardware.retention_seconds" => (
            format!("device `{device}` has no drift"),
            "choose a device with a `drift` section, such as `--set hardware.device=pcm-joshi-2020`".to_owned(),
        ),
        _ => return Ok(()),
    };
    Err(LimitError::NoEffect { key: key.to_owned(), why, hint })
}

/// Chance: the fraction of the most frequent class in the test set.
fn chance_of(data: &EncodedData) -> f64 {
    let mut counts = vec![0u64; data.classes];
    for &label in &data.test.labels {
        counts[usize::from(label)] += 1;
    }
    let most = counts.iter().max().copied().unwrap_or(0) as f64 / data.test.labels.len().max(1) as f64;
    most.max(1.0 / data.classes.max(1) as f64)
}
