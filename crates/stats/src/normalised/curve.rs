//! A curve over noise levels: mean A*, crossings and their bounds.

use std::collections::BTreeSet;

use super::{Condition, Crossing, CrossingInterval, Held, NormalisedError, Scale, THRESHOLDS};
use crate::draws::{ByDraws, Drawn, Draws, distinct, factors, spread};
use crate::estimate::{Estimate, MIN_REPEATS};
use crate::moments::in_range;
use crate::{ALPHA, student};

/// A checked curve of conditions.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    levels: Vec<f64>,
    /// Outcomes of each condition, without copies.
    outcomes: Vec<Vec<Drawn>>,
    /// Accuracies of each repeat, one per level; empty if conditions do not share their draws.
    repeats: Vec<(Draws, Vec<f64>)>,
    /// Factors of the repeats.
    factors: Vec<Vec<usize>>,
    chance: f64,
}

/// Mean of d, its standard error and the number of repeats.
type Distance = (f64, f64, usize);

impl Curve {
    /// Checks `conditions` (the clean one first) and the accuracy at `chance`.
    ///
    /// # Errors
    /// Returns an error for fewer than two conditions, levels that are not in order, conditions without outcomes,
    /// accuracies that are not finite, or a clean mean that is not above chance.
    pub fn new(conditions: &[Condition], chance: f64) -> Result<Curve, NormalisedError> {
        if conditions.len() < 2 {
            return Err(NormalisedError::TooFew(conditions.len()));
        }
        let levels: Vec<f64> = conditions.iter().map(|condition| condition.level).collect();
        check_levels(&levels)?;
        for Condition { level, outcomes } in conditions {
            if outcomes.is_empty() {
                return Err(NormalisedError::Empty(*level));
            }
            if let Some(&(_, value)) = outcomes.iter().find(|outcome| !in_range(outcome.1)) {
                return Err(NormalisedError::OutOfRange { level: *level, value });
            }
        }
        let outcomes: Vec<Vec<Drawn>> = conditions.iter().map(|condition| distinct(&condition.outcomes)).collect();
        Scale::new(mean(&outcomes[0]), chance)?;
        let repeats = repeats(&outcomes);
        let factors = factors(&repeats.iter().map(|repeat| repeat.0).collect::<Vec<Draws>>());
        Ok(Curve { levels, outcomes, repeats, factors, chance })
    }

    /// Returns A* of the mean accuracy of each condition.
    pub fn normalised(&self) -> Vec<f64> {
        let scale = Scale { clean: mean(&self.outcomes[0]), chance: self.chance };
        self.outcomes.iter().map(|outcomes| scale.normalised(mean(outcomes))).collect()
    }

    /// Returns whether all conditions have outcomes with shared draws.
    pub fn is_paired(&self) -> bool {
        !self.repeats.is_empty()
    }

    /// Returns the first crossing of the curve with `threshold`, with its interval.
    ///
    /// ```
    /// use ohmspike_stats::draws::Draws;
    /// use ohmspike_stats::normalised::{Condition, Curve};
    ///
    /// let condition = |level, first, second| {
    ///     Condition { level, outcomes: vec![(Draws::all(1), first), (Draws::all(2), second)] }
    /// };
    /// let curve = Curve::new(&[condition(0.0, 0.79, 0.81), condition(10.0, 0.64, 0.68)], 0.1)?;
    /// let crossing = curve.crossing(0.9)?;
    /// // Means 0.80 and 0.66: A* falls from 1 to 0.8 over 10. Two repeats give no interval.
    /// assert!((crossing.level.expect("a crossing") - 5.0).abs() < 1e-9);
    /// assert_eq!(crossing.interval, None);
    /// # Ok::<(), ohmspike_stats::normalised::NormalisedError>(())
    /// ```
    ///
    /// # Errors
    /// [`NormalisedError::Threshold`] unless `threshold` is below 1.
    pub fn crossing(&self, threshold: f64) -> Result<Crossing, NormalisedError> {
        self.check(threshold)?;
        let place = self.first(threshold);
        let level = place.map(|(segment, fraction)| self.level(segment, fraction));
        let by_repeat = place.map_or_else(Vec::new, |place| self.by_repeat(threshold, place));
        let at = |place: usize| (self.levels[place], self.distances(threshold, place, 0.0));
        let distances = if self.is_paired() { (0..self.levels.len()).map(at).collect() } else { Vec::new() };
        Ok(Crossing { threshold, level, interval: self.interval(threshold), by_repeat, distances })
    }

    /// Returns the crossings of all [`THRESHOLDS`].
    ///
    /// # Errors
    /// As [`Curve::crossing`].
    pub fn crossings(&self) -> Result<Vec<Crossing>, NormalisedError> {
        THRESHOLDS.iter().map(|&threshold| self.crossing(threshold)).collect()
    }

    /// Returns the levels between which the curve falls below `threshold`, without interpolation.
    ///
    /// # Errors
    /// [`NormalisedError::Threshold`] unless `threshold` is below 1.
    pub fn held(&self, threshold: f64) -> Result<Held, NormalisedError> {
        self.check(threshold)?;
        let normalised = self.normalised();
        let fallen = normalised.iter().position(|value| *value < threshold).unwrap_or(normalised.len());
        let last = self.levels[fallen.max(1) - 1];
        if !self.tells() {
            return Ok(Held { last, certified: None, refuted: None });
        }
        let (certain, possible) = self.decided(threshold);
        let certified = certain.checked_sub(1).map(|place| self.levels[place]);
        Ok(Held { last, certified, refuted: self.levels.get(possible).copied() })
    }

    fn check(&self, threshold: f64) -> Result<(), NormalisedError> {
        if threshold.is_finite() && threshold < 1.0 { Ok(()) } else { Err(NormalisedError::Threshold(threshold)) }
    }

    /// Returns whether there are enough different repeats for bounds.
    fn tells(&self) -> bool {
        let samples: Vec<Estimate> =
            self.outcomes.iter().filter_map(|outcomes| Estimate::from_drawn(outcomes)).collect();
        let spread = samples.iter().any(|sample| sample.ci95.is_some());
        spread && self.distance(0.5, 0).2 >= MIN_REPEATS
    }

    /// Returns the levels around the crossing whose means are certain to be above and below `threshold`.
    fn interval(&self, threshold: f64) -> Option<CrossingInterval> {
        if !self.tells() {
            return None;
        }
        let (certain, possible) = self.decided(threshold);
        let near = (certain < self.levels.len()).then(|| self.levels[certain.max(1) - 1]);
        Some(CrossingInterval { near, far: self.levels.get(possible).copied() })
    }

    /// Returns how many levels from the first on are all significantly above `threshold`, and the place after the last
    /// that is not significantly below it.
    fn decided(&self, threshold: f64) -> (usize, usize) {
        let bounds = self.bounds(threshold);
        let certain = bounds.iter().take_while(|bounds| bounds[0] > 0.0).count();
        let possible = bounds.iter().rposition(|bounds| bounds[1] >= 0.0).map_or(0, |place| place + 1);
        (certain, possible)
    }

    fn level(&self, segment: usize, fraction: f64) -> f64 {
        self.levels[segment] + fraction * (self.levels[segment + 1] - self.levels[segment])
    }

    /// Returns lower and upper end of the 95 % interval of d at each level.
    fn bounds(&self, threshold: f64) -> Vec<[f64; 2]> {
        let of_level = |place: usize| {
            let (mean, standard_error, n) = self.distance(threshold, place);
            let half = student(n.max(2) - 1, 1.0 - ALPHA / 2.0) * standard_error;
            [mean - half, mean + half]
        };
        (0..self.levels.len()).map(of_level).collect()
    }

    fn distance(&self, threshold: f64, place: usize) -> Distance {
        let mean = self.mean_distance(threshold, place, 0.0);
        if self.is_paired() {
            let distances = self.distances(threshold, place, 0.0);
            let found = spread(&self.factors, &distances.iter().map(|one| one.1).collect::<Vec<f64>>());
            return found.map_or((mean, 0.0, 1), |found| (mean, found.standard_error, found.n));
        }
        let of = |place: usize| Estimate::from_drawn(&self.outcomes[place]);
        let error = |place: usize| of(place).and_then(|sample| sample.standard_error).unwrap_or(0.0);
        let clean = if place == 0 { 0.0 } else { threshold * error(0) };
        let here = if place == 0 { (1.0 - threshold).abs() * error(0) } else { error(place) };
        let n = [0, place].into_iter().filter_map(of).map(|sample| sample.n).min().unwrap_or(1);
        (mean, libm::hypot(here, clean), n)
    }

    fn mean_distance(&self, threshold: f64, segment: usize, fraction: f64) -> f64 {
        let at = |place: usize| mean(&self.outcomes[place]);
        let next = (segment + 1).min(self.levels.len() - 1);
        let here = (1.0 - fraction) * at(segment) + fraction * at(next);
        here - self.chance - threshold * (at(0) - self.chance)
    }

    /// Returns d of each repeat.
    fn distances(&self, threshold: f64, segment: usize, fraction: f64) -> Vec<Drawn> {
        let next = (segment + 1).min(self.levels.len() - 1);
        let of = |(draws, accuracies): &(Draws, Vec<f64>)| {
            let here = (1.0 - fraction) * accuracies[segment] + fraction * accuracies[next];
            (*draws, here - self.chance - threshold * (accuracies[0] - self.chance))
        };
        self.repeats.iter().map(of).collect()
    }

    /// Returns the segment, and the fraction of it, where the mean first falls to `threshold`.
    fn first(&self, threshold: f64) -> Option<(usize, f64)> {
        let normalised = self.normalised();
        let next = normalised.iter().skip(1).position(|&value| value <= threshold)? + 1;
        let (above, below) = (normalised[next - 1], normalised[next]);
        Some((next - 1, (above - threshold) / (above - below)))
    }

    fn by_repeat(&self, threshold: f64, place: (usize, f64)) -> Vec<Drawn> {
        let distances = self.distances(threshold, place.0, place.1).into_iter();
        distances.map(|(draws, distance)| (draws, self.shifted(threshold, place, distance))).collect()
    }

    /// Returns the crossing of the mean curve shifted by `above`, the one that its crossing in a segment, at a fraction
    /// `share` of it, moves to. Beyond the levels, the curve has the slope of that segment.
    fn shifted(&self, threshold: f64, (segment, fraction): (usize, f64), above: f64) -> f64 {
        let mean = |place: usize| self.mean_distance(threshold, place, 0.0);
        let slope = (mean(segment + 1) - mean(segment)) / (self.levels[segment + 1] - self.levels[segment]);
        let later = segment + 1..if above > 0.0 { self.levels.len() } else { 0 };
        let earlier = 0..if above > 0.0 { 0 } else { segment + 1 };
        let (mut level, mut distance) = (self.level(segment, fraction), above);
        for place in later.chain(earlier.rev()) {
            let next = mean(place) + above;
            if (next > 0.0) != (above > 0.0) {
                return level + (self.levels[place] - level) * distance / (distance - next);
            }
            (level, distance) = (self.levels[place], next);
        }
        level - distance / slope
    }
}

fn check_levels(levels: &[f64]) -> Result<(), NormalisedError> {
    let rises = levels[0] < levels[1];
    for pair in levels.windows(2) {
        let goes_on = if rises { pair[0] < pair[1] } else { pair[0] > pair[1] };
        if !(pair[0].is_finite() && pair[1].is_finite() && goes_on) {
            // -0 is shown as 0.
            return Err(NormalisedError::Order { before: pair[0] + 0.0, after: pair[1] + 0.0 });
        }
    }
    Ok(())
}

/// Returns the accuracies of each repeat at all levels; empty if an outcome shares no draws with another level.
fn repeats(outcomes: &[Vec<Drawn>]) -> Vec<(Draws, Vec<f64>)> {
    let mut joined: Vec<(Draws, Vec<f64>, Vec<usize>)> = vec![(Draws::default(), Vec::new(), Vec::new())];
    for condition in outcomes {
        let fitting = ByDraws::new(condition, joined.iter().map(|row| row.0));
        let with = |(draws, values, places): &(Draws, Vec<f64>, Vec<usize>)| {
            let longer = fitting.fitting(*draws).map(|(place, both)| {
                (both, [&values[..], &[condition[place].1]].concat(), [&places[..], &[place]].concat())
            });
            longer.collect::<Vec<_>>()
        };
        joined = joined.iter().flat_map(with).collect();
    }
    let used = |level: usize| joined.iter().map(|row| row.2[level]).collect::<BTreeSet<usize>>().len();
    let all = outcomes.iter().enumerate().all(|(level, of)| used(level) == of.len());
    if all { joined.into_iter().map(|(draws, values, _)| (draws, values)).collect() } else { Vec::new() }
}

fn mean(outcomes: &[Drawn]) -> f64 {
    outcomes.iter().map(|outcome| outcome.1).sum::<f64>() / outcomes.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEVELS: [f64; 4] = [0.0, 10.0, 20.0, 40.0];
    /// Example accuracies of four seeds at every level.
    const ACCURACIES: [[f64; 4]; 4] =
        [[0.80, 0.81, 0.79, 0.80], [0.78, 0.80, 0.77, 0.77], [0.70, 0.72, 0.70, 0.68], [0.50, 0.53, 0.49, 0.48]];

    /// Conditions with seeds from `first_seed(condition)` on.
    fn conditions(first_seed: impl Fn(usize) -> u64) -> Vec<Condition> {
        let drawn = |number: usize| (first_seed(number)..).map(Draws::all).zip(ACCURACIES[number]).collect();
        (0..4).map(|number| Condition { level: LEVELS[number], outcomes: drawn(number) }).collect()
    }

    fn curve(conditions: &[Condition]) -> Curve {
        Curve::new(conditions, 0.1).expect("a curve")
    }

    #[test]
    fn a_curve_above_the_threshold_has_no_crossing() {
        let curve = curve(&conditions(|_| 1));
        let crossing = curve.crossing(0.3).expect("a crossing");
        assert_eq!((crossing.level, crossing.interval), (None, Some(CrossingInterval { near: None, far: None })));
        // The last mean is at the threshold: it may or may not be crossed.
        let interval = curve.crossing(4.0 / 7.0).expect("a crossing").interval.expect("an interval");
        assert!(interval.near.is_some_and(|near| near < 40.0) && interval.far.is_none());
        assert_eq!(curve.held(0.3), Ok(Held { last: 40.0, certified: Some(40.0), refuted: None }));
    }

    /// At 10 %, d is 0.005 to 0.0255 at A* = 0.95: mean 0.0150 with 3.18 x 0.0042 for pairs, and 3.18 x 0.0081 without.
    #[test]
    fn a_crossing_is_in_its_interval_and_pairs_narrow_it() {
        let of = |curve: Curve, threshold: f64| {
            let Crossing { level, interval, by_repeat, .. } = curve.crossing(threshold).expect("a crossing");
            let CrossingInterval { near, far } = interval.expect("an interval");
            let (near, level, far) = (near.expect("an end"), level.expect("a crossing"), far.expect("an end"));
            assert!(near < level && level < far);
            ([near, far], by_repeat.len())
        };
        let paired = || curve(&conditions(|_| 1));
        let unpaired = || curve(&conditions(|number| 10 * number as u64));
        assert_eq!(of(paired(), 0.9), ([10.0, 20.0], 4));
        assert_eq!(of(unpaired(), 0.9), ([10.0, 20.0], 0));
        assert_eq!(of(paired(), 0.95), ([10.0, 20.0], 4));
        assert_eq!(of(unpaired(), 0.95), ([0.0, 20.0], 0));
    }

    /// The true curve falls from 0.80 to chance at 11, which levels 0 and 1000 cannot show.
    #[test]
    fn coarse_levels_give_a_wide_interval() {
        let drawn = |low: f64| (1..=4).map(|seed| (Draws::all(seed), low + 1e-3 * seed as f64)).collect();
        let conditions = [(0.0, 0.80), (1000.0, 0.10)].map(|(level, low)| Condition { level, outcomes: drawn(low) });
        let crossing = curve(&conditions).crossing(0.95).expect("a crossing");
        assert!(crossing.level.is_some_and(|level| (level - 50.0).abs() < 1.0));
        assert_eq!(crossing.interval, Some(CrossingInterval { near: Some(0.0), far: Some(1000.0) }));
    }

    /// Means of 0.80, 0.78, 0.70 and 0.50 cross 0.73 at 16.25, where the slope is -0.008.
    #[test]
    fn repeats_cross_where_the_shifted_curve_does() {
        let curve = curve(&conditions(|_| 1));
        let at = |above| curve.shifted(0.9, (1, 0.625), above);
        let near = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-9, "{found}, not {expected}");
        near(at(0.0), 16.25);
        near(at(-0.02), 13.75);
        // From 20 on, the curve is steeper: 0.70 + 0.04 falls to 0.73 at 21. Up to 10, it is flatter: 0.79 - 0.06 is at 5.
        near(at(0.04), 21.0);
        near(at(-0.06), 5.0);
        // Beyond both ends: 0.50 + 0.31 is 0.08 too high, and 0.80 - 0.11 is 0.04 too low.
        near(at(0.31), 40.0 + 0.08 / 0.008);
        near(at(-0.11), -0.04 / 0.008);
    }

    /// Fewer bits are worse: the same numbers with decreasing levels.
    #[test]
    fn levels_may_decrease() {
        let mut falling = conditions(|_| 1);
        falling.iter_mut().for_each(|condition| condition.level = 8.0 - condition.level / 10.0);
        let (rising, falling) = (curve(&conditions(|_| 1)), curve(&falling));
        let [up, down] = [&rising, &falling].map(|curve| curve.crossing(0.9).expect("a crossing"));
        assert!((down.level.expect("one") - (8.0 - up.level.expect("one") / 10.0)).abs() < 1e-9);
        assert_eq!(falling.held(0.9), Ok(Held { last: 7.0, certified: Some(7.0), refuted: Some(6.0) }));
    }

    #[test]
    fn few_or_equal_repeats_have_no_interval() {
        let of = |accuracies: [&[f64]; 2]| {
            let drawn = |accuracies: &[f64]| (1..).map(Draws::all).zip(accuracies.iter().copied()).collect();
            let condition = |place: usize| Condition { level: 4.0 * place as f64, outcomes: drawn(accuracies[place]) };
            curve(&[condition(0), condition(1)]).crossing(0.75).expect("a crossing")
        };
        let one = of([&[0.8], &[0.45]]);
        assert!((one.level.expect("a crossing") - 2.0).abs() < 1e-12);
        for crossing in [one, of([&[0.8, 0.81], &[0.45, 0.44]]), of([&[0.8; 5], &[0.45; 5]])] {
            assert_eq!(crossing.interval, None);
        }
    }

    /// A missing repeat removes the pairs but not the curve.
    #[test]
    fn a_missing_outcome_leaves_an_interval() {
        let mut some = conditions(|_| 1);
        some[2].outcomes.remove(0);
        let curve = curve(&some);
        assert!(!curve.is_paired() && curve.crossing(0.9).expect("a crossing").interval.is_some());
    }

    #[test]
    fn rejects_invalid_curves() {
        let condition = |level: f64, accuracy: f64| Condition { level, outcomes: vec![(Draws::all(1), accuracy)] };
        let message = |conditions: &[Condition]| Curve::new(conditions, 0.1).expect_err("refused").to_string();
        let clean = condition(0.0, 0.8);
        assert_eq!(message(std::slice::from_ref(&clean)), "conditions: expected at least 2, got 1");
        for (levels, told) in [([0.0, -0.0], "0 after 0"), ([0.0, f64::NAN], "NaN after 0")] {
            let expected = format!("levels: expected finite levels that only increase or only decrease, got {told}");
            assert_eq!(message(&levels.map(|level| condition(level, 0.8))), expected);
        }
        let turning = [condition(0.0, 0.8), condition(2.0, 0.7), condition(1.0, 0.7)];
        assert!(message(&turning).ends_with("got 1 after 2"));
        assert_eq!(
            message(&[clean.clone(), condition(1.0, f64::NAN)]),
            "accuracy at level 1: expected -1e100 to 1e100, got NaN"
        );
        let empty = Condition { level: 1.0, outcomes: vec![] };
        assert_eq!(message(&[clean, empty]), "condition at level 1: no outcomes; expected at least 1");
        assert_eq!(
            message(&[condition(0.0, 0.1), condition(1.0, 0.1)]),
            "clean accuracy: expected a finite accuracy above chance (0.1), got 0.1"
        );
        let refused = curve(&conditions(|_| 1)).crossing(1.0).expect_err("refused").to_string();
        assert_eq!(refused, "threshold: expected less than 1, got 1");
    }
}
