//! A data set as the spikes that networks see.

use std::thread;

use datasets::{EventSet, ImageSet, Name, locate_shd, read_shd};
use snn::encode::LatencyCode;
use snn::spikes::{Samples, SpikeTrains, SpikesError};

use super::{PrepareError, sha256};
use crate::settings::DataSettings;

/// A data set as spikes.
#[derive(Clone, Debug)]
pub struct EncodedData {
    /// What is learnt from.
    pub train: Samples,
    /// What is tested with.
    pub test: Samples,
    /// Number of classes.
    pub classes: usize,
    /// SHA-256 of the decoded data set, in hexadecimal.
    pub sha256: String,
}

/// Reads the data set that `settings`, which are checked, name, and encodes it in `steps` steps.
pub(super) fn load(settings: &DataSettings, steps: usize) -> Result<EncodedData, PrepareError> {
    match settings.set.parse::<Name>() {
        Ok(name) => of_images(name, steps),
        Err(_) => of_events(settings.window_seconds().expect("recordings have a window"), steps),
    }
}

fn of_images(name: Name, steps: usize) -> Result<EncodedData, PrepareError> {
    let loaded = datasets::load(name, None)?;
    let encode = |images: &ImageSet| {
        let pixels = images.pixels.chunks_exact(images.rows * images.columns);
        LatencyCode::default().samples(pixels, &images.labels, steps)
    };
    // Both sets at once: encoding 70,000 images takes a moment.
    let (train, test) = thread::scope(|scope| {
        let test = scope.spawn(|| encode(&loaded.test));
        (encode(&loaded.train), test.join().expect("encoding does not panic"))
    });
    Ok(EncodedData { train: train?, test: test?, classes: loaded.classes, sha256: loaded.digest })
}

fn of_events(window_seconds: f64, steps: usize) -> Result<EncodedData, PrepareError> {
    let files = locate_shd(None)?;
    let part = |path| -> Result<(Samples, String, usize), PrepareError> {
        let events = read_shd(path)?;
        Ok((binned(&events, window_seconds, steps)?, events.digest(), events.classes))
    };
    let (train, test) = thread::scope(|scope| {
        let test = scope.spawn(|| part(&files.test));
        (part(&files.train), test.join().expect("reading does not panic"))
    });
    let ((train, train_digest, classes), (test, test_digest, _)) = (train?, test?);
    Ok(EncodedData { train, test, classes, sha256: sha256(format!("{train_digest}{test_digest}").as_bytes()) })
}

/// Recordings in steps that together are `window_seconds` long.
fn binned(events: &EventSet, window_seconds: f64, steps: usize) -> Result<Samples, SpikesError> {
    let mut spikes = SpikeTrains::new(events.units, steps)?;
    for recording in 0..events.len() {
        let (times, units) = events.recording(recording);
        spikes.push_events(times, units, window_seconds)?;
    }
    Ok(Samples { spikes, labels: events.labels.clone() })
}
