//! The answer in a sentence or two, with its numbers.

use maud::html;

use super::number::{level, mean, mean_words, unit};
use super::table::table;
use super::tolerance::{Tolerance, crossing_words};
use super::{Facts, Section};
use crate::statistics::Sample;
use crate::statistics::normalised::Crossing;
use crate::sweep::{Sweep, SweptCurve, SweptPoint};

/// Which of the thresholds the answer is about: 95 %.
const THRESHOLD: usize = 1;

/// The section.
pub fn section(facts: &Facts) -> Section {
    let body = html! {
        @if facts.done.iter().all(|done| done.record.outcome.is_none()) {
            p.answer { "No trial has an outcome yet." }
        } @else {
            @for (number, sweep) in facts.sweeps.sweeps.iter().enumerate() {
                p.answer {
                    @if !sweep.apart.is_empty() { strong { (sweep.name()) ": " } }
                    (sentences(facts, sweep, facts.tolerances.get(number)))
                }
                @if let Some(tolerances) = facts.tolerances.get(number).filter(|all| all.len() > 1) {
                    (by_curve(facts, tolerances))
                }
            }
        }
    };
    Section { id: "answer", heading: "Answer", body }
}

fn sentences(facts: &Facts, sweep: &Sweep, tolerances: Option<&Vec<Tolerance>>) -> String {
    let borne = tolerances.and_then(|tolerances| borne(facts, tolerances)).unwrap_or_default();
    // A crossing is measured from the lowest level, which must be the most accurate one.
    let caution = match tolerances {
        Some(tolerances) if tolerances.iter().any(|tolerance| tolerance.guesses(facts.chance)) => {
            "At the lowest level not every curve can be told from guessing: how much it bears is not known.".to_owned()
        }
        Some(tolerances) if tolerances.iter().any(Tolerance::gains) => {
            "The lowest level is not the most accurate one, so that this says little of how much noise is borne."
                .to_owned()
        }
        _ => String::new(),
    };
    [borne, caution, extremes(facts, sweep)].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Which curve bears most and which least.
fn borne(facts: &Facts, tolerances: &[Tolerance]) -> Option<String> {
    let key = &facts.sweeps.x.as_ref()?.key;
    let crossing = |tolerance: &Tolerance| Some(*tolerance.crossings.as_ref().ok()?.get(THRESHOLD)?);
    let mut known: Vec<(&Tolerance, Crossing)> =
        tolerances.iter().filter_map(|tolerance| Some((tolerance, crossing(tolerance)?))).collect();
    // A crossing beyond the last level is above any other.
    let place = |crossing: &Crossing| crossing.level.unwrap_or(f64::INFINITY);
    known.sort_by(|a, b| place(&b.1).total_cmp(&place(&a.1)));
    let words = |(tolerance, crossing): &(&Tolerance, Crossing)| {
        // Curves that cross at one place, or all beyond the last level, bear the same.
        let same = known.iter().filter(|(_, other)| place(other) == place(crossing));
        let names: Vec<&str> = same.map(|(tolerance, _)| tolerance.name.as_str()).collect();
        let bear = if names.len() > 1 { "bear" } else { "bears" };
        (format!("{} for {}", crossing_words(crossing, tolerance.highest, key), names.join(" and ")), bear)
    };
    let what = format!("Normalised accuracy falls to 95 % at a {} of", facts.sweeps.x_words());
    if !known.is_empty() && known.iter().all(|(_, crossing)| crossing.level.is_none()) {
        let highest = known.iter().map(|(tolerance, _)| tolerance.highest).fold(f64::NEG_INFINITY, f64::max);
        return Some(format!(
            "Normalised accuracy stays above 95 % up to the highest {}, {}{}, in all curves.",
            facts.sweeps.x_words(),
            level(highest),
            unit(key)
        ));
    }
    match known.as_slice() {
        [] => None,
        [only] => Some(format!("{what} {}; in brackets the 95 % interval.", words(only).0)),
        [most, .., least] => {
            let ((most, bear), (least, bear_least)) = (words(most), words(least));
            Some(format!(
                "{what} {most}, which {bear} most, and {least}, which {bear_least} least; in brackets the 95 % intervals."
            ))
        }
    }
}

/// The best and the worst condition, or at the end of a curve where there are several.
fn extremes(facts: &Facts, sweep: &Sweep) -> String {
    let key = facts.sweeps.x.as_ref().map_or("", |axis| axis.key.as_str());
    let named = |curve: &SweptCurve, point: &SweptPoint| {
        let at = point.x.map(|x| format!(" at {}{}", level(x), unit(key))).unwrap_or_default();
        format!("{}{at}", facts.sweeps.name(curve))
    };
    let with_mean = |curve: &SweptCurve, point: &SweptPoint| Some((named(curve, point), Sample::of(&point.values())?));
    let all =
        sweep.curves.iter().flat_map(|curve| curve.points.iter().filter_map(move |point| with_mean(curve, point)));
    let mut all: Vec<(String, Sample)> = all.collect();
    all.sort_by(|a, b| b.1.mean.total_cmp(&a.1.mean));
    match (all.first(), all.last()) {
        (Some(best), Some(worst)) if all.len() > 1 => format!(
            "The mean test accuracy is highest, {}, for {}, and lowest, {}, for {}.",
            mean_words(best.1),
            best.0,
            mean_words(worst.1),
            worst.0
        ),
        (Some(only), _) => format!("The mean test accuracy is {}.", mean_words(only.1)),
        _ => String::new(),
    }
}

fn by_curve(facts: &Facts, tolerances: &[Tolerance]) -> maud::Markup {
    let key = facts.sweeps.x.as_ref().map_or("", |axis| axis.key.as_str());
    let row = |tolerance: &Tolerance| {
        let crossing = match &tolerance.crossings {
            Ok(crossings) => crossing_words(&crossings[THRESHOLD], tolerance.highest, key),
            Err(error) => format!("not known: {error}"),
        };
        vec![tolerance.name.clone(), crossing, mean(tolerance.clean.map(|clean| clean.1))]
    };
    let rows: Vec<Vec<String>> = tolerances.iter().map(row).collect();
    let head = ["curve", "A* falls to 95 % at (95 % interval)", "accuracy at the lowest level, %"];
    table(&format!("{} that is borne", facts.sweeps.x_words()), &head, &rows)
}
