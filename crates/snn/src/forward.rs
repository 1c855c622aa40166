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

use crate::network::Network;
use crate::spikes::SpikeTrain;
use reading::Reading;
use state::State;

pub use crate::trace::{LayerTrace, Trace};
pub use reading::Layer;

mod currents;
mod hidden;
mod reading;
mod readout;
pub(crate) mod state;
mod steps;

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
    let mut readings =
        network.connections().zip(layers).map(|(connection, &layer)| Reading::new(layer, connection, read));
    let mut next = || readings.next().expect("a layer for every connection");
    let mut state = std::mem::take(&mut trace.state);
    let State { draws, hidden, .. } = &mut state;
    for (number, (layer, state)) in network.hidden.iter().zip(hidden).enumerate() {
        let feedforward = next();
        let recurrent = layer.recurrent.then(&mut next);
        let (below, own) = trace.hidden.split_at_mut(number);
        let heard = below.last().map_or(input, LayerTrace::spikes);
        hidden::run(network, feedforward, recurrent, heard, draws, state, &mut own[0]);
    }
    readout::run(network, next(), &mut state, trace);
    trace.state = state;
}
