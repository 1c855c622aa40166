//! A trial that is measured in turn with others, an epoch each.

use std::time::Instant;

use benches::{Learner, Stage, Trial};

use crate::table::median;

/// A trial and what its epochs took.
pub struct Variant<'a> {
    /// The trial.
    pub learner: Learner<'a>,
    /// Time of each measured epoch of training and the test after it, s.
    pub seconds: Vec<f64>,
    /// Hidden spikes a test sample after each of them.
    spikes: Vec<f64>,
}

impl<'a> Variant<'a> {
    /// `trial` on `stage`, after `warm_up` epochs.
    pub fn new(stage: &'a Stage, trial: &Trial<'a>, warm_up: u64) -> Variant<'a> {
        Variant::of(stage.trial(trial, warm_up))
    }

    /// Nothing measured yet of `learner`.
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

    /// The time of each epoch over that of `other` in the same round.
    pub fn over(&self, other: &Variant) -> Vec<f64> {
        self.seconds.iter().zip(&other.seconds).map(|(own, other)| own / other).collect()
    }

    /// Hidden spikes a test sample.
    pub fn spikes(&self) -> f64 {
        median(&self.spikes)
    }
}
