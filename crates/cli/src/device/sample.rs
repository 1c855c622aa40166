//! `ohmspike device sample`: what writes leave and reads return, as CSV.

use ohmspike_plot::time_span::TimeSpan;
use ohmspike_report::device_sample::{SampleError, Sampling};

use super::{Chosen, print};
use crate::{Failure, warn};

/// Write and read cells as training does, and print what they hold as CSV, one line a cell and cycle.
///
/// The cells are those of one chip, with its spreads, written by the device's own scheme. A device that is written by pulses
/// is asked for the whole difference, in equal parts where it has more pulses than one write may have. Other devices write
/// every cell once, also one that stands at the target; but a verified device that reads first (`write.verify.initial_action`) gives
/// no write to cells that it accepts as they are.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    chosen: Chosen,
    #[command(flatten)]
    target: Target,
    /// Conductance at which cells start and to which they are written back [default: the floor of the window].
    #[arg(long, value_name = "MICROSIEMENS", allow_negative_numbers = true)]
    start_microsiemens: Option<f64>,
    /// Number of cells.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    count: u32,
    /// Seed of all draws.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Writes of every cell to the target; before each but the first it is written back.
    #[arg(long, value_name = "C", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    cycles: u32,
    /// Also print every cell so long after the write, at the read voltage: 30s, 10min, 1h, 1d, 1y.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    after: Option<TimeSpan>,
    /// Read every cell so often after every write to the target.
    #[arg(long, value_name = "K", default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=100_000))]
    read: u32,
    /// Time between two reads.
    #[arg(long, value_name = "TIME", default_value = "0.001s", allow_hyphen_values = true)]
    read_interval: TimeSpan,
    /// Draw the faults of the device too; without it every cell works, as a measured spread is that of working cells.
    #[arg(long)]
    faults: bool,
    /// Standard deviation of a write, for a device that leaves it to the study.
    #[arg(long, value_name = "MICROSIEMENS", allow_negative_numbers = true)]
    study_sigma_microsiemens: Option<f64>,
}

/// What is aimed at, in one of two units.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Target {
    /// Target conductance of the writes.
    #[arg(long, value_name = "MICROSIEMENS", allow_negative_numbers = true)]
    target_microsiemens: Option<f64>,
    /// The same target as a resistance.
    #[arg(long, value_name = "OHM", allow_negative_numbers = true)]
    target_ohm: Option<f64>,
}

/// A resistance outside the window.
#[derive(Debug, thiserror::Error)]
#[error("--target-ohm: got {given} ohm, must lie in the window of `{device}`, {low} to {high} ohm")]
struct OutsideError {
    given: f64,
    device: String,
    low: f32,
    high: f32,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let device = arguments.chosen.load()?;
    let target =
        arguments.target.target_microsiemens.or(arguments.target.target_ohm.map(|resistance| 1e6 / resistance));
    let sampling = Sampling {
        target: target.expect("one of the two is required"),
        from: arguments.start_microsiemens.unwrap_or(f64::from(device.window.low())),
        count: arguments.count as usize,
        cycles: arguments.cycles,
        after_seconds: arguments.after.map(|after| after.seconds),
        reads: arguments.read,
        read_interval_seconds: arguments.read_interval.seconds,
        faults: arguments.faults,
        study_sigma: arguments.study_sigma_microsiemens,
        seed: arguments.seed,
    };
    let cycles = sampling.cycles(&device).map_err(|error| match (error, arguments.target.target_ohm) {
        (SampleError::Outside { flag: "--target-microsiemens", device, low, high, .. }, Some(given)) => {
            // The ends of the window are f32 of conductances: more digits would be those of a rounding.
            let [low, high] = [high, low].map(|conductance| (1e6 / f64::from(conductance)) as f32);
            Failure::from(OutsideError { given, device, low, high })
        }
        (error, _) => error.into(),
    })?;
    warn(&sampling.beyond_laws(&device));
    let mut wanted = print(&format!("{}\n", sampling.header()))?;
    for cycle in cycles {
        if !wanted {
            break;
        }
        wanted = print(&cycle.csv())?;
    }
    Ok(())
}
