//! Finds how much of a non-ideality a network tolerates: trials, settings and words around the statistics of
//! [`ohmspike_analysis::limit`].
//!
//! ```text
//! Study + Question -> LimitPlan (levels, settings, criterion)      nothing runs
//! row by row: procedure asks -> trials -> outcomes -> ... -> limit
//! several keys: each alone, the others off; then all together at a common fraction of their limits
//! -> LimitReport: limit.json, limit.csv
//! ```
//!
//! - `fresh_seeds`: the seeds that no earlier answer in the folder has used;
//! - [`defaults`]: harsh side, harmless value and levels of a key; [`swept`]: a key with its levels and settings;
//! - [`row`]: the networks of a row; [`numbers`]: their numbers in place of `auto`; [`plan`]: a checked question;
//! - [`mod@find`]: runs a procedure; [`recorded`]: runs its trials in a results folder; [`repeats`]: what differs between
//!   them;
//! - [`report`], [`units`], [`words`]: the answer.
//!
//! The answer is a pure function of the question, the first fresh seed and the records: a repeat runs nothing, and threads
//! and shards change nothing.

mod amounts;
pub mod defaults;
pub mod error;
pub mod find;
mod fresh_seeds;
pub mod numbers;
pub mod plan;
pub mod recorded;
pub mod repeats;
pub mod report;
pub mod row;
pub mod swept;
pub mod units;
pub mod words;

use std::path::Path;

use ohmspike_analysis::limit::{Attempt, Direction, Limit, Statistic, Verdict};
use ohmspike_datasets::counted;
use ohmspike_study::device_file;
use ohmspike_study::health::rise::untested;
use ohmspike_study::key_label::words_and_unit;
use ohmspike_study::run_study::{RunOptions, Runner};
use ohmspike_study::study::Study;
use ohmspike_study::time_words::time_words;

pub use error::LimitError;
use find::{Found, Trials, find};
use fresh_seeds::fresh_from;
use plan::invalid_level;
pub use plan::{LimitPlan, Question};
pub use recorded::LimitObserver;
use recorded::Recorded;
use repeats::varies;
pub use report::LimitReport;
use report::{Bound, KeyValue, LimitRow, SCHEMA};
use row::{Row, TOGETHER};
pub use swept::{AskedKey, AskedLevels};

use crate::numbered::{answers, number_in};

/// Result of a search.
#[derive(Clone, Debug, PartialEq)]
pub enum Searched {
    /// The answer.
    Answer(Box<LimitReport>),
    /// A stop was requested; this number of trials is left in the batch.
    Stopped(usize),
}

/// Finds the limits that `question` asks for, with trials in the results folder `folder`.
///
/// You can stop it or kill the process at any time and call it again: it resumes. The caller writes the answer, whose
/// [`number`](LimitReport::number) differs from those of other questions in the folder.
///
/// # Errors
/// Returns a [`LimitError`] if the question is invalid or a trial cannot run.
pub fn limit(
    study: &Study,
    question: &Question,
    folder: &Path,
    options: &RunOptions,
    follow: &mut impl LimitObserver,
) -> Result<Searched, LimitError> {
    LimitPlan::new(study, question, &options.study_folder)?.run(study, folder, options, follow)
}

/// Key of the time between training and test.
const RETENTION: &str = "hardware.retention_seconds";
/// Position of the stream of chips.
const CHIP: usize = 4;

/// Whether a test succeeded and yet gives no bound, because its trials are unhealthy.
fn withheld_attempts(limit: &Limit) -> bool {
    let of = |attempts: &[Attempt], bound: Option<usize>| {
        attempts.iter().any(|attempt| attempt.succeeded && Some(attempt.level) != bound)
    };
    of(&limit.certifications, limit.certified) || of(&limit.refutations, limit.refuted)
}

/// Returns a common row that is withheld before any trial.
fn without_trials(why: String) -> LimitRow {
    LimitRow {
        key: TOGETHER.to_owned(),
        unit: String::new(),
        direction: Direction::LargerIsWorse,
        reference: String::new(),
        with: Vec::new(),
        levels: Vec::new(),
        certified: None,
        refuted: None,
        withheld: Some(why),
        notes: Vec::new(),
        limit: None,
        trials: Vec::new(),
    }
}

impl LimitPlan {
    /// Finds the limits, with trials in the results folder `folder`, as [`limit`] does.
    ///
    /// # Errors
    /// Returns a [`LimitError`] if a trial cannot run.
    pub fn run(
        mut self,
        study: &Study,
        folder: &Path,
        options: &RunOptions,
        follow: &mut impl LimitObserver,
    ) -> Result<Searched, LimitError> {
        self.effort.fresh_from = fresh_from(&answers(folder), &self.question());
        let mut runner = Runner::open(study, folder, options)?;
        runner.warn(&self.settings, follow)?;
        let mut searched = self.search(study, &mut Recorded { runner: &mut runner, follow })?;
        runner.end()?;
        if let Searched::Answer(report) = &mut searched {
            // Other processes may have answered other questions meanwhile.
            number_in(report.as_mut(), folder);
        }
        Ok(searched)
    }

    /// Finds the limits, with trials from `trials`.
    ///
    /// # Errors
    /// Returns a [`LimitError`] if a trial cannot run.
    pub fn search(&self, study: &Study, trials: &mut dyn Trials) -> Result<Searched, LimitError> {
        let mut rows = Vec::new();
        for row in &self.rows {
            match self.answer(row, trials)? {
                Ok(row) => rows.push(row),
                Err(left) => return Ok(Searched::Stopped(left)),
            }
        }
        let together = if rows.len() > 1 {
            match self.together(&rows, trials)? {
                Ok(row) => Some(row),
                Err(left) => return Ok(Searched::Stopped(left)),
            }
        } else {
            None
        };
        let settings = &self.settings;
        Ok(Searched::Answer(Box::new(LimitReport {
            schema: SCHEMA,
            number: 1,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            study: study.name.clone(),
            device: settings.hardware.device.clone(),
            data: settings.data.set.clone(),
            criterion: self.criterion,
            effort: self.effort,
            varies: varies(settings, self.drawn),
            short_epochs: self.rows[0].short_epochs,
            settings: settings.clone(),
            notes: self.common_notes(),
            rows,
            together,
        })))
    }

    /// Finds the limit of a row; `Err` is the number of trials left after a stop.
    fn answer(&self, row: &Row, trials: &mut dyn Trials) -> Result<Result<LimitRow, usize>, LimitError> {
        let procedure = self.procedure(row)?;
        let (limit, withheld, found, trials) =
            match find(row, &self.numbers, &procedure, self.criterion.statistic, trials)? {
                Found::Answer { limit, withheld, notes, trials } => {
                    (limit.map(|limit| *limit), withheld, notes, trials)
                }
                Found::Stopped(left) => return Ok(Err(left)),
            };
        let answered = limit.as_ref().filter(|_| withheld.is_none());
        let bound = |level: Option<usize>| level.map(|level| self.bound(row, level)).transpose();
        let certified = bound(answered.and_then(|limit| limit.certified))?;
        let refuted = bound(answered.and_then(|limit| limit.refuted))?;
        let mut notes = answered.map(|limit| self.notes(row, limit)).unwrap_or_default();
        notes.extend(row.note.clone().filter(|_| answered.is_some()));
        notes.extend(found.into_iter().filter(|_| answered.is_some()));
        for bound in [&certified, &refuted].into_iter().flatten() {
            notes.extend(self.beyond_drift_law(row, bound.value)?.filter(|note| !notes.contains(note)));
        }
        let with = self.swept.iter().filter(|swept| row.is_together() || swept.key == row.name);
        Ok(Ok(LimitRow {
            key: row.name.clone(),
            unit: words_and_unit(&row.name).1.to_owned(),
            direction: row.levels.direction(),
            reference: row.reference_words.clone(),
            with: with.flat_map(|swept| &swept.with).map(|(key, word)| format!("{key} = {word}")).collect(),
            levels: row.levels.values().to_vec(),
            certified,
            refuted,
            withheld,
            notes,
            limit,
            trials,
        }))
    }

    /// Finds the common fraction of the limits of `rows` that the network tolerates.
    fn together(&self, rows: &[LimitRow], trials: &mut dyn Trials) -> Result<Result<LimitRow, usize>, LimitError> {
        let limits = rows.iter().zip(&self.swept);
        let limits: Vec<_> =
            limits.filter_map(|(row, swept)| Some((swept.clone(), row.certified.as_ref()?.value))).collect();
        let missing: Vec<&str> =
            rows.iter().filter(|row| row.certified.is_none()).map(|row| row.key.as_str()).collect();
        if !missing.is_empty() {
            return Ok(Ok(without_trials(format!("no certified limit of {}", missing.join(", ")))));
        }
        let row = match Row::together(&limits, &self.open, self.resolution).map_err(LimitError::from) {
            Ok(row) => row.with_short_epochs(self.rows[0].short_epochs),
            Err(error) => return Ok(Ok(without_trials(format!("the keys are not valid together: {error}")))),
        };
        if let Some((level, error)) = invalid_level(&row, &self.folder) {
            let why = format!("the limits are not valid together, at {level} of each: {error}");
            return Ok(Ok(without_trials(why)));
        }
        // Single limits are chosen by their outcomes, so those seeds are no longer fresh.
        let used = rows.iter().flat_map(|row| &row.trials).map(|line| line.seed).max();
        self.answer(&row.with_first_seed(used.map(|seed| seed + 1)), trials)
    }

    /// Describes a certified or refuted level.
    fn bound(&self, row: &Row, level: usize) -> Result<Bound, LimitError> {
        let value = row.levels.values()[level];
        let settings = self.numbers.of(row.at(value)?)?;
        let name = settings.device();
        let device = name.map(|name| device_file::load(name, &settings.device, &self.folder)).transpose()?;
        let device = device.as_ref().map(|(device, _)| device);
        let keys: Vec<KeyValue> = row.values(value).into_iter().map(|(key, value)| KeyValue { key, value }).collect();
        let units = if row.is_together() { Vec::new() } else { units::quantities(&row.name, value, &settings, device) };
        Ok(Bound { level, value, units, keys: if row.is_together() { keys } else { Vec::new() } })
    }

    /// Says that a time is outside the drift law of the device.
    fn beyond_drift_law(&self, row: &Row, value: f64) -> Result<Option<String>, LimitError> {
        let settings = self.numbers.of(row.at(value)?)?;
        let Some(name) = settings.device().filter(|_| row.values(value).iter().any(|(key, _)| key == RETENTION)) else {
            return Ok(None);
        };
        let (device, _) = device_file::load(name, &settings.device, &self.folder)?;
        let Some(times) = device.drift.times() else { return Ok(None) };
        let held = times.held(settings.hardware.retention_seconds);
        Ok(held.map(|held| {
            format!(
                "the drift law of `{}` covers {} to {}: beyond it, drift is that at {}, and no data support the answer",
                device.name,
                time_words(times.reference),
                time_words(times.latest),
                time_words(held)
            )
        }))
    }

    /// What limits every answer.
    fn common_notes(&self) -> Vec<String> {
        let few = match self.criterion.statistic {
            Statistic::Mean => Some(
                "a mean of few repeats cannot rule out rare failures; ask for a fraction of chips with `--chips 0.95`",
            ),
            Statistic::Chips(_) if self.drawn[CHIP] => None,
            Statistic::Chips(_) => {
                Some("all chips of this device are equal before the first write; repeats differ in training only")
            }
        };
        let samples = format!(
            "accuracies are those of {} of `{}`; other samples would shift all levels together",
            counted(self.test_samples, "test sample"),
            self.settings.data.set
        );
        few.map(str::to_owned).into_iter().chain([samples]).chain(untested(&self.settings)).collect()
    }

    /// What limits the answer of a row.
    fn notes(&self, row: &Row, limit: &Limit) -> Vec<String> {
        let mut notes = Vec::new();
        let shown = |level: usize| row.levels.values()[level];
        let withheld = withheld_attempts(limit);
        if let Some(dip) = limit.dip {
            notes.push(format!(
                "accuracy is not monotone: {} failed clearly in the search although a harsher level passes",
                shown(dip)
            ));
        }
        if let (Some(certified), Some(refuted)) = (limit.certified, limit.refuted)
            && refuted > certified + 1
        {
            let [low, high] = match row.levels.direction() {
                Direction::LargerIsWorse => [certified, refuted],
                Direction::SmallerIsWorse => [refuted, certified],
            };
            let (low, high) = (shown(low), shown(high));
            let narrow = match self.criterion.statistic {
                // More repeats do not make trials healthy.
                Statistic::Mean if withheld => "the trials of some are unhealthy".to_owned(),
                Statistic::Mean => {
                    format!("more repeats bring them closer together: `--repeats {}`", self.more_repeats())
                }
                Statistic::Chips(_) => format!("ask about them with fresh chips: `--key {}={low}..{high}`", row.name),
            };
            notes.push(format!("levels between {low} and {high} are not decided; {narrow}"));
        }
        let is_mildest = limit.certifications.last().is_none_or(|attempt| attempt.level == 0);
        match (limit.verdict, self.criterion.statistic) {
            (Verdict::NotRefuted, Statistic::Mean) if !withheld => notes.push(format!(
                "harsher levels are not decided; more repeats may refute one: `--repeats {}`",
                self.more_repeats()
            )),
            (Verdict::NotCertified, _) if row.name != TOGETHER && is_mildest => notes.push(format!(
                "the range starts at {}; milder levels need a range of your own: `--key {}=FROM..TO`",
                shown(0),
                row.name
            )),
            _ => {}
        }
        notes
    }

    /// Repeats that halve the standard error of a mean.
    fn more_repeats(&self) -> u64 {
        4 * self.effort.mean_seeds
    }
}

#[cfg(test)]
mod tests;
