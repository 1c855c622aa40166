//! `ohmspike deploy`: programs stored networks onto chips and reports accuracy over chips and time.

use std::io::{IsTerminal, stderr, stdout};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use ohmspike_answers::deploy::{
    DeployError, DeployObserver, DeployOptions, DeployWarning, DeployedNetwork, Deployment, DeploymentCell,
    DeploymentTime, ExactMemory, MAX_CHIPS, MechanismLoss, NetworkFacts, Request, deploy, one_chip,
};
use ohmspike_answers::numbered::Numbered;
use ohmspike_datasets::counted;
use ohmspike_experiments::presets::PRESETS;
use ohmspike_plot::time_span::TimeSpan;
use ohmspike_report::figures::deployment::deployment_figures;
use ohmspike_report::files::write_figures;
use ohmspike_report::page::deployment::{
    WITHHELD, accuracy_words, clipping_words, exact_words, overrides_words, sigma_words, withheld_words, yield_words,
};
use ohmspike_study::conductance_file::write_conductances;
use ohmspike_study::run::MAX_THREADS;
use ohmspike_study::save_path::{SavePath, Saved};
use ohmspike_study::significant::signed;

use super::instructions::InstructionArguments;
use super::limit::amount::fraction;
use super::run::{listen_while, stopped};
use super::terminal::{Wanted, say, tell};
use super::{ExitCode, Failure, answers_folder, study_arguments, warn};

const EXAMPLES: &str = "\
Examples:
  Train a network, and deploy it onto 100 chips that are read for a month:
      ohmspike train study.toml --save-weights net.npz
      ohmspike deploy net.npz --device pcm-joshi-2020 --chips 100 --after 1min,1h,1d,30d

  What each mechanism of the device costs:
      ohmspike deploy net.npz --device cmo-hfox-falcone-2025 --mechanisms

  Networks trained with and without noise on two devices:
      ohmspike deploy clean.npz noisy.npz --device pcm-joshi-2020,hfo2-1t1r-milo-2021

  A network of PyTorch or NumPy, with its data set and time constants:
      ohmspike deploy torch.npz --device ideal --set data.set=fashion-mnist --set training.tau_mem_steps=10";

/// Program stored networks onto chips, without training.
///
/// Every chip has its own device-to-device variation, faults and write noise. Cells start erased and are written through the
/// write scheme of the device, then rest, and read the test set with read noise. The answer is the distribution of accuracy
/// over chips at each time: mean, 5th percentile (from 20 chips on), median, and the fraction of chips above a threshold.
///
/// A network file is a NumPy archive (npz) of the weights w0, w1, ... from the input up, from `ohmspike train --save-weights` or
/// another program. Its header holds the settings; a network without one takes them from --study and --set. NIR files (.nir) of
/// other tools hold the time constants too; `ohmspike nir` converts them.
///
/// The answer is withheld for a network that is silent or at chance with digital weights.
///
/// Several networks, devices or lists in --set make a table. Results of single chips are kept: a repeat runs only what is missing.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Arguments {
    /// Network files (npz or NIR).
    #[arg(required = true, value_name = "NETWORK")]
    networks: Vec<PathBuf>,
    /// Devices to deploy onto, built in or files [default: that of the settings].
    #[arg(long, value_name = "DEVICE", value_delimiter = ',', value_parser = device_name)]
    device: Vec<String>,
    /// Number of chips.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_CHIPS)))]
    chips: u32,
    /// Times after programming at which chips are read, such as 1s,1h,1d,10y [default: 0s].
    ///
    /// Units are us, ms, s, min, h, d and y. 0s is right after programming. Drift is held at the ends of the law of the device.
    #[arg(long, value_name = "TIMES", value_delimiter = ',')]
    after: Vec<TimeSpan>,
    /// Data set of the test [default: that of the settings].
    #[arg(long, value_name = "DATASET")]
    test: Option<String>,
    /// Accuracy above which a chip passes, such as 0.75 or 75% [default: 5 points less than with digital weights].
    ///
    /// The accuracy with digital weights is that of the same network without a device. By default, a chip passes if it
    /// loses less than 5 points and is above chance.
    #[arg(long, value_name = "ACCURACY", value_parser = fraction)]
    yield_above: Option<f64>,
    /// Writes of every cell towards its target [default: 1; 10 with pulsed writes].
    ///
    /// Later passes write the distance that is left, as a controller does that reads the cells back without noise.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    write_passes: Option<u32>,
    /// Measure what each mechanism of the device costs: each one disabled, and each one alone.
    #[arg(long)]
    mechanisms: bool,
    /// Study with the settings of a network without a header.
    #[arg(long, value_name = "FILE")]
    study: Option<PathBuf>,
    /// Override a key; a list makes a table.
    ///
    /// `hardware.weight_at_gmax` sets the weight of a fully-on cell of the hidden layers, and `readout.weight_at_gmax` that of
    /// the readout; the default is the largest weight of each matrix.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Save weight and conductances of every pair of a chip, as csv or npz, in place of the evaluation.
    ///
    /// The chip is saved at the first of the times in --after.
    #[arg(long, value_name = "FILE")]
    save_conductances: Option<SavePath>,
    /// Number of that chip, from 0.
    #[arg(long, value_name = "K", default_value_t = 0, requires = "save_conductances")]
    chip: u32,
    /// Results folder [default: results/NAME-deploy].
    ///
    /// NAME is the name of the first network file.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Seed of all chips.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Threads [default: one per core].
    ///
    /// The number of threads does not change results.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=MAX_THREADS))]
    threads: Option<u16>,
    #[command(flatten)]
    instructions: InstructionArguments,
}

/// A flag about the evaluation of chips, next to one that saves a chip in its place.
#[derive(Debug, thiserror::Error)]
#[error("{0}: no effect with `--save-conductances`, which evaluates no chip\n\nhint: remove one of the two flags")]
struct NotEvaluated(&'static str);

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    arguments.instructions.use_instructions()?;
    let overrides = study_arguments::parse(&arguments.set)?;
    let request = Request {
        presets: &PRESETS,
        study: arguments.study.as_deref(),
        overrides: &overrides,
        devices: &arguments.device,
        test: arguments.test.as_deref(),
    };
    let mut networks = Vec::new();
    for path in &arguments.networks {
        networks.push(DeployedNetwork::open(path, &request)?);
    }
    DeployedNetwork::name_apart(&mut networks);
    let stop = Arc::new(AtomicBool::new(false));
    let options = DeployOptions { stop: Some(Arc::clone(&stop)), ..arguments.options(&networks[0]) };
    if let Some(path) = &arguments.save_conductances {
        warn(&arguments.not_evaluated());
        return save_chip(&networks, &options, arguments.chip, path);
    }
    answers_folder::check(&options.folder)?;
    let mut screen = Screen { last: Instant::now(), folder: Some(options.folder.clone()) };
    listen_while(&stop, "finishing the running chips; press Ctrl-C again to abort them")?;
    let deployment = match deploy(&networks, &options, &mut screen) {
        Ok(deployment) => deployment,
        Err(DeployError::Stopped { left }) => {
            answers_folder::mark(&options.folder)?;
            tell!("stopped; repeat the command for the remaining {}", counted(left, "chip result"));
            return Ok(stopped(true));
        }
        Err(error) => return Err(error.into()),
    };
    answers_folder::mark(&options.folder)?;
    // Files are written first, so that a reader of the output that closes the pipe loses none.
    let figures = write_figures(deployment_figures(&deployment), &options.folder)?.len() / 3;
    show(&deployment)?;
    for name in [deployment.file("json"), deployment.file("csv"), "chips.jsonl".to_owned()] {
        say!("{}", options.folder.join(name).display())?;
    }
    say!("{}: {}", options.folder.join("figures").display(), counted(figures, "figure"))?;
    Ok(ExitCode::SUCCESS)
}

impl Arguments {
    /// Returns the flags that nothing uses if a chip is saved.
    fn not_evaluated(&self) -> Vec<NotEvaluated> {
        let flags = [
            ("--yield-above", self.yield_above.is_some()),
            ("--mechanisms", self.mechanisms),
            ("--out", self.out.is_some()),
        ];
        flags.into_iter().filter(|(_, given)| *given).map(|(flag, _)| NotEvaluated(flag)).collect()
    }

    fn options(&self, first: &DeployedNetwork) -> DeployOptions {
        let folder = || Path::new("results").join(&first.study.name);
        let mut after: Vec<f64> = self.after.iter().map(|span| span.seconds).collect();
        if after.is_empty() {
            after.push(0.0);
        }
        after.sort_by(f64::total_cmp);
        after.dedup();
        DeployOptions {
            chips: self.chips,
            after_seconds: after,
            seed: self.seed,
            yield_above: self.yield_above,
            write_passes: self.write_passes,
            mechanisms: self.mechanisms,
            threads: self.threads.map(usize::from),
            folder: self.out.clone().unwrap_or_else(folder),
            stop: None,
        }
    }
}

fn save_chip(
    networks: &[DeployedNetwork],
    options: &DeployOptions,
    chip: u32,
    path: &SavePath,
) -> Result<ExitCode, Failure> {
    let [network] = networks else {
        let devices = networks.first().map_or(0, |network| network.study.conditions.len());
        return Err(DeployError::OneChip { networks: networks.len(), devices }.into());
    };
    let mut screen = Screen { last: Instant::now(), folder: None };
    if let [first, _, ..] = options.after_seconds[..] {
        screen.warning(&DeployWarning::FirstTime { times: options.after_seconds.len(), seconds: first });
    }
    path.check(Saved::Conductances)?;
    write_conductances(path, &one_chip(network, options, chip, &mut screen)?)?;
    say!("saved: {} (chip {chip}, after {})", path.path().display(), span(options.after_seconds[0]))?;
    Ok(ExitCode::SUCCESS)
}

/// Warnings and progress on stderr.
struct Screen {
    last: Instant,
    /// The results folder, until its first chip is done.
    folder: Option<PathBuf>,
}

impl DeployObserver for Screen {
    fn warning(&mut self, warning: &DeployWarning) {
        tell!("warning: {warning}\n");
    }

    fn chip_ended(&mut self, done: usize, total: usize) {
        // The end of the command reports a folder that cannot be written.
        self.folder.take().into_iter().for_each(|folder| _ = answers_folder::mark(&folder));
        if self.last.elapsed() > Duration::from_secs(5) {
            self.last = Instant::now();
            tell!("{done} of {total} chips");
        }
    }
}

/// A name in a list of devices.
fn device_name(text: &str) -> Result<String, NoDeviceName> {
    let name = text.trim();
    if name.is_empty() { Err(NoDeviceName) } else { Ok(name.to_owned()) }
}

/// An empty name of a device.
#[derive(Debug, thiserror::Error)]
#[error("expected device names with one comma between two of them, got an empty name")]
struct NoDeviceName;

fn span(seconds: f64) -> TimeSpan {
    TimeSpan { seconds }
}

/// Prints the answer.
fn show(deployment: &Deployment) -> Wanted {
    for (number, network) in deployment.networks.iter().enumerate() {
        say!("{}", network_line(network, deployment.exact_of(number)))?;
    }
    if let Some(overrides) = overrides_words(deployment) {
        say!("{overrides}")?;
    }
    for cell in &deployment.cells {
        let (network, device) = (&deployment.networks[cell.network], &deployment.devices[cell.device]);
        let own = deployment.exact_of(cell.network).is_none().then(|| format!("; {}", exact_words(&cell.exact)));
        let (chips, seed) = (deployment.chips, deployment.seed);
        say!(
            "\n{} on {device}: {}, seed {seed}{}",
            network.name,
            counted(chips as usize, "chip"),
            own.unwrap_or_default()
        )?;
        for line in cell_lines(cell) {
            say!("{line}")?;
        }
    }
    if deployment.cells.len() > 1 {
        for (place, &seconds) in deployment.after_seconds.iter().enumerate() {
            say!("\nmean accuracy over chips, %, after {}", span(seconds))?;
            for line in matrix_lines(deployment, place) {
                say!("{line}")?;
            }
        }
    }
    say!("")?;
    // On a terminal, the warnings are in sight.
    if deployment.cautions.is_empty() || (stdout().is_terminal() && stderr().is_terminal()) {
        return Ok(true);
    }
    for caution in &deployment.cautions {
        say!("caution: {caution}")?;
    }
    say!("")
}

fn network_line(network: &NetworkFacts, exact: Option<&ExactMemory>) -> String {
    let signs = if network.signed_rows { "excitatory and inhibitory rows" } else { "weights of either sign" };
    let exact = exact.map(|exact| format!("; {}", exact_words(exact)));
    format!("network {}: {}, {signs}{}", network.name, network.sizes(), exact.unwrap_or_default())
}

fn cell_lines(cell: &DeploymentCell) -> Vec<String> {
    if let Some(broken) = &cell.exact.broken {
        return vec![withheld_words(broken)];
    }
    let above = format!("chips above {:.1} %", 100.0 * cell.yield_above);
    let head = ["after", "mean accuracy %", "5th percentile %", "median %", "range %", &above].map(str::to_owned);
    let row = |time: &DeploymentTime| {
        [
            span(time.seconds).to_string(),
            accuracy_words(time),
            time.percentile5.map_or_else(|| "-".to_owned(), |accuracy| format!("{:.1}", 100.0 * accuracy)),
            format!("{:.1}", 100.0 * time.median),
            format!("{:.1} to {:.1}", 100.0 * time.lowest, 100.0 * time.highest),
            yield_words(&time.passed),
        ]
    };
    let mut lines = aligned(&[vec![head], cell.times.iter().map(row).collect()].concat());
    lines.extend(sigma_words(cell));
    if !cell.mechanisms.is_empty() {
        lines.extend(clipping_words(cell));
        lines.push(String::new());
        let head = ["mechanism", "after", "gain without it, points", "loss alone, points"].map(str::to_owned);
        let signed = |fraction: f64| signed(100.0 * fraction, 2);
        let points = |mean: f64, interval: Option<(f64, f64)>| match interval {
            Some((low, high)) => format!("{} ({} to {})", signed(mean), signed(low), signed(high)),
            None => signed(mean),
        };
        let row = |loss: &MechanismLoss| {
            [
                loss.mechanism.to_string(),
                span(loss.seconds).to_string(),
                points(loss.gain_without, loss.gain_without_ci95),
                points(loss.loss_alone, loss.loss_alone_ci95),
            ]
        };
        lines.extend(aligned(&[vec![head], cell.mechanisms.iter().map(row).collect()].concat()));
    }
    lines
}

/// Lines of a table with one row per network and one column per device.
fn matrix_lines(deployment: &Deployment, time: usize) -> Vec<String> {
    let head = ["network".to_owned()].into_iter().chain(deployment.devices.iter().cloned()).collect();
    let row = |(number, network): (usize, &NetworkFacts)| {
        let cell = |device: usize| {
            let at = |cell: &DeploymentCell| cell.times.get(time).map_or_else(|| WITHHELD.to_owned(), accuracy_words);
            deployment.cell(number, device).map(at).unwrap_or_default()
        };
        [network.name.clone()].into_iter().chain((0..deployment.devices.len()).map(cell)).collect()
    };
    let rows: Vec<Vec<String>> = deployment.networks.iter().enumerate().map(row).collect();
    aligned(&[vec![head], rows].concat())
}

/// Pads the cells of every column to the same width.
fn aligned<R: AsRef<[String]>>(rows: &[R]) -> Vec<String> {
    let columns = rows.first().map_or(0, |row| row.as_ref().len());
    let width = |column: usize| rows.iter().map(|row| row.as_ref()[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &R| {
        let cells = row.as_ref().iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("   ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}
