//! Runs the trials of a search in a results folder.

use ohmspike_study::health::HealthKind;
use ohmspike_study::record::Record;
use ohmspike_study::run_study::{Job, Observer, Ran, Runner};

use super::error::LimitError;
use super::find::{AskedTrials, Effect, Ended, Problem, TrialEnd, Trials};

/// Follows a search.
pub trait Follow: Observer {
    /// The search asks for trials; those with a record don't run again.
    fn asked(&mut self, _trials: &AskedTrials) {}
}

/// Follows nothing.
impl Follow for () {}

/// Runs trials with a [`Runner`].
pub struct Recorded<'a, F: Follow> {
    /// The results folder.
    pub runner: &'a mut Runner,
    /// Follows the trials.
    pub follow: &'a mut F,
}

impl<F: Follow> Trials for Recorded<'_, F> {
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

/// Returns the outcome of a trial. The first state of its health is named, with an excluding one before silence, and
/// others before missing convergence.
fn end(record: &Record) -> TrialEnd {
    let states = record.excluding_states();
    let all = |kind: HealthKind| states.iter().all(|state| state.kind() == kind);
    let problem = if record.outcome.is_none() {
        let advice = record.failure.clone().unwrap_or_default();
        Some(Problem { state: "diverged".to_owned(), effect: Effect::Failed, advice })
    } else {
        let effect = match () {
            () if all(HealthKind::NotConverged) => Effect::Unfinished,
            () if all(HealthKind::Silent) => Effect::Counts,
            () => Effect::Excludes,
        };
        let rank = |kind: HealthKind| match kind {
            HealthKind::NotConverged => 2,
            HealthKind::Silent => 1,
            _ => 0,
        };
        states.iter().min_by_key(|state| rank(state.kind())).map(|state| Problem {
            state: state.kind().words().to_owned(),
            effect,
            advice: state.advice(&record.settings),
        })
    };
    TrialEnd { id: record.id.clone(), outcome: record.outcome, problem }
}
