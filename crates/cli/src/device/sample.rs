//! `ohmspike device sample`: simulates writes and reads of cells, as CSV.

use ohmspike_crossbar::WriteReport;
use ohmspike_plot::time_span::TimeSpan;
use ohmspike_report::device_sample::{ClippedWrites, SampleError, Sampling, window_ends_ohm};
use ohmspike_study::significant::stated_number;

use super::{Chosen, print};
use crate::terminal::tell;
use crate::{Failure, warn};

const EXAMPLES: &str = "\
Examples:
  The conductance of 1000 cells after a write to 100 µS:
      ohmspike device sample illustrative-oxide --target-microsiemens 100

  The same cells a day later, each read three times:
      ohmspike device sample pcm-joshi-2020 --target-microsiemens 10 --after 1d --read 3

  Several targets, one after the other, as a table for `ohmspike device fit`:
      ohmspike device sample illustrative-oxide --target-microsiemens 20,60,200 > cells.csv

  Another write scheme, to a file:
      ohmspike device sample mine.json --set write.scheme=add --target-ohm 10000 > cells.csv";

/// Simulate writes and reads of single cells.
///
/// Writes and reads cells as training does, and prints their conductance as CSV, one row per cell and cycle. All cells are on
/// one chip, with its device-to-device variation, and are written by the scheme of the device.
///
/// A pulsed device receives the whole change, in equal parts if it needs more pulses than one write may have. Other devices
/// write every cell once, even at its target. A verified device with `write.verify.initial_action = "read"` skips cells that
/// it accepts.
///
/// A note on stderr tells how many writes the window clipped.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Arguments {
    #[command(flatten)]
    chosen: Chosen,
    #[command(flatten)]
    target: Target,
    /// Starting conductance [default: Gmin].
    ///
    /// Cells start here and are written back to it before each further cycle. Gmin is the lower end of the conductance window.
    #[arg(long, value_name = "G", allow_negative_numbers = true)]
    start_microsiemens: Option<f64>,
    /// Number of cells.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    count: u32,
    /// Seed of all random draws: of the chip, its writes and its reads.
    ///
    /// The same seed gives the same chip and, in the same order, the same draws, whatever the target. For independent writes to
    /// several targets, give them in one command.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Writes of each cell.
    ///
    /// Before each write but the first, cells are written back to the starting conductance.
    #[arg(long, value_name = "C", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    cycles: u32,
    /// Also print values after a time, as in 1d.
    ///
    /// The conductance after drift, at the read voltage. Units are us, ms, s, min, h, d and y.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    after: Option<TimeSpan>,
    /// Reads after each write.
    #[arg(long, value_name = "K", default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=100_000))]
    read: u32,
    /// Time between two reads, with --read [default: 0.001s].
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    read_interval: Option<TimeSpan>,
    /// Include the faults of the device.
    ///
    /// Without this flag all cells work.
    #[arg(long)]
    faults: bool,
    /// Write noise of a `from-study` device.
    ///
    /// Required for a device with `write.noise = "from-study"`.
    ///
    /// The standard deviation of a write, µS.
    #[arg(long, value_name = "G", allow_negative_numbers = true)]
    study_sigma_microsiemens: Option<f64>,
}

/// The target, in one of two units.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Target {
    /// Target conductances, separated by commas.
    #[arg(long, value_name = "G", value_delimiter = ',', allow_negative_numbers = true)]
    target_microsiemens: Vec<f64>,
    /// Target resistances, separated by commas.
    #[arg(long, value_name = "R", value_delimiter = ',', allow_negative_numbers = true)]
    target_ohm: Vec<f64>,
}

/// A target resistance outside the window.
#[derive(Debug, thiserror::Error)]
#[error("--target-ohm: expected {low} to {high} ohm, the window of `{device}`, got {} ohm", stated_number(*given))]
struct OutsideError {
    given: f64,
    device: String,
    low: f64,
    high: f64,
}

/// Time between two reads, s.
const READ_INTERVAL: f64 = 0.001;

/// A time between reads without reads.
#[derive(Debug, thiserror::Error)]
#[error(
    "--read-interval: no effect without `--read`\n\nhint: add `--read K`, the number of reads after each write, or remove the flag"
)]
struct NoReads;

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    if arguments.read_interval.is_some() && arguments.read == 0 {
        return Err(NoReads.into());
    }
    let device = arguments.chosen.load()?;
    let targets = arguments.target.microsiemens();
    let sampling = Sampling {
        target: targets[0],
        from: arguments.start_microsiemens.unwrap_or(f64::from(device.window.low())),
        states_start: arguments.start_microsiemens.is_some(),
        count: arguments.count as usize,
        cycles: arguments.cycles,
        after_seconds: arguments.after.map(|after| after.seconds),
        reads: arguments.read,
        read_interval_seconds: arguments.read_interval.map_or(READ_INTERVAL, |interval| interval.seconds),
        faults: arguments.faults,
        study_sigma: arguments.study_sigma_microsiemens,
        seed: arguments.seed,
    };
    let cycles = sampling.cycles_to(&targets, &device).map_err(|error| match error {
        SampleError::Outside { flag: "--target-microsiemens", given, device, low, high } => {
            let is_given = |(target, _): &(&f64, &f64)| target.total_cmp(&given).is_eq();
            match targets.iter().zip(&arguments.target.target_ohm).find(is_given) {
                Some((_, &given)) => {
                    let [low, high] = window_ends_ohm(low, high);
                    Failure::from(OutsideError { given, device, low, high })
                }
                None => SampleError::Outside { flag: "--target-microsiemens", given, device, low, high }.into(),
            }
        }
        error => error.into(),
    })?;
    for &target in &targets {
        warn(&Sampling { target, ..sampling.clone() }.beyond_laws(&device));
    }
    let mut wanted = print(&format!("{}\n", sampling.header()))?;
    let mut writes = vec![WriteReport::default(); targets.len()];
    for (number, cycle) in cycles.enumerate() {
        if !wanted {
            break;
        }
        wanted = print(&cycle.csv())?;
        writes[number / arguments.cycles as usize] += cycle.writes;
    }
    for (&target, writes) in targets.iter().zip(writes) {
        match ClippedWrites::new(&device, target, writes) {
            Some(clipped) if clipped.is_many() => warn(&[clipped]),
            Some(clipped) => tell!("{}", clipped.note()),
            None => {}
        }
    }
    Ok(())
}

impl Target {
    /// Returns the targets in µS.
    fn microsiemens(&self) -> Vec<f64> {
        let of_ohm = self.target_ohm.iter().map(|resistance| 1e6 / resistance);
        self.target_microsiemens.iter().copied().chain(of_ohm).collect()
    }
}
