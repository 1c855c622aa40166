//! The work of training is proportional to the spikes. A kernel that loses its sparsity fails here, on any machine.
#![cfg(debug_assertions)] // Work is counted with debug assertions only.

use ohmspike_crossbar::device::Device;
use ohmspike_crossbar::{ArrayParams, CrossbarArray};
use ohmspike_rng::Seed;
use ohmspike_simd::{Matrix, Serial, Work, blocks_for, work_of};
use ohmspike_snn::backward::{Adjoint, Gradient, backward};
use ohmspike_snn::forward::{Layer, Trace, forward};
use ohmspike_snn::loss::ReadoutGradient;
use ohmspike_snn::spikes::SpikeTrain;
use ohmspike_snn::weights::WeightStore;

use crate::small::{HIDDEN, network, prepared, settings};

const CLASSES: usize = 10;
const WIDTH: usize = blocks_for(HIDDEN);
/// Normals are drawn in groups of four blocks.
const DRAWN_TOGETHER: usize = 4;

/// Returns the number of input spikes in steps `from` .. `to`.
fn spikes(input: SpikeTrain, from: usize, to: usize) -> u64 {
    (from..to).map(|step| input.at(step).len() as u64).sum()
}

#[test]
fn the_forward_pass_reads_active_rows_only() {
    let settings = settings(1, 0.0);
    let prepared = prepared(&settings);
    let samples = &prepared.data(&settings).train;
    let (network, hidden, readout) = network(1);
    let variance = [Matrix::from_fn(784, HIDDEN, |_, _| 0.01), Matrix::from_fn(HIDDEN, CLASSES, |_, _| 0.01)];
    let [noisy_hidden, noisy_readout] =
        [0, 1].map(|layer| Layer { read_variance: Some(&variance[layer]), ..[hidden.layer(), readout.layer()][layer] });
    let (mut trace, mut fired) = (Trace::new(&network), 0);
    for number in 0..20 {
        let input = samples.spikes.sample(number);
        let run = |hidden, readout, trace: &mut Trace| {
            work_of(|| forward(&network, &[hidden, readout], input, Seed::new(1), trace)).1
        };
        let exact = run(hidden.layer(), readout.layer(), &mut trace);
        let first = input.first_step();
        let read =
            |trace: &Trace| spikes(input, 0, network.steps) * WIDTH as u64 + trace.all_hidden_spikes().len() as u64;
        let stepped = ((network.steps - first) * WIDTH) as u64;
        assert_eq!(exact, Work { read: read(&trace), stepped, ..Work::default() }, "image {number}");
        fired += trace.all_hidden_spikes().len();

        // Noisy reads need a second sum, and a draw per column and step with a read.
        let noisy = run(noisy_hidden, noisy_readout, &mut trace);
        let drawn = [input.active_steps() * WIDTH, trace.active_steps()]
            .map(|blocks| blocks.next_multiple_of(DRAWN_TOGETHER) as u64);
        let expected = Work { read: 2 * read(&trace), stepped, drawn: drawn.iter().sum(), ..Work::default() };
        assert_eq!(noisy, expected, "image {number}, with noise");
    }
    assert!(fired > 20 * HIDDEN, "only {fired} hidden spikes: too few");
}

#[test]
fn the_backward_pass_writes_active_rows_only() {
    let settings = settings(1, 0.0);
    let prepared = prepared(&settings);
    let samples = &prepared.data(&settings).train;
    let (network, hidden, readout) = network(1);
    let transposed = readout.weights().transposed();
    let (mut trace, mut output) = (Trace::new(&network), ReadoutGradient::new(network.steps, 1));
    let (mut adjoint, mut gradient) = (Adjoint::new(&network), Gradient::new(&network));
    let mut shortened = 0;
    for number in 0..20 {
        let input = samples.spikes.sample(number);
        forward(&network, &[hidden.layer(), readout.layer()], input, Seed::new(1), &mut trace);
        network.loss.differentiate(&trace, usize::from(samples.labels[number]), 0.1, &mut output);
        let (first, last) = (input.first_step(), output.last_step().expect("a gradient"));
        let run = || {
            backward(&network, std::slice::from_ref(&transposed), input, &trace, &output, &mut adjoint, &mut gradient)
        };
        let ((), work) = work_of(run);
        let hidden_spikes: u64 = (first..last).map(|step| trace.hidden_spikes(step).len() as u64).sum();
        let expected = Work {
            written: spikes(input, first, last) * WIDTH as u64 + hidden_spikes,
            stepped_back: (last.saturating_sub(first) * WIDTH) as u64,
            ..Work::default()
        };
        assert_eq!(work, expected, "image {number}");
        shortened += usize::from(last < network.steps);
    }
    assert!(shortened > 10, "only {shortened} passes end before the last step");
}

#[test]
fn updates_draw_noise_once_per_cell_and_only_if_noisy() {
    let (_, mut exact, _) = network(1);
    let step = Matrix::zeros(784, HIDDEN);
    let (report, work) = work_of(|| exact.update(&step, Seed::new(1), &Serial));
    assert_eq!((report.expect("finite").cells_written, work), ((784 * HIDDEN) as u64, Work::default()));
    let signs = vec![ohmspike_snn::network::Sign::Excitatory; 784];
    let mut noisy = ohmspike_snn::weights::DigitalWeights::noisy(Matrix::zeros(784, HIDDEN), signs, 0.1);
    let (_, work) = work_of(|| noisy.update(&step, Seed::new(1), &Serial));
    assert_eq!(work, Work { drawn: (784 * WIDTH) as u64, ..Work::default() });
}

/// Only cells with a requested update receive pulses, and only pulses draw cycle-to-cycle noise. A row of 20 cells has
/// two blocks, drawn in groups of four.
#[test]
fn only_requested_cells_receive_pulses_and_draws() {
    let device = Device::from_json(
        r#"{ "name": "work", "window": { "low_resistance_ohm": 1000, "high_resistance_ohm": 1000000 },
        "write": { "noise": "none", "cells": "changed", "scheme": "pulsed", "pulses": { "law": "constant",
        "up_step_percent_of_window": 0.1, "down_step_percent_of_window": 0.1, "cycle_sigma_percent_of_step": 30 } } }"#,
    )
    .expect("a device");
    let branches = vec![ohmspike_crossbar::Branch::Plus; 784];
    let half_on = Matrix::from_fn(784, HIDDEN, |_, _| 0.5);
    let mut array =
        CrossbarArray::new(&device, ArrayParams::new(1.0, &branches), &half_on, Seed::new(1)).expect("fits");
    let mut update = |rows: std::ops::Range<usize>, step: f32| {
        let step = Matrix::from_fn(784, HIDDEN, |row, _| if rows.contains(&row) { step } else { 0.0 });
        let (report, work) = work_of(|| array.update(&step, Seed::new(2)));
        (report.expect("finite").pulses, work.drawn)
    };
    let (none, rounding) = update(0..0, 0.0);
    assert_eq!((none, rounding), (0, (784 * WIDTH) as u64));
    // 2.5 pulses of a thousandth of the window: two or three per cell, in three waves.
    let (pulses, drawn) = update(100..101, 2.5e-3);
    assert!((2 * HIDDEN as u64..=3 * HIDDEN as u64).contains(&pulses), "{pulses} pulses");
    assert!(drawn - rounding <= 3 * DRAWN_TOGETHER as u64, "{} blocks of draws", drawn - rounding);
}
