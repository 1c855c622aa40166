//! Which conditions differ: Welch's t tests against a reference, Kruskal-Wallis and Dunn among all.

use maud::{Markup, html};

use super::number::{level, points, probability, unit};
use super::table::table;
use super::{Facts, Section};
use crate::figures::{FRACTION, number};
use crate::statistics::dunn::{Pair, dunn};
use crate::statistics::effect::Effect;
use crate::statistics::holm::stars;
use crate::statistics::kruskal::KruskalWallis;
use crate::statistics::reference::{Comparison, against_reference};
use crate::sweep::{Sweep, Sweeps, is_seed};

/// Conditions that are compared with each other, and at once.
struct Family {
    /// What they have in common.
    at: String,
    /// Name and outcomes of each.
    groups: Vec<(String, Vec<f64>)>,
    /// Which of them the others are held against.
    reference: usize,
}

/// The section.
pub fn section(facts: &Facts) -> Section {
    let sweeps = &facts.sweeps;
    let all: Vec<(&Sweep, Vec<Family>)> = sweeps.sweeps.iter().map(|sweep| (sweep, families(sweeps, sweep))).collect();
    let several = all.iter().any(|(_, families)| families.iter().any(|family| family.groups.len() > 1));
    let mut groups = all.iter().flat_map(|(_, families)| families).flat_map(|family| &family.groups);
    let repeated = groups.any(|(_, outcomes)| outcomes.len() > 1);
    let body = html! {
        @if !several { p { "The study has one condition: there is nothing to compare." } }
        @else if !repeated { p { "No condition has two outcomes yet: there is nothing to test. More seeds give more." } }
        @else {
            (method(facts.study().axes.iter().any(is_seed)))
            @for (sweep, families) in &all {
                @if !sweep.apart.is_empty() { h3 { (sweep.name()) } }
                (welch(families))
                @if families.iter().any(|family| family.groups.len() > 2) { (kruskal(families)) (pairs(families)) }
            }
        }
    };
    Section { id: "comparisons", heading: "Which conditions differ", body }
}

fn method(seeds_swept: bool) -> Markup {
    let shared = if seeds_swept {
        "Trials share chips or other draws where [seeds] is swept, which the test does not know: its p is then too small."
    } else {
        "Conditions of one seed share their draws, which the test does not use: it errs to the careful side."
    };
    html! {
        p.method {
            "Welch's t test, two-sided, of independent samples that need not have one variance; outcomes are assumed about normal. "
            (shared)
            " p (Holm) is adjusted for the tests of one \
             row of conditions (one level, all its comparisons with the reference). Stars: * below 0.05, ** below 0.01, *** below 0.001 of p \
             (Holm). d is Cohen's, g Hedges' with the exact factor; both in pooled standard deviations. Differences are in percentage points of \
             accuracy, with their 95 % interval."
        }
        p.method {
            "Kruskal-Wallis tests whether all groups have one distribution, by ranks and with the correction for ties; its p is that of \
             chi-squared, which is rough below five values a group. Dunn's test compares all pairs by the same ranks, adjusted by Holm's method \
             within a level. Both assume independent outcomes and no distribution."
        }
    }
}

/// The curves at every level, or the levels of the only curve.
fn families(sweeps: &Sweeps, sweep: &Sweep) -> Vec<Family> {
    let key = sweeps.x.as_ref().map_or("", |axis| axis.key.as_str());
    let at = |x: Option<f64>| x.map(|x| format!("{}{}", level(x), unit(key))).unwrap_or_default();
    if let [curve] = sweep.curves.as_slice() {
        let groups = curve.points.iter().map(|point| (at(point.x), point.values()));
        return vec![Family { at: String::new(), groups: groups.collect(), reference: 0 }];
    }
    let is_all_excitatory = |curve: &crate::sweep::SweptCurve| {
        sweeps.curve.as_ref().is_some_and(|axis| axis.key == FRACTION)
            && curve.value.as_ref().and_then(number) == Some(1.0)
    };
    let reference = sweep.curves.iter().position(is_all_excitatory).unwrap_or(0);
    let places = sweep.curves.first().map_or(0, |curve| curve.points.len());
    let family = |place: usize| {
        let groups = sweep.curves.iter().map(|curve| (sweeps.name(curve), curve.points[place].values()));
        Family { at: at(sweep.curves[0].points[place].x), groups: groups.collect(), reference }
    };
    (0..places).map(family).collect()
}

fn welch(families: &[Family]) -> Markup {
    let Some(reference) = families.first().map(|family| family.groups[family.reference].0.clone()) else {
        return html! {};
    };
    let rows: Vec<Vec<String>> = families.iter().flat_map(welch_rows).collect();
    let head = ["at", "group", "difference", "95 % interval", "t (degrees)", "p", "p (Holm)", "", "d", "g", "n"];
    table(&format!("Welch's t tests against {reference}"), &head, &rows)
}

fn welch_rows(family: &Family) -> Vec<Vec<String>> {
    let reference = &family.groups[family.reference].1;
    let others =
        family.groups.iter().enumerate().filter(|(place, _)| *place != family.reference).map(|(_, group)| group);
    let (names, outcomes): (Vec<String>, Vec<Vec<f64>>) = others.cloned().unzip();
    let compared = against_reference(reference, &outcomes);
    let row = |((name, outcomes), compared): ((&String, &Vec<f64>), Option<Comparison>)| {
        let told = match compared {
            Some(comparison) => told(&comparison, Effect::of(outcomes, reference).ok()),
            None => ["not tested: two outcomes each that spread are needed"]
                .map(str::to_owned)
                .into_iter()
                .chain(vec![String::new(); 7])
                .collect(),
        };
        let n = format!("{}, {}", outcomes.len(), reference.len());
        [family.at.clone(), name.clone()].into_iter().chain(told).chain([n]).collect()
    };
    names.iter().zip(&outcomes).zip(compared).map(row).collect()
}

fn told(Comparison { test, adjusted_p }: &Comparison, effect: Option<Effect>) -> Vec<String> {
    let shown = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.2}"));
    vec![
        points(test.difference),
        format!("{} to {}", points(test.ci95.0), points(test.ci95.1)),
        format!("{:.2} ({:.1})", test.t, test.degrees),
        probability(test.p),
        probability(*adjusted_p),
        stars(*adjusted_p).to_owned(),
        shown(effect.map(|effect| effect.cohens_d)),
        shown(effect.map(|effect| effect.hedges_g)),
    ]
}

fn groups(family: &Family) -> Vec<&[f64]> {
    family.groups.iter().map(|(_, outcomes)| outcomes.as_slice()).collect()
}

fn kruskal(families: &[Family]) -> Markup {
    let row = |family: &Family| {
        let n: Vec<String> = family.groups.iter().map(|(_, outcomes)| outcomes.len().to_string()).collect();
        let found = match KruskalWallis::of(&groups(family)) {
            Ok(test) => [
                format!("{:.2}", test.h),
                test.degrees.to_string(),
                probability(test.p),
                format!("{:.2}", test.epsilon_squared),
            ],
            Err(error) => [format!("not tested: {error}"), String::new(), String::new(), String::new()],
        };
        [family.at.clone()].into_iter().chain(found).chain([n.join(", ")]).collect::<Vec<String>>()
    };
    let rows: Vec<Vec<String>> = families.iter().map(row).collect();
    table("Kruskal-Wallis tests of all groups", &["at", "H", "degrees", "p", "epsilon squared", "n by group"], &rows)
}

/// One row a pair, one column a level.
fn pairs(families: &[Family]) -> Markup {
    let tests: Vec<Option<Vec<Pair>>> = families.iter().map(|family| dunn(&groups(family)).ok()).collect();
    let Some(first) = tests.iter().flatten().next() else { return html! {} };
    let names = &families[0].groups;
    let cell = |test: &Option<Vec<Pair>>, place: usize| match test.as_ref().map(|pairs| pairs[place]) {
        Some(pair) => format!("{:+.2} {}", pair.z, stars(pair.p_holm)).trim_end().to_owned(),
        None => "-".to_owned(),
    };
    let row = |(place, pair): (usize, &Pair)| {
        let (a, b) = pair.groups;
        let name = format!("{} less {}", names[a].0, names[b].0);
        [name].into_iter().chain(tests.iter().map(|test| cell(test, place))).collect::<Vec<String>>()
    };
    let rows: Vec<Vec<String>> = first.iter().enumerate().map(row).collect();
    let head: Vec<&str> = ["pair"].into_iter().chain(families.iter().map(|family| family.at.as_str())).collect();
    table("Dunn's tests of all pairs: z of the difference of mean ranks, with the stars of p (Holm)", &head, &rows)
}
