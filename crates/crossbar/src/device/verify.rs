//! Program and verify: write, read, and write again until the cell is near its target.
//!
//! ```text
//! A_k  = G_k + η g (G* - G_k)       aim of try k: a fraction η of the distance from G_k to the target G*, times
//!                                   the gain g of the cell (device/gains.rs)
//! G'   = write(A_k, z)              one write with the noise of the device (device/write.rs)
//! stop where |read(G') - G*| <= w   read: one read with the white noise of the device (device/read.rs)
//!
//! both   tries may raise or lower the cell
//! up     tries only raise it; a cell above G* + w is first reset to its lower end, which counts as a try
//! down   tries only lower it; a cell below G* - w is first set to its upper end, which counts as a try
//! ```
//!
//! A target outside the window is used as the aim of a try; the read is compared with the end of the window. After
//! `tries` tries the write has failed and the cell keeps its last conductance. With `after_failed_write` = `leave` it is never
//! written again. One-sided approaches in small steps produce the truncated, skewed histograms of real chips, with a
//! hard edge where the approach enters the window. With an infinite acceptance window the first try is accepted, and
//! `verify` equals `add`. Procedures: Milo et al., IRPS 2021 (incremental gate-voltage pulses with verify); Perez et
//! al., IEEE Trans. Electron Devices 66, 3349 (2019).
//!
//! ```
//! use ohmspike_crossbar::device::{Acceptance, Device};
//!
//! let device = Device::from_json(
//!     r#"{ "name": "verified", "window": { "low_resistance_ohm": 4000, "high_resistance_ohm": 20000 },
//!          "write": { "noise": "constant", "sigma_microsiemens": 8, "cells": "changed", "scheme": "verify",
//!                     "verify": { "window_microsiemens": 5, "tries": 20 } } }"#,
//! )?;
//! let verify = device.write.verify().ok_or("a verifying device")?;
//! assert_eq!(verify.acceptance, Acceptance::Microsiemens(5.0));
//! assert_eq!(verify.acceptance.microsiemens(120.0), 5.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use serde::{Deserialize, Serialize};

use super::allowed::{Allowed, IntegerRange};
use super::number::{number, optional_number};
use super::refusal::{Problem, SpecError};
use super::shape::word;

/// Half width of the acceptance window, µS.
const WINDOW_MICROSIEMENS: Allowed = Allowed { low: 1e-9, high: 1e6, unit: " µS" };
/// Half width of the acceptance window, % of the target.
const WINDOW_PERCENT: Allowed = Allowed { low: 1e-6, high: 1e6, unit: " %" };
/// Number of tries of one write.
const TRIES: IntegerRange = IntegerRange { low: 1, high: 10_000 };
/// Fraction of the distance to the target.
const APPROACH: Allowed = Allowed { low: 0.001, high: 1.0, unit: "" };

/// Directions in which tries may move a cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum VerifyDirection {
    /// Tries may raise or lower the cell.
    #[default]
    Both,
    /// Tries only raise the cell; a cell above the acceptance window is first reset to its lower end.
    Up,
    /// Tries only lower the cell; a cell below the acceptance window is first set to its upper end.
    Down,
}

/// First action of a controller for a cell with a new target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum InitialAction {
    /// Every new target gets at least one try, however small the step.
    #[default]
    Write,
    /// A cell already inside the acceptance window gets no try. Updates smaller than the window then add up only in a
    /// controller with a digital copy.
    Read,
}

/// Treatment of a cell after its tries have run out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum AfterFailedWrite {
    /// The cell is tried again at its next target.
    #[default]
    TryAgain,
    /// The cell is never written again: a stuck cell costs its tries once.
    Leave,
}

/// Program and verify in a device file.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct VerifySpec {
    /// Half width of the acceptance window around the target. Set either this or `window_percent_of_target`.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(
        with = "f64",
        range(min = WINDOW_MICROSIEMENS.low, max = WINDOW_MICROSIEMENS.high),
        extend("x-unit" = "µS")
    ))]
    pub window_microsiemens: Option<f64>,
    /// Half width of the acceptance window, relative to the target conductance. Set either this or
    /// `window_microsiemens`.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = WINDOW_PERCENT.low, max = WINDOW_PERCENT.high), extend("x-unit" = "% of G")))]
    pub window_percent_of_target: Option<f64>,
    /// Largest number of tries of one write.
    #[serde(deserialize_with = "number")]
    #[cfg_attr(feature = "schema", schemars(with = "u32", range(min = TRIES.low, max = TRIES.high), extend("x-unit" = "tries")))]
    pub tries: f64,
    /// Direction in which tries may move the cell.
    #[serde(default, deserialize_with = "word")]
    pub direction: VerifyDirection,
    /// First action for a new target.
    #[serde(default, deserialize_with = "word")]
    pub initial_action: InitialAction,
    /// Treatment of a cell after its tries have run out.
    #[serde(default, deserialize_with = "word")]
    pub after_failed_write: AfterFailedWrite,
    /// Fraction of the distance to the target that one try aims for.
    #[serde(default = "whole_way", deserialize_with = "number")]
    #[cfg_attr(feature = "schema", schemars(range(min = APPROACH.low, max = APPROACH.high)))]
    pub approach: f64,
}

fn whole_way() -> f64 {
    1.0
}

/// Half width of the acceptance window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Acceptance {
    /// Constant half width, µS.
    Microsiemens(f32),
    /// Half width relative to the target conductance.
    Fraction(f32),
}

impl Acceptance {
    /// Returns the half width at `target`, both µS.
    #[inline(always)]
    pub fn microsiemens(self, target: f32) -> f32 {
        match self {
            Acceptance::Microsiemens(width) => width,
            Acceptance::Fraction(fraction) => fraction * target,
        }
    }
}

/// Program and verify.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(try_from = "VerifySpec")]
pub struct Verify {
    /// Half width of the acceptance window.
    pub acceptance: Acceptance,
    /// Largest number of tries of one write.
    pub tries: u32,
    /// Direction in which tries may move the cell.
    pub direction: VerifyDirection,
    /// First action for a new target.
    pub initial_action: InitialAction,
    /// Treatment of a cell after its tries have run out.
    pub after_failed_write: AfterFailedWrite,
    /// Fraction of the distance to the target that one try aims for, above 0, at most 1.
    pub approach: f32,
}

impl TryFrom<VerifySpec> for Verify {
    type Error = SpecError;

    fn try_from(spec: VerifySpec) -> Result<Verify, SpecError> {
        let acceptance = match (spec.window_microsiemens, spec.window_percent_of_target) {
            (Some(width), None) => {
                Acceptance::Microsiemens(WINDOW_MICROSIEMENS.check("window_microsiemens", width)? as f32)
            }
            (None, Some(percent)) => {
                Acceptance::Fraction((WINDOW_PERCENT.check("window_percent_of_target", percent)? / 100.0) as f32)
            }
            (given, _) => {
                let keys = ["window_microsiemens", "window_percent_of_target"];
                return Err(SpecError::at(keys[0], Problem::EitherOr { given_both: given.is_some(), keys }));
            }
        };
        Ok(Verify {
            acceptance,
            tries: TRIES.check("tries", spec.tries)?,
            direction: spec.direction,
            initial_action: spec.initial_action,
            after_failed_write: spec.after_failed_write,
            approach: APPROACH.check("approach", spec.approach)? as f32,
        })
    }
}
