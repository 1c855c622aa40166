//! Measures accuracy and activity on samples without training.

use ohmspike_rng::Seed;
use ohmspike_simd::{Block, Executor, Task, blocks_for};

use crate::activity::Activity;
use crate::calibrate::calibrate;
use crate::connection::Connection;
use crate::forward::{FirstDraws, Layer, Trace, forward_drawn};
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
/// processes the samples in parts. Stores only change their read state: telegraph noise advances and reads are counted.
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
                test.answer(network, layers, samples, sample, (seed, None), &mut trace);
            }
        })
    });
    executor.run(tasks.collect());
    let mut all = Test::new(network, stores);
    tests.iter().for_each(|test| all.add(test));
    all.reads.hand_over(stores);
    all.activity
}

/// Evaluates several states of the weights of one network on this thread, with the same streams of read noise for each.
///
/// Each state has the weights of each connection, and gets the result of [`evaluate`]. Draws that all states share are
/// made once. Reads are not counted.
pub fn evaluate_states(
    network: &Network,
    states: &mut [Vec<&mut dyn WeightStore>],
    samples: &Samples,
    count: usize,
    seed: Seed,
) -> Vec<Activity> {
    let new = || Test { activity: Activity::new(network.classes), reads: ReadCounts::default() };
    let mut tests: Vec<Test> = states.iter().map(|_| new()).collect();
    let mut trace = Trace::of_spikes(network);
    let noisy = |stores: &Vec<&mut dyn WeightStore>| stores[0].layer().read_variance.is_some();
    if states.len() < 2 || states.iter().any(|stores| have_read_state(stores)) || !states.iter().all(noisy) {
        for (test, stores) in tests.iter_mut().zip(states) {
            test.answer_all(network, stores, samples, count, seed, (&mut trace, &mut |_| {}));
        }
        return tests.into_iter().map(|test| test.activity).collect();
    }
    let copies: Vec<PairedCopies> = states.iter().map(|stores| PairedCopies::of(stores)).collect();
    let layers: Vec<Vec<Layer>> = copies.iter().zip(&*states).map(|(copies, stores)| copies.layers(stores)).collect();
    let columns = blocks_for(network.shape(Connection::Feedforward(0)).1);
    let count = count.min(samples.spikes.len());
    let mut draws = FirstDraws::default();
    for first in (0..count).step_by(SAMPLES_OF_DRAWS) {
        let chosen = first..(first + SAMPLES_OF_DRAWS).min(count);
        let input = |sample: usize| (samples.spikes.sample(sample), seed.numbered(sample as u64));
        draws.draw(columns, chosen.clone().map(input));
        for (test, layers) in tests.iter_mut().zip(&layers) {
            for sample in chosen.clone() {
                let read = (seed, Some(draws.of(sample - first)));
                test.answer(network, layers, samples, sample, read, &mut trace);
            }
        }
    }
    tests.into_iter().map(|test| test.activity).collect()
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

/// Samples whose draws are kept: few enough that they stay in the second-level cache next to the weights.
const SAMPLES_OF_DRAWS: usize = 16;
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
                watch(&self.answer(network, &layers(stores), samples, sample, (seed, None), trace));
            }
        } else {
            let copies = PairedCopies::of(stores);
            let layers = copies.layers(stores);
            for sample in chosen {
                watch(&self.answer(network, &layers, samples, sample, (seed, None), trace));
            }
        }
    }

    fn answer<'a>(
        &mut self,
        network: &Network,
        layers: &[Layer],
        samples: &'a Samples,
        sample: usize,
        (seed, drawn): (Seed, Option<&[Block]>),
        trace: &'a mut Trace,
    ) -> Answer<'a> {
        let input = samples.spikes.sample(sample);
        forward_drawn(network, layers, input, (seed.numbered(sample as u64), drawn), trace);
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
