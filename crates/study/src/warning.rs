//! Warnings about settings that are valid but probably unintended: cause, consequence and what to do.
//!
//! A warning never stops a trial. [`crate::settings`] and [`crate::prepare`] reject invalid settings.

mod alone;
pub mod converters;
mod data;
mod distinct;
mod held;
mod hint;
pub mod law;
mod levels;
mod many_pulses;
mod maps;
mod populations;
mod sampled_distances;
mod wide_scale;
mod without_effect;

use std::collections::BTreeSet;

use ohmspike_crossbar::device::{Acceptance, Device, InitialAction, WriteNoise};
use ohmspike_snn::connection::Connection;

use crate::chip_maps::of_connection;
use crate::hardware::shapes;
use crate::measured_neurons::MAX_MEASURED;
use crate::pair_spread::{percent_of_one_write, units_of_write};
use crate::prepare::{Devices, EncodedData, LoadedDevice};
use crate::settings::{Controller, HardwareSettings, Settings};
use crate::significant::significant;
pub use alone::device_warnings;
pub use data::DataWarning;
use data::UnseenClasses;
pub use distinct::{DistinctWarnings, distinct_warnings};
use held::{HeldAt, HeldTable, held_at, held_tables};
use hint::{finer_scale, half_width, is_are, on, or_copy, this_key};
use law::LawWarning;
use levels::{ClippedLevels, clipped_levels};
use many_pulses::{USUAL, many_pulses};
use maps::{MapWarning, odd_maps};
pub use populations::Rounded;
pub(crate) use wide_scale::TOO_WIDE;
pub use wide_scale::WideScale;
use wide_scale::wide_scales;
use without_effect::{other_weights_at_gmax, unused_weights_at_gmax, without_effect};

/// A setting that is valid but probably unintended.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Warning {
    /// Data that do not reach the network or that no test covers.
    #[error(transparent)]
    Data(DataWarning),
    /// An excitatory fraction that no whole number of neurons matches.
    #[error(transparent)]
    Rounded(Rounded),
    /// Spike-train distances measured on a random sample of the hidden neurons.
    #[error(
        "network.hidden: spike-train distances are averaged over pairs from a random sample of {MAX_MEASURED} of the \
         {neurons} hidden neurons\n\nhint: accuracies, rates and intervals use all neurons; choose at most \
         {MAX_MEASURED} hidden neurons to measure all pairs"
    )]
    SampledDistances {
        /// Hidden neurons connected to the readout.
        neurons: usize,
    },
    /// Keys of `[hardware]` without a device.
    #[error(
        "{}: no effect with `hardware.device = \"none\"`: digital weights have no cells\n\n\
         hint: choose a device or remove {}", keys.join(", "), this_key(keys.len())
    )]
    NoDevice {
        /// Names of the keys.
        keys: Vec<String>,
    },
    /// A retention time for cells that do not drift.
    #[error(
        "hardware.retention_seconds: no effect: device `{device}` has no drift, so tests see the cells as they were \
         after the last write\n\nhint: choose a device with a `drift` section or remove the key"
    )]
    NoDrift {
        /// Name of the device.
        device: String,
    },
    /// One write changes a weight by more than the initial weight spread.
    #[error(
        "hardware.weight_at_gmax: at {weight_at_gmax}, the write noise of a typical initial hidden weight is {} % of \
         `weights.sigma_init`: the first updates drown the initial weights in noise\n\n\
         hint: {}{}", significant(*percent), finer_scale(*percent, *finer, *sigma_init), or_copy(*copy_helps)
    )]
    CoarseWrite {
        /// Weight of a hidden-layer cell at the upper end of the conductance window.
        weight_at_gmax: f64,
        /// Standard deviation of the write, % of the initial weight spread.
        percent: f64,
        /// A weight at Gmax that leaves room for the initial weights, and the percentage that it leads to.
        finer: (f64, f64),
        /// The initial weight spread, thresholds.
        sigma_init: f64,
        /// Whether a digital copy would keep write errors from adding up.
        copy_helps: bool,
    },
    /// A use of the device outside the range of one of its laws.
    #[error(transparent)]
    Law(#[from] LawWarning),
    /// Weights that use little of the conductance window.
    #[error(transparent)]
    WideScale(#[from] WideScale),
    /// Levels so close to the ends of the window that write noise is clipped.
    #[error(transparent)]
    Levels(#[from] ClippedLevels),
    /// A chip map with implausible numbers.
    #[error(transparent)]
    Map(#[from] MapWarning),
    /// A table of the device that does not cover the window.
    #[error(transparent)]
    Held(#[from] HeldTable),
    /// A resistance outside a table of the device.
    #[error(transparent)]
    HeldAt(#[from] HeldAt),
    /// A conductance map with cells outside the window.
    #[error(
        "{key}: {path}: of {cells} mapped cells, {below} {} below the window of {} to {} µS and {above} above it; they \
         start at its ends\n\nhint: widen `device.window` to hold the map, or list cells that cannot be written in a \
         fault map", is_are(*below),
        window.0, window.1
    )]
    Clipped {
        /// Key that names the map.
        key: String,
        /// Path of the map.
        path: String,
        /// Cells of the map, excluding those that a fault map marks as stuck.
        cells: usize,
        /// Cells below the window.
        below: usize,
        /// Cells above the window.
        above: usize,
        /// Ends of the window, µS.
        window: (f32, f32),
    },
    /// A digital copy for cells written with pulses.
    #[error(
        "hardware.controller: device `{device}` is written with pulses that carry only the change of the digital copy: \
         no read-back corrects the cells, so pulse errors and noise add up\n\n\
         hint: choose `read-back`, or a device with write scheme `add` or `verify`, which writes cells to the value of \
         the copy"
    )]
    PulsedCopy {
        /// Name of the device.
        device: String,
    },
    /// Keys that another setting makes ineffective.
    #[error("{}: no effect{}: {why}\n\nhint: {hint}", keys.join(", "), on(device))]
    WithoutEffect {
        /// Names of the keys, with their sections.
        keys: Vec<String>,
        /// Name of the device; empty where no device is involved.
        device: String,
        /// Why the keys have no effect.
        why: &'static str,
        /// What to do.
        hint: String,
    },
    /// A device that allows many pulses per write.
    #[error(
        "device `{device}`: write.pulses.max_pulses: one update may take {most} pulses per cell, one after another, \
         which slows training down\n\nhint: set it to {USUAL}, the default, unless the record counts writes that fall short of \
         their target"
    )]
    ManyPulses {
        /// Name of the device.
        device: String,
        /// Largest number of pulses per write.
        most: u32,
    },
    /// Updates below the resolution of the controller.
    #[error(
        "hardware.controller: device `{device}` reads a cell before it writes (`write.verify.initial_action`), and \
         `read-back` keeps no copy of the weights: updates smaller than the acceptance window of ±{} are lost\n\n\
         hint: choose `digital-copy`, which sums small updates until one is large enough", half_width(*window)
    )]
    LostSteps {
        /// Name of the device.
        device: String,
        /// Half-width of the acceptance window.
        window: Acceptance,
    },
}

/// Returns every warning about a trial with `settings`: about its `data`, its neurons and its devices ([`warnings`]).
pub fn all_warnings(settings: &Settings, data: &EncodedData, devices: &Devices) -> Vec<Warning> {
    warnings_with(settings, data, &UnseenClasses::new(data), devices)
}

/// Same as [`all_warnings`], for data with known `unseen` classes.
fn warnings_with(settings: &Settings, data: &EncodedData, unseen: &UnseenClasses, devices: &Devices) -> Vec<Warning> {
    let of_devices = warnings(settings, devices, &shapes(settings, data.shape()));
    let sampled = sampled_distances::of(settings).into_iter().collect();
    [data::of(settings, data, unseen), populations::of(settings), sampled, of_devices].concat()
}

/// Returns the warnings about the devices of a trial with `settings`. `shapes` holds the rows and columns of each
/// connection.
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

/// Returns the warnings about one device that holds the connections in `shapes`.
fn of_device(settings: &Settings, loaded: &LoadedDevice, shapes: &[(Connection, (usize, usize))]) -> Vec<Warning> {
    let (device, hardware) = (&loaded.device, &settings.hardware);
    let name = || device.name.clone();
    let mut found = Vec::new();
    if hardware.retention_seconds > 0.0 && device.drift.is_off() {
        found.push(Warning::NoDrift { device: name() });
    }
    // A retention time before the start of the law has no effect; `without_effect` reports it.
    let begun =
        |warning: &Warning| !matches!(warning, Warning::Law(LawWarning::Time { given, held, .. }) if given < held);
    found.extend(beyond_laws(settings, device).into_iter().filter(begun));
    if shapes.iter().any(|(connection, _)| *connection == Connection::Feedforward(0)) {
        found.extend(coarse_write(settings, device));
    }
    if found.iter().all(|warning| !matches!(warning, Warning::CoarseWrite { .. })) {
        found.extend(wide_scales(settings, device, shapes.iter().map(|(connection, _)| *connection)));
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
        let update_sigma = units_of_write(settings, device, connection)
            .map(|units| units.update_sigma / units.weight_per_microsiemens);
        let levels = clipped_levels(device, update_sigma, hardware.write_spread_scale).map(Warning::from);
        found.extend(levels.filter(|levels| !found.contains(levels)));
        found.extend(odd_maps(loaded, connection, shape).into_iter().map(Warning::from));
        found.extend(clipped(loaded, connection, shape));
    }
    found
}

/// Returns the warnings about uses of `device` outside the range of its laws, in trials with `settings`.
pub fn beyond_laws(settings: &Settings, device: &Device) -> Vec<Warning> {
    let time = law::time("hardware.retention_seconds", device, settings.hardware.retention_seconds);
    let laws = time.into_iter().chain(law::reads(device)).map(Warning::from);
    laws.chain(held_tables(device).into_iter().map(Warning::from)).collect()
}

/// Returns the warnings about uses of `device` outside the range of its laws when cells of `resistance` (ohm) are
/// written and read up to `seconds` after the write. `key` is the key or flag that sets this time.
pub fn beyond_laws_at(device: &Device, resistance: f64, key: &'static str, seconds: f64) -> Vec<Warning> {
    let laws = law::time(key, device, seconds).into_iter().chain(law::reads(device)).map(Warning::from);
    laws.chain(held_at(device, resistance).into_iter().map(Warning::from)).collect()
}

/// Returns the warning about keys that need a device when the study has none.
fn no_device(settings: &Settings) -> Option<Warning> {
    let (given, default) = (&settings.hardware, HardwareSettings::default());
    let keys = [
        ("hardware.write_spread_scale", given.write_spread_scale != default.write_spread_scale),
        ("hardware.pair", given.pair != default.pair),
        ("hardware.population", given.population != default.population),
        ("hardware.controller", given.controller != default.controller),
        ("hardware.retention_seconds", given.retention_seconds != default.retention_seconds),
    ];
    let given = keys.into_iter().filter(|(_, differs)| *differs).map(|(key, _)| key.to_owned());
    let keys: Vec<String> = other_weights_at_gmax(settings, &[]).into_iter().chain(given).collect();
    (!keys.is_empty()).then_some(Warning::NoDevice { keys })
}

/// Returns a warning if the noise of one write at the conductance of `sigma_init` exceeds `sigma_init`. Skips devices
/// that take their write noise from the study.
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
    let sigma_init = settings.weights.sigma_init;
    Some(Warning::CoarseWrite { weight_at_gmax, percent, finer, sigma_init, copy_helps })
}

/// Weight at Gmax in units of σ_init that leaves room for training, which grows weights to several times their initial
/// size.
const ROOM: f64 = 10.0;

/// Returns a warning if the conductance map of `connection` has cells outside the window. Cells that the fault map
/// marks as stuck don't count.
fn clipped(loaded: &LoadedDevice, connection: Connection, (rows, columns): (usize, usize)) -> Option<Warning> {
    let LoadedDevice { device, maps, .. } = loaded;
    let file = of_connection(&maps.conductance, connection)?;
    // `prepare` has already rejected maps of another shape.
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

    fn messages(settings: &Settings, loaded: &LoadedDevice) -> Vec<String> {
        // Wide scales have tests of their own.
        let told = warnings(settings, &Some(loaded).into(), SHAPES).into_iter();
        told.filter(|warning| !matches!(warning, Warning::WideScale(_))).map(|warning| warning.to_string()).collect()
    }

    /// Returns the only warning about `loaded`, split into message and hint.
    fn only(settings: &Settings, loaded: &LoadedDevice) -> (String, String) {
        let told = messages(settings, loaded);
        assert_eq!(told.len(), 1, "{told:?}");
        let (what, hint) = told[0].split_once("\n\nhint: ").expect("advice");
        (what.to_owned(), hint.to_owned())
    }

    const DRIFT: &str = r#", "drift": { "law": "log-time", "reference_seconds": 1, "mean_microsiemens_per_ln": 0.1,
        "sigma_microsiemens_per_ln": 0, "sigma_microsiemens_at_reference": 0 }"#;

    #[test]
    fn the_defaults_produce_no_warning() {
        let mut settings = Settings::default();
        assert_eq!(warnings(&settings, &Devices::default(), SHAPES), []);
        assert_eq!(messages(&settings, &device("")), [""; 0]);
        settings.hardware.retention_seconds = 10.0;
        assert_eq!(messages(&settings, &device(DRIFT)), [""; 0]);
    }

    #[test]
    fn warns_about_hardware_keys_without_a_device() {
        let mut settings = Settings::default();
        settings.hardware.pair = PairKind::PushPull;
        settings.hardware.retention_seconds = 10.0;
        let found = warnings(&settings, &Devices::default(), SHAPES);
        assert_eq!(
            found.iter().map(Warning::to_string).collect::<Vec<_>>(),
            ["hardware.pair, hardware.retention_seconds: no effect with `hardware.device = \"none\"`: digital \
              weights have no cells\n\nhint: choose a device or remove these keys"],
        );
    }

    #[test]
    fn warns_about_retention_without_drift() {
        let mut settings = Settings::default();
        settings.hardware.retention_seconds = 10.0;
        let (what, hint) = only(&settings, &device(""));
        assert_eq!(
            what,
            "hardware.retention_seconds: no effect: device `test` has no drift, so tests see the cells as they were \
             after the last write"
        );
        assert_eq!(hint, "choose a device with a `drift` section or remove the key");
    }

    /// sigma_init of 0.001 is 0.999 µS of a 999 µS window with weight 1 at Gmax, so 2 µS are 200.2 %.
    #[test]
    fn warns_when_write_noise_exceeds_the_initial_weight_spread() {
        let mut settings = Settings::default();
        let noise = |sigma: f64| format!(r#", "write": {{ "noise": "constant", "sigma_microsiemens": {sigma} }}"#);
        let (what, hint) = only(&settings, &device(&noise(2.0)));
        assert_eq!(
            what,
            "hardware.weight_at_gmax: at 1, the write noise of a typical initial hidden weight is 200 % of \
             `weights.sigma_init`: the first updates drown the initial weights in noise"
        );
        assert!(hint.contains("smaller weight") && hint.contains("digital-copy"), "{hint}");
        assert_eq!(messages(&settings, &device(&noise(0.9))), [""; 0]);
        settings.hardware.controller = Controller::DigitalCopy;
        assert!(!only(&settings, &device(&noise(2.0))).1.contains("digital-copy"));
        settings.hardware.weight_at_gmax = 0.4;
        assert_eq!(messages(&settings, &device(&noise(2.0))), [""; 0]);
        settings.hardware.write_spread_scale = 2.0;
        assert!(only(&settings, &device(&noise(2.0))).0.contains(" 160 % "));
    }

    /// A verified write ends within ±0.1 µS of its target.
    #[test]
    fn accepts_verified_writes_with_a_narrow_acceptance_window() {
        let write = r#", "write": { "scheme": "verify", "noise": "constant", "sigma_microsiemens": 2,
            "verify": { "window_microsiemens": 0.1, "tries": 50 } }"#;
        assert_eq!(messages(&Settings::default(), &device(write)), [""; 0]);
    }

    #[test]
    fn counts_mapped_cells_outside_the_window_except_stuck_ones() {
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
            "layer.1.conductance_map: chip.csv: of 6 mapped cells, 2 are below the window of 1 to 1000 µS and 1 above \
             it; they start at its ends"
        );
        loaded.maps.fault = vec![file("layer.1.fault_map", "ok, ok, ok\nopen, ok, ok")];
        assert!(only(&Settings::default(), &loaded).0.contains(": of 5 mapped cells, 1 is below"));
    }

    #[test]
    fn warns_about_a_digital_copy_with_pulses() {
        let mut settings = Settings::default();
        let pulsed = device(
            r#", "write": { "scheme": "pulsed", "noise": "none", "pulses": { "law": "constant",
               "up_step_percent_of_window": 1, "down_step_percent_of_window": 1 } }"#,
        );
        assert_eq!(messages(&settings, &pulsed), [""; 0]);
        settings.hardware.controller = Controller::DigitalCopy;
        assert!(only(&settings, &pulsed).0.starts_with("hardware.controller: device `test` is written with pulses"));
        assert_eq!(messages(&settings, &device("")), [""; 0]);
    }

    #[test]
    fn warns_when_read_back_loses_small_updates() {
        let mut settings = Settings::default();
        let verified = |first: &str| {
            device(&format!(
                r#", "write": {{ "scheme": "verify", "noise": "none",
                "verify": {{ "window_percent_of_target": 5, "tries": 50, "initial_action": "{first}" }} }}"#
            ))
        };
        let (what, hint) = only(&settings, &verified("read"));
        assert!(
            what.ends_with("updates smaller than the acceptance window of ±5.00 % of the target are lost"),
            "{what}"
        );
        assert_eq!(hint, "choose `digital-copy`, which sums small updates until one is large enough");
        assert_eq!(messages(&settings, &verified("write")), [""; 0]);
        settings.hardware.controller = Controller::DigitalCopy;
        assert_eq!(messages(&settings, &verified("read")), [""; 0]);
    }
}
