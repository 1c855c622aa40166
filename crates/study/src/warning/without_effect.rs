//! Warnings about keys that another setting makes ineffective.
//!
//! The rules keep these warnings relevant:
//! - A key with a value that itself disables a mechanism never warns. Neither does a key of the device that the study
//!   leaves at its default.
//! - A mechanism of the device warns if another key of the study disables it.
//! - A key of `[device]` warns if the device lacks the mechanism that it belongs to: the user has just written it.

use ohmspike_crossbar::device::{AdcRange, Device, Drift, ReferenceBranch, Scheme, WriteNoise, WrittenCells};
use ohmspike_snn::connection::Connection;

use super::Warning;
use crate::prepare::LoadedDevice;
use crate::settings::{Controller, PairKind, Population, Settings, connection_key};

/// Why a key has no effect, and what to do.
type Reason<'a> = (&'static str, &'a str);

/// Returns the warnings about one device that holds `connections`.
pub(super) fn without_effect(settings: &Settings, loaded: &LoadedDevice, connections: &[Connection]) -> Vec<Warning> {
    let device = &loaded.device;
    let mut found = Vec::new();
    let mut warn = |keys: Vec<String>, (why, hint): Reason| {
        if !keys.is_empty() {
            found.push(Warning::WithoutEffect { keys, device: device.name.clone(), why, hint: hint.to_owned() });
        }
    };
    mechanisms(settings, device, &mut warn);
    scales(settings, device, &mut warn);
    population(settings, loaded, &mut warn);
    times(settings, &device.drift, &mut warn);
    writing(settings, device, &mut warn);
    reading(settings, device, &mut warn);
    faults(settings, loaded, connections, &mut warn);
    found
}

/// Returns a warning about weights at Gmax of connections without a device. `held` lists the connections with one.
pub(super) fn unused_weights_at_gmax(settings: &Settings, held: &[Connection]) -> Option<Warning> {
    let keys = other_weights_at_gmax(settings, held);
    let (device, why) = (String::new(), "the weights of this layer are not on a device");
    let hint = "choose a device for the layer or remove the key".to_owned();
    (!keys.is_empty()).then_some(Warning::WithoutEffect { keys, device, why, hint })
}

/// Returns the keys of non-default weights at Gmax, for connections that are not in `held`.
pub(super) fn other_weights_at_gmax(settings: &Settings, held: &[Connection]) -> Vec<String> {
    let default = Settings::default();
    let other = |connection: &Connection| {
        let usual = match connection {
            Connection::Readout => default.readout.weight_at_gmax,
            _ => default.hardware.weight_at_gmax,
        };
        !matches!(connection, Connection::Recurrent(_))
            && !held.contains(connection)
            && settings.weight_at_gmax_of(*connection) != usual
    };
    let connections = settings.connections().into_iter().filter(other);
    connections.map(|connection| connection_key(connection, "weight_at_gmax")).collect()
}

/// Returns the keys of `[device]` at or below `section` that the study sets.
fn given(settings: &Settings, section: &str) -> Vec<String> {
    let below = |key: &&String| *key == section || key.strip_prefix(section).is_some_and(|rest| rest.starts_with('.'));
    settings.device.keys().filter(below).map(|key| format!("device.{key}")).collect()
}

/// Returns the keys of several sections that the study sets.
fn given_of(settings: &Settings, sections: &[&str]) -> Vec<String> {
    sections.iter().flat_map(|section| given(settings, section)).collect()
}

/// Returns the keys of a mechanism that the study sets, or `names` if it sets none.
fn named(settings: &Settings, names: &[&str]) -> Vec<String> {
    let given = given_of(settings, names);
    if given.is_empty() { names.iter().map(|name| format!("device.{name}")).collect() } else { given }
}

/// Finds mechanisms that the pair or the controller disables.
fn mechanisms(settings: &Settings, device: &Device, warn: &mut impl FnMut(Vec<String>, Reason<'_>)) {
    let hardware = &settings.hardware;
    if hardware.pair != PairKind::OneBranch && device.reference_branch != ReferenceBranch::Ideal {
        warn(
            named(settings, &["reference_branch"]),
            (
                "the pairs of this study have two written cells and no reference",
                "choose `hardware.pair = \"one-branch\"`",
            ),
        );
    } else if hardware.pair != PairKind::OneBranch {
        warn(
            given(settings, "reference_branch"),
            ("the pairs of this study have no reference branch", "choose `hardware.pair = \"one-branch\"`"),
        );
    }
    let chip = &device.device_to_device;
    let targeted = device.write.scheme == Scheme::Add
        && hardware.controller == Controller::DigitalCopy
        && hardware.pair != PairKind::PotentiationOnly;
    if targeted && (chip.step_gain.is_some() || chip.up_down.is_some()) {
        let keys = [
            "device_to_device.step_gain",
            "device_to_device.step_gain_sigma",
            "device_to_device.up_down_sigma",
            "device_to_device.down_gain_factor",
        ];
        let given = given_of(settings, &keys);
        let keys = if given.is_empty() { vec!["device.device_to_device.step_gain".to_owned()] } else { given };
        warn(
            keys,
            (
                "a digital copy programs cells to a target conductance, so the step gain does not matter",
                "choose `hardware.controller = \"read-back\"`",
            ),
        );
    }
}

/// Finds a population of cells that do not differ from the others.
fn population(settings: &Settings, loaded: &LoadedDevice, warn: &mut impl FnMut(Vec<String>, Reason<'_>)) {
    let device = &loaded.device;
    let spreads = device.write.noise.spreads(settings.noise.level_percent > 0.0);
    let pulses_spread = device.write.pulses().is_some_and(|pulses| pulses.cycle_sigma != [0.0, 0.0]);
    let exact = !(spreads || pulses_spread) || settings.hardware.write_spread_scale == 0.0;
    if settings.hardware.population != Population::Both
        && exact
        && device.faults.is_none()
        && loaded.maps.fault.is_empty()
    {
        let reason = ("this device has neither write noise nor faults", "choose a device with one of them");
        warn(vec!["hardware.population".to_owned()], reason);
    }
}

/// Finds scale factors on write noise that is zero.
fn scales(settings: &Settings, device: &Device, warn: &mut impl FnMut(Vec<String>, Reason<'_>)) {
    let writes_spread = device.write.noise.spreads(settings.noise.level_percent > 0.0);
    if device.write.noise == WriteNoise::FromStudy && !writes_spread {
        let reason = ("the study has no noise", "set `noise.level_percent`");
        warn(given(settings, "write.noise"), reason);
    }
    let pulses_spread = device.write.pulses().is_some_and(|pulses| pulses.cycle_sigma != [0.0, 0.0]);
    if writes_spread || pulses_spread {
        return;
    }
    let reason = (
        "this device has no write noise to scale",
        "choose a device with write noise, or a `noise.level_percent` above 0 for a device that takes its noise from \
         the study",
    );
    if settings.hardware.write_spread_scale != 1.0 {
        warn(vec!["hardware.write_spread_scale".to_owned()], reason);
    }
    if device.device_to_device.write_spread.is_some_and(|sigma| sigma > 0.0) {
        warn(named(settings, &["device_to_device.write_spread_sigma_ln"]), reason);
    }
}

/// Finds keys of a drift law that has not started.
fn times(settings: &Settings, drift: &Drift, warn: &mut impl FnMut(Vec<String>, Reason<'_>)) {
    let (times, of_time) = match drift {
        Drift::None => return,
        Drift::Power(law) => (law.times(), vec!["drift.points", "drift.reference_seconds", "drift.bounds"]),
        Drift::LogTime(law) => {
            let of_time =
                ["drift.mean_microsiemens_per_ln", "drift.sigma_microsiemens_per_ln", "drift.reference_seconds"];
            (law.times, of_time.to_vec())
        }
    };
    let seconds = settings.hardware.retention_seconds;
    let retention = || if seconds > 0.0 { vec!["hardware.retention_seconds".to_owned()] } else { Vec::new() };
    let grows = !matches!(drift, Drift::LogTime(law) if law.mean == 0.0 && law.sigma == 0.0);
    if !grows {
        let reason = (
            "its drift law has no term that grows with time",
            "choose a device that drifts, or set `device.drift.sigma_microsiemens_per_ln`",
        );
        warn(retention(), reason);
        warn(given_of(settings, &["drift.reference_seconds", "drift.latest_seconds"]), reason);
    } else if seconds <= times.reference {
        let hint = format!("choose a `hardware.retention_seconds` above {}", times.reference);
        let reason = ("the test is not after the reference time of the drift, so no drift has happened", &*hint);
        warn(retention(), reason);
        warn(given_of(settings, &of_time), reason);
    }
    if grows && seconds <= times.latest {
        let hint = format!("choose a `hardware.retention_seconds` above {}", times.latest);
        let reason = ("the test comes before this time, the end of the drift law", &*hint);
        warn(given(settings, "drift.latest_seconds"), reason);
    }
}

/// Finds ineffective keys of `[device]` about writes.
fn writing(settings: &Settings, device: &Device, warn: &mut impl FnMut(Vec<String>, Reason<'_>)) {
    if let Some(pulses) = device.write.pulses() {
        if device.write.cells == WrittenCells::All && device.write.noise == WriteNoise::None {
            let reason = ("cells without an update get no pulses, and these writes have no noise", "remove the key");
            warn(given(settings, "write.cells"), reason);
        }
        if pulses.cycle_sigma == [0.0, 0.0] {
            let reason =
                ("the pulses of this device have no noise", "set `device.write.pulses.cycle_sigma_percent_of_step`");
            warn(given(settings, "write.pulses.cycle_noise"), reason);
        }
        let differ = [
            device.device_to_device.low_resistance,
            device.device_to_device.high_resistance,
            device.device_to_device.slope,
        ];
        if differ.iter().flatten().all(|sigma| *sigma == 0.0) {
            let reason = (
                "all cells of this device have the same ends and slopes, so they share one state",
                "set `device.device_to_device.low_resistance_sigma_ln` or \
                 `device.device_to_device.high_resistance_sigma_ln`",
            );
            warn(given_of(settings, &["write.pulses.state", "write.pulses.reference_state"]), reason);
        }
    }
    let energy = &device.energy;
    if energy.write_volts.is_none() || energy.write_pulse_nanoseconds.is_none() {
        let other = if energy.write_volts.is_none() { "write_volts" } else { "write_pulse_nanoseconds" };
        let hint = format!("set `device.energy.{other}` as well");
        let reason = ("the write energy needs both `energy.write_volts` and `energy.write_pulse_nanoseconds`", &*hint);
        warn(given_of(settings, &["energy.write_volts", "energy.write_pulse_nanoseconds"]), reason);
    }
}

/// Finds ineffective keys of `[device]` about reads.
fn reading(settings: &Settings, device: &Device, warn: &mut impl FnMut(Vec<String>, Reason<'_>)) {
    let (read, energy) = (&device.read, &device.energy);
    let fixed = device.converters.adc.is_some_and(|adc| matches!(adc.range, AdcRange::Fixed { .. }));
    if read.volts.is_some() && read.nonlinearity.is_none() && energy.read_pulse_nanoseconds.is_none() && !fixed {
        let reason = (
            "this device has no I-V curve, read energy or fixed ADC range that depends on the voltage",
            "set `device.energy.read_pulse_nanoseconds` or `device.read.nonlinearity`, or remove the key",
        );
        warn(given(settings, "read.volts"), reason);
    }
    if read.volts.is_none() {
        let reason = ("the read energy needs `read.volts`, which this device does not set", "set `device.read.volts`");
        warn(given(settings, "energy.read_pulse_nanoseconds"), reason);
    }
    if let Some((curve, volts)) = read.nonlinearity.as_ref().zip(read.volts)
        && curve.reference_volts() == volts
    {
        let reason = (
            "cells are read at the voltage at which their conductances were measured, so no curve applies",
            "choose a `device.read.volts` other than `read.nonlinearity.reference_volts`",
        );
        warn(given(settings, "read.nonlinearity"), reason);
    } else if let Some((curve, volts)) = read.nonlinearity.as_ref().zip(read.volts)
        && curve.held(volts).is_none()
    {
        let hint = curve.highest_volts().map_or("remove the key".to_owned(), |highest| {
            format!("choose a `device.read.volts` above {highest}, or remove the key")
        });
        let reason = ("the read voltage is below this one, the end of the fit of the I-V curves", &*hint);
        warn(given(settings, "read.nonlinearity.highest_volts"), reason);
    }
    if device.wires.is_none() {
        let reason = ("no wire of this device has a resistance", "set `device.wires.bit_line_ohm_per_cell`");
        warn(given(settings, "wires.access"), reason);
    }
    if device.converters.adc.is_none() && device.wires.is_none() {
        let reason = (
            "tiles divide rows among column converters or wires, and this device has none",
            "set `device.converters.adc`",
        );
        warn(given(settings, "converters.tile_rows"), reason);
    }
    if device.converters.adc.is_none() {
        let reason = ("this device has no column converters", "set `device.converters.adc`");
        warn(given(settings, "energy.adc_area_square_micrometres"), reason);
    }
    if device.converters.dac.is_some() {
        let reason = (
            "spikes are inputs of 0 or 1, which a driver of any resolution can drive",
            "use analog inputs, or remove the key",
        );
        warn(given(settings, "converters.dac.bits"), reason);
    }
}

/// Finds ineffective keys of `[device]` about faults.
fn faults(
    settings: &Settings,
    loaded: &LoadedDevice,
    connections: &[Connection],
    warn: &mut impl FnMut(Vec<String>, Reason<'_>),
) {
    let faults = &loaded.device.faults;
    let map_of = |connection: &Connection| crate::chip_maps::of_connection(&loaded.maps.fault, *connection).is_some();
    if !connections.is_empty() && connections.iter().all(map_of) {
        let reason =
            ("fault maps define the faulty cells and override these probabilities", "remove the key or the fault maps");
        return warn(given(settings, "faults"), reason);
    }
    if faults.low_resistance == 0.0 && faults.cluster == 0.0 {
        let reason = ("no cell of this device is stuck at its low resistance", "set `device.faults.p_low_resistance`");
        warn(given(settings, "faults.stuck_low_resistance_ohm"), reason);
    }
    if faults.high_resistance == 0.0 {
        let reason =
            ("no cell of this device is stuck at its high resistance", "set `device.faults.p_high_resistance`");
        warn(given(settings, "faults.stuck_high_resistance_ohm"), reason);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prepare::Devices;
    use crate::settings::HardwareSettings;
    use crate::warning::warnings;

    const SHAPES: &[(Connection, (usize, usize))] =
        &[(Connection::Feedforward(0), (2, 3)), (Connection::Readout, (3, 2))];

    /// Returns the first line of each warning about ineffective keys, for a study with these keys of `[device]`.
    fn messages(name: &str, keys: &[(&str, serde_json::Value)], change: impl Fn(&mut HardwareSettings)) -> Vec<String> {
        let mut settings = Settings::default();
        settings.hardware.device = name.to_owned();
        settings.device = keys.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        change(&mut settings.hardware);
        let loaded = crate::device_file::load(name, &settings.device, std::path::Path::new(".")).unwrap();
        let loaded: LoadedDevice = loaded.0.into();
        let all = warnings(&settings, &Devices::from(Some(&loaded)), SHAPES);
        let ours = all.iter().filter(|warning| matches!(warning, Warning::WithoutEffect { .. }));
        ours.map(|warning| warning.to_string().lines().next().unwrap().to_owned()).collect()
    }

    #[test]
    fn warns_about_scaling_zero_noise() {
        let found = messages("ideal", &[("device_to_device.write_spread_sigma_ln", 1.into())], |hardware| {
            hardware.write_spread_scale = 2.0
        });
        let why = "no effect on device `ideal`: this device has no write noise to scale";
        assert_eq!(
            found,
            [
                format!("hardware.write_spread_scale: {why}"),
                format!("device.device_to_device.write_spread_sigma_ln: {why}")
            ]
        );
        assert_eq!(messages("reram-es-gong-2018", &[], |hardware| hardware.write_spread_scale = 2.0), [""; 0]);
    }

    #[test]
    fn warns_about_mechanisms_that_pair_or_controller_disable() {
        let reference = [("reference_branch.kind", "cell".into()), ("reference_branch.sigma_ln_resistance", 1.into())];
        let found = messages("ideal", &reference, |hardware| hardware.pair = PairKind::PushPull);
        assert!(
            found[0]
                .starts_with("device.reference_branch.kind, device.reference_branch.sigma_ln_resistance: no effect on"),
            "{found:?}"
        );
        assert_eq!(messages("ideal", &reference, |_| {}), [""; 0]);
        let copy = |hardware: &mut HardwareSettings| hardware.controller = Controller::DigitalCopy;
        let found = messages("1t1r-yousuf-2025-repeats", &[("device_to_device.step_gain_sigma", 1.into())], copy);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("device.device_to_device.step_gain_sigma: no effect on"), "{found:?}");
        assert_eq!(messages("reram-es-gong-2018", &[("device_to_device.step_gain_sigma", 1.into())], copy), [""; 0]);
    }

    #[test]
    fn warns_about_retention_before_the_drift_starts() {
        for (seconds, expected) in [(0.0, 0), (20.0, 1), (21.0, 0)] {
            let found = messages("pcm-joshi-2020", &[], |hardware| hardware.retention_seconds = seconds);
            assert_eq!(found.len(), expected, "{seconds} s: {found:?}");
        }
        let found = messages("reram-sb-gong-2018", &[], |hardware| hardware.retention_seconds = 3600.0);
        assert!(found[0].ends_with("its drift law has no term that grows with time"), "{found:?}");
    }

    #[test]
    fn warns_about_weights_at_gmax_without_a_device() {
        let mut settings = Settings::default();
        (settings.hardware.weight_at_gmax, settings.readout.weight_at_gmax) = (0.5, 4.0);
        let found =
            unused_weights_at_gmax(&settings, &[Connection::Feedforward(0)]).expect("a readout without a device");
        assert!(
            found.to_string().starts_with("readout.weight_at_gmax: no effect: the weights of this layer"),
            "{found}"
        );
        let held = [Connection::Feedforward(0), Connection::Readout];
        assert_eq!(unused_weights_at_gmax(&settings, &held), None);
    }
}
