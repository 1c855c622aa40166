//! Discrete programming levels of a cell.
//!
//! ```text
//! n levels k = 0 .. n - 1 over the window, both ends included
//!
//! conductance      G_k = G_low + k (G_high - G_low) / (n - 1)          G in µS
//! ln-conductance   ln G_k = ln G_low + k ln(G_high / G_low) / (n - 1)
//! microsiemens     G_k as listed
//! ```
//!
//! A write targets the nearest level: nearest in ln G for levels evenly spaced in ln G, else nearest in G. Halfway
//! between two evenly spaced levels the even-numbered one is chosen; between two listed ones, the lower. Targets
//! outside the levels go to the outermost level on their side. Write noise then applies as usual (`device/write.rs`).
//!
//! ```
//! use ohmspike_crossbar::ConductanceWindow;
//! use ohmspike_crossbar::device::{LevelSpacing, Levels};
//!
//! let window = ConductanceWindow::from_resistances(1e3, 1e6)?;
//! let levels = Levels::Even { count: 4, spacing: LevelSpacing::LnConductance };
//! assert!((levels.nearest(&window, 25.0) - 10.0).abs() < 1e-9); // 1, 10, 100 and 1000 µS
//! assert_eq!(Levels::Even { count: 4, spacing: LevelSpacing::Conductance }.nearest(&window, 25.0), 1.0);
//! # Ok::<(), ohmspike_crossbar::device::SpecError>(())
//! ```

use ohmspike_simd::{Block, LANES, exp, ln};
use serde::{Deserialize, Serialize};

use super::allowed::Allowed;
use super::number::{LEVEL_COUNT, optional_number, optional_numbers};
use super::refusal::{Problem, SpecError, required};
use super::shape::optional_word;
use crate::window::ConductanceWindow;

/// Largest number of listed levels (12 bits), more than any published device. A write compares with all of them.
const MAX_LISTED: usize = 4096;

/// Spacing of even levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LevelSpacing {
    /// Constant difference of G between levels.
    Conductance,
    /// Constant ratio of G between levels.
    LnConductance,
}

/// Levels in a device file: either `count` and `spacing`, or `microsiemens`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LevelsSpec {
    /// Number of levels over the window, both ends included. Requires `spacing`.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "u32", range(min = LEVEL_COUNT.low, max = LEVEL_COUNT.high), extend("x-unit" = "levels")))]
    pub count: Option<f64>,
    /// Spacing of the levels. Requires `count`.
    #[serde(default, deserialize_with = "optional_word", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "LevelSpacing"))]
    pub spacing: Option<LevelSpacing>,
    /// List of levels, rising and inside the window. Excludes `count` and `spacing`.
    #[serde(default, deserialize_with = "optional_numbers", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<f64>", length(min = 2), extend("x-unit" = "µS")))]
    pub microsiemens: Option<Vec<f64>>,
}

/// Conductances that a write can target.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(try_from = "LevelsSpec")]
pub enum Levels {
    /// Every conductance in the window.
    #[default]
    Continuous,
    /// Evenly spaced levels, both ends of the window included.
    Even {
        /// Number of levels, at least 2.
        count: u32,
        /// Spacing.
        spacing: LevelSpacing,
    },
    /// Listed levels, µS, rising, at least two.
    Listed(Vec<f64>),
}

impl Levels {
    /// Returns the level nearest to `conductance`, both µS; `conductance` itself without levels.
    pub fn nearest(&self, window: &ConductanceWindow, conductance: f64) -> f64 {
        match self {
            Levels::Continuous => conductance,
            Levels::Even { count, spacing } => {
                let (low, high) = (f64::from(window.low()), f64::from(window.high()));
                let inside = conductance.clamp(low, high);
                let along = match spacing {
                    LevelSpacing::Conductance => (inside - low) / (high - low),
                    LevelSpacing::LnConductance => libm::log(inside / low) / libm::log(high / low),
                };
                even_level(window, *count, *spacing, libm::rint(along * f64::from(count - 1)))
            }
            Levels::Listed(levels) => {
                let above = levels.windows(2).filter(|two| conductance > 0.5 * (two[0] + two[1])).count();
                levels[above]
            }
        }
    }

    /// Returns all levels, µS, rising; empty without levels.
    pub fn values(&self, window: &ConductanceWindow) -> Vec<f64> {
        match self {
            Levels::Continuous => Vec::new(),
            Levels::Even { count, spacing } => {
                (0..*count).map(|level| even_level(window, *count, *spacing, f64::from(level))).collect()
            }
            Levels::Listed(levels) => levels.clone(),
        }
    }

    /// Returns the levels for look-ups of blocks of cells; `None` without levels.
    pub(crate) fn at(&self, window: &ConductanceWindow) -> Option<LevelGrid> {
        let span = window.span();
        match self {
            Levels::Continuous => None,
            Levels::Even { count, spacing: LevelSpacing::Conductance } => {
                let last = (count - 1) as f32;
                Some(LevelGrid::Conductance { last, step: span / last, per_step: last / span, span })
            }
            Levels::Even { count, spacing: LevelSpacing::LnConductance } => {
                let (low, last) = (f64::from(window.low()), f64::from(count - 1));
                let step = libm::log(f64::from(window.high()) / low) / last;
                let (ln_low, step, per_step) = (libm::log(low) as f32, step as f32, (1.0 / step) as f32);
                Some(LevelGrid::LnConductance { low: window.low(), ln_low, last: last as f32, step, per_step, span })
            }
            Levels::Listed(levels) => {
                let g_above_min = |level: f64| (level - f64::from(window.low())) as f32;
                let steps = levels.windows(2).map(|two| (g_above_min(0.5 * (two[0] + two[1])), g_above_min(two[1])));
                Some(LevelGrid::Listed { lowest: g_above_min(levels[0]), steps: steps.collect() })
            }
        }
    }

    /// Returns these levels if all are inside `window`.
    ///
    /// # Errors
    /// Returns [`Problem::OutOfRange`] with the key below `levels` otherwise.
    pub(crate) fn within(self, window: &ConductanceWindow) -> Result<Levels, SpecError> {
        if let Levels::Listed(levels) = &self {
            let (low, high) = (f64::from(window.low()), f64::from(window.high()));
            let allowed = Allowed { low, high, unit: " µS" };
            for (number, level) in levels.iter().enumerate() {
                // The ends of the window are rounded to f32.
                if !(low..=high).contains(&f64::from(*level as f32)) {
                    let problem = Problem::OutOfRange { value: *level, allowed };
                    return Err(SpecError::at(&format!("microsiemens[{number}]"), problem));
                }
            }
        }
        Ok(self)
    }
}

/// Returns level number `level` of `count`, µS.
fn even_level(window: &ConductanceWindow, count: u32, spacing: LevelSpacing, level: f64) -> f64 {
    let (low, high, along) = (f64::from(window.low()), f64::from(window.high()), level / f64::from(count - 1));
    if along == 1.0 {
        return high;
    }
    match spacing {
        LevelSpacing::Conductance => low + along * (high - low),
        LevelSpacing::LnConductance => low * libm::exp(along * libm::log(high / low)),
    }
}

/// Levels of an array above the Gmin of the window, µS.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum LevelGrid {
    /// Evenly spaced in G.
    Conductance { last: f32, step: f32, per_step: f32, span: f32 },
    /// Evenly spaced in ln G.
    LnConductance { low: f32, ln_low: f32, last: f32, step: f32, per_step: f32, span: f32 },
    /// Listed: the lowest level, then pairs of the conductance from which a level is nearest and the level.
    Listed { lowest: f32, steps: Vec<(f32, f32)> },
}

impl LevelGrid {
    /// Returns the levels nearest to sixteen targets, above Gmin, µS. The ends of the window are exact.
    #[inline(always)]
    pub(crate) fn nearest_excess(&self, g_above_min: &Block) -> Block {
        let mut nearest = Block::ZERO;
        match *self {
            LevelGrid::Conductance { last, step, per_step, span } => {
                for lane in 0..LANES {
                    let level = (clip(g_above_min[lane], span) * per_step).round_ties_even();
                    nearest[lane] = if level >= last { span } else { level * step };
                }
            }
            LevelGrid::LnConductance { low, ln_low, last, step, per_step, span } => {
                for lane in 0..LANES {
                    let along = (ln(low + clip(g_above_min[lane], span)) - ln_low) * per_step;
                    let level = clip(along, last).round_ties_even();
                    nearest[lane] = if level >= last { span } else { low * (exp(level * step) - 1.0) };
                }
            }
            LevelGrid::Listed { lowest, ref steps } => {
                nearest = Block::splat(lowest);
                for &(from, level) in steps {
                    for lane in 0..LANES {
                        nearest[lane] = if g_above_min[lane] > from { level } else { nearest[lane] };
                    }
                }
            }
        }
        nearest
    }
}

/// Clips `value` to 0 .. `high`.
#[inline(always)]
fn clip(value: f32, high: f32) -> f32 {
    let value = if value < 0.0 { 0.0 } else { value };
    if value > high { high } else { value }
}

impl TryFrom<LevelsSpec> for Levels {
    type Error = SpecError;

    fn try_from(spec: LevelsSpec) -> Result<Levels, SpecError> {
        let Some(levels) = spec.microsiemens else {
            return match (spec.count, spec.spacing) {
                (None, None) => Ok(Levels::Continuous),
                (count, spacing) => {
                    let count = LEVEL_COUNT.check("count", required("count", count, "spacing")?)?;
                    Ok(Levels::Even { count, spacing: required("spacing", spacing, "count")? })
                }
            };
        };
        if spec.count.is_some() || spec.spacing.is_some() {
            let key = if spec.count.is_some() { "count" } else { "spacing" };
            return Err(SpecError::at(key, Problem::Beside { other: "microsiemens" }));
        }
        if levels.len() < 2 {
            return Err(SpecError::at("microsiemens", Problem::TooFew { count: levels.len(), least: 2 }));
        }
        if levels.len() > MAX_LISTED {
            return Err(SpecError::at("microsiemens", Problem::TooMany { count: levels.len(), most: MAX_LISTED }));
        }
        // Levels with the same f32 value are duplicates.
        match levels.windows(2).enumerate().find(|(_, two)| two[1] as f32 <= two[0] as f32) {
            Some((number, two)) => {
                let key = format!("microsiemens[{}]", number + 1);
                Err(SpecError::at(&key, Problem::LevelsFall { previous: two[0], next: two[1] }))
            }
            None => Ok(Levels::Listed(levels)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window() -> ConductanceWindow {
        ConductanceWindow::from_resistances(1e3, 1e6).unwrap()
    }

    fn examples() -> Vec<Levels> {
        let even = |spacing| [2, 3, 16, 1000].map(|count| Levels::Even { count, spacing });
        let mut examples = even(LevelSpacing::Conductance).to_vec();
        examples.extend(even(LevelSpacing::LnConductance));
        examples.push(Levels::Listed(vec![2.0, 30.0, 31.0, 400.0, 1000.0]));
        examples
    }

    #[test]
    fn levels_rise_from_end_to_end_and_are_their_own_nearest() {
        for levels in examples() {
            let values = levels.values(&window());
            assert!(values.windows(2).all(|two| two[0] < two[1]), "{levels:?}");
            assert_eq!(values[values.len() - 1], 1000.0);
            for value in values {
                assert_eq!(levels.nearest(&window(), value), value, "{levels:?}");
            }
        }
        assert_eq!(Levels::Continuous.nearest(&window(), 12.34), 12.34);
        assert!(Levels::Continuous.values(&window()).is_empty() && Levels::Continuous.at(&window()).is_none());
    }

    /// Compares with every level; in ln G, distances are those of logarithms.
    #[test]
    fn the_nearest_is_no_further_than_any_other() {
        for levels in examples() {
            let ln = matches!(levels, Levels::Even { spacing: LevelSpacing::LnConductance, .. });
            let scale = |g: f64| if ln { libm::log(g) } else { g };
            for step in 0..500 {
                let target = 1.0 + 1.997 * f64::from(step);
                let distance = |level: f64| (scale(level) - scale(target)).abs();
                let least = levels.values(&window()).into_iter().map(distance).fold(f64::INFINITY, f64::min);
                let found = distance(levels.nearest(&window(), target));
                assert!(found <= least + 1e-12 * scale(1000.0), "{levels:?} at {target}: {found} instead of {least}");
            }
        }
    }

    /// For targets well between two midpoints, the f32 form finds the same level as the f64 form. A level of the even
    /// grid has three roundings. A level of the ln grid has the error of the exponent k step (two roundings of at most
    /// ln 1000 = 6.9) and two units of the exponential of the whole conductance.
    #[test]
    fn blocks_agree_with_the_nearest_in_f64() {
        let unit = f64::from(f32::EPSILON);
        for levels in examples() {
            let grid = levels.at(&window()).unwrap();
            for pair in levels.values(&window()).windows(2) {
                for fraction in [0.1, 0.45, 0.55, 0.9] {
                    let ln = matches!(levels, Levels::Even { spacing: LevelSpacing::LnConductance, .. });
                    let target = if ln {
                        pair[0] * libm::pow(pair[1] / pair[0], fraction)
                    } else {
                        pair[0] + fraction * (pair[1] - pair[0])
                    };
                    let expected = levels.nearest(&window(), target) - 1.0;
                    let found = f64::from(grid.nearest_excess(&Block::splat((target - 1.0) as f32))[3]);
                    let bound = if ln { unit * (expected + 1.0) * (2.0 * 6.9 + 3.0) } else { 3.0 * unit * expected };
                    assert!((found - expected).abs() <= bound, "{levels:?}: {found}, expected {expected} at {target}");
                }
            }
        }
    }

    #[test]
    fn targets_beyond_the_window_go_to_its_ends() {
        for levels in examples() {
            let grid = levels.at(&window()).unwrap();
            let lowest = (levels.values(&window())[0] - 1.0) as f32;
            let at = |g_above_min| grid.nearest_excess(&Block::splat(g_above_min))[15];
            for (target, level) in [(-50.0, lowest), (-1.0, lowest), (0.0, lowest), (999.0, 999.0), (5e3, 999.0)] {
                assert_eq!(at(target), level, "{levels:?} at {target}");
            }
        }
    }

    #[test]
    fn rejects_invalid_levels() {
        let listed = |levels: &[f64]| {
            let spec = LevelsSpec { microsiemens: Some(levels.to_vec()), ..LevelsSpec::default() };
            Levels::try_from(spec).and_then(|levels| levels.within(&window()))
        };
        assert!(listed(&[1.0, 1000.0]).is_ok());
        for levels in [&[][..], &[10.0], &[10.0, 10.0], &[20.0, 10.0], &[0.5, 10.0], &[10.0, 1001.0], &[f64::NAN, 1.0]]
        {
            assert!(listed(levels).is_err(), "{levels:?}");
        }
    }
}
