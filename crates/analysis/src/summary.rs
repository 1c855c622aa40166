//! Outcomes of a study by condition: as CSV for programs, as a table for people.

use ohmspike_stats::draws::Drawn;
use ohmspike_stats::{Estimate, MIN_REPEATS};
use ohmspike_study::axis_value::plain;
use ohmspike_study::csv_cell::csv_cell;
use ohmspike_study::csv_column::CsvColumn;
use ohmspike_study::health::HealthKind;
use ohmspike_study::results::Results;
use ohmspike_study::significant::fixed;
use ohmspike_study::study::{Axis, Study};

use crate::health_tally::HealthTally;
use crate::judged::Judged;
use crate::repeats::{Done, by_condition, done_of};

/// Columns of `summary.csv`, which has one row per condition. The states of health are in the order of [`HealthKind::ALL`].
pub const COLUMNS: [CsvColumn; 14] = [
    CsvColumn::new("{section}.{key}", "as the key", "Value of each swept key."),
    CsvColumn::new("mean", "fraction", "Mean outcome over the repeats."),
    CsvColumn::new("sd", "fraction", "Standard deviation of the outcomes. Empty for one repeat."),
    CsvColumn::new("n", "repeats", "Independent repeats with an outcome."),
    CsvColumn::new(
        "ci95_low",
        "fraction",
        "Lower end of the 95 % confidence interval of the mean. Empty below three repeats.",
    ),
    CsvColumn::new("ci95_high", "fraction", "Upper end of the same interval."),
    CsvColumn::new("n_usable", "trials", "Trials that results may use."),
    CsvColumn::new("n_silent", "trials", "Trials with a hidden layer that barely fires."),
    CsvColumn::new(
        "n_saturated",
        "trials",
        "Trials with hidden neurons that fire more than half as often as they can.",
    ),
    CsvColumn::new("n_clipped", "trials", "Trials with too many writes or conversions at the end of their range."),
    CsvColumn::new("n_not_converged", "trials", "Trials with an accuracy that still rises in the last epochs."),
    CsvColumn::new("n_at_chance", "trials", "Trials with an accuracy that chance may explain."),
    CsvColumn::new(ORIGIN[0], "name", "Device of the condition, unless it is swept."),
    CsvColumn::new(ORIGIN[1], "name", "Data set of the condition, unless it is swept."),
];

/// Keys that every table states, so that its rows can be told from those of other studies.
pub const ORIGIN: [&str; 2] = ["hardware.device", "data.set"];

/// The outcomes of every condition of a study.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// The axes of the study.
    pub axes: Vec<Axis>,
    /// One row per condition, in order.
    pub rows: Vec<Row>,
}

/// Summarizes `results` by condition.
pub fn summarise(results: &Results) -> Summary {
    Summary::new(&results.study, &done_of(results))
}

/// The outcomes of one condition.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// One value per axis.
    pub values: Vec<toml::Value>,
    /// Values of [`ORIGIN`].
    pub origin: [String; 2],
    /// Statistics of the outcomes so far.
    pub sample: Option<Estimate>,
    /// Number of trials that ended without an outcome.
    pub failures: usize,
    /// Health of the other trials.
    pub health: HealthTally,
    /// Number of usable trials.
    pub usable: usize,
}

impl Summary {
    /// Summarizes the outcomes of `done`, trials of `study`.
    pub fn new(study: &Study, done: &[Done]) -> Summary {
        let judged = Judged::new(study, done);
        let sorted = by_condition(study, done);
        let row = |(condition, here): (&ohmspike_study::study::Condition, &Vec<&Done>)| {
            let here = || here.iter();
            let drawn: Vec<Drawn> = here().filter_map(|done| Some((done.draws, done.record.outcome?))).collect();
            let failures = here().filter(|done| done.record.outcome.is_none()).count();
            let mut health = HealthTally::default();
            let with_outcome = here().filter(|done| done.record.outcome.is_some());
            with_outcome.for_each(|done| health.add(&judged.states(done), &done.record.settings));
            let (values, usable) = (condition.values.clone(), drawn.len() - health.excluded);
            let settings = &condition.settings;
            let origin = [settings.hardware.device.clone(), settings.data.set.clone()];
            Row { values, origin, sample: Estimate::from_drawn(&drawn), failures, health, usable }
        };
        Summary { axes: study.axes.clone(), rows: study.conditions.iter().zip(&sorted).map(row).collect() }
    }

    /// Formats CSV: one column per axis, then `mean, sd, n, ci95_low, ci95_high` of all outcomes, then the number of
    /// usable trials, the number of trials in each state of health, and device and data set unless they are swept. n
    /// counts independent repeats; below 3 there is no interval. Missing values are empty.
    pub fn csv(&self) -> String {
        let number = |value: Option<f64>| value.map(|value| fixed(value, 6)).unwrap_or_default();
        let mut header: Vec<String> = self.axes.iter().map(|axis| csv_cell(&axis.key)).collect();
        let swept = |key: &str| self.axes.iter().any(|axis| axis.key == key);
        header.extend(COLUMNS[1..].iter().map(|column| column.name.to_owned()).filter(|name| !swept(name)));
        let mut lines = vec![header.join(",")];
        for row in &self.rows {
            let mut cells: Vec<String> = row.values.iter().map(|value| csv_cell(&plain(value))).collect();
            let sample = row.sample;
            let (low, high) = sample.and_then(|sample| sample.accuracy_interval()).unzip();
            cells.push(number(sample.map(|sample| sample.mean)));
            cells.push(number(sample.and_then(|sample| sample.sd)));
            cells.push(sample.map_or(0, |sample| sample.n).to_string());
            cells.extend([number(low), number(high), row.usable.to_string()]);
            cells.extend(HealthKind::ALL.map(|kind| row.health.count(kind).to_string()));
            let origin = ORIGIN.iter().zip(&row.origin).filter(|(key, _)| !swept(key));
            cells.extend(origin.map(|(_, name)| csv_cell(name)));
            lines.push(cells.join(","));
        }
        lines.join("\n") + "\n"
    }

    /// Formats a table in percent: the last axis down, combinations of the others across. Each cell shows the mean and
    /// half the width of its 95 % interval; with two repeats it shows both values instead. It adds the number of
    /// repeats if that varies or is too small for an interval.
    pub fn table(&self) -> String {
        let Some((down, across)) = self.axes.split_last() else {
            return format!("outcome: {}\n", self.rows.first().map(|row| cell(row, true)).unwrap_or_default());
        };
        let counts: Vec<usize> = self.rows.iter().map(|row| row.sample.map_or(0, |sample| sample.n)).collect();
        let uneven = counts.iter().any(|&count| count != counts[0] || count < MIN_REPEATS);
        let mut columns = vec![vec![down.key.clone()]];
        columns[0].extend(down.values.iter().map(plain));
        for rows in self.rows.chunks(down.values.len()) {
            let head: Vec<String> =
                across.iter().zip(&rows[0].values).map(|(axis, value)| short(&axis.key, value)).collect();
            let head = if head.is_empty() { "outcome %".to_owned() } else { head.join(", ") };
            columns.push([head].into_iter().chain(rows.iter().map(|row| cell(row, uneven))).collect());
        }
        aligned(&columns)
    }
}

/// Formats the key without its section, and the value.
fn short(key: &str, value: &toml::Value) -> String {
    format!("{} {}", key.rsplit('.').next().unwrap_or(key), plain(value))
}

fn cell(row: &Row, with_count: bool) -> String {
    let failed = (row.failures > 0).then(|| format!("{} failed", row.failures));
    let unhealthy = Some(row.health.words(true)).filter(|words| !words.is_empty());
    let marks: Vec<String> = failed.into_iter().chain(unhealthy).collect();
    let failed = if marks.is_empty() { String::new() } else { format!(" ({})", marks.join(", ")) };
    let Some(sample) = row.sample else { return format!("-{failed}") };
    let half = match sample.accuracy_interval() {
        Some(cut) if sample.ci95 != Some(cut) => format!(" ({:.1} to {:.1})", 100.0 * cut.0, 100.0 * cut.1),
        Some((low, high)) => format!(" ±{:.1}", (high - low) * 50.0),
        None if sample.outcomes == 2 => format!(" ({:.1}, {:.1})", sample.ends.0 * 100.0, sample.ends.1 * 100.0),
        None => String::new(),
    };
    let count = if with_count { format!(" n={}", sample.n) } else { String::new() };
    format!("{:.1}{half}{count}{failed}", sample.mean * 100.0)
}

/// Aligns columns to the width of their widest cell, numbers to the right.
fn aligned(columns: &[Vec<String>]) -> String {
    let widths: Vec<usize> =
        columns.iter().map(|column| column.iter().map(|cell| cell.chars().count()).max().unwrap_or(0)).collect();
    let line = |row: usize| {
        let cells = columns.iter().zip(&widths).map(|(column, &width)| format!("{:>width$}", column[row]));
        cells.collect::<Vec<_>>().join("   ")
    };
    (0..columns[0].len()).map(|row| line(row) + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_a_column_for_every_kind_of_health_problem() {
        let kinds = HealthKind::ALL.map(|kind| format!("n_{}", kind.words().replace(' ', "_")));
        let end = COLUMNS.len() - ORIGIN.len();
        assert_eq!(COLUMNS[end - kinds.len()..end].iter().map(|column| column.name).collect::<Vec<_>>(), kinds);
    }
}
