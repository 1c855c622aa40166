//! The inner loops of a trial, separately, at the sizes of the noise study: 784-100-10, 100 steps, batches of 256.

use std::hint::black_box;

use benches::{Learner, Stage, test_mode};
use criterion::{Criterion, Throughput};
use ohmspike_crossbar::device::Device;
use ohmspike_crossbar::{ArrayParams, Branch, ColumnRead, CrossbarArray};
use ohmspike_datasets::Name;
use ohmspike_rng::Seed;
use ohmspike_simd::{Block, LANES, Matrix, add_rows, blocks_for, kernel};
use ohmspike_snn::backward::{Adjoint, Gradient, Pass};
use ohmspike_snn::connection::Connection;
use ohmspike_snn::forward::{Trace, forward};
use ohmspike_snn::loss::ReadoutGradient;
use ohmspike_snn::neuron::lif::{LifParams, lif_step};
use ohmspike_snn::spikes::SpikeTrain;
use ohmspike_snn::weights::{DigitalWeights, WeightStore};

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let stage = Stage::new(Name::FashionMnistSubset);
    // After twenty epochs on the subset, neurons spike as often as in the middle of a trial.
    let epochs = if test_mode() { 1 } else { 20 };
    let mut learner = stage.learner(None, epochs);
    normals(&mut criterion);
    building_blocks(&mut criterion, &stage, &learner);
    forward_pass(&mut criterion, &stage, &learner);
    backward_pass(&mut criterion, &stage, &learner);
    read_noise(&mut criterion);
    batch(&mut criterion, &mut learner);
    let [step, _] = learner.steps();
    abstract_update(&mut criterion, &stage, &learner, &step);
    crossbar_update(&mut criterion, &learner, &step);
    pulsed_update(&mut criterion);
    criterion.final_summary();
}

/// Time of one draw, in the stream of one update of the hidden layer.
fn normals(criterion: &mut Criterion) {
    let mut draws = vec![Block::ZERO; 784 * blocks_for(100)];
    let mut group = criterion.benchmark_group("normals");
    group.throughput(Throughput::Elements((draws.len() * LANES) as u64));
    let mut update = 0;
    group.bench_function("fill", |bencher| {
        bencher.iter(|| {
            update += 1;
            Seed::new(1).numbered(update).normals().fill(black_box(&mut draws));
        });
    });
}

/// Times of the components of the forward pass: one row added to the sums of a step, and one step of one neuron.
fn building_blocks(criterion: &mut Criterion, stage: &Stage, learner: &Learner) {
    let (weights, images) = (learner.hidden.store().weights(), &stage.data.train.spikes);
    let rows: u64 = (0..IMAGES).map(|image| images.sample(image).all().len() as u64).sum();
    let mut sums = [Block::ZERO; WIDTH];
    let mut group = criterion.benchmark_group("accumulate rows");
    group.throughput(Throughput::Elements(rows / IMAGES as u64));
    let mut image = 0;
    group.bench_function("784 x 100, spikes of an image", |bencher| {
        bencher.iter(|| {
            image = (image + 1) % IMAGES;
            accumulate(weights, black_box(images.sample(image).all()), &mut sums);
        });
    });
    group.finish();

    let params = LifParams { synapse_decay: 0.8, membrane_decay: 0.9 };
    let mut record = vec![([Block::ZERO; WIDTH], [0; WIDTH]); 100];
    let mut group = criterion.benchmark_group("LIF step");
    group.throughput(Throughput::Elements(100 * 100));
    group.bench_function("100 neurons, 100 steps", |bencher| {
        bencher.iter(|| lif_steps(params, black_box(0.2), &mut record));
    });
}

/// Images used in turn.
const IMAGES: usize = 256;
/// Blocks of 100 columns.
const WIDTH: usize = blocks_for(100);

#[kernel(simd: S)]
fn accumulate(weights: &Matrix, rows: &[u16], sums: &mut [Block; WIDTH]) {
    let mut kept = sums.each_ref().map(|sum| simd.load(sum));
    add_rows(simd, weights, 0, rows, &mut kept);
    for (kept, sum) in kept.into_iter().zip(sums) {
        simd.store(kept, sum);
    }
}

#[kernel(simd: S)]
fn lif_steps(params: LifParams, current: f32, record: &mut [([Block; WIDTH], [u16; WIDTH])]) {
    let (mut membrane, mut current) = ([simd.splat(0.0); WIDTH], [simd.splat(current); WIDTH]);
    for (record, spiking) in record {
        lif_step(simd, params, &mut membrane, &mut current, record, spiking);
    }
}

/// Time of one image from spikes to readout voltages, over the images of a batch.
fn forward_pass(criterion: &mut Criterion, stage: &Stage, learner: &Learner) {
    let oxide = Device::built_in("illustrative-oxide").expect("a built-in device");
    // The same weights in cells with read noise.
    let read = stage.learner(Some(&oxide), if test_mode() { 1 } else { 20 });
    let mut group = criterion.benchmark_group("forward");
    group.throughput(Throughput::Elements(1));
    for (name, learner) in [("image", learner), ("image, read noise", &read)] {
        let mut trace = Trace::new(&stage.network);
        let (hidden, readout) = (learner.hidden.store().layer(), learner.readout.store().layer());
        let mut image = 0;
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                image = (image + 1) % IMAGES;
                let input = stage.data.train.spikes.sample(image);
                let read = Seed::new(1).numbered(image as u64);
                forward(&stage.network, &[hidden, readout], black_box(input), read, &mut trace);
            });
        });
    }
}

/// Time of one image from its trace to the gradients of both layers. The traces of eight images stay in the cache, like
/// the one of training.
fn backward_pass(criterion: &mut Criterion, stage: &Stage, learner: &Learner) {
    let network = &stage.network;
    let traced: Vec<_> = (0..8)
        .map(|image| {
            let (mut trace, mut output) = (Trace::new(network), ReadoutGradient::new(100, blocks_for(10)));
            let input = stage.data.train.spikes.sample(image);
            forward(
                network,
                &[learner.hidden.store().layer(), learner.readout.store().layer()],
                input,
                Seed::new(1),
                &mut trace,
            );
            let label = usize::from(stage.data.train.labels[image]);
            network.loss.differentiate(&trace, label, 1.0 / 256.0, &mut output);
            (input, trace, output)
        })
        .collect();
    let transposed = learner.readout.store().weights().transposed();
    let (mut adjoint, mut gradient) = (Adjoint::new(network), Gradient::new(network));
    // Counts per image between the first spike and the last maximum: hidden spikes, neuron steps, input spikes.
    let counted = |count: fn(SpikeTrain, &Trace, usize) -> usize| {
        let of = |(input, trace, output): &(SpikeTrain, Trace, ReadoutGradient)| -> usize {
            (input.first_step()..output.last_step().expect("a loss")).map(|step| count(*input, trace, step)).sum()
        };
        (traced.iter().map(of).sum::<usize>() / traced.len()) as u64
    };
    let spikes = counted(|_, trace, step| trace.hidden_spikes(step).len());
    let (steps, rows) = (counted(|_, _, _| 100), counted(|input, _, step| input.at(step).len()));
    let mut group = criterion.benchmark_group("backward");
    let parts: [(&str, u64, Way); 4] = [
        ("readout adjoint and gradient", spikes, |pass, _, gradient| pass.readout_gradient(&mut gradient.matrices[1])),
        ("hidden adjoint", steps, |pass, adjoint, _| pass.hidden_adjoint(adjoint)),
        ("hidden gradient", rows, |pass, adjoint, gradient| pass.hidden_gradient(adjoint, &mut gradient.matrices[0])),
        ("image", 1, |pass, adjoint, gradient| {
            pass.readout_gradient(&mut gradient.matrices[1]);
            pass.hidden_adjoint(adjoint);
            pass.hidden_gradient(adjoint, &mut gradient.matrices[0]);
        }),
    ];
    for (name, count, part) in parts {
        group.throughput(Throughput::Elements(count));
        let mut image = 0;
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                image = (image + 1) % traced.len();
                let (input, trace, output) = black_box(&traced[image]);
                let pass = Pass::new(network, &transposed, *input, trace, output).expect("a loss");
                part(pass, &mut adjoint, &mut gradient);
            });
        });
    }
}

/// Time per column of a read of 13 rows, the mean of active steps, without and with read noise.
fn read_noise(criterion: &mut Criterion) {
    let white = r#""read": { "white": { "noise": "relative", "sigma_percent_of_conductance": 1 } }"#;
    let array = array(&[white], &Matrix::from_fn(784, 100, |row, column| ((row + column) % 16) as f32 / 16.0));
    let rows: Vec<usize> = (0..13).map(|place| 60 * place).collect();
    let (mut read, mut normals) = (ColumnRead::new(100), Seed::new(1).normals());
    let mut group = criterion.benchmark_group("read of 13 rows");
    group.throughput(Throughput::Elements(100));
    group.bench_function("moments", |bencher| bencher.iter(|| read.moments(&array, black_box(&rows))));
    group.bench_function("moments and noise", |bencher| {
        bencher.iter(|| read.sample(&array, black_box(&rows), &mut normals));
    });
}

/// A part of the backward pass of a sample.
type Way = fn(Pass, &mut Adjoint, &mut Gradient);

/// Time of an image in a batch on one thread: forward and backward passes and the sum over the parts.
fn batch(criterion: &mut Criterion, learner: &mut Learner) {
    let mut group = criterion.benchmark_group("batch");
    group.throughput(Throughput::Elements(IMAGES as u64));
    group.bench_function("256 images", |bencher| bencher.iter(|| learner.first_batch()));
}

/// Time per cell of one update of the hidden layer's digital weights.
fn abstract_update(criterion: &mut Criterion, stage: &Stage, learner: &Learner, step: &Matrix) {
    let mut group = criterion.benchmark_group("abstract update");
    group.throughput(Throughput::Elements(cells(step)));
    for (name, sigma) in [("exact", 0.0), ("noise", stage.settings.update_sigma() as f32)] {
        let weights = learner.hidden.store().weights().clone();
        let mut store = DigitalWeights::noisy(weights, stage.network.signs(Connection::Feedforward(0)), sigma);
        let mut update = 0;
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                update += 1;
                store.update(black_box(step), Seed::new(update), &ohmspike_simd::Serial).expect("a finite step")
            });
        });
    }
}

/// Time per cell of one update of the hidden layer in a crossbar array, for each mechanism.
fn crossbar_update(criterion: &mut Criterion, learner: &Learner, step: &Matrix) {
    let study = r#""write": { "noise": "from-study" }"#;
    let table = r#""write": { "noise": "table", "points": [
        { "resistance_ohm": 1000, "sigma_ln_resistance": 0.002 },
        { "resistance_ohm": 10000, "sigma_ln_resistance": 0.004 },
        { "resistance_ohm": 100000, "sigma_ln_resistance": 0.01 },
        { "resistance_ohm": 1000000, "sigma_ln_resistance": 0.02 }] }"#;
    let read = r#""read": { "white": { "noise": "relative", "sigma_percent_of_conductance": 1 } }"#;
    let reference = r#""reference_branch": { "kind": "cell", "sigma_ln_resistance": 0.05 }"#;
    let drift = r#""drift": { "law": "power", "reference_seconds": 20, "points": [
        { "resistance_ohm": 1000, "exponent": 0.05, "exponent_sigma": 0.01 },
        { "resistance_ohm": 1000000, "exponent": 0.1, "exponent_sigma": 0.04 }] }"#;
    let telegraph = r#""read": { "rtn": { "kind": "telegraph", "fraction_of_cells": 0.3, "reference_resistance_ohm": 10000,
        "rate_per_second": 0.1, "rate_exponent": 0.5, "amplitude_percent_of_conductance": 2 } }"#;
    let mut group = criterion.benchmark_group("crossbar update");
    group.throughput(Throughput::Elements(cells(step)));
    for (name, parts) in [
        ("exact", &[][..]),
        ("study level", &[study]),
        ("study level, read variance", &[study, read]),
        ("table", &[table]),
        ("table, read variance", &[table, read]),
        ("table, read variance, reference cells", &[table, read, reference]),
        ("table, drift", &[table, drift]),
        ("table, telegraph", &[table, telegraph]),
    ] {
        let mut array = array(parts, learner.hidden.store().weights());
        let mut update = 0;
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                update += 1;
                array.update(black_box(step), Seed::new(update)).expect("a finite step")
            });
        });
    }
}

/// Time per cell and pulse: an update of the hidden layer with an average of one and a half pulses per cell,
/// alternating up and down.
fn pulsed_update(criterion: &mut Criterion) {
    let pulsed = |law: &str| {
        format!(
            r#""write": {{ "noise": "none", "cells": "changed", "scheme": "pulsed", "pulses": {{ {law},
            "up_step_percent_of_window": 0.1, "down_step_percent_of_window": 0.1, "cycle_sigma_percent_of_step": 30 }} }}"#
        )
    };
    let chip =
        r#""device_to_device": { "step_gain": "log-normal", "step_gain_sigma": 0.3, "low_resistance_sigma_ln": 0.1 }"#;
    let exponential = r#""law": "exponential", "up_amplitude": 0.1, "down_amplitude": 0.1, "up_steepness": 3,
        "down_steepness": 3, "state_scale": 0.5, "state_offset": 0"#;
    let mut group = criterion.benchmark_group("pulsed update");
    for (name, parts) in [
        ("constant", vec![pulsed(r#""law": "constant""#)]),
        ("soft bounds", vec![pulsed(r#""law": "soft-bounds""#)]),
        ("exponential", vec![pulsed(exponential)]),
        ("exponential, chip", vec![pulsed(exponential), chip.to_owned()]),
    ] {
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let half_on = Matrix::from_fn(784, 100, |_, _| 0.5);
        let mut array = array(&parts, &half_on);
        let up = Matrix::from_fn(784, 100, |_, _| 1.5e-3);
        let down = Matrix::from_fn(784, 100, |_, _| -1.5e-3);
        group.throughput(Throughput::Elements(cells(&up)));
        let mut update = 0;
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                update += 1;
                let step = if update % 2 == 0 { &up } else { &down };
                array.update(black_box(step), Seed::new(update)).expect("a finite step")
            });
        });
    }
}

/// `weights` in cells between 1 kΩ and 1 MΩ of a device with `parts`.
fn array(parts: &[&str], weights: &Matrix) -> CrossbarArray {
    let head = [r#""name": "bench""#, r#""window": { "low_resistance_ohm": 1000, "high_resistance_ohm": 1000000 }"#];
    let device = Device::from_json(&format!("{{ {} }}", [&head, parts].concat().join(", "))).expect("a device");
    let branches = vec![Branch::Plus; weights.rows()];
    let params = ArrayParams { update_sigma: 2e-4, ..ArrayParams::new(1.0, &branches) };
    CrossbarArray::new(&device, params, weights, Seed::new(1)).expect("weights within the window")
}

fn cells(matrix: &Matrix) -> u64 {
    (matrix.rows() * matrix.columns()) as u64
}
