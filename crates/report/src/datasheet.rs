//! A device on a page: what it does, and its spreads in every unit side by side.
//!
//! [`device_sheet`] is the short form that stands above a run; [`device_page`] tells everything that the file says.

mod area;
mod cost;
mod drift;
mod held;
mod mechanisms;
mod page;
mod spreads;
mod study;
mod writing;

use std::fmt::Write;

use ohmspike_crossbar::device::{Device, Scheme};
use ohmspike_crossbar::spread::{read_spread, write_spread};
use ohmspike_snn::connection::Connection;
use ohmspike_study::pair_spread::{units_of_read, units_of_write};
use ohmspike_study::prepare::LoadedDevice;
use ohmspike_study::settings::{Settings, connection_name};
use ohmspike_study::significant::significant;

pub use area::area_line;
pub use cost::cost_lines;
use mechanisms::{Told, is_off, mechanisms, scheme_word};
pub use page::{device_line, device_line_header, device_page, highest_grade};
use spreads::spread_table;
pub use study::study_sheets;

/// The device as the first of the connections of these `shapes`, which it holds, uses it in a trial with `settings`, and the
/// maps of its chip. A mechanism that the device leaves out is said to be off.
pub fn device_sheet(loaded: &LoadedDevice, settings: &Settings, shapes: &[(Connection, (usize, usize))]) -> String {
    let device = &loaded.device;
    let connection = shapes.first().map_or(Connection::Feedforward(0), |(connection, _)| *connection);
    let window = device.window;
    let (low_ohm, high_ohm) = (1e6 / f64::from(window.high()), 1e6 / f64::from(window.low()));
    let middle_ohm = (low_ohm * high_ohm).sqrt();
    let weight_at_gmax = settings.weight_at_gmax_of(connection);
    let resistances = [low_ohm, middle_ohm, high_ohm];
    let mut text = String::new();
    let _ = writeln!(
        text,
        "device {}: {} to {} ohm ({} to {} µS), a cell at Gmax is a {} weight of {weight_at_gmax}",
        device.name,
        significant(low_ohm),
        significant(high_ohm),
        significant(f64::from(window.low())),
        significant(f64::from(window.high())),
        connection_name(connection),
    );
    let scale = settings.hardware.write_spread_scale;
    let scaled = if scale == 1.0 { String::new() } else { format!(", before the factor {scale} of this study") };
    let spread = write_spread(device, &resistances, units_of_write(settings, device, connection));
    let of = match device.write.scheme {
        Scheme::Add => "write spread",
        Scheme::Pulsed(_) => "write spread on top of the pulses'",
        Scheme::Verify(_) => "spread of one try",
    };
    spread_table(&mut text, &format!("{of}{scaled}"), &spread, device.write_table());
    let read = read_spread(device, &resistances, units_of_read(settings, device, connection));
    spread_table(&mut text, "read noise", &read, device.read_table());
    let maps = map_lines(loaded, shapes);
    text.push_str(&on_and_off(device, maps.iter().any(|line| line.contains("fault map"))));
    text.extend(maps);
    text
}

/// A line each for the maps of the chip.
fn map_lines(loaded: &LoadedDevice, shapes: &[(Connection, (usize, usize))]) -> Vec<String> {
    let told = |&(connection, shape): &(Connection, (usize, usize))| match loaded.maps.accounts(
        connection,
        shape,
        &loaded.device,
    ) {
        Ok(accounts) => accounts.iter().map(|account| format!("  {account}\n")).collect::<Vec<String>>(),
        Err(wrong) => vec![format!("  {wrong}\n")],
    };
    shapes.iter().flat_map(told).collect()
}

/// Which mechanisms the device has beside its spreads, and which it leaves out, by the names that [`device_page`] has for
/// them.
fn on_and_off(device: &Device, fault_map: bool) -> String {
    let named = ["scheme", "variability", "levels", "drift", "RTN", "I-V", "faults", "tiles", "drivers", "converters"];
    let told: Vec<Told> = mechanisms(device).into_iter().filter(|(name, _)| named.contains(name)).collect();
    let is_off = |(name, told): &Told| is_off(told) && !(fault_map && *name == "faults");
    let (off, on): (Vec<Told>, Vec<Told>) = told.into_iter().partition(is_off);
    let name = |(name, _): &Told| match *name {
        "scheme" => format!("scheme {}", scheme_word(&device.write.scheme)),
        "faults" if fault_map => "faults by map".to_owned(),
        name => name.to_owned(),
    };
    let line = |what: &str, told: &[Told]| match told {
        [] => String::new(),
        _ => format!("  {what}: {}\n", told.iter().map(name).collect::<Vec<String>>().join(", ")),
    };
    line("on", &on) + &line("off", &off)
}

#[cfg(test)]
mod tests {
    use ohmspike_study::chip_maps::{ChipMaps, MapFile};

    use super::*;

    const SHAPES: &[(Connection, (usize, usize))] = &[(Connection::Feedforward(0), (2, 3))];

    /// A chip with stuck cells is none without faults.
    #[test]
    fn a_map_of_faults_is_on() {
        let mut loaded: LoadedDevice = Device::built_in("ideal").unwrap().into();
        let text = "ok ok low-resistance\nok ok ok".to_owned();
        let (key, path) = ("layer.1.fault_map".to_owned(), "chip.csv".to_owned());
        let map = MapFile { connection: Connection::Feedforward(0), key, path, text, sha256: String::new() };
        loaded.maps = ChipMaps { fault: vec![map], ..ChipMaps::default() };
        let sheet = device_sheet(&loaded, &Settings::default(), SHAPES);
        let lines: Vec<&str> = sheet.lines().rev().take(3).collect();
        assert_eq!(
            lines,
            [
                "  fault map chip.csv (hidden-1): 1 of 6 cells stuck (16.7 %), median 1000 µS; 0 below and 0 above the window of 1 \
                 to 1000 µS",
                "  off: variability, levels, drift, RTN, I-V, tiles, drivers, converters",
                "  on: scheme add, faults by map",
            ]
        );
    }

    /// What a device does beside its spreads stands above its trials, so that nothing is off unsaid.
    #[test]
    fn a_sheet_ends_with_what_is_on_and_what_is_off() {
        let of = |name: &str| {
            let sheet = device_sheet(&Device::built_in(name).unwrap().into(), &Settings::default(), SHAPES);
            sheet.lines().filter(|line| line.starts_with("  o")).map(str::to_owned).collect::<Vec<String>>()
        };
        let ideal =
            ["  on: scheme add", "  off: variability, levels, drift, RTN, I-V, faults, tiles, drivers, converters"];
        assert_eq!(of("ideal"), ideal);
        assert_eq!(of("reram-es-gong-2018")[0], "  on: variability, scheme pulsed, drift");
    }
}
