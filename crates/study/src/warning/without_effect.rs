//! Keys without effect: what is said of a mechanism that something else in the study keeps from acting.
//!
//! A key that decides by its own value, or that a device has and a study leaves at its default, is never told. Mechanisms of a
//! device are told where the study turns them off by another key. Keys of `[device]` are told where the device lacks what they
//! belong to: somebody has just written them.

use ohmspike_crossbar::device::{AdcRange, Device, Drift, ReferenceBranch, Scheme, WriteNoise, WrittenCells};
use ohmspike_snn::connection::Connection;

use super::Warning;
use crate::prepare::LoadedDevice;
use crate::settings::{Controller, PairKind, Settings, connection_key};

/// Why a key has no effect, and what to do.
type Reason = (&'static str, &'static str);

/// The warnings of one device that holds these `connections`.
pub(super) fn without_effect(settings: &Settings, loaded: &LoadedDevice, connections: &[Connection]) -> Vec<Warning> {
    let device = &loaded.device;
    let mut found = Vec::new();
    let mut tell = |keys: Vec<String>, (why, hint): Reason| {
        if !keys.is_empty() {
            found.push(Warning::WithoutEffect { keys, device: device.name.clone(), why, hint });
        }
    };
    mechanisms(settings, device, &mut tell);
    scales(settings, device, &mut tell);
    times(settings, &device.drift, &mut tell);
    writing(settings, device, &mut tell);
    reading(settings, device, &mut tell);
    faults(settings, loaded, connections, &mut tell);
    found
}

/// Weights at Gmax that are given for connections that no device holds. `held` are those that one does.
pub(super) fn unused_weights_at_gmax(settings: &Settings, held: &[Connection]) -> Option<Warning> {
    let keys = other_weights_at_gmax(settings, held);
    let (device, why) = (String::new(), "no device holds the weights of this layer");
    let hint = "choose a device for the layer, or leave the key out";
    (!keys.is_empty()).then_some(Warning::WithoutEffect { keys, device, why, hint })
}

/// The keys of weights at Gmax other than the default, of connections that are not `held`.
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

/// The keys of `[device]` at or below `section` that the study gives.
fn given(settings: &Settings, section: &str) -> Vec<String> {
    let below = |key: &&String| *key == section || key.strip_prefix(section).is_some_and(|rest| rest.starts_with('.'));
    settings.device.keys().filter(below).map(|key| format!("device.{key}")).collect()
}

/// Those of several sections.
fn given_of(settings: &Settings, sections: &[&str]) -> Vec<String> {
    sections.iter().flat_map(|section| given(settings, section)).collect()
}

/// The keys of a mechanism as the study gives them, else `names`.
fn named(settings: &Settings, names: &[&str]) -> Vec<String> {
    let given = given_of(settings, names);
    if given.is_empty() { names.iter().map(|name| format!("device.{name}")).collect() } else { given }
}

/// Mechanisms that the pair or the controller leaves no part to play.
fn mechanisms(settings: &Settings, device: &Device, tell: &mut impl FnMut(Vec<String>, Reason)) {
    let hardware = &settings.hardware;
    if hardware.pair != PairKind::OneBranch && device.reference_branch != ReferenceBranch::Ideal {
        tell(
            named(settings, &["reference_branch"]),
            (
                "both cells of the pairs of this study are written, and none is a reference",
                "choose the pair `one-branch`",
            ),
        );
    } else if hardware.pair != PairKind::OneBranch {
        tell(
            given(settings, "reference_branch"),
            ("these pairs have no reference branch", "choose the pair `one-branch`"),
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
        tell(
            keys,
            (
                "a digital copy programs cells to a conductance, and no step is taken whose gain could differ",
                "choose the controller `read-back`",
            ),
        );
    }
}

/// Factors on a spread that there is not.
fn scales(settings: &Settings, device: &Device, tell: &mut impl FnMut(Vec<String>, Reason)) {
    let writes_spread = device.write.noise.spreads(settings.noise.level_percent > 0.0);
    if device.write.noise == WriteNoise::FromStudy && !writes_spread {
        let reason = ("the study states no noise", "set `noise.level_percent`");
        tell(given(settings, "write.noise"), reason);
    }
    let pulses_spread = device.write.pulses().is_some_and(|pulses| pulses.cycle_sigma != [0.0, 0.0]);
    if writes_spread || pulses_spread {
        return;
    }
    let reason = (
        "writes of this device have no spread that a factor could change",
        "choose a device whose writes spread, or a `noise.level_percent` above 0 where the study states its spread",
    );
    if settings.hardware.write_spread_scale != 1.0 {
        tell(vec!["hardware.write_spread_scale".to_owned()], reason);
    }
    if device.device_to_device.write_spread.is_some_and(|sigma| sigma > 0.0) {
        tell(named(settings, &["device_to_device.write_spread_sigma_ln"]), reason);
    }
}

/// Times at which a law of drift has not begun.
fn times(settings: &Settings, drift: &Drift, tell: &mut impl FnMut(Vec<String>, Reason)) {
    let (times, of_time) = match drift {
        Drift::None => return,
        Drift::Power(law) => (law.times(), vec!["drift.points", "drift.reference_seconds"]),
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
            "its law has no term that grows with time",
            "choose a device that drifts, or set `device.drift.sigma_microsiemens_per_ln`",
        );
        tell(retention(), reason);
        tell(given_of(settings, &["drift.reference_seconds", "drift.latest_seconds"]), reason);
    } else if seconds <= times.reference {
        let reason = (
            "tests see cells before the reference time of their drift, when it has not begun",
            "choose a `hardware.retention_seconds` above the `drift.reference_seconds` of the device",
        );
        tell(retention(), reason);
        tell(given_of(settings, &of_time), reason);
    }
    if grows && seconds <= times.latest {
        let reason =
            ("tests see cells before this time, which ends the law", "choose a longer `hardware.retention_seconds`");
        tell(given(settings, "drift.latest_seconds"), reason);
    }
}

/// Keys of `[device]` about writing.
fn writing(settings: &Settings, device: &Device, tell: &mut impl FnMut(Vec<String>, Reason)) {
    if let Some(pulses) = device.write.pulses() {
        if device.write.cells == WrittenCells::All && device.write.noise == WriteNoise::None {
            let reason =
                ("pulses leave cells alone that are asked nothing, and no noise reaches them", "leave the key out");
            tell(given(settings, "write.cells"), reason);
        }
        if pulses.cycle_sigma == [0.0, 0.0] {
            let reason =
                ("pulses of this device have no spread", "set `device.write.pulses.cycle_sigma_percent_of_step`");
            tell(given(settings, "write.pulses.cycle_noise"), reason);
        }
        let differ = [
            device.device_to_device.low_resistance,
            device.device_to_device.high_resistance,
            device.device_to_device.slope,
        ];
        if differ.iter().flatten().all(|sigma| *sigma == 0.0) {
            let reason = (
                "all cells of this device have the same ends and slopes, and one state",
                "set a spread of the ends, `device.device_to_device.low_resistance_sigma_ln` or `device.device_to_device.high_resistance_sigma_ln`",
            );
            tell(given_of(settings, &["write.pulses.state", "write.pulses.reference_state"]), reason);
        }
    }
    let energy = &device.energy;
    if energy.write_volts.is_none() || energy.write_pulse_nanoseconds.is_none() {
        let reason = (
            "the energy of writes is known only with `energy.write_volts` and `energy.write_pulse_nanoseconds` together",
            "set both",
        );
        tell(given_of(settings, &["energy.write_volts", "energy.write_pulse_nanoseconds"]), reason);
    }
}

/// Keys of `[device]` about reading.
fn reading(settings: &Settings, device: &Device, tell: &mut impl FnMut(Vec<String>, Reason)) {
    let (read, energy) = (&device.read, &device.energy);
    let fixed = device.converters.adc.is_some_and(|adc| matches!(adc.range, AdcRange::Fixed { .. }));
    if read.volts.is_some() && read.nonlinearity.is_none() && energy.read_pulse_nanoseconds.is_none() && !fixed {
        let reason = (
            "no I-V curve, no energy of reads and no fixed ADC range of this device depends on the voltage",
            "set `device.energy.read_pulse_nanoseconds` or `device.read.nonlinearity`, or leave the key out",
        );
        tell(given(settings, "read.volts"), reason);
    }
    if read.volts.is_none() {
        let reason =
            ("the energy of reads needs `read.volts`, which this device does not state", "set `device.read.volts`");
        tell(given(settings, "energy.read_pulse_nanoseconds"), reason);
    }
    if let Some((curve, volts)) = read.nonlinearity.as_ref().zip(read.volts)
        && curve.reference_volts() == volts
    {
        let reason = (
            "cells are read at the voltage at which their conductances were measured, where no curve bends",
            "choose a `device.read.volts` other than `read.nonlinearity.reference_volts`",
        );
        tell(given(settings, "read.nonlinearity"), reason);
    } else if let Some((curve, volts)) = read.nonlinearity.as_ref().zip(read.volts)
        && curve.held(volts).is_none()
    {
        let reason = (
            "cells are read below this voltage, which ends the fit of the I-V curves",
            "choose a `device.read.volts` above it, or leave the key out",
        );
        tell(given(settings, "read.nonlinearity.highest_volts"), reason);
    }
    if device.converters.adc.is_none() {
        let reason =
            ("rows are divided among column converters, and this device has none", "set `device.converters.adc`");
        tell(given(settings, "converters.tile_rows"), reason);
        let reason = ("this device has no column converters", "set `device.converters.adc`");
        tell(given(settings, "energy.adc_area_square_micrometres"), reason);
    }
    if device.converters.dac.is_some() {
        let reason = (
            "spikes are inputs of 0 or 1, which a driver of any number of bits has",
            "use analog inputs, or leave the key out",
        );
        tell(given(settings, "converters.dac.bits"), reason);
    }
}

/// Keys of `[device]` about faults.
fn faults(
    settings: &Settings,
    loaded: &LoadedDevice,
    connections: &[Connection],
    tell: &mut impl FnMut(Vec<String>, Reason),
) {
    let faults = &loaded.device.faults;
    let map_of = |connection: &Connection| crate::chip_maps::of_connection(&loaded.maps.fault, *connection).is_some();
    if !connections.is_empty() && connections.iter().all(map_of) {
        let reason = (
            "fault maps say which cells are faulty, in the place of these probabilities",
            "leave out the key, or the fault maps",
        );
        return tell(given(settings, "faults"), reason);
    }
    if faults.low_resistance == 0.0 && faults.cluster == 0.0 {
        let reason = ("no cell of this device is stuck at its low resistance", "set `device.faults.p_low_resistance`");
        tell(given(settings, "faults.stuck_low_resistance_ohm"), reason);
    }
    if faults.high_resistance == 0.0 {
        let reason =
            ("no cell of this device is stuck at its high resistance", "set `device.faults.p_high_resistance`");
        tell(given(settings, "faults.stuck_high_resistance_ohm"), reason);
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

    /// The warnings about keys without effect of a study with these keys of `[device]`, each its first line.
    fn told(name: &str, keys: &[(&str, serde_json::Value)], change: impl Fn(&mut HardwareSettings)) -> Vec<String> {
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
    fn factors_on_no_spread_are_told() {
        let found = told("ideal", &[("device_to_device.write_spread_sigma_ln", 1.into())], |hardware| {
            hardware.write_spread_scale = 2.0
        });
        let why = "no effect on device `ideal`: writes of this device have no spread that a factor could change";
        assert_eq!(
            found,
            [
                format!("hardware.write_spread_scale: {why}"),
                format!("device.device_to_device.write_spread_sigma_ln: {why}")
            ]
        );
        assert_eq!(told("reram-es-gong-2018", &[], |hardware| hardware.write_spread_scale = 2.0), [""; 0]);
    }

    #[test]
    fn what_pair_and_controller_turn_off_is_told() {
        let reference = [("reference_branch.kind", "cell".into()), ("reference_branch.sigma_ln_resistance", 1.into())];
        let found = told("ideal", &reference, |hardware| hardware.pair = PairKind::PushPull);
        assert!(
            found[0]
                .starts_with("device.reference_branch.kind, device.reference_branch.sigma_ln_resistance: no effect on"),
            "{found:?}"
        );
        assert_eq!(told("ideal", &reference, |_| {}), [""; 0]);
        let copy = |hardware: &mut HardwareSettings| hardware.controller = Controller::DigitalCopy;
        let found = told("1t1r-yousuf-2025-repeats", &[("device_to_device.step_gain_sigma", 1.into())], copy);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("device.device_to_device.step_gain_sigma: no effect on"), "{found:?}");
        assert_eq!(told("reram-es-gong-2018", &[("device_to_device.step_gain_sigma", 1.into())], copy), [""; 0]);
    }

    #[test]
    fn rests_that_end_before_a_drift_begins_are_told() {
        for (seconds, expected) in [(0.0, 0), (20.0, 1), (21.0, 0)] {
            let found = told("pcm-joshi-2020", &[], |hardware| hardware.retention_seconds = seconds);
            assert_eq!(found.len(), expected, "{seconds} s: {found:?}");
        }
        let found = told("reram-sb-gong-2018", &[], |hardware| hardware.retention_seconds = 3600.0);
        assert!(found[0].ends_with("its law has no term that grows with time"), "{found:?}");
    }

    #[test]
    fn weights_at_gmax_of_abstract_layers_are_told() {
        let mut settings = Settings::default();
        (settings.hardware.weight_at_gmax, settings.readout.weight_at_gmax) = (0.5, 4.0);
        let found =
            unused_weights_at_gmax(&settings, &[Connection::Feedforward(0)]).expect("a readout without a device");
        assert!(found.to_string().starts_with("readout.weight_at_gmax: no effect: no device holds"), "{found}");
        let held = [Connection::Feedforward(0), Connection::Readout];
        assert_eq!(unused_weights_at_gmax(&settings, &held), None);
    }
}
