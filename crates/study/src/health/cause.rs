//! Why a hidden layer is silent.

use std::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};

use crate::settings::{Encoding, Settings};
use crate::significant::significant;

/// What silences a hidden layer, with what was measured. A drive is the largest membrane voltage of any of its neurons on a
/// typical sample (the median), in thresholds; none of neurons whose threshold is not 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Cause {
    /// Most samples have no input spike.
    NoInputSpikes {
        /// Test samples without an input spike.
        empty: u64,
        /// Test samples.
        samples: u64,
    },
    /// The first weights are too small, whatever holds them.
    WeightsTooSmall {
        /// What the first weights drive the layer to.
        drive: Option<f64>,
        /// The key of their spread.
        key: String,
        /// Their spread, thresholds.
        sigma: f64,
        /// A spread that fires, thresholds.
        needed: Option<f64>,
    },
    /// Without this mechanism of the device, the same first weights fire.
    Device {
        /// The mechanism.
        mechanism: Mechanism,
        /// Its keys, with what they are set to.
        keys: Vec<String>,
        /// What the first weights drive the layer to with all of the device.
        drive: Option<f64>,
        /// Spikes per sample without the mechanism.
        spikes_without: f64,
        /// The key of the spread of the first weights.
        key: String,
        /// A spread that fires on this device, thresholds.
        needed: Option<f64>,
    },
    /// The converters of the columns do not report what the weights drive.
    Converters {
        /// Bits of a code.
        bits: u32,
        /// Column current of the highest code, µA; none where the range is calibrated.
        full_scale_microamperes: Option<f64>,
        /// Column current that is worth a threshold, µA; none where the device file states no read voltage.
        threshold_microamperes: Option<f64>,
        /// Spikes per sample without them.
        spikes_without: f64,
    },
    /// The layer fired before training.
    LostInTraining {
        /// Mean magnitude of the weights that lead to it before training, thresholds.
        first: f64,
        /// The same after training.
        last: f64,
        /// Share of the writes that ended at weight 0.
        at_floor: f64,
        /// What the updates were disturbed by; none where they were exact.
        noise: Option<String>,
    },
}

/// A part of a device that can keep first weights from firing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Mechanism {
    /// The window holds weights up to that at Gmax alone.
    WeightAtGmax,
    /// Stuck cells and dead lines.
    Faults,
    /// Drift between the write and the test.
    Drift,
    /// Writes aim at levels.
    Levels,
    /// The spread of writes.
    WriteNoise,
    /// The spread of reads, and what the read voltage does to them.
    Reads,
    /// Spreads from cell to cell of a chip.
    Chip,
    /// Drivers of the rows.
    Drivers,
    /// No one of them alone.
    Together,
}

impl Mechanism {
    fn words(self) -> &'static str {
        match self {
            Mechanism::WeightAtGmax => "the device cuts the first weights at its weight at Gmax",
            Mechanism::Faults => "faults take too many cells away",
            Mechanism::Drift => "the cells drift before they are tested",
            Mechanism::Levels => "the levels of the device round the first weights away",
            Mechanism::WriteNoise => "the spread of writes covers the first weights",
            Mechanism::Reads => "reads do not return the first weights",
            Mechanism::Chip => "the spread from cell to cell covers the first weights",
            Mechanism::Drivers => "the row drivers do not pass the inputs on",
            Mechanism::Together => "several non-idealities of the device together keep the first weights from firing",
        }
    }

    fn remedy(self) -> &'static str {
        match self {
            Mechanism::WeightAtGmax => "raise the weight at Gmax",
            Mechanism::Faults => "lower the share of faulty cells",
            Mechanism::Drift => "shorten `hardware.retention_seconds`",
            Mechanism::Levels => "use more levels, or a smaller weight at Gmax",
            Mechanism::WriteNoise => "lower `hardware.write_spread_scale` or the weight at Gmax",
            Mechanism::Reads => "lower the read noise",
            Mechanism::Chip => "lower the spreads of `device.device_to_device`",
            Mechanism::Drivers => "use more bits for the row drivers",
            Mechanism::Together => "disable them one at a time",
        }
    }
}

impl Cause {
    /// What to do about it.
    pub(super) fn advice(&self, settings: &Settings) -> String {
        match self {
            Cause::NoInputSpikes { .. } => no_input(settings),
            Cause::WeightsTooSmall { key, sigma, needed, .. } => match needed {
                Some(needed) => format!("raise `{key}` to {} or more (now {sigma})", significant(*needed)),
                None => format!("raise `{key}` (now {sigma})"),
            },
            Cause::Device { mechanism, key, needed, .. } => {
                let weights = needed.map(|needed| format!("raise `{key}` to {} or more, or ", significant(needed)));
                format!("{}{}", weights.unwrap_or_default(), mechanism.remedy())
            }
            Cause::Converters { bits, full_scale_microamperes, threshold_microamperes, .. } => {
                match (full_scale_microamperes, threshold_microamperes) {
                    (Some(full_scale), Some(threshold)) if full_scale < threshold => format!(
                        "raise `device.converters.adc.full_scale_microamperes` to {} or more, or set \
                         `device.converters.adc.range` to `calibrated`",
                        significant(*threshold)
                    ),
                    (Some(_), _) => {
                        "change `device.converters.adc.full_scale_microamperes`, set `device.converters.adc.range` to \
                                     `calibrated`, or use more bits"
                            .to_owned()
                    }
                    (None, _) => format!("raise `device.converters.adc.bits` above {bits}"),
                }
            }
            Cause::LostInTraining { noise, .. } => match noise {
                Some(_) => "lower the noise of updates or `training.learning_rate`".to_owned(),
                None => "lower `training.learning_rate`".to_owned(),
            },
        }
    }
}

/// What to do about samples without spikes; more weight cannot help.
fn no_input(settings: &Settings) -> String {
    if settings.data.window_seconds().is_some() {
        return "import recordings that hold events, or check `data.window_seconds`; no weight can help".to_owned();
    }
    let scale = "import the samples again with `--scale min-max`; no weight can help";
    match settings.data.encoding {
        Encoding::Latency => {
            format!("{scale}: with `data.encoding = \"latency\"`, a number below 0.2 of full scale never spikes")
        }
        Encoding::Poisson => format!("{scale} where numbers are small, or raise `data.poisson_rate_hertz`"),
    }
}

impl Display for Cause {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Cause::NoInputSpikes { empty, samples } if empty == samples => {
                write!(formatter, "none of the {samples} test samples has an input spike")
            }
            Cause::NoInputSpikes { empty, samples } => {
                write!(formatter, "{empty} of {samples} test samples have no input spike")
            }
            Cause::WeightsTooSmall { drive, .. } => {
                write!(formatter, "the first weights are too small{}", driven(*drive))
            }
            Cause::Device { mechanism, keys, drive, spikes_without, .. } => {
                let keys = if keys.is_empty() { String::new() } else { format!(" ({})", keys.join(", ")) };
                let (words, spikes) = (mechanism.words(), significant(*spikes_without));
                let without = if *mechanism == Mechanism::Together { "on exact weights" } else { "without this" };
                write!(formatter, "{words}{keys}: {without} it emits {spikes} spikes per sample{}", driven(*drive))
            }
            Cause::Converters { bits, full_scale_microamperes, threshold_microamperes, spikes_without } => {
                let range = match full_scale_microamperes {
                    Some(full_scale) => format!("a full scale of {} µA", significant(*full_scale)),
                    None => "a calibrated range".to_owned(),
                };
                let worth = threshold_microamperes
                    .map(|threshold| format!(", where a threshold is worth {} µA", significant(threshold)));
                write!(
                    formatter,
                    "the column converters, of {bits} bits and {range}{}, do not report what the weights drive: without \
                     them it emits {} spikes per sample",
                    worth.unwrap_or_default(),
                    significant(*spikes_without)
                )
            }
            Cause::LostInTraining { first, last, at_floor, noise } => {
                let noise = noise.as_ref().map(|noise| format!(", with {noise}")).unwrap_or_default();
                write!(
                    formatter,
                    "training{noise} changed the mean weight that leads to it from {} to {} thresholds, and {} % of the \
                     writes ended at weight 0",
                    significant(*first),
                    significant(*last),
                    significant(100.0 * at_floor)
                )
            }
        }
    }
}

/// How far a typical sample drives the layer.
fn driven(drive: Option<f64>) -> String {
    drive.map_or_else(String::new, |drive| {
        format!("; a typical sample drives its strongest neuron to {} of the threshold", significant(drive))
    })
}
