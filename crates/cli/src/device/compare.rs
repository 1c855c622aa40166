//! `ohmspike device compare`: two devices side by side.

use std::path::PathBuf;

use ohmspike_report::datasheet::comparison;
use ohmspike_report::figures::comparison_figure;

use super::{Chosen, files, print};
use crate::Failure;

/// Compare two devices side by side.
///
/// Prints their window and mechanisms, write and read noise in several units at common resistances, drift at common times, pulses
/// and costs; `-` marks a resistance outside the window of a device. Plots both in common panels.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Built-in device or device file (JSON).
    #[arg(value_name = "NAME|FILE")]
    one: String,
    /// Device to compare it with.
    #[arg(value_name = "NAME|FILE")]
    other: String,
    /// SVG file to write, along with a PNG and a CSV [default: ONE-OTHER.svg].
    #[arg(long, value_name = "PATH.svg")]
    out: Option<PathBuf>,
    /// Print the comparison only, without a figure.
    #[arg(long, conflicts_with = "out")]
    no_plot: bool,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let load = |device: &String| Chosen { device: device.clone(), set: Vec::new() }.load();
    let (one, other) = (load(&arguments.one)?, load(&arguments.other)?);
    let svg = files::path(arguments.out.as_deref(), &format!("{}-{}", one.name, other.name), "svg")?;
    print(&comparison(&one, &other))?;
    if arguments.no_plot {
        return Ok(());
    }
    print("\n")?;
    files::write_figure(files::figure(&comparison_figure(&one, &other), &svg)?)
}
