//! The backward pass (adjoint of the forward pass). Gradients are exact except for the surrogate derivative.
//!
//! ```text
//! u[t]  =  b u[t+1] + dL/dU[t]                        gradient by voltage and current of the readout
//! f[t]  =  a f[t+1] + u[t+1]
//! P[t]  =  W2 u[t],  Q[t]  =  W2 f[t]                 the same, projected on the hidden neurons; Q[t+1] = dL/dS[t]
//! m[t]  =  b m[t+1] (1 - S[t]) + dL/dS[t] surrogate(V[t])
//! i[t]  =  a i[t+1] + m[t+1] (1 - S[t])               leaky neurons; neuron::izhikevich has its own equations
//! dW2[j] += f[t+1] for each hidden spike (j, t);  dW1[i] += i[t+1] for each input spike (i, t)
//! ```
//!
//! Spikes of a lower layer drive the layer above through weights W. Spikes of a recurrent layer drive the layer itself
//! through R:
//!
//! ```text
//! dL/dS_j[t]  =  sum_k W_jk i_k[t+1] of the layer above  +  sum_k R_jk i_k[t+1] of the same layer
//! dW[j] += i[t+1] of the layer above,  dR[j] += i[t+1] of the same layer,  for each spike (j, t)
//! ```
//!
//! Projection by W2 commutes with both decays. With the max-over-time loss, each class has a gradient at one step only.
//! The last hidden layer then needs `classes` projections per sample instead of one per step, and P and Q follow the
//! recursions of u and f. The pass starts at the last step with a gradient and ends at the first input spike.

use ohmspike_simd::{Block, Matrix, blocks_for};

use crate::forward::{LayerTrace, Trace};
use crate::loss::ReadoutGradient;
use crate::network::Network;
use crate::neuron::izhikevich::Izhikevich;
use crate::neuron::lif::LifParams;
use crate::neuron::{Neuron, Neurons};
use crate::spikes::SpikeTrain;
use crate::surrogate::{Exponential, FastSigmoid, Surrogate};
use by_unit::RowsByUnit;
use gather::Gather;

mod by_readout;
mod by_unit;
mod gather;
mod groups;
mod project;
mod rows;
mod steps;

/// Gradients of all weights, summed over a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradient {
    /// One matrix per connection, in order.
    pub matrices: Vec<Matrix>,
}

impl Gradient {
    /// Creates a zero gradient for `network`.
    pub fn new(network: &Network) -> Gradient {
        let shapes = network.connections().map(|connection| network.shape(connection));
        Gradient { matrices: shapes.map(|(rows, columns)| Matrix::zeros(rows, columns)).collect() }
    }

    /// Resets the gradient to zero.
    pub fn clear(&mut self) {
        self.matrices.iter_mut().for_each(Matrix::clear);
    }
}

/// Buffers of the backward pass, reused for all samples.
#[derive(Clone, Debug)]
pub struct Adjoint {
    /// i\[t+1\] of each hidden layer at the selected steps t, the last step first; steps x neurons. The first layer has
    /// them for several samples.
    currents: Vec<Matrix>,
    /// Input spikes of the network whose currents are not yet in the gradient.
    gather: Gather,
    /// Input spikes of a layer sorted by unit, if needed.
    units: RowsByUnit,
    /// dL/dS\[t\] of one hidden layer at every step of the pass, the last first, for step-by-step layers.
    by_spikes: Vec<Block>,
    /// Adjoint state of such a layer at one step.
    neurons: Vec<Neurons<Block>>,
}

impl Adjoint {
    /// Creates buffers for one sample of `network`.
    pub fn new(network: &Network) -> Adjoint {
        let blocks = network.hidden.iter().map(|layer| blocks_for(layer.neurons)).max().unwrap_or(0);
        let by_steps = if all_in_registers(network) { 0 } else { blocks };
        let currents = network.hidden.iter().enumerate().map(|(number, layer)| {
            let of_others = if number == 0 { Gather::capacity(blocks_for(layer.neurons)) } else { 0 };
            Matrix::zeros(of_others + network.steps, layer.neurons)
        });
        Adjoint {
            currents: currents.collect(),
            gather: Gather::new(network.inputs),
            units: RowsByUnit::default(),
            by_spikes: vec![Block::ZERO; network.steps * by_steps],
            neurons: vec![Neurons::splat(Block::ZERO); by_steps],
        }
    }

    /// Returns the row of the adjoint currents of layer `number` at the last step of the current sample.
    fn first_row(&self, number: usize) -> usize {
        if number == 0 { self.gather.rows() } else { 0 }
    }

    /// Returns the adjoint currents of layer `number` in the current sample, the last step first.
    fn of_sample(&mut self, number: usize) -> &mut [Block] {
        let first = self.first_row(number);
        let currents = &mut self.currents[number];
        let width = currents.row_blocks();
        &mut currents.blocks_mut()[first * width..]
    }

    /// Collects the input spikes of a sample of the network, with their currents in the rows from the first on.
    fn gather(&mut self, input: SpikeTrain, span: Span, gradient: &mut Matrix) {
        self.gather.push(input, span);
        if self.gather.rows() > Gather::capacity(self.currents[0].row_blocks()) {
            self.flush(gradient);
        }
    }

    /// Adds what is left of the gradient of the first connection to `gradient`.
    pub fn flush(&mut self, gradient: &mut Matrix) {
        self.gather.add_to(&self.currents[0], gradient);
    }
}

/// Returns whether the adjoint of the last hidden layer fits in registers, because its neurons are not recurrent.
fn last_in_registers(network: &Network) -> bool {
    network.neuron == Neuron::Lif && !network.last_hidden().recurrent
}

/// Returns whether, in addition, there is no other hidden layer.
fn all_in_registers(network: &Network) -> bool {
    network.hidden.len() == 1 && last_in_registers(network)
}

/// Steps of the backward pass: from the last with a gradient to the first with input to the network.
#[derive(Clone, Copy, Debug)]
struct Span {
    first: usize,
    last: usize,
    /// Whether adjoint currents are stored at every step, rather than only at steps with input spikes.
    every_step: bool,
}

impl Span {
    /// Returns the number of steps.
    fn steps(self) -> usize {
        self.last.saturating_sub(self.first)
    }
}

/// Backward pass of one sample through the readout and the last hidden layer.
#[derive(Clone, Copy, Debug)]
pub struct Pass<'a> {
    lif: LifParams,
    surrogate: Surrogate,
    readout_transposed: &'a Matrix,
    /// Input of the last hidden layer.
    input: SpikeTrain<'a>,
    layer: &'a LayerTrace,
    output: &'a ReadoutGradient,
    span: Span,
}

/// Adds the gradient of one sample to `gradient`.
///
/// `transposed` are the weights of all connections except the first, columns x rows, in order. `output` is dL/dU of the
/// trace from `forward`.
///
/// # Panics
/// Panics if a matrix of a connection is missing.
pub fn backward(
    network: &Network,
    transposed: &[Matrix],
    input: SpikeTrain,
    trace: &Trace,
    output: &ReadoutGradient,
    adjoint: &mut Adjoint,
    gradient: &mut Gradient,
) {
    collect(network, transposed, input, trace, output, adjoint, gradient);
    adjoint.flush(&mut gradient.matrices[0]);
}

/// Same as [`backward`], but leaves a part of the gradient of the first connection in `adjoint`. Call
/// [`Adjoint::flush`] after the last sample.
pub(crate) fn collect(
    network: &Network,
    transposed: &[Matrix],
    input: SpikeTrain,
    trace: &Trace,
    output: &ReadoutGradient,
    adjoint: &mut Adjoint,
    gradient: &mut Gradient,
) {
    let Some((readout_transposed, transposed)) = transposed.split_last() else { return };
    let Some(pass) = Pass::new(network, readout_transposed, input, trace, output) else { return };
    let by_unit = by_unit::pays(input, network.inputs);
    // A sample by unit adds a sum, after all earlier ones.
    if by_unit || !adjoint.gather.has_room_for(pass.span.steps()) {
        adjoint.flush(&mut gradient.matrices[0]);
    }
    let (mut weights, mut gradients) = (transposed.iter().rev(), gradient.matrices.iter_mut().rev());
    let mut next_weights = || weights.next().expect("weights of every connection except the first");
    let mut next_gradient = || gradients.next().expect("a gradient for every connection");
    pass.readout_gradient(next_gradient());
    let last = network.hidden.len() - 1;
    for (number, (layer, own)) in network.hidden.iter().zip(&trace.hidden).enumerate().rev() {
        let recurrent = layer.recurrent.then(&mut next_weights);
        if number == last && last_in_registers(network) {
            pass.hidden_adjoint(adjoint);
        } else {
            if number == last {
                by_readout::by_spikes(pass, &mut adjoint.by_spikes);
            }
            step_back(network, number, own, recurrent, pass.span, adjoint);
        }
        let first = adjoint.first_row(number);
        let Adjoint { currents, by_spikes, units, .. } = adjoint;
        let currents = rows::Currents { of_samples: &currents[number], first, span: pass.span };
        if layer.recurrent {
            rows::add(currents, own.spikes(), units, next_gradient());
        }
        if number > 0 {
            rows::add(currents, trace.hidden[number - 1].spikes(), units, next_gradient());
            project::down(next_weights(), pass.span.steps(), currents.of_samples.blocks(), by_spikes);
        } else if by_unit {
            rows::add(currents, input, units, next_gradient());
        } else {
            adjoint.gather(input, pass.span, next_gradient());
        }
    }
}

/// Computes the adjoint currents of layer `number` at every step from dL/dS by the other layers.
fn step_back(
    network: &Network,
    number: usize,
    trace: &LayerTrace,
    recurrent: Option<&Matrix>,
    span: Span,
    adjoint: &mut Adjoint,
) {
    let way = steps::Way { number, trace, recurrent, span };
    let LifParams { synapse_decay, .. } = decays(network);
    let izhikevich = Izhikevich { synapse_decay, kinds: &trace.kinds };
    match (network.neuron, network.surrogate) {
        (Neuron::Lif, Surrogate::FastSigmoid { steepness }) => {
            steps::back(decays(network), FastSigmoid(steepness), way, adjoint);
        }
        (Neuron::Lif, Surrogate::Exponential { steepness }) => {
            steps::back(decays(network), Exponential(steepness), way, adjoint);
        }
        (Neuron::Izhikevich, Surrogate::FastSigmoid { steepness }) => {
            steps::back(izhikevich, FastSigmoid(steepness), way, adjoint);
        }
        (Neuron::Izhikevich, Surrogate::Exponential { steepness }) => {
            steps::back(izhikevich, Exponential(steepness), way, adjoint);
        }
    }
}

fn decays(network: &Network) -> LifParams {
    LifParams { synapse_decay: network.synapse_decay, membrane_decay: network.membrane_decay }
}

impl<'a> Pass<'a> {
    /// Prepares the backward pass of a sample; `None` if no step has a gradient. `readout_transposed` is W2 as classes
    /// x hidden; the other arguments are those of [`backward`].
    pub fn new(
        network: &Network,
        readout_transposed: &'a Matrix,
        input: SpikeTrain<'a>,
        trace: &'a Trace,
        output: &'a ReadoutGradient,
    ) -> Option<Pass<'a>> {
        let (last, first) = (output.last_step()?, input.first_step());
        let (layer, below) = trace.hidden.split_last()?;
        let (lif, surrogate) = (decays(network), network.surrogate);
        let input = below.last().map_or(input, LayerTrace::spikes);
        let span = Span { first, last, every_step: !all_in_registers(network) };
        Some(Pass { lif, surrogate, readout_transposed, input, layer, output, span })
    }

    /// Adds dW2 of the sample to `gradient`.
    pub fn readout_gradient(self, gradient: &mut Matrix) {
        for block in 0..gradient.row_blocks() {
            by_readout::gradient(self, block, gradient);
        }
    }

    /// Computes i\[t+1\] of the last hidden layer, of leaky neurons without recurrence, into `adjoint`.
    pub fn hidden_adjoint(self, adjoint: &mut Adjoint) {
        let currents = adjoint.of_sample(adjoint.currents.len() - 1);
        match self.surrogate {
            Surrogate::FastSigmoid { steepness } => groups::all(self, FastSigmoid(steepness), currents),
            Surrogate::Exponential { steepness } => groups::all(self, Exponential(steepness), currents),
        }
    }

    /// Adds the gradient of the input weights of that layer, the only one, given its adjoint currents in `adjoint`. The
    /// gradient is complete after [`Adjoint::flush`].
    pub fn hidden_gradient(self, adjoint: &mut Adjoint, gradient: &mut Matrix) {
        adjoint.gather(self.input, self.span, gradient);
    }
}

#[cfg(test)]
mod tests {
    use ohmspike_rng::Seed;

    use crate::forward::{Layer, forward};
    use crate::loss::Loss;
    use crate::network::Dynamics;
    use crate::spikes::SpikeTrains;

    use super::*;

    const STEPS: usize = 1 << 16;
    /// Steps of the input spikes of a sample whose pass is short, and of one that takes almost all steps.
    const SHORT: [usize; 4] = [STEPS - 200, STEPS - 170, STEPS - 130, STEPS - 90];
    const LONG: [usize; 4] = [0, 30, 60, STEPS - 50];

    /// Two recurrent neurons: inputs 0 to 2 drive the first one, and input 3 the second one, which spikes last.
    fn longest() -> (Network, [Matrix; 3], SpikeTrains) {
        let dynamics = Dynamics { loss: Loss::MaxOverTime, ..Dynamics::default() };
        let mut network = Network::new(8, 2, 2, 1.0, STEPS, &dynamics).expect("valid");
        network.hidden[0].recurrent = true;
        let first = Matrix::from_fn(8, 2, |row, column| if (row < 3) == (column == 0) { 1.5 } else { 0.0 });
        let readout = Matrix::from_fn(2, 2, |row, column| if row == column { 1.0 } else { -0.5 });
        let mut trains = SpikeTrains::new(8, STEPS).expect("few units");
        for steps in [SHORT, LONG] {
            trains.push_raster(|step, unit| steps.get(unit) == Some(&step)).expect("few spikes");
        }
        (network, [first, Matrix::zeros(2, 2), readout], trains)
    }

    /// The rows of the short sample still wait when the long one begins, and 16 bits cannot number both. The gradient of
    /// a sample on its own needs no more rows than steps.
    #[test]
    fn gradients_of_the_longest_samples_add_up() {
        let (network, weights, trains) = longest();
        let layers = weights.each_ref().map(Layer::exact);
        let transposed = [weights[1].transposed(), weights[2].transposed()];
        let mut trace = Trace::new(&network);
        let mut output = ReadoutGradient::new(STEPS, 1);
        let mut together = (Adjoint::new(&network), Gradient::new(&network));
        let mut one_by_one = Gradient::new(&network);
        for sample in 0..trains.len() {
            let input = trains.sample(sample);
            forward(&network, &layers, input, Seed::new(0), &mut trace);
            network.loss.differentiate(&trace, 0, 1.0, &mut output);
            let (adjoint, gradient) = (&mut together.0, &mut together.1);
            collect(&network, &transposed, input, &trace, &output, adjoint, gradient);
            backward(&network, &transposed, input, &trace, &output, &mut Adjoint::new(&network), &mut one_by_one);
            assert!(sample > 0 || (1..=Gather::capacity(1)).contains(&together.0.gather.rows()));
        }
        together.0.flush(&mut together.1.matrices[0]);
        assert_eq!(together.1, one_by_one);
        let of_first_spikes = one_by_one.matrices[0].row(0)[0];
        assert!(of_first_spikes[0] != 0.0, "{of_first_spikes:?}");
    }
}
