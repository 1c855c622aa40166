//! The adjoint of the forward pass: exact gradients but for the surrogate slope of a spike.
//!
//! ```text
//! u[t] = b u[t+1] + dL/dU[t]                   by the readout's voltage and current
//! f[t] = a f[t+1] + u[t+1]
//! P[t] = W2 u[t],  Q[t] = W2 f[t]               the same two seen from the hidden neurons, Q[t+1] = dL/dS[t]
//! m[t] = b m[t+1] (1 - S[t]) + Q[t+1] surrogate(V[t])
//! i[t] = a i[t+1] + m[t+1] (1 - S[t])
//! dW2[j] += f[t+1] for every hidden spike (j, t);    dW1[i] += i[t+1] for every input spike (i, t)
//! ```
//!
//! Projecting by W2 commutes with the two decays. With the max-over-time loss each class has a gradient at one step
//! only, so the hidden neurons need `classes` projections a sample instead of one a step: P and Q follow the same
//! recursions as u and f. The pass starts at the last step with a gradient and ends at the first input spike.

use lanes::{Block, LANES, Matrix, blocks_for, kernel};

use crate::forward::Trace;
use crate::loss::ReadoutGradient;
use crate::network::Network;
use crate::neuron::lif::{LifAdjoint, LifParams, lif_adjoint_step};
use crate::spikes::SpikeTrain;
use crate::surrogate::{Surrogate, exponential, fast_sigmoid};

/// Sums over a batch of the gradients by both layers' weights.
#[derive(Clone, Debug)]
pub struct Gradient {
    /// Inputs x hidden.
    pub hidden: Matrix,
    /// Hidden x classes.
    pub readout: Matrix,
}

impl Gradient {
    /// Zero for `network`.
    pub fn new(network: &Network) -> Gradient {
        Gradient {
            hidden: Matrix::zeros(network.inputs, network.hidden),
            readout: Matrix::zeros(network.hidden, network.classes),
        }
    }

    /// Sets both to zero.
    pub fn clear(&mut self) {
        self.hidden.clear();
        self.readout.clear();
    }
}

/// Running state of the backward pass; the buffers are reused.
#[derive(Clone, Debug)]
pub struct Adjoint {
    hidden: LifAdjoint,
    /// P and Q.
    by_voltage: Vec<Block>,
    by_current: Vec<Block>,
    /// u and f.
    readout_voltage: Vec<Block>,
    readout_current: Vec<Block>,
}

impl Adjoint {
    /// Room for one sample of `network`.
    pub fn new(network: &Network) -> Adjoint {
        let (hidden, classes) = (blocks_for(network.hidden), blocks_for(network.classes));
        Adjoint {
            hidden: LifAdjoint::new(hidden),
            by_voltage: vec![Block::ZERO; hidden],
            by_current: vec![Block::ZERO; hidden],
            readout_voltage: vec![Block::ZERO; classes],
            readout_current: vec![Block::ZERO; classes],
        }
    }

    fn clear(&mut self) {
        self.hidden.clear();
        for buffer in [&mut self.by_voltage, &mut self.by_current, &mut self.readout_voltage, &mut self.readout_current]
        {
            buffer.fill(Block::ZERO);
        }
    }
}

/// Adds the gradient of one sample to `gradient`. `readout_transposed` is W2 as classes x hidden, `output` is dL/dU of
/// the trace that `forward` left.
pub fn backward(
    network: &Network,
    readout_transposed: &Matrix,
    input: SpikeTrain,
    trace: &Trace,
    output: &ReadoutGradient,
    adjoint: &mut Adjoint,
    gradient: &mut Gradient,
) {
    let Some(last) = output.last_step() else { return };
    let span = (input.first_step(), last);
    match network.surrogate {
        Surrogate::FastSigmoid { steepness } => {
            with_fast_sigmoid(network, steepness, readout_transposed, input, trace, output, span, adjoint, gradient);
        }
        Surrogate::Exponential { steepness } => {
            with_exponential(network, steepness, readout_transposed, input, trace, output, span, adjoint, gradient);
        }
    }
}

#[allow(clippy::too_many_arguments)] // One call site each; a struct would only rename the arguments.
#[kernel]
fn with_fast_sigmoid(
    network: &Network,
    steepness: f32,
    readout_transposed: &Matrix,
    input: SpikeTrain,
    trace: &Trace,
    output: &ReadoutGradient,
    span: (usize, usize),
    adjoint: &mut Adjoint,
    gradient: &mut Gradient,
) {
    let surrogate = |membrane| fast_sigmoid(steepness, membrane);
    run(network, surrogate, readout_transposed, input, trace, output, span, adjoint, gradient);
}

#[allow(clippy::too_many_arguments)] // As above.
#[kernel]
fn with_exponential(
    network: &Network,
    steepness: f32,
    readout_transposed: &Matrix,
    input: SpikeTrain,
    trace: &Trace,
    output: &ReadoutGradient,
    span: (usize, usize),
    adjoint: &mut Adjoint,
    gradient: &mut Gradient,
) {
    let surrogate = |membrane| exponential(steepness, membrane);
    run(network, surrogate, readout_transposed, input, trace, output, span, adjoint, gradient);
}

#[allow(clippy::too_many_arguments)] // As above.
#[inline(always)]
fn run(
    network: &Network,
    surrogate: impl Fn(f32) -> f32 + Copy,
    readout_transposed: &Matrix,
    input: SpikeTrain,
    trace: &Trace,
    output: &ReadoutGradient,
    (first, last): (usize, usize),
    adjoint: &mut Adjoint,
    gradient: &mut Gradient,
) {
    let lif = LifParams { synapse_decay: network.synapse_decay, membrane_decay: network.membrane_decay };
    adjoint.clear();
    adjoint.inject(output, last, readout_transposed);
    for step in (first..last).rev() {
        for &neuron in trace.hidden_spikes(step) {
            add(gradient.readout.row_mut(usize::from(neuron)), &adjoint.readout_current);
        }
        for &unit in input.at(step) {
            add(gradient.hidden.row_mut(usize::from(unit)), &adjoint.hidden.current);
        }
        lif_adjoint_step(lif, &mut adjoint.hidden, trace.membrane(step), &adjoint.by_current, surrogate);
        for (voltage, current) in adjoint.by_voltage.iter_mut().zip(&mut adjoint.by_current) {
            decay(lif, voltage, current);
        }
        for (voltage, current) in adjoint.readout_voltage.iter_mut().zip(&mut adjoint.readout_current) {
            decay(lif, voltage, current);
        }
        adjoint.inject(output, step, readout_transposed);
    }
}

impl Adjoint {
    /// Adds dL/dU\[step\] to u and its projection to P.
    #[inline(always)]
    fn inject(&mut self, output: &ReadoutGradient, step: usize, readout_transposed: &Matrix) {
        let Some(slopes) = output.at(step) else { return };
        add(&mut self.readout_voltage, slopes);
        for class in 0..readout_transposed.rows() {
            let slope = slopes[class / LANES][class % LANES];
            if slope != 0.0 {
                for (sum, weights) in self.by_voltage.iter_mut().zip(readout_transposed.row(class)) {
                    *sum += *weights * slope;
                }
            }
        }
    }
}

/// Voltage and current adjoints from t + 1 to t, the injection left out.
#[inline(always)]
fn decay(lif: LifParams, voltage: &mut Block, current: &mut Block) {
    *current = *current * lif.synapse_decay + *voltage;
    *voltage = *voltage * lif.membrane_decay;
}

#[inline(always)]
fn add(sums: &mut [Block], rows: &[Block]) {
    for (sum, row) in sums.iter_mut().zip(rows) {
        *sum += *row;
    }
}
