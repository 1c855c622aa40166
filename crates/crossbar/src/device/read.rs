//! Read noise of a cell.
//!
//! ```text
//! white:  G_read = G + sigma z     z a standard normal, drawn for every cell and read
//! constant   sigma in µS
//! relative   sigma = (p / 100) G   p in % of G
//! table      sigma = standard deviation of a log-normal about G with sigma of ln R from a table over R
//!            (device/table.rs); the draw itself is Gaussian with mean G in both conventions
//! ```
//!
//! ```
//! use ohmspike_crossbar::device::WhiteNoise;
//!
//! let sigma = WhiteNoise::Relative { fraction: 0.01 }.sigma(500.0);
//! assert!((sigma.microsiemens(500.0) - 5.0).abs() < 1e-6);
//! ```

use serde::{Deserialize, Serialize};

use super::nonlinearity::{Nonlinearity, NonlinearitySpec};
use super::number::{SIGMA_MICROSIEMENS, SIGMA_PERCENT, VOLTS, optional_number};
use super::refusal::{SpecError, refuse_foreign, required};
use super::rtn::{Rtn, RtnSpec};
use super::shape::{object, optional_object, optional_objects, optional_word, word};
use super::sigma::Sigma;
use super::table::{Convention, SpreadPoint, SpreadTable};

/// Kinds of white read noise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ReadNoiseKind {
    /// No read noise.
    #[default]
    None,
    /// Constant standard deviation in µS.
    Constant,
    /// Standard deviation proportional to the conductance.
    Relative,
    /// Standard deviation of ln R from a table over R.
    Table,
}

/// White read noise in a device file.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WhiteNoiseSpec {
    /// Kind of read noise.
    #[serde(deserialize_with = "word")]
    pub noise: ReadNoiseKind,
    /// `constant` only: standard deviation of one read.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(
        with = "f64",
        range(min = SIGMA_MICROSIEMENS.low, max = SIGMA_MICROSIEMENS.high),
        extend("x-unit" = "µS")
    ))]
    pub sigma_microsiemens: Option<f64>,
    /// `relative` only: standard deviation of one read, relative to the conductance.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = SIGMA_PERCENT.low, max = SIGMA_PERCENT.high), extend("x-unit" = "% of G")))]
    pub sigma_percent_of_conductance: Option<f64>,
    /// `table` only: convention of the log-normal that sets the standard deviation.
    #[serde(default, deserialize_with = "optional_word", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Convention", extend("default" = "median-preserving")))]
    pub convention: Option<Convention>,
    /// `table` only: points in order of rising resistance, interpolated linearly in ln R and ln sigma, constant beyond
    /// the first and last point.
    #[serde(default, deserialize_with = "optional_objects", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<SpreadPoint>", length(min = 1)))]
    pub points: Option<Vec<SpreadPoint>>,
}

/// Keys of `read` in a device file.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ReadSpec {
    /// White read noise: independent for every read and cell.
    #[serde(default, deserialize_with = "object")]
    pub white: WhiteNoiseSpec,
    /// Random telegraph noise (RTN): cells switch between two conductances over time.
    #[serde(default, deserialize_with = "object")]
    pub rtn: RtnSpec,
    /// Read voltage.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = VOLTS.low, max = VOLTS.high), extend("x-unit" = "V")))]
    pub volts: Option<f64>,
    /// I-V nonlinearity. Requires `volts`. Default: the conductance does not depend on the voltage.
    #[serde(default, deserialize_with = "optional_object", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "NonlinearitySpec"))]
    pub nonlinearity: Option<NonlinearitySpec>,
}

/// White read noise.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(try_from = "WhiteNoiseSpec")]
pub enum WhiteNoise {
    /// No read noise.
    #[default]
    None,
    /// Constant standard deviation.
    Constant {
        /// Standard deviation, µS.
        sigma: f32,
    },
    /// Standard deviation proportional to the conductance.
    Relative {
        /// Standard deviation relative to the conductance.
        fraction: f32,
    },
    /// Standard deviation of a log-normal with a width that depends on the conductance.
    Table(SpreadTable),
}

/// Read noise, voltage and nonlinearity of a device.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(try_from = "ReadSpec")]
pub struct Read {
    /// White read noise.
    pub white: WhiteNoise,
    /// Random telegraph noise.
    pub rtn: Rtn,
    /// Read voltage, V; `None` if the file does not set it.
    pub volts: Option<f64>,
    /// I-V nonlinearity; present only together with `volts`.
    pub nonlinearity: Option<Nonlinearity>,
}

impl WhiteNoise {
    /// Returns the standard deviation of one read at `conductance`, µS.
    pub fn sigma(&self, conductance: f64) -> Sigma {
        match self {
            WhiteNoise::None => Sigma::Microsiemens(0.0),
            WhiteNoise::Constant { sigma } => Sigma::Microsiemens(f64::from(*sigma)),
            WhiteNoise::Relative { fraction } => Sigma::Microsiemens(f64::from(*fraction) * conductance),
            WhiteNoise::Table(table) => {
                Sigma::LnResistance { sigma: table.sigma(1e6 / conductance), convention: table.convention() }
            }
        }
    }
}

impl ReadNoiseKind {
    /// Returns the word in the file and the keys of this kind.
    fn word_and_keys(self) -> (&'static str, &'static [&'static str]) {
        match self {
            ReadNoiseKind::None => ("none", &[]),
            ReadNoiseKind::Constant => ("constant", &["sigma_microsiemens"]),
            ReadNoiseKind::Relative => ("relative", &["sigma_percent_of_conductance"]),
            ReadNoiseKind::Table => ("table", &["convention", "points"]),
        }
    }
}

impl TryFrom<WhiteNoiseSpec> for WhiteNoise {
    type Error = SpecError;

    fn try_from(spec: WhiteNoiseSpec) -> Result<WhiteNoise, SpecError> {
        let (kind, takes) = spec.noise.word_and_keys();
        let keys = [
            ("sigma_microsiemens", spec.sigma_microsiemens.is_some()),
            ("sigma_percent_of_conductance", spec.sigma_percent_of_conductance.is_some()),
            ("convention", spec.convention.is_some()),
            ("points", spec.points.is_some()),
        ];
        refuse_foreign(&keys, kind, takes)?;
        match spec.noise {
            ReadNoiseKind::None => Ok(WhiteNoise::None),
            ReadNoiseKind::Constant => {
                let sigma = required("sigma_microsiemens", spec.sigma_microsiemens, kind)?;
                Ok(WhiteNoise::Constant { sigma: SIGMA_MICROSIEMENS.check("sigma_microsiemens", sigma)? as f32 })
            }
            ReadNoiseKind::Relative => {
                let key = "sigma_percent_of_conductance";
                let percent = required(key, spec.sigma_percent_of_conductance, kind)?;
                Ok(WhiteNoise::Relative { fraction: (SIGMA_PERCENT.check(key, percent)? / 100.0) as f32 })
            }
            ReadNoiseKind::Table => {
                let points = required("points", spec.points, kind)?;
                Ok(WhiteNoise::Table(SpreadTable::new(spec.convention.unwrap_or_default(), points)?))
            }
        }
    }
}

impl TryFrom<ReadSpec> for Read {
    type Error = SpecError;

    fn try_from(spec: ReadSpec) -> Result<Read, SpecError> {
        let white = WhiteNoise::try_from(spec.white).map_err(|error| error.within("white"))?;
        let rtn = Rtn::try_from(spec.rtn).map_err(|error| error.within("rtn"))?;
        let volts = spec.volts.map(|volts| VOLTS.check("volts", volts)).transpose()?;
        let nonlinearity = spec.nonlinearity.map(|spec| bent(spec, volts)).transpose()?;
        Ok(Read { white, rtn, volts, nonlinearity })
    }
}

/// Returns the checked I-V curves of `spec`, which require a read voltage and a positive current at it.
fn bent(spec: NonlinearitySpec, volts: Option<f64>) -> Result<Nonlinearity, SpecError> {
    let volts = required("volts", volts, "nonlinearity")?;
    let within = |error: SpecError| error.within("nonlinearity");
    let nonlinearity = Nonlinearity::try_from(spec).map_err(within)?;
    nonlinearity.check_at(volts).map_err(within)?;
    Ok(nonlinearity)
}
