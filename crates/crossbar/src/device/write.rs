//! Write noise and write schemes of a cell.
//!
//! ```text
//! G* = G + dG                       target of the write, µS; dG is the weight update divided by κ (mapping.rs)
//! z  = a standard normal, drawn for every cell and write
//!
//! none          G' = G*
//! constant      G' = G* + sigma z                         sigma in µS
//! from-study    the same with sigma = sigma_w / κ         sigma_w the noise of the study in units of weight, divided by
//!                                                         sqrt(2) if an update writes both cells of a pair
//! relative      G' = T + (p / 100) T z                    T = G* clipped to the window, p in % of T
//! table         ln G' = ln T + sigma(R) z                 median-preserving, R = 10^6 / T in ohm, sigma of ln R
//!               ln G' = ln T + sigma(R) z - sigma(R)²/2   mean-preserving
//! ```
//!
//! Then G' is clipped to the window. The scheme determines G*:
//!
//! ```text
//! add       G* = G + dG
//! pulsed    G* is the conductance after whole pulses (device/pulses.rs); the noise above is added
//! verify    repeated writes and reads until the cell is near G + dG (device/verify.rs)
//! ```
//!
//! Constant noise follows Kilgore, Kopsick, Ascoli and Adam, Sci Rep 15, 24798 (2025), Methods. The table is the usual
//! form of published spreads of resistive switches.
//!
//! ```
//! use ohmspike_crossbar::device::WriteNoise;
//!
//! let noise = WriteNoise::Relative { fraction: 0.03 };
//! let sigma = noise.sigma(200.0, None).ok_or("not a from-study device")?;
//! assert!((sigma.microsiemens(200.0) - 6.0).abs() < 1e-6);
//! # Ok::<(), &str>(())
//! ```

use serde::{Deserialize, Serialize};

use super::number::{SIGMA_MICROSIEMENS, SIGMA_PERCENT, optional_number};
use super::pulses::Pulses;
use super::pulses_spec::PulsesSpec;
use super::refusal::{Problem, SpecError, refuse_foreign, required};
use super::shape::{optional_object, optional_objects, optional_word, word};
use super::sigma::Sigma;
use super::table::{Convention, SpreadPoint, SpreadTable};
use super::verify::{Verify, VerifySpec};

/// Kinds of write noise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum WriteNoiseKind {
    /// No write noise.
    #[default]
    None,
    /// The study sets the noise in units of weight.
    FromStudy,
    /// Constant standard deviation in µS.
    Constant,
    /// Standard deviation proportional to the target conductance.
    Relative,
    /// Standard deviation of ln R from a table over R.
    Table,
}

/// Cells that an update writes and thus exposes to write noise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum WrittenCells {
    /// Every cell at every update, as in simulations of weight noise.
    #[default]
    All,
    /// Only cells with a non-zero update; the others keep their state.
    Changed,
}

/// Write schemes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SchemeKind {
    /// One write to the present conductance plus the update.
    #[default]
    Add,
    /// Whole pulses; the update is rounded stochastically to pulses, so its mean is preserved.
    Pulsed,
    /// Program and verify: alternate writes and reads until the cell is near its target.
    Verify,
}

/// Keys of `write` in a device file.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WriteSpec {
    /// Kind of write noise.
    #[serde(deserialize_with = "word")]
    pub noise: WriteNoiseKind,
    /// `constant` only: standard deviation of the written conductance.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(
        with = "f64",
        range(min = SIGMA_MICROSIEMENS.low, max = SIGMA_MICROSIEMENS.high),
        extend("x-unit" = "µS")
    ))]
    pub sigma_microsiemens: Option<f64>,
    /// `relative` only: standard deviation of the written conductance, relative to the target.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = SIGMA_PERCENT.low, max = SIGMA_PERCENT.high), extend("x-unit" = "% of G")))]
    pub sigma_percent_of_conductance: Option<f64>,
    /// `table` only: quantity that the noise preserves.
    #[serde(default, deserialize_with = "optional_word", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Convention", extend("default" = "median-preserving")))]
    pub convention: Option<Convention>,
    /// `table` only: points in order of rising resistance, interpolated linearly in ln R and ln sigma, constant beyond
    /// the first and last point.
    #[serde(default, deserialize_with = "optional_objects", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<SpreadPoint>", length(min = 1)))]
    pub points: Option<Vec<SpreadPoint>>,
    /// Cells that an update writes.
    #[serde(default, deserialize_with = "word")]
    pub cells: WrittenCells,
    /// Write scheme: how a cell reaches its target.
    #[serde(default, deserialize_with = "word")]
    pub scheme: SchemeKind,
    /// `pulsed` only: step and noise of one pulse.
    #[serde(default, deserialize_with = "optional_object", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "PulsesSpec"))]
    pub pulses: Option<PulsesSpec>,
    /// `verify` only: acceptance window and tries of program and verify.
    #[serde(default, deserialize_with = "optional_object", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "VerifySpec"))]
    pub verify: Option<VerifySpec>,
}

/// Write noise.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum WriteNoise {
    /// No write noise.
    #[default]
    None,
    /// Gaussian; the study sets its standard deviation in units of weight.
    FromStudy,
    /// Gaussian with a constant standard deviation.
    Constant {
        /// Standard deviation, µS.
        sigma: f32,
    },
    /// Gaussian with a standard deviation proportional to the target.
    Relative {
        /// Standard deviation relative to the target conductance.
        fraction: f32,
    },
    /// Log-normal with a width that depends on the target.
    Table(SpreadTable),
}

/// Write noise and write scheme of a device.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(try_from = "WriteSpec")]
pub struct Write {
    /// Write noise.
    pub noise: WriteNoise,
    /// Cells that an update writes.
    pub cells: WrittenCells,
    /// Write scheme: how a cell reaches its target.
    pub scheme: Scheme,
}

/// Write scheme: how a cell reaches its target.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Scheme {
    /// One write to the present conductance plus the update.
    #[default]
    Add,
    /// Whole pulses.
    Pulsed(Pulses),
    /// Program and verify.
    Verify(Verify),
}

impl Write {
    /// Returns true if an update also exposes cells with a zero update to noise. Pulses alone do not; noise on top of
    /// pulses does if `cells` is `all`.
    pub fn reaches_every_cell(&self) -> bool {
        self.cells == WrittenCells::All && (self.pulses().is_none() || self.noise != WriteNoise::None)
    }

    /// Returns the pulses of a pulsed device.
    pub fn pulses(&self) -> Option<&Pulses> {
        if let Scheme::Pulsed(pulses) = &self.scheme { Some(pulses) } else { None }
    }

    /// Returns the program-and-verify settings of a verified device.
    pub fn verify(&self) -> Option<&Verify> {
        if let Scheme::Verify(verify) = &self.scheme { Some(verify) } else { None }
    }
}

impl WriteNoise {
    /// Returns true if writes are noisy; `from_caller` says whether the study sets a standard deviation.
    pub fn spreads(&self, from_caller: bool) -> bool {
        match self {
            WriteNoise::None => false,
            WriteNoise::FromStudy => from_caller,
            WriteNoise::Constant { sigma } => *sigma > 0.0,
            WriteNoise::Relative { fraction } => *fraction > 0.0,
            WriteNoise::Table(table) => table.points().iter().any(|point| point.sigma_ln_resistance > 0.0),
        }
    }

    /// Returns the noise of one write at `target`, µS. `update_sigma` is the standard deviation set by the study, µS;
    /// without it the result is `None` for a `from-study` device.
    pub fn sigma(&self, target: f64, update_sigma: Option<f64>) -> Option<Sigma> {
        match self {
            WriteNoise::None => Some(Sigma::Microsiemens(0.0)),
            WriteNoise::FromStudy => update_sigma.map(Sigma::Microsiemens),
            WriteNoise::Constant { sigma } => Some(Sigma::Microsiemens(f64::from(*sigma))),
            WriteNoise::Relative { fraction } => Some(Sigma::Microsiemens(f64::from(*fraction) * target)),
            WriteNoise::Table(table) => {
                Some(Sigma::LnResistance { sigma: table.sigma(1e6 / target), convention: table.convention() })
            }
        }
    }
}

impl WriteNoiseKind {
    /// Returns the word in the file and the keys of this kind.
    fn word_and_keys(self) -> (&'static str, &'static [&'static str]) {
        match self {
            WriteNoiseKind::None => ("none", &[]),
            WriteNoiseKind::FromStudy => ("from-study", &[]),
            WriteNoiseKind::Constant => ("constant", &["sigma_microsiemens"]),
            WriteNoiseKind::Relative => ("relative", &["sigma_percent_of_conductance"]),
            WriteNoiseKind::Table => ("table", &["convention", "points"]),
        }
    }
}

impl TryFrom<WriteSpec> for Write {
    type Error = SpecError;

    fn try_from(spec: WriteSpec) -> Result<Write, SpecError> {
        let (kind, takes) = spec.noise.word_and_keys();
        let keys = [
            ("sigma_microsiemens", spec.sigma_microsiemens.is_some()),
            ("sigma_percent_of_conductance", spec.sigma_percent_of_conductance.is_some()),
            ("convention", spec.convention.is_some()),
            ("points", spec.points.is_some()),
        ];
        refuse_foreign(&keys, kind, takes)?;
        let noise = match spec.noise {
            WriteNoiseKind::None => WriteNoise::None,
            WriteNoiseKind::FromStudy => WriteNoise::FromStudy,
            WriteNoiseKind::Constant => {
                let sigma = required("sigma_microsiemens", spec.sigma_microsiemens, kind)?;
                WriteNoise::Constant { sigma: SIGMA_MICROSIEMENS.check("sigma_microsiemens", sigma)? as f32 }
            }
            WriteNoiseKind::Relative => {
                let key = "sigma_percent_of_conductance";
                let percent = required(key, spec.sigma_percent_of_conductance, kind)?;
                WriteNoise::Relative { fraction: (SIGMA_PERCENT.check(key, percent)? / 100.0) as f32 }
            }
            WriteNoiseKind::Table => {
                let points = required("points", spec.points, kind)?;
                WriteNoise::Table(SpreadTable::new(spec.convention.unwrap_or_default(), points)?)
            }
        };
        let scheme = scheme(spec.scheme, spec.pulses, spec.verify)?;
        Ok(Write { noise, cells: spec.cells, scheme })
    }
}

fn scheme(kind: SchemeKind, pulses: Option<PulsesSpec>, verify: Option<VerifySpec>) -> Result<Scheme, SpecError> {
    let word = match kind {
        SchemeKind::Add => "add",
        SchemeKind::Pulsed => "pulsed",
        SchemeKind::Verify => "verify",
    };
    let foreign = |key, belongs_to| Err(SpecError::at(key, Problem::OtherScheme { scheme: word, belongs_to }));
    match (kind, pulses, verify) {
        (SchemeKind::Add | SchemeKind::Verify, Some(_), _) => foreign("pulses", "pulsed"),
        (SchemeKind::Add | SchemeKind::Pulsed, _, Some(_)) => foreign("verify", "verify"),
        (SchemeKind::Add, None, None) => Ok(Scheme::Add),
        (SchemeKind::Pulsed, pulses, None) => {
            let pulses = Pulses::try_from(required("pulses", pulses, word)?);
            Ok(Scheme::Pulsed(pulses.map_err(|error| error.within("pulses"))?))
        }
        (SchemeKind::Verify, None, verify) => {
            let verify = Verify::try_from(required("verify", verify, word)?);
            Ok(Scheme::Verify(verify.map_err(|error| error.within("verify"))?))
        }
    }
}
