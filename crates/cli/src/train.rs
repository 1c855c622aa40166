//! `ohmspike train`: trains one network and prints a line per epoch.

use std::path::PathBuf;

use ohmspike_report::datasheet::{area_line, cost_lines, device_sheet};
use ohmspike_study::calibration::Calibrated;
use ohmspike_study::conductance_file::{ConductanceFileError, write_conductances};
use ohmspike_study::hardware::shapes;
use ohmspike_study::health::rise::untested;
use ohmspike_study::health::{Clipped, Ended, HealthKind, HealthState, MIN_SPIKES};
use ohmspike_study::network_file::StoredNetwork;
use ohmspike_study::prepare::Prepared;
use ohmspike_study::record::Record;
use ohmspike_study::run::{EpochReport, MAX_THREADS, Trial};
use ohmspike_study::run_study::{Keep, RunOptions, RunWarning, StudyObserver, Trained, train_and_keep};
use ohmspike_study::save_path::{SavePath, Saved};
use ohmspike_study::settings::Settings;
use ohmspike_study::study::Study;
use ohmspike_study::warning::converters::saturated;

use super::answers_folder::NoStudyFolder;
use super::instructions::InstructionArguments;
use super::terminal::{Wanted, print, say, tell};
use super::{ExitCode, Failure, answers_folder, source, study_arguments, warn};

const EXAMPLES: &str = "\
Examples:
  Train with the default settings:
      ohmspike train

  Train one condition of a study:
      ohmspike train study.toml --set noise.level_percent=20 --seed 3

  Try a device:
      ohmspike train --set hardware.device=illustrative-oxide --set training.epochs=5

  Save the weights, and deploy them onto 100 chips:
      ohmspike train study.toml --save-weights net.npz
      ohmspike deploy net.npz --device pcm-joshi-2020 --chips 100 --after 1min,1h,30d";

/// Train one network and print every epoch.
///
/// Prints loss and accuracy per epoch, then the outcome, the use of the cells, energy and health. Saves nothing unless you ask
/// for the weights, the conductances or a record.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Arguments {
    /// Study file or results folder [default: default settings].
    ///
    /// The default settings are 100 hidden neurons, 80 % of them excitatory, digital weights without noise, and the built-in
    /// subset of Fashion-MNIST.
    study: Option<PathBuf>,
    /// Override a key; keys with several values need one.
    ///
    /// For example `--set noise.level_percent=20`. `ohmspike keys` lists all keys.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Seed of the trial [default: first seed of the study].
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Save the trained weights, as npz (NumPy) or csv.
    ///
    /// Arrays w0, w1, ... from the input up (rows x columns, float32), r0, ... for recurrent layers, and a JSON header. The
    /// weights are effective weights: what a read without noise returns after the last update. `ohmspike deploy` programs them
    /// onto other chips. CSV columns: connection, row, column, weight; a name that ends in .csv asks for them.
    #[arg(long, value_name = "FILE")]
    save_weights: Option<SavePath>,
    /// Save weight and conductances of every pair, as csv or npz.
    ///
    /// CSV columns: connection, row, column, weight, plus_microsiemens, minus_microsiemens. Needs a device.
    #[arg(long, value_name = "FILE")]
    save_conductances: Option<SavePath>,
    /// Record the trial in results/NAME, as `ohmspike run` would.
    ///
    /// The trial has the same ID, resumes from its checkpoint, and is not trained again once it has a record, unless you ask
    /// for its weights or conductances. NAME is the name of the study.
    #[arg(long)]
    record: bool,
    /// Record the trial in this results folder.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Threads to share each batch [default: one per core].
    ///
    /// The number of threads does not change results.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=MAX_THREADS))]
    threads: Option<u16>,
    #[command(flatten)]
    instructions: InstructionArguments,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    arguments.instructions.use_instructions()?;
    let (study, study_folder) = match &arguments.study {
        Some(path) => study_arguments::open(path, &arguments.set).map(|file| (file.study, file.folder))?,
        None => (source::default(&arguments.set)?, PathBuf::from(".")),
    };
    let options = RunOptions { study_folder, threads: arguments.threads.map(usize::from), ..RunOptions::default() };
    if arguments.save_conductances.is_some() && !study.conditions[0].settings.has_device() {
        return Err(ConductanceFileError::NoDevice.into());
    }
    arguments.check_outputs()?;
    let keep = arguments.keep(&study, &options);
    if let Some(folder) = keep.record.as_ref().filter(|folder| answers_folder::is_answers(folder)) {
        return Err(NoStudyFolder::new(folder.clone()).into());
    }
    let mut screen = Screen { wanted: Ok(true), saves: keep != Keep::default() };
    let trained = train_and_keep(&study, arguments.seed, &options, &keep, &mut screen)?;
    let Some(trained) = trained else { return Ok(ExitCode::SUCCESS) };
    // Files are written first, so that a reader of the output that closes the pipe loses none. A file that cannot be
    // written ends the command after the outcome.
    let saved = arguments.save(&trained);
    screen.wanted?;
    let Trained { settings, prepared, record, recorded_before, .. } = trained;
    if let Some(folder) = &keep.record {
        let how = if recorded_before { "recorded before" } else { "recorded" };
        say!("{how}: trial {} in {}", record.id, folder.display())?;
    }
    for path in saved.iter().flatten() {
        say!("saved: {}", path.display())?;
    }
    saved.iter().filter_map(|paths| Useless::new(&record, paths)).for_each(|useless| tell!("warning: {useless}\n"));
    let (data, devices) = (prepared.data(&settings), prepared.devices_of(&settings));
    if let Some(mean) = record.outcome {
        let (epochs, percent) = (record.accuracy.len(), 100.0 * mean);
        let last = epochs.min(settings.outcome.last_epochs);
        let seed = record.seed;
        match last {
            0 => say!("outcome: {percent:.2} % (test accuracy of the untrained network, seed {seed})")?,
            _ => say!("outcome: {percent:.2} % (mean test accuracy, last {last} of {epochs} epochs, seed {seed})")?,
        };
    }
    warn(&saturated(&record, &devices));
    print(&cost_lines(&record.connections, record.energy.as_ref()))?;
    for (loaded, shapes) in devices.with(&shapes(&settings, data.shape())) {
        let shapes: Vec<_> = shapes.into_iter().map(|(_, shape)| shape).collect();
        print(&area_line(&loaded.device, settings.hardware.pair, &shapes))?;
    }
    tell_health(&record)?;
    saved?;
    record.failure.map_or(Ok(ExitCode::SUCCESS), |failure| Err(failure.into()))
}

/// Saved files of a network that does not work.
#[derive(Debug, thiserror::Error)]
#[error("{files}: the saved network is {state}, so results with it say nothing")]
struct Useless {
    files: String,
    state: String,
}

impl Useless {
    /// Returns a warning about the network of `record` in the files `paths`, if it is silent after training or at chance.
    fn new(record: &Record, paths: &[PathBuf]) -> Option<Useless> {
        let fails = |state: &&HealthState| match state {
            HealthState::Silent(silence) => silence.spikes_after.is_none_or(|spikes| spikes < MIN_SPIKES),
            state => state.kind() == HealthKind::AtChance,
        };
        let states: Vec<&str> = record.health.iter().filter(fails).map(|state| state.kind().words()).collect();
        let files: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        let told = !states.is_empty() && !files.is_empty();
        told.then(|| Useless { files: files.join(", "), state: states.join(" and ") })
    }
}

/// Two outputs with one name.
#[derive(Debug, thiserror::Error)]
#[error("--save-weights and --save-conductances: expected two files, got `{}` for both", .0.display())]
struct OneFile(PathBuf);

/// Trained weights that cannot be saved.
#[derive(Debug, thiserror::Error)]
#[error("no weights to save: {0}")]
struct NoWeights(String);

impl Arguments {
    /// What the training keeps.
    fn keep(&self, study: &Study, options: &RunOptions) -> Keep {
        let folder = || self.out.clone().unwrap_or_else(|| options.folder_of(study));
        Keep {
            weights: self.save_weights.is_some() || self.save_conductances.is_some(),
            record: (self.record || self.out.is_some()).then(folder),
        }
    }

    /// Checks that weights and conductances can be saved, before the training.
    fn check_outputs(&self) -> Result<(), Failure> {
        let Arguments { save_weights, save_conductances, .. } = self;
        if let Some((weights, conductances)) = save_weights.as_ref().zip(save_conductances.as_ref())
            && weights.is_same_file(conductances)
        {
            return Err(OneFile(weights.path().to_owned()).into());
        }
        if let Some(path) = save_weights {
            path.check(Saved::Weights)?;
        }
        if let Some(path) = save_conductances {
            path.check(Saved::Conductances)?;
        }
        Ok(())
    }

    /// Saves weights and conductances; returns the paths.
    fn save(&self, trained: &Trained) -> Result<Vec<PathBuf>, Failure> {
        if self.save_weights.is_none() && self.save_conductances.is_none() {
            return Ok(Vec::new());
        }
        let none = || NoWeights(trained.record.failure.clone().unwrap_or_else(|| "nothing was trained".to_owned()));
        let weights = trained.weights.as_ref().ok_or_else(none)?;
        if let Some(path) = &self.save_weights {
            StoredNetwork::of_trial(trained).ok_or_else(none)?.write(path.path())?;
        }
        if let Some(path) = &self.save_conductances {
            write_conductances(path, weights)?;
        }
        let all = self.save_weights.iter().chain(&self.save_conductances);
        Ok(all.map(|path| path.path().to_owned()).collect())
    }
}

/// The output of a training: devices, warnings, and a line per epoch.
struct Screen {
    wanted: Wanted,
    /// Whether the training leaves more than its output.
    saves: bool,
}

impl StudyObserver for Screen {
    fn calibrated(&mut self, numbers: &[Calibrated]) {
        numbers.iter().for_each(|number| tell!("{number}"));
    }

    fn training(&mut self, settings: &Settings, prepared: &Prepared) {
        let shapes = shapes(settings, prepared.data(settings).shape());
        for (loaded, connections) in prepared.devices_of(settings).with(&shapes) {
            tell!("{}", device_sheet(loaded, settings, &connections));
        }
    }

    fn warning(&mut self, warning: &RunWarning) {
        tell!("warning: {warning}\n");
    }

    fn trial_begun(&mut self, _: usize, _: &Trial, _: usize) {
        self.wanted = say!("epoch     loss   accuracy %   spikes/sample   excitatory %   seconds");
    }

    fn epoch_ended(&mut self, _: usize, _: &Trial, epoch: &EpochReport) {
        if matches!(self.wanted, Ok(true)) {
            self.wanted = say!("{}", epoch_line(epoch));
        }
        // Where nothing is saved, training on without a reader is useless.
        if matches!(self.wanted, Ok(false)) && !self.saves {
            std::process::exit(0);
        }
    }
}

/// Prints the health of the trial as a line on stdout, with numbers and advice on stderr.
fn tell_health(record: &Record) -> Wanted {
    let states = &record.health;
    // A silent network is also at chance; only its silence needs advice.
    let excluded = states.iter().any(|state| state.kind().excludes());
    // Conversions out of range were reported above, with their counts.
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

fn epoch_line(epoch: &EpochReport) -> String {
    let EpochReport { number, loss, test, seconds } = epoch;
    format!(
        "{number:>5} {loss:>8.4} {:>12.2} {:>15.1} {:>14.1} {seconds:>9.2}",
        test.accuracy() * 100.0,
        test.spikes_per_sample(),
        test.excitatory_fraction() * 100.0,
    )
}
