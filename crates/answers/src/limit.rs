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
//! - [`find`]: runs a procedure; [`recorded`]: runs its trials in a results folder; [`repeats`]: what differs between
//!   them;
//! - [`report`], [`units`], [`words`]: the answer.
//!
//! The answer is a pure function of the records: a repeat runs nothing, and threads and shards change nothing.

mod amounts;
pub mod defaults;
pub mod error;
pub mod find;
pub mod plan;
pub mod recorded;
pub mod repeats;
pub mod report;
pub mod row;
pub mod swept;
pub mod units;
pub mod words;

use std::path::Path;

use ohmspike_analysis::limit::{Direction, Limit, Statistic};
use ohmspike_study::device_file;
use ohmspike_study::health::rise::untested;
use ohmspike_study::key_label::words_and_unit;
use ohmspike_study::run_study::{RunOptions, Runner};
use ohmspike_study::study::Study;

pub use error::LimitError;
use find::{Found, Trials, find};
use plan::invalid_level;
pub use plan::{LimitPlan, Question};
pub use recorded::Follow;
use recorded::Recorded;
use repeats::varies;
pub use report::LimitReport;
use report::{Bound, KeyValue, LimitRow, SCHEMA};
use row::{Row, TOGETHER};
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

/// Position of the stream of chips.
const CHIP: usize = 4;

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
        let (limit, withheld, found, trials) = match find(row, &procedure, self.criterion.statistic, trials)? {
            Found::Answer { limit, withheld, notes, trials } => (limit.map(|limit| *limit), withheld, notes, trials),
            Found::Stopped(left) => return Ok(Err(left)),
        };
        let answered = limit.as_ref().filter(|_| withheld.is_none());
        let bound = |level: Option<usize>| level.map(|level| self.bound(row, level)).transpose();
        let certified = bound(answered.and_then(|limit| limit.certified))?;
        let refuted = bound(answered.and_then(|limit| limit.refuted))?;
        let mut notes = answered.map(|limit| self.notes(row, limit)).unwrap_or_default();
        notes.extend(found.into_iter().filter(|_| answered.is_some()));
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
        let row = match Row::together(&limits, &self.settings, self.resolution).map_err(LimitError::from) {
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
        let settings = row.at(value)?;
        let name = settings.device();
        let device = name.map(|name| device_file::load(name, &settings.device, &self.folder)).transpose()?;
        let device = device.as_ref().map(|(device, _)| device);
        let keys: Vec<KeyValue> = row.values(value).into_iter().map(|(key, value)| KeyValue { key, value }).collect();
        let units = if row.is_together() { Vec::new() } else { units::quantities(&row.name, value, &settings, device) };
        Ok(Bound { level, value, units, keys: if row.is_together() { keys } else { Vec::new() } })
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
        few.map(str::to_owned).into_iter().chain(untested(&self.settings)).collect()
    }

    /// What limits the answer of a row.
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
        notes
    }
}

#[cfg(test)]
mod tests {
    use ohmspike_analysis::limit::{Target, Verdict};
    use ohmspike_rng::Seed;
    use ohmspike_study::run_study::Job;
    use ohmspike_study::settings::Settings;

    use super::find::{AskedTrials, Effect, Ended, Problem, TrialEnd};
    use super::*;

    const STUDY: &str = "name = 'double'\n[network]\nhidden = 8\n[hardware]\ndevice = 'study-1k-1m'\n";

    fn study(text: &str) -> Study {
        Study::parse("double.toml", text, &[]).expect("a valid study")
    }

    fn question(keys: &[&str], target: Target) -> Question {
        let keys = keys.iter().map(|key| AskedKey { key: (*key).to_owned(), ..AskedKey::default() });
        Question {
            keys: keys.collect(),
            target,
            statistic: Statistic::Mean,
            confidence: 0.95,
            resolution: 0.05,
            first_seed: 1,
            repeats: 8,
            short_epochs: None,
        }
    }

    /// Stands for trials: 80 % accuracy, a loss that depends on the settings, and draws of 0.2 points per trial.
    struct Double<F: Fn(&Settings) -> f64> {
        loss: F,
        /// Trials until a stop.
        most: usize,
        ran: usize,
    }

    impl<F: Fn(&Settings) -> f64> Trials for Double<F> {
        fn run(&mut self, _: &AskedTrials, jobs: &[Job]) -> Result<Ended, LimitError> {
            self.ran += jobs.len();
            if self.ran > self.most {
                return Ok(Ended::Stopped(jobs.len()));
            }
            let end = |job: &Job| {
                let Settings { noise, device, training, .. } = &*job.settings;
                let network = format!("{} {device:?} {}", noise.level_percent, training.epochs);
                let draw = Seed::new(job.seed).named(&network).stream().next_u32();
                let accuracy = 0.8 - (self.loss)(&job.settings) + 0.004 * (f64::from(draw) / f64::from(u32::MAX) - 0.5);
                TrialEnd { id: format!("{}-{}", job.seed, draw), outcome: Some(accuracy), problem: None }
            };
            Ok(Ended::All(jobs.iter().map(end).collect()))
        }
    }

    fn searched(question: &Question, loss: impl Fn(&Settings) -> f64) -> LimitReport {
        let study = study(STUDY);
        let plan = LimitPlan::new(&study, question, Path::new(".")).expect("a valid question");
        let mut double = Double { loss, most: usize::MAX, ran: 0 };
        match plan.search(&study, &mut double).expect("doubles run") {
            Searched::Answer(report) => *report,
            Searched::Stopped(left) => panic!("{left} trials left"),
        }
    }

    fn bits(settings: &Settings) -> Option<f64> {
        settings.device.get("converters.adc.bits").and_then(serde_json::Value::as_f64)
    }

    /// 0.1 points per % of noise: 2 points at 20 %. Each bit less than 8 costs 1 point: 2 points at 6 bits.
    fn loss(settings: &Settings) -> f64 {
        0.001 * settings.noise.level_percent + bits(settings).map_or(0.0, |bits| 0.01 * (8.0 - bits).max(0.0))
    }

    #[test]
    fn limits_bracket_a_known_crossing() {
        let report = searched(&question(&["noise.level_percent"], Target::Loss(0.02)), loss);
        let row = &report.rows[0];
        let (certified, refuted) = (row.certified.as_ref().expect("certified"), row.refuted.as_ref().expect("refuted"));
        assert!(certified.value <= 20.0 && 20.0 < refuted.value, "{certified:?} {refuted:?}");
        assert!(certified.value > 15.0 && refuted.value < 35.0, "{certified:?} {refuted:?}");
        assert_eq!(row.reference, "the same network with noise.level_percent = 0");
        assert!(report.together.is_none());
        let expected = format!("noise.level_percent: largest certified {} % of σ_init, refuted", certified.value);
        assert!(words::answer(&report, row).starts_with(&expected), "{}", words::answer(&report, row));
        let read: LimitReport = serde_json::from_str(&report.json()).expect("JSON");
        assert_eq!(read.rows[0].trials.len(), report.csv().lines().count() - 1);
    }

    #[test]
    fn smallest_values_are_limits_too() {
        let report = searched(&question(&["device.converters.adc.bits"], Target::Accuracy(0.775)), loss);
        let row = &report.rows[0];
        let value = |bound: &Option<Bound>| bound.as_ref().map(|bound| bound.value);
        assert_eq!((value(&row.certified), value(&row.refuted)), (Some(6.0), Some(5.0)), "{:?}", row.limit);
        assert_eq!(row.with, ["device.converters.adc.codes = signed", "device.converters.adc.range = calibrated"]);
        assert_eq!(row.reference, "the same network with no device.converters.adc");
    }

    /// Alone, each key may cost 2 points. Together they cost less than 2 points at half of the noise limit with no loss
    /// from the bits, which are doubled.
    #[test]
    fn a_sheet_has_a_common_fraction() {
        let keys = ["noise.level_percent", "device.converters.adc.bits"];
        let report = searched(&question(&keys, Target::Loss(0.02)), loss);
        let noise = report.rows[0].certified.as_ref().expect("certified").value;
        let together = report.together.as_ref().expect("a common row");
        let certified = together.certified.as_ref().expect("certified");
        assert_eq!(certified.keys[0].key, keys[0]);
        assert!((certified.keys[0].value - certified.value * noise).abs() < 1e-9);
        let fraction = certified.value;
        let alone = report.rows[1].certified.as_ref().expect("certified").value;
        let bits = (alone / fraction - 1e-9).ceil();
        assert_eq!(certified.keys[1].value, bits);
        assert!(0.001 * fraction * noise + 0.01 * (8.0 - bits).max(0.0) <= 0.02, "{certified:?}");
        assert!(words::answer(&report, together).starts_with("together: largest certified "));
        let highest = report.rows.iter().flat_map(|row| &row.trials).map(|line| line.seed).max().expect("trials");
        assert!(together.trials.iter().all(|line| line.seed > highest), "seeds that have not chosen the limits");
    }

    /// 60 % of the cells stuck in one state and 60 % in another.
    #[test]
    fn limits_that_are_invalid_together_withhold_the_common_row_only() {
        let keys = ["device.faults.p_high_resistance", "device.faults.p_low_resistance"];
        let mut question = question(&keys, Target::Loss(0.02));
        for key in &mut question.keys {
            key.levels = AskedLevels::List(vec![0.1, 0.6]);
        }
        let report = searched(&question, |_| 0.0);
        let certified = |row: &LimitRow| row.certified.as_ref().map(|bound| bound.value);
        assert_eq!(report.rows.iter().map(certified).collect::<Vec<_>>(), [Some(0.6), Some(0.6)]);
        let together = report.together.as_ref().expect("a common row");
        let why = together.withheld.as_deref().expect("a reason");
        assert!(why.starts_with("the limits are not valid together, at 0.8"), "{why}");
        assert!(together.trials.is_empty() && words::answer(&report, together).starts_with("together: no answer: "));
    }

    #[test]
    fn converter_keys_share_a_converter() {
        let keys = ["device.converters.adc.bits", "device.converters.adc.gain_sigma_percent"];
        let report = searched(&question(&keys, Target::Loss(0.02)), loss);
        let reference = "the same network with device.converters.adc.gain_sigma_percent = 0, \
                         device.converters.adc.bits = 12, the mildest level";
        assert_eq!(report.rows[1].reference, reference);
        let bits = report.rows[0].certified.as_ref().expect("certified").value;
        assert!((6.0..=7.0).contains(&bits), "2 points at 6 bits: {bits}");
        assert_eq!(report.varies, ["chip (variation and faults of its cells)", "initial weights", "sample order"]);
    }

    /// Half of the accuracy of each epoch is the searched effect, not that of short training.
    #[test]
    fn epochs_as_a_key_are_never_shortened() {
        let mut question = question(&["training.epochs"], Target::Accuracy(0.775));
        question.keys[0].levels = AskedLevels::Range(4.0, 12.0);
        let of_epochs = |settings: &Settings| 0.01 * (8.0 - settings.training.epochs as f64).max(0.0);
        let text = format!("{STUDY}[training]\nepochs = 12\n");
        let study = study(&text);
        let plan = LimitPlan::new(&study, &question, Path::new(".")).expect("a valid question");
        assert_eq!((plan.effort.short_training, plan.rows[0].short_epochs), (false, None));
        let mut double = Double { loss: of_epochs, most: usize::MAX, ran: 0 };
        let Searched::Answer(report) = plan.search(&study, &mut double).expect("doubles run") else {
            panic!("nothing stops")
        };
        let value = |bound: &Option<Bound>| bound.as_ref().map(|bound| bound.value);
        assert_eq!((value(&report.rows[0].certified), value(&report.rows[0].refuted)), (Some(6.0), Some(5.0)));
        question.short_epochs = Some(3);
        let refused = LimitPlan::new(&study, &question, Path::new(".")).expect_err("short training");
        assert!(refused.to_string().starts_with("--short-epochs: no short training with the key `training.epochs`"));
    }

    #[test]
    fn answers_are_withheld_with_a_reason() {
        let of = |target, loss: &dyn Fn(&Settings) -> f64| {
            let report = searched(&question(&["noise.level_percent"], target), loss);
            let row = report.rows.into_iter().next().expect("a row");
            (row.withheld.unwrap_or_default(), row.trials.len(), row.limit.map(|limit| limit.verdict))
        };
        let (why, trials, verdict) = of(Target::Accuracy(0.85), &loss);
        assert!(why.contains("reaches 80") && why.contains("misses 85 %") && why.contains("hint: ask for"), "{why}");
        assert_eq!((trials, verdict), (4, Some(Verdict::BaselineMisses)));
    }

    /// Trials at every level equal the reference, seed by seed.
    #[test]
    fn a_key_without_effect_is_found() {
        struct Same;
        impl Trials for Same {
            fn run(&mut self, _: &AskedTrials, jobs: &[Job]) -> Result<Ended, LimitError> {
                let end =
                    |job: &Job| TrialEnd { outcome: Some(0.8 + 0.01 * job.seed as f64 / 100.0), ..TrialEnd::default() };
                Ok(Ended::All(jobs.iter().map(end).collect()))
            }
        }
        struct Silent;
        impl Trials for Silent {
            fn run(&mut self, _: &AskedTrials, jobs: &[Job]) -> Result<Ended, LimitError> {
                let problem =
                    Problem { state: "silent".to_owned(), effect: Effect::Counts, advice: "more input".to_owned() };
                let end =
                    |_: &Job| TrialEnd { outcome: Some(0.1), problem: Some(problem.clone()), ..TrialEnd::default() };
                Ok(Ended::All(jobs.iter().map(end).collect()))
            }
        }
        let study = study(STUDY);
        let question = question(&["noise.level_percent"], Target::Loss(0.02));
        let plan = LimitPlan::new(&study, &question, Path::new(".")).expect("a valid question");
        let withheld = |trials: &mut dyn Trials| match plan.search(&study, trials).expect("doubles run") {
            Searched::Answer(report) => report.rows[0].withheld.clone().unwrap_or_default(),
            Searched::Stopped(_) => panic!("nothing stops"),
        };
        assert!(withheld(&mut Same).starts_with("noise.level_percent has no effect on this study: at 1000, 4 repeats"));
        assert!(withheld(&mut Silent).ends_with("4 of 4 repeats are silent\n\nhint: more input"));
        let mut stopped = Double { loss, most: 30, ran: 0 };
        let stopped = plan.search(&study, &mut stopped).expect("doubles run");
        assert!(matches!(stopped, Searched::Stopped(left) if left > 0), "{stopped:?}");
    }
}
