//! Row drivers (DACs), column converters (ADCs) and the tiles that they serve.
//!
//! ```text
//! driver DAC    u_q = rint(u (2^b - 1)) / (2^b - 1)      input u in 0 .. 1; spikes, 0 and 1, are exact
//! column ADC    I_q = LSB rint(clip(I / LSB))            I the column current of one tile, µA
//!               unsigned   codes 0 .. 2^b - 1                              LSB = FS / (2^b - 1)
//!               signed     codes -(2^(b-1) - 1) .. 2^(b-1) - 1             LSB = FS / (2^(b-1) - 1)
//! ```
//!
//! `rint` rounds to the nearest code, ties to even. The file sets the full scale FS (`fixed`), or FS is the largest
//! column current of a batch (`calibrated`). An unsigned converter reports negative currents as zero. Mid-tread codes
//! follow W. Kester (ed.), *Data Conversion Handbook* (2005), chapter 2. `converters.rs` of the crate applies gain and
//! offset errors.
//!
//! ```
//! use ohmspike_crossbar::device::{Adc, AdcCodes, AdcRange};
//!
//! let adc = Adc { bits: 8, codes: AdcCodes::Signed, range: AdcRange::Calibrated, gain_sigma: 0.0, offset_sigma: 0.0 };
//! assert_eq!((adc.lowest_code(), adc.highest_code()), (-127.0, 127.0));
//! let adc = Adc { codes: AdcCodes::Unsigned, ..adc };
//! assert_eq!((adc.lowest_code(), adc.highest_code()), (0.0, 255.0));
//! ```

use serde::{Deserialize, Serialize};

use super::allowed::Allowed;
use super::number::{CONVERTER_PERCENT, MICROAMPERES, SIGNED_BITS, TILE_LINES, UNSIGNED_BITS, number, optional_number};
use super::refusal::{SpecError, refuse_foreign, required};
use super::shape::{optional_object, word};

/// Range of the codes of a column converter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum AdcCodes {
    /// Positive and negative codes, symmetric about 0.
    Signed,
    /// Codes from 0; negative currents read as 0.
    Unsigned,
}

/// Source of the full scale of a column converter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum AdcRangeKind {
    /// Full scale from `full_scale_microamperes`.
    Fixed,
    /// Full scale equal to the largest column current of a batch, calibrated on the first batch of every epoch.
    Calibrated,
}

/// Column converters (ADCs) in a device file.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AdcSpec {
    /// Resolution in bits; at least 2 for signed codes.
    #[serde(deserialize_with = "number")]
    #[cfg_attr(feature = "schema", schemars(with = "u32", range(min = UNSIGNED_BITS.low, max = UNSIGNED_BITS.high), extend("x-unit" = "bits")))]
    pub bits: f64,
    /// Range of the codes.
    #[serde(deserialize_with = "word")]
    pub codes: AdcCodes,
    /// Source of the full scale.
    #[serde(deserialize_with = "word")]
    pub range: AdcRangeKind,
    /// `fixed` only: column current at the highest code.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = MICROAMPERES.low, max = MICROAMPERES.high), extend("x-unit" = "µA")))]
    pub full_scale_microamperes: Option<f64>,
    /// Standard deviation of the gain error over converters.
    #[serde(default, deserialize_with = "number")]
    #[cfg_attr(feature = "schema", schemars(range(min = CONVERTER_PERCENT.low, max = CONVERTER_PERCENT.high), extend("x-unit" = "%")))]
    pub gain_sigma_percent: f64,
    /// Standard deviation of the offset error over converters.
    #[serde(default, deserialize_with = "number")]
    #[cfg_attr(feature = "schema", schemars(range(min = CONVERTER_PERCENT.low, max = CONVERTER_PERCENT.high), extend("x-unit" = "% of full scale")))]
    pub offset_sigma_percent_of_full_scale: f64,
}

/// Row drivers (DACs) in a device file.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DacSpec {
    /// Resolution of an input in bits.
    #[serde(deserialize_with = "number")]
    #[cfg_attr(feature = "schema", schemars(with = "u32", range(min = UNSIGNED_BITS.low, max = UNSIGNED_BITS.high), extend("x-unit" = "bits")))]
    pub bits: f64,
    /// Standard deviation of the gain error over rows.
    #[serde(default, deserialize_with = "number")]
    #[cfg_attr(feature = "schema", schemars(range(min = CONVERTER_PERCENT.low, max = CONVERTER_PERCENT.high), extend("x-unit" = "%")))]
    pub gain_sigma_percent: f64,
}

/// Tiles and converters in a device file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ConvertersSpec {
    /// Number of rows per tile; each tile has its own column converters. Default: all rows of the array.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "u32", range(min = TILE_LINES.low, max = TILE_LINES.high), extend("x-unit" = "rows")))]
    pub tile_rows: Option<f64>,
    /// Number of columns per tile. Default: all columns of the array.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "u32", range(min = TILE_LINES.low, max = TILE_LINES.high), extend("x-unit" = "columns")))]
    pub tile_columns: Option<f64>,
    /// Row drivers (DACs). Default: exact.
    #[serde(default, deserialize_with = "optional_object", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "DacSpec"))]
    pub dac: Option<DacSpec>,
    /// Column converters (ADCs). Default: exact.
    #[serde(default, deserialize_with = "optional_object", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "AdcSpec"))]
    pub adc: Option<AdcSpec>,
}

/// Full scale of the column converters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum AdcRange {
    /// Set by the device file.
    Fixed {
        /// Column current at the highest code, µA.
        full_scale: f64,
    },
    /// Largest column current of a batch.
    Calibrated,
}

/// Column converters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adc {
    /// Resolution in bits: 1 to 24, or 2 to 24 for signed codes.
    pub bits: u32,
    /// Range of the codes.
    pub codes: AdcCodes,
    /// Full scale.
    pub range: AdcRange,
    /// Standard deviation of the gain; the nominal gain is 1.
    pub gain_sigma: f32,
    /// Standard deviation of the offset as a fraction of the full scale.
    pub offset_sigma: f32,
}

/// Row drivers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dac {
    /// Resolution of an input in bits: 1 to 24.
    pub bits: u32,
    /// Standard deviation of the gain; the nominal gain is 1.
    pub gain_sigma: f32,
}

/// Tiles and converters; all `None` if currents are read exactly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(try_from = "ConvertersSpec")]
pub struct Converters {
    /// Rows per tile; `None` means all rows of the array.
    pub tile_rows: Option<usize>,
    /// Columns per tile; `None` means all columns of the array.
    pub tile_columns: Option<usize>,
    /// Row drivers.
    pub dac: Option<Dac>,
    /// Column converters.
    pub adc: Option<Adc>,
}

impl Adc {
    /// Returns the code of the full scale.
    pub fn highest_code(&self) -> f32 {
        match self.codes {
            AdcCodes::Signed => ((1u32 << (self.bits - 1)) - 1) as f32,
            AdcCodes::Unsigned => ((1u32 << self.bits) - 1) as f32,
        }
    }

    /// Returns the lowest code.
    pub fn lowest_code(&self) -> f32 {
        match self.codes {
            AdcCodes::Signed => -self.highest_code(),
            AdcCodes::Unsigned => 0.0,
        }
    }
}

impl Dac {
    /// Returns the driver level nearest to `input`, 0 to 1.
    pub fn nearest(&self, input: f32) -> f32 {
        let highest = ((1u32 << self.bits) - 1) as f32;
        (input.clamp(0.0, 1.0) * highest).round_ties_even() / highest
    }
}

impl Converters {
    /// Returns rows and columns of a tile in an array of `rows` x `columns`; a smaller array limits the tile.
    pub fn tile(&self, rows: usize, columns: usize) -> (usize, usize) {
        (self.tile_rows.unwrap_or(rows).min(rows), self.tile_columns.unwrap_or(columns).min(columns))
    }
}

impl TryFrom<AdcSpec> for Adc {
    type Error = SpecError;

    fn try_from(spec: AdcSpec) -> Result<Adc, SpecError> {
        let allowed = match spec.codes {
            AdcCodes::Signed => SIGNED_BITS,
            AdcCodes::Unsigned => UNSIGNED_BITS,
        };
        let key = "full_scale_microamperes";
        let range = match spec.range {
            AdcRangeKind::Fixed => {
                let full_scale = required(key, spec.full_scale_microamperes, "fixed")?;
                AdcRange::Fixed { full_scale: MICROAMPERES.check(key, full_scale)? }
            }
            AdcRangeKind::Calibrated => {
                refuse_foreign(&[(key, spec.full_scale_microamperes.is_some())], "calibrated", &[])?;
                AdcRange::Calibrated
            }
        };
        let offset_key = "offset_sigma_percent_of_full_scale";
        Ok(Adc {
            bits: allowed.check("bits", spec.bits)?,
            codes: spec.codes,
            range,
            gain_sigma: fraction("gain_sigma_percent", spec.gain_sigma_percent, CONVERTER_PERCENT)?,
            offset_sigma: fraction(offset_key, spec.offset_sigma_percent_of_full_scale, CONVERTER_PERCENT)?,
        })
    }
}

impl TryFrom<DacSpec> for Dac {
    type Error = SpecError;

    fn try_from(spec: DacSpec) -> Result<Dac, SpecError> {
        Ok(Dac {
            bits: UNSIGNED_BITS.check("bits", spec.bits)?,
            gain_sigma: fraction("gain_sigma_percent", spec.gain_sigma_percent, CONVERTER_PERCENT)?,
        })
    }
}

impl TryFrom<ConvertersSpec> for Converters {
    type Error = SpecError;

    fn try_from(spec: ConvertersSpec) -> Result<Converters, SpecError> {
        let lines = |key: &str, value: Option<f64>| {
            value.map(|value| TILE_LINES.check(key, value).map(|lines| lines as usize)).transpose()
        };
        Ok(Converters {
            tile_rows: lines("tile_rows", spec.tile_rows)?,
            tile_columns: lines("tile_columns", spec.tile_columns)?,
            dac: spec.dac.map(Dac::try_from).transpose().map_err(|error| error.within("dac"))?,
            adc: spec.adc.map(Adc::try_from).transpose().map_err(|error| error.within("adc"))?,
        })
    }
}

/// Returns the checked `percent` of `key` as a fraction.
fn fraction(key: &str, percent: f64, allowed: Allowed) -> Result<f32, SpecError> {
    Ok((allowed.check(key, percent)? / 100.0) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_driver_gives_spikes_exactly_and_the_nearest_step_otherwise() {
        for bits in 1..=24 {
            let dac = Dac { bits, gain_sigma: 0.0 };
            assert_eq!((dac.nearest(0.0), dac.nearest(1.0)), (0.0, 1.0));
            assert_eq!((dac.nearest(-3.0), dac.nearest(7.0)), (0.0, 1.0));
        }
        let dac = Dac { bits: 2, gain_sigma: 0.0 };
        assert_eq!(
            [0.1, 0.3, 0.4, 0.6, 0.9].map(|input| dac.nearest(input)),
            [0.0, 1.0 / 3.0, 1.0 / 3.0, 2.0 / 3.0, 1.0]
        );
    }

    #[test]
    fn signed_codes_need_two_bits() {
        let spec = AdcSpec {
            bits: 1.0,
            codes: AdcCodes::Signed,
            range: AdcRangeKind::Calibrated,
            full_scale_microamperes: None,
            gain_sigma_percent: 0.0,
            offset_sigma_percent_of_full_scale: 0.0,
        };
        assert_eq!(Adc::try_from(spec).unwrap_err().to_string(), "bits: expected a whole number from 2 to 24, got 1");
        let unsigned = Adc::try_from(AdcSpec { codes: AdcCodes::Unsigned, ..spec }).unwrap();
        assert_eq!((unsigned.lowest_code(), unsigned.highest_code()), (0.0, 1.0));
    }

    #[test]
    fn a_tile_is_no_larger_than_its_array() {
        let converters = Converters { tile_rows: Some(128), tile_columns: None, ..Converters::default() };
        assert_eq!(converters.tile(784, 100), (128, 100));
        assert_eq!(converters.tile(100, 10), (100, 10));
    }
}
