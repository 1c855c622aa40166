//! The result of training does not depend on the executor.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use ohmspike_rng::Seed;
use ohmspike_simd::{Executor, Serial, Task};
use ohmspike_snn::activity::Activity;
use ohmspike_snn::connection::Connection;
use ohmspike_snn::evaluate::evaluate;
use ohmspike_snn::initial;
use ohmspike_snn::network::Dynamics;
use ohmspike_snn::network::{HiddenLayer, Network};
use ohmspike_snn::neuron::Neuron;
use ohmspike_snn::spikes::{Samples, SpikeTrains};
use ohmspike_snn::train::{EpochReport, Streams, Trainer, Training};
use ohmspike_snn::weights::{DigitalWeights, WeightStore};
use ohmspike_study::pool::Pool;

const SAMPLES: usize = 700;
const STEPS: usize = 25;

/// Reports a different parallelism at every call, and runs tasks in reverse order, one per thread.
#[derive(Debug)]
struct Restless {
    most: usize,
    asked: AtomicUsize,
}

impl Executor for Restless {
    fn parallelism(&self) -> usize {
        1 + self.asked.fetch_add(1, Ordering::Relaxed) % self.most
    }

    fn run(&self, jobs: Vec<Task>) {
        thread::scope(|scope| jobs.into_iter().rev().for_each(|job| _ = scope.spawn(job)));
    }
}

/// Samples with random spikes; every seventh is silent.
fn samples(inputs: usize, classes: usize) -> Samples {
    let mut spikes = SpikeTrains::new(inputs, STEPS).expect("few units");
    for sample in 0..SAMPLES {
        let mut words = Seed::new(3).named("input").numbered(sample as u64).stream();
        let spiking: Vec<bool> =
            (0..STEPS * inputs).map(|_| sample % 7 != 0 && words.next_u32().is_multiple_of(33)).collect();
        spikes.push_raster(|step, unit| spiking[step * inputs + unit]).expect("few spikes");
    }
    Samples { spikes, labels: (0..SAMPLES).map(|sample| (sample % classes) as u8).collect() }
}

/// Runs two epochs and a test with noise on both layers. Returns reports, counts and the bits of the weights and of the
/// last noise.
fn trained(
    network: &Network,
    samples: &Samples,
    batch: usize,
    executor: &dyn Executor,
) -> (Vec<EpochReport>, Activity, Vec<u32>) {
    let store = |connection: Connection| {
        let (signs, (_, columns)) = (network.signs(connection), network.shape(connection));
        let sigma = if connection == Connection::Feedforward(0) { 0.05 } else { 0.1 };
        let first = initial::weights(&signs, columns, sigma, Seed::new(3).numbered(connection.stream()));
        DigitalWeights::noisy(first, signs, 0.001)
    };
    let mut weights: Vec<DigitalWeights> = network.connections().map(store).collect();
    let mut stores: Vec<&mut dyn WeightStore> = weights.iter_mut().map(|store| store as _).collect();
    let mut trainer = Trainer::new(network, Training { batch, learning_rate: 0.1 }, executor);
    let streams = Streams::from_seed(Seed::new(3));
    let mut epoch = |number| trainer.epoch(samples, &mut stores, &streams, number).expect("converges");
    let reports = vec![epoch(0), epoch(1)];
    let activity = evaluate(network, &mut stores, samples, SAMPLES, Seed::new(4), executor);
    let bits = weights.iter().flat_map(|store| store.weights().cells().chain(store.last_noise()).map(f32::to_bits));
    (reports, activity, bits.collect())
}

/// Networks with one layer, and with several layers of all kinds.
fn networks() -> Vec<(Network, usize)> {
    let dynamics = Dynamics::default();
    let sizes = [(700, 20, 3, 150), (300, 130, 20, 200), (784, 100, 10, 64), (100, 300, 2, 65)];
    let mut networks: Vec<(Network, usize)> = sizes
        .into_iter()
        .map(|(inputs, hidden, classes, batch)| {
            (Network::new(inputs, hidden, classes, 0.8, STEPS, &dynamics).expect("valid"), batch)
        })
        .collect();
    let layer = |neurons, recurrent| HiddenLayer { recurrent, ..HiddenLayer::new(neurons, 0.8).expect("valid") };
    let hidden = vec![layer(40, true), layer(20, false), layer(17, false)];
    let deep = Network::from_layers(300, hidden, 3, STEPS, &dynamics).expect("valid");
    networks.push((deep.clone(), 150));
    networks.push((Network { neuron: Neuron::Izhikevich, ..deep }, 150));
    networks
}

#[test]
fn results_do_not_depend_on_the_executor() {
    for (network, batch) in networks() {
        let samples = samples(network.inputs, network.classes);
        let alone = trained(&network, &samples, batch, &Serial);
        assert!(alone.1.total().spikes_per_sample() > 1.0, "{network:?}: too few spikes");
        for most in [2, 3, 7] {
            let executor = Restless { most, asked: AtomicUsize::new(0) };
            assert!(trained(&network, &samples, batch, &executor) == alone, "{network:?}, up to {most} at a time");
        }
        let pool = Pool::new(3).expect("threads");
        let in_pool = pool.on_one(|| trained(&network, &samples, batch, &pool));
        assert!(in_pool == alone, "{network:?}, a pool");
    }
}
