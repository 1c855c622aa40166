//! `ohmspike device show`: the whole sheet of a device.

use experiments::sheet::device_page;

use super::{Chosen, print};
use crate::cli::Failure;

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
