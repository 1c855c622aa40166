//! Several events of a unit in one step: an input of k is equivalent to k inputs with equal weights.

use ohmspike_crossbar::{RowReads, WriteReport};
use ohmspike_rng::Seed;
use ohmspike_simd::{Matrix, Serial};
use ohmspike_snn::connection::Connection;
use ohmspike_snn::forward::{Layer, Trace, forward};
use ohmspike_snn::initial;
use ohmspike_snn::network::Dynamics;
use ohmspike_snn::network::Network;
use ohmspike_snn::read_path::ReadPath;
use ohmspike_snn::spikes::{EventsPerStep, Samples, SpikeTrains};
use ohmspike_snn::train::{Trainer, Training};
use ohmspike_snn::weights::{DigitalWeights, NotFinite, WeightStore};

const UNITS: usize = 12;
const HIDDEN: usize = 20;
const CLASSES: usize = 5;
const STEPS: usize = 60;
const SAMPLES: usize = 6;
/// Copies of each unit in the network with single spikes: the largest count.
const COPIES: usize = 4;

/// Returns the number of events of `unit` at `step` of `sample`, up to [`COPIES`].
fn count(sample: usize, step: usize, unit: usize) -> usize {
    let mixed = (sample * 7919 + step * 104_729 + unit * 1299) % 97;
    if mixed < 30 { 1 + mixed % COPIES } else { 0 }
}

/// Returns samples with counts, and equivalent samples with [`COPIES`] copies of each unit; for a count of k, the first
/// k copies spike.
fn samples(most: usize, with_input: impl Fn(usize) -> bool) -> [Samples; 2] {
    let mut counted = SpikeTrains::new(UNITS, STEPS).expect("few units");
    let mut copied = SpikeTrains::new(UNITS * COPIES, STEPS).expect("few units");
    for sample in 0..SAMPLES {
        let here = |step, unit| if with_input(step) { count(sample, step, unit).min(most) } else { 0 };
        let events = (0..STEPS).flat_map(|step| (0..UNITS).map(move |unit| (step, unit)));
        let events =
            events.flat_map(|(step, unit)| std::iter::repeat_n((step as f64 + 0.5, unit as u16), here(step, unit)));
        let (times, units): (Vec<f64>, Vec<u16>) = events.unzip();
        counted.push_events(&times, &units, STEPS as f64, EventsPerStep::Count).expect("few spikes");
        copied.push_raster(|step, unit| unit % COPIES < here(step, unit / COPIES)).expect("few spikes");
    }
    let labels: Vec<u8> = (0..SAMPLES).map(|sample| (sample % CLASSES) as u8).collect();
    [counted, copied].map(|spikes| Samples { spikes, labels: labels.clone() })
}

fn network(inputs: usize) -> Network {
    Network::new(inputs, HIDDEN, CLASSES, 0.75, STEPS, &Dynamics::default()).expect("valid")
}

/// Returns initial weights with a row for each of `copies` of every unit.
fn stores(copies: usize) -> (Network, [DigitalWeights; 2]) {
    let (plain, network) = (network(UNITS), network(UNITS * copies));
    let signs = plain.signs(Connection::Feedforward(0));
    let by_unit = initial::weights(&signs, HIDDEN, 0.12, Seed::new(3));
    let by_copy = Matrix::from_fn(UNITS * copies, HIDDEN, |row, column| by_unit[(row / copies, column)]);
    let of_readout = network.signs(Connection::Readout);
    let readout = initial::weights(&of_readout, CLASSES, 0.3, Seed::new(4));
    let hidden = DigitalWeights::exact(by_copy, network.signs(Connection::Feedforward(0)));
    (network, [hidden, DigitalWeights::exact(readout, of_readout)])
}

/// Returns loss and gradients of the `chosen` samples.
fn differentiate(
    network: &Network,
    [hidden, readout]: &mut [DigitalWeights; 2],
    samples: &Samples,
    chosen: &[u32],
) -> (f64, [Matrix; 2]) {
    let mut trainer = Trainer::new(network, Training { batch: chosen.len(), learning_rate: 0.01 }, &Serial);
    let loss = trainer.differentiate(samples, chosen, &mut [hidden, readout], Seed::new(5));
    (loss, [0, 1].map(|layer| trainer.gradient().matrices[layer].clone()))
}

const ALL: [u32; SAMPLES] = [0, 1, 2, 3, 4, 5];

/// Rows are added in the same order, so the forward pass, the loss and the gradient of the readout are bit-identical.
#[test]
fn an_input_of_k_equals_k_inputs_with_equal_weights() {
    let [counted, copied] = samples(COPIES, |_| true);
    let ((one, mut by_unit), (many, mut by_copy)) = (stores(1), stores(COPIES));
    let (mut trace, mut of_copies) = (Trace::new(&one), Trace::new(&many));
    let mut spikes = 0;
    for sample in 0..SAMPLES {
        let layers = by_unit.each_ref().map(|store| store.layer());
        forward(&one, &layers, counted.spikes.sample(sample), Seed::new(0), &mut trace);
        let layers = by_copy.each_ref().map(|store| store.layer());
        forward(&many, &layers, copied.spikes.sample(sample), Seed::new(0), &mut of_copies);
        (0..STEPS).for_each(|step| assert_eq!(trace.membrane(step), of_copies.membrane(step), "{sample}, {step}"));
        assert_eq!(trace.readout(), of_copies.readout());
        spikes += trace.all_hidden_spikes().len();
    }
    assert!(spikes > 10 * HIDDEN, "only {spikes} hidden spikes");
    let (loss, [_, readout]) = differentiate(&one, &mut by_unit, &counted, &ALL);
    let (loss_of_copies, [_, readout_of_copies]) = differentiate(&many, &mut by_copy, &copied, &ALL);
    assert_eq!((loss, readout), (loss_of_copies, readout_of_copies));
    // Merged events give a different input.
    let [merged, _] = samples(1, |_| true);
    assert_ne!(differentiate(&one, &mut by_unit, &merged, &ALL).0, loss);
}

/// In a sample with input at one step, every spiking copy has the gradient i\[t+1\], and the unit has their sum.
#[test]
fn the_gradient_of_an_input_of_k_is_the_sum_over_k_inputs() {
    let [counted, copied] = samples(COPIES, |step| step == 3);
    let ((one, mut by_unit), (many, mut by_copy)) = (stores(1), stores(COPIES));
    let mut several = 0;
    for sample in ALL {
        let (_, [found, _]) = differentiate(&one, &mut by_unit, &counted, &[sample]);
        let (_, [of_copies, _]) = differentiate(&many, &mut by_copy, &copied, &[sample]);
        for (unit, column) in (0..UNITS).flat_map(|unit| (0..HIDDEN).map(move |column| (unit, column))) {
            let sum: f32 = (0..COPIES).map(|copy| of_copies[(unit * COPIES + copy, column)]).sum();
            assert_eq!(found[(unit, column)], sum, "sample {sample}, unit {unit}, neuron {column}");
            several += usize::from(sum != 0.0 && count(sample as usize, 3, unit) > 1);
        }
    }
    assert!(several > HIDDEN, "only {several} gradients with several events");
}

/// Digital weights that count the reads of their rows.
#[derive(Debug)]
struct Counting {
    weights: DigitalWeights,
    row_reads: Vec<u64>,
    steps: u64,
}

impl WeightStore for Counting {
    fn weights(&self) -> &Matrix {
        self.weights.weights()
    }

    fn read_path(&self) -> Option<&dyn ReadPath> {
        Some(self)
    }

    fn read_path_mut(&mut self) -> Option<&mut dyn ReadPath> {
        Some(self)
    }

    fn update(
        &mut self,
        step: &Matrix,
        seed: Seed,
        executor: &dyn ohmspike_simd::Executor,
    ) -> Result<WriteReport, NotFinite> {
        self.weights.update(step, seed, executor)
    }
}

impl ReadPath for Counting {
    fn layer(&self) -> Layer<'_> {
        Layer::exact(self.weights())
    }

    fn count_reads(&mut self, reads: &RowReads) {
        self.row_reads.iter_mut().zip(reads.rows()).for_each(|(sum, reads)| *sum += u64::from(*reads));
        self.steps += reads.tiles()[0];
    }
}

#[test]
fn an_input_of_k_drives_its_row_k_times() {
    let [counted, _] = samples(COPIES, |_| true);
    let (network, [hidden, mut readout]) = stores(1);
    let mut hidden = Counting { weights: hidden, row_reads: vec![0; UNITS], steps: 0 };
    let mut trainer = Trainer::new(&network, Training { batch: SAMPLES, learning_rate: 0.01 }, &Serial);
    trainer.differentiate(&counted, &ALL, &mut [&mut hidden, &mut readout], Seed::new(5));
    let places = || (0..SAMPLES).flat_map(|sample| (0..STEPS).map(move |step| (sample, step)));
    for unit in 0..UNITS {
        let events: usize = places().map(|(sample, step)| count(sample, step, unit)).sum();
        assert_eq!(hidden.row_reads[unit], events as u64, "unit {unit}");
    }
    let active = places().filter(|&(sample, step)| (0..UNITS).any(|unit| count(sample, step, unit) > 0)).count();
    assert_eq!(hidden.steps, active as u64);
}
