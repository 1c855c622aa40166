//! Datasheets of devices, with noise in several units.
//!
//! [`device_sheet`] is the short form printed before a run; [`device_page`] shows the whole device file; [`comparison`] shows two
//! devices side by side; [`clip_table`] shows how many writes the window clips; [`drift_stop_lines`] shows where it stops drift;
//! [`check_lines`] shows which numbers have a source.

mod area;
mod check;
mod clipped;
mod comparison;
mod cost;
mod drift;
mod held;
mod mechanisms;
mod page;
mod spreads;
mod study;
mod writing;

use std::fmt::Write;

use ohmspike_crossbar::device::{Device, Scheme, WriteNoise};
use ohmspike_crossbar::spread::{read_spread, write_spread};
use ohmspike_snn::connection::Connection;
use ohmspike_study::pair_spread::{units_of_read, units_of_write};
use ohmspike_study::prepare::LoadedDevice;
use ohmspike_study::settings::{Settings, connection_name};
use ohmspike_study::significant::significant;

pub use area::area_line;
pub use check::check_lines;
pub use clipped::{ClippedTarget, clip_caption, clip_table, clip_table_at, clipped_targets};
pub use comparison::comparison;
pub use cost::cost_lines;
pub use drift::drift_stop_lines;
use mechanisms::{Told, is_off, mechanisms, scheme_word};
pub use page::{device_line, device_line_header, device_page, highest_grade};
use spreads::spread_table;
pub use study::study_sheets;

/// Returns the short datasheet of a device, for the first connection in `shapes` and a trial with `settings`, with the maps of its
/// chip. Lists enabled and disabled mechanisms.
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
        "device {}: {} to {} ohm ({} to {} µS); Gmax is a {} weight of {weight_at_gmax}",
        device.name,
        significant(low_ohm),
        significant(high_ohm),
        significant(f64::from(window.low())),
        significant(f64::from(window.high())),
        connection_name(connection),
    );
    let scale = settings.hardware.write_spread_scale;
    let scaled = if scale == 1.0 { String::new() } else { format!(", before the factor {scale} of the study") };
    let level = match device.write.noise {
        WriteNoise::FromStudy => format!(" at noise.level_percent = {}", settings.noise.level_percent),
        _ => String::new(),
    };
    let spread = write_spread(device, &resistances, units_of_write(settings, device, connection));
    let of = match device.write.scheme {
        Scheme::Add => "write noise",
        Scheme::Pulsed(_) => "write noise in addition to pulse noise",
        Scheme::Verify(_) => "write noise of one try",
    };
    spread_table(&mut text, &format!("{of}{level}{scaled}"), &spread, device.write_table());
    let read = read_spread(device, &resistances, units_of_read(settings, device, connection));
    spread_table(&mut text, "read noise", &read, device.read_table());
    let maps = map_lines(loaded, shapes);
    text.push_str(&on_and_off(device, maps.iter().any(|line| line.contains("fault map"))));
    text.extend(maps);
    text
}

/// Returns one line per map of the chip.
fn map_lines(loaded: &LoadedDevice, shapes: &[(Connection, (usize, usize))]) -> Vec<String> {
    let told = |&(connection, shape): &(Connection, (usize, usize))| match loaded.maps.summaries(
        connection,
        shape,
        &loaded.device,
    ) {
        Ok(accounts) => accounts.iter().map(|account| format!("  {account}\n")).collect::<Vec<String>>(),
        Err(wrong) => vec![format!("  {wrong}\n")],
    };
    shapes.iter().flat_map(told).collect()
}

/// Lists enabled and disabled mechanisms other than noise, by their names in [`device_page`].
fn on_and_off(device: &Device, fault_map: bool) -> String {
    let named = ["scheme", "device-to-device", "levels", "drift", "RTN", "I-V", "faults", "tiles", "DAC", "ADC"];
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
    line("enabled", &on) + &line("disabled", &off)
}

#[cfg(test)]
mod tests {
    use ohmspike_study::chip_maps::{ChipMaps, MapFile};

    use super::*;

    const SHAPES: &[(Connection, (usize, usize))] = &[(Connection::Feedforward(0), (2, 3))];

    /// A fault map enables faults.
    #[test]
    fn a_fault_map_enables_faults() {
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
                "  disabled: device-to-device, levels, drift, RTN, I-V, tiles, DAC, ADC",
                "  enabled: scheme add, faults by map",
            ]
        );
    }

    /// No mechanism is disabled silently.
    #[test]
    fn a_sheet_ends_with_enabled_and_disabled_mechanisms() {
        let of = |name: &str| {
            let sheet = device_sheet(&Device::built_in(name).unwrap().into(), &Settings::default(), SHAPES);
            sheet
                .lines()
                .filter(|line| line.starts_with("  enabled") || line.starts_with("  disabled"))
                .map(str::to_owned)
                .collect::<Vec<String>>()
        };
        let ideal =
            ["  enabled: scheme add", "  disabled: device-to-device, levels, drift, RTN, I-V, faults, tiles, DAC, ADC"];
        assert_eq!(of("ideal"), ideal);
        assert_eq!(of("reram-es-gong-2018")[0], "  enabled: device-to-device, scheme pulsed, drift");
    }
}
