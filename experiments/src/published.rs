//! Values published in the paper of the noise study, for comparison with ours.
//!
//! The numbers are in `experiments/published/kilgore-2025.json` with source and reading error.

use serde::Deserialize;

use std::collections::BTreeMap;

use ohmspike_datasets::SHD_NAME;
use ohmspike_snn::neuron::Neuron;
use ohmspike_snn::spikes::EventsPerStep;
use ohmspike_study::axis_value::plain;
use ohmspike_study::settings::Settings;

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
    /// Untrained networks on spoken digits.
    pub digits: DigitValues,
}

/// Untrained networks on spoken digits.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DigitValues {
    /// Quantity.
    pub what: String,
    /// Figure or file with the values.
    #[serde(rename = "where")]
    pub place: String,
    /// Caveat.
    pub caution: String,
    /// Excitatory fraction, 0 to 1.
    pub excitatory_fraction: f64,
    /// Time by which the paper divides the spikes of a recording, s.
    pub rate_divisor_seconds: f64,
    /// One row per initial weight spread.
    pub rows: Vec<DigitRow>,
}

/// Untrained networks at one initial weight spread.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DigitRow {
    /// Initial weight spread, thresholds.
    pub sigma_init: f64,
    /// Mean root of the Van Rossum distance, if known.
    pub distance_root: Option<f64>,
    /// Spikes per neuron and recording, divided by the divisor, Hz, if known.
    pub rate_hertz: Option<f64>,
}

impl DigitValues {
    /// Returns the published untrained networks of `settings`.
    pub fn of(&self, settings: &Settings) -> Option<&DigitRow> {
        let alike = settings.data.set == SHD_NAME
            && settings.data.events_per_step() == EventsPerStep::Count
            && settings.network.excitatory_fraction == self.excitatory_fraction
            && settings.network.neuron == Neuron::Lif
            && settings.connections().len() == 2
            && !settings.has_device();
        self.rows.iter().find(|row| alike && row.sigma_init == settings.weights.sigma_init)
    }

    /// Converts a firing rate, Hz, to the axis of the published figures; none for data other than spoken digits, which needs no
    /// conversion.
    pub fn on_published_axis(&self, settings: &Settings, hertz: f64) -> Option<f64> {
        let seconds = (settings.data.set == SHD_NAME).then(|| settings.sample_seconds())?;
        Some(hertz * seconds / self.rate_divisor_seconds)
    }
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

/// Accuracy over the noise of every update.
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
    pub fn accuracy(&self, share: f64, level: f64) -> Option<f64> {
        let curve = self.accuracy_percent.iter().find(|curve| curve.excitatory_fraction == share)?;
        let place = self.levels_percent_of_sigma_init.iter().position(|&known| known == level)?;
        Some(curve.values[place]? / 100.0)
    }
}

/// Lists the settings, other than the axes, that differ from the published noise study.
pub fn differences(settings: &Settings) -> Vec<String> {
    let published = Settings {
        data: ohmspike_study::settings::DataSettings { set: FULL.to_owned(), ..Default::default() },
        ..Settings::default()
    };
    let (ours, theirs) = (settings.resolved(), published.resolved());
    let same_device = ours.readout.device.as_ref() == Some(&ours.hardware.device);
    // Skips the axes of the figures, keys without meaning for abstract weights, and duplicates of other keys.
    let apart = |key: &str| {
        let of_cells = key.starts_with("hardware.") && key != "hardware.device" || key == "readout.weight_at_gmax";
        let again = key.starts_with("layer.1.") || key == "readout.device" && same_device;
        of_cells
            || again
            || ["noise.", "seeds."].iter().any(|section| key.starts_with(section))
            || key == "network.excitatory_fraction"
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

    /// 30.5 Hz over 0.2 s are 6.1 spikes per neuron, and 6.1 spikes over 1.4 s are 4.36 Hz.
    #[test]
    fn rates_of_digits_convert_to_the_published_axis() {
        let digits = Published::kilgore_2025().digits;
        let mut settings = Settings::default();
        assert_eq!(digits.on_published_axis(&settings, 4.0), None);
        settings.data.set = SHD_NAME.to_owned();
        let found = digits.on_published_axis(&settings, 6.1 / 1.4).expect("spoken digits");
        assert!((found - 30.5).abs() < 1e-9, "{found}");
        settings.data.window_seconds = Some(0.7);
        let found = digits.on_published_axis(&settings, 2.0).expect("spoken digits");
        assert!((found - 7.0).abs() < 1e-9, "{found}");
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
    }
}
