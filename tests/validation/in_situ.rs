//! Training through every device of the library: a small network, one epoch of the embedded subset.
//!
//! What the device files promise of training is checked on the way: cells stay between the ends that they can have,
//! counts of both layers add up, and devices whose writes are fine enough learn.

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

/// Devices that learn here, and why they should: what a write leaves of a cell near the floor of its window, where the
/// first weights lie, is below 0.2 % of the window, or a pulse is and pulses are nearly linear. All others write several
/// percent of the window, or offset what is read by as much: whether they learn is a matter of luck in one epoch.
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

/// Samples a batch.
const BATCH: usize = 32;

fn settings(device: &str) -> Settings {
    let mut settings = Settings::default();
    settings.network.hidden = 20;
    settings.training.batch = BATCH;
    settings.training.learning_rate = 0.03;
    settings.hardware.device = device.to_owned();
    // A window that weights of the first epochs fill: steps of training are then not lost in that of a pulse.
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

/// Both layers after one epoch, the number of updates, and the accuracy on the test set with its number of samples.
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
        layer_weights(settings, device, connection, first, signs, streams.chip.numbered(stream))
            .expect("a layer that fits")
    };
    let (mut hidden_layer, mut readout) = (layer(Connection::Feedforward(0)), layer(Connection::Readout));
    let training = Training { batch: BATCH, learning_rate: settings.training.learning_rate as f32 };
    let stores: &mut [&mut dyn WeightStore] = &mut [hidden_layer.store_mut(), readout.store_mut()];
    let report = Trainer::new(&network, training, &ohmspike_simd::Serial)
        .epoch(&data.train, stores, &streams.training, 0)
        .expect("no divergence");
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

/// The lowest and the highest conductance that a cell of `device` can have, µS. An end of the window that is spread over
/// the chip is within six standard deviations of its median in every cell here: beyond lies less than one of 10^8.
fn hull(device: &Device) -> (f64, f64) {
    let factor = |sigma: Option<f32>| libm::exp(6.0 * f64::from(sigma.unwrap_or(0.0)));
    let (low, high) = (f64::from(device.window.low()), f64::from(device.window.high()));
    if device.device_to_device.ends == EndsKind::Normal {
        let share = |sigma: Option<f32>| 6.0 * f64::from(sigma.unwrap_or(0.0));
        return (
            low * (1.0 - share(device.device_to_device.high_resistance)).max(0.0),
            high * (1.0 + share(device.device_to_device.low_resistance)),
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
            // Conductance above the floor and floor are f32 of up to `high`.
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
            // A read after every pulse; a controller that reads first has one more for every cell it is asked for.
            match device.write.verify().map(|verify| verify.initial_action) {
                Some(InitialAction::Read) => {
                    assert!(report.verify_reads >= report.pulses + report.cells_written, "{name}")
                }
                _ => assert_eq!(report.pulses, report.verify_reads, "{name}"),
            }
            assert!(report.pulses >= report.cells_written && report.gave_up <= report.cells_written, "{name}");
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
            // Every pulse is one of some cell; sums below 2^53 are whole in f64, their mean is rounded once.
            let (pulses, spent) = (layer.report.pulses as f64, layer.endurance.mean * layer.endurance.cells as f64);
            assert!((spent - pulses).abs() <= 2.0 * f64::EPSILON * pulses, "{name}: {spent} of {pulses} pulses");
        }
        assert!(layers[0].report.cells_written > 0, "{name}: nothing was written");
        let chance = 0.1 + 5.0 * (0.1 * 0.9 / images).sqrt();
        assert!(!LEARNERS.contains(name) || accuracy > chance, "{name}: accuracy {accuracy}, chance ends at {chance}");
    }
}

/// Phase-change cells only rise by pulses: pairs of them share the two directions, and are refreshed at their ceiling.
#[test]
fn phase_change_trains_in_pairs_that_only_rise() {
    let mut settings = settings("pcm-joshi-2020");
    settings.hardware.pair = PairKind::PotentiationOnly;
    let device = Device::built_in("pcm-joshi-2020").expect("built in");
    let (layers, updates, _, _) = train(&settings);
    for layer in &layers {
        assert_cells_within_their_window("pcm-joshi-2020", &device, &layer.weights);
        assert_counts_add_up("pcm-joshi-2020", &device, layer, updates);
    }
}
