//! Tolerance of each curve: the levels at which normalised accuracy falls to 99, 95 and 90 %.

use maud::html;

use ohmspike_analysis::point_health::Withheld;
use ohmspike_stats::normalised::{Crossing, Held, THRESHOLDS};
use ohmspike_study::key_label::is_time;

use super::crossing_words::{crossing_words, held_words};
use super::direction::Direction;
use super::number::{level_at, level_in_full, mean, percent};
use super::table::table;
use super::tolerated::Tolerance;
use super::{Facts, Section};

/// Formats why an answer is withheld.
pub fn withheld_words(withheld: &Withheld, key: &str) -> String {
    let levels: Vec<String> = withheld.levels.iter().map(|at| level_at(key, *at)).collect();
    let (levels, kind) = (levels.join(", "), withheld.state.kind().words());
    match withheld.unlearned {
        true => format!("withheld, because the reference at {levels} is {kind}"),
        false => format!("withheld, because networks at {levels} are {kind}"),
    }
}

/// States which level stands for the undisturbed network, unless it is 0, where every disturbance is absent; and how many
/// trials diverged.
pub fn reference_words(tolerances: &[Tolerance], key: &str, direction: Direction) -> Vec<String> {
    let mut levels: Vec<f64> = tolerances.iter().filter_map(|tolerance| Some(tolerance.clean?.0)).collect();
    levels.retain(|level| *level != 0.0 && !direction.whole);
    levels.sort_by(f64::total_cmp);
    levels.dedup();
    let at = match levels.as_slice() {
        [] => None,
        [only] => Some(format!("the accuracy at {}, the lowest level", level_in_full(key, *only))),
        [first, .., last] => Some(format!(
            "the accuracy at the lowest level of each curve, from {} to {}",
            if is_time(key) { level_at(key, *first) } else { first.to_string() },
            level_in_full(key, *last)
        )),
    };
    let reference = at.map(|at| format!("100 % is {at}; networks without this disturbance were not studied."));
    let diverged = match tolerances.iter().map(|tolerance| tolerance.diverged).sum::<usize>() {
        0 => None,
        1 => Some("One trial diverged and counts as at chance.".to_owned()),
        count => Some(format!("{count} trials diverged and count as at chance.")),
    };
    reference.into_iter().chain(diverged).collect()
}

/// Returns the section; none if the study sweeps no disturbance.
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

/// Returns the name of the undisturbed level.
pub fn clean_level(direction: Direction) -> &'static str {
    if direction.falls { "highest level" } else { "lowest level" }
}

fn method(facts: &Facts, direction: Direction) -> maud::Markup {
    let clean = clean_level(direction);
    let definition = format!(
        "Normalised accuracy A* = 1 - (e - e_clean)/(e_chance - e_clean), with error e = 1 - mean accuracy. A* is 100 % at the {clean} of each \
         curve, which represents the undisturbed network, and 0 % at chance ({} % accuracy).",
        percent(facts.chance)
    );
    html! {
        p.method {
            (definition)
            @if direction.whole {
                " There are no values between two levels: the table lists the last level before A* first falls below the threshold. A level is kept, \
                 or lost, with 95 % confidence if the t interval over independent repeats is on one side of the threshold there and at all levels \
                 before, or after, it."
            } @else {
                " A* is interpolated linearly between levels. A crossing is the first level at which A* falls to the threshold. Its 95 % interval \
                 does not depend on the curve between two levels: it ends at the studied levels up to which, and from which on, t tests over \
                 independent repeats, paired by seed with the undisturbed level, show A* above and below the threshold. Fewer than three \
                 repeats give no interval."
                @if ends_beyond(facts) { " \">\" means beyond the last level." }
            }
        }
    }
}

/// Whether a crossing or an end of its interval lies beyond the last level.
fn ends_beyond(facts: &Facts) -> bool {
    let (_, all) = facts.tolerances.as_ref().expect("the section has tolerances");
    let crossings = all.iter().flatten().flat_map(|tolerance| tolerance.crossings.iter().flatten());
    let beyond = |one: &Crossing| one.level.is_none() || one.interval.is_some_and(|interval| interval.far.is_none());
    crossings.into_iter().any(beyond)
}

/// Returns warnings about curves with unreliable thresholds.
fn cautions(facts: &Facts, tolerances: &[Tolerance], direction: Direction) -> Vec<String> {
    let clean = clean_level(direction);
    let names = |is: &dyn Fn(&Tolerance) -> bool| {
        tolerances.iter().filter(|one| is(one)).map(|one| one.name.as_str()).collect::<Vec<&str>>().join(", ")
    };
    let (gaining, at_chance) = (names(&Tolerance::gains), names(&|one| one.is_at_chance(facts.chance)));
    let mut cautions = Vec::new();
    if !gaining.is_empty() {
        cautions.push(format!(
            "{gaining}: accuracy at another level exceeds that at the {clean} by more than 5 % of A*. Either the networks need more epochs, or the \
             disturbance helps them. The {clean} is then not a valid reference, and the thresholds are unreliable."
        ));
    }
    if !at_chance.is_empty() {
        cautions.push(format!(
            "{at_chance}: accuracy at the {clean} does not differ from chance, so no loss can be measured."
        ));
    }
    cautions
}

fn crossings(facts: &Facts, tolerances: &[Tolerance], key: &str, direction: Direction) -> maud::Markup {
    let thresholds = THRESHOLDS.map(|threshold| format!("A* = {} %", 100.0 * threshold));
    let accuracy = format!("accuracy at the {}, %", clean_level(direction));
    let mut head = vec!["curve"];
    head.extend(thresholds.iter().map(String::as_str));
    head.push(&accuracy);
    let row = |tolerance: &Tolerance| {
        let mut row = vec![tolerance.name.clone()];
        let cells: Result<Vec<String>, String> = if let Some(withheld) = tolerance.withheld_everywhere(direction) {
            Err(withheld_words(&withheld, key))
        } else if tolerance.is_at_chance(facts.chance) {
            Err("unknown: accuracy does not differ from chance".to_owned())
        } else if direction.whole {
            let words = |held: &Vec<Held>| held.iter().map(|held| held_words(held, tolerance.last, key)).collect();
            tolerance.held.as_ref().map(words).map_err(|error| format!("unknown: {error}"))
        } else {
            let words = |crossings: &Vec<Crossing>| {
                crossings.iter().map(|one| crossing_words(facts, one, tolerance, key)).collect()
            };
            tolerance.crossings.as_ref().map(words).map_err(|error| format!("unknown: {error}"))
        };
        match cells {
            Ok(cells) => row.extend((0..).zip(cells).map(|(threshold, cell)| {
                let withheld = tolerance.withheld(threshold, direction).map(|found| withheld_words(&found, key));
                withheld.unwrap_or(cell)
            })),
            Err(why) => row.extend([why, String::new(), String::new()]),
        }
        row.push(mean(tolerance.clean.map(|clean| clean.1)));
        row
    };
    let caption = match direction.whole {
        true => format!("Last {key} that keeps A* at or above the threshold"),
        false => format!("{key} at which A* falls to the threshold, with its 95 % interval"),
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
    let shown: Vec<String> = levels.iter().map(|&at| level_at(key, at)).collect();
    let head: Vec<&str> = ["curve"].into_iter().chain(shown.iter().map(String::as_str)).collect();
    let row = |tolerance: &Tolerance| {
        let at = |wanted: &f64| {
            let found = tolerance.normalised.iter().find(|point| point.0 == *wanted);
            found.map_or_else(String::new, |point| percent(point.1))
        };
        [tolerance.name.clone()].into_iter().chain(levels.iter().map(at)).collect::<Vec<_>>()
    };
    table("Normalised accuracy A* of the mean accuracy, %", &head, &tolerances.iter().map(row).collect::<Vec<_>>())
}
