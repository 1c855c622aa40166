//! Values published in the paper of the noise study, for comparison with ours.
//!
//! The numbers are in `experiments/published/kilgore-2025.json` with source and reading error.

mod digits;

use serde::Deserialize;

use std::collections::BTreeMap;

use ohmspike_datasets::SHD_NAME;
use ohmspike_snn::neuron::Neuron;
use ohmspike_study::axis_value::plain;
use ohmspike_study::settings::Settings;
use ohmspike_study::study::Study;

pub use digits::{DigitNetworks, DigitPoint, DigitRate, DigitValues, FractionOfDigits};

use crate::presets::PRESETS;

/// The paper.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// Reference.
    pub source: String,
    /// Noise study.
    pub noise: NoiseFigure,
    /// Untrained networks.
    pub distances: DistanceValues,
    /// Noise-free networks on spoken digits.
    pub digits: DigitValues,
}

/// Van Rossum distances of untrained networks.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DistanceValues {
    /// Quantity.
    pub what: String,
    /// Figure or file with the values.
    #[serde(rename = "where")]
    pub place: String,
    /// Caveat.
    pub caution: String,
    /// Excitatory fraction, 0 to 1.
    pub excitatory_fraction: f64,
    /// Time constant of the membrane, steps.
    pub tau_mem: f64,
    /// One row per initial weight spread.
    pub rows: Vec<DistanceRow>,
}

/// Distances at one initial weight spread: mean and standard deviation over networks.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DistanceRow {
    /// Initial weight spread, thresholds.
    pub sigma_init: f64,
    /// Number of networks.
    pub networks: u64,
    /// Pairs of excitatory neurons.
    pub ee: [f64; 2],
    /// Mixed pairs.
    pub ei: [f64; 2],
    /// Pairs of inhibitory neurons.
    pub ii: [f64; 2],
}

/// Accuracy over update noise.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoiseFigure {
    /// Quantity.
    pub what: String,
    /// Figure or file with the values.
    #[serde(rename = "where")]
    pub place: String,
    /// Error of values read from the figure, percentage points.
    pub reading_error_points: f64,
    /// Caveat.
    pub caution: String,
    /// Noise levels, % of sigma_init.
    pub levels_percent_of_sigma_init: Vec<f64>,
    /// One curve per excitatory fraction.
    pub accuracy_percent: Vec<NoiseCurve>,
}

/// Curve of the figure.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoiseCurve {
    /// Excitatory fraction, 0 to 1.
    pub excitatory_fraction: f64,
    /// Accuracy at each level, %; null if unreadable.
    pub values: Vec<Option<f64>>,
}

impl Published {
    /// Returns the values of Kilgore et al. (2025).
    pub fn kilgore_2025() -> Published {
        serde_json::from_str(include_str!("../published/kilgore-2025.json")).expect("the file is tested")
    }
}

impl DistanceValues {
    /// Returns the published distances of the untrained networks of `settings`.
    pub fn of(&self, settings: &Settings) -> Option<&DistanceRow> {
        let tau_mem = settings.training.tau_mem_steps;
        let alike = settings.data.set == FULL
            && settings.network.excitatory_fraction == self.excitatory_fraction
            && tau_mem == self.tau_mem
            && !settings.has_device()
            && settings.connections().len() == 2
            && settings.network.neuron == Neuron::Lif;
        self.rows.iter().find(|row| alike && row.sigma_init == settings.weights.sigma_init)
    }
}

impl NoiseFigure {
    /// Returns the published accuracy, a fraction.
    pub fn accuracy(&self, fraction: f64, level: f64) -> Option<f64> {
        let curve = self.accuracy_percent.iter().find(|curve| curve.excitatory_fraction == fraction)?;
        let place = self.levels_percent_of_sigma_init.iter().position(|&known| known == level)?;
        Some(curve.values[place]? / 100.0)
    }
}

/// Settings of the published networks on spoken digits.
const OF_DIGITS: &str = "name = 'published'\n[data]\nset = 'shd'\n[training]\npreset = 'kilgore-2025-shd'";

/// Returns the settings of the published study on the data of `settings`: spoken digits, or else images.
fn published_like(settings: &Settings) -> Settings {
    if settings.data.set == SHD_NAME {
        let study = Study::parse_with(&PRESETS, "published", OF_DIGITS, &[]).expect("a test reads it");
        return (*study.conditions[0].settings).clone();
    }
    let data = ohmspike_study::settings::DataSettings { set: FULL.to_owned(), ..Default::default() };
    Settings { data, ..Settings::default() }
}

/// Lists the settings, other than the axes of the published figures, that differ from the published study of the same data. For
/// spoken digits, the initial weight spread is an axis; for images, this is the study of noise.
pub fn differences(settings: &Settings) -> Vec<String> {
    let (ours, theirs) = (settings.resolved(), published_like(settings).resolved());
    let of_digits = settings.data.set == SHD_NAME;
    let same_device = ours.readout.device.as_ref() == Some(&ours.hardware.device);
    // Skips the axes of the figures, keys without meaning for digital weights, and duplicates of other keys.
    let apart = |key: &str| {
        let of_cells = key.starts_with("hardware.") && key != "hardware.device" || key == "readout.weight_at_gmax";
        let again = key.starts_with("layer.1.") || key == "readout.device" && same_device;
        of_cells
            || again
            || ["noise.", "seeds."].iter().any(|section| key.starts_with(section))
            || key == "network.excitatory_fraction"
            || of_digits && key == "weights.sigma_init"
    };
    let theirs: BTreeMap<String, toml::Value> = theirs.keys().into_iter().collect();
    let differs = |(key, value): (String, toml::Value)| {
        let known = theirs.get(&key);
        let known_words = || known.map_or_else(|| "none".to_owned(), plain);
        (known != Some(&value)).then(|| format!("{key} = {} (published: {})", plain(&value), known_words()))
    };
    ours.keys().into_iter().filter(|(key, _)| !apart(key)).filter_map(differs).collect()
}

/// Data set of the published study.
pub const FULL: &str = "fashion-mnist";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_published_values_by_fraction_and_level() {
        let noise = Published::kilgore_2025().noise;
        assert_eq!(noise.accuracy(0.8, 20.0), Some(0.69));
        assert_eq!(
            (noise.accuracy(0.8, 70.0), noise.accuracy(0.7, 20.0), noise.accuracy(1.0, 3.0)),
            (None, None, None)
        );
        let levels = noise.levels_percent_of_sigma_init.len();
        assert!(noise.accuracy_percent.iter().all(|curve| curve.values.len() == levels));
    }

    #[test]
    fn lists_settings_that_differ_from_the_paper() {
        let mut settings = Settings::default();
        settings.data.set = FULL.to_owned();
        settings.noise.level_percent = 40.0;
        assert_eq!(differences(&settings), [""; 0]);
        settings.training.epochs = 20;
        settings.hardware.device = "ideal".to_owned();
        let expected = ["hardware.device = ideal (published: none)", "training.epochs = 20 (published: 30)"];
        assert_eq!(differences(&settings), expected);
        let mut settings = published_like(&{
            settings.data.set = SHD_NAME.to_owned();
            settings
        });
        settings.weights.sigma_init = 0.0005;
        settings.network.excitatory_fraction = 0.5;
        assert_eq!(differences(&settings), [""; 0]);
        settings.training.epochs = 30;
        assert_eq!(differences(&settings), ["training.epochs = 30 (published: 200)"]);
    }
}
