//! Setting what a store sets by measurement, as the ranges of converters are, on a batch.

use seed::Seed;

use crate::forward::{Layer, Trace, forward};
use crate::network::Network;
use crate::reads::Reads;
use crate::spikes::Samples;
use crate::weights::{WeightStore, present};

/// Calibrates the stores that need it on the `chosen` samples: first the hidden layer on the input spikes, then the
/// readout on the spikes of the calibrated hidden layer. `read` opens the streams of its reads.
pub(crate) fn calibrate(
    network: &Network,
    samples: &Samples,
    chosen: &[u32],
    hidden: &mut dyn WeightStore,
    readout: &mut dyn WeightStore,
    read: Seed,
) {
    if hidden.needs_calibration() {
        let mut reads = Reads::default();
        for &sample in chosen {
            let input = samples.spikes.sample(sample as usize);
            push_active(&mut reads, (0..network.steps).map(|step| input.at(step)));
        }
        hidden.calibrate(&reads);
    }
    if readout.needs_calibration() {
        let (mut reads, mut trace) = (Reads::default(), Trace::new(network));
        for (position, &sample) in chosen.iter().enumerate() {
            let (input, read) = (samples.spikes.sample(sample as usize), read.numbered(position as u64));
            present(hidden, readout, read);
            // What the readout gives out is not looked at, and its converters are not set yet.
            let unset = Layer { converter: None, ..readout.layer() };
            forward(network, hidden.layer(), unset, input, read, &mut trace);
            push_active(&mut reads, (0..network.steps).map(|step| trace.hidden_spikes(step)));
        }
        readout.calibrate(&reads);
    }
}

/// Appends the rows of every step in which one is active.
fn push_active<'a>(reads: &mut Reads, steps: impl Iterator<Item = &'a [u16]>) {
    steps.filter(|rows| !rows.is_empty()).for_each(|rows| reads.push(rows));
}
