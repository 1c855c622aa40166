//! A network of the size for spoken digits: 700-200-20, 100 steps, recordings of thousands of spikes.
//!
//! Sizes are those of Spiking Heidelberg Digits (Cramer et al., IEEE Trans Neural Netw Learn Syst 33, 2744 (2022)).
//! Spikes are random and independent of the class. Every unit spikes with the same probability at every step, so no
//! step is silent and can be skipped.

use benches::{Stage, Trial, study_settings, test_mode};
use ohmspike_datasets::Name;
use ohmspike_rng::Seed;
use ohmspike_simd::{Block, LANES};
use ohmspike_snn::spikes::{Samples, SpikeTrains};
use ohmspike_study::prepare::EncodedData;

use crate::Run;
use crate::table::{Line, Needs, Target};
use crate::variant::Variant;

const UNITS: usize = 700;
const STEPS: usize = 100;
const CLASSES: usize = 20;
/// Mean input spikes per recording.
const SPIKES: f32 = 5000.0;
/// σ_init, thresholds. Fifty units spike per step, compared with thirteen pixels of an image; this value keeps the
/// membrane voltage near its threshold.
const SIGMA_INIT: f64 = 9e-4;

/// Measures a trial-epoch with noisy digital weights on recordings.
pub fn lines(run: Run) -> Vec<Line> {
    let mut settings = study_settings(Name::FashionMnistSubset);
    settings.network.hidden = 200;
    settings.network.steps = STEPS;
    settings.weights.sigma_init = SIGMA_INIT;
    let [train, test] = if test_mode() { [256, 256] } else { [8156, 2264] };
    let data = EncodedData {
        train: recordings(Seed::new(1).named("train"), train),
        test: recordings(Seed::new(1).named("test"), test),
        classes: CLASSES,
        binned: None,
        sha256: String::new(),
        decoded_bytes: 0,
    };
    let spikes = data.train.spikes.total() as f64 / train as f64;
    let stage = Stage::of(settings, data);
    let mut trial = Variant::new(&stage, &Trial::default(), run.warm_up);
    (0..run.rounds).for_each(|_| trial.epoch());
    vec![Line {
        what: format!("trial-epoch of 700-200-20, {} + {} recordings", stage.training_images(), stage.test_images()),
        measured: trial.seconds.clone(),
        unit: "s",
        target: Target::AtMost(0.9),
        needs: Needs::Nothing,
        details: format!("{spikes:.0} input spikes and {:.0} hidden spikes per recording", trial.spikes()),
    }]
}

fn recordings(seed: Seed, count: usize) -> Samples {
    let mut spikes = SpikeTrains::new(UNITS, STEPS).expect("few units");
    let mut draws = vec![Block::ZERO; (UNITS * STEPS).div_ceil(LANES)];
    let rate = SPIKES / (UNITS * STEPS) as f32;
    for recording in 0..count {
        seed.numbered(recording as u64).uniforms().fill(&mut draws);
        let draws = draws.as_slice();
        let spiking = |step: usize, unit: usize| {
            let place = step * UNITS + unit;
            draws[place / LANES][place % LANES] < rate
        };
        spikes.push_raster(spiking).expect("few spikes");
    }
    let labels = (0..count).map(|recording| (recording % CLASSES) as u8).collect();
    Samples { spikes, labels }
}
