//! Noise tolerance of a network: normalised accuracy, and the noise level at which it falls below a threshold.
//!
//! ```text
//! A*(e)  =  1 - (e - e_clean) / (e_chance - e_clean)        e = 1 - accuracy
//! A* = 1 at the clean condition, 0 at chance; it can exceed 1 and be negative
//!
//! d_i(l)    =  a_i(l) - chance - threshold (a_i(clean) - chance)      of repeat i; linear in l between levels
//! crossing  =  the first l with mean d(l) = 0, that is mean A* = threshold
//! interval  =  from the last level before any with mean d - t se <= 0 to the first after all with mean d + t se >= 0
//! ```
//!
//! The clean condition is first; the levels then increase or decrease. The curve is not extrapolated beyond the last
//! level. Levels have the unit of the swept key.
//!
//! The interval ends at levels of the curve: the repeats show that A* is above the threshold up to one end and below it from
//! the other on. For normally distributed d, it contains the true crossing with 95 % probability, whatever the shape of the
//! curve between two levels; the crossing itself is interpolated. The test of d = 0 is that of Fieller (1954) for ratios. t, se
//! and the number of repeats are those of [`super::draws`].
//! Outcomes of all conditions with the same draws, including the clean one, are one repeat. Variances add between
//! conditions with different draws.
//!
//! `by_repeat` has one crossing per repeat, for the size of the difference between two curves: where the mean curve crosses
//! when it is shifted by d_i at its crossing. On a straight curve this is crossing - d_i / slope (delta method). Where a
//! flat curve becomes steep, the slope at the crossing would understate how far a lower curve crosses earlier.

mod compared;
mod curve;

pub use curve::Curve;
use thiserror::Error;

use super::draws::Drawn;

/// Thresholds in reports.
pub const THRESHOLDS: [f64; 3] = [0.99, 0.95, 0.90];

/// Reason why there is no normalised accuracy or crossing.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum NormalisedError {
    /// The clean accuracy is not finite or not above chance.
    #[error("clean accuracy: expected a finite accuracy above chance ({chance}), got {clean}")]
    Clean {
        /// Accuracy without noise.
        clean: f64,
        /// Accuracy at chance.
        chance: f64,
    },
    /// Fewer than two conditions.
    #[error("conditions: expected at least 2, got {0}")]
    TooFew(usize),
    /// A condition without outcomes.
    #[error("condition at level {0}: no outcomes; expected at least 1")]
    Empty(f64),
    /// NaN, or a value that is no accuracy.
    #[error("accuracy at level {level}: expected -1e100 to 1e100, got {value}")]
    OutOfRange {
        /// Level of the condition.
        level: f64,
        /// The invalid accuracy.
        value: f64,
    },
    /// Levels that are not in order.
    #[error("levels: expected finite levels that only increase or only decrease, got {after} after {before}")]
    Order {
        /// Previous level.
        before: f64,
        /// Level out of order.
        after: f64,
    },
    /// A threshold that the start of the curve, A* = 1, is not above.
    #[error("threshold: expected less than 1, got {0}")]
    Threshold(f64),
}

/// The accuracies with A* = 1 and A* = 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    clean: f64,
    chance: f64,
}

impl Scale {
    /// Creates a scale from the noise-free accuracy and that at chance.
    ///
    /// # Errors
    /// [`NormalisedError::Clean`] if one of them is not finite, or if the noise-free accuracy is not above chance.
    pub fn new(clean: f64, chance: f64) -> Result<Scale, NormalisedError> {
        if clean.is_finite() && chance.is_finite() && clean > chance {
            Ok(Scale { clean, chance })
        } else {
            Err(NormalisedError::Clean { clean, chance })
        }
    }

    /// Returns A* of `accuracy`.
    ///
    /// ```
    /// use ohmspike_stats::normalised::Scale;
    ///
    /// let scale = Scale::new(0.8, 0.1)?;
    /// assert!((scale.normalised(0.45) - 0.5).abs() < 1e-12);
    /// # Ok::<(), ohmspike_stats::normalised::NormalisedError>(())
    /// ```
    pub fn normalised(&self, accuracy: f64) -> f64 {
        let (error, clean, chance) = (1.0 - accuracy, 1.0 - self.clean, 1.0 - self.chance);
        1.0 - (error - clean) / (chance - clean)
    }
}

/// Outcomes at one level.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// Noise level, in the unit of the study.
    pub level: f64,
    /// Accuracy of each trial with its draws.
    pub outcomes: Vec<Drawn>,
}

/// Crossing of the mean normalised accuracy with a threshold.
#[derive(Clone, Debug, PartialEq)]
pub struct Crossing {
    /// The threshold, as a fraction.
    pub threshold: f64,
    /// Level of the crossing; `None` if the curve stays above the threshold.
    pub level: Option<f64>,
    /// 95 % interval of the level; `None` below three repeats, or if all repeats are equal.
    pub interval: Option<CrossingInterval>,
    /// Crossing of the mean curve when shifted by each repeat; empty without a crossing, or if conditions share no draws.
    pub by_repeat: Vec<Drawn>,
    /// Levels with d of each repeat; empty if conditions share no draws.
    pub distances: Vec<(f64, Vec<Drawn>)>,
}

/// Interval of a crossing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CrossingInterval {
    /// End towards the clean condition; `None` if beyond the last level.
    pub near: Option<f64>,
    /// Other end; `None` if beyond the last level.
    pub far: Option<f64>,
}

/// Levels between which a curve falls below a threshold, without interpolation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Held {
    /// Last level before the mean first falls below the threshold.
    pub last: f64,
    /// Last of the levels, counted from the clean one, that are all significantly above the threshold; `None` if the
    /// clean level is not, or below three repeats.
    pub certified: Option<f64>,
    /// First of the levels, up to the last one, that are all significantly below the threshold; `None` if there is
    /// none, or below three repeats.
    pub refuted: Option<f64>,
}
