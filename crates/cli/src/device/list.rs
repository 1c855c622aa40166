//! `ohmspike device list`: the built-in devices.

use ohmspike_crossbar::device::{BUILT_IN, Device};
use ohmspike_report::datasheet::{device_line, device_line_header};

use super::print;
use crate::Failure;

/// Prints one line per device.
pub fn run() -> Result<(), Failure> {
    let mut text = device_line_header() + "\n";
    for (name, _) in BUILT_IN {
        let device = Device::built_in(name).expect("a name of the list");
        text += &device_line(&device);
        text.push('\n');
    }
    print(&text)?;
    Ok(())
}
