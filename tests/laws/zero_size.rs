//! A mechanism of size zero has no effect: trials are bit-identical to those without it, for every pair and scheme.

use std::sync::LazyLock;

use ohmspike_crossbar::device::Device;
use ohmspike_snn::connection::Connection;
use ohmspike_study::chip_maps::{ChipMaps, MapFile};
use ohmspike_study::prepare::{LoadedDevice, Prepared};
use ohmspike_study::settings::{Controller, PairKind, Settings};
use ohmspike_study::trial::{Outcome, TrialInput, run_trial};
use serde_json::{Value, json};

use crate::small::{prepared, settings};

/// Name, device section with size zero, and the same section with a size that has a visible effect.
type Mechanism = (&'static str, Value, Value);

fn mechanisms() -> Vec<Mechanism> {
    let bent = |q: f64| {
        json!({"read": {"volts": 0.4, "nonlinearity": {"reference_volts": 0.1,
        "points": [{"resistance_ohm": 1000, "quadratic_per_volt": q, "cubic_per_square_volt": q}]}}})
    };
    let telegraph = |fraction: f64, percent: f64| {
        json!({"read": {"rtn": {"kind": "telegraph", "fraction_of_cells": fraction,
        "reference_resistance_ohm": 10000, "rate_per_second": 5, "amplitude_percent_of_conductance": percent}}})
    };
    let power = |exponent: f64| {
        json!({"drift": {"law": "power", "reference_seconds": 1,
        "points": [{"resistance_ohm": 1000, "exponent": exponent, "exponent_sigma": exponent}]}})
    };
    let log_time = |size: f64| {
        json!({"drift": {"law": "log-time", "reference_seconds": 1, "mean_microsiemens_per_ln": -size,
        "sigma_microsiemens_per_ln": size, "sigma_microsiemens_at_reference": size}})
    };
    let white = |noise: &str, key: &str, size: f64| json!({"read": {"white": {"noise": noise, key: size}}});
    let faults = |p: f64| {
        json!({"faults": {"p_low_resistance": p, "p_high_resistance": p, "p_stuck_random": p, "p_dead_row": p,
        "p_dead_column": p, "p_cluster": p, "cluster_fraction_of_cells": 0.5}})
    };
    let driver = |gain: f64| json!({"converters": {"dac": {"bits": 1, "gain_sigma_percent": gain}}});
    let tiled_driver = |gain: f64| {
        json!({"converters": {"tile_rows": 100, "tile_columns": 2,
        "dac": {"bits": 8, "gain_sigma_percent": gain}}})
    };
    vec![
        ("ends of the window by cell", chip("low_resistance_sigma_ln", 0.0), chip("low_resistance_sigma_ln", 3.0)),
        ("floors by cell", chip("high_resistance_sigma_ln", 0.0), chip("high_resistance_sigma_ln", 3.0)),
        (
            "white reads, constant",
            white("constant", "sigma_microsiemens", 0.0),
            white("constant", "sigma_microsiemens", 5.0),
        ),
        (
            "white reads, relative",
            white("relative", "sigma_percent_of_conductance", 0.0),
            white("relative", "sigma_percent_of_conductance", 20.0),
        ),
        ("telegraph without cells", telegraph(0.0, 30.0), telegraph(0.8, 30.0)),
        ("telegraph without step", telegraph(0.8, 0.0), telegraph(0.8, 30.0)),
        ("drift, power", power(0.0), power(0.1)),
        ("drift, log-time", log_time(0.0), log_time(3.0)),
        ("I-V", bent(0.0), bent(2.0)),
        ("faults", faults(0.0), faults(0.05)),
        ("wires of a gated array", wires("gated", 0.0), wires("gated", 30.0)),
        ("wires of a driven array", wires("driven", 0.0), wires("driven", 30.0)),
        ("drivers", driver(0.0), driver(10.0)),
        ("drivers of tiles", tiled_driver(0.0), tiled_driver(10.0)),
        (
            "tiles without converters",
            json!({"converters": {"tile_rows": 100, "tile_columns": 2}}),
            json!({"converters": {"tile_rows": 100, "adc": {"bits": 3, "codes": "signed", "range": "calibrated"}}}),
        ),
    ]
}

fn wires(access: &str, ohm: f64) -> Value {
    json!({"wires": {"access": access, "word_line_ohm_per_cell": ohm, "bit_line_ohm_per_cell": ohm,
    "driver_ohm": ohm, "sense_ohm": ohm}})
}

fn chip(key: &str, size: f64) -> Value {
    json!({"device_to_device": {key: size}})
}

/// `write` sections by scheme: exact ones, and ones with random draws, which a mechanism of size zero must not shift.
fn schemes() -> [(&'static str, Value); 4] {
    let pulses = json!({"law": "soft-bounds", "up_step_percent_of_window": 0.5, "down_step_percent_of_window": 0.7,
        "cycle_sigma_percent_of_step": 0});
    [
        ("add", json!({"write": {"noise": "none"}})),
        ("pulsed", json!({"write": {"noise": "none", "scheme": "pulsed", "cells": "changed", "pulses": pulses}})),
        (
            "verify",
            json!({"write": {"noise": "constant", "sigma_microsiemens": 0.5, "scheme": "verify",
            "verify": {"window_microsiemens": 1, "tries": 5}}}),
        ),
        ("add, with a spread", json!({"write": {"noise": "relative", "sigma_percent_of_conductance": 2}})),
    ]
}

/// Merges `over` into `base`, object by object.
fn merged(mut base: Value, over: &Value) -> Value {
    match (base.as_object_mut(), over.as_object()) {
        (Some(object), Some(more)) => {
            for (key, value) in more {
                let known = object.remove(key).unwrap_or_else(|| json!({}));
                object.insert(key.clone(), if value.is_object() { merged(known, value) } else { value.clone() });
            }
            base
        }
        _ => over.clone(),
    }
}

/// The deterministic results of a trial.
#[derive(Debug, PartialEq)]
struct Left {
    losses: Vec<u64>,
    tests: Vec<ohmspike_snn::activity::Activity>,
}

fn left(outcome: Outcome) -> Left {
    let tests = std::iter::once(outcome.before.test).chain(outcome.epochs.iter().map(|epoch| epoch.test.clone()));
    Left { losses: outcome.epochs.iter().map(|epoch| epoch.loss.to_bits()).collect(), tests: tests.collect() }
}

fn trial(settings: &Settings, loaded: &LoadedDevice) -> Left {
    static PREPARED: LazyLock<Prepared> = LazyLock::new(|| prepared(&spiking(PairKind::OneBranch)));
    let prepared = &*PREPARED;
    let devices = Some(loaded).into();
    left(
        run_trial(
            &TrialInput { settings, devices: &devices, data: prepared.data(settings), seed: 3 },
            None,
            &ohmspike_simd::Serial,
            &mut |_| {},
        )
        .expect("a valid trial"),
    )
}

fn device(parts: &[&Value]) -> LoadedDevice {
    let window = json!({"name": "test", "window": {"low_resistance_ohm": 1000, "high_resistance_ohm": 1000000}});
    let file = parts.iter().fold(window, |file, part| merged(file, part));
    Device::from_json(&file.to_string()).unwrap_or_else(|error| panic!("{file}: {error}")).into()
}

/// Few neurons that spike from the start, tested after a rest.
fn spiking(pair: PairKind) -> Settings {
    let mut settings = settings(1, 0.0);
    settings.network.steps = 25;
    settings.weights.sigma_init = 0.02;
    settings.hardware.pair = pair;
    settings.hardware.retention_seconds = 1e4;
    (settings.hardware.weight_at_gmax, settings.readout.weight_at_gmax) = (0.2, 2.0);
    settings
}

const PAIRS: [PairKind; 3] = [PairKind::OneBranch, PairKind::PushPull, PairKind::PotentiationOnly];

#[test]
fn a_mechanism_of_size_zero_has_no_effect() {
    let mut seen = Vec::new();
    for pair in PAIRS {
        for (scheme, write) in schemes() {
            let settings = spiking(pair);
            let without = trial(&settings, &device(&[&write]));
            assert!(without.tests[0].total().spikes_per_sample() > 1.0, "{pair:?}, {scheme}");
            for (name, zero, _) in mechanisms() {
                if trial(&settings, &device(&[&write, &zero])) != without {
                    seen.push(format!("{name}, {pair:?}, {scheme}"));
                }
            }
        }
    }
    assert_eq!(seen, [""; 0]);
}

/// Mechanisms with a nonzero size change the trial, so the test above is sensitive.
#[test]
fn a_mechanism_of_nonzero_size_has_an_effect() {
    let settings = spiking(PairKind::OneBranch);
    let (_, write) = &schemes()[0];
    let without = trial(&settings, &device(&[write]));
    let sized = |(_, _, sized): &Mechanism| trial(&settings, &device(&[write, sized])) == without;
    let unseen: Vec<&str> = mechanisms().iter().filter(|mechanism| sized(mechanism)).map(|(name, ..)| *name).collect();
    assert_eq!(unseen, [""; 0]);
}

/// Write noise of size zero, in every form.
#[test]
fn write_noise_of_size_zero_is_exact_in_every_form() {
    let noise = |noise: &str, key: &str| json!({"write": {"noise": noise, key: 0}});
    for pair in PAIRS {
        let settings = spiking(pair);
        let exact = trial(&settings, &device(&[&schemes()[0].1]));
        let same = |name: &str, settings: &Settings, parts: &[&Value]| {
            assert!(trial(settings, &device(parts)) == exact, "{name}, {pair:?}");
        };
        same("constant", &settings, &[&noise("constant", "sigma_microsiemens")]);
        same("relative", &settings, &[&noise("relative", "sigma_percent_of_conductance")]);
        same("from-study", &settings, &[&json!({"write": {"noise": "from-study"}})]);
        let spread = json!({"write": {"noise": "relative", "sigma_percent_of_conductance": 5}});
        same("by cell", &settings, &[&noise("constant", "sigma_microsiemens"), &chip("write_spread_sigma_ln", 0.4)]);
        let mut scaled = spiking(pair);
        scaled.hardware.write_spread_scale = 0.0;
        same("scaled by 0", &scaled, &[&spread]);
        assert!(trial(&settings, &device(&[&spread])) != exact, "{pair:?}");
    }
}

/// Pulse gains and pulse noise of size zero, in every form.
#[test]
fn pulses_without_variation_are_equal() {
    let (_, write) = &schemes()[1];
    for pair in PAIRS {
        let settings = spiking(pair);
        let alike = trial(&settings, &device(&[write]));
        for zero in [
            json!({"write": {"pulses": {"cycle_noise": "additive"}}}),
            json!({"device_to_device": {"step_gain": "normal", "step_gain_sigma": 0}}),
            json!({"device_to_device": {"step_gain": "log-normal", "step_gain_sigma": 0}}),
            json!({"device_to_device": {"up_down_sigma": 0}}),
            json!({"write": {"noise": "constant", "sigma_microsiemens": 0}}),
        ] {
            assert!(trial(&settings, &device(&[write, &zero])) == alike, "{zero}, {pair:?}");
        }
        let spread = json!({"device_to_device": {"step_gain": "normal", "step_gain_sigma": 0.5}});
        assert!(trial(&settings, &device(&[write, &spread])) != alike, "{pair:?}");
    }
}

/// Reference cells without variation, and a fault map without faults.
#[test]
fn reference_cells_without_variation_and_maps_without_faults_have_no_effect() {
    let settings = spiking(PairKind::OneBranch);
    let reference = |sigma: f64| json!({"reference_branch": {"kind": "cell", "sigma_ln_resistance": sigma}});
    for (scheme, write) in schemes() {
        let without = trial(&settings, &device(&[&write]));
        assert!(trial(&settings, &device(&[&write, &reference(0.0)])) == without, "reference, {scheme}");
        assert!(trial(&settings, &device(&[&write, &reference(0.8)])) != without, "reference, {scheme}");
        let mut mapped = device(&[&write]);
        let map = |word: &str| {
            let row = format!("{word}{}\n", ",ok".repeat(settings.network.hidden - 1));
            let (key, path, text) = ("layer.1.fault_map".to_owned(), "chip.csv".to_owned(), row.repeat(784));
            let connection = Connection::Feedforward(0);
            let fault = vec![MapFile { connection, key, path, text, sha256: String::new() }];
            ChipMaps { fault, ..ChipMaps::default() }
        };
        mapped.maps = map("ok");
        assert!(trial(&settings, &mapped) == without, "map, {scheme}");
        mapped.maps = map("low-resistance");
        assert!(trial(&settings, &mapped) != without, "map, {scheme}");
    }
}

/// The same holds for a controller with a digital copy.
#[test]
fn mechanisms_of_size_zero_have_no_effect_with_a_digital_copy() {
    let mut settings = spiking(PairKind::OneBranch);
    settings.hardware.controller = Controller::DigitalCopy;
    let (_, write) = &schemes()[0];
    let without = trial(&settings, &device(&[write]));
    let changed = |(_, zero, _): &Mechanism| trial(&settings, &device(&[write, zero])) != without;
    let seen: Vec<&str> = mechanisms().iter().filter(|mechanism| changed(mechanism)).map(|(name, ..)| *name).collect();
    assert_eq!(seen, [""; 0]);
}
