//! What a study may say and hardly means: cause, consequence, what to do.
//!
//! Nothing here stops a trial. What cannot be is refused by [`crate::settings`] and [`crate::prepare`].

pub mod converters;
mod data;
mod distinct;
mod held;
pub mod law;
mod levels;
mod many_pulses;
mod maps;
mod populations;
mod sampled_distances;
mod without_effect;

use std::collections::BTreeSet;

use ohmspike_crossbar::device::{Acceptance, Device, InitialAction, WriteNoise};
use ohmspike_crossbar::spread::write_spread;
use ohmspike_snn::connection::Connection;

use crate::chip_maps::of_connection;
use crate::hardware::shapes;
use crate::measured_neurons::MOST_MEASURED;
use crate::pair_spread::{conductance_of, units_of_write};
use crate::prepare::{Devices, EncodedData, LoadedDevice};
use crate::settings::{Controller, HardwareSettings, Settings};
use crate::significant::significant;
pub use data::DataWarning;
use data::UnseenClasses;
pub use distinct::{DistinctWarnings, distinct_warnings};
use held::{HeldAt, HeldTable, held_at, held_tables};
use law::LawWarning;
use levels::{ClippedLevels, clipped_levels};
use many_pulses::many_pulses;
use maps::{MapWarning, odd_maps};
pub use populations::Rounded;
use without_effect::{other_weights_at_gmax, unused_weights_at_gmax, without_effect};

/// Something that a trial does and that was hardly meant.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Warning {
    /// Data that are left out or not tested.
    #[error(transparent)]
    Data(DataWarning),
    /// A fraction that whole neurons cannot give.
    #[error(transparent)]
    Rounded(Rounded),
    /// Distances of spike trains that are those of a sample.
    #[error(
        "network.hidden: distances of spike trains are means over the pairs of a drawn sample of {MOST_MEASURED} of {neurons} \
         hidden neurons\n\nhint: accuracies, rates and intervals are those of all neurons; with at most {MOST_MEASURED} \
         neurons the distances are too"
    )]
    SampledDistances {
        /// Hidden neurons that the readout receives input from.
        neurons: usize,
    },
    /// Keys of `[hardware]` beside abstract weights.
    #[error(
        "{}: no effect where `hardware.device` is `none`: abstract weights have no cells\n\n\
         hint: choose a device, or leave out what is said of it", keys.join(", ")
    )]
    NoDevice {
        /// The keys.
        keys: Vec<String>,
    },
    /// Time between training and test for cells that stay as they are.
    #[error(
        "hardware.retention_seconds: no effect: device `{device}` has no drift, and tests see its cells as they were right \
         after the last write\n\nhint: choose a device with a `drift` section, or leave the key out"
    )]
    NoDrift {
        /// Name of the device.
        device: String,
    },
    /// One write disturbs a weight by more than the first weights differ.
    #[error(
        "hardware.weight_at_gmax: at {weight_at_gmax}, one write of a typical first weight of the hidden layer leaves a \
         spread of {} % of `weights.sigma_init`: the first updates drown the first weights\n\n\
         hint: {}{}", significant(*percent), finer_scale(*finer), or_copy(*copy_helps)
    )]
    CoarseWrite {
        /// Weight of a hidden-layer cell at the top of its window.
        weight_at_gmax: f64,
        /// Standard deviation of the write, % of the spread of the first weights.
        percent: f64,
        /// A weight at Gmax with room for the first weights, and what the percentage is with it.
        finer: (f64, f64),
        /// Whether a controller with a digital copy would keep the errors of writes from adding up.
        copy_helps: bool,
    },
    /// A law of the device that is held at its end.
    #[error(transparent)]
    Law(#[from] LawWarning),
    /// Levels that the window cuts through.
    #[error(transparent)]
    Levels(#[from] ClippedLevels),
    /// A map of the chip that is odd.
    #[error(transparent)]
    Map(#[from] MapWarning),
    /// A table of the device that ends within the window.
    #[error(transparent)]
    Held(#[from] HeldTable),
    /// A resistance that a table of the device does not cover.
    #[error(transparent)]
    HeldAt(#[from] HeldAt),
    /// A map of conductances that cells of the device cannot have.
    #[error(
        "{key}: {path}: {below} of {cells} cells lie below the window of {} to {} µS and {above} above it: they start at \
         its ends\n\nhint: widen `device.window` to hold the map, or name cells that cannot be written in a fault map",
        window.0, window.1
    )]
    Clipped {
        /// The key that names the map.
        key: String,
        /// The file.
        path: String,
        /// Cells of the map, less those that a fault map calls stuck.
        cells: usize,
        /// Those below the window.
        below: usize,
        /// Those above it.
        above: usize,
        /// Ends of the window, µS.
        window: (f32, f32),
    },
    /// A digital copy of cells that are written by pulses.
    #[error(
        "hardware.controller: device `{device}` is written by pulses, which get the changes of the digital copy: nobody \
         looks where a cell is, and what pulses leave, with their noise, still adds up\n\n\
         hint: choose `read-back`, or a device whose scheme is `add` or `verify`, to write cells to what the copy says"
    )]
    PulsedCopy {
        /// Name of the device.
        device: String,
    },
    /// Keys that something else keeps from acting.
    #[error("{}: no effect{}: {why}\n\nhint: {hint}", keys.join(", "), on(device))]
    WithoutEffect {
        /// The keys, with their sections.
        keys: Vec<String>,
        /// Name of the device; empty where none is meant.
        device: String,
        /// What keeps them from acting.
        why: &'static str,
        /// What to do.
        hint: &'static str,
    },
    /// Writes of many pulses.
    #[error(
        "device `{device}`: write.pulses.most_pulses: one update may give a cell {most} pulses, one after the other: training \
         takes as long as they do\n\nhint: choose a smaller number; what a write lacks is counted"
    )]
    ManyPulses {
        /// Name of the device.
        device: String,
        /// Most pulses of one write.
        most: u32,
    },
    /// Steps that a controller forgets.
    #[error(
        "hardware.controller: device `{device}` is read before it is written (`write.verify.initial_action`), and the array is all \
         that `read-back` knows: steps smaller than the acceptance window of ±{} are lost\n\n\
         hint: choose `digital-copy`, in which they add up until one is large enough", half_width(*window)
    )]
    LostSteps {
        /// Name of the device.
        device: String,
        /// Half width of the acceptance window.
        window: Acceptance,
    },
}

fn on(device: &str) -> String {
    if device.is_empty() { String::new() } else { format!(" on device `{device}`") }
}

fn finer_scale((weight, percent): (f64, f64)) -> String {
    let (weight, left) = (significant(weight), significant(percent));
    if percent <= 100.0 {
        format!("choose a smaller weight at Gmax, which uses more of the window: with {weight} it is {left} %")
    } else {
        format!(
            "a smaller weight at Gmax uses more of the window, but even with {weight} it is {left} %: raise `weights.sigma_init` \
             with it, or choose a device with finer writes"
        )
    }
}

fn or_copy(copy_helps: bool) -> &'static str {
    if copy_helps {
        ", or `hardware.controller = \"digital-copy\"`, with which errors of writes do not add up"
    } else {
        ""
    }
}

fn half_width(window: Acceptance) -> String {
    match window {
        Acceptance::Microsiemens(width) => format!("{width} µS"),
        Acceptance::Fraction(fraction) => format!("{} % of the target", significant(100.0 * f64::from(fraction))),
    }
}

/// Everything about a trial with `settings` that was hardly meant: what becomes of its `data` and of its neurons, and
/// [`warnings`] of its devices.
pub fn all_warnings(settings: &Settings, data: &EncodedData, devices: &Devices) -> Vec<Warning> {
    warnings_with(settings, data, &UnseenClasses::of(data), devices)
}

/// The same, where it is known which classes `data` lack.
fn warnings_with(settings: &Settings, data: &EncodedData, unseen: &UnseenClasses, devices: &Devices) -> Vec<Warning> {
    let of_devices = warnings(settings, devices, &shapes(settings, data.shape()));
    let sampled = sampled_distances::of(settings).into_iter().collect();
    [data::of(settings, data, unseen), populations::of(settings), sampled, of_devices].concat()
}

/// What a trial with `settings` does that was hardly meant. `shapes` are rows and columns of its
/// connections.
pub fn warnings(settings: &Settings, devices: &Devices, shapes: &[(Connection, (usize, usize))]) -> Vec<Warning> {
    let held = devices.with(shapes);
    if held.is_empty() {
        return no_device(settings).into_iter().collect();
    }
    let connections: Vec<Connection> =
        held.iter().flat_map(|(_, shapes)| shapes.iter().map(|(connection, _)| *connection)).collect();
    let of_devices = held.iter().flat_map(|(loaded, shapes)| of_device(settings, loaded, shapes));
    of_devices.chain(unused_weights_at_gmax(settings, &connections)).collect()
}

/// Those of one device, which holds the connections of these `shapes`.
fn of_device(settings: &Settings, loaded: &LoadedDevice, shapes: &[(Connection, (usize, usize))]) -> Vec<Warning> {
    let (device, hardware) = (&loaded.device, &settings.hardware);
    let name = || device.name.clone();
    let mut found = Vec::new();
    if hardware.retention_seconds > 0.0 && device.drift.is_off() {
        found.push(Warning::NoDrift { device: name() });
    }
    // Rests that end before a law begins have no effect, which is told as such.
    let begun =
        |warning: &Warning| !matches!(warning, Warning::Law(LawWarning::Time { given, held, .. }) if given < held);
    found.extend(beyond_laws(settings, device).into_iter().filter(begun));
    if shapes.iter().any(|(connection, _)| *connection == Connection::Feedforward(0)) {
        found.extend(coarse_write(settings, device));
    }
    if hardware.controller == Controller::DigitalCopy && device.write.pulses().is_some() {
        found.push(Warning::PulsedCopy { device: name() });
    }
    if let Some(verify) = device.write.verify().filter(|verify| verify.initial_action == InitialAction::Read)
        && hardware.controller == Controller::ReadBack
    {
        found.push(Warning::LostSteps { device: name(), window: verify.acceptance });
    }
    let connections: Vec<Connection> = shapes.iter().map(|(connection, _)| *connection).collect();
    found.extend(without_effect(settings, loaded, &connections));
    found.extend(many_pulses(device));
    for &(connection, shape) in shapes {
        let study_sigma = units_of_write(settings, device, connection)
            .map(|units| units.update_sigma / units.weight_per_microsiemens);
        let levels = clipped_levels(device, study_sigma, hardware.write_spread_scale).map(Warning::from);
        found.extend(levels.filter(|levels| !found.contains(levels)));
        found.extend(odd_maps(loaded, connection, shape).into_iter().map(Warning::from));
        found.extend(clipped(loaded, connection, shape));
    }
    found
}

/// What of the laws of `device` is held at an end in trials with `settings`.
pub fn beyond_laws(settings: &Settings, device: &Device) -> Vec<Warning> {
    let time = law::time("hardware.retention_seconds", device, settings.hardware.retention_seconds);
    let laws = time.into_iter().chain(law::reads(device)).map(Warning::from);
    laws.chain(held_tables(device).into_iter().map(Warning::from)).collect()
}

/// What of `device` is held where cells of `resistance` (ohm) are written and read, the longest `seconds` after the write, a time
/// that `key` gives.
pub fn beyond_laws_at(device: &Device, resistance: f64, key: &'static str, seconds: f64) -> Vec<Warning> {
    let laws = law::time(key, device, seconds).into_iter().chain(law::reads(device)).map(Warning::from);
    laws.chain(held_at(device, resistance).into_iter().map(Warning::from)).collect()
}

/// Keys that say something of a device where there is none.
fn no_device(settings: &Settings) -> Option<Warning> {
    let (given, default) = (&settings.hardware, HardwareSettings::default());
    let keys = [
        ("hardware.write_spread_scale", given.write_spread_scale != default.write_spread_scale),
        ("hardware.pair", given.pair != default.pair),
        ("hardware.controller", given.controller != default.controller),
        ("hardware.retention_seconds", given.retention_seconds != default.retention_seconds),
    ];
    let given = keys.into_iter().filter(|(_, differs)| *differs).map(|(key, _)| key.to_owned());
    let keys: Vec<String> = other_weights_at_gmax(settings, &[]).into_iter().chain(given).collect();
    (!keys.is_empty()).then_some(Warning::NoDevice { keys })
}

/// The spread of one write at the conductance of `sigma_init`, where it exceeds `sigma_init` and the study does not state it.
fn coarse_write(settings: &Settings, device: &Device) -> Option<Warning> {
    if device.write.noise == WriteNoise::FromStudy {
        return None;
    }
    let hardware = &settings.hardware;
    let weight_at_gmax = settings.weight_at_gmax_of(Connection::Feedforward(0));
    let percent = percent_of_one_write(settings, device).filter(|percent| *percent > 100.0)?;
    let mut smaller = Settings { layers: Vec::new(), ..settings.clone() };
    smaller.hardware.weight_at_gmax = weight_at_gmax.min(ROOM * settings.weights.sigma_init);
    let finer = (smaller.hardware.weight_at_gmax, percent_of_one_write(&smaller, device).unwrap_or(percent));
    let copy_helps = hardware.controller == Controller::ReadBack && device.write.pulses().is_none();
    Some(Warning::CoarseWrite { weight_at_gmax, percent, finer, copy_helps })
}

/// Spreads of the first weights that a weight at Gmax leaves room for: training grows a weight to several times its first size.
const ROOM: f64 = 10.0;

/// What one write of a typical first weight spreads, % of the spread of the first weights.
fn percent_of_one_write(settings: &Settings, device: &Device) -> Option<f64> {
    let (hardware, sigma_init) = (&settings.hardware, settings.weights.sigma_init);
    let target = conductance_of(sigma_init, settings, device)?;
    let units = units_of_write(settings, device, Connection::Feedforward(0))?;
    let written = write_spread(device, &[1e6 / target], Some(units)).first()?.percent_of_sigma_init?;
    let written = written * hardware.write_spread_scale;
    // What is accepted lies about evenly in the window of acceptance.
    let accepted = device.write.verify().map(|verify| {
        let half_width = f64::from(verify.acceptance.microsiemens(target as f32));
        100.0 * units.weight_per_microsiemens * half_width / 3f64.sqrt() / sigma_init
    });
    Some(accepted.map_or(written, |accepted| written.min(accepted)))
}

/// How much of the conductance map of `connection` lies outside the window. Cells that the fault map calls stuck stay where they
/// are stuck.
fn clipped(loaded: &LoadedDevice, connection: Connection, (rows, columns): (usize, usize)) -> Option<Warning> {
    let LoadedDevice { device, maps, .. } = loaded;
    let file = of_connection(&maps.conductance, connection)?;
    // A map of another shape has been refused before.
    let understood = maps.of_layer(connection, rows, columns, device).ok()?;
    let map = understood.conductances?;
    let faults = understood.faults.unwrap_or_default();
    let stuck: BTreeSet<(usize, usize)> = faults.written().iter().map(|stuck| (stuck.row, stuck.column)).collect();
    let window = (device.window.low(), device.window.high());
    let (mut below, mut above) = (0, 0);
    for row in 0..rows {
        for column in (0..columns).filter(|column| !stuck.contains(&(row, *column))) {
            below += usize::from(map[(row, column)] < window.0);
            above += usize::from(map[(row, column)] > window.1);
        }
    }
    let cells = rows * columns - stuck.len();
    let (key, path) = (file.key.clone(), file.path.clone());
    (below + above > 0).then_some(Warning::Clipped { key, path, cells, below, above, window })
}

#[cfg(test)]
mod tests {
    use crate::chip_maps::{ChipMaps, MapFile};
    use crate::settings::PairKind;

    use super::*;

    const SHAPES: &[(Connection, (usize, usize))] =
        &[(Connection::Feedforward(0), (2, 3)), (Connection::Readout, (3, 2))];

    fn device(keys: &str) -> LoadedDevice {
        let window = r#""window": { "low_resistance_ohm": 1000, "high_resistance_ohm": 1000000 }"#;
        let device = Device::from_json(&format!(r#"{{ "name": "test", {window}{keys} }}"#));
        device.unwrap_or_else(|error| panic!("{keys}: {error}")).into()
    }

    fn told(settings: &Settings, loaded: &LoadedDevice) -> Vec<String> {
        warnings(settings, &Some(loaded).into(), SHAPES).iter().map(Warning::to_string).collect()
    }

    /// The only warning of `loaded`, in its two parts.
    fn only(settings: &Settings, loaded: &LoadedDevice) -> (String, String) {
        let told = told(settings, loaded);
        assert_eq!(told.len(), 1, "{told:?}");
        let (what, hint) = told[0].split_once("\n\nhint: ").expect("advice");
        (what.to_owned(), hint.to_owned())
    }

    const DRIFT: &str = r#", "drift": { "law": "log-time", "reference_seconds": 1, "mean_microsiemens_per_ln": 0.1,
        "sigma_microsiemens_per_ln": 0, "sigma_microsiemens_at_reference": 0 }"#;

    #[test]
    fn the_defaults_warn_of_nothing() {
        let mut settings = Settings::default();
        assert_eq!(warnings(&settings, &Devices::default(), SHAPES), []);
        assert_eq!(told(&settings, &device("")), [""; 0]);
        settings.hardware.retention_seconds = 10.0;
        assert_eq!(told(&settings, &device(DRIFT)), [""; 0]);
    }

    #[test]
    fn what_is_said_of_no_device_has_no_effect() {
        let mut settings = Settings::default();
        settings.hardware.pair = PairKind::PushPull;
        settings.hardware.retention_seconds = 10.0;
        let found = warnings(&settings, &Devices::default(), SHAPES);
        assert_eq!(
            found.iter().map(Warning::to_string).collect::<Vec<_>>(),
            [
                "hardware.pair, hardware.retention_seconds: no effect where `hardware.device` is `none`: abstract weights have \
              no cells\n\nhint: choose a device, or leave out what is said of it"
            ],
        );
    }

    #[test]
    fn cells_that_do_not_drift_have_no_retention() {
        let mut settings = Settings::default();
        settings.hardware.retention_seconds = 10.0;
        let (what, hint) = only(&settings, &device(""));
        assert_eq!(
            what,
            "hardware.retention_seconds: no effect: device `test` has no drift, and tests see its cells as they were right \
             after the last write"
        );
        assert_eq!(hint, "choose a device with a `drift` section, or leave the key out");
    }

    /// sigma_init of 0.001 is 0.999 µS of a 999 µS window that is worth 1: 2 µS are 200.2 %.
    #[test]
    fn writes_coarser_than_the_first_weights_are_told_in_their_percent() {
        let mut settings = Settings::default();
        let noise = |sigma: f64| format!(r#", "write": {{ "noise": "constant", "sigma_microsiemens": {sigma} }}"#);
        let (what, hint) = only(&settings, &device(&noise(2.0)));
        assert_eq!(
            what,
            "hardware.weight_at_gmax: at 1, one write of a typical first weight of the hidden layer leaves a spread of \
             200 % of `weights.sigma_init`: the first updates drown the first weights"
        );
        assert!(hint.contains("smaller weight") && hint.contains("digital-copy"), "{hint}");
        assert_eq!(told(&settings, &device(&noise(0.9))), [""; 0]);
        settings.hardware.controller = Controller::DigitalCopy;
        assert!(!only(&settings, &device(&noise(2.0))).1.contains("digital-copy"));
        settings.hardware.weight_at_gmax = 0.4;
        assert_eq!(told(&settings, &device(&noise(2.0))), [""; 0]);
        settings.hardware.write_spread_scale = 2.0;
        assert!(only(&settings, &device(&noise(2.0))).0.contains(" 160 % "));
    }

    /// A verified write leaves at most its window, ±0.1 µS.
    #[test]
    fn verified_writes_are_as_fine_as_they_are_accepted() {
        let write = r#", "write": { "scheme": "verify", "noise": "constant", "sigma_microsiemens": 2,
            "verify": { "window_microsiemens": 0.1, "tries": 50 } }"#;
        assert_eq!(told(&Settings::default(), &device(write)), [""; 0]);
    }

    #[test]
    fn cells_of_a_map_outside_the_window_are_counted_but_for_stuck_ones() {
        let file = |key: &str, text: &str| {
            let (connection, path) = (Connection::Feedforward(0), "chip.csv".to_owned());
            MapFile { connection, key: key.to_owned(), path, text: text.to_owned(), sha256: String::new() }
        };
        let mut loaded = device("");
        let conductances = file("layer.1.conductance_map", "unit microsiemens\n0.5, 1, 2000\n0, 1000, 5");
        loaded.maps = ChipMaps { conductance: vec![conductances], ..ChipMaps::default() };
        let (what, _) = only(&Settings::default(), &loaded);
        assert_eq!(
            what,
            "layer.1.conductance_map: chip.csv: 2 of 6 cells lie below the window of 1 to 1000 µS and 1 above it: \
             they start at its ends"
        );
        loaded.maps.fault = vec![file("layer.1.fault_map", "ok, ok, ok\nopen, ok, ok")];
        assert!(only(&Settings::default(), &loaded).0.contains(": 1 of 5 cells"));
    }

    #[test]
    fn a_digital_copy_knows_nothing_of_what_pulses_leave() {
        let mut settings = Settings::default();
        let pulsed = device(
            r#", "write": { "scheme": "pulsed", "noise": "none", "pulses": { "law": "constant",
               "up_step_percent_of_window": 1, "down_step_percent_of_window": 1 } }"#,
        );
        assert_eq!(told(&settings, &pulsed), [""; 0]);
        settings.hardware.controller = Controller::DigitalCopy;
        assert!(only(&settings, &pulsed).0.starts_with("hardware.controller: device `test` is written by pulses"));
        assert_eq!(told(&settings, &device("")), [""; 0]);
    }

    #[test]
    fn a_controller_that_reads_first_and_back_loses_small_steps() {
        let mut settings = Settings::default();
        let verified = |first: &str| {
            device(&format!(
                r#", "write": {{ "scheme": "verify", "noise": "none",
                "verify": {{ "window_percent_of_target": 5, "tries": 50, "initial_action": "{first}" }} }}"#
            ))
        };
        let (what, hint) = only(&settings, &verified("read"));
        assert!(what.ends_with("steps smaller than the acceptance window of ±5.00 % of the target are lost"), "{what}");
        assert_eq!(hint, "choose `digital-copy`, in which they add up until one is large enough");
        assert_eq!(told(&settings, &verified("write")), [""; 0]);
        settings.hardware.controller = Controller::DigitalCopy;
        assert_eq!(told(&settings, &verified("read")), [""; 0]);
    }
}
