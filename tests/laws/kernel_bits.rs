//! The forward and backward passes are bit-identical to plain scalar float32 loops of their equations. They round in
//! the same order for all instructions and all groupings of columns.

use ohmspike_rng::{Normals, Seed};
use ohmspike_simd::{Block, Instructions, LANES, Matrix, blocks_for};
use ohmspike_snn::backward::{Adjoint, Gradient, backward};
use ohmspike_snn::forward::{Layer, Trace, forward};
use ohmspike_snn::loss::{Loss, ReadoutGradient};
use ohmspike_snn::network::Dynamics;
use ohmspike_snn::network::Network;
use ohmspike_snn::spikes::{SpikeTrain, SpikeTrains};
use ohmspike_snn::surrogate::{Surrogate, exponential, fast_sigmoid};

/// Hidden neurons, classes, steps, inputs. The shapes cover every number of blocks in one group, several groups with
/// AVX2 and with AVX-512, more classes than a block, and a single step.
const SHAPES: [(usize, usize, usize, usize); 18] = [
    (1, 1, 1, 1),
    (15, 3, 40, 30),
    (16, 16, 40, 30),
    (17, 17, 40, 30),
    (48, 10, 2, 30),
    (64, 10, 30, 30),
    (65, 33, 30, 30),
    (96, 10, 30, 40),
    (112, 10, 30, 40),
    (113, 10, 30, 40),
    (129, 20, 30, 40),
    (160, 20, 30, 40),
    (176, 20, 30, 40),
    (192, 20, 30, 40),
    (193, 20, 30, 40),
    (257, 65, 30, 40),
    (400, 10, 30, 40),
    (1000, 10, 20, 40),
];
/// Fraction of unit-steps with spikes, per sample; one sample is silent.
const RATES: [f32; 5] = [0.1, 0.0, 0.02, 0.3, 0.05];

/// V\[0 .. T-1\], U\[0 .. T\], and the hidden spikes of every step.
#[derive(Debug, Default, PartialEq)]
struct Run {
    membrane: Vec<u32>,
    readout: Vec<u32>,
    spikes: Vec<Vec<u16>>,
    peaks: Vec<(usize, u32)>,
}

/// Weights and read variances of both layers.
struct Cells {
    weights: [Matrix; 2],
    variances: [Matrix; 2],
}

impl Cells {
    fn layers(&self, noisy: bool) -> [Layer<'_>; 2] {
        [0, 1].map(|layer| Layer {
            weights: &self.weights[layer],
            read_variance: noisy.then_some(&self.variances[layer]),
            converter: None,
            lines: None,
            column_gain: None,
        })
    }
}

fn uniform(seed: Seed, rows: usize, columns: usize, low: f32, high: f32) -> Matrix {
    let mut blocks = vec![Block::ZERO; (rows * columns).div_ceil(LANES)];
    seed.uniforms().fill(&mut blocks);
    let draw = |place: usize| blocks[place / LANES][place % LANES];
    Matrix::from_fn(rows, columns, |row, column| low + (high - low) * draw(row * columns + column))
}

/// Adds one read of the `active` rows to `current`.
fn read(layer: Layer, active: &[u16], normals: &mut Option<Normals>, current: &mut [f32]) {
    if active.is_empty() {
        return;
    }
    let sum = |matrix: &Matrix, from, column| {
        active.iter().fold(from, |sum: f32, &row| sum + matrix[(usize::from(row), column)])
    };
    let mut draws = vec![Block::ZERO; blocks_for(current.len())];
    normals.iter_mut().for_each(|normals| normals.fill(&mut draws));
    for (column, current) in current.iter_mut().enumerate() {
        *current = sum(layer.weights, *current, column);
        if let Some(variance) = layer.read_variance {
            *current += sum(variance, 0.0, column).sqrt() * draws[column / LANES][column % LANES];
        }
    }
}

fn scalar(network: &Network, [hidden, readout]: [Layer; 2], input: SpikeTrain, seed: Seed) -> Run {
    let (a, b) = (network.synapse_decay, network.membrane_decay);
    let normals = |layer: Layer, number| layer.read_variance.map(|_| seed.numbered(number).normals());
    let (mut for_hidden, mut for_readout) = (normals(hidden, 0), normals(readout, 1));
    let (mut v, mut i) = (vec![0.0f32; network.last_hidden().neurons], vec![0.0f32; network.last_hidden().neurons]);
    let (mut u, mut f) = (vec![0.0f32; network.classes], vec![0.0f32; network.classes]);
    let mut run = Run { readout: vec![0; network.classes], ..Run::default() };
    let mut peaks = vec![(0, 0.0f32); network.classes];
    for step in 0..network.steps {
        run.membrane.extend(v.iter().map(|v| v.to_bits()));
        let spikes: Vec<u16> = (0..network.last_hidden().neurons as u16).filter(|&j| v[usize::from(j)] > 1.0).collect();
        for j in 0..network.last_hidden().neurons {
            v[j] = if v[j] > 1.0 { 0.0 } else { v[j] * b + i[j] };
            i[j] *= a;
        }
        read(hidden, input.at(step), &mut for_hidden, &mut i);
        for k in 0..network.classes {
            u[k] = u[k] * b + f[k];
            f[k] *= a;
            if u[k] > peaks[k].1 {
                peaks[k] = (step + 1, u[k]);
            }
        }
        read(readout, &spikes, &mut for_readout, &mut f);
        run.readout.extend(u.iter().map(|u| u.to_bits()));
        run.spikes.push(spikes);
    }
    run.peaks = peaks.iter().map(|&(step, u)| (step, u.to_bits())).collect();
    run
}

fn of_trace(trace: &Trace, network: &Network) -> Run {
    let lane = |blocks: &[Block], column: usize| blocks[column / LANES][column % LANES].to_bits();
    let classes = blocks_for(network.classes);
    let readout = trace.readout().chunks_exact(classes);
    let peak = |class| (trace.peak(class).0, trace.peak(class).1.to_bits());
    Run {
        membrane: (0..network.steps)
            .flat_map(|t| (0..network.last_hidden().neurons).map(move |j| lane(trace.membrane(t), j)))
            .collect(),
        readout: readout.flat_map(|row| (0..network.classes).map(move |k| lane(row, k))).collect(),
        spikes: (0..network.steps).map(|t| trace.hidden_spikes(t).to_vec()).collect(),
        peaks: (0..network.classes).map(peak).collect(),
    }
}

/// Adds the gradient of one sample to `w1` and `w2` with the recursions of `ohmspike_snn::backward`. dW1 is added spike
/// by spike, or unit by unit if the sample has more spikes than units.
fn scalar_adjoint(
    network: &Network,
    readout: &Matrix,
    input: SpikeTrain,
    trace: &Trace,
    output: &ReadoutGradient,
    [w1, w2]: [&mut Matrix; 2],
) {
    let (a, b, hidden, classes) =
        (network.synapse_decay, network.membrane_decay, network.last_hidden().neurons, network.classes);
    let slope = |v| match network.surrogate {
        Surrogate::FastSigmoid { steepness } => fast_sigmoid(steepness, v),
        Surrogate::Exponential { steepness } => exponential(steepness, v),
    };
    let (mut u, mut f) = (vec![0.0f32; classes], vec![0.0f32; classes]);
    let (mut p, mut q) = (vec![0.0f32; hidden], vec![0.0f32; hidden]);
    let (mut m, mut i) = (vec![0.0f32; hidden], vec![0.0f32; hidden]);
    let last = output.last_step().expect("every loss has a gradient");
    let by_unit = input.all().len() > network.inputs;
    let mut of_sample = Matrix::zeros(network.inputs, hidden);
    let into = if by_unit { &mut of_sample } else { &mut *w1 };
    for step in (0..=last).rev() {
        if step < last {
            for &neuron in trace.hidden_spikes(step) {
                (0..classes).for_each(|k| w2[(usize::from(neuron), k)] += f[k]);
            }
            for &unit in input.at(step) {
                (0..hidden).for_each(|j| into[(usize::from(unit), j)] += i[j]);
            }
            for j in 0..hidden {
                let v = trace.membrane(step)[j / LANES][j % LANES];
                let kept = if v > 1.0 { 0.0 } else { m[j] };
                i[j] = i[j] * a + kept;
                m[j] = kept * b + q[j] * slope(v);
                q[j] = q[j] * a + p[j];
                p[j] *= b;
            }
            for k in 0..classes {
                f[k] = f[k] * a + u[k];
                u[k] *= b;
            }
        }
        let Some(slopes) = output.at(step) else { continue };
        for k in 0..classes {
            let slope = slopes[k / LANES][k % LANES];
            u[k] += slope;
            (0..hidden).for_each(|j| p[j] += readout[(j, k)] * slope);
        }
    }
    if by_unit {
        w1.blocks_mut().iter_mut().zip(of_sample.blocks()).for_each(|(sum, unit)| *sum += *unit);
    }
}

/// Checks all samples of a network and returns the number of hidden spikes.
fn check(network: &Network, cells: &Cells, noisy: bool, trains: &SpikeTrains, what: &str) -> usize {
    let layers = cells.layers(noisy);
    let transposed = cells.weights[1].transposed();
    let (mut trace, mut adjoint) = (Trace::new(network), Adjoint::new(network));
    let mut output = ReadoutGradient::new(network.steps, blocks_for(network.classes));
    let (mut computed, mut expected) = (Gradient::new(network), Gradient::new(network));
    let mut spikes = 0;
    for sample in 0..trains.len() {
        let (input, seed) = (trains.sample(sample), Seed::new(5).numbered(sample as u64));
        forward(network, &layers, input, seed, &mut trace);
        assert_eq!(of_trace(&trace, network), scalar(network, layers, input, seed), "{what}, sample {sample}");
        network.loss.differentiate(&trace, sample % network.classes, 0.25, &mut output);
        backward(network, std::slice::from_ref(&transposed), input, &trace, &output, &mut adjoint, &mut computed);
        let [hidden, readout] = &mut expected.matrices[..] else { panic!("two matrices") };
        scalar_adjoint(network, &cells.weights[1], input, &trace, &output, [hidden, readout]);
        spikes += trace.all_hidden_spikes().len();
    }
    // Zeros of either sign are equal here.
    assert_eq!(computed, expected, "{what}");
    spikes
}

/// Runs every shape with all instructions that the CPU supports. Concurrent tests of this process use the same
/// instructions, without effect on their results.
#[test]
fn both_passes_are_bit_identical_to_scalar_loops() {
    let mut spikes = 0;
    for (hidden, classes, steps, inputs) in SHAPES {
        let dynamics = Dynamics::default();
        let first = Network::new(inputs, hidden, classes, 0.8, steps, &dynamics).expect("valid");
        let seed = Seed::new(7).numbered((hidden * 1000 + classes) as u64);
        let cells = Cells {
            weights: [
                uniform(seed.named("hidden"), inputs, hidden, -0.05, 0.5),
                uniform(seed.named("readout"), hidden, classes, -0.5, 0.5),
            ],
            variances: [
                uniform(seed.named("hidden variance"), inputs, hidden, 0.0, 0.01),
                uniform(seed.named("readout variance"), hidden, classes, 0.0, 0.01),
            ],
        };
        let mut trains = SpikeTrains::new(inputs, steps).expect("few units");
        for (sample, rate) in RATES.into_iter().enumerate() {
            let draws = uniform(seed.named("input").numbered(sample as u64), steps, inputs, 0.0, 1.0);
            trains.push_raster(|step, unit| step >= sample && draws[(step, unit)] < rate).expect("few spikes");
        }
        let exponential = Surrogate::Exponential { steepness: 5.0 };
        for network in [first.clone(), Network { loss: Loss::PerStep, surrogate: exponential, ..first }] {
            for noisy in [false, true] {
                for instructions in Instructions::available() {
                    instructions.use_for_all().expect("available instructions");
                    let what =
                        format!("{hidden}-{classes}, {steps} steps, {:?}, {noisy}, {instructions}", network.loss);
                    spikes += check(&network, &cells, noisy, &trains, &what);
                }
            }
        }
    }
    assert!(spikes > 100_000, "only {spikes} hidden spikes: too few");
}
