//! Tables of a study, from its records: for a report to print, and as CSV.
//!
//! - [`spike_distances`]: whether the Van Rossum distances of pairs of neurons differ, by Kruskal-Wallis and Dunn;
//! - [`firing`]: intervals and frequencies of spikes, by population and class.

pub mod firing;
pub mod spike_distances;

use ohmspike_study::csv_cell::csv_cell;
use ohmspike_study::record::Record;

use crate::recorded::Recorded;

/// Rows under a header.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Name of its file, without extension.
    pub name: String,
    /// Words above it.
    pub title: String,
    /// What the rows are, of how many networks, by which method.
    pub caption: String,
    /// Names of the columns, with their units.
    pub header: Vec<String>,
    /// One text a column; empty where there is nothing to say.
    pub rows: Vec<Vec<String>>,
    /// So many rows at the beginning are about everything; the rest divides it.
    pub leading: usize,
    /// By what the rest divides it, in words.
    pub rest: &'static str,
}

/// Every table that the records of a study hold, in the order in which a report shows them.
pub fn study_tables(recorded: Recorded) -> Vec<Table> {
    let records: Vec<&Record> = recorded.records().map(|(_, record)| record).collect();
    let mut tables: Vec<Table> =
        [spike_distances::table(&records), firing::table(&records)].into_iter().flatten().collect();
    let varied = recorded.study.axes.iter().filter(|axis| axis.values.len() > 1).map(|axis| axis.key.as_str());
    let varied: Vec<&str> = varied.collect();
    if !varied.is_empty() {
        let told =
            format!(" Where a row does not name them, networks of all values of {} stand together.", varied.join(", "));
        tables.iter_mut().for_each(|table| table.caption.push_str(&told));
    }
    tables
}

impl Table {
    /// The table as CSV.
    pub fn csv(&self) -> String {
        let line =
            |cells: &Vec<String>| cells.iter().map(|cell| csv_cell(cell)).collect::<Vec<String>>().join(",") + "\n";
        std::iter::once(&self.header).chain(&self.rows).map(line).collect()
    }
}

/// A number with six digits behind the point, or nothing.
fn number(value: Option<f64>) -> String {
    value.filter(|value| value.is_finite()).map(|value| format!("{value:.6}")).unwrap_or_default()
}

/// A probability: powers of ten where six digits behind the point would not tell it from 0.
fn probability(p: f64) -> String {
    if p >= 1e-4 || p == 0.0 { format!("{p:.6}") } else { format!("{p:.2e}") }
}
