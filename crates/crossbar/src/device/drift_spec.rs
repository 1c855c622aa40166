//! Keys of `drift` in a device file.

use serde::{Deserialize, Serialize};

#[cfg(feature = "schema")]
use super::number::{EXPONENT, MICROSIEMENS_PER_LN, RESISTANCE_OHM, SECONDS, SIGMA_MICROSIEMENS};
use super::number::{number, optional_number};
use super::shape::{optional_objects, optional_word, word};

/// Laws of drift.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum DriftLaw {
    /// No drift.
    #[default]
    None,
    /// Power of time. The exponent depends on R and is drawn at every write.
    Power,
    /// Shift proportional to the logarithm of time. Its amplitude is drawn at every write.
    LogTime,
}

impl DriftLaw {
    /// Returns the word in the file and the keys of the law.
    pub(super) fn word_and_keys(self) -> (&'static str, &'static [&'static str]) {
        match self {
            DriftLaw::None => ("none", &[]),
            DriftLaw::Power => ("power", &["reference_seconds", "latest_seconds", "points", "bounds"]),
            DriftLaw::LogTime => (
                "log-time",
                &[
                    "reference_seconds",
                    "latest_seconds",
                    "mean_microsiemens_per_ln",
                    "sigma_microsiemens_per_ln",
                    "sigma_microsiemens_at_reference",
                    "bounds",
                ],
            ),
        }
    }
}

/// Limits of a drifting conductance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum DriftBounds {
    /// Conductances stay inside the window of the cell.
    #[default]
    Window,
    /// Conductances may leave the window; only negative ones are clipped, to 0.
    Zero,
}

/// One point of a table of drift exponents.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DriftPoint {
    /// Resistance at which the exponent applies; rising from point to point.
    #[serde(deserialize_with = "number")]
    #[cfg_attr(feature = "schema", schemars(range(min = RESISTANCE_OHM.low, max = RESISTANCE_OHM.high), extend("x-unit" = "ohm")))]
    pub resistance_ohm: f64,
    /// Mean drift exponent. The absolute value of each drawn exponent is used.
    #[serde(deserialize_with = "number")]
    #[cfg_attr(feature = "schema", schemars(range(min = EXPONENT.low, max = EXPONENT.high)))]
    pub exponent: f64,
    /// Standard deviation of the exponent over writes.
    #[serde(deserialize_with = "number")]
    #[cfg_attr(feature = "schema", schemars(range(min = EXPONENT.low, max = EXPONENT.high)))]
    pub exponent_sigma: f64,
}

/// Relaxation and drift in a device file.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DriftSpec {
    /// Law of drift: how the conductance changes with the time since the write.
    #[serde(deserialize_with = "word")]
    pub law: DriftLaw,
    /// `power` and `log-time` only: time after the write at which the law starts.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = SECONDS.low, max = SECONDS.high), extend("x-unit" = "s")))]
    pub reference_seconds: Option<f64>,
    /// `power` and `log-time` only: latest time after the write covered by the law. The state is constant afterwards.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(
        with = "f64",
        range(min = SECONDS.low, max = SECONDS.high),
        extend("x-unit" = "s", "default" = SECONDS.high as u64)
    ))]
    pub latest_seconds: Option<f64>,
    /// `power` only: points in order of rising resistance, interpolated linearly in ln R, constant beyond the first and
    /// last point.
    #[serde(default, deserialize_with = "optional_objects", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<DriftPoint>", length(min = 1)))]
    pub points: Option<Vec<DriftPoint>>,
    /// `log-time` only: mean shift per unit of ln t; negative if cells lose conductance.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(
        with = "f64",
        range(min = MICROSIEMENS_PER_LN.low, max = MICROSIEMENS_PER_LN.high),
        extend("x-unit" = "µS per ln t")
    ))]
    pub mean_microsiemens_per_ln: Option<f64>,
    /// `log-time` only: growth of the standard deviation over writes per unit of ln t.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(
        with = "f64",
        range(min = SIGMA_MICROSIEMENS.low, max = SIGMA_MICROSIEMENS.high),
        extend("x-unit" = "µS per ln t")
    ))]
    pub sigma_microsiemens_per_ln: Option<f64>,
    /// `log-time` only: standard deviation over writes at the reference time.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(
        with = "f64",
        range(min = SIGMA_MICROSIEMENS.low, max = SIGMA_MICROSIEMENS.high),
        extend("x-unit" = "µS")
    ))]
    pub sigma_microsiemens_at_reference: Option<f64>,
    /// `power` and `log-time` only: limits of a drifting conductance.
    #[serde(default, deserialize_with = "optional_word", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "DriftBounds", extend("default" = "window")))]
    pub bounds: Option<DriftBounds>,
}
