//! How much noise a network bears: normalised accuracy, and the noise level at which it falls below a threshold.
//!
//! ```text
//! A*(e) = 1 - (e - e_clean) / (e_chance - e_clean)        e = 1 - accuracy
//! A* = 1 without noise, 0 at chance; it may lie above 1 and below 0
//!
//! crossing = l_k + (A*_k - threshold) / (A*_k - A*_(k+1)) (l_(k+1) - l_k)      for the first k with A*_(k+1) <= threshold
//! ```
//!
//! e_clean is the mean error of the first condition, the one with the lowest level l (which should be 0); A*_k belongs to
//! the mean accuracy of condition k. The curve is linear in the level between conditions and is not continued beyond the
//! last. Levels have whatever unit the study sweeps.
//!
//! The interval is a percentile bootstrap over seeds ([`super::bootstrap`]). Where every condition has the same seeds, a
//! seed is drawn with all its outcomes, the clean one included; else every condition is drawn on its own. A resample
//! without a crossing counts as one beyond the last level, and a resample whose clean accuracy is not above chance as one
//! at the first.

use std::collections::BTreeMap;

use seed::Seed;
use thiserror::Error;

use super::bootstrap::{Bootstrap, BootstrapError, draw, quantile};
use super::moments::in_range;

/// Thresholds that studies report.
pub const THRESHOLDS: [f64; 3] = [0.99, 0.95, 0.90];

/// Why there is no normalised accuracy or crossing.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum NormalisedError {
    /// There is nothing to normalise by.
    #[error("clean accuracy: must be finite and above chance, {chance}, got {clean}")]
    Clean {
        /// Accuracy without noise.
        clean: f64,
        /// Accuracy of guessing.
        chance: f64,
    },
    /// A curve has two ends.
    #[error("conditions: must be at least 2, got {0}")]
    TooFew(usize),
    /// A condition without outcomes has no mean.
    #[error("condition at level {0}: must have an outcome, got none")]
    Empty(f64),
    /// Seeds name the outcomes of a condition.
    #[error("condition at level {level}: must have one outcome a seed, got two of seed {seed}")]
    Twice {
        /// Its level.
        level: f64,
        /// The seed.
        seed: u64,
    },
    /// NaN is no accuracy.
    #[error("accuracy at level {level}: must be from -1e100 to 1e100, got {value}")]
    OutOfRange {
        /// Where it stands.
        level: f64,
        /// The accuracy.
        value: f64,
    },
    /// Conditions stand in the order of their levels.
    #[error("levels: must be finite and rise, got {after} after {before}")]
    Order {
        /// The level before.
        before: f64,
        /// The one that is not above it.
        after: f64,
    },
    /// A curve that starts at 1 crosses what is below.
    #[error("threshold: must be below 1, got {0}")]
    Threshold(f64),
    /// From the resampling.
    #[error(transparent)]
    Bootstrap(#[from] BootstrapError),
}

/// The accuracies between which A* runs from 1 to 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    clean: f64,
    chance: f64,
}

impl Scale {
    /// From the accuracy without noise and that of guessing.
    ///
    /// # Errors
    /// [`NormalisedError::Clean`] unless both are finite and the first is the larger.
    pub fn new(clean: f64, chance: f64) -> Result<Scale, NormalisedError> {
        if clean.is_finite() && chance.is_finite() && clean > chance {
            Ok(Scale { clean, chance })
        } else {
            Err(NormalisedError::Clean { clean, chance })
        }
    }

    /// A* of `accuracy`.
    ///
    /// ```
    /// use experiments::statistics::normalised::Scale;
    ///
    /// let scale = Scale::new(0.8, 0.1)?;
    /// assert!((scale.normalised(0.45) - 0.5).abs() < 1e-12);
    /// # Ok::<(), experiments::statistics::normalised::NormalisedError>(())
    /// ```
    pub fn normalised(&self, accuracy: f64) -> f64 {
        let (error, clean, chance) = (1.0 - accuracy, 1.0 - self.clean, 1.0 - self.chance);
        1.0 - (error - clean) / (chance - clean)
    }
}

/// The outcomes at one level of noise.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// Level of the noise, in the unit of the study.
    pub level: f64,
    /// Seed and accuracy of every trial.
    pub outcomes: Vec<(u64, f64)>,
}

/// Where the mean normalised accuracy first falls to a threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crossing {
    /// The threshold, as a fraction.
    pub threshold: f64,
    /// The level; `None` where the curve stays above to its last level.
    pub level: Option<f64>,
    /// Its interval; `None` where a condition has fewer than two outcomes.
    pub interval: Option<CrossingInterval>,
}

/// The ends of a bootstrap interval of a crossing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CrossingInterval {
    /// Lower end; `None` beyond the last level.
    pub low: Option<f64>,
    /// Upper end; `None` beyond the last level.
    pub high: Option<f64>,
    /// Whether seeds were drawn with all their outcomes.
    pub paired: bool,
}

/// A curve of conditions, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    levels: Vec<f64>,
    /// One list a condition; where seeds are paired, in the order of the seeds.
    accuracies: Vec<Vec<f64>>,
    paired: bool,
    chance: f64,
}

impl Curve {
    /// Checks `conditions`, the clean one first, and the accuracy `chance` of guessing.
    ///
    /// # Errors
    /// [`NormalisedError`] for fewer than two conditions, levels that do not rise, conditions without outcomes or with
    /// two of one seed, accuracies that are not finite, or a clean mean that is not above chance.
    pub fn new(conditions: &[Condition], chance: f64) -> Result<Curve, NormalisedError> {
        if conditions.len() < 2 {
            return Err(NormalisedError::TooFew(conditions.len()));
        }
        let levels: Vec<f64> = conditions.iter().map(|condition| condition.level).collect();
        check_levels(&levels)?;
        let outcomes = conditions.iter().map(by_seed).collect::<Result<Vec<_>, _>>()?;
        let paired = outcomes.iter().all(|condition| condition.keys().eq(outcomes[0].keys()));
        let accuracies: Vec<Vec<f64>> =
            outcomes.iter().map(|condition| condition.values().copied().collect()).collect();
        Scale::new(mean(&accuracies[0]), chance)?;
        Ok(Curve { levels, accuracies, paired, chance })
    }

    /// Mean A* of every condition: that of its mean accuracy.
    pub fn normalised(&self) -> Vec<f64> {
        let means = self.accuracies.iter().map(|accuracies| mean(accuracies));
        let scale = Scale { clean: mean(&self.accuracies[0]), chance: self.chance };
        means.map(|accuracy| scale.normalised(accuracy)).collect()
    }

    /// Where the curve first falls to `threshold`, with its interval.
    ///
    /// # Errors
    /// [`NormalisedError::Threshold`] unless `threshold` is below 1; [`NormalisedError::Bootstrap`] for a bootstrap out
    /// of range.
    ///
    /// ```
    /// use experiments::statistics::bootstrap::Bootstrap;
    /// use experiments::statistics::normalised::{Condition, Curve};
    /// use seed::Seed;
    ///
    /// let condition = |level, first, second| Condition { level, outcomes: vec![(1, first), (2, second)] };
    /// let curve = Curve::new(&[condition(0.0, 0.79, 0.81), condition(10.0, 0.64, 0.68)], 0.1)?;
    /// let bootstrap = Bootstrap { resamples: 200, confidence: 0.95, seed: Seed::new(1) };
    /// let crossing = curve.crossing(0.9, &bootstrap)?;
    /// // Means 0.80 and 0.66: A* falls from 1 to 0.8 over 10.
    /// assert!((crossing.level.expect("a crossing") - 5.0).abs() < 1e-9);
    /// # Ok::<(), experiments::statistics::normalised::NormalisedError>(())
    /// ```
    pub fn crossing(&self, threshold: f64, bootstrap: &Bootstrap) -> Result<Crossing, NormalisedError> {
        if !(threshold.is_finite() && threshold < 1.0) {
            return Err(NormalisedError::Threshold(threshold));
        }
        let means: Vec<f64> = self.accuracies.iter().map(|accuracies| mean(accuracies)).collect();
        let level = self.first(&means, threshold);
        let interval = if self.accuracies.iter().all(|accuracies| accuracies.len() > 1) {
            Some(self.interval(threshold, bootstrap)?)
        } else {
            None
        };
        Ok(Crossing { threshold, level, interval })
    }

    /// Crossings of all [`THRESHOLDS`].
    ///
    /// # Errors
    /// As [`Curve::crossing`].
    pub fn crossings(&self, bootstrap: &Bootstrap) -> Result<Vec<Crossing>, NormalisedError> {
        THRESHOLDS.iter().map(|&threshold| self.crossing(threshold, bootstrap)).collect()
    }

    fn interval(&self, threshold: f64, bootstrap: &Bootstrap) -> Result<CrossingInterval, NormalisedError> {
        let crossings =
            bootstrap.rising(|seed| self.first(&self.resampled(seed), threshold).unwrap_or(f64::INFINITY))?;
        let alpha = (1.0 - bootstrap.confidence) / 2.0;
        let end = |level: f64| Some(quantile(&crossings, level)).filter(|end| end.is_finite());
        Ok(CrossingInterval { low: end(alpha), high: end(1.0 - alpha), paired: self.paired })
    }

    /// Mean accuracies of one resample.
    fn resampled(&self, seed: Seed) -> Vec<f64> {
        let drawn = |(number, accuracies): (usize, &Vec<f64>)| {
            // The same draws for every condition keep the outcomes of a seed together.
            let seed = if self.paired { seed } else { seed.numbered(number as u64) };
            let mut resample = accuracies.clone();
            draw(seed, accuracies, &mut resample);
            mean(&resample)
        };
        self.accuracies.iter().enumerate().map(drawn).collect()
    }

    /// Where the curve through mean accuracies `means` first falls to `threshold`.
    fn first(&self, means: &[f64], threshold: f64) -> Option<f64> {
        let Ok(scale) = Scale::new(means[0], self.chance) else { return Some(self.levels[0]) };
        let normalised: Vec<f64> = means.iter().map(|&accuracy| scale.normalised(accuracy)).collect();
        let next = normalised.iter().skip(1).position(|&value| value <= threshold)? + 1;
        let (above, below) = (normalised[next - 1], normalised[next]);
        let (from, to) = (self.levels[next - 1], self.levels[next]);
        Some(from + (above - threshold) / (above - below) * (to - from))
    }
}

fn check_levels(levels: &[f64]) -> Result<(), NormalisedError> {
    for pair in levels.windows(2) {
        if !(pair[0].is_finite() && pair[1].is_finite() && pair[0] < pair[1]) {
            return Err(NormalisedError::Order { before: pair[0], after: pair[1] });
        }
    }
    Ok(())
}

/// Accuracies in the order of their seeds.
fn by_seed(condition: &Condition) -> Result<BTreeMap<u64, f64>, NormalisedError> {
    let level = condition.level;
    let mut outcomes = BTreeMap::new();
    for &(seed, value) in &condition.outcomes {
        if !in_range(value) {
            return Err(NormalisedError::OutOfRange { level, value });
        }
        if outcomes.insert(seed, value).is_some() {
            return Err(NormalisedError::Twice { level, seed });
        }
    }
    if outcomes.is_empty() { Err(NormalisedError::Empty(level)) } else { Ok(outcomes) }
}

fn mean(accuracies: &[f64]) -> f64 {
    accuracies.iter().sum::<f64>() / accuracies.len() as f64
}

#[cfg(test)]
mod tests {
    use super::super::assert_close;
    use super::*;

    const LEVELS: [f64; 6] = [0.0, 5.0, 10.0, 20.0, 40.0, 60.0];
    /// Made accuracies of eight seeds at every level.
    const ACCURACIES: [[f64; 8]; 6] = [
        [0.799, 0.816, 0.807, 0.81, 0.805, 0.789, 0.788, 0.797],
        [0.8, 0.811, 0.802, 0.806, 0.815, 0.781, 0.786, 0.781],
        [0.776, 0.787, 0.786, 0.783, 0.801, 0.758, 0.779, 0.763],
        [0.737, 0.742, 0.747, 0.746, 0.757, 0.725, 0.734, 0.738],
        [0.662, 0.667, 0.673, 0.666, 0.68, 0.652, 0.651, 0.635],
        [0.498, 0.514, 0.505, 0.51, 0.522, 0.485, 0.501, 0.497],
    ];

    /// The conditions, whose seeds begin at `first_seed(condition)`.
    fn conditions(first_seed: impl Fn(usize) -> u64) -> Vec<Condition> {
        let condition = |number: usize| {
            let outcomes = (first_seed(number)..).zip(ACCURACIES[number]).collect();
            Condition { level: LEVELS[number], outcomes }
        };
        (0..LEVELS.len()).map(condition).collect()
    }

    fn bootstrap(resamples: usize) -> Bootstrap {
        Bootstrap { resamples, confidence: 0.95, seed: Seed::new(3).named("crossing") }
    }

    #[test]
    fn a_curve_that_stays_above_crosses_nowhere() {
        let curve = Curve::new(&conditions(|_| 1), 0.1).expect("a curve");
        let crossing = curve.crossing(0.3, &bootstrap(100)).expect("a crossing");
        let interval = crossing.interval.expect("an interval");
        assert_eq!((crossing.level, interval.low, interval.high), (None, None, None));
        // The last mean lies at the threshold: about half of the resamples end above it.
        let interval = curve.crossing(0.577, &bootstrap(1000)).expect("a crossing").interval.expect("an interval");
        assert!(interval.low.is_some_and(|low| low < 60.0) && interval.high.is_none());
    }

    #[test]
    fn one_seed_has_a_crossing_and_no_interval() {
        let condition = |level, accuracy| Condition { level, outcomes: vec![(1, accuracy)] };
        let curve = Curve::new(&[condition(0.0, 0.8), condition(4.0, 0.45)], 0.1).expect("a curve");
        let crossing = curve.crossing(0.75, &bootstrap(10)).expect("a crossing");
        assert_close(crossing.level.expect("a crossing"), 2.0, 1e-12);
        assert_eq!(crossing.interval, None);
    }

    #[test]
    fn the_order_of_outcomes_does_not_matter() {
        let mut turned = conditions(|_| 1);
        turned.iter_mut().for_each(|condition| condition.outcomes.reverse());
        assert_eq!(Curve::new(&turned, 0.1), Curve::new(&conditions(|_| 1), 0.1));
    }

    /// A resample may hold failed trials alone.
    #[test]
    fn a_resample_that_learned_nothing_bears_no_noise() {
        let condition = |level, accuracies: [f64; 2]| Condition { level, outcomes: (1..).zip(accuracies).collect() };
        let curve = Curve::new(&[condition(1.0, [0.1, 0.8]), condition(2.0, [0.1, 0.1])], 0.1).expect("a curve");
        let interval = curve.crossing(0.5, &bootstrap(1000)).expect("a crossing").interval.expect("an interval");
        assert_eq!(interval.low, Some(1.0));
    }

    #[test]
    fn what_is_no_curve_is_refused() {
        let condition = |level: f64, accuracy: f64| Condition { level, outcomes: vec![(1, accuracy)] };
        let message = |conditions: &[Condition]| Curve::new(conditions, 0.1).expect_err("refused").to_string();
        let clean = condition(0.0, 0.8);
        assert_eq!(message(std::slice::from_ref(&clean)), "conditions: must be at least 2, got 1");
        assert_eq!(message(&[clean.clone(), condition(0.0, 0.7)]), "levels: must be finite and rise, got 0 after 0");
        assert_eq!(
            message(&[clean.clone(), condition(f64::NAN, 0.7)]),
            "levels: must be finite and rise, got NaN after 0"
        );
        assert_eq!(
            message(&[clean.clone(), condition(1.0, f64::NAN)]),
            "accuracy at level 1: must be from -1e100 to 1e100, got NaN"
        );
        let empty = Condition { level: 1.0, outcomes: vec![] };
        assert_eq!(message(&[clean.clone(), empty]), "condition at level 1: must have an outcome, got none");
        let twice = Condition { level: 1.0, outcomes: vec![(7, 0.5), (7, 0.6)] };
        assert_eq!(
            message(&[clean.clone(), twice]),
            "condition at level 1: must have one outcome a seed, got two of seed 7"
        );
        assert_eq!(
            message(&[condition(0.0, 0.1), condition(1.0, 0.1)]),
            "clean accuracy: must be finite and above chance, 0.1, got 0.1"
        );
        let curve = Curve::new(&conditions(|_| 1), 0.1).expect("a curve");
        let refused = |threshold, resamples| curve.crossing(threshold, &bootstrap(resamples)).expect_err("refused");
        assert_eq!(refused(1.0, 10).to_string(), "threshold: must be below 1, got 1");
        assert_eq!(refused(0.9, 1).to_string(), "resamples: must be at least 2, got 1");
    }
}
