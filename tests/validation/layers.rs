//! Several hidden layers, recurrence and Izhikevich neurons: the float64 adjoint is compared with forward-mode
//! derivatives, and the program with the float64 bounds.

use ohmspike_rng::{Philox, Seed};
use ohmspike_simd::{LANES, Matrix};
use ohmspike_snn::connection::Connection;
use ohmspike_snn::forward::{Trace, forward};
use ohmspike_snn::network::HiddenLayer;
use ohmspike_snn::spikes::{Samples, SpikeTrains};
use ohmspike_snn::train::{Trainer, Training};
use ohmspike_snn::weights::{DigitalWeights, WeightStore};

use crate::dense::{Loss, Sample, Surrogate};
use crate::dual;
use crate::layered::{Layer, Network, Neuron, Response};
use crate::number::Number;

const INPUTS: usize = 30;
const CLASSES: usize = 3;
const SAMPLES: usize = 8;
const STEPS: usize = 25;

/// A case: neurons of every hidden layer (the first half excitatory), and whether the layer is recurrent.
#[derive(Clone, Copy, Debug)]
struct Case {
    hidden: &'static [(usize, bool)],
    neuron: Neuron,
    loss: Loss,
    surrogate: Surrogate,
    /// Ratio of inhibitory to excitatory weights.
    inhibition: f64,
}

fn uniform(stream: &mut Philox) -> f64 {
    f64::from(stream.next_u32()) / 4_294_967_296.0
}

/// Weights are float32 numbers, so only the arithmetic differs. Weight spreads make every layer spike often. Inhibition
/// is weaker, so that it does not silence higher layers.
fn network(case: Case, seed: Seed) -> Network {
    let mut stream = seed.stream();
    let mut matrix = |rows: usize, columns: usize, scale: f64, excitatory: usize| -> Vec<Vec<f64>> {
        let mut weight = |sign: f64| f64::from((sign * scale * uniform(&mut stream)) as f32);
        (0..rows)
            .map(|row| (0..columns).map(|_| weight(if row < excitatory { 1.0 } else { -case.inhibition })).collect())
            .collect()
    };
    // Izhikevich neurons spike at lower currents than leaky ones. More spikes make their times less certain, because
    // the upstroke amplifies differences and the recovery remembers them.
    let [first, above, own_drive] = if case.neuron == Neuron::Lif { [1.0; 3] } else { [0.08, 0.25, 0.1] };
    let (mut rows, mut excitatory, mut layers) = (INPUTS, INPUTS, Vec::new());
    for (number, &(neurons, recurrent)) in case.hidden.iter().enumerate() {
        let scale = if number == 0 { 0.15 * first } else { 6.0 * above / rows as f64 };
        let feed = matrix(rows, neurons, scale, excitatory);
        let own = neurons.div_ceil(2);
        let recurrent = recurrent.then(|| matrix(neurons, neurons, own_drive / neurons as f64, own));
        layers.push(Layer { feed, recurrent, excitatory: own });
        (rows, excitatory) = (neurons, own);
    }
    let decay = f64::from((-0.2f64).exp() as f32);
    Network {
        layers,
        readout: matrix(rows, CLASSES, 0.3, excitatory),
        neuron: case.neuron,
        synapse_decay: decay,
        membrane_decay: decay,
        loss: case.loss,
        surrogate: case.surrogate,
    }
}

fn samples(seed: Seed) -> Vec<Sample> {
    let mut stream = seed.stream();
    let mut sample = |number| {
        let mut step = || (0..INPUTS).map(|_| u32::from(uniform(&mut stream) < 0.1)).collect();
        Sample { spikes: (0..STEPS).map(|_| step()).collect(), label: number % CLASSES }
    };
    (0..SAMPLES).map(&mut sample).collect()
}

/// Returns the network, the samples with determined decisions, and their responses.
fn decided(case: Case) -> (Network, Vec<Sample>, Vec<Response>) {
    let network = network(case, Seed::new(1).named("network"));
    let samples = samples(Seed::new(1).named("samples"));
    let both = samples.into_iter().map(|sample| (network.respond(&sample), sample));
    let (responses, samples): (Vec<Response>, Vec<Sample>) = both.filter(|(response, _)| response.decided).unzip();
    assert!(samples.len() > SAMPLES / 2, "{case:?}: only {} of {SAMPLES} samples are decided", samples.len());
    for (number, &(neurons, _)) in case.hidden.iter().enumerate() {
        let spikes = |response: &Response| response.layers[number].spikes.iter().flatten().filter(|&&s| s).count();
        let spikes: usize = responses.iter().map(spikes).sum();
        assert!(spikes > neurons * responses.len() / 2, "{case:?}: only {spikes} spikes in layer {number}");
    }
    (network, samples, responses)
}

/// Both sides are float64. Rounding errors of 1e-16 grow with the derivatives of at most forty steps and with the
/// surrogate derivative (k up to 25). Derivatives of an Izhikevich upstroke are some tens but end with its spike. The
/// total is some 1e-11 relative to the largest gradient; the tolerance is a hundred times that.
fn assert_adjoint_is_the_derivative(case: Case, network: &Network, samples: &[Sample], responses: &[Response]) {
    let (loss, slopes) = dual::differentiate(network, samples);
    let (by_adjoint, gradients) = network.differentiate(samples, responses);
    assert!((loss - by_adjoint.value).abs() <= 1e-12 * loss, "{case:?}: loss {loss} and {}", by_adjoint.value);
    let mut slopes = slopes.into_iter();
    for (number, matrix) in gradients.iter().enumerate() {
        let largest = matrix.iter().flatten().map(|cell| cell.value.abs()).fold(0.0, f64::max);
        for cell in matrix.iter().flatten() {
            let slope = slopes.next().expect("one derivative per weight");
            assert!(
                (cell.value - slope).abs() <= 1e-9 * largest,
                "{case:?}: matrix {number}: {:e} by the adjoint, {slope:e}",
                cell.value
            );
        }
    }
}

/// Converts the network to one of `ohmspike_snn`, with the weights of its connections.
fn of_crates(network: &Network) -> (ohmspike_snn::network::Network, Vec<DigitalWeights>) {
    let hidden = network.layers.iter().map(|layer| HiddenLayer {
        neurons: layer.feed[0].len(),
        excitatory: layer.excitatory,
        recurrent: layer.recurrent.is_some(),
    });
    let of_crate = ohmspike_snn::network::Network {
        inputs: INPUTS,
        hidden: hidden.collect(),
        constrained: true,
        classes: CLASSES,
        steps: STEPS,
        neuron: match network.neuron {
            Neuron::Lif => ohmspike_snn::neuron::Neuron::Lif,
            Neuron::Izhikevich => ohmspike_snn::neuron::Neuron::Izhikevich,
        },
        synapse_decay: network.synapse_decay as f32,
        membrane_decay: network.membrane_decay as f32,
        surrogate: match network.surrogate {
            Surrogate::FastSigmoid(k) => ohmspike_snn::surrogate::Surrogate::FastSigmoid { steepness: k as f32 },
            Surrogate::Exponential(k) => ohmspike_snn::surrogate::Surrogate::Exponential { steepness: k as f32 },
        },
        loss: match network.loss {
            Loss::Max => ohmspike_snn::loss::Loss::MaxOverTime,
            Loss::PerStep => ohmspike_snn::loss::Loss::PerStep,
        },
    };
    let connections: Vec<Connection> = of_crate.connections().collect();
    let stores = connections.iter().zip(network.matrices()).map(|(&connection, weights)| {
        let (rows, columns) = of_crate.shape(connection);
        let matrix = Matrix::from_fn(rows, columns, |row, column| weights[row][column] as f32);
        DigitalWeights::exact(matrix, of_crate.signs(connection))
    });
    let stores = stores.collect();
    (of_crate, stores)
}

fn assert_within(what: &str, computed: f64, number: Number) {
    let Number { value, error, .. } = number;
    assert!((computed - value).abs() <= error, "{what}: expected {value:e} within {error:e}, got {computed:e}");
}

/// Asserts equal spikes, voltages and gradients within their bounds, and sufficiently tight bounds.
fn assert_program_is_within_bounds(case: Case, network: &Network, dense: &[Sample], responses: &[Response]) {
    let (of_crate, mut stores) = of_crates(network);
    let mut spikes = SpikeTrains::new(INPUTS, STEPS).expect("few units");
    for sample in dense {
        spikes.push_raster(|step, unit| sample.spikes[step][unit] > 0).expect("few spikes");
    }
    let mut trace = Trace::new(&of_crate);
    for (number, response) in responses.iter().enumerate() {
        let layers: Vec<_> = stores.iter().map(|store| store.layer()).collect();
        forward(&of_crate, &layers, spikes.sample(number), Seed::new(0), &mut trace);
        for (layer, (trace, response)) in trace.layers().iter().zip(&response.layers).enumerate() {
            for step in 0..STEPS {
                let what = format!("{case:?}: sample {number}, layer {layer}, step {step}");
                let spiking: Vec<u16> =
                    (0..).zip(&response.spikes[step]).filter(|(_, spiked)| **spiked).map(|(j, _)| j).collect();
                assert_eq!(trace.spikes().at(step), spiking, "{what}");
                for (j, voltage) in response.membrane[step].iter().enumerate() {
                    let computed = trace.membrane(step)[j / LANES][j % LANES];
                    assert_within(&format!("{what}: V[{j}]"), f64::from(computed), *voltage);
                }
            }
        }
        for (step, voltages) in response.readout.iter().enumerate() {
            for (class, voltage) in voltages.iter().enumerate() {
                let what = format!("{case:?}: sample {number}, U[{step}][{class}]");
                assert_within(&what, f64::from(trace.readout()[step][class]), *voltage);
            }
        }
    }

    let samples = Samples { spikes, labels: dense.iter().map(|sample| sample.label as u8).collect() };
    let mut trainer =
        Trainer::new(&of_crate, Training { batch: dense.len(), learning_rate: 0.01 }, &ohmspike_simd::Serial);
    let chosen: Vec<u32> = (0..dense.len() as u32).collect();
    let mut stores: Vec<&mut dyn WeightStore> = stores.iter_mut().map(|store| store as _).collect();
    let loss = trainer.differentiate(&samples, &chosen, &mut stores, Seed::new(0)) / dense.len() as f64;
    let (expected_loss, expected) = network.differentiate(dense, responses);
    assert_within(&format!("{case:?}: loss"), loss, expected_loss);
    for ((connection, computed), expected) in of_crate.connections().zip(&trainer.gradient().matrices).zip(&expected) {
        let numbers: Vec<Number> = expected.iter().flatten().copied().collect();
        for (cell, (computed, number)) in computed.cells().zip(&numbers).enumerate() {
            assert_within(&format!("{case:?}: {connection:?}, cell {cell}"), f64::from(computed), *number);
        }
        let largest = numbers.iter().map(|number| number.value.abs()).fold(0.0, f64::max);
        let mut errors: Vec<f64> = numbers.iter().map(|number| number.error).collect();
        errors.sort_by(f64::total_cmp);
        // The bounds must be tight enough to detect a wrong factor or missing term of one percent. They may be wider
        // for a few cells, after an Izhikevich upstroke, which amplifies differences tenfold per step.
        let loosest = errors[errors.len() * 9 / 10];
        assert!(
            largest > 0.0 && loosest < 0.01 * largest,
            "{case:?}: gradient by {connection:?} up to {largest:e}, but one in ten bounds is above {loosest:e}"
        );
    }
}

fn check(case: Case) -> usize {
    let (network, samples, responses) = decided(case);
    assert_adjoint_is_the_derivative(case, &network, &samples, &responses);
    assert_program_is_within_bounds(case, &network, &samples, &responses);
    responses.iter().map(|response| response.held).sum()
}

/// Two and three layers, with and without recurrence, of sizes that are not multiples of sixteen and of more than a
/// block.
const SHAPES: [&[(usize, bool)]; 6] = [
    &[(12, true)],
    &[(18, false), (11, false)],
    &[(11, true), (17, false)],
    &[(10, false), (12, true)],
    &[(12, false), (10, false), (9, false)],
    &[(10, true), (9, true), (8, true)],
];

/// Both losses and both surrogates.
fn every(neuron: Neuron) -> impl Iterator<Item = Case> {
    let ways = [
        (Loss::Max, Surrogate::FastSigmoid(20.0)),
        (Loss::PerStep, Surrogate::Exponential(25.0)),
        (Loss::Max, Surrogate::Exponential(25.0)),
        (Loss::PerStep, Surrogate::FastSigmoid(20.0)),
    ];
    let ways = ways.into_iter().enumerate();
    ways.flat_map(move |(way, (loss, surrogate))| {
        let shapes = SHAPES.into_iter().enumerate().filter(move |(shape, _)| shape % 2 == way % 2);
        shapes.map(move |(_, hidden)| Case { hidden, neuron, loss, surrogate, inhibition: 0.4 })
    })
}

#[test]
fn layers_of_leaky_neurons_follow_their_equations_and_derivatives() {
    every(Neuron::Lif).for_each(|case| _ = check(case));
}

#[test]
fn layers_of_izhikevich_neurons_follow_their_equations_and_derivatives() {
    every(Neuron::Izhikevich).for_each(|case| _ = check(case));
    let (loss, surrogate) = (Loss::Max, Surrogate::FastSigmoid(20.0));
    let single = Case { hidden: &[(20, false)], neuron: Neuron::Izhikevich, loss, surrogate, inhibition: 0.4 };
    check(single);
    let held = check(Case { hidden: &[(12, true)], inhibition: 50.0, loss: Loss::PerStep, ..single });
    assert!(held > 0, "no voltage was clamped at its floor");
}
