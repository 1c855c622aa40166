//! Checks whether the outcome of a trial says anything about its hardware.
//!
//! | state | test |
//! |---|---|
//! | silent | a hidden layer emits fewer than 0.1 spikes per sample, before or after training |
//! | saturated | most neurons of a hidden layer spike more than half as often as they can, before or after training |
//! | at chance | the 95 % interval of the outcome includes chance |
//! | not converged | the outcome still rises within its window ([`rise`]) |
//! | clipped | more than 1 % of the writes to a connection end at the upper end of the window, or more than 1 % of its conversions are outside a fixed range |
//!
//! A trial without an outcome diverged, as its record states. A swept axis is *unlearned* if its reference is unhealthy
//! (`ohmspike_analysis::point_health`). All tests are pure functions of a record, so they also apply to records of
//! earlier versions. Only the [`Cause`] of silence is found during the trial.
//!
//! A network that rests before its tests ([`retention_seconds`](crate::settings::HardwareSettings::retention_seconds)) must
//! fire after training: the test before training says nothing about what the network keeps.
//!
//! A network at chance can be a valid result: enough noise brings every network there. It counts as a point of a curve;
//! only a reference at chance is useless. Every other state excludes a trial from all results.

mod cause;
mod chance;
mod clipped;
mod diagnosis;
mod obstacle;
pub mod rise;
mod saturated;
mod silent;

use std::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};

use crate::settings::Settings;

pub use cause::Cause;
pub(crate) use cause::UNEXCITED;
pub use chance::AtChance;
pub(crate) use clipped::MAX_CONVERSIONS;
pub use clipped::{Clipped, Ended};
pub(crate) use diagnosis::judge_again;
pub use diagnosis::{chance_in, chance_level, judged_tests, may_be_chance, outcome_window, spikes_of_test, states};
pub use obstacle::Obstacle;
pub use rise::Rise;
pub use saturated::Saturated;
pub(crate) use saturated::most_steps;
pub use silent::{MIN_SPIKES, Silence};

/// One problem of a trial, with the numbers behind it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "state", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum HealthState {
    /// A hidden layer fires almost never.
    Silent(Silence),
    /// A hidden layer fires almost always.
    Saturated(Saturated),
    /// The outcome may be at chance.
    AtChance(AtChance),
    /// The outcome still rises.
    NotConverged(Rise),
    /// Writes or conversions end at the limit of their range.
    Clipped(Clipped),
}

/// Whether spikes before training decide about health. After training, only those after it decide for networks that rest.
pub(crate) fn judged_before_training(settings: &Settings, tested_after: bool) -> bool {
    !tested_after || settings.training.epochs == 0 || settings.hardware.retention_seconds == 0.0
}

/// Kinds of [`HealthState`], in the order of listings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum HealthKind {
    /// [`HealthState::Silent`].
    Silent,
    /// [`HealthState::Saturated`].
    Saturated,
    /// [`HealthState::Clipped`].
    Clipped,
    /// [`HealthState::NotConverged`].
    NotConverged,
    /// [`HealthState::AtChance`].
    AtChance,
}

impl HealthKind {
    /// All kinds, in order.
    pub const ALL: [HealthKind; 5] = [
        HealthKind::Silent,
        HealthKind::Saturated,
        HealthKind::Clipped,
        HealthKind::NotConverged,
        HealthKind::AtChance,
    ];

    /// Returns the kind in words.
    pub fn words(self) -> &'static str {
        match self {
            HealthKind::Silent => "silent",
            HealthKind::Saturated => "saturated",
            HealthKind::Clipped => "clipped",
            HealthKind::NotConverged => "not converged",
            HealthKind::AtChance => "at chance",
        }
    }

    /// Whether this state excludes a trial from all results.
    pub fn excludes(self) -> bool {
        self != HealthKind::AtChance
    }
}

impl HealthState {
    /// Returns the kind of this state.
    pub fn kind(&self) -> HealthKind {
        match self {
            HealthState::Silent(_) => HealthKind::Silent,
            HealthState::Saturated(_) => HealthKind::Saturated,
            HealthState::AtChance(_) => HealthKind::AtChance,
            HealthState::NotConverged(_) => HealthKind::NotConverged,
            HealthState::Clipped(_) => HealthKind::Clipped,
        }
    }

    /// Returns what to do, for a trial with `settings`.
    pub fn advice(&self, settings: &Settings) -> String {
        match self {
            HealthState::Silent(silence) => silence.advice(settings),
            HealthState::Saturated(saturated) => saturated.advice(settings),
            HealthState::AtChance(at_chance) => at_chance.advice(settings),
            HealthState::NotConverged(_) => Rise::advice(settings),
            HealthState::Clipped(clipped) => clipped.advice(settings),
        }
    }
}

impl HealthState {
    /// Returns the reason with its numbers, without the kind.
    pub fn reason(&self) -> String {
        match self {
            HealthState::Silent(silence) => silence.to_string(),
            HealthState::Saturated(saturated) => saturated.to_string(),
            HealthState::AtChance(at_chance) => at_chance.to_string(),
            HealthState::NotConverged(rise) => rise.to_string(),
            HealthState::Clipped(clipped) => clipped.to_string(),
        }
    }
}

impl Display for HealthState {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.kind().words(), self.reason())
    }
}
