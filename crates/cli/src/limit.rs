//! `ohmspike limit`: finds how much of a non-ideality a network tolerates.

pub mod amount;
mod key;
mod screen;
mod show;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ohmspike_analysis::limit::{Direction, RESOLUTION, Statistic, Target};
use ohmspike_answers::limit::{AskedKey, AskedLevels, LimitPlan, Question, Searched};
use ohmspike_datasets::counted;
use ohmspike_report::files::write_limit;

use super::answers_folder;
use super::run::{listen_for_interrupt, places, stopped};
use super::study_arguments::StudyArguments;
use super::terminal::{say, tell};
use super::trial_arguments::TrialArguments;
use super::{ExitCode, Failure, warn};
use amount::{fraction, points};
use key::{AskedRange, asked_key};
use screen::Screen;

const EXAMPLES: &str = "\
Examples:
  The largest update noise that costs at most 2 points of accuracy:
      ohmspike limit study.toml --key noise.level_percent --within 2points

  The largest fraction of stuck cells at which 95 % of chips reach 75 %:
      ohmspike limit study.toml --key device.faults.p_high_resistance --accuracy 75% --chips 95%

  The fewest bits of the column converters:
      ohmspike limit study.toml --key device.converters.adc.bits --within 2points

  A specification sheet: each key alone, then all together:
      ohmspike limit study.toml --key hardware.write_spread_scale --key device.converters.adc.bits=4..12 --within 2points

  See levels and the number of trials:
      ohmspike limit study.toml --key noise.level_percent --within 2points --dry-run";

/// Find how much of a non-ideality a network tolerates.
///
/// Searches for the harshest level with a few seeds, certifies a level with fresh seeds, and refutes a harsher one with
/// further fresh seeds. Levels in between are not decided. The certificate is wrong with at most 5 % probability,
/// and so is the refutation (see --confidence); for a mean, this holds if repeats are nearly normal.
///
/// Run several processes with --shard, stop them at any time, and repeat the command to resume. Finished trials never run
/// again. Another question in the same folder has files and fresh seeds of its own.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
#[command(group(clap::ArgGroup::new("criterion").required(true).args(["within", "accuracy"])))]
pub struct Arguments {
    #[command(flatten)]
    study: StudyArguments,
    /// Key to vary; several give a specification sheet.
    ///
    /// Any numeric key of a study or device. `KEY=FROM..TO` sets the range, `KEY=A,B,C` the levels.
    #[arg(long, required = true, value_name = "KEY", help_heading = "Question")]
    key: Vec<String>,
    /// Allowed loss of accuracy, in points, compared with the same network without this non-ideality.
    #[arg(long, value_name = "POINTS", value_parser = points, allow_negative_numbers = true, help_heading = "Question")]
    within: Option<f64>,
    /// Accuracy to reach, such as 0.75 or 75%.
    #[arg(long, value_name = "ACCURACY", value_parser = fraction, allow_negative_numbers = true, help_heading = "Question")]
    accuracy: Option<f64>,
    /// The mean over repeats must meet the criterion [default].
    #[arg(long, conflicts_with = "chips", help_heading = "Question")]
    mean: bool,
    /// This fraction of all chips must meet the criterion, such as 0.95 or 95%.
    ///
    /// Every repeat is a new chip, trained from new initial weights.
    #[arg(long, value_name = "FRACTION", value_parser = fraction, allow_negative_numbers = true, help_heading = "Question")]
    chips: Option<f64>,
    /// Confidence of the certified level, and of the refuted one.
    #[arg(long, value_name = "FRACTION", value_parser = fraction, allow_negative_numbers = true, default_value = "0.95", help_heading = "Question")]
    confidence: f64,
    /// Find the largest tolerated value [default for noise, faults and times].
    #[arg(long, conflicts_with = "smallest", help_heading = "Levels")]
    largest: bool,
    /// Find the smallest tolerated value [default for bits, levels and windows].
    #[arg(long, help_heading = "Levels")]
    smallest: bool,
    /// Range of the levels [default: depends on the key].
    #[arg(
        long,
        value_name = "FROM..TO",
        conflicts_with = "levels",
        allow_hyphen_values = true,
        help_heading = "Levels"
    )]
    range: Option<String>,
    /// Levels, separated by commas.
    #[arg(long, value_name = "LIST", allow_hyphen_values = true, help_heading = "Levels")]
    levels: Option<String>,
    /// Largest relative distance of neighbouring levels [default: 5%].
    #[arg(
        long,
        value_name = "FRACTION",
        value_parser = fraction,
        conflicts_with = "levels",
        allow_negative_numbers = true,
        help_heading = "Levels"
    )]
    resolution: Option<f64>,
    /// First seed of the repeats.
    ///
    /// The search uses four seeds from here, and the tests further ones, after the seeds of earlier answers in the folder.
    #[arg(long = "first-seed", alias = "seeds", value_name = "N", default_value_t = 1, help_heading = "Trials")]
    first_seed: u64,
    /// Fresh repeats per test of a mean; more bring the certified and the refuted level closer together.
    ///
    /// Another number is another question: its tests use new seeds.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 8,
        conflicts_with = "chips",
        help_heading = "Trials",
        value_parser = clap::value_parser!(u64).range(3..=1000)
    )]
    repeats: u64,
    /// Epochs of short training while the answer is clear; 0 for none [default: a third, from 12 epochs on].
    #[arg(long, value_name = "N", help_heading = "Trials")]
    short_epochs: Option<usize>,
    #[command(flatten)]
    trials: TrialArguments,
}

/// A flag that applies to a single key.
#[derive(Debug, thiserror::Error)]
#[error("{flag}: applies to one key, got {keys}\n\nhint: give the levels with the key: `--key KEY=FROM..TO`")]
struct SeveralKeys {
    flag: &'static str,
    keys: usize,
}

/// Distances of levels that are all given.
#[derive(Debug, thiserror::Error)]
#[error("--resolution: no effect on a list of levels\n\nhint: remove the flag, or give a range: `--key KEY=FROM..TO`")]
struct OfList;

/// Seeds that the search does not use.
#[derive(Debug, thiserror::Error)]
#[error(
    "--set repeats.seeds: no effect on `limit`\n\n\
     hint: `--repeats` sets the number of fresh seeds of a test, and `--first-seed` the first seed"
)]
struct OwnSeeds;

/// Every answer is withheld.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct NoAnswer(String);

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    arguments.trials.instructions.use_instructions()?;
    let question = arguments.question()?;
    let file = arguments.study.open()?;
    if arguments.study.set.iter().any(|set| set.starts_with("repeats.seeds")) {
        warn(&[OwnSeeds]);
    }
    let plan = LimitPlan::new(&file.study, &question, &file.folder)?;
    if arguments.trials.dry_run {
        show::plan(&plan)?;
        return Ok(ExitCode::SUCCESS);
    }
    let stop = Arc::new(AtomicBool::new(false));
    listen_for_interrupt(&stop)?;
    let folder = arguments.study.answer_folder(&file, "limit");
    answers_folder::check(&folder)?;
    answers_folder::mark(&folder)?;
    let options = arguments.trials.options(&file, folder.clone(), &stop);
    let mut screen = Screen::new();
    let searched = plan.run(&file.study, &folder, &options, &mut screen);
    screen.finish();
    let report = match searched? {
        Searched::Answer(report) => report,
        Searched::Stopped(left) => {
            let next = counted(left, "trial");
            tell!("stopped; repeat the command to continue with the next {next}");
            return Ok(stopped(stop.load(Ordering::Relaxed)));
        }
    };
    let files = write_limit(&report, &folder)?;
    if report.rows.iter().all(|row| row.withheld.is_some()) {
        let why: Vec<&str> = report.rows.iter().filter_map(|row| row.withheld.as_deref()).collect();
        return Err(Box::new(NoAnswer(why[0].to_owned())));
    }
    show::report(&report)?;
    for place in places(&folder, &files) {
        say!("{place}")?;
    }
    Ok(ExitCode::SUCCESS)
}

impl Arguments {
    fn question(&self) -> Result<Question, Failure> {
        let direction = match (self.largest, self.smallest) {
            (true, _) => Some(Direction::LargerIsWorse),
            (_, true) => Some(Direction::SmallerIsWorse),
            _ => None,
        };
        let single = [
            ("--range", self.range.is_some()),
            ("--levels", self.levels.is_some()),
            ("--largest", self.largest),
            ("--smallest", self.smallest),
        ];
        if let Some((flag, _)) = single.into_iter().find(|(_, given)| *given && self.key.len() > 1) {
            return Err(Box::new(SeveralKeys { flag, keys: self.key.len() }));
        }
        let range = AskedRange { range: self.range.as_deref(), levels: self.levels.as_deref() };
        let keys: Vec<AskedKey> = self
            .key
            .iter()
            .map(|text| Ok(AskedKey { direction, ..asked_key(text, &range)? }))
            .collect::<Result<_, Failure>>()?;
        if self.resolution.is_some() && keys.iter().all(|key| matches!(key.levels, AskedLevels::List(_))) {
            return Err(Box::new(OfList));
        }
        let target = match (self.within, self.accuracy) {
            (Some(loss), _) => Target::Loss(loss),
            (_, accuracy) => Target::Accuracy(accuracy.expect("one of both is required")),
        };
        Ok(Question {
            keys,
            target,
            statistic: self.chips.map_or(Statistic::Mean, Statistic::Chips),
            confidence: self.confidence,
            resolution: self.resolution.unwrap_or(RESOLUTION),
            first_seed: self.first_seed,
            repeats: self.repeats,
            short_epochs: self.short_epochs,
        })
    }
}
