//! An outcome that may be that of guessing, and what to do about it.

use std::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};

use crate::settings::{NO_DEVICE, Settings};
use crate::significant::significant;

/// An outcome that may be that of guessing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AtChance {
    /// The outcome, 0 to 1.
    pub outcome: f64,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Accuracy of guessing, 0 to 1.
    pub chance: f64,
    /// Test samples.
    pub samples: u64,
    /// Training loss of the first and the last epoch, if it did not fall.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<(f64, f64)>,
}

impl AtChance {
    pub(super) fn advice(&self, settings: &Settings) -> String {
        if self.loss.is_none() {
            return "train longer (`training.epochs`), raise `training.learning_rate`, or test on more samples"
                .to_owned();
        }
        let on_cells = settings.hardware.device != NO_DEVICE;
        let finer = if on_cells {
            ", finer writes (a smaller `hardware.weight_at_gmax` or `hardware.write_spread_scale`)"
        } else {
            ""
        };
        format!(
            "the training loss does not fall, so more epochs won't help: try less noise (`noise.level_percent`){finer} \
             or a smaller `training.learning_rate`"
        )
    }
}

impl Display for AtChance {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let percent = |share: f64| significant(100.0 * share);
        let AtChance { outcome, low, chance, samples, loss } = self;
        write!(
            formatter,
            "an accuracy of {} % on {samples} test {} (95 % CI from {} %) is not above guessing at {} %",
            percent(*outcome),
            if *samples == 1 { "sample" } else { "samples" },
            percent(*low),
            percent(*chance)
        )?;
        match loss {
            Some((first, last)) => {
                let (first, last) = (significant(*first), significant(*last));
                write!(formatter, "; the training loss did not fall: {first} in the first epoch, {last} in the last")
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// More epochs don't cure a loss that grows.
    #[test]
    fn a_loss_that_does_not_fall_changes_the_advice() {
        let state = |loss| AtChance { outcome: 0.1, low: 0.08, chance: 0.1, samples: 1000, loss };
        let mut settings = Settings::default();
        assert!(state(None).advice(&settings).starts_with("train longer"));
        let grown = state(Some((6.8, 34.5)));
        assert!(
            grown.to_string().ends_with("; the training loss did not fall: 6.80 in the first epoch, 34.5 in the last")
        );
        assert!(!grown.advice(&settings).contains("weight_at_gmax"), "{}", grown.advice(&settings));
        settings.hardware.device = "study-1k-1m".to_owned();
        assert!(grown.advice(&settings).contains("hardware.weight_at_gmax"));
    }
}
