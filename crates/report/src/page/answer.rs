//! The answer in a few sentences, with its numbers: nothing is named the highest or the lowest unless paired tests say so.

use std::collections::BTreeMap;

use maud::html;

use ohmspike_analysis::sweep::{Sweep, SweptCurve, SweptPoint};
use ohmspike_stats::LEAST_REPEATS;
use ohmspike_stats::draws::Drawn;
use ohmspike_stats::normalised::Crossing;
use ohmspike_study::health::HealthKind;
use ohmspike_study::health::rise::untested;
use ohmspike_study::significant::significant;

use super::crossing_words::{crossing_words, held_words};
use super::direction::Direction;
use super::number::{level, mean, mean_words, unit};
use super::ranking::{End, Ranking};
use super::table::table;
use super::tolerance::{clean_level, withheld_words};
use super::tolerated::Tolerance;
use super::{Facts, Section};

/// Which of the thresholds the answer is about: 95 %.
const THRESHOLD: usize = 1;
/// Curves up to which a sentence names the threshold of each.
const MOST_CURVES: usize = 4;
/// How all tests of the answer are made.
const TESTS: &str = "paired t tests over shared seeds, adjusted by Holm, 5 %";

/// The section.
pub fn section(facts: &Facts) -> Section {
    let body = html! {
        @if facts.done.iter().all(|done| done.record.outcome.is_none()) {
            p.answer { "No trial has an outcome yet." }
        } @else {
            @for (number, sweep) in facts.sweeps.sweeps.iter().enumerate() {
                @let found = facts.tolerances.as_ref().and_then(|(direction, all)| Some((*direction, all.get(number)?)));
                p.answer {
                    @if !sweep.apart.is_empty() { strong { (sweep.name()) ": " } }
                    (sentences(facts, sweep, found))
                }
                @for reason in found.map(|(direction, all)| withheld(facts, all, direction)).unwrap_or_default() { p.warning { (reason) } }
                @if let Some(left_out) = left_out(sweep) { p.warning { (left_out) } }
                @if let Some((direction, tolerances)) = found.filter(|(_, all)| all.len() > 1) {
                    (by_curve(facts, tolerances, direction))
                }
            }
            @if let Some(untested) = untested(&facts.study().conditions[0].settings) {
                p.method { (sentence(&untested)) }
            }
        }
    };
    Section { id: "answer", heading: "Answer", body }
}

/// With a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let (first, rest) = text.split_at(text.chars().next().map_or(0, char::len_utf8));
    format!("{}{rest}.", first.to_uppercase())
}

fn sentences(facts: &Facts, sweep: &Sweep, found: Option<(Direction, &Vec<Tolerance>)>) -> String {
    let Some((direction, tolerances)) = found else { return outcomes(facts, sweep) };
    let clean = clean_level(direction);
    let mut text = vec![tolerated(facts, tolerances, direction)];
    let guessing: Vec<&str> =
        tolerances.iter().filter(|one| one.guesses(facts.chance)).map(|one| one.name.as_str()).collect();
    if !guessing.is_empty() {
        text.push(format!(
            "Not answered for {}: at the {clean}, the accuracy cannot be told from guessing.",
            guessing.join(", ")
        ));
    } else if tolerances.iter().any(Tolerance::gains) {
        text.push(format!("The {clean} is not the most accurate one, so this says little about tolerance."));
    }
    text.retain(|text| !text.is_empty());
    let withheld = tolerances.iter().any(|one| one.withheld(THRESHOLD, direction).is_some());
    match text.is_empty() {
        true if withheld => "The answer is withheld.".to_owned(),
        true => outcomes(facts, sweep),
        false => text.join(" "),
    }
}

/// Why curves do not answer, with what to do: one sentence for all curves of one reason.
fn withheld(facts: &Facts, tolerances: &[Tolerance], direction: Direction) -> Vec<String> {
    let key = facts.sweeps.x.as_ref().map_or("", |axis| axis.key.as_str());
    let mut reasons: Vec<(String, String, Vec<&str>)> = Vec::new();
    for tolerance in tolerances {
        let Some(found) = tolerance.withheld(THRESHOLD, direction) else { continue };
        let words = withheld_words(&found, key);
        match reasons.iter_mut().find(|(known, ..)| *known == words) {
            Some((.., names)) => names.push(&tolerance.name),
            None => {
                let last = found.levels.last().map(|at| format!("{}{}", level(*at), unit(key))).unwrap_or_default();
                let detail = format!("At {last}: {}. To do: {}.", found.state.reason(), found.advice);
                reasons.push((words, detail, vec![&tolerance.name]));
            }
        }
    }
    let sentence = |(words, detail, names): (String, String, Vec<&str>)| {
        format!("Threshold of {}: {words}. {detail}", names.join(", "))
    };
    reasons.into_iter().map(sentence).collect()
}

/// How many trials of a sweep the answer leaves out.
fn left_out(sweep: &Sweep) -> Option<String> {
    let points = || sweep.curves.iter().flat_map(|curve| &curve.points);
    let mut kinds: BTreeMap<HealthKind, usize> = BTreeMap::new();
    for (state, _) in points().flat_map(|point| &point.health.unusable) {
        *kinds.entry(state.kind()).or_default() += 1;
    }
    let (left, all) = (kinds.values().sum::<usize>(), points().map(|point| point.health.usable).sum::<usize>());
    let words: Vec<String> = kinds.iter().map(|(kind, count)| format!("{} {count}", kind.words())).collect();
    let trials = left + all;
    (left > 0)
        .then(|| format!("Left out of this answer: {left} of {trials} trials ({}); see Health.", words.join(", ")))
}

/// What the curves tolerate, those left out that may only guess.
fn tolerated(facts: &Facts, tolerances: &[Tolerance], direction: Direction) -> String {
    let Some(axis) = &facts.sweeps.x else { return String::new() };
    let known: Vec<&Tolerance> = tolerances
        .iter()
        .filter(|one| !one.guesses(facts.chance) && one.withheld(THRESHOLD, direction).is_none())
        .collect();
    if direction.whole {
        whole(facts, &known, &axis.key, direction)
    } else {
        between(facts, &known, tolerances.len(), &axis.key)
    }
}

/// The last levels that keep the accuracy, where there is nothing between levels.
fn whole(facts: &Facts, known: &[&Tolerance], key: &str, direction: Direction) -> String {
    let of = |tolerance: &&Tolerance| {
        let held = tolerance.held.as_ref().ok()?.get(THRESHOLD)?;
        Some((tolerance.name.clone(), held_words(held, tolerance.last, key)))
    };
    let found: Vec<(String, String)> = known.iter().filter_map(of).collect();
    let end = if direction.falls { "smallest" } else { "largest" };
    listed(&format!("{end} {} that keeps 95 % of normalised accuracy", facts.sweeps.x_words()), &found)
}

/// The levels at which the accuracy falls, and which curve tolerates most, as far as seeds tell; `known` of `all` curves answer.
fn between(facts: &Facts, known: &[&Tolerance], all: usize, key: &str) -> String {
    let crossing = |tolerance: &Tolerance| tolerance.crossings.as_ref().ok()?.get(THRESHOLD).cloned();
    let found: Vec<_> = known.iter().filter_map(|tolerance| Some((*tolerance, crossing(tolerance)?))).collect();
    if !found.is_empty() && found.iter().all(|(_, crossing)| crossing.level.is_none()) {
        return held_throughout(facts, &found, all, key);
    }
    let words = |(tolerance, crossing): &(&Tolerance, _)| {
        (tolerance.name.clone(), crossing_words(facts, crossing, tolerance, key))
    };
    let sentence = listed(
        &format!("{} at which normalised accuracy falls to 95 %", facts.sweeps.x_words()),
        &found.iter().map(words).collect::<Vec<_>>(),
    );
    let by_repeat: Option<Vec<(String, Vec<Drawn>)>> = found
        .iter()
        .map(|(tolerance, crossing)| {
            let has = crossing.level.is_some() && !crossing.by_repeat.is_empty();
            has.then(|| (tolerance.name.clone(), crossing.by_repeat.clone()))
        })
        .collect();
    let ranking = by_repeat.and_then(Ranking::new).filter(Ranking::is_tested);
    let compared = match ranking {
        Some(ranking) => told(&ranking, "tolerates most", "tolerates least", |value| {
            format!("{}{}", significant(value), unit(key))
        }),
        None if found.len() > 1 => {
            "No curve is said to tolerate more than another: that takes three shared seeds, and a crossing of every curve."
                .to_owned()
        }
        None => String::new(),
    };
    [sentence, compared].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Curves that stay above the threshold wherever they have an outcome, each with its crossing; they are `found` of `all`.
fn held_throughout(facts: &Facts, found: &[(&Tolerance, Crossing)], all: usize, key: &str) -> String {
    let near = |crossing: &Crossing| crossing.interval.is_some_and(|interval| interval.near.is_none());
    let certain = found.iter().all(|(_, crossing)| near(crossing));
    let ends: Vec<(&str, f64)> = found.iter().map(|(one, _)| (one.name.as_str(), one.last)).collect();
    format!(
        "Mean normalised accuracy stays above 95 % up to {}; {}.",
        last_levels(&facts.sweeps.x_words(), &ends, all, &unit(key)),
        if certain { "so do their 95 % intervals" } else { "their intervals do not exclude an earlier fall" }
    )
}

/// Up to where curves have outcomes, `ends` by their names: nothing is said of levels beyond, even if other curves reach them.
fn last_levels(what: &str, ends: &[(&str, f64)], all: usize, unit: &str) -> String {
    let shortest = ends.iter().map(|end| end.1).fold(f64::INFINITY, f64::min);
    let names = || ends.iter().map(|end| end.0).collect::<Vec<_>>().join(", ");
    let whose = if ends.len() == all { "in all curves".to_owned() } else { format!("for {}", names()) };
    let at = |end: f64| format!("{}{unit}", level(end));
    if ends.iter().all(|end| end.1 == shortest) {
        return format!("the highest {what}, {}, {whose}", at(shortest));
    }
    if ends.len() > MOST_CURVES {
        return format!("{}, the highest {what} that all of them have an outcome at, {whose}", at(shortest));
    }
    let each: Vec<String> = ends.iter().map(|(name, end)| format!("{} for {name}", at(*end))).collect();
    format!("the highest {what} of each curve, {}", each.join(", "))
}

/// A sentence with the value of the only curve, or of a few, or a pointer to the table of many; `what` is a quantity.
fn listed(what: &str, found: &[(String, String)]) -> String {
    match found {
        [] => String::new(),
        [(_, only)] => format!("The {what} is {only}; in brackets the 95 % interval."),
        few if few.len() <= MOST_CURVES => {
            let each: Vec<String> = few.iter().map(|(name, words)| format!("{words} for {name}")).collect();
            format!("The {what} is {}; in brackets the 95 % intervals.", each.join(", "))
        }
        _ => format!("The table below lists the {what} for each curve, with its 95 % interval."),
    }
}

/// What the tests say of both ends of a ranking; `size` words a difference.
fn told(ranking: &Ranking, most: &str, least: &str, size: impl Fn(f64) -> String) -> String {
    let (highest, lowest) = (ranking.highest(), ranking.lowest());
    let differs = |end: &End, what: &str| format!("{} {what}: it differs from every other ({TESTS}).", end.name);
    let power = |end: &End| match end.least_difference {
        Some(least) => format!(" A difference of {} would have been found with a power of 80 %.", size(least)),
        None => String::new(),
    };
    let first = match (highest.stands_alone(), highest.like.is_empty()) {
        (true, _) => differs(&highest, most),
        (false, true) => format!("Which {most} cannot be told."),
        (false, false) => format!(
            "Which {most} cannot be told: {} are not distinguishable ({TESTS}).{}",
            highest.names(),
            power(&highest)
        ),
    };
    let mut text = vec![first];
    if !highest.untested.is_empty() {
        text.push(format!("Not tested against {}: {}.", highest.name, highest.untested_names()));
    }
    if lowest.stands_alone() {
        text.push(differs(&lowest, least));
    }
    text.join(" ")
}

/// The mean outcome, or how conditions compare, where there is no threshold.
fn outcomes(facts: &Facts, sweep: &Sweep) -> String {
    let key = facts.sweeps.x.as_ref().map_or("", |axis| axis.key.as_str());
    let named = |curve: &SweptCurve, point: &SweptPoint| {
        let of_curve = curve.value.as_ref().map(|_| facts.sweeps.name(curve));
        // A study of first weights asks for firing rates.
        let rate = point.initial_rate.filter(|_| key == "weights.sigma_init");
        let rate = rate.map(|rate| format!(" ({} Hz before training)", significant(rate))).unwrap_or_default();
        let at = point.x.map(|x| format!("{}{}{rate}", level(x), unit(key)));
        match (of_curve, at) {
            (Some(name), Some(at)) => format!("{name} at {at}"),
            (name, at) => name.or(at).unwrap_or_else(|| facts.sweeps.name(curve)),
        }
    };
    let points = sweep.curves.iter().flat_map(|curve| curve.points.iter().map(move |point| (curve, point)));
    let points: Vec<(&SweptCurve, &SweptPoint)> = points.filter(|(_, point)| !point.outcomes.is_empty()).collect();
    if let [(_, only)] = points[..] {
        return only
            .estimate()
            .map(|sample| format!("The mean test accuracy is {}.", mean_words(sample)))
            .unwrap_or_default();
    }
    if points.is_empty() {
        return "No trial has an outcome that an answer may rest on.".to_owned();
    }
    let most = points.iter().filter_map(|(_, point)| point.estimate()).map(|sample| sample.n).max().unwrap_or(0);
    if most < LEAST_REPEATS {
        return format!(
            "No condition is called better than another: there are no more than n = {most} independent repeats of each, and a \
             comparison takes {LEAST_REPEATS}. The table of outcomes lists all of them."
        );
    }
    let values = points.iter().map(|(curve, point)| (named(curve, point), point.outcomes.clone()));
    match Ranking::new(values.collect()).filter(Ranking::is_tested) {
        Some(ranking) => {
            told(&ranking, "has the highest mean test accuracy", "has the lowest mean test accuracy", |value| {
                format!("{} points", significant(100.0 * value))
            })
        }
        None => "How the conditions compare is told in the section on differences.".to_owned(),
    }
}

fn by_curve(facts: &Facts, tolerances: &[Tolerance], direction: Direction) -> maud::Markup {
    let key = facts.sweeps.x.as_ref().map_or("", |axis| axis.key.as_str());
    let row = |tolerance: &Tolerance| {
        let held = tolerance.held.as_ref().map(|held| held_words(&held[THRESHOLD], tolerance.last, key));
        let crossing = tolerance.crossings.as_ref().map(|all| crossing_words(facts, &all[THRESHOLD], tolerance, key));
        let withheld = tolerance.withheld(THRESHOLD, direction);
        let at = match if direction.whole { held } else { crossing } {
            _ if withheld.is_some() => withheld.map(|found| withheld_words(&found, key)).unwrap_or_default(),
            _ if tolerance.guesses(facts.chance) => "not known: accuracy cannot be told from guessing".to_owned(),
            Ok(words) => words,
            Err(error) => format!("not known: {error}"),
        };
        vec![tolerance.name.clone(), at, mean(tolerance.clean.map(|clean| clean.1))]
    };
    let rows: Vec<Vec<String>> = tolerances.iter().map(row).collect();
    let what = if direction.whole { "last level that keeps 95 % of A*" } else { "A* falls to 95 % at (95 % interval)" };
    let accuracy = format!("accuracy at the {}, %", clean_level(direction));
    table(&format!("Tolerance: {}", facts.sweeps.x_words()), &["curve", what, &accuracy], &rows)
}

#[cfg(test)]
mod tests {
    use ohmspike_stats::draws::Draws;

    use super::*;

    #[test]
    fn nothing_is_said_of_levels_that_a_curve_does_not_have() {
        let words = |ends: &[(&str, f64)], all| last_levels("noise", ends, all, " %");
        assert_eq!(words(&[("a", 100.0), ("b", 100.0)], 2), "the highest noise, 100 %, in all curves");
        assert_eq!(words(&[("a", 100.0), ("b", 100.0)], 3), "the highest noise, 100 %, for a, b");
        assert_eq!(words(&[("a", 100.0), ("b", 50.0)], 2), "the highest noise of each curve, 100 % for a, 50 % for b");
        let many = [("a", 100.0), ("b", 50.0), ("c", 50.0), ("d", 75.0), ("e", 100.0)];
        assert_eq!(words(&many, 5), "50 %, the highest noise that all of them have an outcome at, in all curves");
    }

    #[test]
    fn pairs_without_a_test_are_called_untested() {
        let drawn = |values: &[f64]| (1..).map(Draws::all).zip(values.iter().copied()).collect::<Vec<Drawn>>();
        let told = |values: &[(&str, &[f64])]| {
            let values = values.iter().map(|(name, values)| ((*name).to_owned(), drawn(values)));
            let ranking = Ranking::new(values.collect()).expect("several");
            told(&ranking, "is most", "is least", |value| value.to_string())
        };
        let low: &[f64] = &[0.01, 0.02, 0.015, 0.01];
        // b is a and 0.25 in every seed.
        let words = told(&[("a", &[0.5, 0.75, 0.5, 0.625]), ("b", &[0.75, 1.0, 0.75, 0.875]), ("c", low)]);
        assert!(
            words.starts_with(
                "Which is most cannot be told. Not tested against b: a (all 4 pairs differ by exactly 0.25)."
            ),
            "{words}"
        );
        assert!(
            words.contains("c is least: it differs from every other") && !words.contains("not distinguishable"),
            "{words}"
        );
    }
}
