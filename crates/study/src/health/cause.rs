//! Causes of a silent hidden layer.

use std::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};

use ohmspike_datasets::counted;
use ohmspike_snn::connection::Connection;
use ohmspike_snn::encode::LatencyCode;

use super::obstacle::{Measured, Obstacle};
use crate::few_steps::{self, latency_advice, poisson_advice};
use crate::settings::{Settings, connection_key};
use crate::significant::{at_least, percent, short, significant};

/// Relative change of the input weights below which training left them as they were.
const SMALL: f64 = 0.01;

/// Cause of a silent hidden layer, with the measured values. A drive is the largest membrane voltage of any neuron of
/// the layer on a typical (median) sample, in thresholds. It is absent for neurons with a threshold other than 1.
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
    /// The time steps end before the layer can spike.
    TooFewSteps {
        /// Time step, from 1, of its first input spike on a typical (median) sample.
        first_step: usize,
        /// Time steps of a sample.
        steps: usize,
        /// Fewest time steps in which its spikes reach the readout.
        needed_steps: usize,
    },
    /// The initial weights are too small, with or without a device.
    WeightsTooSmall {
        /// Drive of the layer by the initial weights.
        drive: Option<f64>,
        /// Key of the initial weight spread.
        key: String,
        /// Initial weight spread, thresholds.
        sigma: f64,
        /// A spread that makes the layer fire, thresholds.
        needed: Option<f64>,
    },
    /// The same initial weights make the layer fire without this mechanism of the device.
    Device {
        /// The mechanism.
        mechanism: Obstacle,
        /// Its keys with their values.
        keys: Vec<String>,
        /// `nonlinearity` only: voltage at which the conductances were measured, V.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reference_volts: Option<f64>,
        /// `drift` only: longest tested time before the test after which the layer still fires, s; 0 if it fires after none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fires_until_seconds: Option<f64>,
        /// `wires` only: rows of a tile.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tile_rows: Option<usize>,
        /// Drive of the layer by the initial weights on the complete device.
        drive: Option<f64>,
        /// Spikes per sample without the mechanism.
        spikes_without: f64,
        /// Key of the initial weight spread.
        key: String,
        /// A spread that makes the layer fire on this device, thresholds.
        needed: Option<f64>,
    },
    /// The column converters lose the signal.
    Converters {
        /// Resolution, bits.
        bits: u32,
        /// Column current at the highest code, µA; none for a calibrated range.
        full_scale_microamperes: Option<f64>,
        /// Column current of one threshold, µA; none if the device file sets no read voltage.
        threshold_microamperes: Option<f64>,
        /// Spikes per sample without the converters.
        spikes_without: f64,
    },
    /// The layer fired before training.
    LostInTraining {
        /// Mean magnitude of its input weights before training, thresholds.
        first: f64,
        /// Mean magnitude of its input weights after training, thresholds.
        last: f64,
        /// Fraction of the writes that ended at weight 0.
        at_floor: f64,
        /// Noise of the updates; none if they were exact.
        noise: Option<String>,
    },
}

impl Cause {
    /// Returns what to do.
    pub(super) fn advice(&self, settings: &Settings) -> String {
        match self {
            Cause::NoInputSpikes { .. } => no_input(settings),
            Cause::TooFewSteps { steps, needed_steps, .. } => format!(
                "raise `network.steps` to {needed_steps} or more (now {steps}): spikes reach the readout in \
                 {needed_steps} time steps at the earliest"
            ),
            Cause::WeightsTooSmall { key, sigma, needed, drive } => match needed {
                Some(needed) => format!("raise `{key}` to {} or more (now {sigma})", significant(*needed)),
                None => without_drive(settings, key, *sigma, *drive),
            },
            Cause::Device { mechanism, key, needed, reference_volts, fires_until_seconds, tile_rows, .. } => {
                let weights = needed.map(|needed| format!("raise `{key}` to {} or more, or ", significant(needed)));
                let measured = Measured {
                    reference_volts: *reference_volts,
                    fires_until_seconds: *fires_until_seconds,
                    tile_rows: *tile_rows,
                };
                let remedy = mechanism.remedy(settings, layer_of(key), &measured);
                format!("{}{remedy}", weights.unwrap_or_default())
            }
            Cause::Converters { bits, full_scale_microamperes, threshold_microamperes, .. } => {
                match (full_scale_microamperes, threshold_microamperes) {
                    (Some(full_scale), Some(threshold)) if full_scale < threshold => format!(
                        "raise `device.converters.adc.full_scale_microamperes` to {} or more, or set \
                         `device.converters.adc.range` to `calibrated`",
                        at_least(*threshold)
                    ),
                    (Some(_), _) => {
                        "change `device.converters.adc.full_scale_microamperes`, set `device.converters.adc.range` to \
                                     `calibrated`, or use more bits"
                            .to_owned()
                    }
                    (None, _) => format!("raise `device.converters.adc.bits` to {} (now {bits})", bits + 2),
                }
            }
            Cause::LostInTraining { noise, .. } => {
                let (rate, level) = (settings.training.learning_rate, settings.noise.level_percent);
                let (key, noisy) = match level > 0.0 {
                    true => ("noise.level_percent", level),
                    false => ("hardware.write_spread_scale", settings.hardware.write_spread_scale),
                };
                let less = noise.as_ref().filter(|_| noisy > 0.0);
                let less = less.map(|_| format!("lower `{key}` to {} (now {noisy}), or ", short(noisy / 2.0)));
                let rate = format!("lower `training.learning_rate` to {} (now {rate})", short(rate / 3.0));
                format!("{}{rate}", less.unwrap_or_default())
            }
        }
    }
}

/// Ratio of drive to initial weight spread below which no input excites the layer: each spike of an excited neuron adds
/// about one weight.
pub(crate) const UNEXCITED: f64 = 1e-6;

/// Returns what to do about weights of the spread `sigma`, the value of `key`, for which no spread was found that makes the
/// layer fire.
fn without_drive(settings: &Settings, key: &str, sigma: f64, drive: Option<f64>) -> String {
    let below = match layer_of(key) {
        Connection::Feedforward(layer) => layer.checked_sub(1),
        _ => None,
    };
    let unexcited = below.filter(|_| drive.is_some_and(|drive| drive < UNEXCITED * sigma));
    let fraction = |below: usize| (below, settings.hidden_layers()[below].excitatory_fraction);
    match unexcited.map(fraction).filter(|(_, fraction)| *fraction < 1.0) {
        Some((below, fraction)) => format!(
            "raise `{}` to {} (now {fraction}): the layer below only inhibits, so larger weights cannot help",
            connection_key(Connection::Feedforward(below), "excitatory_fraction"),
            short((1.0 + fraction) / 2.0)
        ),
        None => format!("raise `{key}`, first to {} (now {sigma})", short(10.0 * sigma)),
    }
}

/// Returns the connection whose initial weight spread has this key.
fn layer_of(key: &str) -> Connection {
    let number = key.strip_prefix("layer.").and_then(|rest| rest.split('.').next()?.parse::<usize>().ok());
    Connection::Feedforward(number.map_or(0, |number| number.saturating_sub(1)))
}

/// Returns what to do about samples without input spikes; larger weights cannot help.
fn no_input(settings: &Settings) -> String {
    if settings.data.window_seconds().is_some() {
        return "import recordings that hold events, or check `data.window_seconds`; larger weights cannot help"
            .to_owned();
    }
    let steps = settings.network.steps;
    match settings.data.poisson_rate_hertz() {
        Some(rate_hertz) => format!("{}; larger weights cannot help", poisson_advice(rate_hertz, steps)),
        None => {
            let never = never_spikes(steps);
            format!(
                "{}; larger weights cannot help: with `data.encoding = \"latency\"`, {never}",
                latency_advice(steps)
            )
        }
    }
}

/// Returns which values latency encoding drops within `steps`.
fn never_spikes(steps: usize) -> String {
    let (value, within) = (few_steps::least_value(steps), counted(steps, "time step"));
    if value > 1.0 {
        return format!("not even a value at full scale spikes within {within}");
    }
    if steps < few_steps::of_latency().0 {
        return format!("a value below {} of full scale never spikes within {within}", percent(value));
    }
    format!("a value below {} of full scale never spikes", percent(LatencyCode::default().threshold))
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
            Cause::TooFewSteps { first_step, steps, .. } => formatter.write_str(&too_late(*first_step, *steps)),
            Cause::WeightsTooSmall { drive, .. } => {
                write!(formatter, "the initial weights are too small{}", driven(*drive))
            }
            Cause::Device { mechanism, keys, drive, spikes_without, .. } => {
                let keys = if keys.is_empty() { String::new() } else { format!(" ({})", keys.join(", ")) };
                let (words, spikes) = (mechanism.words(), significant(*spikes_without));
                let together = *mechanism == Obstacle::Together;
                let without = if together { "with digital weights" } else { "without this mechanism" };
                write!(
                    formatter,
                    "{words}{keys}; {without}, the layer emits {spikes} spikes per sample{}",
                    driven(*drive)
                )
            }
            Cause::Converters { bits, full_scale_microamperes, threshold_microamperes, spikes_without } => {
                let range = match full_scale_microamperes {
                    Some(full_scale) => format!("a full scale of {} µA", significant(*full_scale)),
                    None => "a calibrated range".to_owned(),
                };
                let worth = threshold_microamperes
                    .map(|threshold| format!(" (one threshold is {} µA)", significant(threshold)));
                write!(
                    formatter,
                    "the column converters with {bits} bits and {range}{} lose the signal; without them, the layer \
                     emits {} spikes per sample",
                    worth.unwrap_or_default(),
                    significant(*spikes_without)
                )
            }
            Cause::LostInTraining { first, last, at_floor, noise } => {
                let noise = noise.as_ref().map(|noise| format!(" with {noise}")).unwrap_or_default();
                if *at_floor < SMALL && (last - first).abs() < SMALL * first.abs() {
                    let weight = significant(*last);
                    return write!(
                        formatter,
                        "training{noise} silenced it, at the same mean input weight ({weight} thresholds)"
                    );
                }
                write!(
                    formatter,
                    "training{noise} changed its mean input weight from {} to {} thresholds, and {} % of the writes \
                     ended at weight 0",
                    significant(*first),
                    significant(*last),
                    significant(100.0 * at_floor)
                )
            }
        }
    }
}

/// Describes a layer whose first input spike comes too late.
fn too_late(first_step: usize, steps: usize) -> String {
    format!(
        "it cannot spike within {}: on a typical sample, its first input spike comes in time step {first_step}, and a \
         neuron spikes two steps later at the earliest",
        counted(steps, "time step")
    )
}

/// Describes the drive of the layer.
fn driven(drive: Option<f64>) -> String {
    drive.map_or_else(String::new, |drive| {
        format!("; on a typical sample, its strongest neuron reaches {} of the threshold", significant(drive))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Encoding, LayerSettings};

    /// The spread may be `auto` already, so advice is a larger number. The layer above one that only inhibits has no drive.
    #[test]
    fn small_weights_need_another_number_than_they_have() {
        let mut settings = Settings { layers: vec![LayerSettings::default(); 2], ..Settings::default() };
        settings.network.excitatory_fraction = 0.0;
        let advice = |key: &str, drive: Option<f64>, needed: Option<f64>| {
            Cause::WeightsTooSmall { drive, key: key.to_owned(), sigma: 0.002, needed }.advice(&settings)
        };
        let (first, second) = ("weights.sigma_init", "layer.2.sigma_init");
        assert_eq!(advice(first, Some(0.1), Some(0.03)), "raise `weights.sigma_init` to 0.0300 or more (now 0.002)");
        assert_eq!(advice(first, None, None), "raise `weights.sigma_init`, first to 0.02 (now 0.002)");
        assert_eq!(advice(second, None, None), "raise `layer.2.sigma_init`, first to 0.02 (now 0.002)");
        assert_eq!(
            advice(second, Some(0.0), None),
            "raise `network.excitatory_fraction` to 0.5 (now 0): the layer below only inhibits, so larger weights cannot help"
        );
    }

    /// Half of the noise that is there: that of the study, or of the device.
    #[test]
    fn a_layer_lost_in_training_needs_less_noise() {
        let cause = Cause::LostInTraining { first: 1.0, last: 0.1, at_floor: 0.5, noise: Some("noise".to_owned()) };
        let mut settings = Settings::default();
        assert!(
            cause
                .advice(&settings)
                .starts_with("lower `hardware.write_spread_scale` to 0.5 (now 1), or lower `training")
        );
        settings.noise.level_percent = 20.0;
        assert!(cause.advice(&settings).starts_with("lower `noise.level_percent` to 10 (now 20), or lower `training"));
    }

    /// Full scale spikes in step 5, 0.26 of it in step 30: 20 ln(0.26 / 0.06) = 29.3.
    #[test]
    fn missing_input_spikes_need_more_steps_or_larger_values() {
        let advice = |steps: usize, encoding: Encoding| {
            let mut settings = Settings::default();
            (settings.network.steps, settings.data.encoding) = (steps, encoding);
            Cause::NoInputSpikes { empty: 1, samples: 1 }.advice(&settings)
        };
        let few = advice(4, Encoding::Latency);
        assert!(few.starts_with(&format!("{}; larger weights cannot help: ", latency_advice(4))), "{few}");
        assert!(few.ends_with("not even a value at full scale spikes within 4 time steps"), "{few}");
        let some = advice(30, Encoding::Latency);
        assert!(some.starts_with(&format!("{}; larger weights cannot help: ", latency_advice(30))), "{some}");
        assert!(some.ends_with("a value below 25.7 % of full scale never spikes within 30 time steps"), "{some}");
        let enough = advice(80, Encoding::Latency);
        assert!(enough.ends_with("a value below 20 % of full scale never spikes"), "{enough}");
        assert!(!enough.contains("network.steps"), "{enough}");
        let poisson = advice(2, Encoding::Poisson);
        assert!(
            poisson.contains("`data.poisson_rate_hertz` (now 63.75, at most 1000) or `network.steps` (now 2)"),
            "{poisson}"
        );
    }
}
