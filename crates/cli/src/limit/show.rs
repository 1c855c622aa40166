//! Prints plans and answers.

use ohmspike_answers::limit::LimitPlan;
use ohmspike_answers::limit::report::{Bound, LimitReport, LimitRow};
use ohmspike_answers::limit::row::Row;
use ohmspike_answers::limit::units::is_noise;
use ohmspike_answers::limit::words::{answer, attempts, criterion, level, percent, repeats, trials, units};
use ohmspike_datasets::counted;

use super::super::Failure;
use super::super::terminal::say;

/// The most levels of a list; more are shown as a range.
const LISTED: usize = 16;

/// Prints what a search would run.
pub fn plan(plan: &LimitPlan) -> Result<(), Failure> {
    say!("criterion: {}", criterion(&plan.criterion, None))?;
    say!("chance: {}", percent(plan.criterion.chance))?;
    for row in &plan.rows {
        say!("\n{}", row.name)?;
        say!("  levels: {}", levels(row))?;
        say!("  reference: {}", row.reference_words)?;
        say!("  trials: {}", counts(plan, row)?)?;
    }
    if plan.rows.len() > 1 {
        say!("\ntogether\n  all keys at a common fraction of their limits; as many trials as a key alone")?;
    }
    if let Some(short) = plan.rows[0].short_epochs {
        let full = plan.settings.training.epochs;
        say!("\nshort training in the search while the answer is clear: {short} of {full} epochs")?;
    }
    Ok(())
}

fn levels(row: &Row) -> String {
    let values = row.levels.values();
    if values.len() <= LISTED {
        return values.iter().map(f64::to_string).collect::<Vec<_>>().join(", ");
    }
    format!("{} to {}, {}", values[0], values[values.len() - 1], counted(values.len(), "level"))
}

fn counts(plan: &LimitPlan, row: &Row) -> Result<String, Failure> {
    let (usual, most) = plan.trials(row)?;
    let epochs = plan.settings.training.epochs;
    let noun = if epochs == 1 { "epoch" } else { "epochs" };
    Ok(format!("about {usual}, at most {most}, of {epochs} {noun} each"))
}

/// Prints an answer: one line per key, then the numbers behind each.
pub fn report(report: &LimitReport) -> Result<(), Failure> {
    for row in report.all_rows() {
        say!("{}", answer(report, row))?;
    }
    if report.rows.len() > 1 {
        sheet(report)?;
    }
    for row in report.all_rows() {
        details(report, row)?;
    }
    say!("\ndevice: {}; data set: {}; {}", report.device, report.data, repeats(report))?;
    for note in &report.notes {
        say!("note: {note}")?;
    }
    Ok(())
}

/// Prints the specification sheet.
fn sheet(report: &LimitReport) -> Result<(), Failure> {
    let shown = |row: &LimitRow, bound: &Option<Bound>| {
        bound.as_ref().map_or_else(|| "-".to_owned(), |bound| level(row, bound.value))
    };
    let mut rows = vec![["key", "certified", "refuted"].map(str::to_owned)];
    for row in report.all_rows() {
        rows.push([row.key.clone(), shown(row, &row.certified), shown(row, &row.refuted)]);
    }
    say!("\n{}", aligned(&rows))?;
    Ok(())
}

fn details(report: &LimitReport, row: &LimitRow) -> Result<(), Failure> {
    if row.trials.is_empty() {
        return Ok(());
    }
    say!("\n{}", row.key)?;
    let table = units(row);
    if !table.is_empty() {
        let head = ["", "certified", "refuted"].map(str::to_owned);
        let rows: Vec<[String; 3]> = [head].into_iter().chain(table).collect();
        for line in aligned(&rows).lines() {
            say!("  {line}")?;
        }
        // One row is the key itself.
        if rows.len() > 2 && is_noise(&row.key) {
            say!("  units: those of one write or read at the mean initial weight")?;
        }
    }
    let baseline = row.limit.as_ref().map(|limit| limit.baseline);
    let reached = baseline.map_or_else(String::new, |baseline| {
        format!(": {} (mean of {})", percent(baseline.accuracy), counted(baseline.seeds as usize, "repeat"))
    });
    say!("  reference: {}{reached}", row.reference)?;
    if !row.with.is_empty() {
        say!("  with {}", row.with.join(", "))?;
    }
    for line in attempts(report, row) {
        say!("  {line}")?;
    }
    say!("  {}", trials(row))?;
    for note in &row.notes {
        say!("  note: {note}")?;
    }
    Ok(())
}

/// Aligns the first column left and the others right.
fn aligned(rows: &[[String; 3]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [0, 1, 2].map(width);
    let padded = |text: &str, width: usize| " ".repeat(width - text.chars().count());
    let line = |row: &[String; 3]| {
        let [first, second, third] = row;
        let text = format!(
            "{first}{}   {}{second}   {}{third}",
            padded(first, widths[0]),
            padded(second, widths[1]),
            padded(third, widths[2])
        );
        text.trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}
