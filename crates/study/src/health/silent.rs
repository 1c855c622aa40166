//! Whether the hidden neurons fire at all.

use std::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};

use super::Cause;
use crate::settings::Settings;
use crate::significant::significant;

/// Spikes per sample below which a hidden layer is silent. Where nine samples in ten leave it without any spike, the readout
/// learns from the tenth alone, and the outcome tells how close to its threshold the network was set up.
pub const LEAST_SPIKES: f64 = 0.1;

/// A hidden layer that hardly fires.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Silence {
    /// Number of the layer, from 1: the first silent one.
    pub layer: usize,
    /// Spikes per sample before training.
    pub spikes_before: f64,
    /// The same after the last epoch; null where training diverged in the first.
    pub spikes_after: Option<f64>,
    /// Why, as far as the trial found out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
}

impl Silence {
    /// That of the first layer whose spikes per sample are too few: `before` training, or else `after` it.
    pub fn of(before: &[f64], after: Option<&[f64]>) -> Option<Silence> {
        let silent = |spikes: &[f64]| spikes.iter().position(|spikes| *spikes < LEAST_SPIKES);
        let layer = silent(before).or_else(|| after.and_then(silent))?;
        let spikes_after = after.and_then(|after| after.get(layer).copied());
        Some(Silence { layer: layer + 1, spikes_before: *before.get(layer)?, spikes_after, cause: None })
    }

    /// Whether the layer is silent before training, and not only after it.
    pub fn from_the_start(&self) -> bool {
        self.spikes_before < LEAST_SPIKES
    }

    pub(super) fn advice(&self, settings: &Settings) -> String {
        match &self.cause {
            Some(cause) => cause.advice(settings),
            None => "run the trial again to learn the cause; it is not in this record".to_owned(),
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
        write!(formatter, "; expected at least {LEAST_SPIKES}")?;
        match &self.cause {
            Some(cause) => write!(formatter, ": {cause}"),
            None => Ok(()),
        }
    }
}
