//! An outcome that may be at chance, and what to do about it.

use std::fmt::{self, Display, Formatter};

use ohmspike_crossbar::device::{Device, WriteNoise};
use serde::{Deserialize, Serialize};

use crate::auto::advised_weight_at_gmax;
use crate::settings::{Settings, connection_key};
use crate::significant::{short, significant};
use crate::warning::TOO_WIDE;

/// Below this number of test samples, an accuracy this far above chance may be luck; more epochs would not help.
const FEW_SAMPLES: u64 = 100;
const CLEARLY: f64 = 0.2;

/// An outcome that may be at chance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AtChance {
    /// The outcome, 0 to 1.
    pub outcome: f64,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Chance, 0 to 1.
    pub chance: f64,
    /// Test samples.
    pub samples: u64,
    /// Training loss of the first and the last epoch, if it did not fall, or not below the loss at chance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<(f64, f64)>,
}

impl AtChance {
    pub(super) fn advice(&self, settings: &Settings) -> String {
        let training = &settings.training;
        if training.epochs == 0 {
            return "the network is untrained: train it with `training.epochs = 30`".to_owned();
        }
        if self.samples < FEW_SAMPLES && self.outcome - self.chance >= CLEARLY {
            return format!("use more test samples: {} can't tell such an accuracy from chance", self.samples);
        }
        // Noise of the study is in units of weight, whatever the window.
        let level = settings.noise.level_percent;
        if let Some(scale) = too_coarse(settings).filter(|_| level == 0.0 && cells_are_inexact(settings)) {
            return scale;
        }
        let (rate, scale) = (training.learning_rate, settings.hardware.write_spread_scale);
        let less_noise = if level > 0.0 {
            Some(format!("`noise.level_percent = {}` (now {level})", short(level / 2.0)))
        } else if cells_are_inexact(settings) && scale > 0.0 {
            Some(format!("`hardware.write_spread_scale = {}` (now {scale})", short(scale / 2.0)))
        } else {
            None
        };
        if self.loss.is_none() {
            let longer = format!("train longer (`training.epochs = {}`, now {})", 2 * training.epochs, training.epochs);
            let other = less_noise.map_or_else(
                || format!("raise `training.learning_rate` to {} (now {rate})", short(3.0 * rate)),
                |less_noise| format!("with less noise: {less_noise}"),
            );
            return format!("{longer}, or {other}");
        }
        let lower = format!("`training.learning_rate = {}` (now {rate})", short(rate / 3.0));
        let cures: Vec<String> = less_noise.into_iter().chain([lower]).collect();
        format!("the training loss does not fall, so more epochs won't help: try {}", cures.join(" or "))
    }
}

/// Whether writes may miss their target: false without a device, and for built-in devices without noise of their own.
pub(super) fn cells_are_inexact(settings: &Settings) -> bool {
    let devices = settings.connections().into_iter().filter_map(|connection| settings.device_of(connection));
    let exact = |name: String| {
        Device::built_in(&name).is_some_and(|device| {
            matches!(device.write.noise, WriteNoise::None | WriteNoise::FromStudy) && device.write.pulses().is_none()
        })
    };
    devices.into_iter().any(|name| !exact(name)) || !settings.device.is_empty()
}

/// Advice for a weight at Gmax that is far too large for the weights.
fn too_coarse(settings: &Settings) -> Option<String> {
    let on_cells = settings.connections().into_iter().filter(|one| settings.device_of(*one).is_some());
    let wide = on_cells.filter_map(|connection| {
        let (weight, advised) = (settings.weight_at_gmax_of(connection), advised_weight_at_gmax(settings, connection));
        let cure = || format!("`{} = {advised}` (now {weight})", connection_key(connection, "weight_at_gmax"));
        (weight > TOO_WIDE * advised).then(cure)
    });
    let mut cures: Vec<String> = wide.collect();
    // Recurrent weights share the key of their layer.
    cures.dedup();
    let cures = cures.join(" and ");
    (!cures.is_empty()).then(|| {
        format!(
            "the weights use little of the conductance window, so updates drown in the noise and levels of the cells: \
             use more of it with {cures}"
        )
    })
}

impl Display for AtChance {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let percent = |fraction: f64| significant(100.0 * fraction);
        let AtChance { outcome, low, chance, samples, loss } = self;
        write!(
            formatter,
            "an accuracy of {} % on {samples} test {} (95 % CI from {} %) is not above chance, {} %",
            percent(*outcome),
            if *samples == 1 { "sample" } else { "samples" },
            percent(*low),
            percent(*chance)
        )?;
        match loss {
            Some((first, last)) => {
                let below = if last < first { " below the loss at chance" } else { "" };
                let (first, last) = (significant(*first), significant(*last));
                write!(
                    formatter,
                    "; the training loss did not fall{below}: {first} in the first epoch, {last} in the last"
                )
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
        let perfect = AtChance { outcome: 1.0, low: 0.16, chance: 0.5, samples: 2, loss: None };
        assert_eq!(perfect.advice(&settings), "use more test samples: 2 can't tell such an accuracy from chance");
        let grown = state(Some((6.8, 34.5)));
        assert!(
            grown.to_string().ends_with("; the training loss did not fall: 6.80 in the first epoch, 34.5 in the last")
        );
        assert!(!grown.advice(&settings).contains("weight_at_gmax"), "{}", grown.advice(&settings));
        settings.noise.level_percent = 20.0;
        assert!(grown.advice(&settings).contains("try `noise.level_percent = 10` (now 20) or"));
        assert!(state(None).advice(&settings).ends_with("or with less noise: `noise.level_percent = 10` (now 20)"));
        // Cells without noise of their own are never too coarse.
        settings.hardware.device = "study-1k-1m".to_owned();
        assert!(!grown.advice(&settings).contains("weight_at_gmax"), "{}", grown.advice(&settings));
        settings.noise.level_percent = 0.0;
        assert!(!grown.advice(&settings).contains("hardware."), "{}", grown.advice(&settings));
        settings.hardware.device = "cmo-hfox-falcone-2025".to_owned();
        // Weights of 0.001 in a window of 1: the writes are too coarse for them.
        assert!(grown.advice(&settings).contains("`hardware.weight_at_gmax = 0.0099` (now 1)"));
        assert!(state(None).advice(&settings).contains("`hardware.weight_at_gmax = 0.0099` (now 1)"));
        (settings.hardware.weight_at_gmax, settings.readout.weight_at_gmax) = (0.01, 2.0);
        assert!(grown.advice(&settings).contains("`hardware.write_spread_scale = 0.5` (now 1)"));
        settings.training.epochs = 0;
        assert!(state(None).advice(&settings).starts_with("the network is untrained"));
    }
}
