//! Values of a swept key, from the mildest to the harshest.
//!
//! ```text
//! geometric grid:  x_i = from (to / from)^(i / n),   n = ceil(ln(to / from) / ln(1 + resolution)),   i = 0 ... n
//! ```
//!
//! Neighbours of a geometric grid differ by at most `resolution`. Integers and lists keep their values.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Default resolution of a geometric grid: 5 %.
pub const RESOLUTION: f64 = 0.05;
/// Largest number of levels; a search evaluates about log2 of it.
pub const MAX_LEVELS: usize = 100_000;
/// Smallest resolution of a geometric grid: 0.01 %.
const MIN_RESOLUTION: f64 = 1e-4;

/// Effect of a key on the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Larger values are worse, as for noise.
    LargerIsWorse,
    /// Smaller values are worse, as for the bits of a converter.
    SmallerIsWorse,
}

/// Reason why a list of levels is invalid.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum LevelsError {
    /// A range in the wrong order, or with a bound that is not finite.
    #[error("range: expected a finite start below the end, got {from} to {to}")]
    Range {
        /// Start of the range.
        from: f64,
        /// End of the range.
        to: f64,
    },
    /// A geometric grid that starts at 0 or below.
    #[error("range: expected a start above 0 for a geometric grid, got {0}")]
    Start(f64),
    /// A resolution that is too fine or too coarse.
    #[error("resolution: expected {MIN_RESOLUTION} to 1, got {0}")]
    Resolution(f64),
    /// A list with one value or none.
    #[error("levels: expected at least 2, got {0}")]
    TooFew(usize),
    /// More than [`MAX_LEVELS`].
    #[error("levels: expected at most {MAX_LEVELS}, got {0}")]
    TooMany(u128),
    /// A value of a list that is NaN or infinite.
    #[error("level {number}: expected a finite value, got {value}")]
    NotFinite {
        /// Position in the list, from 1.
        number: usize,
        /// The invalid value.
        value: f64,
    },
    /// A value that occurs twice in a list.
    #[error("levels: duplicate value {0}")]
    Duplicate(f64),
}

/// At least two different values of a key, mildest first. A level is an index into them.
///
/// ```
/// use ohmspike_analysis::limit::{Direction, Levels};
///
/// let bits = Levels::integers(2, 5, Direction::SmallerIsWorse)?;
/// assert_eq!(bits.values(), [5.0, 4.0, 3.0, 2.0]);
/// let noise = Levels::geometric(1.0, 1.21, 0.1, Direction::LargerIsWorse)?;
/// assert_eq!(noise.values().len(), 3);
/// assert!((noise.values()[1] - 1.1).abs() < 1e-12);
/// # Ok::<(), ohmspike_analysis::limit::LevelsError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Levels {
    values: Vec<f64>,
    direction: Direction,
}

impl Levels {
    /// Creates a geometric grid that includes both ends.
    ///
    /// # Errors
    /// Returns an error unless 0 < `from` < `to` and `resolution` is 0.0001 to 1.
    pub fn geometric(from: f64, to: f64, resolution: f64, direction: Direction) -> Result<Levels, LevelsError> {
        in_order(from, to)?;
        if from <= 0.0 {
            return Err(LevelsError::Start(from + 0.0));
        }
        if !(MIN_RESOLUTION..=1.0).contains(&resolution) {
            return Err(LevelsError::Resolution(resolution));
        }
        let log_ratio = libm::log(to) - libm::log(from);
        // A range of a whole number of steps does not get one more by rounding.
        let steps = (log_ratio / libm::log1p(resolution) - 1e-9).ceil().max(1.0) as usize;
        let at = |step: usize| from * libm::exp(log_ratio * step as f64 / steps as f64);
        let inner = (1..steps).map(at);
        Levels::sorted([from].into_iter().chain(inner).chain([to]).collect(), direction)
    }

    /// Creates all integers from `from` to `to`.
    ///
    /// # Errors
    /// Returns an error unless `from` < `to`, and for more than [`MAX_LEVELS`].
    pub fn integers(from: i64, to: i64, direction: Direction) -> Result<Levels, LevelsError> {
        in_order(from as f64, to as f64)?;
        let count = to.abs_diff(from);
        if u128::from(count) >= MAX_LEVELS as u128 {
            return Err(LevelsError::TooMany(u128::from(count) + 1));
        }
        Levels::sorted((from..=to).map(|value| value as f64).collect(), direction)
    }

    /// Creates the levels of a list, in any order.
    ///
    /// # Errors
    /// Returns an error for fewer than two values, and for NaN, infinities and duplicates.
    pub fn list(values: &[f64], direction: Direction) -> Result<Levels, LevelsError> {
        match values.iter().position(|value| !value.is_finite()) {
            Some(place) => Err(LevelsError::NotFinite { number: place + 1, value: values[place] }),
            None => Levels::sorted(values.to_vec(), direction),
        }
    }

    fn sorted(mut values: Vec<f64>, direction: Direction) -> Result<Levels, LevelsError> {
        // -0 counts as 0.
        values.iter_mut().for_each(|value| *value += 0.0);
        match values.len() {
            count @ 0..2 => return Err(LevelsError::TooFew(count)),
            count if count > MAX_LEVELS => return Err(LevelsError::TooMany(count as u128)),
            _ => values.sort_by(f64::total_cmp),
        }
        if let Some(pair) = values.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(LevelsError::Duplicate(pair[0]));
        }
        if direction == Direction::SmallerIsWorse {
            values.reverse();
        }
        Ok(Levels { values, direction })
    }

    /// Returns the values, mildest first.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Returns the effect of the key.
    pub fn direction(&self) -> Direction {
        self.direction
    }

    /// Returns the harshest level.
    pub fn harshest(&self) -> usize {
        self.values.len() - 1
    }

    /// Returns the coordinate for straight lines: ln x if all values are positive, x otherwise.
    pub(super) fn coordinate(&self, level: usize) -> f64 {
        let x = self.values[level];
        if self.is_positive() { libm::log(x) } else { x }
    }

    /// Returns whether all values are positive, so that ratios are meaningful.
    pub(super) fn is_positive(&self) -> bool {
        self.values[0].min(self.values[self.harshest()]) > 0.0
    }
}

fn in_order(from: f64, to: f64) -> Result<(), LevelsError> {
    let (from, to) = (from + 0.0, to + 0.0);
    if from.is_finite() && to.is_finite() && from < to { Ok(()) } else { Err(LevelsError::Range { from, to }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_differ_by_at_most_the_resolution() {
        let levels = Levels::geometric(0.3, 500.0, RESOLUTION, Direction::LargerIsWorse).expect("levels");
        let values = levels.values();
        assert_eq!((values[0], values[levels.harshest()]), (0.3, 500.0));
        for pair in values.windows(2) {
            let ratio = pair[1] / pair[0];
            assert!(1.04 < ratio && ratio < 1.05 + 1e-9, "{ratio}");
        }
    }

    #[test]
    fn negative_zero_is_zero() {
        let levels = Levels::list(&[1.0, -0.0], Direction::LargerIsWorse).expect("levels");
        assert!(levels.values().iter().all(|value| value.is_sign_positive()));
    }

    #[test]
    fn rejects_invalid_levels() {
        let worse = Direction::LargerIsWorse;
        let message = |levels: Result<Levels, LevelsError>| levels.expect_err("invalid levels").to_string();
        for (levels, expected) in [
            (Levels::geometric(2.0, 1.0, 0.05, worse), "range: expected a finite start below the end, got 2 to 1"),
            (Levels::geometric(0.0, 1.0, 0.05, worse), "range: expected a start above 0 for a geometric grid, got 0"),
            (Levels::geometric(1.0, 2.0, f64::NAN, worse), "resolution: expected 0.0001 to 1, got NaN"),
            (Levels::geometric(1e-300, 1e300, 1e-4, worse), "levels: expected at most 100000, got 13816203"),
            (Levels::integers(3, 3, worse), "range: expected a finite start below the end, got 3 to 3"),
            (Levels::integers(0, i64::MAX, worse), "levels: expected at most 100000, got 9223372036854775808"),
            (Levels::list(&[1.0], worse), "levels: expected at least 2, got 1"),
            (Levels::list(&[1.0, f64::INFINITY], worse), "level 2: expected a finite value, got inf"),
            (Levels::list(&[0.0, 1.0, -0.0], worse), "levels: duplicate value 0"),
            (Levels::geometric(-0.0, 1.0, 0.05, worse), "range: expected a start above 0 for a geometric grid, got 0"),
            (Levels::geometric(0.0, -0.0, 0.05, worse), "range: expected a finite start below the end, got 0 to 0"),
        ] {
            assert_eq!(message(levels), expected);
        }
    }

    #[test]
    fn lines_use_logarithms_of_positive_values_only() {
        let faults = Levels::list(&[0.0, 2.0], Direction::LargerIsWorse).expect("levels");
        assert_eq!(faults.coordinate(1), 2.0);
        let bits = Levels::integers(1, 8, Direction::SmallerIsWorse).expect("levels");
        assert_eq!(bits.coordinate(0), libm::log(8.0));
    }
}
