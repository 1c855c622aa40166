//! Accuracy and activity on samples that are not learnt from.

use seed::Seed;

use crate::activity::Activity;
use crate::forward::{Trace, forward};
use crate::loss::{maxima, predicted};
use crate::network::Network;
use crate::spikes::Samples;
use crate::weights::WeightStore;

/// Runs the first `count` of `samples` (at most all) and counts predictions and hidden spikes. `seed` opens the streams
/// of the read noise, one a sample.
pub fn evaluate(
    network: &Network,
    hidden: &dyn WeightStore,
    readout: &dyn WeightStore,
    samples: &Samples,
    count: usize,
    seed: Seed,
) -> Activity {
    let mut activity = Activity::new(network.classes);
    let mut trace = Trace::new(network);
    let (hidden, readout) = (hidden.layer(), readout.layer());
    for sample in 0..count.min(samples.spikes.len()) {
        forward(network, hidden, readout, samples.spikes.sample(sample), seed.numbered(sample as u64), &mut trace);
        let label = usize::from(samples.labels[sample]);
        let correct = predicted(&maxima(trace.readout(), network.classes)) == label;
        activity.count(label, correct, trace.all_hidden_spikes(), network.excitatory);
    }
    activity
}
