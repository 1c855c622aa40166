//! A device on a page: what it does, and its spreads in every unit side by side.

use std::fmt::Write;

use crossbar::PairMapping;
use crossbar::device::Device;
use crossbar::spread::{SpreadRow, WeightUnits, read_spread, write_spread};

use crate::settings::Settings;

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

fn spread_table(text: &mut String, what: &str, rows: &[SpreadRow]) {
    if rows.iter().all(|row| row.sigma_microsiemens == 0.0) {
        let _ = writeln!(text, "  {what}: off");
        return;
    }
    let _ = writeln!(text, "  {what}, one standard deviation:");
    let _ = writeln!(
        text,
        "{:>14} {:>10} {:>9} {:>12} {:>11} {:>16}",
        "at ohm", "µS", "% of G", "% of window", "of ln R", "% of sigma_init"
    );
    for row in rows {
        let of_init = row.percent_of_sigma_init.map_or_else(|| "-".to_owned(), significant);
        let _ = writeln!(
            text,
            "{:>14} {:>10} {:>9} {:>12} {:>11} {:>16}",
            significant(row.resistance_ohm),
            significant(row.sigma_microsiemens),
            significant(row.percent_of_conductance),
            significant(row.percent_of_window),
            significant(row.sigma_ln_resistance),
            of_init,
        );
    }
}

/// Three significant digits.
fn significant(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return value.to_string();
    }
    let magnitude = value.abs().log10().floor() as i32;
    if !(-4..7).contains(&magnitude) {
        return format!("{value:.2e}");
    }
    let unit = 10f64.powi(magnitude - 2);
    format!("{:.*}", (2 - magnitude).max(0) as usize, (value / unit).round() * unit)
}
