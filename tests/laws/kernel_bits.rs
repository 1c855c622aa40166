//! The forward and backward passes are the plain scalar loops of their equations in float32, bit for bit: whatever
//! instructions run them, they round what the loops round, in their order.

use lanes::{LANES, Matrix};
use seed::Seed;
use snn::backward::{Adjoint, Gradient, backward};
use snn::forward::{Trace, forward};
use snn::loss::{Loss, ReadoutGradient};
use snn::network::Network;
use snn::spikes::SpikeTrain;
use snn::surrogate::{Surrogate, exponential, fast_sigmoid};
use snn::weights::WeightStore;

use crate::small::{HIDDEN, network, prepared, settings};

const CLASSES: usize = 10;

/// Bits of V\[0 .. T-1\] and U\[0 .. T\], and the hidden spikes of every step.
#[derive(Debug, PartialEq)]
struct Run {
    membrane: Vec<u32>,
    readout: Vec<u32>,
    spikes: Vec<Vec<u16>>,
}

fn scalar(w1: &Matrix, w2: &Matrix, [a, b]: [f32; 2], steps: usize, input: SpikeTrain) -> Run {
    let (hidden, classes) = (w1.columns(), w2.columns());
    let (mut v, mut i) = (vec![0.0f32; hidden], vec![0.0f32; hidden]);
    let (mut u, mut f) = (vec![0.0f32; classes], vec![0.0f32; classes]);
    let mut run = Run { membrane: vec![], readout: u.iter().map(|u| u.to_bits()).collect(), spikes: vec![] };
    for step in 0..steps {
        run.membrane.extend(v.iter().map(|v| v.to_bits()));
        let spikes: Vec<u16> = (0..hidden as u16).filter(|&j| v[usize::from(j)] > 1.0).collect();
        for j in 0..hidden {
            v[j] = if v[j] > 1.0 { 0.0 } else { v[j] * b + i[j] };
            i[j] = input.at(step).iter().fold(i[j] * a, |sum, &row| sum + w1[(usize::from(row), j)]);
        }
        for k in 0..classes {
            u[k] = u[k] * b + f[k];
            f[k] = spikes.iter().fold(f[k] * a, |sum, &row| sum + w2[(usize::from(row), k)]);
        }
        run.readout.extend(u.iter().map(|u| u.to_bits()));
        run.spikes.push(spikes);
    }
    run
}

fn of_trace(trace: &Trace, steps: usize) -> Run {
    let lane = |blocks: &[lanes::Block], column: usize| blocks[column / LANES][column % LANES].to_bits();
    Run {
        membrane: (0..steps).flat_map(|t| (0..HIDDEN).map(move |j| lane(trace.membrane(t), j))).collect(),
        readout: trace.readout().iter().flat_map(|row| row.0[..CLASSES].iter().map(|u| u.to_bits())).collect(),
        spikes: (0..steps).map(|t| trace.hidden_spikes(t).to_vec()).collect(),
    }
}

#[test]
fn the_forward_pass_is_the_scalar_loop_bit_for_bit() {
    let settings = settings(1, 0.0);
    let prepared = prepared(&settings);
    let samples = &prepared.data(&settings).train;
    let (network, hidden, readout) = network(1);
    let mut trace = Trace::new(&network);
    let mut spikes = 0;
    for number in 0..40 {
        let input = samples.spikes.sample(number);
        forward(&network, hidden.layer(), readout.layer(), input, Seed::new(0), &mut trace);
        let decays = [network.synapse_decay, network.membrane_decay];
        let expected = scalar(hidden.weights(), readout.weights(), decays, network.steps, input);
        assert_eq!(of_trace(&trace, network.steps), expected, "image {number}");
        spikes += trace.all_hidden_spikes().len();
    }
    assert!(spikes > 40 * HIDDEN, "only {spikes} hidden spikes: too quiet to tell");
}

/// Adds the gradient of one sample to `w1` and `w2`, by the recursions that `snn::backward` states.
fn scalar_adjoint(
    network: &Network,
    readout: &Matrix,
    input: SpikeTrain,
    trace: &Trace,
    output: &ReadoutGradient,
    [w1, w2]: [&mut Matrix; 2],
) {
    let (a, b) = (network.synapse_decay, network.membrane_decay);
    let slope = |v| match network.surrogate {
        Surrogate::FastSigmoid { steepness } => fast_sigmoid(steepness, v),
        Surrogate::Exponential { steepness } => exponential(steepness, v),
    };
    let (mut u, mut f) = ([0.0f32; CLASSES], [0.0f32; CLASSES]);
    let (mut p, mut q) = ([0.0f32; HIDDEN], [0.0f32; HIDDEN]);
    let (mut m, mut i) = ([0.0f32; HIDDEN], [0.0f32; HIDDEN]);
    let last = output.last_step().expect("every loss has a gradient");
    for step in (0..=last).rev() {
        if step < last {
            for &neuron in trace.hidden_spikes(step) {
                (0..CLASSES).for_each(|k| w2[(usize::from(neuron), k)] += f[k]);
            }
            for &unit in input.at(step) {
                (0..HIDDEN).for_each(|j| w1[(usize::from(unit), j)] += i[j]);
            }
            for j in 0..HIDDEN {
                let v = trace.membrane(step)[j / LANES][j % LANES];
                let kept = if v > 1.0 { 0.0 } else { m[j] };
                i[j] = i[j] * a + kept;
                m[j] = kept * b + q[j] * slope(v);
                q[j] = q[j] * a + p[j];
                p[j] *= b;
            }
            for k in 0..CLASSES {
                f[k] = f[k] * a + u[k];
                u[k] *= b;
            }
        }
        for (k, slope) in output.at(step).into_iter().flat_map(|slopes| slopes[0].0[..CLASSES].iter().enumerate()) {
            u[k] += slope;
            (0..HIDDEN).for_each(|j| p[j] += readout[(j, k)] * slope);
        }
    }
}

/// Zeros of either sign are the same number here.
#[test]
fn the_backward_pass_is_the_scalar_loop_bit_for_bit() {
    let settings = settings(1, 0.0);
    let prepared = prepared(&settings);
    let data = &prepared.data(&settings).train;
    let (first, hidden, readout) = network(1);
    let transposed = readout.weights().transposed();
    let exponential = Surrogate::Exponential { steepness: 10.0 };
    for network in [first, Network { loss: Loss::PerStep, surrogate: exponential, ..first }] {
        let (mut trace, mut output) = (Trace::new(&network), ReadoutGradient::new(network.steps, 1));
        let (mut adjoint, mut computed, mut expected) =
            (Adjoint::new(&network), Gradient::new(&network), Gradient::new(&network));
        for number in 0..20 {
            let (input, label) = (data.spikes.sample(number), usize::from(data.labels[number]));
            forward(&network, hidden.layer(), readout.layer(), input, Seed::new(0), &mut trace);
            network.loss.differentiate(&trace, label, 0.05, &mut output);
            backward(&network, &transposed, input, &trace, &output, &mut adjoint, &mut computed);
            let sums = [&mut expected.hidden, &mut expected.readout];
            scalar_adjoint(&network, readout.weights(), input, &trace, &output, sums);
        }
        assert_eq!(computed.hidden, expected.hidden, "{:?}", network.loss);
        assert_eq!(computed.readout, expected.readout, "{:?}", network.loss);
        assert!(computed.hidden.cells().any(|cell| cell != 0.0));
    }
}
