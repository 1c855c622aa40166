//! How much work training does: no more than the spikes ask for. A kernel that loses its sparsity fails here, on any machine.
#![cfg(debug_assertions)] // Without them nothing is counted.

use lanes::{Alone, Matrix, Work, blocks_for, work_of};
use seed::Seed;
use snn::backward::{Adjoint, Gradient, backward};
use snn::forward::{Layer, Trace, forward};
use snn::loss::ReadoutGradient;
use snn::spikes::SpikeTrain;
use snn::weights::WeightStore;

use crate::small::{HIDDEN, network, prepared, settings};

const CLASSES: usize = 10;
const WIDTH: usize = blocks_for(HIDDEN);
/// Blocks of normals come in groups of four.
const DRAWN_TOGETHER: usize = 4;

/// Input spikes in steps `from` .. `to`.
fn spikes(input: SpikeTrain, from: usize, to: usize) -> u64 {
    (from..to).map(|step| input.at(step).len() as u64).sum()
}

#[test]
fn a_forward_pass_reads_the_rows_that_spiked_and_steps_from_the_first_spike_on() {
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
            work_of(|| forward(&network, hidden, readout, input, Seed::new(1), trace)).1
        };
        let exact = run(hidden.layer(), readout.layer(), &mut trace);
        let first = input.first_step();
        let read =
            |trace: &Trace| spikes(input, 0, network.steps) * WIDTH as u64 + trace.all_hidden_spikes().len() as u64;
        let stepped = ((network.steps - first) * WIDTH) as u64;
        assert_eq!(exact, Work { read: read(&trace), stepped, ..Work::default() }, "image {number}");
        fired += trace.all_hidden_spikes().len();

        // Reading with noise is a second sum, and a draw a column and step that reads.
        let noisy = run(noisy_hidden, noisy_readout, &mut trace);
        let drawn = [input.active_steps() * WIDTH, trace.active_steps()]
            .map(|blocks| blocks.next_multiple_of(DRAWN_TOGETHER) as u64);
        let expected = Work { read: 2 * read(&trace), stepped, drawn: drawn.iter().sum(), ..Work::default() };
        assert_eq!(noisy, expected, "image {number}, with noise");
    }
    assert!(fired > 20 * HIDDEN, "only {fired} hidden spikes: too quiet to tell");
}

#[test]
fn a_backward_pass_writes_the_rows_that_spiked_between_the_first_spike_and_the_last_maximum() {
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
        forward(&network, hidden.layer(), readout.layer(), input, Seed::new(1), &mut trace);
        network.loss.differentiate(&trace, usize::from(samples.labels[number]), 0.1, &mut output);
        let (first, last) = (input.first_step(), output.last_step().expect("a gradient"));
        let run = || backward(&network, &transposed, input, &trace, &output, &mut adjoint, &mut gradient);
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
fn an_update_draws_once_a_cell_where_it_is_noisy_and_never_where_it_is_not() {
    let (_, mut exact, _) = network(1);
    let step = Matrix::zeros(784, HIDDEN);
    let (report, work) = work_of(|| exact.update(&step, Seed::new(1), &Alone));
    assert_eq!((report.expect("finite").cells_written, work), ((784 * HIDDEN) as u64, Work::default()));
    let signs = vec![snn::network::Sign::Excitatory; 784];
    let mut noisy = snn::weights::DigitalWeights::noisy(Matrix::zeros(784, HIDDEN), signs, 0.1);
    let (_, work) = work_of(|| noisy.update(&step, Seed::new(1), &Alone));
    assert_eq!(work, Work { drawn: (784 * WIDTH) as u64, ..Work::default() });
}
