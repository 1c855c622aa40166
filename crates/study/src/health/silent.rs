//! Hidden layers that fire almost never.

use std::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};

use super::{Cause, judged_before_training};
use crate::settings::Settings;
use crate::significant::significant;

/// Spikes per sample below which a hidden layer is silent. At 0.1, at least nine in ten samples cause no spike: the
/// readout learns from the remaining tenth, and the outcome depends on how close to threshold the network starts.
pub const MIN_SPIKES: f64 = 0.1;

/// A hidden layer that fires almost never.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Silence {
    /// Number of the first silent layer, starting at 1.
    pub layer: usize,
    /// Spikes per sample before training.
    pub spikes_before: f64,
    /// Spikes per sample after the last epoch; null if training diverged in the first.
    pub spikes_after: Option<f64>,
    /// The cause, if the trial found one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
}

impl Silence {
    /// Returns the first layer with too few spikes per sample, `before` training or else `after` it. A trained network that
    /// rests is judged only after training.
    pub fn find(settings: &Settings, before: &[f64], after: Option<&[f64]>) -> Option<Silence> {
        let silent = |spikes: &[f64]| spikes.iter().position(|spikes| *spikes < MIN_SPIKES);
        let at_start = || silent(before).filter(|_| judged_before_training(settings, after.is_some()));
        let layer = at_start().or_else(|| after.and_then(silent))?;
        let spikes_after = after.and_then(|after| after.get(layer).copied());
        Some(Silence { layer: layer + 1, spikes_before: *before.get(layer)?, spikes_after, cause: None })
    }

    /// Whether the layer is already silent before training.
    pub fn from_the_start(&self) -> bool {
        self.spikes_before < MIN_SPIKES
    }

    pub(super) fn advice(&self, settings: &Settings) -> String {
        match &self.cause {
            Some(cause) => cause.advice(settings),
            None => "rerun the trial to find the cause, which this record does not hold".to_owned(),
        }
    }
}

impl Display for Silence {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let spikes = |spikes: f64| if spikes == 0.0 { "0".to_owned() } else { significant(spikes) };
        write!(
            formatter,
            "hidden layer {} emits {} spikes per sample before training",
            self.layer,
            spikes(self.spikes_before)
        )?;
        if let Some(after) = self.spikes_after {
            write!(formatter, " and {} after it", spikes(after))?;
        }
        write!(formatter, "; expected at least {MIN_SPIKES}")?;
        match &self.cause {
            Some(cause) => write!(formatter, "; cause: {cause}"),
            None => Ok(()),
        }
    }
}
