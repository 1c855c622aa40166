//! Series of reads of one state.

use super::two_levels::{TwoLevels, two_levels};
use crate::table::Table;

/// Reads of one cell in one cycle.
#[derive(Clone, Debug)]
pub(crate) struct ReadSeries {
    /// Cell.
    pub cell: u32,
    /// Number of reads, at least 2.
    pub n: usize,
    /// Mean, µS, above 0.
    pub mean: f64,
    /// Sum of squares of successive differences, µS².
    pub squares: f64,
    /// Differences, µS; kept for held-out cells only.
    pub differences: Vec<f64>,
    /// Levels of telegraph noise.
    pub levels: Option<TwoLevels>,
}

/// Returns the series of `table` with at least two reads and a positive mean; `keep` says which cells keep their
/// differences.
pub(crate) fn series(table: &Table, keep: &[bool]) -> Vec<ReadSeries> {
    let mut found = Vec::new();
    let mut push = |cell: u32, reads: &[f64]| {
        let mean = reads.iter().sum::<f64>() / reads.len() as f64;
        if reads.len() < 2 || mean <= 0.0 {
            return;
        }
        let differences = reads.windows(2).map(|pair| pair[1] - pair[0]);
        let squares = differences.clone().map(|difference| difference * difference).sum();
        let kept = if keep[cell as usize] { differences.collect() } else { Vec::new() };
        found.push(ReadSeries { cell, n: reads.len(), mean, squares, differences: kept, levels: two_levels(reads) });
    };
    if table.reads.is_empty() {
        let by_time = |row: usize| table.seconds[row];
        let key: Option<&dyn Fn(usize) -> f64> = if table.seconds.is_empty() { None } else { Some(&by_time) };
        for rows in table.series(key) {
            let reads: Vec<f64> = rows.iter().map(|&row| table.value[row as usize]).collect();
            push(table.cell[rows[0] as usize], &reads);
        }
    } else {
        for row in 0..table.rows() {
            let reads: Vec<f64> = table.reads.iter().map(|column| column[row]).collect();
            push(table.cell[row], &reads);
        }
    }
    found
}

/// Returns the median time between two reads, s; `given` overrides it.
pub(crate) fn interval(table: &Table, given: Option<f64>) -> Option<f64> {
    if given.is_some() || table.seconds.is_empty() || !table.reads.is_empty() {
        return given;
    }
    let by_time = |row: usize| table.seconds[row];
    let mut intervals = Vec::new();
    for rows in table.series(Some(&by_time)) {
        intervals.extend(rows.windows(2).map(|pair| by_time(pair[1] as usize) - by_time(pair[0] as usize)));
    }
    Some(crate::sample::median(&mut intervals)).filter(|interval| *interval > 0.0)
}
