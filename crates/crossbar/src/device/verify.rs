//! Program and verify: write, read, and write again until the cell is where it should be.
//!
//! ```text
//! A_k  = G_k + η g (G* - G_k)       aim of try k: a share η of the way from where the cell is to the target, times
//!                                   the gain g of the cell (device/chip.rs)
//! G'   = write(A_k, z)              one write with the noise of the device (device/write.rs)
//! stop where |read(G') - G*| <= w   read: one read with the white noise of the device (device/read.rs)
//!
//! both   every try may raise or lower the cell
//! up     tries only raise it; a cell above G* + w is reset to its floor first, which is a try too
//! down   tries only lower it; a cell below G* - w is set to its ceiling first, which is a try too
//! ```
//!
//! A target beyond the window of the device is aimed at as it is and verified at the end of the window, where G* of the
//! other lines is. After `tries` tries the write gives up and the cell stays where the last one left it; with
//! `after_give_up`: `leave` it is never written again. One-sided
//! approaches in small shares leave the truncated, skewed histograms of real chips: a hard edge where the approach enters
//! the window. With a window without end the first try is taken: `verify` is then `add`. Procedures: Milo et al., IRPS
//! 2021 (incremental gate-voltage pulses with verify); Perez et al., IEEE Trans. Electron Devices 66, 3349 (2019).
//!
//! ```
//! use ohmspike_crossbar::device::{Acceptance, Device};
//!
//! let device = Device::from_json(
//!     r#"{ "name": "verified", "window": { "low_resistance_ohm": 4000, "high_resistance_ohm": 20000 },
//!          "write": { "noise": "constant", "sigma_microsiemens": 8, "cells": "asked", "scheme": "verify",
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

/// Half widths of the acceptance window, µS.
const WINDOW_MICROSIEMENS: Allowed = Allowed { low: 1e-9, high: 1e6, unit: " µS" };
/// Half widths of the acceptance window, % of the target.
const WINDOW_PERCENT: Allowed = Allowed { low: 1e-6, high: 1e6, unit: " %" };
/// Tries of one write.
const TRIES: IntegerRange = IntegerRange { low: 1, high: 10_000 };
/// Shares of the way.
const APPROACH: Allowed = Allowed { low: 0.001, high: 1.0, unit: "" };

/// Ways in which tries may move a cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum VerifyDirection {
    /// Every try may raise or lower the cell.
    #[default]
    Both,
    /// Tries only raise it, from the floor.
    Up,
    /// Tries only lower it, from the ceiling.
    Down,
}

/// What a controller does first with a cell that has a new target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum InitialAction {
    /// Write: every target gets one try at least, be its step ever so small.
    #[default]
    Write,
    /// Read: a cell that is accepted as it is gets no try. Steps smaller than the window then add up only in a controller
    /// that keeps a digital copy.
    Read,
}

/// What a controller does with a cell whose tries have run out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum AfterGiveUp {
    /// Tries again when it has a new target.
    #[default]
    TryAgain,
    /// Leaves it alone from then on: a cell that is stuck costs its tries once.
    Leave,
}

/// Program-and-verify in a device file.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct VerifySpec {
    /// Half width of the acceptance window around the target. Either this or `window_percent_of_target`.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(
        with = "f64",
        range(min = WINDOW_MICROSIEMENS.low, max = WINDOW_MICROSIEMENS.high),
        extend("x-unit" = "µS")
    ))]
    pub window_microsiemens: Option<f64>,
    /// The same over the target conductance.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = WINDOW_PERCENT.low, max = WINDOW_PERCENT.high), extend("x-unit" = "% of G")))]
    pub window_percent_of_target: Option<f64>,
    /// Most tries of one write; after them it gives up.
    #[serde(deserialize_with = "number")]
    #[cfg_attr(feature = "schema", schemars(with = "u32", range(min = TRIES.low, max = TRIES.high), extend("x-unit" = "tries")))]
    pub tries: f64,
    /// Which way tries may move the cell.
    #[serde(default, deserialize_with = "word")]
    pub direction: VerifyDirection,
    /// What is done first with a new target.
    #[serde(default, deserialize_with = "word")]
    pub initial_action: InitialAction,
    /// What is done with a cell whose tries have run out.
    #[serde(default, deserialize_with = "word")]
    pub after_give_up: AfterGiveUp,
    /// Share of the way to the target that a try aims at.
    #[serde(default = "whole_way", deserialize_with = "number")]
    #[cfg_attr(feature = "schema", schemars(range(min = APPROACH.low, max = APPROACH.high)))]
    pub approach: f64,
}

fn whole_way() -> f64 {
    1.0
}

/// Half width of the window in which a write is accepted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Acceptance {
    /// The same at every target, µS.
    Microsiemens(f32),
    /// In proportion to the target conductance.
    Fraction(f32),
}

impl Acceptance {
    /// Half width at `target`, both µS.
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
    /// Half width of the window in which a write is accepted.
    pub acceptance: Acceptance,
    /// Most tries of one write.
    pub tries: u32,
    /// Which way tries may move the cell.
    pub direction: VerifyDirection,
    /// What is done first with a new target.
    pub initial_action: InitialAction,
    /// What is done with a cell whose tries have run out.
    pub after_give_up: AfterGiveUp,
    /// Share of the way to the target that a try aims at, above 0, at most 1.
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
            after_give_up: spec.after_give_up,
            approach: APPROACH.check("approach", spec.approach)? as f32,
        })
    }
}
