//! `ohmspike device list`: the devices that come with the program.

use ohmspike_crossbar::device::{BUILT_IN, Device};
use ohmspike_report::datasheet::device_line;

use super::print;
use crate::Failure;

/// Prints a line a device.
pub fn run() -> Result<(), Failure> {
    let mut text = format!("{:<26} {:<22} {:<7} {:<9} description\n", "name", "window", "scheme", "grade");
    for (name, _) in BUILT_IN {
        let device = Device::built_in(name).expect("the list has the names of the built-in devices");
        text += &device_line(&device);
        text.push('\n');
    }
    print(&text)?;
    Ok(())
}
