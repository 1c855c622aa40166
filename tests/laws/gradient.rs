//! The gradient of the readout weights equals a finite difference of the loss. No spike depends on these weights, so
//! the loss is smooth except where the step of a maximum changes.

use ohmspike_rng::Seed;
use ohmspike_simd::Matrix;
use ohmspike_snn::forward::{Trace, forward};
use ohmspike_snn::loss::Loss;
use ohmspike_snn::network::Network;
use ohmspike_snn::spikes::{Samples, SpikeTrains};
use ohmspike_snn::train::{Trainer, Training};
use ohmspike_snn::weights::WeightStore;

use crate::small::{HIDDEN, network, prepared, settings};

const CLASSES: usize = 10;

/// Returns the float64 loss for the hidden spikes in `trace`, with the steps of the maxima.
fn loss(network: &Network, w2: &[Vec<f64>], trace: &Trace, label: usize) -> (f64, Vec<usize>) {
    let (a, b) = (f64::from(network.synapse_decay), f64::from(network.membrane_decay));
    let (mut u, mut f) = ([0.0; CLASSES], [0.0; CLASSES]);
    let mut readout = vec![u];
    for step in 0..network.steps {
        for k in 0..CLASSES {
            u[k] = b * u[k] + f[k];
            let sum: f64 = trace.hidden_spikes(step).iter().map(|&j| w2[usize::from(j)][k]).sum();
            f[k] = a * f[k] + sum;
        }
        readout.push(u);
    }
    let cross_entropy = |u: &[f64]| {
        let largest = u.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        u.iter().map(|u| (u - largest).exp()).sum::<f64>().ln() + largest - u[label]
    };
    match network.loss {
        Loss::MaxOverTime => {
            let best = |k: usize| {
                (0..readout.len()).fold(0, |best, t| if readout[t][k] > readout[best][k] { t } else { best })
            };
            let steps: Vec<usize> = (0..CLASSES).map(best).collect();
            let maxima: Vec<f64> = steps.iter().enumerate().map(|(k, &t)| readout[t][k]).collect();
            (cross_entropy(&maxima), steps)
        }
        Loss::PerStep => (readout[1..].iter().map(|u| cross_entropy(u)).sum::<f64>() / network.steps as f64, vec![]),
    }
}

/// Returns the largest voltage that a unit readout weight causes for the neuron's spikes.
fn response(network: &Network, trace: &Trace, neuron: u16) -> f64 {
    let (a, b) = (f64::from(network.synapse_decay), f64::from(network.membrane_decay));
    let (mut u, mut f, mut largest) = (0.0, 0.0, 0.0f64);
    for step in 0..network.steps {
        (u, f) = (b * u + f, a * f + f64::from(u8::from(trace.hidden_spikes(step).contains(&neuron))));
        largest = largest.max(u);
    }
    largest
}

/// The error of a central difference of width h over a softmax, for arguments that change by D per unit of weight, is
///
/// ```text
/// h² / 6 x D³ / (6 sqrt 3)         the third derivative of ln(1 + e^x) is at most 1 / (6 sqrt 3)
/// 2^-52 x 1000 x (1 + L) / h       two float64 losses, each with some thousand roundings
/// ```
///
/// The float32 gradient has rounding errors of 2^-24: two per step for each term in two decays, and one per spike.
/// Their sum is below 4 T, relative to the sum of the terms' absolute values, which is at most 2 D.
fn check(loss_of: Loss) {
    let settings = settings(1, 0.0);
    let prepared = prepared(&settings);
    let data = &prepared.data(&settings).train;
    let (mut network, mut hidden, mut readout) = network(1);
    network.loss = loss_of;
    let h = 1e-5;
    let mut checked = 0;
    for number in 0..5usize {
        let train = data.spikes.sample(number);
        let mut trace = Trace::new(&network);
        forward(&network, &[hidden.layer(), readout.layer()], train, Seed::new(0), &mut trace);
        let label = usize::from(data.labels[number]);
        let samples = Samples { spikes: only(train, network.steps), labels: vec![data.labels[number]] };
        let mut trainer = Trainer::new(&network, Training { batch: 1, learning_rate: 0.01 }, &ohmspike_simd::Serial);
        trainer.differentiate(&samples, &[0], &mut [&mut hidden, &mut readout], Seed::new(0));
        let w2 = rows(readout.weights());
        let (at, steps) = loss(&network, &w2, &trace, label);
        for neuron in 0..HIDDEN {
            let swing = response(&network, &trace, neuron as u16);
            for class in 0..CLASSES {
                let moved = |by: f64| {
                    let mut w2 = w2.clone();
                    w2[neuron][class] += by;
                    loss(&network, &w2, &trace, label)
                };
                let ((above, steps_above), (below, steps_below)) = (moved(h), moved(-h));
                if steps_above != steps || steps_below != steps {
                    continue;
                }
                let difference = (above - below) / (2.0 * h);
                let computed = f64::from(trainer.gradient().matrices[1][(neuron, class)]);
                let truncation = h * h / 6.0 * swing.powi(3) / (6.0 * 3f64.sqrt());
                let cancellation = f64::EPSILON * 1000.0 * (1.0 + at) / h;
                let rounding = 4.0 * network.steps as f64 * f64::from(f32::EPSILON) / 2.0 * 2.0 * swing;
                let bound = truncation + cancellation + rounding;
                assert!(
                    (computed - difference).abs() <= bound,
                    "image {number}, {loss_of:?}, weight {neuron} to {class}: {computed:e} and {difference:e}, bound {bound:e}"
                );
                checked += usize::from(difference.abs() > 10.0 * bound);
            }
        }
    }
    assert!(checked > 100, "only {checked} differences are above their error bound");
}

fn only(train: ohmspike_snn::spikes::SpikeTrain, steps: usize) -> SpikeTrains {
    let mut spikes = SpikeTrains::new(784, steps).expect("few units");
    spikes.push_raster(|step, unit| train.at(step).contains(&(unit as u16))).expect("few spikes");
    spikes
}

fn rows(matrix: &Matrix) -> Vec<Vec<f64>> {
    let row = |row| (0..matrix.columns()).map(|column| f64::from(matrix[(row, column)])).collect();
    (0..matrix.rows()).map(row).collect()
}

#[test]
fn the_readout_gradient_of_max_over_time_is_a_finite_difference() {
    check(Loss::MaxOverTime);
}

#[test]
fn the_readout_gradient_per_step_is_a_finite_difference() {
    check(Loss::PerStep);
}

/// The parts of a batch are added in float32, with at most one rounding of 2^-24 per sample, relative to the sum of the
/// terms' absolute values.
#[test]
fn the_gradient_of_a_batch_is_the_sum_over_its_samples() {
    const BATCH: usize = 150;
    let settings = settings(1, 0.0);
    let prepared = prepared(&settings);
    let data = &prepared.data(&settings).train;
    let (network, mut hidden, mut readout) = network(1);
    let mut trainer = Trainer::new(&network, Training { batch: BATCH, learning_rate: 0.01 }, &ohmspike_simd::Serial);
    let mut sums = vec![[0.0f64; 2]; 784 * HIDDEN + HIDDEN * CLASSES];
    let mut loss = 0.0;
    for sample in 0..BATCH as u32 {
        loss += trainer.differentiate(data, &[sample], &mut [&mut hidden, &mut readout], Seed::new(0));
        let gradient = trainer.gradient();
        for (sum, cell) in sums.iter_mut().zip(gradient.matrices.iter().flat_map(Matrix::cells)) {
            *sum = [sum[0] + f64::from(cell), sum[1] + f64::from(cell.abs())];
        }
    }
    let samples: Vec<u32> = (0..BATCH as u32).collect();
    let of_batch = trainer.differentiate(data, &samples, &mut [&mut hidden, &mut readout], Seed::new(0));
    assert!((of_batch - loss).abs() <= BATCH as f64 * f64::EPSILON * loss);
    let gradient = trainer.gradient();
    let mut large = 0;
    for ([sum, absolute], cell) in sums.iter().zip(gradient.matrices.iter().flat_map(Matrix::cells)) {
        let (expected, absolute) = (sum / BATCH as f64, absolute / BATCH as f64);
        // Scaling a term by 1 / 150 before its sums changes where it is rounded.
        let bound = (BATCH as f64 + 4.0 * network.steps as f64) * f64::from(f32::EPSILON) * absolute;
        assert!((f64::from(cell) - expected).abs() <= bound, "{cell:e} and {expected:e}, bound {bound:e}");
        large += usize::from(expected.abs() > 10.0 * bound);
    }
    assert!(large > 5000, "only {large} cells are above their error bound");
}
