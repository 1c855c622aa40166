//! Finds the problems of a trial from the numbers of its record.

mod chance;
mod clipped;
mod saturated;
mod silent;

pub use chance::{chance_in, chance_level, may_be_chance};
pub use silent::spikes_of_test;

use super::rise::within;
use super::{HealthState, MIN_SPIKES, Saturated, Silence, judged_before_training};
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

/// Returns the tests whose spikes decide about health, where the first precedes training.
pub fn judged_tests(record: &Record) -> impl Iterator<Item = usize> {
    let last = record.tests.len().checked_sub(1);
    let first = judged_before_training(&record.settings, record.tests.len() > 1).then_some(0);
    first.into_iter().chain(last)
}

/// Judges the states of a record from the file again where only the test before training decided, and may not. Earlier
/// versions let networks rest before this test too.
pub(crate) fn judge_again(record: &mut Record) {
    if judged_before_training(&record.settings, record.tests.len() > 1) {
        return;
    }
    let states = std::mem::take(&mut record.health);
    let again = |state: HealthState| match state {
        HealthState::Silent(Silence { spikes_after: Some(after), .. }) if after >= MIN_SPIKES => {
            silent::silence(record).map(HealthState::Silent)
        }
        HealthState::Saturated(Saturated { before_training: true, .. }) => {
            saturated::saturated(record).map(HealthState::Saturated)
        }
        state => Some(state),
    };
    record.health = states.into_iter().filter_map(again).collect();
}

/// Returns the epochs that the outcome of `record` averages; empty if training diverged.
pub fn outcome_window(record: &Record) -> &[f64] {
    let last = record.accuracy.len().min(record.settings.outcome.last_epochs);
    match record.outcome {
        Some(_) => &record.accuracy[record.accuracy.len() - last..],
        None => &[],
    }
}

#[cfg(test)]
mod tests {
    use ohmspike_snn::activity::ClassActivity;

    use super::*;
    use crate::observation::Observation;
    use crate::record::empty_record;

    fn test(spikes: u64) -> Vec<ClassActivity> {
        vec![ClassActivity { samples: 1000, correct: 0, excitatory_spikes: spikes, inhibitory_spikes: 0 }]
    }

    /// Records of earlier versions, with a test before training after the rest.
    #[test]
    fn what_rest_did_before_training_is_judged_again() {
        let silence = |spikes_after| {
            HealthState::Silent(Silence { layer: 1, spikes_before: 0.0, spikes_after: Some(spikes_after), cause: None })
        };
        let saturated =
            HealthState::Saturated(Saturated { layer: 1, saturated_neurons: 1, neurons: 1, before_training: true });
        let judged = |seconds: f64, spikes: u64, states: &[&HealthState]| {
            let mut record = empty_record();
            record.settings.hardware.retention_seconds = seconds;
            (record.tests, record.after) = (vec![test(0), test(spikes)], Some(Observation::default()));
            record.health = states.iter().map(|state| (*state).clone()).collect();
            judge_again(&mut record);
            record.health
        };
        assert_eq!(judged(3600.0, 17_000, &[&silence(17.0), &saturated]), []);
        assert_eq!(judged(3600.0, 50, &[&silence(0.05)]), [silence(0.05)]);
        assert_eq!(judged(0.0, 17_000, &[&silence(17.0), &saturated]), [silence(17.0), saturated]);
    }
}
