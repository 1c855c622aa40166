//! `ohmspike train`: one trial, a line an epoch.

use std::path::PathBuf;
use std::process::ExitCode;

use ohmspike_report::datasheet::{area_line, cost_lines, device_sheet};
use ohmspike_simd::Instructions;
use ohmspike_study::hardware::shapes;
use ohmspike_study::health::rise::untested;
use ohmspike_study::health::{Clipped, Ended, HealthState};
use ohmspike_study::machine::cores;
use ohmspike_study::pool::Pool;
use ohmspike_study::record::Record;
use ohmspike_study::run::MOST_THREADS;
use ohmspike_study::silent_input::silent_input;
use ohmspike_study::study::Study;
use ohmspike_study::trial::{Epoch, EpochEnd, run_trial};
use ohmspike_study::warning::all_warnings;
use ohmspike_study::warning::converters::saturated;

use super::terminal::{Wanted, print, say, tell};
use super::{Failure, source, warn};

/// Train one network and watch it, epoch by epoch. Nothing is recorded.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Study file; without one, the defaults: 80:20, abstract weights, no noise, the built-in subset.
    study: Option<PathBuf>,
    /// Put VALUE in the place of what the file says for a key; needed for every axis of the file.
    #[arg(long, value_name = "SECTION.KEY=VALUE")]
    set: Vec<String>,
    /// Seed of the trial [default: the first of the study].
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Threads that share every batch [default: one a core]. The numbers stay the same.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=MOST_THREADS))]
    threads: Option<u16>,
    /// Vector instructions of the kernels: baseline, avx2 or avx512; results have the same bits with each [default: the best
    /// that the CPU has].
    #[arg(long, value_name = "SET")]
    instructions: Option<Instructions>,
}

/// A study with several conditions where one is wanted.
#[derive(Debug, thiserror::Error)]
#[error("{key}: must be one value to train one network, got {count}\n\nhint: choose with `--set {key}={first}`")]
struct AxisError {
    key: String,
    count: usize,
    first: String,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    arguments.instructions.map_or(Ok(()), Instructions::use_for_all)?;
    let study = one_condition(arguments)?;
    let settings = &study.conditions[0].settings;
    let prepared = source::prepare(&study, arguments.study.as_deref())?;
    let (data, devices) = (prepared.data(settings), prepared.devices_of(settings));
    let shapes = shapes(settings, data);
    let held = devices.with(&shapes);
    for (loaded, connections) in &held {
        tell!("{}", device_sheet(loaded, settings, connections));
    }
    warn(&all_warnings(settings, data, &devices));
    warn(&silent_input(settings, data).into_iter().collect::<Vec<_>>());

    let seed = arguments.seed.unwrap_or(study.seeds[0]);
    let mut wanted = say!("epoch     loss   accuracy %   spikes/sample   excitatory %   seconds");
    let mut watch = |end: &EpochEnd| {
        if matches!(wanted, Ok(true)) {
            wanted = say!("{}", epoch_line(end.epochs.len(), end.epoch()));
        }
        // Nothing is recorded: without a reader the rest of the training is for nobody.
        if matches!(wanted, Ok(false)) {
            std::process::exit(0);
        }
    };
    let pool = Pool::new(arguments.threads.map_or_else(cores, usize::from))?;
    let outcome = pool.on_one(|| run_trial(settings, &devices, data, seed, None, &pool.executor(), &mut watch))?;
    wanted?;
    let record = Record::new(settings, seed, data, &devices, &outcome);
    if let Some(mean) = record.outcome {
        let (epochs, percent) = (record.accuracy.len(), 100.0 * mean);
        let last = epochs.min(settings.outcome.last_epochs);
        say!("outcome: {percent:.2} % (mean test accuracy, last {last} of {epochs} epochs, seed {seed})")?;
    }
    warn(&saturated(&record, &devices));
    print(&cost_lines(&record.connections, record.energy.as_ref()))?;
    for (loaded, shapes) in held {
        let shapes: Vec<_> = shapes.into_iter().map(|(_, shape)| shape).collect();
        print(&area_line(&loaded.device, settings.hardware.pair, &shapes))?;
    }
    tell_health(&record)?;
    record.failure.map_or(Ok(ExitCode::SUCCESS), |failure| Err(failure.into()))
}

/// The study with the one condition that is to be trained.
fn one_condition(arguments: &Arguments) -> Result<Study, Failure> {
    let study = match &arguments.study {
        Some(file) => source::read(file, &arguments.set)?,
        None => source::default(&arguments.set)?,
    };
    if let Some(axis) = study.axes.iter().find(|axis| axis.values.len() > 1) {
        let first = axis.values[0].to_string();
        return Err(AxisError { key: axis.key.clone(), count: axis.values.len(), first }.into());
    }
    Ok(study)
}

/// What is wrong with the trial, in a line on stdout, and with its numbers and advice on stderr.
fn tell_health(record: &Record) -> Wanted {
    let states = &record.health;
    // A network that guesses because it is silent needs no advice on guessing.
    let excluded = states.iter().any(|state| state.kind().excludes());
    // What a converter cuts off has been told with its counts.
    let told = |state: &&HealthState| matches!(state, HealthState::Clipped(Clipped { ended: Ended::Conversions, .. }));
    let states_left = states.iter().filter(|state| state.kind().excludes() == excluded && !told(state));
    for state in states_left {
        tell!("warning: {state}\n\nhint: {}\n", state.advice(&record.settings));
    }
    let words: Vec<&str> = states.iter().map(|state| state.kind().words()).collect();
    match (record.outcome, words.as_slice()) {
        (None, []) => say!("health: diverged"),
        (None, words) => say!("health: diverged, {}", words.join(", ")),
        (Some(_), []) => match untested(&record.settings) {
            Some(untested) => say!("health: nothing found; {untested}"),
            None => say!("health: nothing found"),
        },
        (Some(_), words) => say!("health: {}", words.join(", ")),
    }
}

fn epoch_line(number: usize, epoch: &Epoch) -> String {
    let test = epoch.test.total();
    format!(
        "{number:>5} {:>8.4} {:>12.2} {:>15.1} {:>14.1} {:>9.2}",
        epoch.loss,
        test.accuracy() * 100.0,
        test.spikes_per_sample(),
        test.excitatory_share() * 100.0,
        epoch.wall_seconds(),
    )
}
