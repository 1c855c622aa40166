//! Finds the problems of a trial from the numbers of its record.

mod chance;
mod clipped;
mod saturated;
mod silent;

pub use chance::{chance_in, guessing, may_be_guessing};
pub use silent::spikes_of_test;

use super::rise::within;
use super::{HealthState, Silence};
use crate::record::Record;
use crate::warning::converters;

/// Returns every problem in the numbers of `record`. `silence` is what the trial itself found; `converters` lists
/// converters with a fixed range that clips sums.
pub fn states(record: &Record, silence: Option<Silence>, converters: &[converters::Saturated]) -> Vec<HealthState> {
    let silence = silence.or_else(|| silent::silence(record)).map(HealthState::Silent);
    let saturated = saturated::saturated(record).map(HealthState::Saturated);
    let conversions = converters.first().map(clipped::conversions);
    let clipped = clipped::clipped(record).or(conversions).map(HealthState::Clipped);
    let chance = chance_in([record]).unwrap_or(0.0);
    let rising = within(outcome_window(record), chance).map(HealthState::NotConverged);
    let at_chance = chance::at_chance(record).map(HealthState::AtChance);
    [silence, saturated, clipped, rising, at_chance].into_iter().flatten().collect()
}

/// Returns the epochs that the outcome of `record` averages; empty if training diverged.
pub fn outcome_window(record: &Record) -> &[f64] {
    let last = record.accuracy.len().min(record.settings.outcome.last_epochs);
    match record.outcome {
        Some(_) => &record.accuracy[record.accuracy.len() - last..],
        None => &[],
    }
}
