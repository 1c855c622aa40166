//! The forward pass: from input spikes to the readout, driven by events.
//!
//! ```text
//! V[t+1]  =  (b V[t] + I[t]) (1 - S[t])                        hidden neurons, neuron::lif or neuron::izhikevich
//! I[t+1]  =  a I[t] + sum_i x_i[t] W[i] + sum_j S_j[t] R[j] + e1[t]
//! F[t+1]  =  a F[t] + sum_j S_j[t] W2[j] + e2[t]               readout, which never spikes
//! U[t+1]  =  b U[t] + F[t]                                     U[0] = 0
//! e[t]    ~  N(0, sum of the variance of one read over the active rows)
//! ```
//!
//! x are the input spikes of a layer: those of the network's input, or those of the lower layer at the same step. R
//! exists in recurrent layers only. x_i\[t\] and S_j\[t\] are binary, so the sums run over the rows that spiked. The
//! noise term is present if the weights are read from noisy cells; independent Gaussians of the cells of a column add
//! up to one Gaussian per column. With a [`ColumnConverter`](crate::converter::ColumnConverter), each sum is converted
//! tile by tile, including the read noise of the tile.

use ohmspike_rng::Seed;
use ohmspike_simd::Block;

use crate::connection::Connection;
use crate::network::Network;
use crate::spikes::SpikeTrain;
use reading::Reading;
use state::State;

pub use crate::trace::{LayerTrace, Trace};
pub use reading::Layer;

mod currents;
mod hidden;
mod noise;
mod reading;
mod readout;
pub(crate) mod state;
mod steps;
mod wired;

#[cfg(test)]
pub(crate) use readout::find_peaks;

/// Runs one sample through the network and stores voltages and spikes in `trace`.
///
/// `layers` has one entry per connection, in order. `read` opens the streams of read noise of this sample; it is unused
/// if no layer has a read variance.
///
/// # Panics
/// Panics if there are fewer layers than connections.
pub fn forward(network: &Network, layers: &[Layer], input: SpikeTrain, read: Seed, trace: &mut Trace) {
    forward_drawn(network, layers, input, (read, None), trace);
}

/// Same as [`forward`], with the draws of the first connection if they are known.
pub(crate) fn forward_drawn(
    network: &Network,
    layers: &[Layer],
    input: SpikeTrain,
    (read, drawn): (Seed, Option<&[Block]>),
    trace: &mut Trace,
) {
    let mut readings = network.connections().zip(layers).map(|(connection, &layer)| {
        let drawn = drawn.filter(|_| connection == Connection::Feedforward(0));
        Reading { drawn, ..Reading::new(layer, connection, read) }
    });
    let mut next = || readings.next().expect("a layer for every connection");
    let mut state = std::mem::take(&mut trace.state);
    let State { noise, hidden, .. } = &mut state;
    for (number, (layer, state)) in network.hidden.iter().zip(hidden).enumerate() {
        let feedforward = next();
        let recurrent = layer.recurrent.then(&mut next);
        let (below, own) = trace.hidden.split_at_mut(number);
        let heard = below.last().map_or(input, LayerTrace::spikes);
        hidden::run(network, feedforward, recurrent, heard, noise, state, &mut own[0]);
    }
    readout::run(network, next(), &mut state, trace);
    trace.state = state;
}

/// Draws of the read noise of the first connection for some samples, for several states of its weights.
#[derive(Clone, Debug, Default)]
pub(crate) struct FirstDraws {
    blocks: Vec<Block>,
    /// End of each sample in `blocks`.
    ends: Vec<usize>,
}

impl FirstDraws {
    /// Draws for each of the samples with this input and stream; `columns` blocks per step with input.
    pub(crate) fn draw<'a>(&mut self, columns: usize, samples: impl Iterator<Item = (SpikeTrain<'a>, Seed)>) {
        self.ends.clear();
        let mut end = 0;
        for (input, read) in samples {
            let start = end;
            end += input.active_steps() * columns;
            let draws = noise::first_blocks(&mut self.blocks, end);
            read.numbered(Connection::Feedforward(0).stream()).normals().fill(&mut draws[start..]);
            self.ends.push(end);
        }
    }

    /// Returns the draws of the sample at `place` among the last ones.
    pub(crate) fn of(&self, place: usize) -> &[Block] {
        let start = if place == 0 { 0 } else { self.ends[place - 1] };
        &self.blocks[start..self.ends[place]]
    }
}

/// Computes the voltages of the only hidden layer at all steps, after [`forward`] ended early with the same arguments.
pub(crate) fn complete(network: &Network, layers: &[Layer], input: SpikeTrain, read: Seed, trace: &mut Trace) {
    let feedforward = Reading::new(layers[0], Connection::Feedforward(0), read);
    let Trace { hidden, state, .. } = trace;
    hidden[0].ends_when_quiet = false;
    hidden::run(network, feedforward, None, input, &mut state.noise, &mut state.hidden[0], &mut hidden[0]);
    hidden[0].ends_when_quiet = true;
}

#[cfg(test)]
mod tests {
    use ohmspike_simd::Matrix;

    use crate::network::Dynamics;
    use crate::spikes::SpikeTrains;

    use super::*;

    fn matrix(rows: usize, columns: usize, least: f32, most: f32) -> Matrix {
        let part = |row, column| ((37 * row + 101 * column) % 64) as f32 / 63.0;
        Matrix::from_fn(rows, columns, |row, column| least + (most - least) * part(row, column))
    }

    /// Returns spikes step by step and the bits of the largest readout voltages.
    fn outcome(network: &Network, trace: &Trace) -> (Vec<Vec<u16>>, Vec<(usize, u32)>) {
        let peak = |class| (trace.peak(class).0, trace.peak(class).1.to_bits());
        (trace.hidden_spikes_by_step().map(<[u16]>::to_vec).collect(), (0..network.classes).map(peak).collect())
    }

    /// Input ends at different steps. Some neurons spike after the last input, and some classes only have negative
    /// voltages.
    #[test]
    fn a_pass_that_ends_early_has_the_same_spikes_peaks_and_voltages() {
        let (inputs, hidden, classes, steps) = (20, 220, 20, 80);
        let network = Network::new(inputs, hidden, classes, 0.8, steps, &Dynamics::default()).expect("valid");
        let mut trains = SpikeTrains::new(inputs, steps).expect("few units");
        for last in [0, 1, 3, 10, 40, 80] {
            trains.push_raster(|step, unit| step < last && (7 * step + 5 * unit) % 11 == 0).expect("few spikes");
        }
        let (first, readout) = (matrix(inputs, hidden, -0.1, 0.6), matrix(hidden, classes, -0.5, 0.4));
        let (variance, of_readout) = (matrix(inputs, hidden, 0.0, 0.01), matrix(hidden, classes, 0.0, 0.01));
        let (mut early, mut late_spikes) = (0, 0);
        for noisy in [false, true] {
            let layers = [(&first, &variance), (&readout, &of_readout)]
                .map(|(weights, variance)| Layer { read_variance: noisy.then_some(variance), ..Layer::exact(weights) });
            let mut traces = [Trace::new(&network), Trace::of_spikes(&network), Trace::for_training(&network)];
            for sample in 0..trains.len() {
                let (input, read) = (trains.sample(sample), Seed::new(1).numbered(sample as u64));
                traces.iter_mut().for_each(|trace| forward(&network, &layers, input, read, trace));
                let [all, spikes, training] = &mut traces;
                assert_eq!(outcome(&network, spikes), outcome(&network, all), "sample {sample}");
                assert_eq!(outcome(&network, training), outcome(&network, all), "sample {sample}");
                let same =
                    |training: &Trace, steps| (0..steps).all(|step| training.membrane(step) == all.membrane(step));
                let computed = (0..=steps).rev().find(|&steps| training.has_voltages_until(steps)).unwrap_or(0);
                assert!(same(training, computed), "sample {sample}");
                early += usize::from(computed < steps);
                complete(&network, &layers, input, read, training);
                assert!(training.has_voltages_until(steps) && same(training, steps), "sample {sample}");
                assert_eq!(outcome(&network, training), outcome(&network, all), "sample {sample}");
                late_spikes += (0..steps)
                    .filter(|&step| input.none_after(step))
                    .map(|step| all.hidden_spikes(step).len())
                    .sum::<usize>();
            }
        }
        assert!(early >= 6 && late_spikes > 100, "{early} passes end early, {late_spikes} spikes after the last input");
    }
}
