//! Poisson spikes of dense samples, drawn in memory at every start.

use std::thread;

use ohmspike_datasets::Part;
use ohmspike_rng::Seed;
use ohmspike_snn::encode::PoissonCode;
use ohmspike_snn::spikes::{Samples, SpikesError};

use super::{EncodedData, PrepareError, check_keys};
use crate::settings::Settings;

/// Reads and encodes the data set named by the checked `settings`.
pub(super) fn load(settings: &Settings) -> Result<EncodedData, PrepareError> {
    let loaded = ohmspike_datasets::load(&settings.data.set, None)?;
    check_keys(settings, loaded.duration_seconds)?;
    let rate_hertz = settings.data.poisson_rate_hertz().expect("the encoding has a rate");
    let (code, steps) = (PoissonCode { rate_hertz }, settings.network.steps);
    // The same seed for every study, so that all studies use the same spikes.
    let seed = |part| Seed::new(0).named("poisson").named(part);
    // Encodes both sets at once: 70 000 images take a moment.
    let (train, test) = thread::scope(|scope| {
        let test = scope.spawn(|| samples(&code, &loaded.test, steps, seed("test")));
        (samples(&code, &loaded.train, steps, seed("train")), test.join().expect("encoding does not panic"))
    });
    Ok(EncodedData {
        train: train?,
        test: test?,
        classes: loaded.class_names.len(),
        binned: None,
        decoded_bytes: loaded.train.bytes() + loaded.test.bytes(),
        sha256: loaded.digest,
    })
}

fn samples(code: &PoissonCode, part: &Part, steps: usize, seed: Seed) -> Result<Samples, SpikesError> {
    let labels = part.labels();
    match part {
        Part::Images(images) => code.samples(images.pixels.chunks_exact(part.units()), labels, steps, seed),
        Part::Values(values) => code.samples_of_values(values.values.chunks_exact(part.units()), labels, steps, seed),
        Part::Events(_) => unreachable!("the keys were checked"),
    }
}
