//! Trials that a search asks for, and their outcomes.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::{Deserialize, Serialize};

/// Network of a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    /// The same network without this non-ideality.
    Reference,
    /// The network at a level, an index into [`Levels::values`](super::Levels::values).
    Level(usize),
}

/// Length of the training of a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Training {
    /// Shortened; enough to tell a level that is far from the limit.
    Short,
    /// That of the study.
    Full,
}

/// A trial, identified by everything that decides its outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Trial {
    /// The network.
    pub condition: Condition,
    /// Number of the repeat; the same number means the same seeds in every condition.
    pub seed: u64,
    /// Length of the training.
    pub training: Training,
}

/// Outcome of a trial.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Accuracy, as a fraction. A value outside 0 to 1 counts as failed.
    Accuracy(f64),
    /// The trial diverged, or its outcome says nothing.
    Failed,
}

impl Outcome {
    /// Returns the accuracy of a successful trial.
    pub(super) fn accuracy(self) -> Option<f64> {
        match self {
            Outcome::Accuracy(value) if (0.0..=1.0).contains(&value) => Some(value),
            _ => None,
        }
    }
}

/// Outcomes so far. Trials that the procedure does not ask for have no influence.
pub type Known = BTreeMap<Trial, Outcome>;

/// Purpose of a batch, for messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// Runs the noise-free network.
    Baseline,
    /// Searches for the limit.
    Search,
    /// Certifies a level with fresh seeds.
    Certify,
    /// Refutes a level with fresh seeds.
    Refute,
}

/// Trials to run next, in any order and in any division between processes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// What they are for.
    pub purpose: Purpose,
    /// Level in question; `None` for the noise-free network alone.
    pub level: Option<usize>,
    /// The trials without an outcome, each once.
    pub trials: Vec<Trial>,
}

/// Number of trials behind a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrialCount {
    /// Trials of the noise-free network.
    pub reference: usize,
    /// Fully trained trials at a level.
    pub full: usize,
    /// Trials at a level with shortened training.
    pub short: usize,
}

impl TrialCount {
    /// Returns the number of all trials.
    pub fn total(&self) -> usize {
        self.reference + self.full + self.short
    }
}

/// Outcome of a trial with that of its reference, if the criterion needs one.
pub(super) type Pair = (Outcome, Option<Outcome>);

/// Network, training and pairing of a set of trials.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    /// Level; `None` for the reference alone.
    pub level: Option<usize>,
    /// Length of the training.
    pub training: Training,
    /// Whether each trial needs its reference.
    pub paired: bool,
    /// What the trials are for.
    pub purpose: Purpose,
}

impl Sample {
    fn trials(self, seed: u64) -> (Trial, Option<Trial>) {
        let trial = |condition| Trial { condition, seed, training: self.training };
        (
            trial(self.level.map_or(Condition::Reference, Condition::Level)),
            self.paired.then(|| trial(Condition::Reference)),
        )
    }
}

/// Known outcomes, and the trials read so far.
pub(super) struct Ledger<'a> {
    known: &'a Known,
    used: BTreeSet<Trial>,
}

impl<'a> Ledger<'a> {
    pub fn new(known: &'a Known) -> Ledger<'a> {
        Ledger { known, used: BTreeSet::new() }
    }

    /// Returns the outcomes of `sample` for one seed, or `None` if one is missing.
    pub fn pair(&mut self, sample: Sample, seed: u64) -> Option<Pair> {
        let (one, reference) = sample.trials(seed);
        let outcome = *self.known.get(&one)?;
        let of_reference = match reference {
            Some(reference) => Some(*self.known.get(&reference)?),
            None => None,
        };
        self.used.extend([one].into_iter().chain(reference));
        Some((outcome, of_reference))
    }

    /// Returns the outcomes of `sample` for all `seeds`.
    ///
    /// # Errors
    /// Returns the missing trials if there are any.
    pub fn pairs(&mut self, sample: Sample, seeds: Range<u64>) -> Result<Vec<Pair>, Batch> {
        let found: Option<Vec<Pair>> = seeds.clone().map(|seed| self.pair(sample, seed)).collect();
        found.ok_or_else(|| self.missing(sample, seeds))
    }

    /// Returns the trials of `sample` without an outcome.
    pub fn missing(&self, sample: Sample, seeds: Range<u64>) -> Batch {
        let all = seeds.map(|seed| sample.trials(seed)).flat_map(|(one, other)| [Some(one), other]);
        let trials = all.flatten().filter(|trial| !self.known.contains_key(trial)).collect();
        Batch { purpose: sample.purpose, level: sample.level, trials }
    }

    /// Counts the trials read.
    pub fn count(&self) -> TrialCount {
        let mut count = TrialCount::default();
        for trial in &self.used {
            match (trial.condition, trial.training) {
                (Condition::Reference, _) => count.reference += 1,
                (_, Training::Full) => count.full += 1,
                (_, Training::Short) => count.short += 1,
            }
        }
        count
    }
}
