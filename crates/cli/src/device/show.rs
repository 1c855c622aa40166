//! `ohmspike device show`: prints the datasheet of a device.

use ohmspike_report::datasheet::device_page;

use super::{Chosen, print};
use crate::Failure;

/// Print the datasheet of a device.
///
/// Shows all mechanisms, write spread and read noise in several units, drift, and the source of every number.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    chosen: Chosen,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    print(&device_page(&arguments.chosen.load()?))?;
    Ok(())
}
