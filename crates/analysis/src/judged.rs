//! Health of all trials of a study, with convergence judged over the seeds of each condition.

use std::collections::{BTreeSet, HashMap};

use ohmspike_stats::draws::{Drawn, distinct};
use ohmspike_study::axis_value::is_seed;
use ohmspike_study::health::rise::{Convergence, over_seeds};
use ohmspike_study::health::{HealthKind, HealthState, chance_in, outcome_window};
use ohmspike_study::record::Record;
use ohmspike_study::study::Study;

use crate::point_health::PointHealth;
use crate::repeats::Done;

/// Convergence of the conditions of a study.
#[derive(Clone, Debug, Default)]
pub struct Judged {
    /// Per condition; conditions that differ only in seeds of streams are judged together.
    conditions: Vec<Convergence>,
}

impl Judged {
    /// Judges the conditions of `study` by their finished trials.
    pub fn new(study: &Study, done: &[Done]) -> Judged {
        let plain: Vec<usize> = (0..study.axes.len()).filter(|&axis| !is_seed(&study.axes[axis])).collect();
        let mut numbers: HashMap<String, usize> = HashMap::new();
        let group: Vec<usize> = study
            .conditions
            .iter()
            .map(|condition| {
                let name: Vec<String> = plain.iter().map(|&axis| condition.values[axis].to_string()).collect();
                let next = numbers.len();
                *numbers.entry(name.join("\n")).or_insert(next)
            })
            .collect();
        let mut windows: Vec<Vec<&[f64]>> = vec![Vec::new(); numbers.len()];
        let mut known = BTreeSet::new();
        for done in done.iter().filter(|done| done.record.outcome.is_some()) {
            // A copy of another trial is not another seed.
            if !known.insert((group[done.condition], done.draws)) {
                continue;
            }
            windows[group[done.condition]].push(outcome_window(done.record));
        }
        let chance = chance_in(done.iter().map(|done| done.record)).unwrap_or(0.0);
        let judged: Vec<Convergence> = windows.iter().map(|windows| over_seeds(windows, chance)).collect();
        Judged { conditions: group.iter().map(|&group| judged[group].clone()).collect() }
    }

    /// Whether these conditions say nothing about the hardware: at least half of their trials are unusable.
    pub fn is_unhealthy(&self, done: &[Done], conditions: &[usize]) -> bool {
        let mut health = PointHealth::default();
        let here = done.iter().filter(|done| conditions.contains(&done.condition) && done.record.outcome.is_some());
        here.for_each(|done| _ = health.add(done.record, &self.states(done)));
        health.is_unhealthy()
    }

    /// Returns the outcomes of trials that results may use, with their draws.
    pub fn usable_outcomes(&self, done: &[Done]) -> Vec<Drawn> {
        let usable = done.iter().filter(|done| self.is_usable(done));
        distinct(&usable.filter_map(|done| Some((done.draws, done.record.outcome?))).collect::<Vec<Drawn>>())
    }

    /// Whether results may use a trial.
    pub fn is_usable(&self, done: &Done) -> bool {
        self.states(done).iter().all(|state| !state.kind().excludes())
    }

    /// Returns the states of a trial.
    pub fn states(&self, done: &Done) -> Vec<HealthState> {
        self.states_of(done.condition, done.record)
    }

    /// Returns the states of a trial of `condition` with this `record`.
    pub fn states_of(&self, condition: usize, record: &Record) -> Vec<HealthState> {
        let mut states = record.health.clone();
        match self.conditions.get(condition) {
            None | Some(Convergence::OfTrials) => return states,
            Some(Convergence::AtRest) => states.retain(|state| state.kind() != HealthKind::NotConverged),
            Some(Convergence::Rising(rise)) => {
                states.retain(|state| state.kind() != HealthKind::NotConverged);
                if record.outcome.is_some() {
                    states.push(HealthState::NotConverged(rise.clone()));
                }
            }
        }
        states.sort_by_key(HealthState::kind);
        states
    }
}

#[cfg(test)]
mod tests {
    use ohmspike_study::record::Record;

    use super::*;
    use crate::fixture::{Fixture, record};
    use crate::repeats::done;

    /// Nine epochs from 0.3; trials of one condition rise by `slope` per epoch, others stay constant.
    fn states(text: &str, slope: impl Fn(f64, u64) -> f64) -> Vec<Vec<HealthKind>> {
        let fixture = Fixture::with_records(text, |settings, seed| {
            let slope = slope(settings.noise.level_percent, seed);
            let accuracy: Vec<f64> = (0..9).map(|epoch| 0.3 + slope * f64::from(epoch)).collect();
            Some(Record { accuracy, ..record(settings, seed, 0.4) })
        });
        fixture.see(|recorded| {
            let done = done(recorded.study, recorded.prepared, recorded.trials, recorded.store);
            let judged = Judged::new(recorded.study, &done);
            done.iter().map(|done| judged.states(done).iter().map(HealthState::kind).collect()).collect()
        })
    }

    #[test]
    fn seeds_decide_together_whether_a_condition_still_rises() {
        let text = "[noise]\nlevel_percent = [0, 1]\n[repeats]\nseeds = 3\n";
        let rising = states(text, |level, seed| if level == 0.0 { 0.02 + 0.0001 * seed as f64 } else { 0.0 });
        let not_converged = vec![HealthKind::NotConverged];
        assert_eq!(rising, [not_converged.clone(), vec![], not_converged.clone(), vec![], not_converged, vec![]]);
        // One rising trial of three is an accident.
        let one = states(text, |level, seed| if level == 0.0 && seed == 1 { 0.02 } else { 0.0 });
        assert!(one.iter().all(Vec::is_empty), "{one:?}");
    }

    /// Rises of 0.12 and 0 have a mean of one standard error. Two seeds decide nothing together, so each trial counts
    /// alone.
    #[test]
    fn two_seeds_do_not_overrule_their_trials() {
        let one = states("[repeats]\nseeds = 2\n", |_, seed| if seed == 1 { 0.02 } else { 0.0 });
        assert_eq!(one, [vec![HealthKind::NotConverged], vec![]]);
        let both = states("[repeats]\nseeds = 2\n", |_, seed| if seed == 1 { 0.02 } else { 0.015 });
        assert_eq!(both, [vec![HealthKind::NotConverged], vec![HealthKind::NotConverged]]);
    }

    #[test]
    fn results_may_not_use_conditions_that_still_rise() {
        let fixture =
            Fixture::with_records("[noise]\nlevel_percent = [0, 1]\n[repeats]\nseeds = 3\n", |settings, seed| {
                let slope = if settings.noise.level_percent == 0.0 { 0.02 + 0.0001 * seed as f64 } else { 0.0 };
                let accuracy: Vec<f64> = (0..9).map(|epoch| 0.3 + slope * f64::from(epoch)).collect();
                Some(Record { accuracy, ..record(settings, seed, 0.4) })
            });
        fixture.see(|recorded| {
            let judged = Judged::new(recorded.study, &recorded.done(&[0, 1]));
            let usable = [0, 1].map(|condition| judged.usable_outcomes(&recorded.done(&[condition])).len());
            assert_eq!((usable, recorded.outcomes(&[0]).len()), ([0, 3], 3));
        });
    }

    #[test]
    fn one_seed_decides_alone() {
        let states = states("[noise]\nlevel_percent = [0, 1]\n", |level, _| if level == 0.0 { 0.02 } else { 0.0 });
        assert_eq!(states, [vec![HealthKind::NotConverged], vec![]]);
    }
}
