//! Whether the number of a trial says anything about its hardware.
//!
//! | state | test |
//! |---|---|
//! | silent | a hidden layer emits fewer than 0.1 spikes per sample, before or after training |
//! | saturated | most neurons of a hidden layer spike at more than half of the steps, before or after training |
//! | at chance | the 95 % interval of the outcome includes the accuracy of guessing |
//! | not converged | the outcome still rises within its window ([`rise`]) |
//! | clipped | more than 1 % of the writes to a connection end at the top of the window, or of its conversions beyond a fixed range |
//!
//! A trial without an outcome diverged, which its record says itself. A swept axis is *unlearned* where its reference is
//! unhealthy (`ohmspike_analysis::point_health`). All tests are pure functions of a record, so that records written before a test existed have
//! it too; only the [`Cause`] of silence is looked for by the trial itself.
//!
//! A network at chance has a number that can be right: enough noise takes every network there. It counts as a point of a
//! curve, and only a reference at chance is of no use. Every other state keeps a trial out of every answer.

mod cause;
mod chance;
mod clipped;
mod diagnosis;
pub mod rise;
mod saturated;
mod silent;

use std::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};

use crate::settings::Settings;

pub use cause::{Cause, Mechanism};
pub use chance::AtChance;
pub(crate) use clipped::MOST_CONVERSIONS;
pub use clipped::{Clipped, Ended};
pub use diagnosis::{chance_in, outcome_window, spikes_of_test, states};
pub use rise::Rise;
pub(crate) use saturated::MOST_STEPS;
pub use saturated::Saturated;
pub use silent::{LEAST_SPIKES, Silence};

/// One thing that is wrong with a trial, with the numbers that decide.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "state", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum HealthState {
    /// A hidden layer hardly fires.
    Silent(Silence),
    /// A hidden layer fires nearly always.
    Saturated(Saturated),
    /// The outcome may be that of guessing.
    AtChance(AtChance),
    /// The outcome still rises.
    NotConverged(Rise),
    /// Writes or conversions end at the top of their range.
    Clipped(Clipped),
}

/// The kinds of [`HealthState`], in the order in which they are listed.
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
    /// All kinds, in their order.
    pub const ALL: [HealthKind; 5] = [
        HealthKind::Silent,
        HealthKind::Saturated,
        HealthKind::Clipped,
        HealthKind::NotConverged,
        HealthKind::AtChance,
    ];

    /// The kind in words.
    pub fn words(self) -> &'static str {
        match self {
            HealthKind::Silent => "silent",
            HealthKind::Saturated => "saturated",
            HealthKind::Clipped => "clipped",
            HealthKind::NotConverged => "not converged",
            HealthKind::AtChance => "at chance",
        }
    }

    /// Whether a trial in this state is kept out of every answer.
    pub fn excludes(self) -> bool {
        self != HealthKind::AtChance
    }
}

impl HealthState {
    /// Its kind.
    pub fn kind(&self) -> HealthKind {
        match self {
            HealthState::Silent(_) => HealthKind::Silent,
            HealthState::Saturated(_) => HealthKind::Saturated,
            HealthState::AtChance(_) => HealthKind::AtChance,
            HealthState::NotConverged(_) => HealthKind::NotConverged,
            HealthState::Clipped(_) => HealthKind::Clipped,
        }
    }

    /// What to do about it, for a trial of these settings.
    pub fn advice(&self, settings: &Settings) -> String {
        match self {
            HealthState::Silent(silence) => silence.advice(settings),
            HealthState::Saturated(saturated) => saturated.advice(settings),
            HealthState::AtChance(at_chance) => at_chance.advice(settings),
            HealthState::NotConverged(_) => Rise::advice(settings),
            HealthState::Clipped(clipped) => clipped.advice(),
        }
    }
}

impl HealthState {
    /// What decides, with its numbers, without the kind.
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
