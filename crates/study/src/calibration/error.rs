//! Why `auto` has no number.

use crate::settings::ValueError;
use crate::significant::{at_most, short};

/// Why a key cannot be calibrated.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CalibrationError {
    /// No sample of the batch has an input spike.
    #[error(
        "{key}: expected input spikes to calibrate `auto`, got none in {samples} training samples\n\n\
         hint: {hint}"
    )]
    NoInputSpikes {
        /// The key.
        key: String,
        /// Number of samples.
        samples: usize,
        /// What to do.
        hint: String,
    },
    /// The time steps end before the layer can spike.
    #[error(
        "network.steps: expected more than {steps} to calibrate `{key}`: the first input spike comes in time step \
         {first_step}, and every layer takes two more\n\n\
         hint: set network.steps = {needed_steps} or more, so that spikes reach the readout"
    )]
    TooFewSteps {
        /// The key.
        key: String,
        /// Time step, from 1, of the first input spike of any sample.
        first_step: usize,
        /// `network.steps`.
        steps: usize,
        /// Fewest time steps in which spikes reach the readout.
        needed_steps: usize,
    },
    /// The target is above the activity at every spread.
    #[error(
        "{key}: expected at most {} spikes per neuron and sample from this layer at any spread, got a target of {target}\n\n\
         hint: lower the target with `--set calibration.target_spikes={}`, raise `network.steps`, or set {key} to a \
         number",
         at_most(*most), short(0.5 * most)
    )]
    Unreachable {
        /// The key.
        key: String,
        /// `calibration.target_spikes`.
        target: f64,
        /// Highest activity, spikes per neuron and sample.
        most: f64,
    },
    /// The layer fires at no spread.
    #[error(
        "{key}: expected a spread at which the layer fires to calibrate `auto`, got no spike up to {} thresholds\n\n\
         hint: check `network.excitatory_fraction` of the layer below, or set {key} to a number", short(*sigma)
    )]
    Silent {
        /// The key.
        key: String,
        /// Largest spread tried, thresholds.
        sigma: f64,
    },
    /// The network cannot be built, or a calibrated number does not fit other keys.
    #[error("{0} (with calibrated values)")]
    Value(ValueError),
    /// A calibrated number that the axis lists as well.
    #[error("{key}: duplicate value {number} in the list, which `auto` stands for\n\nhint: remove one of the two")]
    OnAxis {
        /// The key.
        key: String,
        /// The number.
        number: f64,
    },
}

impl CalibrationError {
    /// Returns the key of the study that the error is about.
    pub fn key(&self) -> &str {
        match self {
            CalibrationError::NoInputSpikes { key, .. }
            | CalibrationError::Unreachable { key, .. }
            | CalibrationError::Silent { key, .. }
            | CalibrationError::OnAxis { key, .. } => key,
            CalibrationError::TooFewSteps { .. } => "network.steps",
            CalibrationError::Value(error) => &error.key,
        }
    }
}
