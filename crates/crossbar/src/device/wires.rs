//! Wires: resistance of the lines, drivers and sense amplifiers of a tile.
//!
//! ```text
//! G <- g_k + G / (1 + r d_k G)           r = r_b + r_w,  d_k: cells since the last active row
//! I  = V G / (1 + (r d + R_d + R_s) G)   d: cells from the last active row to the last row of the tile
//! ```
//!
//! `wires.rs` of the crate derives the circuit. Wires without any resistance are disabled.
//!
//! ```
//! use ohmspike_crossbar::device::Device;
//!
//! let device = Device::from_json(
//!     r#"{ "name": "x", "window": { "low_resistance_ohm": 4000, "high_resistance_ohm": 15000 },
//!          "wires": { "access": "gated", "bit_line_ohm_per_cell": 1, "sense_ohm": 100 } }"#,
//! )?;
//! assert_eq!(device.wires.map(|wires| wires.sense_ohm), Some(100.0));
//! # Ok::<(), ohmspike_crossbar::device::DeviceError>(())
//! ```

use serde::{Deserialize, Serialize};

use super::number::{END_OHM, LINE_OHM, optional_number};
use super::refusal::{SpecError, required};
use super::shape::optional_word;
use crate::wires::{Access, Feed, Wires};

/// Kind of array with wires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum WiresAccess {
    /// A transistor per cell connects it while its row spikes; silent rows are disconnected.
    Gated,
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
    /// Source line between neighbouring cells of a column. Default: 0.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = LINE_OHM.low, max = LINE_OHM.high), extend("x-unit" = "ohm")))]
    pub word_line_ohm_per_cell: Option<f64>,
    /// Bit line between neighbouring cells of a column. Default: 0.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = LINE_OHM.low, max = LINE_OHM.high), extend("x-unit" = "ohm")))]
    pub bit_line_ohm_per_cell: Option<f64>,
    /// Driver of a source line. Default: 0.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = END_OHM.low, max = END_OHM.high), extend("x-unit" = "ohm")))]
    pub driver_ohm: Option<f64>,
    /// Sense amplifier of a bit line, next to the last row of the tile. Default: 0.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = END_OHM.low, max = END_OHM.high), extend("x-unit" = "ohm")))]
    pub sense_ohm: Option<f64>,
}

impl WiresSpec {
    /// Returns the wires; none if nothing has a resistance.
    ///
    /// # Errors
    /// Returns an error for a resistance outside its range, or without the kind of array.
    pub(super) fn checked(self) -> Result<Option<Wires>, SpecError> {
        let ohm = [
            ("word_line_ohm_per_cell", self.word_line_ohm_per_cell, LINE_OHM),
            ("bit_line_ohm_per_cell", self.bit_line_ohm_per_cell, LINE_OHM),
            ("driver_ohm", self.driver_ohm, END_OHM),
            ("sense_ohm", self.sense_ohm, END_OHM),
        ];
        let mut values = [0.0; 4];
        for (value, (key, given, allowed)) in values.iter_mut().zip(ohm) {
            let Some(given) = given else { continue };
            required("access", self.access, key)?;
            *value = allowed.check(key, given)?;
        }
        let [word_line_ohm_per_cell, bit_line_ohm_per_cell, driver_ohm, sense_ohm] = values;
        let access = match self.access {
            Some(WiresAccess::Gated) if values.iter().any(|ohm| *ohm > 0.0) => Access::Gated,
            _ => return Ok(None),
        };
        let feed = Feed::default();
        Ok(Some(Wires { access, word_line_ohm_per_cell, bit_line_ohm_per_cell, driver_ohm, sense_ohm, feed }))
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
        assert_eq!(wires.map(|wires| (wires.word_line_ohm_per_cell, wires.driver_ohm)), Some((1.5, 0.0)));
    }

    #[test]
    fn absurd_wires_are_refused() {
        for (wires, expected) in [
            (
                r#"{ "access": "gated", "bit_line_ohm_per_cell": -1 }"#,
                "wires.bit_line_ohm_per_cell: expected 0 to 1000 ohm, got -1 ohm",
            ),
            (r#"{ "access": "gated", "driver_ohm": 1e12 }"#, "wires.driver_ohm: expected 0 to 1e6 ohm, got 1e12 ohm"),
            (r#"{ "sense_ohm": 100 }"#, "missing key `wires.access`; required by `sense_ohm`"),
            (r#"{ "access": "driven", "sense_ohm": 100 }"#, "wires.access: expected one of `gated`, got `driven`"),
        ] {
            let message = device(wires).expect_err("absurd");
            assert!(message.ends_with(expected), "{message}");
        }
    }
}
