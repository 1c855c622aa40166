//! `ohmspike device plot`: draws the curves of a device.

use std::path::PathBuf;

use ohmspike_report::figures::device_figure;
use ohmspike_study::settings::Settings;
use ohmspike_study::warning::beyond_laws;

use super::{Chosen, files};
use crate::{Failure, warn};

/// Plot the curves of a device as SVG and PNG.
///
/// One panel per mechanism of the device: window, updates, write spread, drift, read noise and more. The caption tells how many
/// writes the window clips at each target. A CSV file holds the plotted numbers.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    chosen: Chosen,
    /// SVG file to write, along with a PNG and a CSV [default: NAME.svg].
    #[arg(long, value_name = "PATH.svg")]
    out: Option<PathBuf>,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let device = arguments.chosen.load()?;
    let svg = files::path(arguments.out.as_deref(), &device.name, "svg")?;
    warn(&beyond_laws(&Settings::default(), &device));
    files::write_figure(files::figure(&device_figure(&device), &svg)?)
}
