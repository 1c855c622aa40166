//! Computes the tolerance of each curve: normalised accuracy, and the levels at which it falls to 99, 95 and 90 %.

use ohmspike_analysis::point_health::{PointHealth, Withheld, withheld};
use ohmspike_analysis::sweep::{Sweeps, SweptCurve, SweptPoint};
use ohmspike_stats::Estimate;
use ohmspike_stats::normalised::{Condition, Crossing, Curve, Held, NormalisedError, THRESHOLDS};

use super::direction::{Direction, direction};

/// Tolerance of one curve.
pub struct Tolerance {
    /// Name of the curve.
    pub name: String,
    /// Undisturbed level and its outcomes.
    pub clean: Option<(f64, Estimate)>,
    /// Level and A* of each condition.
    pub normalised: Vec<(f64, f64)>,
    /// Crossings of [`THRESHOLDS`], or why they are unknown.
    pub crossings: Result<Vec<Crossing>, NormalisedError>,
    /// Last levels above [`THRESHOLDS`], on an axis of whole numbers.
    pub held: Result<Vec<Held>, NormalisedError>,
    /// Level with an outcome farthest from the undisturbed one.
    pub last: f64,
    /// Index of one of its conditions.
    pub condition: usize,
    /// Number of its trials that diverged, which count as at chance.
    pub diverged: usize,
    /// Health of its points, from the undisturbed level on.
    pub health: Vec<(f64, PointHealth)>,
}

impl Tolerance {
    /// Returns whether a disturbed level is clearly more accurate than the undisturbed one.
    pub fn gains(&self) -> bool {
        self.normalised.iter().any(|point| point.1 > 1.05)
    }

    /// Returns why the crossing of a threshold is withheld: some networks before it are unhealthy.
    pub fn withheld(&self, threshold: usize, direction: Direction) -> Option<Withheld> {
        let crossing = match direction.whole {
            // The fall is after the last level that keeps the accuracy.
            true => self.held.as_ref().ok().and_then(|held| self.after(held[threshold].last)),
            false => self.crossings.as_ref().ok().and_then(|crossings| crossings[threshold].level),
        };
        withheld(&self.health, crossing)
    }

    /// Returns why all thresholds are withheld.
    pub fn withheld_everywhere(&self, direction: Direction) -> Option<Withheld> {
        let all: Option<Vec<Withheld>> =
            (0..THRESHOLDS.len()).map(|threshold| self.withheld(threshold, direction)).collect();
        all?.into_iter().next()
    }

    /// Returns the next level with an outcome.
    fn after(&self, level: f64) -> Option<f64> {
        let place = self.normalised.iter().position(|point| point.0 == level)?;
        Some(self.normalised.get(place + 1)?.0)
    }

    /// Returns whether accuracy at the undisturbed level may be chance, which leaves A* undefined.
    pub fn is_at_chance(&self, chance: f64) -> bool {
        self.clean.is_some_and(|(_, clean)| clean.ci95.map_or(clean.ends.0, |(low, _)| low) <= chance)
    }
}

/// Returns the tolerance of all curves by sweep, and the direction; none if the swept axis is no disturbance.
pub fn tolerances(sweeps: &Sweeps, chance: f64) -> Option<(Direction, Vec<Vec<Tolerance>>)> {
    let direction = direction(sweeps)?;
    let of_curve = |curve: &SweptCurve| tolerance(sweeps.name(curve), curve, chance, direction);
    Some((direction, sweeps.sweeps.iter().map(|sweep| sweep.curves.iter().map(of_curve).collect()).collect()))
}

fn tolerance(name: String, curve: &SweptCurve, chance: f64, direction: Direction) -> Tolerance {
    let condition =
        |point: &SweptPoint| point.x.map(|level| Condition { level, outcomes: point.with_diverged(chance) });
    let mut conditions: Vec<Condition> = curve.points.iter().filter_map(condition).collect();
    conditions.retain(|condition| !condition.outcomes.is_empty());
    conditions.sort_by(|a, b| a.level.total_cmp(&b.level));
    if direction.falls {
        conditions.reverse();
    }
    let ended = |point: &&SweptPoint| point.health.usable + point.health.unusable.len() + point.diverged.len() > 0;
    let ended = curve.points.iter().filter(ended);
    let mut health: Vec<(f64, PointHealth)> =
        ended.filter_map(|point| Some((point.x?, point.health.clone()))).collect();
    health.sort_by(|one, next| one.0.total_cmp(&next.0));
    if direction.falls {
        health.reverse();
    }
    let checked = Curve::new(&conditions, chance);
    let levels = conditions.iter().map(|condition| condition.level);
    // A neighbour must not replace a reference without usable outcomes.
    let reference = health.first().map(|first| first.0);
    let first = conditions.first().filter(|first| reference.is_none_or(|reference| reference == first.level));
    let clean = first.and_then(|first| Some((first.level, Estimate::from_drawn(&first.outcomes)?)));
    let normalised = checked.as_ref().ok().filter(|_| clean.is_some());
    let normalised = normalised.map(|checked| levels.zip(checked.normalised()).collect()).unwrap_or_default();
    let last = conditions.last().map_or(f64::NAN, |last| last.level);
    let crossings = checked.clone().and_then(|checked| checked.crossings());
    let held = checked.and_then(|checked| THRESHOLDS.iter().map(|threshold| checked.held(*threshold)).collect());
    let condition = curve.points.first().map_or(0, |point| point.condition);
    let diverged = curve.points.iter().map(|point| point.diverged.len()).sum();
    Tolerance { name, clean, normalised, crossings, held, last, condition, diverged, health }
}
