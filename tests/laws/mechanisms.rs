//! Disabling a mechanism of a device shifts no other random stream: what the other mechanisms draw stays bit-identical.

use std::path::Path;
use std::sync::Arc;

use ohmspike_answers::mechanisms::{Mechanism, Mechanisms};
use ohmspike_crossbar::CrossbarArray;
use ohmspike_rng::Seed;
use ohmspike_simd::Matrix;
use ohmspike_snn::connection::Connection;
use ohmspike_snn::hardware::LayerWeights;
use ohmspike_snn::network::Sign;
use ohmspike_study::hardware::layer_weights;
use ohmspike_study::prepare::Prepared;
use ohmspike_study::settings::Settings;

const ROWS: usize = 37;
const COLUMNS: usize = 21;

/// Returns a study of a device with many mechanisms.
fn mechanisms() -> Mechanisms {
    let mut settings = Settings::default();
    settings.hardware.device = "ideal".to_owned();
    let keys = [
        ("write.noise", "relative".into()),
        ("write.sigma_percent_of_conductance", 3.into()),
        ("device_to_device.low_resistance_sigma_ln", 0.1.into()),
        ("faults.p_stuck_random", 0.1.into()),
        ("read.volts", 0.2.into()),
        ("read.white.noise", "relative".into()),
        ("read.white.sigma_percent_of_conductance", 1.into()),
        ("reference_branch.kind", "cell".into()),
        ("reference_branch.sigma_ln_resistance", 0.2.into()),
        ("converters.adc.bits", 6.into()),
        ("converters.adc.codes", "signed".into()),
        ("converters.adc.range", "calibrated".into()),
        ("converters.adc.gain_sigma_percent", 1.into()),
        ("wires.access", "gated".into()),
        ("wires.bit_line_ohm_per_cell", 1.into()),
    ];
    settings.device = keys.map(|(key, value): (&str, serde_json::Value)| (key.to_owned(), value)).into();
    Mechanisms::new(Arc::new(settings), Path::new(".")).expect("a valid device")
}

/// Returns an array of the device without the mechanisms `disabled`, after one update.
fn array(mechanisms: &Mechanisms, disabled: &[Mechanism]) -> CrossbarArray {
    let settings = mechanisms.without(disabled);
    let prepared = Prepared::of_devices([&*settings].into_iter(), Path::new(".")).expect("a valid device");
    let mut weights = Matrix::zeros(ROWS, COLUMNS);
    for (row, column) in cells() {
        weights[(row, column)] = 0.01 * (1 + (row * 7 + column * 3) % 50) as f32;
    }
    let devices = prepared.devices_of(&settings);
    let connection = Connection::Feedforward(0);
    let signs = vec![Sign::Excitatory; ROWS];
    let held = layer_weights(&settings, devices.of(connection), connection, weights.clone(), signs, Seed::new(5));
    let LayerWeights::Crossbar(held) = held.expect("weights fit") else { panic!("a device holds the weights") };
    let mut array = held.array;
    array.update(&weights, Seed::new(6)).expect("a finite step");
    array
}

fn cells() -> impl Iterator<Item = (usize, usize)> {
    (0..ROWS).flat_map(|row| (0..COLUMNS).map(move |column| (row, column)))
}

#[test]
fn the_device_has_the_mechanisms_of_this_law() {
    assert_eq!(
        mechanisms().active(),
        [
            Mechanism::WriteNoise,
            Mechanism::Faults,
            Mechanism::DeviceToDevice,
            Mechanism::ReferenceCells,
            Mechanism::ReadNoise,
            Mechanism::Wires,
            Mechanism::Adc
        ]
    );
}

#[test]
fn mechanisms_of_reads_change_no_written_conductance() {
    let mechanisms = mechanisms();
    let all = array(&mechanisms, &[]);
    for disabled in [Mechanism::ReadNoise, Mechanism::Adc, Mechanism::ReferenceCells] {
        let without = array(&mechanisms, &[disabled]);
        assert_eq!(all.g_above_min(), without.g_above_min(), "{disabled}");
    }
}

#[test]
fn faults_change_only_faulty_cells() {
    let mechanisms = mechanisms();
    let (all, without) = (array(&mechanisms, &[]), array(&mechanisms, &[Mechanism::Faults]));
    let differing = cells().filter(|cell| all.g_above_min()[*cell] != without.g_above_min()[*cell]).count();
    // A tenth of the cells is stuck: 78 ± 8.4 of 777; five standard deviations.
    assert!((36..=120).contains(&differing), "{differing} cells differ");
}

#[test]
fn write_noise_and_variation_move_no_fault_and_no_reference_cell() {
    let mechanisms = mechanisms();
    let all = array(&mechanisms, &[]);
    let faultless = array(&mechanisms, &[Mechanism::Faults]);
    let is_stuck = |cell: &(usize, usize)| all.g_above_min()[*cell] != faultless.g_above_min()[*cell];
    for disabled in [Mechanism::WriteNoise, Mechanism::DeviceToDevice] {
        let without = array(&mechanisms, &[disabled]);
        for (row, column) in cells() {
            assert_eq!(all.conductance(row, column).1, without.conductance(row, column).1, "{disabled}");
        }
        // A stuck cell keeps its conductance of the nominal window.
        let same = cells()
            .filter(is_stuck)
            .filter(|cell| (all.g_above_min()[*cell] - without.g_above_min()[*cell]).abs() <= 1e-3);
        let (same, stuck) = (same.count(), cells().filter(is_stuck).count());
        assert!(same == stuck && stuck > 30, "{disabled}: {same} of {stuck}");
    }
}
