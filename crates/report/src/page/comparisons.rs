//! Compares conditions by paired t tests on shared seeds, with a reference and in all pairs.

use maud::{Markup, html};

use ohmspike_analysis::sweep::{Sweep, Sweeps, SweptCurve};
use ohmspike_stats::MIN_REPEATS;
use ohmspike_stats::draws::Drawn;
use ohmspike_stats::paired::{Adjusted, Paired, PairedError, adjusted};
use ohmspike_study::axis_value::number;
use ohmspike_study::key_label::FRACTION;
use ohmspike_study::significant::significant;

use super::number::{level_at, points, probability};
use super::table::table;
use super::{Facts, Section};

/// Conditions that are compared with each other.
struct Family {
    /// Their common level.
    at: String,
    /// Names and outcomes.
    groups: Vec<(String, Vec<Drawn>)>,
    /// Index of the reference.
    reference: usize,
}

/// Largest number of groups for a table of all pairs.
const MAX_GROUPS: usize = 12;

/// Returns the section; none for a single condition.
pub fn section(facts: &Facts) -> Option<Section> {
    let sweeps = &facts.sweeps;
    let all: Vec<(&Sweep, Vec<Family>)> = sweeps.sweeps.iter().map(|sweep| (sweep, families(sweeps, sweep))).collect();
    if all.iter().all(|(_, families)| families.iter().all(|family| family.groups.len() < 2)) {
        return None;
    }
    let tested = all.iter().any(|(_, families)| against_reference(families).iter().any(|row| row.2.is_ok()));
    let body = html! {
        @if !tested {
            p { "No test is possible: it needs two conditions with three independent repeats in common." }
        } @else {
            (method())
            @for (sweep, families) in &all {
                @if !sweep.apart.is_empty() { h3 { (sweep.name()) } }
                (reference(families))
                @if families.iter().any(|family| (3..=MAX_GROUPS).contains(&family.groups.len())) { (pairs(families)) }
            }
        }
    };
    Some(Section { id: "comparisons", heading: "Comparisons", body })
}

fn method() -> Markup {
    html! {
        p.method {
            "Two conditions differ if a two-sided paired t test on shared seeds has p (Holm) below 0.05. p (Holm) is adjusted for all tests of a \
             table. A pair is two outcomes with the same seeds in their common random streams; n counts independent pairs, and copies count once. \
             The test assumes normal differences. If two conditions do not differ, the table states the difference that the same test detects with \
             a power of 80 %."
        }
    }
}

/// Returns the curves at each level, or the levels of a single curve.
fn families(sweeps: &Sweeps, sweep: &Sweep) -> Vec<Family> {
    let key = sweeps.x.as_ref().map_or("", |axis| axis.key.as_str());
    let at = |x: Option<f64>| x.map(|x| level_at(key, x)).unwrap_or_default();
    if let [curve] = sweep.curves.as_slice() {
        let groups: Vec<_> = curve.points.iter().map(|point| (at(point.x), point.outcomes.clone())).collect();
        // The lowest level is no reference if its networks are excluded, such as silent ones.
        let reference = groups.iter().position(|(_, outcomes)| outcomes.len() >= MIN_REPEATS).unwrap_or(0);
        return vec![Family { at: String::new(), groups, reference }];
    }
    let is_all_excitatory = |curve: &SweptCurve| {
        sweeps.curve.as_ref().is_some_and(|axis| axis.key == FRACTION)
            && curve.value.as_ref().and_then(number) == Some(1.0)
    };
    let usable = |curve: &&SweptCurve| curve.points.iter().any(|point| point.outcomes.len() >= MIN_REPEATS);
    let first =
        |wanted: &dyn Fn(&SweptCurve) -> bool| sweep.curves.iter().position(|curve| usable(&curve) && wanted(curve));
    let reference = first(&is_all_excitatory).or_else(|| first(&|_| true)).unwrap_or(0);
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

/// Level, group, and its test against the reference.
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
        let name = if at.is_empty() { name } else { format!("{name} at {at}") };
        [name].into_iter().chain(told).collect()
    };
    let rows: Vec<Vec<String>> = against_reference(families).into_iter().map(row).collect();
    let head = ["condition", "result", "difference, points", "95 % interval", "p (Holm)", "p", "t", "n"];
    table(&format!("Paired t tests with {reference} as reference"), &head, &rows)
}

fn told(adjusted: &Adjusted) -> Vec<String> {
    let Paired { difference, ci95, t, p, n, .. } = adjusted.test;
    let least = adjusted.least_difference();
    let result = match adjusted.differs() {
        true => format!("differs {}", adjusted.stars()),
        // Accuracies differ by at most 100 points.
        false if least >= 1.0 => format!("no difference found (n = {n} is too small to detect any)"),
        false => format!("no difference found (detectable: {} points)", significant(100.0 * least)),
    };
    vec![
        result,
        points(difference),
        format!("{} to {}", points(ci95.0), points(ci95.1)),
        probability(adjusted.adjusted_p),
        probability(p),
        format!("{t:.2}"),
        n.to_string(),
    ]
}

/// Renders one row per pair and one column per level.
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
        let name = format!("{} minus {}", first.groups[one].0, first.groups[other].0);
        [name].into_iter().chain(tests.iter().map(cell)).collect::<Vec<String>>()
    };
    let rows: Vec<Vec<String>> = pairs.iter().zip(tests.chunks(families.len())).map(row).collect();
    let head: Vec<&str> = ["pair"].into_iter().chain(families.iter().map(|family| family.at.as_str())).collect();
    let title = "Differences of all pairs, points. Stars: p (Holm) over the whole table below 0.05 (*), 0.01 (**) and 0.001 (***)";
    table(title, &head, &rows)
}
