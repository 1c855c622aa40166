//! The outcomes of a study by condition: as CSV for programs, as a table for people.

use std::collections::BTreeMap;

use crate::csv_cell::csv_cell;
use crate::run::Trial;
use crate::statistics::Sample;
use crate::store::Store;
use crate::study::{Axis, Study};

/// The outcomes of every condition of a study.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// The axes of the study.
    pub axes: Vec<Axis>,
    /// One row a condition, in their order.
    pub rows: Vec<Row>,
}

/// The outcomes of one condition.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// One value an axis.
    pub values: Vec<toml::Value>,
    /// Statistics of the outcomes so far.
    pub sample: Option<Sample>,
    /// Trials that ended without an outcome.
    pub failures: usize,
}

impl Summary {
    /// Gathers the outcomes of `trials`, all those of `study`, in their order.
    pub fn new(study: &Study, trials: &[Trial], store: &Store) -> Summary {
        let mut outcomes: BTreeMap<usize, Vec<Option<f64>>> = BTreeMap::new();
        for trial in trials {
            if let Some(record) = store.get(&trial.id) {
                outcomes.entry(trial.condition).or_default().push(record.outcome);
            }
        }
        let row = |(number, condition): (usize, &crate::study::Condition)| {
            let all = outcomes.remove(&number).unwrap_or_default();
            let valid: Vec<f64> = all.iter().copied().flatten().collect();
            Row { values: condition.values.clone(), sample: Sample::of(&valid), failures: all.len() - valid.len() }
        };
        Summary { axes: study.axes.clone(), rows: study.conditions.iter().enumerate().map(row).collect() }
    }

    /// A column per axis named by its key, then `mean, sd, n, ci95_low, ci95_high` of the outcome. What does not exist
    /// yet is empty.
    pub fn csv(&self) -> String {
        let number = |value: Option<f64>| value.map(|value| format!("{value:.6}")).unwrap_or_default();
        let mut header: Vec<String> = self.axes.iter().map(|axis| csv_cell(&axis.key)).collect();
        header.extend(["mean", "sd", "n", "ci95_low", "ci95_high"].map(str::to_owned));
        let mut lines = vec![header.join(",")];
        for row in &self.rows {
            let mut cells: Vec<String> = row.values.iter().map(|value| csv_cell(&plain(value))).collect();
            let sample = row.sample;
            let (low, high) = sample.and_then(|sample| sample.ci95).unzip();
            cells.push(number(sample.map(|sample| sample.mean)));
            cells.push(number(sample.and_then(|sample| sample.sd)));
            cells.push(sample.map_or(0, |sample| sample.n).to_string());
            cells.extend([number(low), number(high)]);
            lines.push(cells.join(","));
        }
        lines.join("\n") + "\n"
    }

    /// A table in percent: the last axis down, combinations of the others across; each cell the mean with half the
    /// width of its 95 % interval, and the number of trials where they differ.
    pub fn table(&self) -> String {
        let Some((down, across)) = self.axes.split_last() else {
            return format!("outcome: {}\n", self.rows.first().map(|row| cell(row, true)).unwrap_or_default());
        };
        let counts: Vec<usize> = self.rows.iter().map(|row| row.sample.map_or(0, |sample| sample.n)).collect();
        let uneven = counts.iter().any(|&count| count != counts[0]);
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

/// A value as it stands in a cell: texts without quotes.
pub fn plain(value: &toml::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The key without its section, and the value.
fn short(key: &str, value: &toml::Value) -> String {
    format!("{} {}", key.rsplit('.').next().unwrap_or(key), plain(value))
}

fn cell(row: &Row, with_count: bool) -> String {
    let failed = if row.failures > 0 { format!(" ({} failed)", row.failures) } else { String::new() };
    let Some(sample) = row.sample else { return format!("-{failed}") };
    let half = sample.ci95.map(|(low, high)| format!(" ±{:.1}", (high - low) * 50.0)).unwrap_or_default();
    let count = if with_count { format!(" n={}", sample.n) } else { String::new() };
    format!("{:.1}{half}{count}{failed}", sample.mean * 100.0)
}

/// Columns side by side, each as wide as its widest cell, numbers to the right.
fn aligned(columns: &[Vec<String>]) -> String {
    let widths: Vec<usize> =
        columns.iter().map(|column| column.iter().map(|cell| cell.chars().count()).max().unwrap_or(0)).collect();
    let line = |row: usize| {
        let cells = columns.iter().zip(&widths).map(|(column, &width)| format!("{:>width$}", column[row]));
        cells.collect::<Vec<_>>().join("   ")
    };
    (0..columns[0].len()).map(|row| line(row) + "\n").collect()
}
