//! Puts an answer into words, for the terminal and for reports.

use std::collections::BTreeMap;

use ohmspike_analysis::limit::{Attempt, Criterion, Direction, Evidence, Limit, Purpose, Statistic, Target, Verdict};
use ohmspike_datasets::counted;
use ohmspike_study::key_label::words_and_unit;
use ohmspike_study::significant::short;

pub use super::amounts::{percent, points, purpose};
use super::report::{Bound, LimitReport, LimitRow};
use super::row::TOGETHER;

/// Formats a level of a row with its unit.
pub fn level(row: &LimitRow, value: f64) -> String {
    match row.unit.as_str() {
        _ if row.key == TOGETHER => format!("{} of each limit", percent(value)),
        "" => value.to_string(),
        unit => format!("{value} {unit}"),
    }
}

/// Formats a value in some unit: whole numbers with all digits, others with three.
fn amount(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 { value.to_string() } else { short(value) }
}

/// Formats a bound; a plain number or a time also in the next unit: `0.005 (0.5 % of cells)`, `604800 s (7 d)`.
fn level_in_full(row: &LimitRow, bound: &Bound) -> String {
    let text = level(row, bound.value);
    match bound.units.get(1).filter(|_| ["", "s"].contains(&row.unit.as_str())) {
        Some(other) => format!("{text} ({} {})", amount(other.value), other.unit),
        None => text,
    }
}

/// Describes the criterion: `within 2 points of 81.2 %`.
pub fn target(criterion: &Criterion, limit: Option<&Limit>) -> String {
    match (criterion.target, limit) {
        (Target::Accuracy(threshold), _) => format!("an accuracy of {}", percent(threshold)),
        (Target::Loss(allowed), Some(limit)) => {
            format!("within {} of {}", points(allowed), percent(limit.baseline.accuracy))
        }
        (Target::Loss(allowed), None) => format!("within {} of the same network without it", points(allowed)),
    }
}

/// Describes the statistic: `mean over repeats`, `95 % of chips`.
pub fn statistic(criterion: &Criterion) -> String {
    match criterion.statistic {
        Statistic::Mean => "mean over repeats".to_owned(),
        Statistic::Chips(fraction) => format!("{} of chips", percent(fraction)),
    }
}

/// Describes the criterion in brackets: target, statistic and confidence.
pub fn criterion(criterion: &Criterion, limit: Option<&Limit>) -> String {
    let confidence = percent(criterion.confidence);
    format!("{}; {}; {confidence} confidence", target(criterion, limit), statistic(criterion))
}

/// Returns the answer of a row in one line.
pub fn answer(report: &LimitReport, row: &LimitRow) -> String {
    let key = &row.key;
    if let Some(withheld) = &row.withheld {
        let first = withheld.lines().next().unwrap_or_default();
        let known = first.strip_prefix(&format!("{key}: ")).or(first.strip_prefix(&format!("{key} "))).unwrap_or(first);
        return format!("{key}: no answer: {known}");
    }
    let Some(limit) = &row.limit else { return format!("{key}: no answer") };
    let side = match row.direction {
        Direction::LargerIsWorse => "largest",
        Direction::SmallerIsWorse => "smallest",
    };
    let shown = |bound: &Option<Bound>| bound.as_ref().map_or_else(String::new, |bound| level_in_full(row, bound));
    let (certified, refuted) = (shown(&row.certified), shown(&row.refuted));
    let ends = [row.levels[0], row.levels[row.levels.len() - 1]].map(|value| level(row, value));
    let found = match limit.verdict {
        Verdict::Bracketed => {
            let adjacent =
                limit.certified.zip(limit.refuted).is_some_and(|(certified, refuted)| certified + 1 == refuted);
            let between = if adjacent { "" } else { "; between them, not decided" };
            format!("{side} certified {certified}, refuted {refuted}{between}")
        }
        Verdict::NotRefuted => {
            let open = withheld(row, &limit.refutations, limit.refuted, "refutation")
                .or_else(|| withheld(row, &limit.certifications, limit.certified, "certificate"));
            let open = open.map_or_else(String::new, |open| format!(", and {open}"));
            format!("{side} certified {certified}; no harsher level is refuted{open}")
        }
        Verdict::NoLimit if row.key == TOGETHER => {
            "all limits hold at once: certified at 100 % of each limit".to_owned()
        }
        Verdict::NoLimit => format!("no limit within the range: certified at its harsh end, {certified}"),
        Verdict::FailsEverywhere => {
            format!("even the mildest level, {}, is refuted, and no harsher one is certified", ends[0])
        }
        Verdict::NotCertified => {
            let refuted = if refuted.is_empty() { refuted } else { format!("; refuted {refuted}") };
            let [low, high] = match row.direction {
                Direction::LargerIsWorse => ends,
                Direction::SmallerIsWorse => [ends[1].clone(), ends[0].clone()],
            };
            let open = withheld(row, &limit.certifications, limit.certified, "certificate")
                .map_or_else(String::new, |why| format!("; {why}"));
            format!("not decided: no level from {low} to {high} is certified{open}{refuted}")
        }
        Verdict::BaselineMisses => "no answer".to_owned(),
    };
    format!("{key}: {found} ({})", criterion(&report.criterion, Some(limit)))
}

/// Says that a successful test gives no bound; none if there is no such test.
fn withheld(row: &LimitRow, attempts: &[Attempt], bound: Option<usize>, what: &str) -> Option<String> {
    let last = attempts.iter().rfind(|attempt| attempt.succeeded && Some(attempt.level) != bound)?;
    Some(format!("the {what} of {} is withheld", level(row, row.levels[last.level])))
}

/// Describes the tests behind a bound, one line per attempt.
pub fn attempts(report: &LimitReport, row: &LimitRow) -> Vec<String> {
    let Some(limit) = &row.limit else { return Vec::new() };
    let certify = limit.certifications.iter().map(|attempt| (attempt, limit.certified, ["certified", "not certified"]));
    let refute = limit.refutations.iter().map(|attempt| (attempt, limit.refuted, ["refuted", "not refuted"]));
    // The bound is the level of the last attempt, unless that is withheld.
    let is_bound = |attempt: &Attempt, bound: Option<usize>| bound == Some(attempt.level);
    certify
        .chain(refute)
        .map(|(attempt, bound, [yes, no])| {
            let result = match attempt.succeeded {
                true if !is_bound(attempt, bound) => "withheld",
                true => yes,
                false => no,
            };
            let value = level(row, row.levels[attempt.level]);
            format!("{result} {value}: {}", evidence(&report.criterion, attempt, yes == "certified"))
        })
        .collect()
}

fn evidence(criterion: &Criterion, attempt: &Attempt, certifies: bool) -> String {
    let alpha = short(100.0 * attempt.alpha);
    match attempt.evidence {
        Evidence::Mean { seeds, mean, sd, bound } => {
            let (what, show): (&str, fn(f64) -> String) = match criterion.target {
                Target::Accuracy(_) => ("accuracy", percent),
                Target::Loss(_) => ("loss", points),
            };
            let at_least = matches!(criterion.target, Target::Accuracy(_)) == certifies;
            let side = if at_least { "at least" } else { "at most" };
            format!(
                "mean {what} {} (sd {}, {seeds} fresh seeds from {}), {side} {} at a level of {alpha} %",
                show(mean),
                points(sd),
                attempt.seeds.start,
                show(bound)
            )
        }
        Evidence::Chips { chips, failures, planned, bound } => {
            let side = if certifies { "at least" } else { "at most" };
            let decided = match planned - chips {
                0 => String::new(),
                left => format!("; the other {left} of {planned} cannot change the result"),
            };
            format!(
                "{failures} of {} failed (fresh seeds from {}){decided}; {side} {} of chips are good at a level of \
                 {alpha} %",
                counted(chips as usize, "chip"),
                attempt.seeds.start,
                percent(bound)
            )
        }
    }
}

/// Counts the trials behind a row by purpose.
pub fn trials(row: &LimitRow) -> String {
    let count = |wanted: Purpose| row.trials.iter().filter(|line| line.purpose == wanted).count();
    let by: Vec<String> = [Purpose::Baseline, Purpose::Search, Purpose::Certify, Purpose::Refute]
        .into_iter()
        .filter(|wanted| count(*wanted) > 0)
        .map(|wanted| format!("{} {}", count(wanted), purpose(wanted)))
        .collect();
    format!("{} ({}){}", counted(row.trials.len(), "trial"), by.join(", "), unhealthy(row))
}

/// Counts unhealthy trials by state: `; 2 clipped, 1 diverged (counted as failed)`.
fn unhealthy(row: &LimitRow) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for state in row.trials.iter().filter_map(|line| line.failure.as_deref()) {
        *counts.entry(state).or_default() += 1;
    }
    let failed = |state: &str| if state == "diverged" { " (counted as failed)" } else { "" };
    let listed: Vec<String> =
        counts.into_iter().map(|(state, count)| format!("{count} {state}{}", failed(state))).collect();
    if listed.is_empty() { String::new() } else { format!("; {}", listed.join(", ")) }
}

/// Returns the table of both bounds in every unit: unit, certified, refuted.
pub fn units(row: &LimitRow) -> Vec<[String; 3]> {
    let shown = |bound: &Option<Bound>, unit: &str| {
        let found = bound.as_ref().and_then(|bound| bound.units.iter().find(|one| one.unit == unit));
        found.map_or_else(|| "-".to_owned(), |one| amount(one.value))
    };
    let Some(bound) = row.certified.as_ref().or(row.refuted.as_ref()) else { return Vec::new() };
    let mut lines: Vec<[String; 3]> = bound
        .units
        .iter()
        .map(|one| {
            let unit = if one.unit.is_empty() { words_and_unit(&row.key).0 } else { one.unit.clone() };
            [unit, shown(&row.certified, &one.unit), shown(&row.refuted, &one.unit)]
        })
        .collect();
    lines.extend(bound.keys.iter().enumerate().map(|(number, one)| {
        let of = |bound: &Option<Bound>| {
            let found = bound.as_ref().and_then(|bound| bound.keys.get(number));
            found.map_or_else(|| "-".to_owned(), |one| amount(one.value))
        };
        let unit = words_and_unit(&one.key).1;
        let name = if unit.is_empty() { one.key.clone() } else { format!("{} ({unit})", one.key) };
        [name, of(&row.certified), of(&row.refuted)]
    }));
    lines
}

/// Describes what an answer averages over.
pub fn repeats(report: &LimitReport) -> String {
    let what = match report.criterion.statistic {
        Statistic::Mean => "repeats",
        Statistic::Chips(_) => "chips",
    };
    format!("{what} differ in {}; seeds from {}", report.varies.join(", "), report.effort.first_seed)
}
