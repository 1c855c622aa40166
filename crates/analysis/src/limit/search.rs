//! Search for the level to certify.
//!
//! ```text
//! s(x)  =  mean margin - c sd                          c: see `effort`; s >= 0 promises a certificate
//! bracket [low, high]:  s(low) >= 0 > s(high);         bisection in ln x until high / low <= 1.25
//! candidate  =  the harshest level in [low, high) at which the straight line in ln x through s(low), s(high) is >= 0
//! ```
//!
//! All levels share the seeds of the search, so their differences vary less than their means. Levels of lists that are
//! not all positive are bisected by position, to neighbours. If the harshest level is promising, or the mildest one is
//! neither promising nor bad on average, three levels between are evaluated as well. Low is below every level that
//! clearly fails, so the limit is below a dip that the search finds.
//!
//! With short training, a level is clear if its loss is at most half or at least twice the allowed one, and if s
//! agrees. The loss refers to the noise-free network after the same training. From the first level that is not clear,
//! all levels are trained fully.

use std::collections::BTreeMap;
use std::ops::Range;

use ohmspike_stats::moments::Moments;
use serde::{Deserialize, Serialize};

use super::criterion::{Criterion, Target};
use super::effort::Aim;
use super::levels::Levels;
use super::trials::{Batch, Ledger, Purpose, Sample, Training};

/// Ratio of the ends of a bracket at which a straight line replaces bisection, chosen: accuracy is nearly straight over 25 %.
const CLOSE: f64 = 1.25;
/// A short trial is clear if its loss differs from the allowed one by this factor, chosen above the difference that short training
/// makes.
const CLEAR: f64 = 2.0;
/// Interior levels to evaluate if the harshest level is promising, in quarters of the range.
const INTERIOR: [usize; 3] = [1, 2, 3];

/// A level as seen by the search. It shows nothing by itself: certificates use fresh seeds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Searched {
    /// Index of the level.
    pub level: usize,
    /// Length of the training.
    pub training: Training,
    /// Mean margin over the seeds of the search, as a fraction; positive meets the target.
    pub margin: f64,
    /// Standard deviation of the margins.
    pub sd: f64,
    /// Whether a certificate is likely.
    pub promising: bool,
}

/// Result of the search.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Found {
    /// Evaluated levels, mildest first; the last evaluation of each.
    pub searched: Vec<Searched>,
    /// Level to certify; `None` if even the mildest level is not promising.
    pub candidate: Option<usize>,
    /// Mildest level at which a refutation is likely.
    pub refutable: Option<usize>,
    /// Whether the outcomes at the harshest level equal those of the noise-free network.
    pub unchanged: bool,
}

/// What a search needs to know.
pub(super) struct Search<'a> {
    pub levels: &'a Levels,
    pub criterion: &'a Criterion,
    pub aim: Aim,
    pub short_training: bool,
    pub seeds: Range<u64>,
    /// Mean accuracy of the noise-free network.
    pub baseline: f64,
}

type Evaluated = BTreeMap<usize, Searched>;

impl Search<'_> {
    /// Runs the search as far as outcomes are known.
    ///
    /// # Errors
    /// Returns the trials to run next.
    pub fn run(&self, ledger: &mut Ledger) -> Result<Found, Batch> {
        let mut evaluated = Evaluated::new();
        while let Some((level, training)) = self.next(&evaluated) {
            let searched = self.evaluate(level, training, ledger)?;
            evaluated.insert(level, searched);
        }
        let harshest = self.levels.harshest();
        let unchanged = match evaluated.get(&harshest) {
            Some(searched) => self.is_unchanged(searched.training, ledger)?,
            None => false,
        };
        let candidate = self.candidate(&evaluated);
        let refutable = self.refutable(&evaluated);
        Ok(Found { searched: evaluated.into_values().collect(), candidate, refutable, unchanged })
    }

    /// Returns the next level to evaluate with the length of its training; `None` at the end.
    fn next(&self, evaluated: &Evaluated) -> Option<(usize, Training)> {
        let short = self.short_training && evaluated.values().all(|searched| searched.training == Training::Short);
        let first = if short { Training::Short } else { Training::Full };
        let new = |level: &usize| !evaluated.contains_key(level);
        let is_short = |level: &usize| evaluated[level].training == Training::Short;
        let harshest = self.levels.harshest();
        if new(&0) {
            return Some((0, first));
        }
        match self.bracket(evaluated) {
            (None, _) if is_short(&0) => Some((0, Training::Full)),
            (None, _) if evaluated[&0].margin < 0.0 => None,
            (None, _) | (Some(_), None) => {
                let inside = INTERIOR.map(|quarter| harshest * quarter / 4);
                [harshest].into_iter().chain(inside).find(new).map(|level| (level, first))
            }
            (Some(low), Some(high)) => match self.between(low, high) {
                Some(level) => Some((level, first)),
                None => [low, high].into_iter().find(is_short).map(|level| (level, Training::Full)),
            },
        }
    }

    /// Returns the harshest promising level below all that clearly fail, and the next evaluated one that is not
    /// promising.
    fn bracket(&self, evaluated: &Evaluated) -> (Option<usize>, Option<usize>) {
        let clear = evaluated.values().find(|searched| self.is_refutable(searched)).map(|searched| searched.level);
        let below = evaluated.range(..clear.unwrap_or(usize::MAX));
        let low = below.rev().find(|(_, searched)| searched.promising).map(|(level, _)| *level);
        let mut above = evaluated.range(low.unwrap_or(0)..);
        (low, above.find(|(_, searched)| !searched.promising).map(|(level, _)| *level))
    }

    /// Returns the level to evaluate within a bracket; `None` if it is narrow.
    fn between(&self, low: usize, high: usize) -> Option<usize> {
        let [start, end] = [low, high].map(|level| self.levels.coordinate(level));
        if high - low == 1 || self.levels.is_positive() && (end - start).abs() <= libm::log(CLOSE) {
            return None;
        }
        if !self.levels.is_positive() {
            return Some(usize::midpoint(low, high));
        }
        let half = (end - start).abs() / 2.0;
        let (mut inside, mut outside) = (low, high);
        while outside - inside > 1 {
            let middle = usize::midpoint(inside, outside);
            let near = (self.levels.coordinate(middle) - start).abs() <= half;
            if near { inside = middle } else { outside = middle }
        }
        Some(inside.max(low + 1))
    }

    /// Evaluates a level. Short training that is not clear counts as neither: the level is trained fully.
    fn evaluate(&self, level: usize, training: Training, ledger: &mut Ledger) -> Result<Searched, Batch> {
        let searched = self.sampled(level, training, ledger)?;
        if training == Training::Full || self.is_clear(&searched) {
            return Ok(searched);
        }
        self.sampled(level, Training::Full, ledger)
    }

    fn sampled(&self, level: usize, training: Training, ledger: &mut Ledger) -> Result<Searched, Batch> {
        let is_short = training == Training::Short;
        let sample = Sample {
            level: Some(level),
            training,
            paired: self.criterion.is_paired() || is_short,
            purpose: Purpose::Search,
        };
        // After short training, an accuracy is compared with that of the noise-free network after the same training.
        let criterion = match self.criterion.target {
            Target::Accuracy(_) if is_short => {
                &Criterion { target: Target::Loss(self.allowed_loss()), ..*self.criterion }
            }
            _ => self.criterion,
        };
        let pairs = ledger.pairs(sample, self.seeds.clone())?;
        let margins: Vec<f64> =
            pairs.into_iter().map(|(one, reference)| criterion.margin(one, reference).value).collect();
        let moments = Moments::new(&margins).expect("a search has at least two seeds with accuracies");
        let (margin, sd) = (moments.mean, moments.variance.sqrt());
        Ok(Searched { level, training, margin, sd, promising: margin - self.aim.certify * sd >= 0.0 })
    }

    fn allowed_loss(&self) -> f64 {
        match self.criterion.target {
            Target::Accuracy(threshold) => self.baseline - threshold,
            Target::Loss(allowed) => allowed,
        }
    }

    fn is_clear(&self, searched: &Searched) -> bool {
        let allowed = self.allowed_loss();
        let loss = allowed - searched.margin;
        let fails = loss >= CLEAR * allowed && self.is_refutable(searched);
        searched.promising && loss <= allowed / CLEAR || fails
    }

    fn is_refutable(&self, searched: &Searched) -> bool {
        !searched.promising && searched.margin - self.aim.refute * searched.sd <= 0.0
    }

    /// Returns whether the outcomes at the harshest level are those of the noise-free network, seed by seed.
    fn is_unchanged(&self, training: Training, ledger: &mut Ledger) -> Result<bool, Batch> {
        let level = Some(self.levels.harshest());
        let sample = Sample { level, training, paired: true, purpose: Purpose::Search };
        let pairs = ledger.pairs(sample, self.seeds.clone())?;
        Ok(pairs.iter().all(|(one, reference)| Some(*one) == *reference))
    }

    fn candidate(&self, evaluated: &Evaluated) -> Option<usize> {
        let promise = |level: usize| evaluated[&level].margin - self.aim.certify * evaluated[&level].sd;
        match self.bracket(evaluated) {
            (None, _) => Some(0).filter(|mildest| evaluated[mildest].margin >= 0.0),
            (Some(low), None) => Some(low),
            (Some(low), Some(high)) => {
                let crossing = promise(low) / (promise(low) - promise(high));
                let part = |level: usize| self.part(low, high, level);
                (low..high).rev().find(|level| *level == low || part(*level) <= crossing)
            }
        }
    }

    /// Returns the position of a level on the line from `low` (0) to `high` (1).
    fn part(&self, low: usize, high: usize, level: usize) -> f64 {
        let [start, end, here] = [low, high, level].map(|level| self.levels.coordinate(level));
        (here - start) / (end - start)
    }

    /// Returns the mildest level that is likely to be refuted, on straight lines between the evaluated levels.
    fn refutable(&self, evaluated: &Evaluated) -> Option<usize> {
        let distance = |searched: &Searched| searched.margin - self.aim.refute * searched.sd;
        let high = evaluated.values().find(|searched| self.is_refutable(searched))?;
        let Some((_, low)) = evaluated.range(..high.level).next_back() else { return Some(high.level) };
        let crossing = distance(low) / (distance(low) - distance(high));
        (low.level + 1..=high.level).find(|level| self.part(low.level, high.level, *level) >= crossing)
    }
}
