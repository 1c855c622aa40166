//! Samples that have no input spike in the chosen encoding.

use std::path::Path;

use ohmspike_datasets::{Dataset, ImportedSet, LoadError, Part};
use ohmspike_snn::encode::LatencyCode;

use crate::few_steps;
use crate::prepare::EncodedData;
use crate::settings::Settings;
use crate::significant::at_least;

/// Samples of a data set that latency encoding leaves without input spikes.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "{name}: {} no input spike with latency encoding, which needs values of at least {threshold} of full scale; the \
     largest value is {highest}\n\n\
     hint: {} `data.encoding = \"poisson\"`", counted(*silent, *samples),
    if *is_full_scale { "set" } else {
        "import the data with `--scale min-max`, which scales the largest training value to full scale, or set"
    }
)]
pub struct SilentSamples {
    /// Name of the data set.
    pub name: String,
    /// Training and test samples without an input spike.
    pub silent: usize,
    /// Training and test samples in total.
    pub samples: usize,
    /// Smallest value that spikes, as a fraction of full scale.
    pub threshold: f64,
    /// Largest value, with full scale.
    pub highest: String,
    /// Whether the largest value is full scale, so that no other scale helps.
    pub is_full_scale: bool,
}

/// `silent` of `samples` samples, with the verb.
pub(crate) fn counted(silent: usize, samples: usize) -> String {
    match silent {
        all if all == samples && samples > 1 => format!("all {samples} samples have"),
        1 => format!("1 of {samples} samples has"),
        silent => format!("{silent} of {samples} samples have"),
    }
}

/// Returns the dense samples of `data` without a spike in latency encoding with the default number of time steps; none
/// if every sample spikes, or for recordings.
pub fn silent_samples(data: &Dataset) -> Option<SilentSamples> {
    let mut count = SilentCount::default();
    [&data.train, &data.test].into_iter().for_each(|part| count.add(part));
    count.told(&data.name)
}

/// Same as [`silent_samples`] for the imported data set `name`, which is read in pieces; `cache` overrides the cache folder.
///
/// # Errors
/// Returns an error if the data set cannot be read.
pub fn silent_imported(name: &str, cache: Option<&Path>) -> Result<Option<SilentSamples>, LoadError> {
    let mut set = ImportedSet::open(name, cache)?;
    let sizes = set.bytes_per_sample().map(|bytes| PIECE / bytes.max(1));
    let mut count = SilentCount::default();
    for piece in set.train(sizes[0])? {
        count.add(&piece?);
    }
    for piece in set.test(sizes[1])? {
        count.add(&piece?);
    }
    Ok(count.told(name))
}

/// Bytes of a piece of an imported data set.
const PIECE: usize = 1 << 20;

/// Counts dense samples without an input spike.
#[derive(Default)]
struct SilentCount {
    silent: usize,
    samples: usize,
    /// Largest value, as a fraction of full scale.
    most: f64,
    are_bytes: bool,
}

impl SilentCount {
    fn add(&mut self, part: &Part) {
        let (code, steps) = (LatencyCode::default(), Settings::default().network.steps);
        // A sample spikes if its largest value does.
        let highest = highest_of_samples(part);
        self.silent += highest.iter().filter(|&&number| code.step(number, steps).is_none()).count();
        self.most = highest.iter().copied().fold(self.most, f64::max);
        self.samples += part.len();
        self.are_bytes = matches!(part, Part::Images(_));
    }

    fn told(self, name: &str) -> Option<SilentSamples> {
        let SilentCount { silent, samples, most, are_bytes } = self;
        let highest = if are_bytes { format!("{} of 255", (255.0 * most).round()) } else { format!("{most} of 1") };
        let (name, threshold) = (name.to_owned(), LatencyCode::default().threshold);
        let is_full_scale = most >= 1.0;
        (silent > 0).then_some(SilentSamples { name, silent, samples, threshold, highest, is_full_scale })
    }
}

/// Samples of a study without an input spike, which a network cannot tell apart.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "data.set: `{set}`: no input spike in {silent}: {}\n\nhint: {}", how.why(), self.hint()
)]
pub struct SilentInput {
    /// Name of the data set.
    pub set: String,
    /// Numbers of silent samples, in words.
    silent: String,
    how: How,
}

impl SilentInput {
    /// Returns what to do.
    pub(crate) fn hint(&self) -> String {
        self.how.hint()
    }
}

/// How the samples become spikes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum How {
    /// Recorded events, the last at `last_seconds`.
    Events {
        last_seconds: f64,
    },
    Latency {
        steps: usize,
    },
    Poisson {
        rate_hertz: f64,
        steps: usize,
    },
}

impl How {
    /// Returns why samples are silent.
    fn why(&self) -> String {
        match self {
            How::Events { .. } => "no event is inside the window".to_owned(),
            How::Latency { .. } => format!(
                "latency encoding drops values below {} of full scale and spikes after the last time step",
                LatencyCode::default().threshold
            ),
            How::Poisson { .. } => "the values are small".to_owned(),
        }
    }

    /// Returns what to do.
    fn hint(&self) -> String {
        match *self {
            How::Events { last_seconds } => format!(
                "check the recordings, or choose a `data.window_seconds` above {} s, the time of the last event",
                at_least(last_seconds)
            ),
            How::Latency { steps } => few_steps::latency_advice(steps),
            How::Poisson { rate_hertz, steps } => few_steps::poisson_advice(rate_hertz, steps),
        }
    }
}

/// Returns the samples of `data` without an input spike in the encoding of `settings`; none if every sample has one.
pub fn silent_input(settings: &Settings, data: &EncodedData) -> Option<SilentInput> {
    let (train, test) = (data.silent_train_samples(), data.silent_test_samples());
    let parts = [(train, data.train.labels.len(), "training"), (test, data.test.labels.len(), "test")];
    let told = parts.into_iter().filter(|(silent, ..)| *silent > 0).map(|(silent, samples, part)| match silent {
        all if all == samples => format!("all {samples} {part} samples"),
        silent => format!("{silent} of {samples} {part} samples"),
    });
    let silent = told.collect::<Vec<_>>().join(" and ");
    let steps = settings.network.steps;
    // Only recordings are binned.
    let how = match (data.binned, settings.data.poisson_rate_hertz()) {
        (Some(binned), _) => How::Events { last_seconds: binned.last_seconds },
        (None, Some(rate_hertz)) => How::Poisson { rate_hertz, steps },
        (None, None) => How::Latency { steps },
    };
    (train + test > 0).then(|| SilentInput { set: settings.data.set.clone(), silent, how })
}

/// Returns the largest value of each sample as a fraction of full scale; empty for recordings.
fn highest_of_samples(part: &Part) -> Vec<f64> {
    match part {
        Part::Images(images) => {
            let highest = |image: &[u8]| f64::from(image.iter().copied().max().unwrap_or(0)) / 255.0;
            images.pixels.chunks_exact(part.units()).map(highest).collect()
        }
        Part::Values(values) => {
            let highest = |sample: &[f32]| f64::from(sample.iter().copied().fold(0.0, f32::max));
            values.values.chunks_exact(part.units()).map(highest).collect()
        }
        Part::Events(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use ohmspike_datasets::{ImageSet, ValueSet};

    use super::*;

    fn data(train: Part, test: Part) -> Dataset {
        let class_names = vec!["a".to_owned(), "b".to_owned()];
        let (name, digest) = ("digits".to_owned(), String::new());
        Dataset { name, class_names, train, test, duration_seconds: None, digest }
    }

    fn images(pixels: &[u8]) -> Part {
        let labels = vec![0; pixels.len() / 2];
        Part::Images(ImageSet { rows: 1, columns: 2, pixels: pixels.to_vec(), labels })
    }

    fn values(values: &[f32]) -> Part {
        Part::Values(ValueSet { units: 2, values: values.to_vec(), labels: vec![0; values.len() / 2] })
    }

    /// 51 of 255 is the threshold, with a spike only after the last step; 52 spikes at step 79.
    #[test]
    fn counts_samples_below_the_threshold() {
        assert_eq!(silent_samples(&data(images(&[0, 52, 255, 0]), images(&[52, 0]))), None);
        let found = silent_samples(&data(images(&[16, 3, 51, 0]), images(&[0, 52]))).unwrap();
        assert_eq!((found.silent, found.samples, found.highest.as_str()), (2, 3, "52 of 255"));
        let message = silent_samples(&data(images(&[16, 3, 0, 0]), images(&[7, 2]))).unwrap().to_string();
        assert!(message.starts_with("digits: all 3 samples have no input spike"), "{message}");
        assert!(message.contains("the largest value is 16 of 255") && message.contains("--scale min-max"), "{message}");
        let found = silent_samples(&data(values(&[0.1, 0.0, 0.5, 0.0]), values(&[0.0, 0.25]))).unwrap();
        assert_eq!((found.silent, found.samples, found.highest.as_str()), (1, 3, "0.5 of 1"));
    }

    #[test]
    fn advice_names_the_number() {
        let advice = |how: How| how.hint();
        assert_eq!(advice(How::Latency { steps: 50 }), few_steps::latency_advice(50));
        let late = advice(How::Events { last_seconds: 1.25 });
        assert!(late.ends_with("choose a `data.window_seconds` above 1.25 s, the time of the last event"), "{late}");
        let rate = advice(How::Poisson { rate_hertz: 40.0, steps: 30 });
        assert!(
            rate.contains("`data.poisson_rate_hertz` (now 40, at most 1000) or `network.steps` (now 30)"),
            "{rate}"
        );
    }
}
