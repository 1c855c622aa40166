//! The spread that a write leaves in a cell.
//!
//! ```text
//! G* = G + dG                       target of the write, µS; dG is the step asked for, divided by κ (mapping.rs)
//! z  = a standard normal, one for every cell and write
//!
//! none          G' = G*
//! constant      G' = G* + sigma z                         sigma in µS
//! from-study   the same with sigma = sigma_w / κ     sigma_w the study's noise in units of weight, over sqrt(2) where an
//!                                                         update writes both cells of a pair
//! relative      G' = T + (p / 100) T z                    T = G* clipped to the window, p in % of T
//! table         ln G' = ln T + sigma(R) z                 median preserving, R = 10^6 / T in ohm, sigma of ln R
//!               ln G' = ln T + sigma(R) z - sigma(R)²/2   mean preserving
//! ```
//!
//! and last G' is clipped to the window. How G* comes about is the scheme:
//!
//! ```text
//! add       G* = G + dG
//! pulsed    G* is where whole pulses take the cell (device/pulses.rs); the noise above comes on top
//! verify    writes and reads again until the cell is near G + dG (device/verify.rs)
//! ```
//!
//! Constant noise is the noise of Kilgore, Kopsick, Ascoli and Adam, Sci Rep 15,
//! 24798 (2025), Methods; the table is the form in which spreads of resistive switches are published.
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
    /// Writes end at their target.
    #[default]
    None,
    /// The caller states the spread in units of weight.
    FromStudy,
    /// The same spread in µS at every conductance.
    Constant,
    /// A spread in proportion to the conductance.
    Relative,
    /// A spread of ln R that depends on R.
    Table,
}

/// Which cells an update writes, and so disturbs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum WrittenCells {
    /// Every cell at every update: as in simulations of weight noise.
    #[default]
    All,
    /// Cells whose step is not zero; the others keep their state.
    Asked,
}

/// Ways of bringing a cell to its target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SchemeKind {
    /// One write that adds the step asked for.
    #[default]
    Add,
    /// Whole pulses, the step rounded to them at random so that its mean is kept.
    Pulsed,
    /// Writes and reads in turn until the cell is near its target.
    Verify,
}

/// The writing of a cell in a device file.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WriteSpec {
    /// Kind of spread that a write leaves.
    #[serde(deserialize_with = "word")]
    pub noise: WriteNoiseKind,
    /// `constant` only: standard deviation of the conductance written.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(
        with = "f64",
        range(min = SIGMA_MICROSIEMENS.low, max = SIGMA_MICROSIEMENS.high),
        extend("x-unit" = "µS")
    ))]
    pub sigma_microsiemens: Option<f64>,
    /// `relative` only: standard deviation of the conductance written, of the target conductance.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = SIGMA_PERCENT.low, max = SIGMA_PERCENT.high), extend("x-unit" = "% of G")))]
    pub sigma_percent_of_conductance: Option<f64>,
    /// `table` only: what the spread leaves in place.
    #[serde(default, deserialize_with = "optional_word", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Convention", extend("default" = "median-preserving")))]
    pub convention: Option<Convention>,
    /// `table` only: points in rising resistance, interpolated in ln R and ln sigma, held at the ends.
    #[serde(default, deserialize_with = "optional_objects", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<SpreadPoint>", length(min = 1)))]
    pub points: Option<Vec<SpreadPoint>>,
    /// Cells that an update writes.
    #[serde(default, deserialize_with = "word")]
    pub cells: WrittenCells,
    /// How a cell is brought to its target.
    #[serde(default, deserialize_with = "word")]
    pub scheme: SchemeKind,
    /// `pulsed` only: what one pulse does.
    #[serde(default, deserialize_with = "optional_object", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "PulsesSpec"))]
    pub pulses: Option<PulsesSpec>,
    /// `verify` only: when a write is accepted.
    #[serde(default, deserialize_with = "optional_object", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "VerifySpec"))]
    pub verify: Option<VerifySpec>,
}

/// The spread that a write leaves.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum WriteNoise {
    /// None: writes end at their target.
    #[default]
    None,
    /// A Gaussian whose standard deviation the caller states in units of weight.
    FromStudy,
    /// A Gaussian of the same standard deviation at every conductance.
    Constant {
        /// Standard deviation, µS.
        sigma: f32,
    },
    /// A Gaussian in proportion to the target.
    Relative {
        /// Standard deviation over target conductance.
        fraction: f32,
    },
    /// A log-normal whose width depends on the target.
    Table(SpreadTable),
}

/// How a device is written.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(try_from = "WriteSpec")]
pub struct Write {
    /// The spread that a write leaves.
    pub noise: WriteNoise,
    /// Which cells an update writes.
    pub cells: WrittenCells,
    /// How a cell is brought to its target.
    pub scheme: Scheme,
}

/// How a cell is brought to its target.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Scheme {
    /// One write that adds the step asked for.
    #[default]
    Add,
    /// Whole pulses.
    Pulsed(Pulses),
    /// Writes and reads in turn.
    Verify(Verify),
}

impl Write {
    /// Whether an update disturbs cells that are asked nothing. Pulses alone leave them as they are; noise on top of
    /// pulses reaches
    /// all where the file says so.
    pub fn reaches_every_cell(&self) -> bool {
        self.cells == WrittenCells::All && (self.pulses().is_none() || self.noise != WriteNoise::None)
    }

    /// What one pulse does, for a device that is written by pulses.
    pub fn pulses(&self) -> Option<&Pulses> {
        if let Scheme::Pulsed(pulses) = &self.scheme { Some(pulses) } else { None }
    }

    /// When a write is accepted, for a device that is verified.
    pub fn verify(&self) -> Option<&Verify> {
        if let Scheme::Verify(verify) = &self.scheme { Some(verify) } else { None }
    }
}

impl WriteNoise {
    /// Whether writes spread at all, where `from_caller` says whether the caller states a spread.
    pub fn spreads(&self, from_caller: bool) -> bool {
        match self {
            WriteNoise::None => false,
            WriteNoise::FromStudy => from_caller,
            WriteNoise::Constant { sigma } => *sigma > 0.0,
            WriteNoise::Relative { fraction } => *fraction > 0.0,
            WriteNoise::Table(table) => table.points().iter().any(|point| point.sigma_ln_resistance > 0.0),
        }
    }

    /// The spread of one write at `target`, µS. `update_sigma` is the study's own spread, µS; without it a from-study
    /// device has none to tell.
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
    /// The word in the file and the keys that only this kind has.
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
