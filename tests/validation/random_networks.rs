//! Compares larger random networks with the dense float64 network: hidden sizes that are not multiples of 16, both
//! losses, both surrogates.

use ohmspike_rng::{Philox, Seed};

use crate::dense::{Loss, Network, Response, Sample, Surrogate};
use crate::spiking::{Spiking, assert_same_gradient, assert_same_response};

const SAMPLES: usize = 12;
const STEPS: usize = 100;
/// Every fourth hidden neuron is inhibitory.
const EXCITATORY_FRACTION: f64 = 0.75;

fn uniform(stream: &mut Philox) -> f64 {
    f64::from(stream.next_u32()) / 4_294_967_296.0
}

/// Weights are float32 numbers, so only the arithmetic differs.
fn random_network(
    (inputs, hidden, classes): (usize, usize, usize),
    loss: Loss,
    surrogate: Surrogate,
    seed: Seed,
) -> Network {
    let mut stream = seed.stream();
    let excitatory = (hidden as f64 * EXCITATORY_FRACTION) as usize;
    let mut matrix = |rows: usize, columns: usize, scale: f64, excitatory: usize| {
        let mut weight = |sign: f64| f64::from((sign * scale * uniform(&mut stream)) as f32);
        let mut row = |row| (0..columns).map(|_| weight(if row < excitatory { 1.0 } else { -1.0 })).collect();
        (0..rows).map(&mut row).collect::<Vec<Vec<f64>>>()
    };
    // An input spikes every ten steps; with 60 inputs and decays of 0.82, the mean voltage is near the threshold.
    Network {
        w1: matrix(inputs, hidden, 8.0 / inputs as f64 * 0.04 / 0.1, inputs),
        w2: matrix(hidden, classes, 0.2, excitatory),
        synapse_decay: f64::from((-0.2f64).exp() as f32),
        membrane_decay: f64::from((-0.2f64).exp() as f32),
        loss,
        surrogate,
    }
}

/// On average, one in ten inputs is active per step, with 1 to `most` spikes.
fn random_samples(inputs: usize, classes: usize, most: u32, seed: Seed) -> Vec<Sample> {
    let mut stream = seed.stream();
    let mut sample = |number| {
        let mut count = || {
            let active = uniform(&mut stream) < 0.1;
            let more = if most > 1 { (f64::from(most) * uniform(&mut stream)) as u32 } else { 0 };
            if active { 1 + more } else { 0 }
        };
        let mut step = || (0..inputs).map(|_| count()).collect();
        Sample { spikes: (0..STEPS).map(|_| step()).collect(), label: number % classes }
    };
    (0..SAMPLES).map(&mut sample).collect()
}

fn check(sizes: (usize, usize, usize), loss: Loss, surrogate: Surrogate, seed: u64) {
    check_counts(sizes, 1, loss, surrogate, seed);
}

fn check_counts(sizes: (usize, usize, usize), most: u32, loss: Loss, surrogate: Surrogate, seed: u64) {
    let seed = Seed::new(seed);
    let what = format!("{sizes:?}, inputs up to {most}, {loss:?}, {surrogate:?}");
    let mut network = random_network(sizes, loss, surrogate, seed.named("network"));
    // The mean input equals that of single spikes, so voltages are as close to the threshold; weights remain float32.
    let mean = f64::from(1 + most) / 2.0;
    network.w1.iter_mut().flatten().for_each(|weight| *weight = f64::from((*weight / mean) as f32));
    let samples = random_samples(sizes.0, sizes.2, most, seed.named("samples"));
    let responses: Vec<Response> = samples.iter().map(|sample| network.respond(sample)).collect();
    let decided: Vec<usize> = (0..SAMPLES).filter(|&number| responses[number].decided).collect();
    assert!(decided.len() > SAMPLES / 2, "{what}: only {} of {SAMPLES} samples are decided", decided.len());

    let samples: Vec<Sample> = decided.iter().map(|&number| samples[number].clone()).collect();
    let responses: Vec<Response> = decided.iter().map(|&number| responses[number].clone()).collect();
    let spiking = Spiking::new(&network, &samples, (sizes.1 as f64 * EXCITATORY_FRACTION) as usize);
    for (number, response) in responses.iter().enumerate() {
        let spikes = response.hidden_spikes.iter().flatten().filter(|&&spiked| spiked).count();
        assert!(spikes > sizes.1, "{what}: only {spikes} hidden spikes");
        assert_same_response(&format!("{what}: sample {number}"), response, &spiking.trace(number));
    }
    assert_same_gradient(&what, &network.differentiate(&samples, &responses), &spiking.gradient());
}

#[test]
fn max_over_time_with_a_fast_sigmoid() {
    check((60, 40, 10), Loss::Max, Surrogate::FastSigmoid(100.0), 1);
}

#[test]
fn max_over_time_with_an_exponential() {
    check((60, 40, 10), Loss::Max, Surrogate::Exponential(100.0), 2);
}

#[test]
fn per_step_with_a_fast_sigmoid() {
    check((60, 40, 10), Loss::PerStep, Surrogate::FastSigmoid(100.0), 3);
}

#[test]
fn per_step_with_an_exponential() {
    check((60, 40, 10), Loss::PerStep, Surrogate::Exponential(100.0), 4);
}

#[test]
fn more_classes_than_a_block_and_whole_blocks_of_hidden_neurons() {
    check((40, 16, 20), Loss::Max, Surrogate::FastSigmoid(100.0), 5);
    check((40, 17, 17), Loss::PerStep, Surrogate::Exponential(25.0), 6);
}

#[test]
fn inputs_of_k_scale_currents_and_gradients_by_k() {
    check_counts((40, 16, 20), 3, Loss::Max, Surrogate::FastSigmoid(100.0), 5);
    check_counts((40, 17, 17), 4, Loss::PerStep, Surrogate::Exponential(25.0), 6);
}
