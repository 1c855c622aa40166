//! Ten times the hidden neurons, and ten times the steps, on the embedded images.
//!
//! Ten times the steps is the same network with a finer time step: time constants of code, synapse and membrane are ten
//! times as long. Weights are a tenth, because a spike that lasts ten times as many steps causes ten times the voltage.
//! The learning rate is a hundredth, because the gradient is ten times as large and the weights are a tenth.

use benches::{Stage, Trial, study_settings, test_mode};
use ohmspike_datasets::Name;
use ohmspike_snn::encode::LatencyCode;
use ohmspike_study::prepare::EncodedData;
use ohmspike_study::settings::Settings;

use crate::Run;
use crate::table::{Line, Needs, Target};
use crate::variant::Variant;

/// The subset has a twelfth of the batches of an epoch: neurons need more epochs before they spike, and one epoch is a
/// short measurement.
const WARM_UP: u64 = 10;
const EPOCHS_OF_ROUND: u64 = 4;

/// Measures the cost of ten times the neurons and ten times the steps.
pub fn lines(run: Run) -> Vec<Line> {
    let study = study_settings(Name::FashionMnistSubset);
    let mut wide = study.clone();
    wide.network.hidden *= 10;
    let mut fine = study.clone();
    fine.network.steps *= 10;
    fine.weights.sigma_init /= 10.0;
    fine.training.tau_syn_steps *= 10.0;
    fine.training.tau_mem_steps *= 10.0;
    fine.training.learning_rate /= 100.0;
    let code = LatencyCode::default();
    let finer = LatencyCode { tau: 10.0 * code.tau, ..code };

    let stages = [(study, code), (wide, code), (fine, finer)].map(|(settings, code)| {
        let data = encode(&settings, code);
        Stage::of(settings, data)
    });
    let (warm_up, epochs) = if test_mode() { (0, 1) } else { (WARM_UP, EPOCHS_OF_ROUND * run.rounds) };
    let mut variants = stages.each_ref().map(|stage| Variant::new(stage, &Trial::default(), warm_up));
    for _ in 0..epochs {
        variants.iter_mut().for_each(Variant::epoch);
    }
    let [small, wide, fine] = &variants;
    [("hidden neurons 100 to 1,000", wide), ("steps 100 to 1,000, the same spikes at a finer time step", fine)]
        .map(|(what, large)| Line {
            what: format!("{what}: ratio of times per image"),
            measured: large.over(small),
            unit: "x",
            target: Target::AtMost(10.0),
            needs: Needs::Nothing,
            details: format!(
                "subset; {:.0} hidden spikes per image, {:.0} in the small network",
                large.spikes(),
                small.spikes()
            ),
        })
        .into()
}

fn encode(settings: &Settings, code: LatencyCode) -> EncodedData {
    let loaded = ohmspike_datasets::load(Name::FashionMnistSubset.as_str(), None).expect("the embedded subset");
    let [train, test] = [&loaded.train, &loaded.test].map(|part| {
        let images = part.images().expect("images");
        let pixels = images.pixels.chunks_exact(images.rows * images.columns);
        code.samples(pixels, &images.labels, settings.network.steps).expect("few spikes")
    });
    EncodedData {
        train,
        test,
        classes: loaded.class_names.len(),
        binned: None,
        sha256: loaded.digest,
        decoded_bytes: 0,
    }
}
