//! Wires: resistance of the lines, drivers and sense amplifiers of a tile.
//!
//! `wires.rs` of the crate has the circuits and their equations, `gated_lines.rs` and `driven_lines.rs` the reads of an
//! array. Wires without any resistance are disabled.
//!
//! ```
//! use ohmspike_crossbar::device::Device;
//!
//! let device = Device::from_json(
//!     r#"{ "name": "x", "window": { "low_resistance_ohm": 4000, "high_resistance_ohm": 15000 },
//!          "wires": { "access": "gated", "bit_line_ohm_per_cell": 1, "sense_ohm": 100 } }"#,
//! )?;
//! assert_eq!(device.wires.map(|wires| wires.circuit.sense_ohm), Some(100.0));
//! # Ok::<(), ohmspike_crossbar::device::DeviceError>(())
//! ```

use serde::{Deserialize, Serialize};

use super::number::{END_OHM, LINE_OHM, REFRESH_UPDATES, optional_number};
use super::refusal::{Problem, SpecError, refuse_foreign, required};
use super::shape::optional_word;
use crate::wires::{Access, Feed, Wires};

/// Kind of array with wires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum WiresAccess {
    /// A transistor per cell connects it while its row spikes; silent rows are disconnected.
    Gated,
    /// Word lines carry the input voltages; silent rows are grounded and load the bit lines.
    Driven,
}

/// Keys of the single lines.
const LINE_KEYS: [&str; 2] = ["word_line_ohm_per_cell", "bit_line_ohm_per_cell"];
/// Keys of gated arrays.
const GATED_KEYS: [&str; 6] =
    ["line_ohm_per_cell", "word_line_ohm_per_cell", "bit_line_ohm_per_cell", "driver_ohm", "sense_ohm", "column_gain"];

/// Digital gain of the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ColumnGain {
    /// One factor per column makes up for the mean loss of its sums, measured before every epoch and after programming.
    Calibrated,
}

/// Wires of the arrays of a device.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ArrayWires {
    /// The circuit of a tile.
    pub circuit: Wires,
    /// Updates between two exact solutions of a driven array within an epoch; `None` at the end of epochs only.
    pub refresh_updates: Option<u32>,
    /// Whether a calibrated digital gain makes up for the losses of each column.
    pub column_gain: bool,
}

/// Wires in a device file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WiresSpec {
    /// Kind of array. Required with any other key of this section.
    #[serde(default, deserialize_with = "optional_word", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "WiresAccess"))]
    pub access: Option<WiresAccess>,
    /// Every line between neighbouring cells, in place of `word_line_ohm_per_cell` and `bit_line_ohm_per_cell`.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = LINE_OHM.low, max = LINE_OHM.high), extend("x-unit" = "ohm")))]
    pub line_ohm_per_cell: Option<f64>,
    /// Word line between neighbouring cells of a row; with `gated` access, source line between neighbouring cells of a
    /// column. Default: 0.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = LINE_OHM.low, max = LINE_OHM.high), extend("x-unit" = "ohm")))]
    pub word_line_ohm_per_cell: Option<f64>,
    /// Bit line between neighbouring cells of a column. Default: 0.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = LINE_OHM.low, max = LINE_OHM.high), extend("x-unit" = "ohm")))]
    pub bit_line_ohm_per_cell: Option<f64>,
    /// Driver of a word line, or of a source line with `gated` access. Default: 0.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = END_OHM.low, max = END_OHM.high), extend("x-unit" = "ohm")))]
    pub driver_ohm: Option<f64>,
    /// Sense amplifier of a bit line, next to the last row of the tile. Default: 0.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = END_OHM.low, max = END_OHM.high), extend("x-unit" = "ohm")))]
    pub sense_ohm: Option<f64>,
    /// `driven` only: drivers at the left end or at both ends of every word line. Default: left.
    #[serde(default, deserialize_with = "optional_word", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Feed"))]
    pub feed: Option<Feed>,
    /// `driven` only: number of updates after which a training array is solved exactly again. Arrays are also solved after
    /// programming, after each rest and at the end of each epoch. Default: not within epochs.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "u32", range(min = REFRESH_UPDATES.low, max = REFRESH_UPDATES.high), extend("x-unit" = "updates")))]
    pub refresh_updates: Option<f64>,
    /// Digital gain of the columns. Default: none.
    #[serde(default, deserialize_with = "optional_word", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "ColumnGain"))]
    pub column_gain: Option<ColumnGain>,
}

impl WiresSpec {
    /// Returns the wires; none if nothing has a resistance.
    ///
    /// # Errors
    /// Returns an error for a resistance outside its range, without the kind of array, or with keys of the other kind.
    pub(super) fn checked(self) -> Result<Option<ArrayWires>, SpecError> {
        if self.line_ohm_per_cell.is_some() {
            let other = [self.word_line_ohm_per_cell, self.bit_line_ohm_per_cell].into_iter().zip(LINE_KEYS);
            if let Some((_, key)) = other.into_iter().find(|(given, _)| given.is_some()) {
                return Err(SpecError::at(key, Problem::Beside { other: "line_ohm_per_cell" }));
            }
        }
        let ohm = [
            (LINE_KEYS[0], self.word_line_ohm_per_cell, LINE_OHM),
            (LINE_KEYS[1], self.bit_line_ohm_per_cell, LINE_OHM),
            ("driver_ohm", self.driver_ohm, END_OHM),
            ("sense_ohm", self.sense_ohm, END_OHM),
            ("line_ohm_per_cell", self.line_ohm_per_cell, LINE_OHM),
        ];
        let mut values = [0.0; 5];
        for (value, (key, given, allowed)) in values.iter_mut().zip(ohm) {
            let Some(given) = given else { continue };
            required("access", self.access, key)?;
            *value = allowed.check(key, given)?;
        }
        for (key, given) in [
            ("feed", self.feed.is_some()),
            ("refresh_updates", self.refresh_updates.is_some()),
            ("column_gain", self.column_gain.is_some()),
        ] {
            if given {
                required("access", self.access, key)?;
            }
        }
        if self.access == Some(WiresAccess::Gated) {
            let driven = [("feed", self.feed.is_some()), ("refresh_updates", self.refresh_updates.is_some())];
            refuse_foreign(&driven, "gated", &GATED_KEYS)?;
        }
        let refresh_updates =
            self.refresh_updates.map(|updates| REFRESH_UPDATES.check("refresh_updates", updates)).transpose()?;
        let Some(access) = self.access.filter(|_| values.iter().any(|ohm| *ohm > 0.0)) else { return Ok(None) };
        let [word, bit, driver_ohm, sense_ohm, line] = values;
        let (word_line_ohm_per_cell, bit_line_ohm_per_cell) = (word + line, bit + line);
        if access == WiresAccess::Driven && driver_ohm == 0.0 && sense_ohm == 0.0 {
            return Err(SpecError::at("driver_ohm", Problem::NoEnds));
        }
        let access = match access {
            WiresAccess::Gated => Access::Gated,
            WiresAccess::Driven => Access::Driven,
        };
        let feed = self.feed.unwrap_or_default();
        let circuit = Wires { access, word_line_ohm_per_cell, bit_line_ohm_per_cell, driver_ohm, sense_ohm, feed };
        Ok(Some(ArrayWires { circuit, refresh_updates, column_gain: self.column_gain.is_some() }))
    }
}

#[cfg(test)]
mod tests {
    use crate::device::Device;

    fn device(wires: &str) -> Result<Device, String> {
        let window = r#""window": { "low_resistance_ohm": 1000, "high_resistance_ohm": 1000000 }"#;
        let text = format!(r#"{{ "name": "x", {window}, "wires": {wires} }}"#);
        Device::from_json(&text).map_err(|error| error.to_string())
    }

    #[test]
    fn wires_without_resistance_are_disabled() {
        for wires in ["{}", r#"{ "access": "gated" }"#, r#"{ "access": "gated", "sense_ohm": 0 }"#] {
            assert_eq!(device(wires).expect("valid").wires, None, "{wires}");
        }
        let wires = device(r#"{ "access": "gated", "word_line_ohm_per_cell": 1.5 }"#).expect("valid").wires;
        let circuit = wires.expect("a resistance").circuit;
        assert_eq!((circuit.word_line_ohm_per_cell, circuit.driver_ohm), (1.5, 0.0));
    }

    #[test]
    fn one_key_sets_all_lines() {
        let both = device(r#"{ "access": "driven", "line_ohm_per_cell": 2, "sense_ohm": 100 }"#).expect("valid").wires;
        let circuit = both.expect("a resistance").circuit;
        assert_eq!((circuit.word_line_ohm_per_cell, circuit.bit_line_ohm_per_cell), (2.0, 2.0));
    }

    #[test]
    fn absurd_wires_are_refused() {
        for (wires, expected) in [
            (
                r#"{ "access": "gated", "bit_line_ohm_per_cell": -1 }"#,
                "wires.bit_line_ohm_per_cell: expected 0 to 1000 ohm, got -1 ohm",
            ),
            (r#"{ "access": "gated", "driver_ohm": 1e12 }"#, "wires.driver_ohm: expected 0 to 1e6 ohm, got 1e12 ohm"),
            (
                r#"{ "access": "gated", "line_ohm_per_cell": 1, "bit_line_ohm_per_cell": 1 }"#,
                "wires.bit_line_ohm_per_cell: cannot be combined with `line_ohm_per_cell`; set one of the two",
            ),
            (r#"{ "sense_ohm": 100 }"#, "missing key `wires.access`; required by `sense_ohm`"),
            (
                r#"{ "access": "floating", "sense_ohm": 100 }"#,
                "wires.access: expected one of `gated`, `driven`, got `floating`",
            ),
        ] {
            let message = device(wires).expect_err("absurd");
            assert!(message.ends_with(expected), "{message}");
        }
    }
}
