//! `ohmspike run`: runs what a study has no record of, then shows it.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ohmspike_analysis::health_tally::HealthTally;
use ohmspike_analysis::recorded::Recorded;
use ohmspike_analysis::repeat_warnings::{idle_seeds, repeat_warnings};
use ohmspike_analysis::repeats::done_of;
use ohmspike_analysis::summary::Summary;
use ohmspike_experiments::replication::replication;
use ohmspike_report::datasheet::study_sheets;
use ohmspike_report::figures::AxisChoice;
use ohmspike_report::files::write_results;
use ohmspike_report::replication::Replication;
use ohmspike_simd::Instructions;
use ohmspike_study::axis_value::plain;
use ohmspike_study::legible::one_line;
use ohmspike_study::record::Record;
use ohmspike_study::resolved_study::FILE;
use ohmspike_study::results::Results;
use ohmspike_study::run::{EpochReport, MOST_THREADS, Shard, Trial};
use ohmspike_study::run_study::{Observer, Plan, RunOptions, RunWarning};
use ohmspike_study::study::Study;
use ohmspike_study::study_file::StudyFile;

use super::meter::Meter;
use super::terminal::{Wanted, print, say, tell};
use super::{Failure, axis, source, warn};

/// Run a study: all of its trials that have no record yet.
///
/// Records, summary and figures go to results/NAME, and the study itself, with every override, to results/NAME/study.toml.
/// Stop it at any moment and run it again: it resumes.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Study file, for instance experiments/studies/quickstart.toml, or a results folder.
    study: PathBuf,
    /// Override a key; a list makes it a sweep axis.
    #[arg(long, value_name = "SECTION.KEY=VALUE")]
    set: Vec<String>,
    /// Folder of the results [default: results/NAME, or the folder given as STUDY].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Trials that run at the same time [default: one per core]. Idle threads help with the others.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=MOST_THREADS))]
    threads: Option<u16>,
    /// Vector instructions: baseline, avx2 or avx512; results have the same bits with each [default: the best of the CPU].
    #[arg(long, value_name = "SET")]
    simd: Option<Instructions>,
    /// Run only part I of N, from 1, as one of several processes; rerun without it for the summary.
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Run at most N trials now.
    #[arg(long, value_name = "N")]
    max_trials: Option<usize>,
    /// Minimum seconds between checkpoints of a trial.
    #[arg(long, value_name = "N", default_value_t = 10)]
    checkpoint_seconds: u64,
    /// List the trials that would run, and exit.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    axis: axis::AxisArguments,
}

/// Device sheets that a run shows: nobody reads more, and an axis may have 100,000 values.
const MOST_SHEETS: usize = 50;

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    arguments.simd.map_or(Ok(()), Instructions::use_for_all)?;
    let file = source::open(&arguments.study, &arguments.set)?;
    let study = &file.study;
    let replication = replication(study)?;
    let stop = Arc::new(AtomicBool::new(false));
    let plan = Plan::new(study, &options(arguments, &file, &stop))?;
    let choice = arguments.axis.choice();
    choice.check(study, &plan.prepared)?;
    if arguments.dry_run {
        warn(plan.record_warnings());
        list(study, &plan.left)?;
        return Ok(ExitCode::SUCCESS);
    }
    if !plan.left.is_empty() {
        listen_for_interrupt(&stop)?;
    }
    let mut screen = Screen { study, meter: None };
    let ran = plan.run(&mut screen);
    screen.finish();
    let finished = ran?;
    let stopped = finished.stopped;
    if let Some(mine) = finished.shard {
        // Tables and figures of all trials are made once, not by every process of a cluster.
        let (done, left) = (finished.done, finished.left);
        say!("{done} of {} trials of shard {mine} done; a run without `--shard` sums up", done + left)?;
        return Ok(ended(left, stopped));
    }
    let results = finished.results()?;
    show(&results, &choice, replication)?;
    Ok(ended(results.trials.len() - results.records().count(), stopped))
}

fn options(arguments: &Arguments, file: &StudyFile, stop: &Arc<AtomicBool>) -> RunOptions {
    RunOptions {
        folder: Some(source::results(arguments.out.as_deref(), file)),
        study_folder: file.folder.clone(),
        threads: arguments.threads.map(usize::from),
        shard: arguments.shard,
        max_trials: arguments.max_trials,
        checkpoint_every: Duration::from_secs(arguments.checkpoint_seconds),
        stop: Some(Arc::clone(stop)),
    }
}

/// Writes summary, figures and tables, and prints the table.
fn show(results: &Results, choice: &AxisChoice, replication: Option<&dyn Replication>) -> Result<(), Failure> {
    let baseline = source::baseline(results.study, &results.folder)?;
    let done = done_of(results);
    warn(&repeat_warnings(results.study, &done));
    let summary = Summary::new(results.study, &done);
    let recorded = Recorded::new(results, baseline.as_ref());
    // Before anything is printed: a reader that leaves, as `head` does, must not keep files from being written.
    let files = write_results(recorded, &summary, &results.folder, choice, replication)?;
    say!("{}", summary.table().trim_end())?;
    say!(
        "\n{} of {} trials done; outcome: mean test accuracy (%), with its 95 % interval from 3 repeats on",
        done.len(),
        results.trials.len()
    )?;
    let health = HealthTally::new(results.study, &done);
    for line in health.lines() {
        say!("{line}")?;
    }
    let kept = ["records", FILE].map(|name| results.folder.join(name));
    for path in kept.iter().filter(|path| path.exists()).chain(&files) {
        say!("{}", path.display())?;
    }
    // One trial of every state that keeps trials out of answers, with what to do.
    for (state, advice) in health.examples() {
        tell!("warning: {state}\n\nhint: {advice}\n");
    }
    Ok(())
}

/// How a run ends that leaves so many trials: where somebody stopped it, it says how to go on.
fn ended(left: usize, stopped: bool) -> ExitCode {
    if stopped && left > 0 {
        tell!("stopped; run the same command again to go on with the {left} trials left");
        return ExitCode::from(130);
    }
    ExitCode::SUCCESS
}

/// One line a trial: its name, its seed and the values of the axes.
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

/// The first Ctrl-C lets the running trials end, the second stops at once: every record on the disk is whole.
fn listen_for_interrupt(stop: &Arc<AtomicBool>) -> Result<(), Failure> {
    let flag = Arc::clone(stop);
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        tell!("\nstopping after the running trials; Ctrl-C again to stop at once");
    })?;
    Ok(())
}

/// What a run shows on stderr: the study, its devices, warnings, and progress.
struct Screen<'a> {
    study: &'a Study,
    /// While trials run.
    meter: Option<Meter<'a>>,
}

impl Screen<'_> {
    fn finish(&mut self) {
        if let Some(meter) = self.meter.take() {
            meter.finish();
        }
    }
}

impl Observer for Screen<'_> {
    fn opened(&mut self, plan: &Plan) {
        let study = self.study;
        tell!("{}: {}", study.name, one_line(&study.question));
        for axis in &study.axes {
            tell!("  {} = {}", axis.key, toml::Value::Array(axis.values.clone()));
        }
        tell!("  seeds: {}, trials: {}, to run now: {}\n", study.seeds.len(), plan.trials.len(), plan.left.len());
        for sheet in study_sheets(&plan.trials, &plan.prepared, MOST_SHEETS) {
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
