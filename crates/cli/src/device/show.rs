//! `ohmspike device show`: the whole sheet of a device.

use ohmspike_report::datasheet::device_page;

use super::{Chosen, print};
use crate::Failure;

/// Print everything that a device does: mechanisms, spreads in every unit, drift, and where the numbers come from.
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
