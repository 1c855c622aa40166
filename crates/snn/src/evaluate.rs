//! Measures accuracy and activity on samples without training.

use ohmspike_rng::Seed;
use ohmspike_simd::{Executor, Task};

use crate::activity::Activity;
use crate::calibrate::calibrate;
use crate::forward::{Layer, Trace, forward};
use crate::network::Network;
use crate::paired::PairedCopies;
use crate::read_counts::ReadCounts;
use crate::spikes::{Samples, SpikeTrain};
use crate::weights::{WeightStore, begin_sample, have_read_state, layers};

/// Result of one sample.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// Index of the sample.
    pub sample: usize,
    /// Class of the sample.
    pub label: usize,
    /// Predicted class.
    pub predicted: usize,
    /// Input spikes.
    pub input: SpikeTrain<'a>,
    /// Voltages and spikes of the network.
    pub trace: &'a Trace,
}

/// Evaluates the first `count` of `samples` (at most all) and counts predictions and hidden spikes.
///
/// `stores` has the weights of each connection. `seed` opens one stream of read noise per sample. The `executor`
/// processes the samples in parts. Stores only change their read state: slow noise advances and reads are counted.
pub fn evaluate(
    network: &Network,
    stores: &mut [&mut dyn WeightStore],
    samples: &Samples,
    count: usize,
    seed: Seed,
    executor: &dyn Executor,
) -> Activity {
    if executor.parallelism() == 1 || have_read_state(stores) {
        let mut test = Test::new(network, stores);
        test.answer_all(network, stores, samples, count, seed, (&mut Trace::of_spikes(network), &mut |_| {}));
        test.reads.hand_over(stores);
        return test.activity;
    }
    let count = count.min(samples.spikes.len());
    let starts: Vec<usize> = (0..count).step_by(SAMPLES_OF_TEST).collect();
    let mut tests = vec![Test::new(network, stores); starts.len()];
    let copies = PairedCopies::of(stores);
    let layers = &copies.layers(stores)[..];
    let tasks = tests.iter_mut().zip(&starts).map(|(test, &start)| -> Task {
        Box::new(move || {
            let mut trace = Trace::of_spikes(network);
            for sample in start..(start + SAMPLES_OF_TEST).min(count) {
                test.answer(network, layers, samples, sample, seed, &mut trace);
            }
        })
    });
    executor.run(tasks.collect());
    let mut all = Test::new(network, stores);
    tests.iter().for_each(|test| all.add(test));
    all.reads.hand_over(stores);
    all.activity
}

/// Same as [`evaluate`] on this thread, without a count of reads for the energy of the stores.
pub fn evaluate_uncounted(
    network: &Network,
    stores: &mut [&mut dyn WeightStore],
    samples: &Samples,
    count: usize,
    seed: Seed,
) -> Activity {
    let mut test = Test { activity: Activity::new(network.classes), reads: ReadCounts::default() };
    test.answer_all(network, stores, samples, count, seed, (&mut Trace::of_spikes(network), &mut |_| {}));
    test.activity
}

/// Runs [`evaluate`] on this thread and passes every result, with all voltages, to `watch`.
pub fn evaluate_watched(
    network: &Network,
    stores: &mut [&mut dyn WeightStore],
    samples: &Samples,
    count: usize,
    seed: Seed,
    watch: &mut dyn FnMut(&Answer),
) -> Activity {
    let mut test = Test::new(network, stores);
    test.answer_all(network, stores, samples, count, seed, (&mut Trace::new(network), watch));
    test.reads.hand_over(stores);
    test.activity
}

/// Samples per task, evaluated sequentially.
const SAMPLES_OF_TEST: usize = 512;

/// Counts of an evaluation.
#[derive(Clone, Debug)]
struct Test {
    activity: Activity,
    reads: ReadCounts,
}

impl Test {
    fn new(network: &Network, stores: &[&mut dyn WeightStore]) -> Test {
        Test { activity: Activity::new(network.classes), reads: ReadCounts::new(network, stores) }
    }

    /// Runs the first `count` samples one after another in the buffers of `trace` and passes every result to `watch`.
    fn answer_all(
        &mut self,
        network: &Network,
        stores: &mut [&mut dyn WeightStore],
        samples: &Samples,
        count: usize,
        seed: Seed,
        (trace, watch): (&mut Trace, &mut dyn FnMut(&Answer)),
    ) {
        let chosen = 0..count.min(samples.spikes.len());
        if have_read_state(stores) {
            for sample in chosen {
                begin_sample(network, stores, seed.numbered(sample as u64));
                watch(&self.answer(network, &layers(stores), samples, sample, seed, trace));
            }
        } else {
            let copies = PairedCopies::of(stores);
            let layers = copies.layers(stores);
            for sample in chosen {
                watch(&self.answer(network, &layers, samples, sample, seed, trace));
            }
        }
    }

    fn answer<'a>(
        &mut self,
        network: &Network,
        layers: &[Layer],
        samples: &'a Samples,
        sample: usize,
        seed: Seed,
        trace: &'a mut Trace,
    ) -> Answer<'a> {
        let input = samples.spikes.sample(sample);
        forward(network, layers, input, seed.numbered(sample as u64), trace);
        self.reads.count(input, trace);
        let (label, predicted) = (usize::from(samples.labels[sample]), trace.predicted());
        self.activity.count(label, predicted == label, trace.all_hidden_spikes(), network.last_hidden().excitatory);
        self.activity.count_below(trace.hidden.split_last().map_or(&[][..], |(_, below)| below));
        Answer { sample, label, predicted, input, trace }
    }

    fn add(&mut self, other: &Test) {
        self.activity += &other.activity;
        self.reads.add(&other.reads);
    }
}

/// Calibrates the stores that need it on the first `count` of `samples`, for an evaluation before training.
pub fn calibrate_untrained(
    network: &Network,
    stores: &mut [&mut dyn WeightStore],
    samples: &Samples,
    count: usize,
    seed: Seed,
) {
    let first: Vec<u32> = (0..count.min(samples.spikes.len()) as u32).collect();
    calibrate(network, samples, &first, stores, seed);
}
