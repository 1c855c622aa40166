//! Tables from the records of a study, for reports and as CSV.
//!
//! - [`spike_distances`]: tests whether the Van Rossum distances of neuron pairs differ;
//! - [`firing`]: spike intervals and firing frequencies by population and class.

pub mod firing;
pub mod spike_distances;

use std::collections::BTreeSet;

use ohmspike_study::csv_cell::csv_cell;
use ohmspike_study::record::Record;
use ohmspike_study::significant::fixed;

use crate::judged::Judged;
use crate::recorded::Recorded;
use crate::summary::ORIGIN;

/// A table with a header.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// File name without extension.
    pub name: String,
    /// Title above the table.
    pub title: String,
    /// What the rows show, for how many networks, by which method.
    pub caption: String,
    /// Column names with units.
    pub header: Vec<String>,
    /// Rows of cells; empty where there is no value.
    pub rows: Vec<Vec<String>>,
    /// Number of leading rows that cover all networks; the others break them down.
    pub leading: usize,
    /// How the other rows break them down.
    pub rest: &'static str,
    /// Values of [`ORIGIN`], which the CSV repeats in every row.
    pub origin: [String; 2],
}

/// Returns the devices and data sets of `records`.
fn origin(records: &[&Record]) -> [String; 2] {
    let names: [fn(&Record) -> &str; 2] =
        [|record| &record.settings.hardware.device, |record| &record.settings.data.set];
    names.map(|name| {
        let distinct: BTreeSet<&str> = records.iter().map(|record| name(record)).collect();
        distinct.into_iter().collect::<Vec<_>>().join("; ")
    })
}

/// Returns all tables from the records of a study, in the order of a report.
pub fn study_tables(recorded: Recorded) -> Vec<Table> {
    let records: Vec<&Record> = recorded.records().map(|(_, record)| record).collect();
    let done = recorded.done(&(0..recorded.study.conditions.len()).collect::<Vec<usize>>());
    let judged = Judged::new(recorded.study, &done);
    // Tests leave out what answers leave out.
    let usable: Vec<&Record> = done.iter().filter(|done| judged.is_usable(done)).map(|done| done.record).collect();
    let mut tables: Vec<Table> =
        [spike_distances::table(&usable), firing::table(&records)].into_iter().flatten().collect();
    tables.iter_mut().for_each(|table| table.origin = origin(&records));
    let varied = recorded.study.axes.iter().filter(|axis| axis.values.len() > 1).map(|axis| axis.key.as_str());
    let varied: Vec<&str> = varied.collect();
    if !varied.is_empty() {
        let told = format!(" Rows pool networks with all values of {} unless they name one.", varied.join(", "));
        tables.iter_mut().for_each(|table| table.caption.push_str(&told));
    }
    tables
}

impl Table {
    /// Formats the table as CSV. The last two columns are device and data set.
    pub fn csv(&self) -> String {
        let line = |cells: &[String], last: &[String; 2]| {
            cells.iter().chain(last).map(|cell| csv_cell(cell)).collect::<Vec<String>>().join(",") + "\n"
        };
        let head = line(&self.header, &ORIGIN.map(str::to_owned));
        head + &self.rows.iter().map(|row| line(row, &self.origin)).collect::<String>()
    }
}

/// Formats a number with six decimals, or nothing.
fn number(value: Option<f64>) -> String {
    value.filter(|value| value.is_finite()).map(|value| fixed(value, 6)).unwrap_or_default()
}

/// Formats a probability, in scientific notation below 1e-4.
fn probability(p: f64) -> String {
    if p >= 1e-4 || p == 0.0 { format!("{p:.6}") } else { format!("{p:.2e}") }
}
