//! Signs hold after any updates, a zero update without noise has no effect, and counts of spikes add up.

use ohmspike_crossbar::device::Device;
use ohmspike_crossbar::{ArrayParams, CrossbarArray};
use ohmspike_rng::Seed;
use ohmspike_simd::Matrix;
use ohmspike_snn::activity::ClassActivity;
use ohmspike_snn::evaluate::evaluate;
use ohmspike_snn::forward::{Trace, forward};
use ohmspike_snn::hardware::{CrossbarWeights, branch_of};
use ohmspike_snn::network::Sign;
use ohmspike_snn::weights::{DigitalWeights, WeightStore};
use proptest::prelude::*;

use crate::small::{network, prepared, settings};

const ROWS: usize = 5;
const COLUMNS: usize = 19;

fn signs() -> Vec<Sign> {
    (0..ROWS).map(|row| if row < 3 { Sign::Excitatory } else { Sign::Inhibitory }).collect()
}

/// A digital store, and a crossbar with from-study noise and an exact reference.
fn stores(sigma: f32) -> [Box<dyn WeightStore>; 2] {
    let initial = ohmspike_snn::initial::weights(&signs(), COLUMNS, 0.1, Seed::new(1));
    let device = Device::built_in("study-1k-1m").expect("built in");
    let branches: Vec<_> = signs().into_iter().map(|sign| branch_of(sign).expect("a row with a sign")).collect();
    let params = ArrayParams { update_sigma: sigma, ..ArrayParams::new(1.0, &branches) };
    let array = CrossbarArray::new(&device, params, &initial, Seed::new(1)).expect("weights that fit");
    [Box::new(DigitalWeights::noisy(initial, signs(), sigma)), Box::new(CrossbarWeights::new(array, 0.1))]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn signs_hold_after_any_updates(
        sigma in 0f32..0.5,
        steps in prop::collection::vec(prop::collection::vec(-1f32..1.0, ROWS * COLUMNS), 1..6),
    ) {
        for mut store in stores(sigma) {
            for (number, step) in steps.iter().enumerate() {
                let step = Matrix::from_fn(ROWS, COLUMNS, |row, column| step[row * COLUMNS + column]);
                let report = store.update(&step, Seed::new(2).numbered(number as u64), &ohmspike_simd::Serial).expect("finite");
                prop_assert_eq!(report.wrong_sign, 0);
                prop_assert_eq!(report.cells, (ROWS * COLUMNS) as u64);
                for (row, sign) in signs().iter().enumerate() {
                    for column in 0..COLUMNS {
                        prop_assert!(sign.factor() * store.weights()[(row, column)] >= 0.0);
                    }
                }
            }
        }
    }
}

#[test]
fn a_zero_update_without_noise_has_no_effect() {
    for mut store in stores(0.0) {
        let before = store.weights().clone();
        let report = store.update(&Matrix::zeros(ROWS, COLUMNS), Seed::new(3), &ohmspike_simd::Serial).expect("finite");
        assert_eq!(*store.weights(), before);
        assert_eq!((report.clipped_low, report.clipped_high), (0, 0));
    }
}

#[test]
fn spikes_by_population_and_class_add_up() {
    let settings = settings(1, 0.0);
    let prepared = prepared(&settings);
    let samples = &prepared.data(&settings).test;
    let (network, mut hidden, mut readout) = network(1);
    const COUNT: usize = 200;
    let activity =
        evaluate(&network, &mut [&mut hidden, &mut readout], samples, COUNT, Seed::new(0), &ohmspike_simd::Serial);
    let mut trace = Trace::new(&network);
    let excitatory_neurons = network.last_hidden().excitatory;
    let (mut excitatory, mut inhibitory) = (0u64, 0u64);
    for number in 0..COUNT {
        let input = samples.spikes.sample(number);
        forward(&network, &[hidden.layer(), readout.layer()], input, Seed::new(0), &mut trace);
        for step in 0..network.steps {
            let split = trace.hidden_spikes(step).partition_point(|&neuron| usize::from(neuron) < excitatory_neurons);
            excitatory += split as u64;
            inhibitory += (trace.hidden_spikes(step).len() - split) as u64;
        }
    }
    let ClassActivity { samples: counted, excitatory_spikes, inhibitory_spikes, correct } = activity.total();
    assert_eq!((counted, excitatory_spikes, inhibitory_spikes), (COUNT as u64, excitatory, inhibitory));
    assert!(excitatory > 0 && inhibitory > 0 && correct <= counted);
    for (class, counts) in activity.classes.iter().enumerate() {
        let expected = samples.labels[..COUNT].iter().filter(|&&label| usize::from(label) == class).count();
        assert_eq!(counts.samples, expected as u64);
    }
}
