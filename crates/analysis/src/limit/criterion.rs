//! What a network must achieve at a level.
//!
//! ```text
//! margin  =  accuracy - threshold                                  target: an accuracy
//! margin  =  allowed loss - (reference accuracy - accuracy)        target: a loss; same seed in both
//!
//! met     <=>  E[margin] >= 0                                      mean
//! met     <=>  P(margin >= 0) >= fraction                          chips
//! ```
//!
//! Accuracies and losses are fractions. The expectation is over the seeds: the caller decides which streams they draw.
//! A failed trial is at chance and never has a margin of 0 or more on a chip. A pair with a failed
//! reference counts as a perfect reference and a failed trial: it has the largest loss.

use ohmspike_study::significant::{at_least, at_most};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::trials::Outcome;

/// Rounding of a margin: a loss of exactly two points meets `Loss(0.02)`. Far below 1 / samples.
pub(super) const ROUNDING: f64 = 1e-12;

/// Quantity with a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// Smallest accuracy, as a fraction.
    Accuracy(f64),
    /// Largest loss of accuracy against the same network without this non-ideality, as a fraction.
    Loss(f64),
}

/// How a target applies to a set of trials.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Statistic {
    /// The mean over seeds meets the target.
    Mean,
    /// At least this fraction of all chips meets the target.
    Chips(f64),
}

/// What a level must achieve to be tolerated.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Criterion {
    /// Quantity with its threshold.
    pub target: Target,
    /// Mean or fraction of chips.
    pub statistic: Statistic,
    /// Confidence of the certificate, and that of the refutation; 0.95 allows both to be wrong in 5 % of runs each.
    pub confidence: f64,
    /// Chance, as a fraction: the outcome of a failed trial.
    pub chance: f64,
}

/// Reason why a criterion is invalid.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum CriterionError {
    /// A threshold at or below chance, or above 100 %.
    #[error("accuracy: expected above {} (chance) and at most 1, got {got}", at_least(*chance))]
    Accuracy {
        /// Chance.
        chance: f64,
        /// The invalid threshold.
        got: f64,
    },
    /// A loss that is not positive, or that every network meets.
    #[error("loss: expected above 0 and below {} (a perfect network at chance), got {got}", at_most(*most))]
    Loss {
        /// Largest possible loss.
        most: f64,
        /// The invalid loss.
        got: f64,
    },
    /// A fraction of chips that is not between 0 and 1.
    #[error("chips: expected above 0 and below 1, got {0}")]
    Chips(f64),
    /// A confidence that is too low to mean anything, or too high to reach.
    #[error("confidence: expected 0.5 to 0.9999, got {0}")]
    Confidence(f64),
    /// A chance level that is no probability below 1.
    #[error("chance: expected 0 or above and below 1, got {0}")]
    Chance(f64),
}

/// Margin of a trial.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Margin {
    /// Distance from the threshold; positive is better.
    pub value: f64,
    /// Whether the trial met the target; false for failed trials.
    pub met: bool,
}

impl Criterion {
    /// Checks the criterion.
    ///
    /// # Errors
    /// Returns an error for a value that is out of range or that makes the criterion meaningless.
    pub fn check(&self) -> Result<(), CriterionError> {
        let Criterion { target, statistic, confidence, chance } = *self;
        if !(0.0..1.0).contains(&chance) {
            return Err(CriterionError::Chance(chance));
        }
        match target {
            Target::Accuracy(got) if !(chance < got && got <= 1.0) => {
                return Err(CriterionError::Accuracy { chance, got });
            }
            Target::Loss(got) if !(0.0 < got && got < 1.0 - chance) => {
                return Err(CriterionError::Loss { most: 1.0 - chance, got });
            }
            _ => {}
        }
        match statistic {
            Statistic::Chips(got) if !(0.0 < got && got < 1.0) => Err(CriterionError::Chips(got)),
            _ if !(0.5..=0.9999).contains(&confidence) => Err(CriterionError::Confidence(confidence)),
            _ => Ok(()),
        }
    }

    /// Returns the allowed probability of a wrong certificate.
    pub fn alpha(&self) -> f64 {
        1.0 - self.confidence
    }

    /// Whether trials need the reference of the same seed.
    pub(super) fn is_paired(&self) -> bool {
        matches!(self.target, Target::Loss(_))
    }

    /// Returns the accuracy of an outcome; chance if there is none.
    pub(super) fn accuracy(&self, outcome: Outcome) -> f64 {
        outcome.accuracy().unwrap_or(self.chance)
    }

    /// Returns the margin of a trial; `reference` is unused for accuracies.
    pub(super) fn margin(&self, outcome: Outcome, reference: Option<Outcome>) -> Margin {
        let accuracy = outcome.accuracy();
        let (value, healthy) = match (self.target, reference.map(Outcome::accuracy)) {
            (Target::Accuracy(threshold), _) => (accuracy.unwrap_or(self.chance) - threshold, accuracy.is_some()),
            (Target::Loss(allowed), Some(Some(reference))) => {
                (allowed - (reference - accuracy.unwrap_or(self.chance)), accuracy.is_some())
            }
            (Target::Loss(allowed), _) => (allowed - (1.0 - self.chance), false),
        };
        Margin { value, met: healthy && value >= -ROUNDING }
    }

    /// Converts a margin to the unit of the target: an accuracy or a loss.
    pub(super) fn in_its_unit(&self, margin: f64) -> f64 {
        match self.target {
            Target::Accuracy(threshold) => threshold + margin,
            Target::Loss(allowed) => allowed - margin,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEAN: Criterion =
        Criterion { target: Target::Loss(0.02), statistic: Statistic::Mean, confidence: 0.95, chance: 0.1 };

    #[test]
    fn rejects_invalid_criteria() {
        let message = |criterion: Criterion| criterion.check().expect_err("an invalid criterion").to_string();
        for (criterion, expected) in [
            (
                Criterion { target: Target::Accuracy(1.2), ..MEAN },
                "accuracy: expected above 0.1 (chance) and at most 1, got 1.2",
            ),
            (
                Criterion { target: Target::Accuracy(0.1), ..MEAN },
                "accuracy: expected above 0.1 (chance) and at most 1, got 0.1",
            ),
            (
                Criterion { target: Target::Loss(0.0), ..MEAN },
                "loss: expected above 0 and below 0.9 (a perfect network at chance), got 0",
            ),
            (Criterion { statistic: Statistic::Chips(1.0), ..MEAN }, "chips: expected above 0 and below 1, got 1"),
            (Criterion { confidence: f64::NAN, ..MEAN }, "confidence: expected 0.5 to 0.9999, got NaN"),
            (Criterion { chance: 1.0, ..MEAN }, "chance: expected 0 or above and below 1, got 1"),
        ] {
            assert_eq!(message(criterion), expected);
        }
        assert_eq!(MEAN.check(), Ok(()));
    }

    #[test]
    fn failed_trials_never_meet_a_target() {
        let [good, failed] = [Outcome::Accuracy(0.11), Outcome::Failed];
        // Chance is within two points of this weak reference, but a failed trial does not meet the target.
        let margin = MEAN.margin(failed, Some(good));
        assert!(margin.value > 0.0 && !margin.met, "{margin:?}");
        let without_reference = MEAN.margin(Outcome::Accuracy(0.8), Some(failed));
        assert_eq!(without_reference, Margin { value: 0.02 - 0.9, met: false });
        assert!(MEAN.margin(good, Some(Outcome::Accuracy(0.13))).met);
        assert!(!MEAN.margin(Outcome::Accuracy(f64::NAN), Some(good)).met);
    }
}
