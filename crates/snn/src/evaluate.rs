//! Accuracy and activity on samples that are not learnt from.

use seed::Seed;

use crate::activity::Activity;
use crate::forward::{Trace, forward};
use crate::loss::{maxima, predicted};
use crate::network::Network;
use crate::read_counts::ReadCounts;
use crate::spikes::Samples;
use crate::weights::{WeightStore, present};

/// Runs the first `count` of `samples` (at most all) and counts predictions and hidden spikes. `seed` opens the streams
/// of the read noise, one a sample. The stores change only where reading changes them: slow noise moves on, and reads are
/// counted.
pub fn evaluate(
    network: &Network,
    hidden: &mut dyn WeightStore,
    readout: &mut dyn WeightStore,
    samples: &Samples,
    count: usize,
    seed: Seed,
) -> Activity {
    let mut activity = Activity::new(network.classes);
    let mut trace = Trace::new(network);
    let mut reads = ReadCounts::new(network, hidden, readout);
    for sample in 0..count.min(samples.spikes.len()) {
        let (input, read) = (samples.spikes.sample(sample), seed.numbered(sample as u64));
        present(hidden, readout, read);
        forward(network, hidden.layer(), readout.layer(), input, read, &mut trace);
        reads.count(input, &trace);
        let label = usize::from(samples.labels[sample]);
        let correct = predicted(&maxima(trace.readout(), network.classes)) == label;
        activity.count(label, correct, trace.all_hidden_spikes(), network.excitatory);
    }
    reads.hand_over(hidden, readout);
    activity
}
