//! `ohmspike run`: runs what a study has no record of, then shows it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ohmspike_analysis::health_tally::HealthTally;
use ohmspike_analysis::recorded::Recorded;
use ohmspike_analysis::repeat_warnings::{idle_seeds, repeat_warnings};
use ohmspike_analysis::repeats::done;
use ohmspike_analysis::summary::Summary;
use ohmspike_analysis::tables::{Table, study_tables};
use ohmspike_datasets::persist;
use ohmspike_experiments::replication::replication;
use ohmspike_report::datasheet::device_sheet;
use ohmspike_report::figures::{Figure, study_figures};
use ohmspike_simd::Instructions;
use ohmspike_study::axis_value::plain;
use ohmspike_study::checkpoint::Checkpoints;
use ohmspike_study::hardware::shapes;
use ohmspike_study::legible::one_line;
use ohmspike_study::machine::cores;
use ohmspike_study::pool::Pool;
use ohmspike_study::prepare::Prepared;
use ohmspike_study::presence::Presence;
use ohmspike_study::run::{MOST_THREADS, Progress, Shard, Trial, run_trials, shard, trials};
use ohmspike_study::silent_input::{SilentInput, silent_input};
use ohmspike_study::store::Store;
use ohmspike_study::study::Study;
use ohmspike_study::warning::distinct_warnings;

use super::meter::{Earlier, Meter};
use super::terminal::{Wanted, print, say, tell};
use super::{Failure, axis, source, warn};

/// Run a study: all of its trials that have no record yet.
///
/// Records, summary and figures go to results/NAME. Stop it at any moment and run it again: it goes on where it stopped.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Study file, for instance experiments/studies/quickstart.toml.
    study: PathBuf,
    /// Put VALUE, or a list of values, in the place of what the file says for a key.
    #[arg(long, value_name = "SECTION.KEY=VALUE")]
    set: Vec<String>,
    /// Folder of the results [default: results/NAME].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Trials that run at the same time [default: one a core]. Threads without a trial help with the others.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=MOST_THREADS))]
    threads: Option<u16>,
    /// Vector instructions of the kernels: baseline, avx2 or avx512; results have the same bits with each [default: the best
    /// that the CPU has].
    #[arg(long, value_name = "SET")]
    instructions: Option<Instructions>,
    /// Run only the I-th of N equal parts, from 1, as one of several processes; a run without it sums up.
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Run at most so many trials now.
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Write at the end of an epoch where a trial stands, when so many seconds have passed since the last time: a trial that
    /// is killed goes on from there.
    #[arg(long, value_name = "N", default_value_t = 10)]
    checkpoint_seconds: u64,
    /// List the trials that would run, and run none.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    axis: axis::AxisArguments,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    arguments.instructions.map_or(Ok(()), Instructions::use_for_all)?;
    let study = source::read(&arguments.study, &arguments.set)?;
    let replication = replication(&study)?;
    let prepared = source::prepare(&study, Some(&arguments.study))?;
    let choice = arguments.axis.choice();
    choice.check(&study, &prepared)?;
    let out = source::results(arguments.out.as_deref(), &study);
    let mut earlier = BTreeMap::new();
    let mut store = Store::skim(&out, |record| _ = earlier.insert(record.id.clone(), Earlier::from(&record)))?;
    warn(store.warnings());

    let all = trials(&study, &prepared);
    let mut left = shard(&all, arguments.shard);
    left.retain(|trial| !store.holds(trial));
    left.truncate(arguments.limit.unwrap_or(usize::MAX));
    if arguments.dry_run {
        list(&study, &left)?;
        return Ok(ExitCode::SUCCESS);
    }

    introduce(&study, &prepared, &all, &left);
    let distinct = distinct_warnings(&study, &prepared, MOST_WARNINGS);
    warn(&distinct.shown);
    if distinct.more > 0 {
        tell!("warning: and {} more, which are not shown\n", distinct.more);
    }
    warn(&idle_seeds(&study, &prepared));
    warn(&silent_inputs(&study, &prepared));
    let interrupted = Arc::new(AtomicBool::new(false));
    if !left.is_empty() {
        store.prepare_to_write()?;
        let presence = announced(&out, arguments.shard);
        listen_for_interrupt(&interrupted)?;
        let threads = arguments.threads.map_or_else(cores, usize::from);
        let checkpoints = checkpoints_of(&all, &store, &out, arguments.checkpoint_seconds);
        let meter = Meter::new(&study, &all, &left, &earlier, threads);
        // More threads than trials and cores would have nothing to do.
        let pool = Pool::new(threads.min(left.len().max(cores())))?;
        run_left(&left, &prepared, &checkpoints, &pool, &interrupted, (&mut store, presence), meter)?;
    }
    if let Some(mine) = arguments.shard {
        // Tables and figures of all trials are made once, not by every process of a cluster.
        store.end_writing()?;
        let trials = shard(&all, Some(mine));
        let done = trials.iter().filter(|trial| store.holds(trial)).count();
        say!("{done} of {} trials of shard {mine} done; a run without `--shard` sums up", trials.len())?;
        return Ok(ended(trials.len() - done, &interrupted));
    }

    let store = store.reopen(&out)?;
    let reference = source::reference(&study, &out)?;
    let done_trials = done(&study, &prepared, &all, &store);
    warn(&repeat_warnings(&study, &done_trials));
    let summary = Summary::new(&study, &done_trials);
    let recorded =
        Recorded { study: &study, prepared: &prepared, trials: &all, store: &store, reference: reference.as_ref() };
    let shown = (study_figures(recorded, &choice, replication)?, study_tables(recorded));
    // Before anything is printed: a reader that leaves, as `head` does, must not keep files from being written.
    let written = write_results(&summary, &shown, &out)?;
    say!("{}", summary.table().trim_end())?;
    let ended_trials = all.iter().filter(|trial| store.get(&trial.id).is_some()).count();
    say!(
        "\n{ended_trials} of {} trials done; outcome: mean test accuracy (%), with its 95 % interval from 3 repeats on",
        all.len()
    )?;
    let health = HealthTally::new(&study, &done_trials);
    for line in health.lines() {
        say!("{line}")?;
    }
    for path in written {
        say!("{}", path.display())?;
    }
    tell_health(&health);
    Ok(ended(all.len() - ended_trials, &interrupted))
}

/// One trial of every state that keeps trials out of answers, with what to do.
fn tell_health(health: &HealthTally) {
    for (state, advice) in health.examples() {
        tell!("warning: {state}\n\nhint: {advice}\n");
    }
}

/// How a run ends that leaves so many trials: where somebody stopped it, it says how to go on.
fn ended(left: usize, interrupted: &AtomicBool) -> ExitCode {
    if interrupted.load(Ordering::Relaxed) && left > 0 {
        tell!("stopped; run the same command again to go on with the {left} trials left");
        return ExitCode::from(130);
    }
    ExitCode::SUCCESS
}

/// The checkpoints below `out`, written every so many `seconds`; those of trials that have ended since are removed.
fn checkpoints_of(all: &[Trial], store: &Store, out: &Path, seconds: u64) -> Checkpoints {
    let checkpoints = Checkpoints::new(out, Duration::from_secs(seconds));
    let done: BTreeSet<&str> = all.iter().filter(|trial| store.holds(trial)).map(|trial| &*trial.id).collect();
    checkpoints.remove_all(|id| done.contains(id));
    checkpoints
}

/// Lets other processes see this one, and tells of those that do the same work. Removes what killed ones have left.
fn announced(out: &Path, shard: Option<Shard>) -> Option<Presence> {
    match Presence::announce(out, shard) {
        Ok(mut presence) => {
            presence.remove_leftovers();
            warn(&presence.newcomers());
            Some(presence)
        }
        Err(error) => {
            warn(&[format!(
                "{}: cannot be written, so that other processes do not see this one: {error}",
                out.join("running").display()
            )]);
            None
        }
    }
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

fn introduce(study: &Study, prepared: &Prepared, all: &[Trial], left: &[Trial]) {
    tell!("{}: {}", study.name, one_line(&study.question));
    for axis in &study.axes {
        tell!("  {} = {}", axis.key, toml::Value::Array(axis.values.clone()));
    }
    tell!("  seeds: {}, trials: {}, to run now: {}\n", study.seeds.len(), all.len(), left.len());
    let mut shown = Vec::new();
    for trial in all {
        let connections = shapes(trial.settings, prepared.data(trial.settings));
        for (loaded, held) in prepared.devices_of(trial.settings).with(&connections) {
            // The sheet shows the spread at the highest level of the study, and says so by the level itself.
            let this = (loaded.device.name.clone(), device_of(trial));
            if shown.len() < MOST_SHEETS && !shown.contains(&this) {
                shown.push(this);
                for (key, value) in &trial.settings.device {
                    tell!("with device.{key} = {value}:");
                }
                let same = all.iter().filter(|other| device_of(other) == device_of(trial));
                let noisiest =
                    same.max_by(|a, b| a.settings.noise.level_percent.total_cmp(&b.settings.noise.level_percent));
                let settings = noisiest.map_or(trial.settings, |noisiest| noisiest.settings);
                tell!("{}", device_sheet(loaded, settings, &held));
            }
        }
    }
}

/// What makes one device of another in a study: its file, the maps of its chip and the keys that override it.
fn device_of<'a>(trial: &Trial<'a>) -> (&'a str, Vec<[&'a str; 2]>, &'a BTreeMap<String, serde_json::Value>) {
    let settings = trial.settings;
    let maps = settings.connections().into_iter().map(|connection| settings.maps_of(connection));
    (&settings.hardware.device, maps.collect(), &settings.device)
}

/// Device sheets and warnings that a run shows: nobody reads more, and an axis may have 100,000 values.
const MOST_SHEETS: usize = 50;
const MOST_WARNINGS: usize = 200;

/// What is silent of the data of all conditions, each once.
fn silent_inputs(study: &Study, prepared: &Prepared) -> Vec<SilentInput> {
    let (mut distinct, mut seen) = (Vec::new(), Vec::new());
    for settings in study.conditions.iter().map(|condition| &condition.settings) {
        let data = prepared.data(settings);
        // Thousands of conditions may share the same millions of spikes.
        if !seen.iter().any(|other| std::ptr::eq(*other, data)) {
            seen.push(data);
            distinct.extend(silent_input(settings, data).filter(|found| !distinct.contains(found)));
        }
    }
    distinct
}

/// The first Ctrl-C lets the running trials end, the second stops at once: every record on the disk is whole.
fn listen_for_interrupt(interrupted: &Arc<AtomicBool>) -> Result<(), Failure> {
    let flag = Arc::clone(interrupted);
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        tell!("\nstopping after the running trials; Ctrl-C again to stop at once");
    })?;
    Ok(())
}

fn run_left(
    left: &[Trial],
    prepared: &Prepared,
    checkpoints: &Checkpoints,
    pool: &Pool,
    stop: &AtomicBool,
    (store, mut presence): (&mut Store, Option<Presence>),
    mut meter: Meter,
) -> Result<(), Failure> {
    let stopped = run_trials(left, prepared, Some(checkpoints), pool, stop, |progress| match progress {
        Progress::Begun { trial, epochs } => meter.begun(trial, epochs),
        Progress::Epoch { trial, seconds } => meter.epoch(trial, seconds),
        Progress::Warning(warning) => meter.say(&format!("warning: {warning}\n")),
        Progress::Trial(record, details) => {
            meter.ended(&record);
            let id = record.id.clone();
            let failure = record.failure.clone().map(|reason| format!("trial {id}: {reason}"));
            let kept = store.check(&record);
            let kept = kept.and_then(|()| details.map_or(Ok(()), |details| store.keep_details(&details)));
            if let Err(error) = kept.and_then(|()| store.append(*record)) {
                // Nothing that still runs could be kept either.
                meter.say(&format!("error: {error}"));
                drop(presence.take());
                std::process::exit(2);
            }
            checkpoints.remove(&id);
            for shared in presence.iter_mut().flat_map(Presence::newcomers) {
                meter.say(&format!("warning: {shared}\n"));
            }
            if let Some(failure) = failure {
                meter.say(&format!("warning: {failure}; it counts as failed, not as an outcome"));
            }
        }
    });
    meter.finish();
    Ok(stopped?)
}

/// A result cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("{path}: cannot be written: {source}\n\nhint: the records are whole; run the same command again once it can")]
struct WriteError {
    path: PathBuf,
    source: std::io::Error,
}

/// Writes summary, figures and tables; returns where they and the records are.
fn write_results(
    summary: &Summary,
    (figures, tables): &(Vec<Figure>, Vec<Table>),
    out: &Path,
) -> Result<Vec<PathBuf>, Failure> {
    let records = out.join("records");
    let mut files = vec![(out.join("summary.csv"), summary.csv().into_bytes())];
    for figure in figures {
        let path = out.join("figures").join(&figure.name);
        files.push((with_extension(&path, "svg"), figure.svg.clone().into_bytes()));
        files.push((with_extension(&path, "png"), figure.png()?));
        files.push((with_extension(&path, "csv"), figure.csv.clone().into_bytes()));
    }
    for table in tables {
        files.push((with_extension(&out.join("tables").join(&table.name), "csv"), table.csv().into_bytes()));
    }
    for (path, content) in &files {
        let failed = |source| WriteError { path: path.clone(), source };
        fs::create_dir_all(path.parent().unwrap_or(out)).map_err(failed)?;
        persist::write(path, |file| file.write_all(content)).map_err(failed)?;
    }
    let records = records.exists().then_some(records);
    Ok(records.into_iter().chain(files.into_iter().map(|(path, _)| path)).collect())
}

/// The path with `.extension` behind its name, which may hold dots.
fn with_extension(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    PathBuf::from(name)
}
