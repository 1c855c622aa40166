//! The answer in a few sentences with numbers. Only paired tests name a highest or a lowest condition.

use std::collections::BTreeMap;

use maud::{Markup, html};

use ohmspike_analysis::sweep::{Sweep, SweptCurve, SweptPoint};
use ohmspike_stats::normalised::Crossing;
use ohmspike_stats::{Estimate, MIN_REPEATS};
use ohmspike_study::health::HealthKind;
use ohmspike_study::health::rise::untested;
use ohmspike_study::significant::significant;

use super::completeness::completeness;
use super::crossing_words::{crossing_words, held_words, no_interval};
use super::direction::Direction;
use super::figures::main_figure;
use super::number::{computed_level, level_at, mean, mean_words};
use super::ranking::{End, Ranking};
use super::table::table;
use super::tolerance::{clean_level, reference_words, withheld_words};
use super::tolerated::Tolerance;
use super::{Facts, Section};
use crate::figures::Figure;

/// Index of the threshold of the answer: 95 %.
const THRESHOLD: usize = 1;
/// Starts an entry of a list within the sentences.
const ENTRY: char = '\u{1e}';
/// Ends the last entry of a list within the sentences.
const ENTRY_END: char = '\u{1d}';
/// Largest number of curves or conditions that a sentence lists.
const MAX_LISTED: usize = 4;

/// Returns the section: the sentences, the main figure, and what limits the answer.
pub fn section(facts: &Facts) -> Section {
    let answered = facts.done.iter().any(|done| done.record.outcome.is_some());
    let figure = facts.report.figures.first();
    let body = html! {
        // Next to a wide figure there is no room for the text.
        div.lead.alone[figure.is_none_or(Figure::is_wide)] {
            div.text {
                @if answered { (sentences_of_sweeps(facts)) } @else { p.answer { "No trial has an outcome yet." } }
            }
            @if let Some(figure) = figure { (main_figure(figure)) }
            div.notes { (completeness(facts)) @if answered { (notes(facts)) } }
        }
    };
    Section { id: "answer", heading: "Answer", body }
}

/// The direction and the tolerances of a sweep, by its number.
fn found<'a>(facts: &'a Facts, number: usize) -> Option<(Direction, &'a Vec<Tolerance>)> {
    facts.tolerances.as_ref().and_then(|(direction, all)| Some((*direction, all.get(number)?)))
}

fn sentences_of_sweeps(facts: &Facts) -> Markup {
    html! {
        @for (number, sweep) in facts.sweeps.sweeps.iter().enumerate() {
            @let text = sentences(facts, sweep, found(facts, number));
            div.answer {
                @if !sweep.apart.is_empty() { p { strong { (sweep.name()) ":" } } }
                @for part in text.split(ENTRY_END) { (paragraph_or_list(part)) }
            }
        }
    }
}

/// A paragraph, or a list if it has entries: the words before the first entry introduce it.
fn paragraph_or_list(text: &str) -> Markup {
    let mut parts = text.split(ENTRY);
    let words = parts.next().unwrap_or_default().trim();
    let entries: Vec<&str> = parts.collect();
    html! {
        @if !words.is_empty() { p { (words) } }
        @if !entries.is_empty() { ul { @for entry in entries { li { (entry) } } } }
    }
}

/// Warnings, the tolerance of many curves, and the method.
fn notes(facts: &Facts) -> Markup {
    html! {
        @for (number, sweep) in facts.sweeps.sweeps.iter().enumerate() {
            @let found = found(facts, number);
            @for reason in found.map(|(direction, all)| withheld(facts, all, direction)).unwrap_or_default() { p.warning { (reason) } }
            @if let Some(excluded) = excluded(sweep) { p.warning { (excluded) " See " a href="#health" { "Health" } "." } }
            @if let Some((direction, tolerances)) = found.filter(|(_, all)| all.len() > MAX_LISTED) {
                (by_curve(facts, tolerances, direction))
            }
        }
        @if facts.tolerances.is_some() {
            p.method {
                "Normalised accuracy is 100 % at the " (facts.tolerances.as_ref().map_or("", |(direction, _)| clean_level(*direction)))
                " of each curve and 0 % at chance. Brackets are 95 % confidence intervals."
            }
        }
        @if facts.seeds_done().len() >= MIN_REPEATS && facts.study().conditions.len() > 1 {
            p.method {
                "Comparisons are paired t tests on shared seeds, adjusted by Holm, at a level of 5 %."
                @if facts.tolerances.is_some() { " Two curves differ if no level can be the crossing of both. Between studied levels, both are assumed to have the same shape." }
            }
        }
        @if let Some(untested) = untested(&facts.study().conditions[0].settings) {
            p.method { (capital(&untested)) "." }
        }
    }
}

/// Capitalises the first letter.
fn capital(text: &str) -> String {
    let (first, rest) = text.split_at(text.chars().next().map_or(0, char::len_utf8));
    first.to_uppercase() + rest
}

fn sentences(facts: &Facts, sweep: &Sweep, found: Option<(Direction, &Vec<Tolerance>)>) -> String {
    let Some((direction, tolerances)) = found else { return outcomes(facts, sweep) };
    let clean = clean_level(direction);
    let mut text = vec![tolerated(facts, tolerances, direction)];
    let at_chance: Vec<&str> =
        tolerances.iter().filter(|one| one.is_at_chance(facts.chance)).map(|one| one.name.as_str()).collect();
    if !at_chance.is_empty() {
        let curves = if tolerances.len() == 1 { String::new() } else { format!(" for {}", at_chance.join(", ")) };
        text.push(format!("There is no answer{curves}: accuracy at the {clean} does not differ from chance."));
    } else if tolerances.iter().any(Tolerance::gains) {
        let caution =
            format!("Caution: accuracy is not highest at the {clean}, so tolerance is not well defined.{ENTRY_END}");
        text.insert(0, caution);
    }
    text.retain(|text| !text.is_empty());
    if let Some(axis) = facts.sweeps.x.as_ref().filter(|_| !text.is_empty()) {
        text.extend(reference_words(tolerances, &axis.key, direction));
    }
    let withheld = tolerances.iter().any(|one| one.withheld(THRESHOLD, direction).is_some());
    match text.is_empty() {
        true if withheld => "The answer is withheld; see the warnings.".to_owned(),
        true => outcomes(facts, sweep),
        false => text.join(" "),
    }
}

/// Why curves have no answer, with advice: one sentence for all curves with the same reason.
fn withheld(facts: &Facts, tolerances: &[Tolerance], direction: Direction) -> Vec<String> {
    let key = facts.sweeps.x.as_ref().map_or("", |axis| axis.key.as_str());
    let mut reasons: Vec<(String, String, Vec<&str>)> = Vec::new();
    for tolerance in tolerances {
        let Some(found) = tolerance.withheld(THRESHOLD, direction) else { continue };
        let words = withheld_words(&found, key);
        match reasons.iter_mut().find(|(known, ..)| *known == words) {
            Some((.., names)) => names.push(&tolerance.name),
            None => {
                let last = found.levels.last().map(|at| level_at(key, *at)).unwrap_or_default();
                let detail = format!("At {last}: {}. To fix this: {}.", found.state.reason(), found.advice);
                reasons.push((words, detail, vec![&tolerance.name]));
            }
        }
    }
    let sentence = |(words, detail, names): (String, String, Vec<&str>)| {
        format!("Tolerance of {}: {words}. {detail}", names.join(", "))
    };
    reasons.into_iter().map(sentence).collect()
}

/// How many trials of a sweep the answer excludes, and why.
fn excluded(sweep: &Sweep) -> Option<String> {
    let points = || sweep.curves.iter().flat_map(|curve| &curve.points);
    let mut kinds: BTreeMap<HealthKind, usize> = BTreeMap::new();
    for (state, _) in points().flat_map(|point| &point.health.unusable) {
        *kinds.entry(state.kind()).or_default() += 1;
    }
    let (left, all) = (kinds.values().sum::<usize>(), points().map(|point| point.health.usable).sum::<usize>());
    let words: Vec<String> = kinds.iter().map(|(kind, count)| format!("{count} {}", kind.words())).collect();
    let trials = left + all;
    let what =
        if sweep.apart.is_empty() { "This answer".to_owned() } else { format!("The answer for {}", sweep.name()) };
    (left > 0).then(|| format!("{what} excludes {left} of {trials} trials: {}.", words.join(", ")))
}

/// What the curves tolerate, without curves at chance.
fn tolerated(facts: &Facts, tolerances: &[Tolerance], direction: Direction) -> String {
    let Some(axis) = &facts.sweeps.x else { return String::new() };
    let known: Vec<&Tolerance> = tolerances
        .iter()
        .filter(|one| !one.is_at_chance(facts.chance) && one.withheld(THRESHOLD, direction).is_none())
        .collect();
    if direction.whole {
        whole(facts, &known, &axis.key, direction)
    } else {
        between(facts, &known, tolerances.len(), &axis.key)
    }
}

/// The last levels that keep the accuracy, on an axis of whole numbers.
fn whole(facts: &Facts, known: &[&Tolerance], key: &str, direction: Direction) -> String {
    let of = |tolerance: &&Tolerance| {
        let held = tolerance.held.as_ref().ok()?.get(THRESHOLD)?;
        Some((tolerance.name.clone(), held_words(held, tolerance.last, key)))
    };
    let found: Vec<(String, String)> = known.iter().filter_map(of).collect();
    let end = if direction.falls { "smallest" } else { "largest" };
    let what = capital(&facts.sweeps.x_words());
    listed(&format!("{what}: the {end} tested value with at least 95 % of the normalised accuracy is"), &found)
}

/// The levels at which the accuracy falls, and the ranking of the curves; `known` of `all` curves have an answer.
fn between(facts: &Facts, known: &[&Tolerance], all: usize, key: &str) -> String {
    let crossing = |tolerance: &Tolerance| tolerance.crossings.as_ref().ok()?.get(THRESHOLD).cloned();
    let found: Vec<_> = known.iter().filter_map(|tolerance| Some((*tolerance, crossing(tolerance)?))).collect();
    if !found.is_empty() && found.iter().all(|(_, crossing)| crossing.level.is_none()) {
        return held_throughout(facts, &found, all, key);
    }
    let words = |(tolerance, crossing): &(&Tolerance, _)| {
        (tolerance.name.clone(), crossing_words(facts, crossing, tolerance, key))
    };
    let mut text = vec![listed(
        &format!("{}: normalised accuracy falls to 95 % at", capital(&facts.sweeps.x_words())),
        &found.iter().map(words).collect::<Vec<_>>(),
    )];
    if let Some((tolerance, crossing)) = found.first() {
        let bare = found.iter().all(|(_, crossing)| crossing.interval.is_none());
        text.extend(
            no_interval(crossing, tolerance).filter(|_| bare).map(|why| format!("No confidence interval: {why}.")),
        );
    }
    text.push(compared(&found, key));
    text.retain(|text| !text.is_empty());
    text.join(" ")
}

/// The ranking of the curves by their crossings.
fn compared(found: &[(&Tolerance, Crossing)], key: &str) -> String {
    let of = |(tolerance, crossing): &(&Tolerance, Crossing)| {
        let has = crossing.level.is_some() && !crossing.by_repeat.is_empty();
        has.then(|| (tolerance.name.clone(), crossing.clone()))
    };
    let crossings: Option<Vec<(String, Crossing)>> = found.iter().map(of).collect();
    let ranking = crossings.and_then(|crossings| Ranking::by(crossings, |crossing| crossing.level, Crossing::compared));
    match ranking.filter(Ranking::is_tested) {
        Some(ranking) => {
            // A crossing that far away would not be between the studied levels.
            let room = |(tolerance, crossing): &(&Tolerance, Crossing)| {
                let (first, at) = (tolerance.clean?.0, crossing.level?);
                Some((tolerance.last - at).abs().max((at - first).abs()))
            };
            let room = found.iter().filter_map(room).fold(0.0, f64::max);
            ranked(&ranking, "curve", "tolerates most", "tolerates least", |value| {
                (value <= room).then(|| computed_level(key, value))
            })
        }
        None if found.len() > 1 => {
            "The curves are not ranked: that needs three shared seeds and a crossing in every curve.".to_owned()
        }
        None => String::new(),
    }
}

/// Curves that stay above the threshold at all levels with an outcome; `found` of `all` curves.
fn held_throughout(facts: &Facts, found: &[(&Tolerance, Crossing)], all: usize, key: &str) -> String {
    let near = |crossing: &Crossing| crossing.interval.is_some_and(|interval| interval.near.is_none());
    let certain = found.iter().all(|(_, crossing)| near(crossing));
    let ends: Vec<(&str, f64)> = found.iter().map(|(one, _)| (one.name.as_str(), one.last)).collect();
    format!(
        "Mean normalised accuracy stays above 95 % up to {}. {}",
        last_levels(&facts.sweeps.x_words(), &ends, all, |end| level_at(key, end)),
        if certain { "So do the 95 % intervals." } else { "The 95 % intervals do not exclude an earlier fall." }
    )
}

/// The last levels with outcomes, by curve: levels that only other curves reach do not count.
fn last_levels(what: &str, ends: &[(&str, f64)], all: usize, at: impl Fn(f64) -> String) -> String {
    let shortest = ends.iter().map(|end| end.1).fold(f64::INFINITY, f64::min);
    let names = || ends.iter().map(|end| end.0).collect::<Vec<_>>().join(", ");
    let curves = if ends.len() == all { "in all curves".to_owned() } else { format!("for {}", names()) };
    if ends.iter().all(|end| end.1 == shortest) {
        return format!("the highest {what}, {}, {curves}", at(shortest));
    }
    if ends.len() > MAX_LISTED {
        return format!("{}, the highest {what} with an outcome of every curve, {curves}", at(shortest));
    }
    let each: Vec<String> = ends.iter().map(|(name, end)| format!("{} for {name}", at(*end))).collect();
    format!("the highest {what} of each curve, {}", each.join(", "))
}

/// A sentence with one value or a few; many are in the table.
fn listed(what: &str, found: &[(String, String)]) -> String {
    match found {
        [] => String::new(),
        [(_, only)] => format!("{what} {only}."),
        few if few.len() <= MAX_LISTED => {
            let each: String = few.iter().map(|(name, words)| format!("{ENTRY}{name}: {words}")).collect();
            format!("{what}{each}{ENTRY_END}")
        }
        many => format!("{what} the values in the table for {} curves.", many.len()),
    }
}

/// What the tests say of both ends of a ranking; `size` formats a difference, if it is possible at all.
fn ranked(ranking: &Ranking, one: &str, most: &str, least: &str, size: impl Fn(f64) -> Option<String>) -> String {
    let (highest, lowest) = (ranking.highest(), ranking.lowest());
    let differs = |end: &End, what: &str| format!("{} {what} and differs from all others.", end.name);
    let power = |end: &End| match end.least_difference {
        Some(least) => match size(least) {
            Some(size) => format!(" A difference of {size} would have been detected with a power of 80 %."),
            None => " There are too few repeats to detect any difference reliably.".to_owned(),
        },
        None => String::new(),
    };
    let first = match (highest.stands_alone(), highest.like.is_empty()) {
        (true, _) => differs(&highest, most),
        (false, true) => format!("It is undecided which {one} {most}."),
        (false, false) => format!(
            "It is undecided which {one} {most}: {} do not differ significantly.{}",
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

/// The outcome of each condition, or their range, and how they compare; for axes without a threshold.
fn outcomes(facts: &Facts, sweep: &Sweep) -> String {
    let key = facts.sweeps.x.as_ref().map_or("", |axis| axis.key.as_str());
    let named = |curve: &SweptCurve, point: &SweptPoint| {
        let of_curve = curve.value.as_ref().map(|_| facts.sweeps.name(curve));
        // Studies of the initial weight spread ask for firing rates.
        let rate = point.initial_rate().filter(|_| key == "weights.sigma_init");
        let rate = rate.map(|rate| format!(" ({} Hz before training)", significant(rate))).unwrap_or_default();
        let at = point.x.map(|x| format!("{}{rate}", level_at(key, x)));
        match (of_curve, at) {
            (Some(name), Some(at)) => format!("{name} at {at}"),
            (name, at) => name.or(at).unwrap_or_else(|| facts.sweeps.name(curve)),
        }
    };
    let points = sweep.curves.iter().flat_map(|curve| curve.points.iter().map(move |point| (curve, point)));
    let points: Vec<(&SweptCurve, &SweptPoint)> = points.filter(|(_, point)| !point.outcomes.is_empty()).collect();
    if let [(_, only)] = points[..] {
        let words = |sample| format!("The mean test accuracy is {}.", mean_words(sample));
        return only.estimate().map(words).unwrap_or_default();
    }
    if points.is_empty() {
        return "No trial has an outcome that an answer can use.".to_owned();
    }
    let means: Vec<(String, Estimate)> =
        points.iter().filter_map(|(curve, point)| Some((named(curve, point), point.estimate()?))).collect();
    let most = means.iter().map(|(_, sample)| sample.n).max().unwrap_or(0);
    let values = points.iter().map(|(curve, point)| (named(curve, point), point.outcomes.clone()));
    let compared = match Ranking::new(values.collect()).filter(|ranking| most >= MIN_REPEATS && ranking.is_tested()) {
        _ if most < MIN_REPEATS => format!(
            "Conditions are not ranked: a comparison needs {MIN_REPEATS} independent repeats, and there {} only {most}.",
            if most == 1 { "is" } else { "are" }
        ),
        Some(ranking) => {
            let (highest, lowest) = ("has the highest mean test accuracy", "has the lowest mean test accuracy");
            ranked(&ranking, "condition", highest, lowest, difference_words)
        }
        None => "See Comparisons for the tests.".to_owned(),
    };
    format!("{} {compared}", all_means(&means))
}

/// Formats a difference of accuracy; none for an impossible one, which tests of few repeats may need.
fn difference_words(difference: f64) -> Option<String> {
    (difference <= 1.0).then(|| format!("{} points", significant(100.0 * difference)))
}

/// The means of a few conditions, or the range of many.
fn all_means(means: &[(String, Estimate)]) -> String {
    let words = |(name, sample): &(String, Estimate)| format!("{} at {name}", mean_words(*sample));
    if means.len() <= MAX_LISTED {
        let each: Vec<String> = means.iter().map(words).collect();
        return format!("Mean test accuracy: {}.", each.join("; "));
    }
    let order = |one: &&(String, Estimate), other: &&(String, Estimate)| one.1.mean.total_cmp(&other.1.mean);
    match (means.iter().min_by(order), means.iter().max_by(order)) {
        (Some(low), Some(high)) => format!("Mean test accuracy ranges from {} to {}.", words(low), words(high)),
        _ => String::new(),
    }
}

/// The tolerance of every curve.
fn by_curve(facts: &Facts, tolerances: &[Tolerance], direction: Direction) -> Markup {
    let key = facts.sweeps.x.as_ref().map_or("", |axis| axis.key.as_str());
    let row = |tolerance: &Tolerance| {
        let held = tolerance.held.as_ref().map(|held| held_words(&held[THRESHOLD], tolerance.last, key));
        let crossing = tolerance.crossings.as_ref().map(|all| crossing_words(facts, &all[THRESHOLD], tolerance, key));
        let withheld = tolerance.withheld(THRESHOLD, direction);
        let at = match if direction.whole { held } else { crossing } {
            _ if withheld.is_some() => withheld.map(|found| withheld_words(&found, key)).unwrap_or_default(),
            _ if tolerance.is_at_chance(facts.chance) => "unknown: accuracy does not differ from chance".to_owned(),
            Ok(words) => words,
            Err(error) => format!("unknown: {error}"),
        };
        vec![tolerance.name.clone(), at, mean(tolerance.clean.map(|clean| clean.1))]
    };
    let rows: Vec<Vec<String>> = tolerances.iter().map(row).collect();
    let what = if direction.whole { "last level that keeps 95 %" } else { "falls to 95 % at (95 % interval)" };
    let accuracy = format!("accuracy at the {}, %", clean_level(direction));
    table(&format!("Tolerance: {}", facts.sweeps.x_words()), &["curve", what, &accuracy], &rows)
}

#[cfg(test)]
mod tests {
    use ohmspike_stats::draws::{Drawn, Draws};

    use super::*;

    #[test]
    fn levels_without_an_outcome_do_not_count() {
        let words =
            |ends: &[(&str, f64)], all| last_levels("noise", ends, all, |end| level_at("noise.level_percent", end));
        assert_eq!(words(&[("a", 100.0), ("b", 100.0)], 2), "the highest noise, 100 %, in all curves");
        assert_eq!(words(&[("a", 100.0), ("b", 100.0)], 3), "the highest noise, 100 %, for a, b");
        assert_eq!(words(&[("a", 100.0), ("b", 50.0)], 2), "the highest noise of each curve, 100 % for a, 50 % for b");
        let many = [("a", 100.0), ("b", 50.0), ("c", 50.0), ("d", 75.0), ("e", 100.0)];
        assert_eq!(words(&many, 5), "50 %, the highest noise with an outcome of every curve, in all curves");
    }

    #[test]
    fn pairs_without_a_test_are_listed_as_untested() {
        let drawn = |values: &[f64]| (1..).map(Draws::all).zip(values.iter().copied()).collect::<Vec<Drawn>>();
        let told = |values: &[(&str, &[f64])]| {
            let values = values.iter().map(|(name, values)| ((*name).to_owned(), drawn(values)));
            let ranking = Ranking::new(values.collect()).expect("several");
            ranked(&ranking, "one", "is most", "is least", |value| Some(value.to_string()))
        };
        let low: &[f64] = &[0.01, 0.02, 0.015, 0.01];
        // b is a and 0.25 in every seed.
        let words = told(&[("a", &[0.5, 0.75, 0.5, 0.625]), ("b", &[0.75, 1.0, 0.75, 0.875]), ("c", low)]);
        assert!(
            words.starts_with(
                "It is undecided which one is most. Not tested against b: a (all 4 pairs differ by exactly 0.25)."
            ),
            "{words}"
        );
        assert!(
            words.contains("c is least and differs from all others.") && !words.contains("significantly"),
            "{words}"
        );
    }
}
