//! Counts the unhealthy trials of a study by state.

use std::collections::BTreeMap;

use ohmspike_datasets::counted;
use ohmspike_study::health::{HealthKind, HealthState};
use ohmspike_study::settings::Settings;
use ohmspike_study::study::Study;

use crate::judged::Judged;
use crate::repeats::Done;

/// Counts of unhealthy trials.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HealthTally {
    /// Number of trials checked.
    pub trials: usize,
    /// Number of trials excluded from all results, without those that diverged.
    pub excluded: usize,
    /// Number of trials at chance without another state that explains it.
    pub at_chance: usize,
    /// Number of trials by state; a trial with several states counts in each.
    pub kinds: BTreeMap<HealthKind, usize>,
    /// The first trial of each kind: its state, and what to do.
    examples: BTreeMap<HealthKind, (HealthState, String)>,
}

impl HealthTally {
    /// Counts the finished trials of `study`.
    pub fn new(study: &Study, done: &[Done]) -> HealthTally {
        let (judged, mut tally) = (Judged::new(study, done), HealthTally::default());
        done.iter().for_each(|done| tally.add(&judged.states(done), &done.record.settings));
        tally
    }

    /// Adds a trial with these settings and states.
    pub fn add(&mut self, states: &[HealthState], settings: &Settings) {
        self.trials += 1;
        let excluded = states.iter().any(|state| state.kind().excludes());
        self.excluded += usize::from(excluded);
        self.at_chance += usize::from(!excluded && states.iter().any(|state| state.kind() == HealthKind::AtChance));
        for state in states {
            *self.kinds.entry(state.kind()).or_default() += 1;
            self.examples.entry(state.kind()).or_insert_with(|| (state.clone(), state.advice(settings)));
        }
    }

    /// Returns the number of trials in this state.
    pub fn count(&self, kind: HealthKind) -> usize {
        self.kinds.get(&kind).copied().unwrap_or(0)
    }

    /// Formats the counts, as in `silent 3, clipped 1`: of states that exclude a trial from results, or of the others.
    pub fn words(&self, excluding: bool) -> String {
        let of = self.kinds.iter().filter(|(kind, _)| kind.excludes() == excluding);
        of.map(|(kind, count)| format!("{} {count}", kind.words())).collect::<Vec<_>>().join(", ")
    }

    /// Returns a line on excluded trials and one on trials at chance; empty if all trials are healthy.
    pub fn lines(&self) -> Vec<String> {
        let excluded = (self.excluded > 0).then(|| {
            let are = if self.excluded == 1 { "is" } else { "are" };
            let trials = counted(self.trials, "trial");
            format!("{} of {trials} {are} excluded from all results: {}", self.excluded, self.words(true))
        });
        let at_chance = (self.at_chance > 0).then(|| {
            let are = if self.at_chance == 1 { "is" } else { "are" };
            format!("{} of {} {are} at chance", self.at_chance, counted(self.trials, "trial"))
        });
        excluded.into_iter().chain(at_chance).collect()
    }

    /// Returns an example of each kind that excludes a trial, and what to do.
    pub fn examples(&self) -> impl Iterator<Item = &(HealthState, String)> {
        self.examples.values().filter(|(state, _)| state.kind().excludes())
    }
}

#[cfg(test)]
mod tests {
    use ohmspike_study::health::{AtChance, Silence};

    use super::*;

    #[test]
    fn counts_trials_by_state() {
        let silence = Silence { layer: 1, spikes_before: 0.0, spikes_after: Some(0.0), cause: None };
        let silent = HealthState::Silent(silence);
        let at_chance =
            HealthState::AtChance(AtChance { outcome: 0.1, low: 0.08, chance: 0.1, samples: 1000, loss: None });
        let mut tally = HealthTally::default();
        tally.add(&[], &Settings::default());
        assert!(tally.lines().is_empty());
        tally.add(std::slice::from_ref(&at_chance), &Settings::default());
        tally.add(&[silent, at_chance], &Settings::default());
        assert_eq!(
            tally.lines(),
            ["1 of 3 trials is excluded from all results: silent 1", "1 of 3 trials is at chance"]
        );
        assert_eq!(tally.examples().count(), 1);
    }
}
