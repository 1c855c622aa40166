//! Accuracy and activity on samples that are not learnt from.

use seed::Seed;

use crate::activity::Activity;
use crate::calibrate::calibrate;
use crate::forward::{Trace, forward};
use crate::loss::{maxima, predicted};
use crate::network::Network;
use crate::read_counts::ReadCounts;
use crate::spikes::{Samples, SpikeTrain};
use crate::weights::{WeightStore, present};

/// What a network made of one sample.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// Number of the sample.
    pub sample: usize,
    /// Its class.
    pub label: usize,
    /// The class that the readout chose.
    pub predicted: usize,
    /// Its spikes.
    pub input: SpikeTrain<'a>,
    /// What they left in the network.
    pub trace: &'a Trace,
}

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
    evaluate_watched(network, hidden, readout, samples, count, seed, &mut |_| {})
}

/// [`evaluate`], with every answer shown to `watch`.
pub fn evaluate_watched(
    network: &Network,
    hidden: &mut dyn WeightStore,
    readout: &mut dyn WeightStore,
    samples: &Samples,
    count: usize,
    seed: Seed,
    watch: &mut dyn FnMut(&Answer),
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
        let predicted = predicted(&maxima(trace.readout(), network.classes));
        activity.count(label, predicted == label, trace.all_hidden_spikes(), network.excitatory);
        watch(&Answer { sample, label, predicted, input, trace: &trace });
    }
    reads.hand_over(hidden, readout);
    activity
}

/// Calibrates the stores that need it on the first `count` of `samples`, for a test before any training.
pub fn calibrate_untrained(
    network: &Network,
    hidden: &mut dyn WeightStore,
    readout: &mut dyn WeightStore,
    samples: &Samples,
    count: usize,
    seed: Seed,
) {
    let first: Vec<u32> = (0..count.min(samples.spikes.len()) as u32).collect();
    calibrate(network, samples, &first, hidden, readout, seed, &mut Trace::new(network));
}
