//! Which conditions differ: paired t tests over shared seeds, against a reference and of all pairs.

use maud::{Markup, html};

use ohmspike_analysis::sweep::{Sweep, Sweeps, SweptCurve};
use ohmspike_stats::draws::Drawn;
use ohmspike_stats::paired::{Adjusted, Paired, PairedError, adjusted};
use ohmspike_study::axis_value::number;
use ohmspike_study::key_label::FRACTION;
use ohmspike_study::significant::significant;

use super::number::{level, points, probability, unit};
use super::table::table;
use super::{Facts, Section};

/// Conditions that are compared with each other.
struct Family {
    /// What they have in common.
    at: String,
    /// Name and outcomes of each.
    groups: Vec<(String, Vec<Drawn>)>,
    /// Which of them the others are held against.
    reference: usize,
}

/// Groups up to which all pairs are shown.
const MOST_GROUPS: usize = 12;

/// The section.
pub fn section(facts: &Facts) -> Section {
    let sweeps = &facts.sweeps;
    let all: Vec<(&Sweep, Vec<Family>)> = sweeps.sweeps.iter().map(|sweep| (sweep, families(sweeps, sweep))).collect();
    let several = all.iter().any(|(_, families)| families.iter().any(|family| family.groups.len() > 1));
    let tested = all.iter().any(|(_, families)| against_reference(families).iter().any(|row| row.2.is_ok()));
    let body = html! {
        @if !several { p { "The study has one condition: there is nothing to compare." } }
        @else if !tested {
            p { "No two conditions have three independent repeats in common, so nothing is tested and no condition is called better than another." }
        } @else {
            (method())
            @for (sweep, families) in &all {
                @if !sweep.apart.is_empty() { h3 { (sweep.name()) } }
                (reference(families))
                @if families.iter().any(|family| (3..=MOST_GROUPS).contains(&family.groups.len())) { (pairs(families)) }
            }
        }
    };
    Section { id: "comparisons", heading: "Which conditions differ", body }
}

fn method() -> Markup {
    html! {
        p.method {
            "Two conditions differ where a paired t test over shared seeds, two-sided, has p (Holm) below 0.05. A pair is two outcomes whose common \
             random streams have the same seeds; copies count once, and outcomes that share some of their draws are not independent: n is the \
             number of independent pairs. Differences of pairs are assumed about normal. p (Holm) is adjusted over all tests of a table. Where two \
             conditions are not distinguishable, the table names the difference that the same test would have found with a power of 80 %, adjusted alike."
        }
    }
}

/// The curves at every level, or the levels of the only curve.
fn families(sweeps: &Sweeps, sweep: &Sweep) -> Vec<Family> {
    let key = sweeps.x.as_ref().map_or("", |axis| axis.key.as_str());
    let at = |x: Option<f64>| x.map(|x| format!("{}{}", level(x), unit(key))).unwrap_or_default();
    if let [curve] = sweep.curves.as_slice() {
        let groups = curve.points.iter().map(|point| (at(point.x), point.outcomes.clone()));
        return vec![Family { at: String::new(), groups: groups.collect(), reference: 0 }];
    }
    let is_all_excitatory = |curve: &SweptCurve| {
        sweeps.curve.as_ref().is_some_and(|axis| axis.key == FRACTION)
            && curve.value.as_ref().and_then(number) == Some(1.0)
    };
    let reference = sweep.curves.iter().position(is_all_excitatory).unwrap_or(0);
    let places = sweep.curves.first().map_or(0, |curve| curve.points.len());
    let outcomes = |curve: &SweptCurve, place: usize| {
        curve.points.get(place).map(|point| point.outcomes.clone()).unwrap_or_default()
    };
    let family = |place: usize| {
        let groups = sweep.curves.iter().map(|curve| (sweeps.name(curve), outcomes(curve, place)));
        Family { at: at(sweep.curves[0].points[place].x), groups: groups.collect(), reference }
    };
    (0..places).map(family).collect()
}

/// Where, which group, and its test against the reference.
type Row = (String, String, Result<Adjusted, PairedError>);

fn against_reference(families: &[Family]) -> Vec<Row> {
    let mut heads = Vec::new();
    let mut tests = Vec::new();
    for family in families {
        for (place, (name, outcomes)) in family.groups.iter().enumerate() {
            if place != family.reference {
                heads.push((family.at.clone(), name.clone()));
                tests.push(Paired::new(outcomes, &family.groups[family.reference].1));
            }
        }
    }
    heads.into_iter().zip(adjusted(tests)).map(|((at, name), test)| (at, name, test)).collect()
}

fn reference(families: &[Family]) -> Markup {
    let Some(reference) = families.first().map(|family| family.groups[family.reference].0.clone()) else {
        return html! {};
    };
    let row = |(at, name, test): Row| {
        let told = match test {
            Ok(test) => told(&test),
            Err(error) => [vec![format!("not tested: {error}")], vec![String::new(); 6]].concat(),
        };
        [at, name].into_iter().chain(told).collect()
    };
    let rows: Vec<Vec<String>> = against_reference(families).into_iter().map(row).collect();
    let head = ["at", "group", "difference, points", "95 % interval", "t", "p", "p (Holm)", "result", "n"];
    table(&format!("Paired t tests against {reference}"), &head, &rows)
}

fn told(adjusted: &Adjusted) -> Vec<String> {
    let Paired { difference, ci95, t, p, n, .. } = adjusted.test;
    let least = adjusted.least_difference();
    let result = match adjusted.differs() {
        true => format!("differs {}", adjusted.stars()),
        // Accuracies lie no further apart than 100 points.
        false if least >= 1.0 => {
            format!("not distinguishable (too few pairs for so many tests: no difference would be, at n = {n})")
        }
        false => format!("not distinguishable ({} points would have been)", significant(100.0 * least)),
    };
    vec![
        points(difference),
        format!("{} to {}", points(ci95.0), points(ci95.1)),
        format!("{t:.2}"),
        probability(p),
        probability(adjusted.adjusted_p),
        result,
        n.to_string(),
    ]
}

/// One row a pair, one column a level.
fn pairs(families: &[Family]) -> Markup {
    let Some(first) = families.first() else { return html! {} };
    let groups = first.groups.len();
    let pairs: Vec<(usize, usize)> =
        (0..groups).flat_map(|one| (one + 1..groups).map(move |other| (one, other))).collect();
    let test =
        |family: &Family, (one, other): (usize, usize)| Paired::new(&family.groups[one].1, &family.groups[other].1);
    let tests = pairs.iter().flat_map(|&pair| families.iter().map(move |family| test(family, pair)));
    let tests = adjusted(tests.collect());
    let cell = |test: &Result<Adjusted, PairedError>| match test {
        Ok(test) => format!("{} {}", points(test.test.difference), test.stars()).trim_end().to_owned(),
        Err(_) => "-".to_owned(),
    };
    let row = |(&(one, other), tests): (&(usize, usize), &[Result<Adjusted, PairedError>])| {
        let name = format!("{} less {}", first.groups[one].0, first.groups[other].0);
        [name].into_iter().chain(tests.iter().map(cell)).collect::<Vec<String>>()
    };
    let rows: Vec<Vec<String>> = pairs.iter().zip(tests.chunks(families.len())).map(row).collect();
    let head: Vec<&str> = ["pair"].into_iter().chain(families.iter().map(|family| family.at.as_str())).collect();
    let title = "Differences of all pairs, points, with stars of p (Holm) over the whole table (* below 0.05, ** below 0.01, *** below 0.001); \
                 without a star the two are not distinguishable";
    table(title, &head, &rows)
}
