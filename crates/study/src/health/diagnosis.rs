//! What the numbers of a record show to be wrong with its trial.

mod chance;
mod clipped;
mod saturated;
mod silent;

pub use chance::chance_in;
pub use silent::spikes_of_test;

use super::rise::within;
use super::{HealthState, Silence};
use crate::record::Record;
use crate::warning::converters;

/// Everything that the numbers of `record` show to be wrong; `silence` is what its trial found out about that, and
/// `converters` are those whose fixed range cuts sums off.
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

/// The epochs over which the outcome of `record` is the mean; none where training diverged.
pub fn outcome_window(record: &Record) -> &[f64] {
    let last = record.accuracy.len().min(record.settings.outcome.last_epochs);
    match record.outcome {
        Some(_) => &record.accuracy[record.accuracy.len() - last..],
        None => &[],
    }
}
