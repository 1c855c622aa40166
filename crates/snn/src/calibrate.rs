//! Calibrates stores on a batch, for example the ranges of converters.

use ohmspike_rng::Seed;

use crate::connection::Connection;
use crate::forward::{Layer, Trace, forward};
use crate::network::Network;
use crate::read_path::ReadPath;
use crate::reads::Reads;
use crate::spikes::{Samples, SpikeTrain};
use crate::weights::{WeightStore, begin_sample};

/// Calibrates the stores that need it on the `chosen` samples, connection by connection. Each connection receives the
/// spikes that the already calibrated connections produce. `read` opens the streams of read noise.
pub(crate) fn calibrate(
    network: &Network,
    samples: &Samples,
    chosen: &[u32],
    stores: &mut [&mut dyn WeightStore],
    read: Seed,
) {
    for (place, connection) in network.connections().enumerate() {
        if !stores[place].read_path().is_some_and(ReadPath::needs_calibration) {
            continue;
        }
        let reads = match connection {
            Connection::Feedforward(0) => {
                let mut reads = Reads::default();
                for &sample in chosen {
                    push_active(&mut reads, samples.spikes.sample(sample as usize));
                }
                reads
            }
            Connection::Feedforward(layer) => {
                let read = read.named("hidden").numbered(connection.stream());
                spikes_of(network, samples, chosen, stores, place, layer - 1, read)
            }
            Connection::Recurrent(layer) => {
                let read = read.named("hidden").numbered(connection.stream());
                spikes_of(network, samples, chosen, stores, place, layer, read)
            }
            Connection::Readout => spikes_of(network, samples, chosen, stores, place, network.hidden.len() - 1, read),
        };
        if let Some(path) = stores[place].read_path_mut() {
            path.calibrate(&reads);
        }
    }
    stores.iter_mut().filter_map(|store| store.read_path_mut()).for_each(|path| path.forget_conversions());
}

/// Returns the spikes of a hidden `layer`. Connections from `place` on are read without converters, because these are
/// not calibrated yet and do not affect the result. A recurrent layer is calibrated as if its own connection were
/// exact.
fn spikes_of(
    network: &Network,
    samples: &Samples,
    chosen: &[u32],
    stores: &mut [&mut dyn WeightStore],
    place: usize,
    layer: usize,
    read: Seed,
) -> Reads {
    let (mut reads, mut trace) = (Reads::default(), Trace::new(network));
    for (position, &sample) in chosen.iter().enumerate() {
        let (input, read) = (samples.spikes.sample(sample as usize), read.numbered(position as u64));
        begin_sample(network, stores, read);
        let mut layers: Vec<Layer> = stores.iter().map(|store| store.layer()).collect();
        layers[place..].iter_mut().for_each(|layer| (layer.converter, layer.column_gain) = (None, None));
        forward(network, &layers, input, read, &mut trace);
        push_active(&mut reads, trace.hidden[layer].spikes());
    }
    reads
}

/// Appends the active rows of every step that has any.
fn push_active(reads: &mut Reads, spikes: SpikeTrain) {
    spikes.by_step().filter(|rows| !rows.is_empty()).for_each(|rows| reads.push(rows));
}
