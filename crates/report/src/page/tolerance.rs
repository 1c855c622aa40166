//! How much disturbance each curve tolerates: normalised accuracy, and where it falls below 99, 95 and 90 %.

use maud::html;

use super::crossing_words::{crossing_words, held_words};
use super::direction::{Direction, direction};
use super::number::{level, mean, percent, unit};
use super::table::table;
use super::{Facts, Section};
use ohmspike_analysis::point_health::{PointHealth, Withheld, withheld};
use ohmspike_analysis::sweep::{Sweeps, SweptCurve, SweptPoint};
use ohmspike_stats::Sample;
use ohmspike_stats::normalised::{Condition, Crossing, Curve, Held, NormalisedError, THRESHOLDS};

/// What one curve tolerates.
pub struct Tolerance {
    /// What the curve is called.
    pub name: String,
    /// The undisturbed level, and the outcomes there.
    pub clean: Option<(f64, Sample)>,
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
    fn withheld_everywhere(&self, direction: Direction) -> Option<Withheld> {
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
    let clean = first.and_then(|first| Some((first.level, Sample::from_drawn(&first.outcomes)?)));
    let normalised = checked.as_ref().ok().filter(|_| clean.is_some());
    let normalised = normalised.map(|checked| levels.zip(checked.normalised()).collect()).unwrap_or_default();
    let last = conditions.last().map_or(f64::NAN, |last| last.level);
    let crossings = checked.clone().and_then(|checked| checked.crossings());
    let held = checked.and_then(|checked| THRESHOLDS.iter().map(|threshold| checked.held(*threshold)).collect());
    let condition = curve.points.first().map_or(0, |point| point.condition);
    Tolerance { name, clean, normalised, crossings, held, last, condition, health }
}

/// Why an answer is withheld, in a few words.
pub fn withheld_words(withheld: &Withheld, key: &str) -> String {
    let levels: Vec<String> = withheld.levels.iter().map(|at| format!("{}{}", level(*at), unit(key))).collect();
    let (levels, kind) = (levels.join(", "), withheld.state.kind().words());
    match withheld.unlearned {
        true => format!("withheld: the axis is unlearned, since its reference, {levels}, is {kind}"),
        false => format!("withheld: networks at {levels} are {kind}"),
    }
}

/// The section; none where the study sweeps no disturbance.
pub fn section(facts: &Facts) -> Option<Section> {
    let key = &facts.sweeps.x.as_ref()?.key;
    let (direction, all) = facts.tolerances.as_ref()?;
    let body = html! {
        (method(facts, *direction))
        @for (sweep, tolerances) in facts.sweeps.sweeps.iter().zip(all) {
            @if !sweep.apart.is_empty() { h3 { (sweep.name()) } }
            @for caution in cautions(facts, tolerances, *direction) { p.warning { (caution) } }
            (crossings(facts, tolerances, key, *direction))
            (curves(tolerances, key, *direction))
        }
    };
    Some(Section { id: "tolerance", heading: heading(key, *direction), body })
}

fn heading(key: &str, direction: Direction) -> &'static str {
    match direction.whole {
        _ if key == ohmspike_study::key_label::NOISE => "Noise tolerance",
        true => "Thresholds",
        false => "Tolerance",
    }
}

/// How the text calls the undisturbed level.
pub fn clean_level(direction: Direction) -> &'static str {
    if direction.falls { "highest level" } else { "lowest level" }
}

fn method(facts: &Facts, direction: Direction) -> maud::Markup {
    let clean = clean_level(direction);
    let definition = format!(
        "Normalised accuracy A* = 1 - (e - e_clean)/(e_chance - e_clean), with the error e = 1 - mean accuracy: 1 at the {clean} of each \
         curve, 0 at chance ({} %). The {clean} stands for an undisturbed network.",
        percent(facts.chance)
    );
    html! {
        p.method {
            (definition)
            @if direction.whole {
                " Nothing lies between two levels: the table names the last level that keeps A* before it first falls below the threshold. A level is \
                 kept or lost with 95 % confidence where a t interval over independent repeats lies on one side of the threshold, at it and at all \
                 levels before or after it."
            } @else {
                " Between levels A* is linear; a crossing is the first level at which it falls to the threshold. Intervals hold 95 %: a level belongs to \
                 them unless a t test over independent repeats tells that A* is not at the threshold there; the undisturbed level is paired with the others by seed. A \
                 crossing or an end beyond the last level is written as > that level. Below three repeats there is no interval."
            }
        }
    }
}

/// What must be known of the curves before their thresholds are read.
fn cautions(facts: &Facts, tolerances: &[Tolerance], direction: Direction) -> Vec<String> {
    let clean = clean_level(direction);
    let names = |is: &dyn Fn(&Tolerance) -> bool| {
        tolerances.iter().filter(|one| is(one)).map(|one| one.name.as_str()).collect::<Vec<&str>>().join(", ")
    };
    let (gaining, guessing) = (names(&Tolerance::gains), names(&|one| one.guesses(facts.chance)));
    let mut cautions = Vec::new();
    if !gaining.is_empty() {
        cautions.push(format!(
            "For {gaining} another level has a mean accuracy above that of the {clean}, by more than 5 % of A*. The networks may need more \
             epochs, or the disturbance helps them. The {clean} is then no measure of an undisturbed network, and its thresholds say little."
        ));
    }
    if !guessing.is_empty() {
        cautions.push(format!(
            "For {guessing} the accuracy at the {clean} cannot be told from guessing, so no loss of accuracy can be measured."
        ));
    }
    cautions
}

fn crossings(facts: &Facts, tolerances: &[Tolerance], key: &str, direction: Direction) -> maud::Markup {
    let thresholds = THRESHOLDS.map(|threshold| format!("A* = {} %", 100.0 * threshold));
    let accuracy = format!("accuracy at the {}, %", clean_level(direction));
    let mut head = vec!["curve", accuracy.as_str()];
    head.extend(thresholds.iter().map(String::as_str));
    let row = |tolerance: &Tolerance| {
        let mut row = vec![tolerance.name.clone(), mean(tolerance.clean.map(|clean| clean.1))];
        let cells: Result<Vec<String>, String> = if let Some(withheld) = tolerance.withheld_everywhere(direction) {
            Err(withheld_words(&withheld, key))
        } else if tolerance.guesses(facts.chance) {
            Err("not known: accuracy cannot be told from guessing".to_owned())
        } else if direction.whole {
            let words = |held: &Vec<Held>| held.iter().map(|held| held_words(held, tolerance.last, key)).collect();
            tolerance.held.as_ref().map(words).map_err(|error| format!("not known: {error}"))
        } else {
            let words = |crossings: &Vec<Crossing>| {
                crossings.iter().map(|one| crossing_words(facts, one, tolerance, key)).collect()
            };
            tolerance.crossings.as_ref().map(words).map_err(|error| format!("not known: {error}"))
        };
        match cells {
            Ok(cells) => row.extend((0..).zip(cells).map(|(threshold, cell)| {
                let withheld = tolerance.withheld(threshold, direction).map(|found| withheld_words(&found, key));
                withheld.unwrap_or(cell)
            })),
            Err(why) => row.extend([why, String::new(), String::new()]),
        }
        row
    };
    let caption = match direction.whole {
        true => format!("Last level of {key} that keeps A* at or above the threshold"),
        false => format!("Level of {key} at which A* falls to the threshold, with its 95 % interval"),
    };
    table(&caption, &head, &tolerances.iter().map(row).collect::<Vec<_>>())
}

fn curves(tolerances: &[Tolerance], key: &str, direction: Direction) -> maud::Markup {
    let mut levels: Vec<f64> =
        tolerances.iter().flat_map(|tolerance| tolerance.normalised.iter().map(|point| point.0)).collect();
    levels.sort_by(f64::total_cmp);
    levels.dedup();
    if direction.falls {
        levels.reverse();
    }
    let shown: Vec<String> = levels.iter().map(|&at| format!("{}{}", level(at), unit(key))).collect();
    let head: Vec<&str> = ["curve"].into_iter().chain(shown.iter().map(String::as_str)).collect();
    let row = |tolerance: &Tolerance| {
        let at = |wanted: &f64| {
            let found = tolerance.normalised.iter().find(|point| point.0 == *wanted);
            found.map_or_else(String::new, |point| percent(point.1))
        };
        [tolerance.name.clone()].into_iter().chain(levels.iter().map(at)).collect::<Vec<_>>()
    };
    table("Normalised accuracy A* of the mean, %", &head, &tolerances.iter().map(row).collect::<Vec<_>>())
}
