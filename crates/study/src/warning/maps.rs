//! Warnings about chip maps with implausible numbers.

use std::collections::BTreeMap;

use ohmspike_snn::connection::Connection;

use crate::chip_maps::{MapFile, MapSummary, of_connection};
use crate::prepare::LoadedDevice;
use crate::significant::significant;

/// Ratio of stuck cells to the window above which the warning appears. Shorts of real chips conduct only a few times
/// more than a fully set cell, and a cell that conducts 100 times less than a reset one counts as open.
const FAR: f64 = 100.0;
/// Number of repeats from which an identical value made of nines counts as a placeholder.
const REPEATED: usize = 2;

/// A map with implausible numbers.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MapWarning {
    /// Stuck cells far from the window, or a conductance map with its median outside the window.
    #[error(
        "{key}: {path}: {} {} µS, a factor of {} {} the window of {} to {} µS\n\nhint: check the line `unit ...` of \
         the map{}{}",
        if *faults { format!("{given} of {cells} cells {} stuck, at a median of", super::hint::is_are(*given)) }
            else { format!("the median of {given} {} is", if *given == 1 { "conductance" } else { "conductances" }) },
        significant(*median), significant(*times), if *above { "above" } else { "below" }, window.0, window.1,
        meant.map(|meant| format!("; its numbers would fit the window {meant}")).unwrap_or_default(),
        if *faults { "; write `open` for a cell that does not conduct" } else { "" }
    )]
    Far {
        /// Key that names the map.
        key: String,
        /// Path of the map.
        path: String,
        /// Whether it is a fault map.
        faults: bool,
        /// Cells with a conductance.
        given: usize,
        /// Cells of the array.
        cells: usize,
        /// Median of these cells, µS.
        median: f64,
        /// Distance from the nearer end of the window, as a ratio.
        times: f64,
        /// Whether the median is above the window.
        above: bool,
        /// Reading of the numbers that would put the median into the window, if any.
        meant: Option<&'static str>,
        /// Ends of the window, µS.
        window: (f32, f32),
    },
    /// The same value in several cells, made of nines or negative.
    #[error(
        "{key}: {path}: `{value}` appears in {count} cells: it may mark cells that were not measured, but is read as a \
         conductance\n\nhint: {}",
        if *faults { "write `ok` for a cell that works or was not measured" } else {
            "enter a conductance for these cells, or list them in a fault map"
        }
    )]
    Placeholder {
        /// Key that names the map.
        key: String,
        /// Path of the map.
        path: String,
        /// The repeated number.
        value: String,
        /// Number of cells with this value.
        count: usize,
        /// Whether it is a fault map.
        faults: bool,
    },
}

/// Returns the warnings about the maps of `connection`.
pub(super) fn odd_maps(loaded: &LoadedDevice, connection: Connection, shape: (usize, usize)) -> Vec<MapWarning> {
    // `prepare` has already rejected maps of another shape.
    let accounts = loaded.maps.summaries(connection, shape, &loaded.device).unwrap_or_default();
    let of = |account: &MapSummary| {
        let maps = if account.faults { &loaded.maps.fault } else { &loaded.maps.conductance };
        of_connection(maps, connection).map(|file| odd(account, file)).unwrap_or_default()
    };
    accounts.iter().flat_map(of).collect()
}

/// Returns the warnings about one map: `account` is its summary, `file` its text.
fn odd(account: &MapSummary, file: &MapFile) -> Vec<MapWarning> {
    far(account).into_iter().chain(placeholders(account, file)).collect()
}

fn far(account: &MapSummary) -> Option<MapWarning> {
    let median = account.median?;
    let (low, high) = (f64::from(account.window.0), f64::from(account.window.1));
    let within = |conductance: f64| (low..=high).contains(&conductance);
    let above = median > high;
    let times = if above { median / high } else { low / median };
    // Cells start within the window or at its ends, so half of them cannot be outside by chance.
    let least = if account.faults { FAR } else { 1.0 };
    let other_unit = (-3..=3).any(|power| within(median * 1000f64.powi(power)));
    let meant =
        if within(1e6 / median) { Some("as resistances in ohm") } else { other_unit.then_some("in another unit") };
    (times > least).then(|| MapWarning::Far {
        key: account.key.clone(),
        path: account.path.clone(),
        faults: account.faults,
        given: account.given,
        cells: account.cells,
        median,
        times,
        above,
        meant,
        window: account.window,
    })
}

/// Finds placeholders: numbers made only of nines, or one repeated negative value.
fn placeholders(account: &MapSummary, file: &MapFile) -> Vec<MapWarning> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for line in file.text.lines().filter(|line| !line.trim_start().starts_with('#')) {
        for cell in line.split([',', ' ', '\t']).map(str::trim).filter(|cell| stands_for_nothing(cell)) {
            *counts.entry(cell).or_default() += 1;
        }
    }
    let warning = |(value, count): (&str, usize)| {
        let (key, path, value) = (account.key.clone(), account.path.clone(), value.to_owned());
        (count >= REPEATED).then_some(MapWarning::Placeholder { key, path, value, count, faults: account.faults })
    };
    counts.into_iter().filter_map(warning).collect()
}

/// Whether `cell` is 99, 999.0, 9999 and so on, or a negative whole number.
fn stands_for_nothing(cell: &str) -> bool {
    let Ok(number) = cell.parse::<f64>() else { return false };
    let whole = number.fract() == 0.0 && number.is_finite();
    whole && (number < 0.0 || (number >= 99.0 && format!("{number}").bytes().all(|digit| digit == b'9')))
}

#[cfg(test)]
mod tests {
    use ohmspike_crossbar::device::Device;
    use ohmspike_snn::connection::Connection;

    use super::*;
    use crate::chip_maps::ChipMaps;

    /// Returns the warnings about a map of 2 x 4 cells for a device of 5 to 200 µS.
    fn messages(key: &str, text: &str) -> Vec<String> {
        let window = r#""window": { "low_resistance_ohm": 5000, "high_resistance_ohm": 200000 }"#;
        let device = Device::from_json(&format!(r#"{{ "name": "m", {window} }}"#)).expect("a device");
        let (connection, path) = (Connection::Feedforward(0), "chip.csv".to_owned());
        let file = MapFile { connection, key: key.to_owned(), path, text: text.to_owned(), sha256: String::new() };
        let of = vec![file.clone()];
        let maps = match key {
            FAULTS => ChipMaps { fault: of, ..ChipMaps::default() },
            _ => ChipMaps { conductance: of, ..ChipMaps::default() },
        };
        let accounts = maps.summaries(Connection::Feedforward(0), (2, 4), &device).expect("a map");
        accounts.iter().flat_map(|account| odd(account, &file)).map(|warning| warning.to_string()).collect()
    }

    const FAULTS: &str = "layer.1.fault_map";
    const CONDUCTANCES: &str = "layer.1.conductance_map";

    #[test]
    fn warns_about_stuck_cells_far_from_the_window() {
        let siemens_as_micro = "unit microsiemens\nok 2e-4 ok 2e-4\nok ok ok 2e-4";
        let resistances = "unit microsiemens\n7000 9000 5000 200\n12000 8000 6500 150";
        let expected = "layer.1.conductance_map: chip.csv: the median of 8 conductances is 6750 µS, a factor of 33.8 \
                        above the window of 5 to 200 µS\n\nhint: check the line `unit ...` of the map; its numbers \
                        would fit the window as resistances in ohm";
        assert_eq!(messages(CONDUCTANCES, resistances), [expected]);
        let expected = "layer.1.fault_map: chip.csv: 3 of 8 cells are stuck, at a median of 0.000200 µS, a factor of \
                        25000 below the window of 5 to 200 µS\n\nhint: check the line `unit ...` of the map; its \
                        numbers would fit the window in another unit; write `open` for a cell that does not conduct";
        assert_eq!(messages(FAULTS, siemens_as_micro), [expected]);
        assert!(
            messages(FAULTS, "unit siemens\nok 0.1 ok 0.1\nok ok ok 0.1")[0]
                .contains(" factor of 500 above the window")
        );
        for sound in [
            "ok low-resistance ok open\nhigh-resistance ok ok ok",
            "unit microsiemens\nok 1430 ok 1210\nok ok open 0.8",
            "ok ok ok ok\nok ok ok open",
        ] {
            assert_eq!(messages(FAULTS, sound), [""; 0], "{sound}");
        }
    }

    #[test]
    fn warns_about_repeated_placeholders_only() {
        let nines = "unit microsiemens\n12.5 999 30.1 999\n# 999 999\n7.5 99.9 999.0 20";
        let found = messages(CONDUCTANCES, nines);
        assert_eq!(found.len(), 1, "{found:?}");
        let expected = "layer.1.conductance_map: chip.csv: `999` appears in 2 cells";
        assert!(found[0].starts_with(expected), "{found:?}");
        let negative = "unit microsiemens\nnegative open\n12.5 -1 30.1 -1\n-0.02 -0.02 10 20";
        assert!(messages(CONDUCTANCES, negative)[0].contains("`-1` appears in 2 cells"));
        let stuck = messages(FAULTS, "unit microsiemens\nok 99 ok 99\nok ok ok ok");
        assert!(stuck[0].ends_with("hint: write `ok` for a cell that works or was not measured"), "{stuck:?}");
        assert_eq!(messages(CONDUCTANCES, "unit microsiemens\n12.5 99 30.1 100\n-0 9 9 20"), [""; 0]);
    }
}
