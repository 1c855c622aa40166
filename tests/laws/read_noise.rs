//! Read noise of the network: one draw per column and step, compared with one draw per cell and branch.
//!
//! For n draws with variance v, the sample mean has a standard error of sqrt(v / n), and the sample variance has one of
//! v sqrt(2 / n) for normal draws. The difference of two such samples has sqrt(2) times that. Tolerances are five
//! standard errors.

use ohmspike_crossbar::device::Device;
use ohmspike_crossbar::{ArrayParams, Branch, ColumnRead, CrossbarArray};
use ohmspike_rng::Seed;
use ohmspike_simd::{Block, LANES, Matrix};
use ohmspike_snn::forward::{Layer, Trace, forward};
use ohmspike_snn::network::Dynamics;
use ohmspike_snn::network::{HiddenLayer, Network};
use ohmspike_snn::spikes::{EventsPerStep, SpikeTrains};

const READS: usize = 4000;
const ROWS: usize = 12;
const ACTIVE: [usize; 5] = [0, 3, 4, 7, 11];

/// An array with read noise on both branches and rows of both signs.
fn array(columns: usize) -> CrossbarArray {
    let device = Device::built_in("illustrative-oxide").expect("built in");
    let branches: Vec<Branch> = (0..ROWS).map(|row| if row % 4 == 3 { Branch::Minus } else { Branch::Plus }).collect();
    let params = ArrayParams::new(1.0, &branches);
    let weights = Matrix::from_fn(ROWS, columns, |row, column| branches[row].sign() * 0.01 * (1 + row + column) as f32);
    CrossbarArray::new(&device, params, &weights, Seed::new(2).named("chip")).expect("weights that fit")
}

fn layer(array: &CrossbarArray) -> Layer<'_> {
    Layer {
        weights: array.weights(),
        read_variance: array.read_variance(),
        converter: None,
        lines: None,
        column_gain: None,
    }
}

fn lane(blocks: &[Block], column: usize) -> f64 {
    f64::from(blocks[column / LANES][column % LANES])
}

/// Compares reads by the forward pass and by cells (reads x columns each) with the moments of the array and with each
/// other.
fn assert_same_distribution(array: &CrossbarArray, active: &[usize], by_forward: &[Vec<f64>]) {
    let mut read = ColumnRead::new(array.columns());
    let mut normals = Seed::new(3).named("cells").normals();
    let by_cells: Vec<Vec<f64>> = (0..READS)
        .map(|_| {
            read.sample_cells(array, active, &mut normals);
            read.current().iter().map(|&current| f64::from(current)).collect()
        })
        .collect();
    read.moments(array, active);
    for column in 0..array.columns() {
        let (mean, variance) = (f64::from(read.mean()[column]), f64::from(read.variance()[column]));
        assert!(variance > 0.0);
        let (mean_error, variance_error) = ((variance / READS as f64).sqrt(), variance * (2.0 / READS as f64).sqrt());
        let [forward, cells] = [by_forward, &by_cells].map(|reads| moments(reads.iter().map(|read| read[column])));
        let within = |what: &str, value: f64, expected: f64, error: f64| {
            assert!((value - expected).abs() < 5.0 * error, "column {column}: {what} {value}, {expected} +- {error}");
        };
        within("mean by forward", forward.0, mean, mean_error);
        within("variance by forward", forward.1, variance, variance_error);
        within("mean, forward and cells", forward.0, cells.0, std::f64::consts::SQRT_2 * mean_error);
        within("variance, forward and cells", forward.1, cells.1, std::f64::consts::SQRT_2 * variance_error);
    }
}

fn moments(sample: impl Iterator<Item = f64>) -> (f64, f64) {
    let sample: Vec<f64> = sample.collect();
    let mean = sample.iter().sum::<f64>() / sample.len() as f64;
    (mean, sample.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (sample.len() - 1) as f64)
}

fn network(inputs: usize, hidden: usize, classes: usize, steps: usize) -> Network {
    Network::new(inputs, hidden, classes, 1.0, steps, &Dynamics::default()).expect("valid")
}

/// The input current of step 0 is the membrane voltage of step 2: V\[2\] = b V\[1\] + I\[1\], V\[1\] = 0.
#[test]
fn hidden_currents_have_the_moments_of_cell_by_cell_reads() {
    let array = array(18);
    let network = network(ROWS, 18, 2, 3);
    let silent = Matrix::zeros(18, 2);
    let mut input = SpikeTrains::new(ROWS, 3).expect("few units");
    input.push_raster(|step, unit| step == 0 && ACTIVE.contains(&unit)).expect("few spikes");
    let mut trace = Trace::new(&network);
    let readout = Layer { weights: &silent, read_variance: None, converter: None, lines: None, column_gain: None };
    let reads: Vec<Vec<f64>> = (0..READS)
        .map(|number| {
            let seed = Seed::new(4).numbered(number as u64);
            forward(&network, &[layer(&array), readout], input.sample(0), seed, &mut trace);
            (0..18).map(|column| lane(trace.membrane(2), column)).collect()
        })
        .collect();
    assert_same_distribution(&array, &ACTIVE, &reads);
}

/// An input of k is k pulses in the step with independent read noise: k times the mean and k times the variance.
#[test]
fn an_input_of_k_has_the_moments_of_k_reads() {
    let array = array(18);
    let network = network(ROWS, 18, 2, 3);
    let silent = Matrix::zeros(18, 2);
    let active = [0, 3, 3, 3, 4, 7, 7, 11];
    let units = active.map(|unit| unit as u16);
    let mut input = SpikeTrains::new(ROWS, 3).expect("few units");
    input.push_events(&[0.5; 8], &units, 3.0, EventsPerStep::Count).expect("few spikes");
    let mut trace = Trace::new(&network);
    let readout = Layer { weights: &silent, read_variance: None, converter: None, lines: None, column_gain: None };
    let reads: Vec<Vec<f64>> = (0..READS)
        .map(|number| {
            let seed = Seed::new(5).numbered(number as u64);
            forward(&network, &[layer(&array), readout], input.sample(0), seed, &mut trace);
            (0..18).map(|column| lane(trace.membrane(2), column)).collect()
        })
        .collect();
    assert_same_distribution(&array, &active, &reads);
}

/// Hidden spikes at step 2 cause a current that is the readout voltage of step 4: U\[4\] = b U\[3\] + F\[3\], U\[3\] =
/// 0.
#[test]
fn readout_currents_have_the_moments_of_cell_by_cell_reads() {
    let array = array(10);
    let network = network(1, ROWS, 10, 4);
    // One strong input spike at step 0 makes only the active neurons spike, at step 2.
    let strong = Matrix::from_fn(1, ROWS, |_, neuron| if ACTIVE.contains(&neuron) { 1.5 } else { 0.0 });
    let mut input = SpikeTrains::new(1, 4).expect("few units");
    input.push_raster(|step, _| step == 0).expect("few spikes");
    let mut trace = Trace::new(&network);
    let hidden = Layer { weights: &strong, read_variance: None, converter: None, lines: None, column_gain: None };
    let reads: Vec<Vec<f64>> = (0..READS)
        .map(|number| {
            let seed = Seed::new(4).numbered(number as u64);
            forward(&network, &[hidden, layer(&array)], input.sample(0), seed, &mut trace);
            (0..10).map(|column| lane(&trace.readout()[4..], column)).collect()
        })
        .collect();
    assert_eq!(trace.hidden_spikes(2), ACTIVE.map(|neuron| neuron as u16));
    assert_same_distribution(&array, &ACTIVE, &reads);
}

/// Returns the voltages of step 4, minus those without the noisy array. One strong input spike at step 0 makes the
/// active neurons of the first layer spike at step 2. The layer that receives these spikes has their current in its
/// voltage of step 4: V\[4\] = b V\[3\] + I\[3\], V\[3\] = 0. `layers` are the layers of the network, and `noisy` is
/// the position of the array among the weights.
fn voltages_of_step_4(layers: Vec<HiddenLayer>, array: &CrossbarArray, noisy: usize) -> Vec<Vec<f64>> {
    let dynamics = Dynamics::default();
    let columns = layers.last().expect("a layer").neurons;
    let network = Network::from_layers(1, layers, 2, 5, &dynamics).expect("valid");
    let strong = Matrix::from_fn(1, ROWS, |_, neuron| if ACTIVE.contains(&neuron) { 1.5 } else { 0.0 });
    let mut input = SpikeTrains::new(1, 5).expect("few units");
    input.push_raster(|step, _| step == 0).expect("few spikes");
    let (nothing, silent) = (Matrix::zeros(ROWS, columns), Matrix::zeros(columns, 2));
    let quiet = [&strong, &nothing, &silent].map(|weights| Layer {
        weights,
        read_variance: None,
        converter: None,
        lines: None,
        column_gain: None,
    });
    let mut with_array = quiet;
    with_array[noisy] = layer(array);
    let mut trace = Trace::new(&network);
    let mut read = |layers: &[Layer], number: u64| -> Vec<f64> {
        forward(&network, layers, input.sample(0), Seed::new(4).numbered(number), &mut trace);
        (0..columns).map(|column| lane(trace.membrane(4), column)).collect()
    };
    let without = read(&quiet, 0);
    let of_array =
        |number| read(&with_array, number).iter().zip(&without).map(|(with, without)| with - without).collect();
    (0..READS as u64).map(of_array).collect()
}

#[test]
fn recurrent_currents_have_the_moments_of_cell_by_cell_reads() {
    let array = array(ROWS);
    let layer = HiddenLayer { recurrent: true, ..HiddenLayer::new(ROWS, 1.0).expect("valid") };
    assert_same_distribution(&array, &ACTIVE, &voltages_of_step_4(vec![layer], &array, 1));
}

#[test]
fn currents_between_layers_have_the_moments_of_cell_by_cell_reads() {
    let array = array(18);
    let layers = [ROWS, 18].map(|neurons| HiddenLayer::new(neurons, 1.0).expect("valid"));
    assert_same_distribution(&array, &ACTIVE, &voltages_of_step_4(layers.to_vec(), &array, 1));
}

/// Equal seeds give equal reads, different seeds different ones, and each step of a sample is read independently.
#[test]
fn reads_are_determined_by_their_seed() {
    let array = array(18);
    let network = network(ROWS, 18, 2, 8);
    let silent = Matrix::zeros(18, 2);
    let mut input = SpikeTrains::new(ROWS, 8).expect("few units");
    input.push_raster(|step, unit| step % 5 == 0 && ACTIVE.contains(&unit)).expect("few spikes");
    let currents = |seed| {
        let mut trace = Trace::new(&network);
        let readout = Layer { weights: &silent, read_variance: None, converter: None, lines: None, column_gain: None };
        forward(&network, &[layer(&array), readout], input.sample(0), seed, &mut trace);
        [2, 7].map(|step| trace.membrane(step).to_vec())
    };
    let one = currents(Seed::new(1));
    assert_eq!(one, currents(Seed::new(1)));
    assert_ne!(one, currents(Seed::new(2)));
}
