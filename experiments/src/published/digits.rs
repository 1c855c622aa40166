//! Published noise-free networks on spoken digits.

use serde::Deserialize;

use ohmspike_datasets::SHD_NAME;
use ohmspike_snn::neuron::Neuron;
use ohmspike_snn::spikes::EventsPerStep;
use ohmspike_study::settings::{Settings, WeightSigns};

/// Noise-free networks on spoken digits, by excitatory fraction and initial weight spread.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DigitValues {
    /// Quantities.
    pub what: String,
    /// Figure and file with the values.
    #[serde(rename = "where")]
    pub place: String,
    /// Caveats.
    pub caution: String,
    /// Time by which the paper divides the spikes of a recording, s.
    pub rate_divisor_seconds: f64,
    /// Error of rates read from the figure, Hz.
    pub rate_reading_error_hertz: f64,
    /// Error of accuracies read from the figure, percentage points.
    pub accuracy_reading_error_points: f64,
    /// Initial firing rates, which depend on the initial weight spread only.
    pub rates: Vec<DigitRate>,
    /// Networks by excitatory fraction.
    pub fractions: Vec<FractionOfDigits>,
}

/// Firing rate of untrained networks.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DigitRate {
    /// Initial weight spread, thresholds.
    pub sigma_init: f64,
    /// Spikes per neuron and recording, divided by the divisor, Hz.
    pub hertz: f64,
}

/// Networks of one excitatory fraction.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FractionOfDigits {
    /// Excitatory fraction, 0 to 1.
    pub excitatory_fraction: f64,
    /// One row per initial weight spread.
    pub rows: Vec<DigitNetworks>,
}

/// Networks of one excitatory fraction and initial weight spread. Distances are mean roots of the Van Rossum distance of E-E,
/// E-I and I-I pairs, null without such pairs.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DigitNetworks {
    /// Initial weight spread, thresholds.
    pub sigma_init: f64,
    /// Number of networks with published distances.
    pub networks: u64,
    /// Distances before training.
    pub before: [Option<f64>; 3],
    /// Distances after training.
    pub after: [Option<f64>; 3],
    /// Lowest and highest accuracy of eight networks, %.
    pub accuracy_percent: [f64; 2],
}

/// Published values to compare with the trials of a condition.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DigitPoint {
    /// Firing rate of untrained networks on the published axis, Hz.
    pub hertz: f64,
    /// Distances and accuracies.
    pub networks: DigitNetworks,
}

impl DigitValues {
    /// Returns the published networks that start as those of `settings`, with the same excitatory fraction and initial weight
    /// spread. Training, noise and data may differ; see [`super::differences`].
    pub fn of(&self, settings: &Settings) -> Option<DigitPoint> {
        let alike = settings.data.set == SHD_NAME
            && settings.data.events_per_step() == EventsPerStep::Count
            && settings.network.signs == WeightSigns::Constrained
            && settings.network.neuron == Neuron::Lif
            && settings.connections().len() == 2
            && !settings.has_device();
        let sigma_init = settings.weights.sigma_init;
        let rate = self.rates.iter().find(|rate| alike && rate.sigma_init == sigma_init)?;
        let same = |of: &&FractionOfDigits| of.excitatory_fraction == settings.network.excitatory_fraction;
        let networks = *self.fractions.iter().find(same)?.rows.iter().find(|row| row.sigma_init == sigma_init)?;
        Some(DigitPoint { hertz: rate.hertz, networks })
    }

    /// Converts a firing rate, Hz, to the axis of the published figures; none for data other than spoken digits, which needs no
    /// conversion.
    pub fn on_published_axis(&self, settings: &Settings, hertz: f64) -> Option<f64> {
        let seconds = (settings.data.set == SHD_NAME).then(|| settings.sample_seconds())?;
        Some(hertz * seconds / self.rate_divisor_seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Published;
    use super::*;

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
    fn finds_networks_by_fraction_and_spread() {
        let digits = Published::kilgore_2025().digits;
        let spreads: Vec<f64> = digits.rates.iter().map(|rate| rate.sigma_init).collect();
        assert_eq!((spreads.len(), digits.fractions.len()), (18, 4));
        for of in &digits.fractions {
            assert_eq!(of.rows.iter().map(|row| row.sigma_init).collect::<Vec<f64>>(), spreads);
            let is_range = |row: &DigitNetworks| row.accuracy_percent[0] <= row.accuracy_percent[1];
            assert!(of.rows.iter().all(is_range), "{}", of.excitatory_fraction);
        }
        let mut settings = super::super::published_like(&{
            let mut settings = Settings::default();
            settings.data.set = SHD_NAME.to_owned();
            settings
        });
        (settings.weights.sigma_init, settings.network.excitatory_fraction) = (0.0002, 0.8);
        let found = digits.of(&settings).expect("published");
        assert_eq!(
            (found.hertz, found.networks.accuracy_percent, found.networks.before[0]),
            (11.3, [31.5, 41.0], Some(1.066))
        );
        settings.network.excitatory_fraction = 1.0;
        assert_eq!(digits.of(&settings).expect("published").networks.after[2], None);
        settings.weights.sigma_init = 0.00021;
        assert_eq!(digits.of(&settings), None);
    }
}
