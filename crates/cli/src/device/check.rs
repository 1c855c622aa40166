//! `ohmspike device check`: validates a device file.

use std::path::PathBuf;

use ohmspike_report::datasheet::{check_lines, clip_table, drift_stop_lines};
use ohmspike_report::figures::device_figure;
use ohmspike_study::warning::device_warnings;

use super::{Chosen, files, print};
use crate::{Failure, warn};

/// Validate a device file, and plot what it does.
///
/// Reports errors with file, line and column. Prints the warnings that a study would print about the device, sections without a
/// source, the fraction of writes that the window clips at each target, and when it stops the drift of cells. Plots the curves of the device as `device plot` does.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    chosen: Chosen,
    /// SVG file to write, along with a PNG and a CSV [default: NAME.svg].
    #[arg(long, value_name = "PATH.svg")]
    out: Option<PathBuf>,
    /// Check only, without a figure.
    #[arg(long, conflicts_with = "out")]
    no_plot: bool,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let device = arguments.chosen.load()?;
    let svg = files::path(arguments.out.as_deref(), &device.name, "svg")?;
    warn(&device_warnings(&device));
    print(&format!("{}: valid\n{}\n{}", arguments.chosen.device, check_lines(&device), clip_table(&device)))?;
    let stops = drift_stop_lines(&device);
    if !stops.is_empty() {
        print(&format!("\n{stops}"))?;
    }
    if arguments.no_plot {
        return Ok(());
    }
    print("\n")?;
    files::write_figure(files::figure(&device_figure(&device), &svg)?)
}
