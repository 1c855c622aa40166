//! Trains through every built-in device: a small network, one epoch of the embedded subset.
//!
//! The test checks that cells stay within their windows, that counts of both layers add up, and that devices with
//! sufficiently fine writes learn.

use std::path::Path;

use ohmspike_crossbar::WriteReport;
use ohmspike_crossbar::device::{BUILT_IN, Device, EndsKind, InitialAction, Scheme};
use ohmspike_crossbar::{Endurance, Ledger};
use ohmspike_snn::connection::Connection;
use ohmspike_snn::evaluate::evaluate;
use ohmspike_snn::hardware::LayerWeights;
use ohmspike_snn::initial;
use ohmspike_snn::network::Network;
use ohmspike_snn::train::{Trainer, Training};
use ohmspike_snn::weights::WeightStore;
use ohmspike_study::hardware::layer_weights;
use ohmspike_study::prepare::Prepared;
use ohmspike_study::settings::{PairKind, Settings};
use ohmspike_study::trial::TrialStreams;

/// Devices that learn here. Near the floor of the window, where the initial weights are, their write noise is below 0.2
/// % of the window, or their pulses are that fine and almost linear. All other devices have write noise or read offsets
/// of several percent of the window, and whether they learn in one epoch is random.
const LEARNERS: [&str; 8] = [
    "cmo-hfox-falcone-2025",
    "cmo-hfox-falcone-2025-fine",
    "ecram-mo-kim-2019",
    "ecram-tang-2018",
    "ideal",
    "illustrative-oxide",
    "oxide-ladder-chosen",
    "study-1k-1m",
];

/// Samples per batch.
const BATCH: usize = 32;

fn settings(device: &str) -> Settings {
    let mut settings = Settings::default();
    settings.network.hidden = 20;
    settings.training.batch = BATCH;
    settings.training.learning_rate = 0.03;
    settings.hardware.device = device.to_owned();
    // The weights of the first epochs fill this window, so updates are not below the resolution of a pulse.
    settings.hardware.weight_at_gmax = 0.1;
    settings.readout.weight_at_gmax = 4.0;
    settings
}

/// A layer after training.
struct Trained {
    weights: LayerWeights,
    report: WriteReport,
    ledger: Ledger,
    endurance: Endurance,
}

/// Trains one epoch. Returns both layers, the number of updates, the test accuracy and the number of test samples.
fn train(settings: &Settings) -> ([Trained; 2], u64, f64, f64) {
    let prepared = Prepared::new([settings].into_iter(), Path::new(".")).expect("the embedded subset");
    let (data, device, dynamics) = (prepared.data(settings), prepared.device(settings), settings.dynamics());
    let hidden = settings.network.hidden;
    let network = Network::new(784, hidden, data.classes, 0.8, settings.network.steps, &dynamics).expect("valid");
    let streams = TrialStreams::new(settings, 1);
    let layer = |connection: Connection| {
        let (signs, (_, columns)) = (network.signs(connection), network.shape(connection));
        let (sigma, stream) = (settings.sigma_of(connection) as f32, connection.stream());
        let first = initial::weights(&signs, columns, sigma, streams.initial.numbered(stream));
        layer_weights(settings, device, connection, first, signs, streams.chip.numbered(stream)).expect("a valid layer")
    };
    let (mut hidden_layer, mut readout) = (layer(Connection::Feedforward(0)), layer(Connection::Readout));
    let training = Training { batch: BATCH, learning_rate: settings.training.learning_rate as f32 };
    let stores: &mut [&mut dyn WeightStore] = &mut [hidden_layer.store_mut(), readout.store_mut()];
    let report = Trainer::new(&network, training, &ohmspike_simd::Serial)
        .epoch(&data.train, stores, &streams.training, 0)
        .expect("training converges");
    assert!(report.loss.is_finite() && report.loss > 0.0, "loss {}", report.loss);
    let trained = |mut weights: LayerWeights, report| {
        let (ledger, endurance) = (weights.take_ledger(), weights.endurance());
        Trained { weights, report, ledger, endurance }
    };
    let images = data.test.labels.len() / BATCH * BATCH;
    let test = evaluate(
        &network,
        &mut [hidden_layer.store_mut(), readout.store_mut()],
        &data.test,
        images,
        streams.test,
        &ohmspike_simd::Serial,
    );
    let layers = [trained(hidden_layer, report.writes[0]), trained(readout, report.writes[1])];
    let updates = (data.train.labels.len() / BATCH) as u64;
    (layers, updates, test.total().accuracy(), images as f64)
}

/// Returns the lowest and highest possible conductance of a cell of `device`, µS. A window end that varies over the
/// chip is within six standard deviations of its median in all cells; fewer than one in 10^8 is outside.
fn hull(device: &Device) -> (f64, f64) {
    let factor = |sigma: Option<f32>| libm::exp(6.0 * f64::from(sigma.unwrap_or(0.0)));
    let (low, high) = (f64::from(device.window.low()), f64::from(device.window.high()));
    if device.device_to_device.ends == EndsKind::Normal {
        let fraction = |sigma: Option<f32>| 6.0 * f64::from(sigma.unwrap_or(0.0));
        return (
            low * (1.0 - fraction(device.device_to_device.high_resistance)).max(0.0),
            high * (1.0 + fraction(device.device_to_device.low_resistance)),
        );
    }
    let (spread_low, spread_high) =
        (factor(device.device_to_device.high_resistance), factor(device.device_to_device.low_resistance));
    ((low / spread_low).min(high / spread_high), (high * spread_high).max(low * spread_low))
}

fn assert_cells_within_their_window(name: &str, device: &Device, layer: &LayerWeights) {
    let LayerWeights::Crossbar(weights) = layer else { panic!("{name}: no crossbar") };
    let (floor, (low, high)) = (f64::from(device.window.low()), hull(device));
    let stuck = f64::from(device.faults.low_resistance_conductance(&device.window));
    let g_above_min = weights.array.g_above_min();
    for row in 0..g_above_min.rows() {
        for column in 0..g_above_min.columns() {
            let cell = floor + f64::from(g_above_min[(row, column)]);
            // The floor and the conductance above it are f32 of up to `high`.
            let rounding = f64::from(f32::EPSILON) * 2.0 * high.max(stuck);
            let faulty = !device.faults.is_none() && (cell.abs() <= rounding || (cell - stuck).abs() <= rounding);
            assert!(faulty || (low - rounding..=high + rounding).contains(&cell), "{name}: a cell at {cell} µS");
        }
    }
}

fn assert_counts_add_up(name: &str, device: &Device, layer: &Trained, updates: u64) {
    let Trained { weights, report, ledger, endurance } = layer;
    let LayerWeights::Crossbar(weights) = weights else { panic!("{name}: no crossbar") };
    let pairs = (weights.array.rows() * weights.array.columns()) as u64;
    assert_eq!(report.cells, updates * pairs, "{name}");
    assert!(report.cells_written <= 2 * report.cells && report.wrong_sign <= report.cells, "{name}");
    assert_eq!((ledger.write_pulses, ledger.verify_reads), (report.pulses, report.verify_reads), "{name}");
    match &device.write.scheme {
        Scheme::Add => assert_eq!(report.pulses, report.cells_written + 2 * report.refreshed, "{name}"),
        Scheme::Pulsed(_) => assert!(report.pulses >= report.cells_written, "{name}"),
        Scheme::Verify(_) => {
            // One read follows each pulse; a controller that reads first has one more per cell with a requested update.
            match device.write.verify().map(|verify| verify.initial_action) {
                Some(InitialAction::Read) => {
                    assert!(report.verify_reads >= report.pulses + report.cells_written, "{name}")
                }
                _ => assert_eq!(report.pulses, report.verify_reads, "{name}"),
            }
            assert!(report.pulses >= report.cells_written && report.failed_writes <= report.cells_written, "{name}");
        }
    }
    assert_eq!(endurance.histogram.iter().sum::<u64>(), endurance.cells, "{name}");
    assert!(endurance.mean <= endurance.worst as f64, "{name}");
}

#[test]
fn every_device_trains() {
    for (name, _) in BUILT_IN {
        let device = Device::built_in(name).expect("built in");
        let (layers, updates, accuracy, images) = train(&settings(name));
        for layer in &layers {
            assert_cells_within_their_window(name, &device, &layer.weights);
            assert_counts_add_up(name, &device, layer, updates);
            // Every pulse belongs to a cell; sums below 2^53 are exact in f64, and their mean is rounded once.
            let (pulses, spent) = (layer.report.pulses as f64, layer.endurance.mean * layer.endurance.cells as f64);
            assert!((spent - pulses).abs() <= 2.0 * f64::EPSILON * pulses, "{name}: {spent} of {pulses} pulses");
        }
        assert!(layers[0].report.cells_written > 0, "{name}: no cells written");
        let chance = 0.1 + 5.0 * (0.1 * 0.9 / images).sqrt();
        assert!(!LEARNERS.contains(name) || accuracy > chance, "{name}: accuracy {accuracy}, chance ends at {chance}");
    }
}

/// Pulses only increase the conductance of phase-change cells: pairs use one branch per direction and are refreshed at
/// the ceiling.
#[test]
fn phase_change_trains_in_potentiation_only_pairs() {
    let mut settings = settings("pcm-joshi-2020");
    settings.hardware.pair = PairKind::PotentiationOnly;
    let device = Device::built_in("pcm-joshi-2020").expect("built in");
    let (layers, updates, _, _) = train(&settings);
    for layer in &layers {
        assert_cells_within_their_window("pcm-joshi-2020", &device, &layer.weights);
        assert_counts_add_up("pcm-joshi-2020", &device, layer, updates);
    }
}
