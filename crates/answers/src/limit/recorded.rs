//! Runs the trials of a search in a results folder.

use ohmspike_study::health::{HealthKind, HealthState};
use ohmspike_study::record::Record;
use ohmspike_study::run_study::{Job, Ran, Runner, StudyObserver};
use ohmspike_study::settings::Settings;

use super::error::LimitError;
use super::find::{AskedTrials, Effect, Ended, Problem, TrialEnd, Trials};

/// Follows a search.
pub trait LimitObserver: StudyObserver {
    /// The search asks for trials; those with a record don't run again.
    fn asked(&mut self, _trials: &AskedTrials) {}
}

/// Follows nothing.
impl LimitObserver for () {}

/// Runs trials with a [`Runner`].
pub struct Recorded<'a, F: LimitObserver> {
    /// The results folder.
    pub runner: &'a mut Runner,
    /// Follows the trials.
    pub follow: &'a mut F,
}

impl<F: LimitObserver> Trials for Recorded<'_, F> {
    fn run(&mut self, asked: &AskedTrials, jobs: &[Job]) -> Result<Ended, LimitError> {
        self.follow.asked(asked);
        if let Ran::Stopped(left) = self.runner.run(jobs, self.follow)? {
            return Ok(Ended::Stopped(left));
        }
        let mut ends = Vec::with_capacity(jobs.len());
        for job in jobs {
            let id = self.runner.id(job)?;
            let record = self.runner.record(&id).expect("every job has a record");
            ends.push(end(record));
        }
        Ok(Ended::All(ends))
    }
}

/// Returns how a trial ended, and what its health means for an answer.
pub(crate) fn end(record: &Record) -> TrialEnd {
    let problem = match record.outcome {
        Some(_) => problem(&record.excluding_states(), &record.settings),
        None => {
            let advice = record.failure.clone().unwrap_or_default();
            Some(Problem { state: "diverged".to_owned(), effect: Effect::Failed, advice })
        }
    };
    let samples = record.test(0).map_or(0, |test| test.samples);
    TrialEnd { id: record.id.clone(), outcome: record.outcome, fingerprint: record.fingerprint(), samples, problem }
}

/// Returns the problem of a trial that did not diverge. Saturation and clipping are named before silence, and missing
/// convergence last.
fn problem(states: &[HealthState], settings: &Settings) -> Option<Problem> {
    let all = |kind: HealthKind| states.iter().all(|state| state.kind() == kind);
    let effect = match () {
        () if all(HealthKind::NotConverged) => Effect::Unfinished,
        () if all(HealthKind::Silent) => Effect::Counts,
        () => Effect::Excludes,
    };
    let rank = |state: &&HealthState| match state.kind() {
        HealthKind::NotConverged => 2,
        HealthKind::Silent => 1,
        _ => 0,
    };
    states.iter().min_by_key(rank).map(|state| Problem {
        state: state.kind().words().to_owned(),
        effect,
        advice: state.advice(settings),
    })
}

#[cfg(test)]
mod tests {
    use ohmspike_study::health::{Rise, Silence};

    use super::*;

    #[test]
    fn silence_counts_and_other_states_exclude() {
        let silent = HealthState::Silent(Silence { layer: 1, spikes_before: 0.0, spikes_after: None, cause: None });
        let rise = Rise { first_third: 0.3, last_third: 0.6, standard_error: 0.01, epochs: 9 };
        let rising = HealthState::NotConverged(rise);
        let of = |states: &[HealthState]| {
            problem(states, &Settings::default()).map(|problem| (problem.state, problem.effect))
        };
        assert_eq!(of(&[]), None);
        assert_eq!(of(std::slice::from_ref(&silent)), Some(("silent".to_owned(), Effect::Counts)));
        assert_eq!(of(std::slice::from_ref(&rising)), Some(("not converged".to_owned(), Effect::Unfinished)));
        assert_eq!(of(&[rising, silent]), Some(("silent".to_owned(), Effect::Excludes)));
    }
}
