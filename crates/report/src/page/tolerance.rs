//! How much disturbance each curve tolerates: normalised accuracy, and where it falls below 99, 95 and 90 %.

use maud::html;

use ohmspike_analysis::point_health::Withheld;
use ohmspike_stats::normalised::{Crossing, Held, THRESHOLDS};

use super::crossing_words::{crossing_words, held_words};
use super::direction::Direction;
use super::number::{level, mean, percent, unit};
use super::table::table;
use super::tolerated::Tolerance;
use super::{Facts, Section};

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
