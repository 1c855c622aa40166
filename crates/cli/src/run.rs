//! `ohmspike run`: runs the trials of a study without a record, then shows all results.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ohmspike_analysis::health_tally::HealthTally;
use ohmspike_analysis::recorded::Recorded;
use ohmspike_analysis::repeat_warnings::{idle_seeds, repeat_warnings};
use ohmspike_analysis::repeats::done_of;
use ohmspike_analysis::summary::Summary;
use ohmspike_datasets::counted;
use ohmspike_experiments::replication::replication;
use ohmspike_report::datasheet::study_sheets;
use ohmspike_report::figures::AxisChoice;
use ohmspike_report::files::write_results;
use ohmspike_report::replication::Replication;
use ohmspike_study::axis_value::plain;
use ohmspike_study::health::rise::untested;
use ohmspike_study::legible::one_line;
use ohmspike_study::memory::Memory;
use ohmspike_study::record::Record;
use ohmspike_study::resolved_study::FILE;
use ohmspike_study::results::Results;
use ohmspike_study::run::{EpochReport, Trial};
use ohmspike_study::run_study::{Plan, RunWarning, StudyObserver};
use ohmspike_study::study::Study;

use super::answers_folder::NoStudyFolder;
use super::meter::Meter;
use super::study_arguments::StudyArguments;
use super::terminal::{Wanted, print, say, tell};
use super::trial_arguments::TrialArguments;
use super::{ExitCode, Failure, figure_arguments, source, warn};

const EXAMPLES: &str = "\
Examples:
  Run a study, and look at the results:
      ohmspike run experiments/studies/quickstart.toml
      ohmspike report results/quickstart --open

  Sweep other noise levels, with five seeds:
      ohmspike run study.toml --set 'noise.level_percent=[1, 10, 100]' --set repeats.seeds=5

  Use another device:
      ohmspike run study.toml --set hardware.device=mine.json --out results/mine

  See what would run:
      ohmspike run study.toml --dry-run";

/// Run a study, or resume it.
///
/// Runs all trials that have no record yet. The results folder then holds records, a summary table, figures, and the study
/// with all overrides (study.toml). Stop a run at any time, and repeat the command to resume it.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Arguments {
    #[command(flatten)]
    study: StudyArguments,
    #[command(flatten)]
    trials: TrialArguments,
    #[command(flatten)]
    axis: figure_arguments::FigureArguments,
}

/// Largest number of device sheets that a run shows. An axis may have 100,000 values.
const MAX_SHEETS: usize = 50;
/// Largest number of calibrated numbers that a run shows.
const MAX_CALIBRATED: usize = 20;

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    arguments.trials.instructions.use_instructions()?;
    let file = arguments.study.open()?;
    if let Some(folder) = arguments.study.answers(&file) {
        return Err(NoStudyFolder::new(folder).into());
    }
    let replication = replication(&file.study)?;
    let stop = Arc::new(AtomicBool::new(false));
    let plan = Plan::new(&file.study, &arguments.trials.options(&file, arguments.study.results(&file), &stop))?;
    let choice = arguments.axis.choice();
    let study = plan.study.clone();
    choice.check(&study, &plan.prepared)?;
    if arguments.trials.dry_run {
        warn(&plan.record_warnings());
        warn(&plan.warnings());
        warn(&idle_seeds(&study, &plan.prepared));
        tell_calibrated(&study);
        match nothing_left(&plan, &arguments.trials) {
            Some(why) => tell!("nothing to run: {why}\n"),
            None => tell!("{}\n", Memory::of_trials(&plan.left, &plan.prepared, plan.threads)),
        }
        list(&study, &plan.left)?;
        return Ok(ExitCode::SUCCESS);
    }
    if !plan.left.is_empty() {
        listen_for_interrupt(&stop)?;
    }
    let mut screen = Screen { study: &study, meter: None };
    let ran = plan.run(&mut screen);
    screen.finish();
    let finished = ran?;
    let stopped = finished.stopped;
    if let Some(mine) = finished.shard {
        // Tables and figures are written once, not by every process.
        let (done, left) = (finished.done, finished.left);
        say!(
            "{done} of {} of shard {mine} done; run again without `--shard` for summary and figures",
            counted(done + left, "trial")
        )?;
        return Ok(ended(left, stopped));
    }
    let results = finished.results()?;
    show(&results, &choice, replication)?;
    Ok(ended(results.trials.len() - results.records().count(), stopped))
}

/// Tells why `plan` has no trial to run; none if it has one.
fn nothing_left(plan: &Plan, given: &TrialArguments) -> Option<String> {
    let all = plan.trials.len();
    plan.left.is_empty().then(|| match (given.max_trials, given.shard) {
        (Some(0), _) => "`--max-trials` is 0".to_owned(),
        (_, Some(shard)) => format!("no trial of shard {shard} is left"),
        _ => format!("{all} of {} done", counted(all, "trial")),
    })
}

/// Writes summary, figures and tables, and prints the summary.
fn show(results: &Results, choice: &AxisChoice, replication: Option<&dyn Replication>) -> Result<(), Failure> {
    let baseline = source::baseline(&results.study, &results.folder)?;
    let done = done_of(results);
    warn(&repeat_warnings(&results.study, &done));
    let summary = Summary::new(&results.study, &done);
    let recorded = Recorded::new(results, baseline.as_ref());
    // Files are written first, so that a reader of the output that closes the pipe, such as `head`, loses none.
    let files = write_results(recorded, &summary, &results.folder, choice, replication)?;
    say!("test accuracy, %: mean, and 95 % CI for 3 or more repeats")?;
    say!("{}", summary.table().trim_end())?;
    say!("\n{} of {} done", done.len(), counted(results.trials.len(), "trial"))?;
    let health = HealthTally::new(&results.study, &done);
    for line in health.lines().into_iter().chain(untested(&results.study.conditions[0].settings)) {
        say!("{line}")?;
    }
    for place in places(&results.folder, &files) {
        say!("{place}")?;
    }
    // One example of each state that excludes trials.
    for (state, advice) in health.examples() {
        tell!("warning: {state}\n\nhint: {advice}\n");
    }
    Ok(())
}

/// Lines that tell where the results are: the files of the results folder, and how many figures and tables it has.
pub(super) fn places(folder: &Path, files: &[PathBuf]) -> Vec<String> {
    let kept = ["records", FILE].map(|name| folder.join(name));
    let kept = kept.iter().filter(|path| path.exists());
    let single = files.iter().filter(|path| path.parent() == Some(folder));
    let mut lines: Vec<String> = kept.chain(single).map(|path| path.display().to_string()).collect();
    for (name, noun) in [("figures", "figure"), ("tables", "table")] {
        let inside = folder.join(name);
        let names: BTreeSet<_> =
            files.iter().filter(|path| path.parent() == Some(&inside)).filter_map(|path| path.file_stem()).collect();
        if !names.is_empty() {
            lines.push(format!("{}: {}", inside.display(), counted(names.len(), noun)));
        }
    }
    lines
}

/// The exit status of a run with `left` remaining trials. An interrupted run tells how to resume.
fn ended(left: usize, interrupted: bool) -> ExitCode {
    if interrupted && left > 0 {
        tell!("stopped; repeat the command to run the remaining {}", counted(left, "trial"));
    }
    stopped(interrupted && left > 0)
}

/// The exit status of a command that leaves trials: 130 after Ctrl-C. With `--max-trials`, it did what it was asked.
pub(super) fn stopped(interrupted: bool) -> ExitCode {
    if interrupted { ExitCode::from(130) } else { ExitCode::SUCCESS }
}

/// Prints one line per trial: name, seed and values of the axes.
fn list(study: &Study, left: &[Trial]) -> Wanted {
    let keys: Vec<&str> = study.axes.iter().map(|axis| axis.key.as_str()).collect();
    let mut text = [&["id", "seed"], &keys[..]].concat().join("\t") + "\n";
    for trial in left {
        let values = study.conditions[trial.condition].values.iter().map(plain);
        let cells: Vec<String> = [trial.id.clone(), trial.seed.to_string()].into_iter().chain(values).collect();
        text += &(cells.join("\t") + "\n");
    }
    print(&text)
}

/// The first Ctrl-C finishes the running trials, the second aborts them. Neither leaves a partial record.
pub(super) fn listen_for_interrupt(stop: &Arc<AtomicBool>) -> Result<(), Failure> {
    listen_while(stop, "finishing the running trials; press Ctrl-C again to abort them")
}

/// Same as [`listen_for_interrupt`], with what the first Ctrl-C `tells`.
pub(super) fn listen_while(stop: &Arc<AtomicBool>, tells: &'static str) -> Result<(), Failure> {
    let flag = Arc::clone(stop);
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        tell!("\n{tells}");
    })?;
    Ok(())
}

/// Tells which numbers stand for `auto`.
fn tell_calibrated(study: &Study) {
    let lines = study.calibrated_lines();
    lines.iter().take(MAX_CALIBRATED).for_each(|line| tell!("{line}"));
    match lines.len() {
        0 => {}
        count if count > MAX_CALIBRATED => tell!("{} more calibrated numbers\n", count - MAX_CALIBRATED),
        _ => tell!(""),
    }
}

/// The output of a run on stderr: study, devices, warnings and progress.
struct Screen<'a> {
    study: &'a Study,
    /// Present while trials run.
    meter: Option<Meter<'a>>,
}

impl Screen<'_> {
    fn finish(&mut self) {
        if let Some(meter) = self.meter.take() {
            meter.finish();
        }
    }
}

impl StudyObserver for Screen<'_> {
    fn opened(&mut self, plan: &Plan) {
        let study = self.study;
        match one_line(&study.question) {
            question if question.is_empty() => tell!("{}", study.name),
            question => tell!("{}: {question}", study.name),
        }
        for axis in &study.axes {
            tell!("  {} = {}", axis.key, toml::Value::Array(axis.values.clone()));
        }
        let (conditions, seeds) = (counted(study.conditions.len(), "condition"), counted(study.seeds.len(), "seed"));
        let (trials, left) = (counted(plan.trials.len(), "trial"), plan.left.len());
        tell!("  {conditions} x {seeds} = {trials}, {left} to run\n");
        tell_calibrated(study);
        for sheet in study_sheets(&plan.trials, &plan.prepared, MAX_SHEETS) {
            tell!("{sheet}");
        }
        warn(&idle_seeds(study, &plan.prepared));
        self.meter = (!plan.left.is_empty()).then(|| Meter::new(study, plan));
    }

    fn warning(&mut self, warning: &RunWarning) {
        match &self.meter {
            Some(meter) => meter.say(&format!("warning: {warning}\n")),
            None => tell!("warning: {warning}\n"),
        }
    }

    fn trial_begun(&mut self, number: usize, _: &Trial, epochs: usize) {
        self.meter.iter_mut().for_each(|meter| meter.begun(number, epochs));
    }

    fn epoch_ended(&mut self, number: usize, _: &Trial, epoch: &EpochReport) {
        self.meter.iter_mut().for_each(|meter| meter.epoch(number, epoch.seconds));
    }

    fn trial_ended(&mut self, number: usize, _: &Trial, record: &Record) {
        self.meter.iter_mut().for_each(|meter| meter.ended(number, record));
    }
}
