//! Result of the procedure.

use serde::{Deserialize, Serialize};

use super::attempt::Attempt;
use super::search::Searched;
use super::trials::TrialCount;

/// Outcome of the noise-free network on the seeds of the search.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// Number of seeds.
    pub seeds: u64,
    /// Mean accuracy, as a fraction; failed trials are at chance.
    pub accuracy: f64,
    /// Standard deviation of the accuracy.
    pub sd: f64,
    /// Number of failed trials.
    pub failed: u64,
}

/// Result of the procedure in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The noise-free network misses the criterion, or chance would meet it. Nothing was searched.
    BaselineMisses,
    /// A level is certified and a harsher one refuted.
    Bracketed,
    /// A level is certified. None is refuted.
    NotRefuted,
    /// The harshest level is certified: no limit within the range.
    NoLimit,
    /// The mildest level is refuted: the limit, if any, is milder.
    FailsEverywhere,
    /// No level is certified, although the mildest one is not refuted.
    NotCertified,
}

/// Result of the procedure, with everything behind it. Levels are indices into
/// [`Levels::values`](super::Levels::values).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Limit {
    /// Result in a word.
    pub verdict: Verdict,
    /// Certified level.
    pub certified: Option<usize>,
    /// Refuted level.
    pub refuted: Option<usize>,
    /// The outcomes at the harshest level equal those of the noise-free network: the key has no effect.
    pub unchanged: bool,
    /// A level that clearly failed in the search although a harsher one is certified or promising.
    pub dip: Option<usize>,
    /// The noise-free network.
    pub baseline: Baseline,
    /// Levels of the search, mildest first.
    pub searched: Vec<Searched>,
    /// Attempts to certify, in order.
    pub certifications: Vec<Attempt>,
    /// Attempts to refute, in order.
    pub refutations: Vec<Attempt>,
    /// Number of trials behind the result.
    pub trials: TrialCount,
}
