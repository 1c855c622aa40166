//! A device on a page: what it does, and its spreads in every unit side by side.
//!
//! [`device_sheet`] is the short form that stands above a run; [`device_page`] tells everything that the file says.

mod area;
mod cost;
mod drift;
mod mechanisms;
mod number;
mod page;
mod spreads;
mod writing;

use std::fmt::Write;

use crossbar::PairMapping;
use crossbar::device::Device;
use crossbar::spread::{WeightUnits, read_spread, write_spread};

use crate::settings::Settings;

pub use area::area_line;
pub use cost::cost_lines;
pub use number::{significant, wrapped};
pub use page::{device_line, device_page, highest_grade};
use spreads::spread_table;

/// The device as the hidden layer of a trial with `settings` uses it. A mechanism that the device leaves out is said to
/// be off.
pub fn device_sheet(device: &Device, settings: &Settings) -> String {
    let window = device.window;
    let (low_ohm, high_ohm) = (1e6 / f64::from(window.high()), 1e6 / f64::from(window.low()));
    let middle_ohm = (low_ohm * high_ohm).sqrt();
    let full_scale = settings.hardware.full_scale_hidden;
    let kappa = PairMapping::new(window, full_scale as f32).map(|mapping| f64::from(mapping.kappa())).ok();
    let units = kappa.map(|kappa| WeightUnits {
        kappa,
        sigma_init: settings.weights.sigma_init,
        study_sigma: settings.study_sigma(),
    });
    let resistances = [low_ohm, middle_ohm, high_ohm];
    let mut text = String::new();
    let _ = writeln!(
        text,
        "device {}: {} to {} ohm ({} to {} µS), a full-scale cell is a hidden weight of {full_scale}",
        device.name,
        significant(low_ohm),
        significant(high_ohm),
        significant(f64::from(window.low())),
        significant(f64::from(window.high())),
    );
    let scale = settings.hardware.write_spread_scale;
    let scaled = if scale == 1.0 { String::new() } else { format!(", before the factor {scale} of this study") };
    spread_table(&mut text, &format!("write spread{scaled}"), &write_spread(device, &resistances, units));
    spread_table(&mut text, "read noise", &read_spread(device, &resistances, units));
    text
}
