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

mod by_unit;

use by_unit::{RowsByUnit, add_units};
use lanes::{Block, LANES, Matrix, Simd, add_to_rows, blocks_at, blocks_at_mut, in_place, kernel};

use crate::forward::Trace;
use crate::loss::ReadoutGradient;
use crate::network::Network;
use crate::neuron::lif::{LifAdjoint, LifParams, lif_adjoint_step};
use crate::spikes::SpikeTrain;
use crate::surrogate::{Exponential, FastSigmoid, Slope, Surrogate};

/// Blocks of hidden neurons whose adjoint is kept in registers together: four a block.
const GROUP: usize = 4;
/// Blocks of a row of a gradient that are added to together.
const ROW_PART: usize = 8;

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

/// Buffers of the backward pass, reused from sample to sample.
#[derive(Clone, Debug)]
pub struct Adjoint {
    /// i\[t+1\] of every step t with input, the last step first: steps x hidden.
    currents: Matrix,
    /// The input spikes by unit, where they are asked for.
    units: RowsByUnit,
}

impl Adjoint {
    /// Room for one sample of `network`.
    pub fn new(network: &Network) -> Adjoint {
        Adjoint { currents: Matrix::zeros(network.steps, network.hidden), units: RowsByUnit::default() }
    }
}

/// One sample on its way back, step by step from the last gradient to the first input spike.
#[derive(Clone, Copy, Debug)]
pub struct Pass<'a> {
    lif: LifParams,
    surrogate: Surrogate,
    readout_transposed: &'a Matrix,
    input: SpikeTrain<'a>,
    trace: &'a Trace,
    output: &'a ReadoutGradient,
    /// The first step with input, and the last with a gradient.
    first: usize,
    last: usize,
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
    let Some(pass) = Pass::new(network, readout_transposed, input, trace, output) else { return };
    pass.readout_gradient(&mut gradient.readout);
    pass.hidden_adjoint(adjoint);
    pass.hidden_gradient(adjoint, &mut gradient.hidden);
}

impl<'a> Pass<'a> {
    /// The way back of a sample, as for [`backward`]; none where no step has a gradient.
    pub fn new(
        network: &Network,
        readout_transposed: &'a Matrix,
        input: SpikeTrain<'a>,
        trace: &'a Trace,
        output: &'a ReadoutGradient,
    ) -> Option<Pass<'a>> {
        let (last, first) = (output.last_step()?, input.first_step());
        let lif = LifParams { synapse_decay: network.synapse_decay, membrane_decay: network.membrane_decay };
        Some(Pass { lif, surrogate: network.surrogate, readout_transposed, input, trace, output, first, last })
    }

    /// Adds dW2 of the sample to `gradient`.
    pub fn readout_gradient(self, gradient: &mut Matrix) {
        for block in 0..gradient.row_blocks() {
            readout_gradient(self, block, gradient);
        }
    }

    /// Leaves i\[t+1\] of every step t with input in `adjoint`.
    pub fn hidden_adjoint(self, adjoint: &mut Adjoint) {
        match self.surrogate {
            Surrogate::FastSigmoid { steepness } => {
                by_groups(self, FastSigmoid(steepness), adjoint.currents.blocks_mut())
            }
            Surrogate::Exponential { steepness } => {
                by_groups(self, Exponential(steepness), adjoint.currents.blocks_mut())
            }
        }
    }

    /// Adds dW1 of the sample, whose adjoint currents are in `adjoint`, to `gradient`.
    pub fn hidden_gradient(self, adjoint: &mut Adjoint, gradient: &mut Matrix) {
        let Adjoint { currents, units } = adjoint;
        if by_unit::pays(self.input, gradient.rows()) {
            units.sort(self.input, self.first..self.last, gradient.rows());
            add_units(units, currents, gradient);
        } else {
            hidden_gradient(self, currents.blocks(), gradient);
        }
    }
}

/// dW2: u and f of one block of classes.
#[kernel(simd: S)]
fn readout_gradient(pass: Pass, block: usize, gradient: &mut Matrix) {
    let mut by_readout = ByReadout { voltage: [simd.splat(0.0)], current: [simd.splat(0.0)] };
    let inject = |by_readout: &mut ByReadout<S, 1>, step| {
        if let Some(slopes) = pass.output.at(step) {
            by_readout.voltage[0] = simd.add(by_readout.voltage[0], simd.load(&slopes[block]));
        }
    };
    inject(&mut by_readout, pass.last);
    for step in (pass.first..pass.last).rev() {
        add_to_rows(simd, gradient, block, pass.trace.hidden_spikes(step), by_readout.current);
        by_readout.decay(simd, pass.lif);
        inject(&mut by_readout, step);
    }
}

/// The adjoint currents of the hidden neurons, group by group.
fn by_groups(pass: Pass, slope: impl Slope, currents: &mut [Block]) {
    let blocks = pass.trace.hidden_blocks;
    for first in (0..blocks).step_by(GROUP) {
        match blocks - first {
            1 => group_of::<1>(pass, slope, first, currents),
            2 => group_of::<2>(pass, slope, first, currents),
            3 => group_of::<3>(pass, slope, first, currents),
            _ => group_of::<GROUP>(pass, slope, first, currents),
        }
    }
}

#[kernel(simd: S)]
fn group_of<const WIDTH: usize>(pass: Pass, slope: impl Slope, first: usize, currents: &mut [Block]) {
    let blocks = pass.trace.hidden_blocks;
    let mut group = Group::<S, WIDTH>::new(simd);
    group.inject(simd, pass, first, pass.last);
    let mut place = first;
    for step in (pass.first..pass.last).rev() {
        if !pass.input.at(step).is_empty() {
            let record: &mut [Block; WIDTH] = blocks_at_mut(currents, place);
            for (neurons, record) in group.neurons.iter().zip(record) {
                simd.store(neurons.current, record);
            }
            place += blocks;
        }
        let membrane = blocks_at(&pass.trace.membrane, step * blocks + first);
        in_place(simd, || group.step(simd, pass.lif, slope, membrane));
        group.inject(simd, pass, first, step);
    }
}

/// dW1 from the adjoint currents of the steps with input.
#[kernel(simd: S)]
fn hidden_gradient(pass: Pass, currents: &[Block], gradient: &mut Matrix) {
    let blocks = pass.trace.hidden_blocks;
    let mut place = 0;
    for step in (pass.first..pass.last).rev() {
        let rows = pass.input.at(step);
        if rows.is_empty() {
            continue;
        }
        let currents = &currents[place..place + blocks];
        place += blocks;
        for first in (0..blocks).step_by(ROW_PART) {
            match blocks - first {
                1 => add_currents::<S, 1>(simd, gradient, first, rows, currents),
                2 => add_currents::<S, 2>(simd, gradient, first, rows, currents),
                3 => add_currents::<S, 3>(simd, gradient, first, rows, currents),
                4 => add_currents::<S, 4>(simd, gradient, first, rows, currents),
                5 => add_currents::<S, 5>(simd, gradient, first, rows, currents),
                6 => add_currents::<S, 6>(simd, gradient, first, rows, currents),
                7 => add_currents::<S, 7>(simd, gradient, first, rows, currents),
                _ => add_currents::<S, ROW_PART>(simd, gradient, first, rows, currents),
            }
        }
    }
}

#[inline(always)]
fn add_currents<S: Simd, const WIDTH: usize>(
    simd: S,
    gradient: &mut Matrix,
    first: usize,
    rows: &[u16],
    currents: &[Block],
) {
    let currents: &[Block; WIDTH] = blocks_at(currents, first);
    add_to_rows(simd, gradient, first, rows, currents.each_ref().map(|block| simd.load(block)));
}

/// Voltage and current adjoints of the readout, as the classes see them (u, f) or as hidden neurons do (P, Q).
#[derive(Clone, Copy)]
struct ByReadout<S: Simd, const WIDTH: usize> {
    voltage: [S::Wide; WIDTH],
    current: [S::Wide; WIDTH],
}

impl<S: Simd, const WIDTH: usize> ByReadout<S, WIDTH> {
    /// From t + 1 to t, the injection left out.
    #[inline(always)]
    fn decay(&mut self, simd: S, lif: LifParams) {
        let (a, b) = (simd.splat(lif.synapse_decay), simd.splat(lif.membrane_decay));
        for block in 0..WIDTH {
            self.current[block] = simd.add(simd.mul(self.current[block], a), self.voltage[block]);
            self.voltage[block] = simd.mul(self.voltage[block], b);
        }
    }
}

/// The adjoint of some blocks of hidden neurons.
struct Group<S: Simd, const WIDTH: usize> {
    neurons: [LifAdjoint<S::Wide>; WIDTH],
    by_readout: ByReadout<S, WIDTH>,
}

impl<S: Simd, const WIDTH: usize> Group<S, WIDTH> {
    #[inline(always)]
    fn new(simd: S) -> Group<S, WIDTH> {
        let zero = simd.splat(0.0);
        Group {
            neurons: [LifAdjoint { membrane: zero, current: zero }; WIDTH],
            by_readout: ByReadout { voltage: [zero; WIDTH], current: [zero; WIDTH] },
        }
    }

    /// From t + 1 to t, the injection left out; `membrane` is V\[t\].
    #[inline(always)]
    fn step(&mut self, simd: S, lif: LifParams, slope: impl Slope, membrane: &[Block; WIDTH]) {
        for block in 0..WIDTH {
            let membrane = simd.load(&membrane[block]);
            let by_spike = self.by_readout.current[block];
            lif_adjoint_step(simd, lif, &mut self.neurons[block], membrane, by_spike, slope.at(simd, membrane));
        }
        self.by_readout.decay(simd, lif);
    }

    /// Adds the projection of dL/dU\[step\] to P, of the blocks from `first` on.
    #[inline(always)]
    fn inject(&mut self, simd: S, pass: Pass, first: usize, step: usize) {
        let Some(slopes) = pass.output.at(step) else { return };
        for class in 0..pass.readout_transposed.rows() {
            let slope = slopes[class / LANES][class % LANES];
            if slope != 0.0 {
                let weights: &[Block; WIDTH] = blocks_at(pass.readout_transposed.row(class), first);
                for (voltage, weights) in self.by_readout.voltage.iter_mut().zip(weights) {
                    *voltage = simd.add(*voltage, simd.mul(simd.load(weights), simd.splat(slope)));
                }
            }
        }
    }
}
