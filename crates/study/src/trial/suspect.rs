//! What can keep initial weights on a device from firing, and a device without it.

use ohmspike_crossbar::device::{Dac, Drift, Faults, Levels, ReferenceBranch, Rtn, WhiteNoise};
use ohmspike_snn::connection::Connection;

use crate::chip_maps::of_connection;
use crate::health::Obstacle;
use crate::mechanism::Mechanism;
use crate::prepare::LoadedDevice;
use crate::settings::Settings;
use crate::significant::short;

/// What the search disables, in this order.
pub(super) const SUSPECTS: [Obstacle; 12] = [
    Obstacle::WeightAtGmax,
    Obstacle::Mechanism(Mechanism::Faults),
    Obstacle::Mechanism(Mechanism::Drift),
    Obstacle::Mechanism(Mechanism::Adc),
    Obstacle::Mechanism(Mechanism::Levels),
    Obstacle::Mechanism(Mechanism::Nonlinearity),
    Obstacle::Mechanism(Mechanism::ReadNoise),
    Obstacle::Mechanism(Mechanism::TelegraphNoise),
    Obstacle::Mechanism(Mechanism::DeviceToDevice),
    Obstacle::Mechanism(Mechanism::ReferenceCells),
    Obstacle::Mechanism(Mechanism::Dac),
    Obstacle::Mechanism(Mechanism::Wires),
];

/// Removes `mechanism` from a device, which then equals a device file without the keys of the mechanism. Writes, which do
/// nothing to initial weights, stay.
pub(super) fn remove(mechanism: Mechanism, loaded: &mut LoadedDevice) {
    let device = &mut loaded.device;
    match mechanism {
        Mechanism::WriteNoise | Mechanism::WriteScheme => {}
        Mechanism::Levels => device.levels = Levels::Continuous,
        Mechanism::Faults => {
            device.faults = Faults::default();
            loaded.maps.fault.clear();
        }
        Mechanism::DeviceToDevice => device.device_to_device = Default::default(),
        Mechanism::ReferenceCells => device.reference_branch = ReferenceBranch::default(),
        Mechanism::Drift => device.drift = Drift::None,
        Mechanism::Nonlinearity => device.read.nonlinearity = None,
        Mechanism::ReadNoise => device.read.white = WhiteNoise::None,
        Mechanism::TelegraphNoise => device.read.rtn = Rtn::None,
        Mechanism::Dac => device.converters.dac = None,
        Mechanism::Wires => device.wires = None,
        Mechanism::Adc => device.converters.adc = None,
    }
}

/// Keys of a mechanism of a device as `key = value`, where a single number sets its size.
pub(super) fn device_keys(mechanism: Mechanism, loaded: &LoadedDevice, layer: usize) -> Vec<String> {
    let device = &loaded.device;
    let key = |key: &str, value: f64| format!("device.{key} = {}", short(value));
    let only = match (mechanism, &device.reference_branch, &device.read.rtn) {
        (Mechanism::Faults, ..) => return faults(loaded, layer),
        (Mechanism::Nonlinearity, ..) => device.read.volts.map(|volts| key("read.volts", volts)),
        (Mechanism::ReferenceCells, ReferenceBranch::Cell { sigma }, _) => {
            Some(key("reference_branch.sigma_ln_resistance", f64::from(*sigma)))
        }
        (Mechanism::TelegraphNoise, _, Rtn::Telegraph(telegraph)) => {
            Some(key("read.rtn.amplitude_percent_of_conductance", 100.0 * telegraph.amplitude))
        }
        (Mechanism::Dac, ..) => {
            let spread = |dac: Dac| key("converters.dac.gain_sigma_percent", 100.0 * f64::from(dac.gain_sigma));
            device.converters.dac.map(spread)
        }
        _ => None,
    };
    only.into_iter().collect()
}

/// Raises the weights at Gmax so that the window holds initial weights of up to five standard deviations.
pub(super) fn enlarge(settings: &mut Settings) {
    *settings = settings.resolved();
    let sigmas: Vec<f64> = settings.hidden_layers().iter().map(|layer| 5.0 * layer.sigma_init).collect();
    for (layer, sigma) in settings.layers.iter_mut().zip(sigmas) {
        layer.weight_at_gmax = layer.weight_at_gmax.map(|weight| weight.max(sigma));
    }
}

/// Faults of a device as `key = value`, and the fault map of the layer.
fn faults(loaded: &LoadedDevice, layer: usize) -> Vec<String> {
    let Faults { low_resistance, high_resistance, stuck_random, dead_row, dead_column, cluster, .. } =
        loaded.device.faults;
    let all = [
        ("p_low_resistance", low_resistance),
        ("p_high_resistance", high_resistance),
        ("p_stuck_random", stuck_random),
        ("p_dead_row", dead_row),
        ("p_dead_column", dead_column),
        ("p_cluster", cluster),
    ];
    let there = all.iter().filter(|(_, fraction)| *fraction > 0.0);
    let there = there.map(|(key, fraction)| format!("device.faults.{key} = {fraction}"));
    let map = of_connection(&loaded.maps.fault, Connection::Feedforward(layer))
        .map(|map| format!("{} = {}", map.key, map.path));
    there.chain(map).collect()
}

#[cfg(test)]
mod tests {
    use ohmspike_crossbar::device::{BUILT_IN, Device};
    use serde_json::{Value, json};

    use super::*;
    use crate::mechanism::without;

    /// A device with every mechanism that can change initial weights.
    fn imperfect() -> Value {
        json!({
            "name": "imperfect",
            "window": { "low_resistance_ohm": 1e3, "high_resistance_ohm": 1e6 },
            "write": { "noise": "none", "cells": "changed" },
            "device_to_device": { "low_resistance_sigma_ln": 0.1 },
            "reference_branch": { "kind": "cell", "sigma_ln_resistance": 0.2 },
            "levels": { "count": 32, "spacing": "conductance" },
            "faults": { "p_low_resistance": 0.01 },
            "drift": {
                "law": "log-time", "reference_seconds": 1, "mean_microsiemens_per_ln": -1,
                "sigma_microsiemens_per_ln": 0, "sigma_microsiemens_at_reference": 0
            },
            "read": {
                "volts": 0.2,
                "white": { "noise": "constant", "sigma_microsiemens": 1 },
                "rtn": {
                    "kind": "telegraph", "fraction_of_cells": 0.1, "reference_resistance_ohm": 1e5,
                    "rate_per_second": 1, "rate_exponent": 0, "amplitude_percent_of_conductance": 5,
                    "amplitude_exponent": 0
                },
                "nonlinearity": {
                    "reference_volts": 0.5,
                    "points": [{ "resistance_ohm": 1e3, "quadratic_per_volt": 0, "cubic_per_square_volt": 1 }]
                }
            },
            "converters": {
                "dac": { "bits": 1, "gain_sigma_percent": 7 },
                "adc": { "bits": 8, "codes": "signed", "range": "calibrated" }
            },
            "wires": { "access": "gated", "bit_line_ohm_per_cell": 1 }
        })
    }

    fn parsed(device: &Value) -> Device {
        Device::from_json(&device.to_string()).unwrap_or_else(|error| panic!("{error}: {device}"))
    }

    #[test]
    fn a_removed_mechanism_is_a_device_file_without_its_keys() {
        let built_in = BUILT_IN.iter().map(|(_, text)| serde_json::from_str(text).expect("JSON"));
        for file in built_in.chain([imperfect()]) {
            for suspect in SUSPECTS {
                let Obstacle::Mechanism(mechanism) = suspect else { continue };
                let mut loaded = LoadedDevice::from(parsed(&file));
                remove(mechanism, &mut loaded);
                assert_eq!(loaded.device, parsed(&without(&file, &[mechanism])), "{mechanism}");
            }
        }
        for suspect in &SUSPECTS[1..] {
            let Obstacle::Mechanism(mechanism) = suspect else { panic!("{suspect:?}") };
            assert_ne!(parsed(&imperfect()), parsed(&without(&imperfect(), &[*mechanism])), "{mechanism} is active");
        }
    }
}
