//! A trial that is measured in turn with others, one epoch each.

use std::time::Instant;

use benches::{Learner, Stage, Trial};

use crate::table::median;

/// A trial and the times of its epochs.
pub struct Variant<'a> {
    /// The trial.
    pub learner: Learner<'a>,
    /// Time of each measured epoch of training and the following test, s.
    pub seconds: Vec<f64>,
    /// Hidden spikes per test sample after each of them.
    spikes: Vec<f64>,
}

impl<'a> Variant<'a> {
    /// Starts `trial` on `stage` and trains `warm_up` epochs.
    pub fn new(stage: &'a Stage, trial: &Trial<'a>, warm_up: u64) -> Variant<'a> {
        Variant::of(stage.trial(trial, warm_up))
    }

    /// Wraps `learner` without measurements.
    pub fn of(learner: Learner<'a>) -> Variant<'a> {
        Variant { learner, seconds: Vec::new(), spikes: Vec::new() }
    }

    /// Measures the next epoch.
    pub fn epoch(&mut self) {
        let started = Instant::now();
        self.learner.train();
        let activity = self.learner.test();
        self.seconds.push(started.elapsed().as_secs_f64());
        self.spikes.push(activity.total().spikes_per_sample());
    }

    /// Returns the ratio of the time of each epoch to that of `other` in the same round.
    pub fn over(&self, other: &Variant) -> Vec<f64> {
        self.seconds.iter().zip(&other.seconds).map(|(own, other)| own / other).collect()
    }

    /// Returns the hidden spikes per test sample.
    pub fn spikes(&self) -> f64 {
        median(&self.spikes)
    }
}
