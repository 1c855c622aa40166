//! Decides whether a curve can answer how much noise a network tolerates.
//!
//! A curve starts from its reference, the lowest level. If the reference is unhealthy, the axis is *unlearned* and has
//! no answer. Otherwise a crossing of a threshold counts if all points up to it are healthy.
//!
//! Silence comes gradually. If some levels silence the network, accuracy already falls at the levels before them,
//! because fewer neurons reach their threshold. That is a property of the initial weights. So a crossing before silent
//! levels counts only if the networks on both sides of it fire clearly: ten times as often as a silent one.

use ohmspike_study::health::{HealthKind, HealthState, MIN_SPIKES, judged_tests, spikes_of_test};
use ohmspike_study::record::Record;

/// Spikes per sample of a clearly firing network, in units of the limit for silence, chosen: one spike per sample.
const CLEARLY: f64 = 10.0;

/// Health of one point of a curve.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PointHealth {
    /// Number of usable trials with an outcome.
    pub usable: usize,
    /// States of the unusable trials, one per trial, and what to do.
    pub unusable: Vec<(HealthState, String)>,
    /// States of the usable trials at chance, one per trial, and what to do.
    pub at_chance: Vec<(HealthState, String)>,
    /// Smallest number of spikes per sample over trials and layers, before and after training.
    pub least_spikes: Option<f64>,
}

/// Why a curve has no answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Withheld {
    /// Whether the reference is unhealthy, which leaves the axis unlearned.
    pub unlearned: bool,
    /// The unhealthy levels.
    pub levels: Vec<f64>,
    /// State of the last unhealthy level, the one with the most noise.
    pub state: HealthState,
    /// What to do.
    pub advice: String,
}

impl PointHealth {
    /// Adds a trial with an outcome and these states, and returns whether it is usable.
    pub fn add(&mut self, record: &Record, states: &[HealthState]) -> bool {
        let spikes = least_spikes(record);
        self.least_spikes = self.least_spikes.into_iter().chain(spikes).reduce(f64::min);
        let advised = |state: &HealthState| (state.clone(), state.advice(&record.settings));
        if let Some(state) = states.iter().find(|state| state.kind().excludes()) {
            self.unusable.push(advised(state));
            return false;
        }
        self.usable += 1;
        self.at_chance.extend(states.first().map(advised));
        true
    }

    /// Whether the point says nothing about the hardware: at least half of its trials are unusable.
    pub fn is_unhealthy(&self) -> bool {
        !self.unusable.is_empty() && self.unusable.len() >= self.usable
    }

    /// State that rules out this point as a reference, which may not be at chance either.
    fn as_reference(&self) -> Option<&(HealthState, String)> {
        let at_chance = || self.at_chance.first().filter(|_| 2 * self.at_chance.len() >= self.usable);
        if self.is_unhealthy() { self.unusable.first() } else { at_chance() }
    }

    /// Returns the states of its unusable trials, each kind once.
    pub fn kinds(&self) -> Vec<HealthKind> {
        let mut kinds: Vec<HealthKind> = self.unusable.iter().map(|(state, _)| state.kind()).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    fn fires_clearly(&self) -> bool {
        self.least_spikes.is_none_or(|spikes| spikes >= CLEARLY * MIN_SPIKES)
    }
}

/// Returns why the curve through `points`, from the reference on, cannot answer where it crosses a threshold.
/// `crossing` is the level at which its usable outcomes cross; none if they stay above.
pub fn withheld(points: &[(f64, PointHealth)], crossing: Option<f64>) -> Option<Withheld> {
    let ((reference, health), (last, _)) = (points.first()?, points.last()?);
    let falls = last < reference;
    // Whether a level lies between the reference and another one.
    let reached = |level: f64, by: f64| if falls { by <= level } else { by >= level };
    if let Some((state, advice)) = health.as_reference() {
        return Some(Withheld {
            unlearned: true,
            levels: vec![*reference],
            state: state.clone(),
            advice: advice.clone(),
        });
    }
    let unhealthy: Vec<&(f64, PointHealth)> = points.iter().filter(|(_, health)| health.is_unhealthy()).collect();
    let ((first, _), (_, health)) = (unhealthy.first()?, unhealthy.last()?);
    let (state, advice) = health.unusable.first()?;
    let silent = unhealthy.iter().any(|(_, health)| health.kinds().contains(&HealthKind::Silent));
    if let Some(crossing) = crossing {
        // Points on both sides of the crossing.
        let above = points.iter().find(|(level, _)| reached(crossing, *level));
        let below = points.iter().rev().find(|(level, _)| !reached(crossing, *level));
        let clearly = above.into_iter().chain(below).all(|(_, health)| health.fires_clearly());
        if above.is_some_and(|(level, _)| !reached(*first, *level)) && (clearly || !silent) {
            return None;
        }
    }
    let levels = unhealthy.iter().map(|(level, _)| *level).collect();
    Some(Withheld { unlearned: false, levels, state: state.clone(), advice: advice.clone() })
}

/// Smallest number of spikes per sample of any hidden layer, in the tests that decide about health.
fn least_spikes(record: &Record) -> Option<f64> {
    judged_tests(record).filter_map(|number| spikes_of_test(record, number)).flatten().reduce(f64::min)
}

#[cfg(test)]
mod tests {
    use ohmspike_study::health::{AtChance, Silence};

    use super::*;

    fn healthy(spikes: f64) -> PointHealth {
        PointHealth { usable: 2, least_spikes: Some(spikes), ..PointHealth::default() }
    }

    fn silent() -> PointHealth {
        let silence = Silence { layer: 1, spikes_before: 0.0, spikes_after: Some(0.0), cause: None };
        let unusable = vec![(HealthState::Silent(silence), "raise them".to_owned()); 2];
        PointHealth { unusable, least_spikes: Some(0.0), ..PointHealth::default() }
    }

    fn at_chance() -> PointHealth {
        let state = AtChance { outcome: 0.1, low: 0.08, chance: 0.1, samples: 1000, loss: None };
        PointHealth { at_chance: vec![(HealthState::AtChance(state), "train longer".to_owned()); 2], ..healthy(5.0) }
    }

    fn of(points: &[PointHealth], crossing: Option<f64>) -> Option<Withheld> {
        let rising: Vec<(f64, PointHealth)> = (0..).map(f64::from).zip(points.iter().cloned()).collect();
        let falling: Vec<(f64, PointHealth)> = rising.iter().map(|(level, health)| (-level, health.clone())).collect();
        let (found, mirrored) = (withheld(&rising, crossing), withheld(&falling, crossing.map(|level| -level)));
        let levels = |found: &Option<Withheld>| {
            found.as_ref().map(|found| found.levels.iter().map(|level| level.abs()).collect::<Vec<f64>>())
        };
        assert_eq!(levels(&found), levels(&mirrored), "a reversed axis gives the same result");
        found
    }

    #[test]
    fn a_healthy_curve_has_an_answer() {
        assert_eq!(of(&[healthy(0.3), healthy(0.2), healthy(0.2)], Some(0.5)), None);
        assert_eq!(of(&[healthy(0.3), healthy(0.2), healthy(0.2)], None), None);
    }

    #[test]
    fn an_unhealthy_reference_leaves_the_axis_unlearned() {
        for reference in [silent(), at_chance()] {
            let found = of(&[reference, healthy(5.0)], Some(0.5)).expect("withheld");
            assert_eq!((found.unlearned, found.levels), (true, vec![0.0]));
        }
    }

    /// Sweeps look for the noise that reduces a network to chance.
    #[test]
    fn chance_at_a_high_level_is_a_valid_result() {
        assert_eq!(of(&[healthy(5.0), healthy(5.0), at_chance()], Some(1.5)), None);
    }

    #[test]
    fn has_no_answer_beyond_an_unhealthy_level() {
        let points = [healthy(50.0), healthy(50.0), silent(), healthy(50.0)];
        assert_eq!(of(&points, None).map(|found| found.levels), Some(vec![2.0]));
        assert!(of(&points, Some(2.5)).is_some() && of(&points, Some(1.5)).is_some());
        assert_eq!(of(&points, Some(0.5)), None, "both sides of the crossing fire clearly");
    }

    /// Networks close to silence lose accuracy for lack of spikes.
    #[test]
    fn a_crossing_close_to_silence_does_not_count() {
        let points = [healthy(0.38), healthy(0.165), silent(), silent()];
        let found = of(&points, Some(0.23)).expect("withheld");
        assert_eq!((found.unlearned, found.levels), (false, vec![2.0, 3.0]));
        assert!(of(&[healthy(1.0), healthy(0.99), silent()], Some(0.5)).is_some());
        assert_eq!(of(&[healthy(1.0), healthy(1.0), silent()], Some(0.5)), None);
    }

    #[test]
    fn a_point_is_unhealthy_if_half_of_its_trials_are() {
        let with = |usable, unusable: usize| {
            let one = silent().unusable[0].clone();
            PointHealth { usable, unusable: vec![one; unusable], ..PointHealth::default() }.is_unhealthy()
        };
        assert_eq!([with(2, 0), with(3, 1), with(2, 2), with(0, 1), with(0, 0)], [false, false, true, true, false]);
    }
}
