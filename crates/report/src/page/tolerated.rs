//! How much disturbance each curve tolerates, as numbers: normalised accuracy, and where it falls below 99, 95 and 90 %.

use ohmspike_analysis::point_health::{PointHealth, Withheld, withheld};
use ohmspike_analysis::sweep::{Sweeps, SweptCurve, SweptPoint};
use ohmspike_stats::Estimate;
use ohmspike_stats::normalised::{Condition, Crossing, Curve, Held, NormalisedError, THRESHOLDS};

use super::direction::{Direction, direction};

/// What one curve tolerates.
pub struct Tolerance {
    /// What the curve is called.
    pub name: String,
    /// The undisturbed level, and the outcomes there.
    pub clean: Option<(f64, Estimate)>,
    /// Level and A* of every condition.
    pub normalised: Vec<(f64, f64)>,
    /// Where it crosses [`THRESHOLDS`], or why that is not known.
    pub crossings: Result<Vec<Crossing>, NormalisedError>,
    /// The same where there is nothing between two levels.
    pub held: Result<Vec<Held>, NormalisedError>,
    /// The level farthest from the undisturbed one that has an outcome.
    pub last: f64,
    /// One of its conditions.
    pub condition: usize,
    /// What its points say of their health, from the undisturbed level on.
    pub health: Vec<(f64, PointHealth)>,
}

impl Tolerance {
    /// Whether a disturbed level is clearly more accurate than the undisturbed one, by which A* is measured.
    pub fn gains(&self) -> bool {
        self.normalised.iter().any(|point| point.1 > 1.05)
    }

    /// Why the curve does not answer where it falls to a threshold, of which this is the number: some of its networks are
    /// unhealthy.
    pub fn withheld(&self, threshold: usize, direction: Direction) -> Option<Withheld> {
        let crossing = match direction.whole {
            // The fall lies behind the last level that keeps the accuracy.
            true => self.held.as_ref().ok().and_then(|held| self.after(held[threshold].last)),
            false => self.crossings.as_ref().ok().and_then(|crossings| crossings[threshold].level),
        };
        withheld(&self.health, crossing)
    }

    /// Why none of the thresholds is answered.
    pub fn withheld_everywhere(&self, direction: Direction) -> Option<Withheld> {
        let all: Option<Vec<Withheld>> =
            (0..THRESHOLDS.len()).map(|threshold| self.withheld(threshold, direction)).collect();
        all?.into_iter().next()
    }

    /// The next level with an outcome.
    fn after(&self, level: f64) -> Option<f64> {
        let place = self.normalised.iter().position(|point| point.0 == level)?;
        Some(self.normalised.get(place + 1)?.0)
    }

    /// Whether the accuracy at the undisturbed level may be that of guessing, by which A* would be divided by nothing.
    pub fn guesses(&self, chance: f64) -> bool {
        self.clean.is_some_and(|(_, clean)| clean.ci95.map_or(clean.ends.0, |(low, _)| low) <= chance)
    }
}

/// What the curves of every sweep tolerate, and along which direction; none where the swept axis is no disturbance.
pub fn tolerances(sweeps: &Sweeps, chance: f64) -> Option<(Direction, Vec<Vec<Tolerance>>)> {
    let direction = direction(sweeps)?;
    let of_curve = |curve: &SweptCurve| tolerance(sweeps.name(curve), curve, chance, direction);
    Some((direction, sweeps.sweeps.iter().map(|sweep| sweep.curves.iter().map(of_curve).collect()).collect()))
}

fn tolerance(name: String, curve: &SweptCurve, chance: f64, direction: Direction) -> Tolerance {
    let condition = |point: &SweptPoint| point.x.map(|level| Condition { level, outcomes: point.outcomes.clone() });
    let mut conditions: Vec<Condition> = curve.points.iter().filter_map(condition).collect();
    conditions.retain(|condition| !condition.outcomes.is_empty());
    conditions.sort_by(|a, b| a.level.total_cmp(&b.level));
    if direction.falls {
        conditions.reverse();
    }
    let mut health: Vec<(f64, PointHealth)> =
        curve.points.iter().filter_map(|point| Some((point.x?, point.health.clone()))).collect();
    health.retain(|(_, health)| health.usable + health.unusable.len() > 0);
    health.sort_by(|one, next| one.0.total_cmp(&next.0));
    if direction.falls {
        health.reverse();
    }
    let checked = Curve::new(&conditions, chance);
    let levels = conditions.iter().map(|condition| condition.level);
    // A reference without a usable outcome is not replaced by its neighbour.
    let reference = health.first().map(|first| first.0);
    let first = conditions.first().filter(|first| reference.is_none_or(|reference| reference == first.level));
    let clean = first.and_then(|first| Some((first.level, Estimate::from_drawn(&first.outcomes)?)));
    let normalised = checked.as_ref().ok().filter(|_| clean.is_some());
    let normalised = normalised.map(|checked| levels.zip(checked.normalised()).collect()).unwrap_or_default();
    let last = conditions.last().map_or(f64::NAN, |last| last.level);
    let crossings = checked.clone().and_then(|checked| checked.crossings());
    let held = checked.and_then(|checked| THRESHOLDS.iter().map(|threshold| checked.held(*threshold)).collect());
    let condition = curve.points.first().map_or(0, |point| point.condition);
    Tolerance { name, clean, normalised, crossings, held, last, condition, health }
}
