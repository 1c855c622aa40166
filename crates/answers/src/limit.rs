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
//! - [`defaults`]: harsh side, harmless value and levels of a key; [`swept`]: a key with its levels and settings;
//! - [`row`]: the networks of a row; [`plan`]: a checked question;
//! - [`find`]: runs a procedure; [`recorded`]: runs its trials in a results folder;
//! - [`report`], [`units`], [`words`]: the answer.
//!
//! The answer is a pure function of the records: a repeat runs nothing, and threads and shards change nothing.

pub mod defaults;
pub mod error;
pub mod find;
pub mod plan;
pub mod recorded;
pub mod report;
pub mod row;
pub mod swept;
pub mod units;
pub mod words;

use std::path::Path;

use ohmspike_analysis::limit::{Attempt, Evidence, Limit, Statistic};
use ohmspike_study::device_file;
use ohmspike_study::key_label::words_and_unit;
use ohmspike_study::run_study::{RunOptions, Runner};
use ohmspike_study::settings::{NO_DEVICE, Settings};
use ohmspike_study::study::Study;

pub use error::LimitError;
use find::{Found, Trials, find};
pub use plan::{LimitPlan, Question};
pub use recorded::Follow;
use recorded::Recorded;
pub use report::LimitReport;
use report::{Bound, KeyValue, LimitRow, SCHEMA};
use row::Row;
pub use swept::{AskedKey, AskedLevels};

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
/// You can stop it or kill the process at any time and call it again: it resumes. The caller writes the answer.
///
/// # Errors
/// Returns a [`LimitError`] if the question is invalid or a trial cannot run.
pub fn limit(
    study: &Study,
    question: &Question,
    folder: &Path,
    options: &RunOptions,
    follow: &mut impl Follow,
) -> Result<Searched, LimitError> {
    let plan = LimitPlan::new(study, question, &options.study_folder)?;
    let mut runner = Runner::open(study, folder, options)?;
    let searched = plan.search(study, &mut Recorded { runner: &mut runner, follow })?;
    runner.end()?;
    Ok(searched)
}

impl LimitPlan {
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
            program: env!("CARGO_PKG_VERSION").to_owned(),
            study: study.name.clone(),
            device: settings.hardware.device.clone(),
            data: settings.data.set.clone(),
            criterion: self.criterion,
            effort: self.effort,
            varies: varies(settings),
            short_epochs: self.rows[0].short_epochs,
            settings: settings.clone(),
            rows,
            together,
        })))
    }

    /// Finds the limit of a row; `Err` is the number of trials left after a stop.
    fn answer(&self, row: &Row, trials: &mut dyn Trials) -> Result<Result<LimitRow, usize>, LimitError> {
        let procedure = self.procedure(row)?;
        let (limit, withheld, trials) = match find(row, &procedure, self.criterion.statistic, trials)? {
            Found::Answer { limit, withheld, trials } => (limit, withheld, trials),
            Found::Stopped(left) => return Ok(Err(left)),
        };
        let answered = limit.as_ref().filter(|_| withheld.is_none());
        let bound = |level: Option<usize>| level.map(|level| self.bound(row, level)).transpose();
        let certified = bound(answered.and_then(|limit| limit.certified))?;
        let refuted = bound(answered.and_then(|limit| limit.refuted))?;
        let mut notes: Vec<String> = answered.map(|limit| self.notes(row, limit)).unwrap_or_default();
        notes.extend(untested(&self.settings));
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
        let row = Row::together(&limits, &self.settings, self.resolution)?;
        let row = row.with_short_epochs(self.rows[0].short_epochs);
        if limits.len() == rows.len() {
            return self.answer(&row, trials);
        }
        let missing: Vec<&str> =
            rows.iter().filter(|row| row.certified.is_none()).map(|row| row.key.as_str()).collect();
        Ok(Ok(LimitRow {
            key: row.name.clone(),
            unit: String::new(),
            direction: row.levels.direction(),
            reference: row.reference_words.clone(),
            with: Vec::new(),
            levels: row.levels.values().to_vec(),
            certified: None,
            refuted: None,
            withheld: Some(format!("no certified limit of {}", missing.join(", "))),
            notes: Vec::new(),
            limit: None,
            trials: Vec::new(),
        }))
    }

    /// Describes a certified or refuted level.
    fn bound(&self, row: &Row, level: usize) -> Result<Bound, LimitError> {
        let value = row.levels.values()[level];
        let settings = row.at(value)?;
        let name = settings.device();
        let device = name.map(|name| device_file::load(name, &settings.device, &self.folder)).transpose()?;
        let device = device.as_ref().map(|(device, _)| device);
        let keys: Vec<KeyValue> = row.values(value).into_iter().map(|(key, value)| KeyValue { key, value }).collect();
        let units = if row.is_together() { Vec::new() } else { units::quantities(&row.name, value, &settings, device) };
        Ok(Bound { level, value, units, keys: if row.is_together() { keys } else { Vec::new() } })
    }

    /// What limits an answer.
    fn notes(&self, row: &Row, limit: &Limit) -> Vec<String> {
        let mut notes = Vec::new();
        let shown = |level: usize| row.levels.values()[level];
        if let Some(dip) = limit.dip {
            notes.push(format!(
                "accuracy is not monotone: {} failed clearly in the search although a harsher level passes",
                shown(dip)
            ));
        }
        if let (Some(certified), Some(refuted)) = (limit.certified, limit.refuted)
            && refuted > certified + 1
        {
            notes.push(format!("levels between {} and {} are not decided", shown(certified), shown(refuted)));
        }
        let identical = |attempt: &&Attempt| matches!(attempt.evidence, Evidence::Mean { sd, .. } if sd == 0.0);
        if limit.certifications.last().filter(|attempt| attempt.succeeded).is_some_and(|attempt| identical(&attempt)) {
            notes.push(
                "all repeats of the certified level are identical: the certificate shows one network, not a population"
                    .to_owned(),
            );
        }
        let few = match self.criterion.statistic {
            Statistic::Mean => Some(
                "a mean of few repeats cannot rule out rare failures; ask for a fraction of chips with `--chips 0.95`",
            ),
            Statistic::Chips(_) => None,
        };
        notes.extend(few.map(str::to_owned));
        notes
    }
}

/// A note if convergence was not tested.
fn untested(settings: &Settings) -> Option<String> {
    ohmspike_study::health::rise::untested(settings)
}

/// What differs between the repeats of trials with `settings`.
fn varies(settings: &Settings) -> Vec<String> {
    let seeds = &settings.seeds;
    let on_cells = settings.hardware.device != NO_DEVICE;
    let streams = [
        ("chip", seeds.chip, on_cells),
        ("initial weights", seeds.initial, true),
        ("sample order", seeds.order, true),
        ("write noise", seeds.write, true),
        ("read noise", seeds.read, on_cells),
    ];
    let varied = streams.into_iter().filter(|(_, fixed, applies)| fixed.is_none() && *applies);
    varied.map(|(name, ..)| name.to_owned()).collect()
}
