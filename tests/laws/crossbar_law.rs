//! A crossbar with constant write noise, an exact reference, a wide window and no read noise is equivalent to digital
//! weights.
//!
//! If κ is a power of two, products with it are exact, and both stores run the same float32 operations on the same
//! draws. Whole training runs are then bit-identical. For any other κ, each update agrees within the rounding error
//! derived below.

use ohmspike_crossbar::WriteReport;
use ohmspike_crossbar::device::Device;
use ohmspike_crossbar::{ArrayParams, CrossbarArray};
use ohmspike_rng::Seed;
use ohmspike_simd::Matrix;
use ohmspike_snn::connection::Connection;
use ohmspike_snn::hardware::branch_of;
use ohmspike_snn::network::Sign;
use ohmspike_snn::train::{Trainer, Training};
use ohmspike_snn::weights::{DigitalWeights, WeightStore};
use ohmspike_study::prepare::LoadedDevice;
use ohmspike_study::settings::Settings;
use ohmspike_study::trial::{Outcome, TrialInput, run_trial};

use crate::small::{loaded, network, prepared, settings};

/// Span of the window from 1 kΩ to 1 MΩ, µS.
const SPAN: f64 = 999.0;

fn study_device() -> Device {
    Device::built_in("study-1k-1m").expect("built in")
}

/// Runs a trial with digital weights and with crossbars; the κs are 2^-10 and 2^-6.
fn both(mut settings: Settings) -> [Outcome; 2] {
    settings.hardware.weight_at_gmax = SPAN / 1024.0;
    settings.readout.weight_at_gmax = SPAN / 64.0;
    let prepared = prepared(&settings);
    let run = |device: Option<&LoadedDevice>| {
        run_trial(
            &TrialInput { settings: &settings, devices: &device.into(), data: prepared.data(&settings), seed: 3 },
            None,
            &ohmspike_simd::Serial,
            &mut |_| {},
        )
        .expect("a valid trial")
    };
    [run(None), run(Some(&loaded("study-1k-1m")))]
}

fn assert_equal([digital, crossbar]: [Outcome; 2]) {
    let spikes = |outcome: &Outcome| outcome.epochs.iter().map(|epoch| epoch.test.total()).collect::<Vec<_>>();
    let losses = |outcome: &Outcome| outcome.epochs.iter().map(|epoch| epoch.loss.to_bits()).collect::<Vec<_>>();
    assert_eq!(losses(&digital), losses(&crossbar));
    assert_eq!(spikes(&digital), spikes(&crossbar));
    for (one, other) in digital.epochs.iter().zip(&crossbar.epochs) {
        assert_eq!(one.test, other.test);
    }
    assert_eq!(crossbar.writes[0].clipped_high + crossbar.writes[1].clipped_high, 0, "weights were clipped at Gmax");
    // Digital weights have no pulses; the `add` scheme writes every cell with one pulse.
    let pulsed = |writes: WriteReport| WriteReport { pulses: writes.cells_written, ..writes };
    assert_eq!(pulsed(digital.writes[0]), crossbar.writes[0]);
    assert_eq!(pulsed(digital.writes[1]), crossbar.writes[1]);
    assert!(digital.writes[0].clipped_low > 0, "no weight reached the lower bound");
}

#[test]
fn whole_runs_are_bit_identical() {
    assert_equal(both(settings(3, 20.0)));
}

#[test]
fn whole_runs_of_the_other_preset_are_bit_identical() {
    let mut settings = settings(1, 100.0);
    settings.training.loss = ohmspike_snn::loss::Loss::PerStep;
    settings.training.surrogate = ohmspike_study::settings::SurrogateShape::Exponential;
    settings.training.tau_mem_steps = 10.0;
    settings.network.excitatory_fraction = 0.5;
    assert_equal(both(settings));
}

#[test]
fn noise_free_runs_are_bit_identical() {
    assert_equal(both(settings(2, 0.0)));
}

/// The equivalence requires constant noise: another device must not pass the test.
#[test]
fn another_device_is_not_equivalent() {
    let settings = settings(1, 0.0);
    let prepared = prepared(&settings);
    let oxide = loaded("illustrative-oxide");
    let run = |device: Option<&LoadedDevice>| {
        run_trial(
            &TrialInput { settings: &settings, devices: &device.into(), data: prepared.data(&settings), seed: 3 },
            None,
            &ohmspike_simd::Serial,
            &mut |_| {},
        )
        .expect("a valid trial")
    };
    assert_ne!(run(None).epochs[0].loss, run(Some(&oxide)).epochs[0].loss);
}

/// Returns the weights of a digital and a crossbar store after one update each with the same draws.
fn updated(weights: &Matrix, signs: &[Sign], step: &Matrix, full_scale: f32, sigma: f32) -> [Matrix; 2] {
    let branch = |&sign: &Sign| branch_of(sign).expect("a row with a sign");
    let branches: Vec<_> = signs.iter().map(branch).collect();
    let params = ArrayParams { update_sigma: sigma, ..ArrayParams::new(full_scale, &branches) };
    let mut array = CrossbarArray::new(&study_device(), params, weights, Seed::new(1)).expect("weights that fit");
    let mut digital = DigitalWeights::noisy(weights.clone(), signs.to_vec(), sigma);
    let write = Seed::new(5).named("write");
    digital.update(step, write, &ohmspike_simd::Serial).expect("finite");
    let report = array.update(step, write).expect("finite");
    assert_eq!(array.initial_report().clipped_high + report.clipped_high, 0, "weights were clipped at Gmax");
    [digital.weights().clone(), array.weights().clone()]
}

/// Asserts that both are equal within rounding.
///
/// ```text
/// digital     (w + s) + sigma z                                  at most 3 roundings per term
/// crossbar    κ ((w / κ + s / κ) + (sigma / κ) z)
///             1 / κ and κ, each rounded (2), their products (2), sigma's product with z (1), two sums (2)
/// ```
///
/// Each term has at most ten roundings of relative size 2^-24. Clipping at zero never increases a difference.
fn assert_within_rounding(both: &[Matrix; 2], weights: &Matrix, step: &Matrix, sigma: f32) {
    let mut draws = Matrix::zeros(weights.rows(), weights.columns());
    Seed::new(5).named("write").normals().fill(draws.blocks_mut());
    let unit = f64::from(f32::EPSILON) / 2.0;
    let relative = 10.0 * unit / (1.0 - 10.0 * unit);
    for row in 0..weights.rows() {
        for column in 0..weights.columns() {
            let cell = (row, column);
            let terms = [weights[cell], step[cell], sigma * draws[cell]].map(|term| f64::from(term).abs());
            let bound = relative * terms.iter().sum::<f64>();
            let [digital, crossbar] = [both[0][cell], both[1][cell]].map(f64::from);
            assert!(
                (digital - crossbar).abs() <= bound,
                "cell {cell:?}: {digital:e} and {crossbar:e}, bound {bound:e}"
            );
        }
    }
}

/// First update of a run on the embedded subset, for several values of κ.
#[test]
fn the_first_update_agrees_for_any_weight_per_microsiemens() {
    let settings = settings(1, 0.0);
    let prepared = prepared(&settings);
    let samples = &prepared.data(&settings).train;
    let (network, mut hidden, mut readout) = network(7);
    let mut trainer = Trainer::new(&network, Training { batch: 256, learning_rate: 0.01 }, &ohmspike_simd::Serial);
    let chosen: Vec<u32> = (0..256).collect();
    trainer.differentiate(samples, &chosen, &mut [&mut hidden, &mut readout], Seed::new(0));
    for (store, signs, gradient) in [
        (&hidden, network.signs(Connection::Feedforward(0)), &trainer.gradient().matrices[0]),
        (&readout, network.signs(Connection::Readout), &trainer.gradient().matrices[1]),
    ] {
        let mut step = gradient.clone();
        ohmspike_snn::optimiser::gradient_descent(&mut step, 0.01);
        assert!(step.cells().any(|step| step != 0.0));
        for full_scale in [2.5, 3.0, 7.0, 8.0] {
            for sigma in [0.0, 2e-4] {
                let weights = store.weights();
                let both = updated(weights, &signs, &step, full_scale, sigma);
                assert_within_rounding(&both, weights, &step, sigma);
            }
        }
    }
}
