//! Dead rows and columns, and columns with clusters of stuck cells.

use ohmspike_stats::binomial::at_least;
use ohmspike_stats::holm::holm;

use super::levels::{Level, Levels};
use super::{CellState, States};
use crate::table::Table;

/// Significance level after Holm's adjustment.
const LEVEL: f64 = 0.05;
/// Fraction of faulty cells from which a line is dead or clustered.
const MAJORITY: f64 = 0.5;
/// Fraction of faulty cells from which a line that is neither is worth a note.
const MANY: f64 = 0.25;
/// Fraction of open cells of a dead line.
const DEAD: f64 = 0.9;
/// Smallest number of cells of a line.
const MIN_CELLS: usize = 5;

/// Lines with faults.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines {
    /// Number of rows and columns; none without columns `row` and `column`.
    pub counts: Option<[usize; 2]>,
    /// Dead rows.
    pub dead_rows: Vec<u32>,
    /// Dead columns.
    pub dead_columns: Vec<u32>,
    /// Columns with clusters.
    pub clusters: Vec<u32>,
    /// Numbers of stuck cells and of cells of clustered columns.
    pub clustered: (usize, usize),
    /// Cells on such lines.
    pub excluded: Vec<bool>,
    /// Other rows, and columns, with more faulty cells than single faults explain.
    pub others: [Vec<u32>; 2],
}

/// Faulty cells of one line.
#[derive(Clone, Copy, Debug, Default)]
struct Line {
    number: u32,
    cells: usize,
    open: usize,
    stuck_low: usize,
    faulty: usize,
}

/// Finds the dead and clustered lines of `table`.
pub(super) fn lines(table: &Table, states: &States, levels: &Levels) -> Lines {
    let places = &table.cells.places;
    if places.is_empty() {
        return Lines::default();
    }
    let rows = of_lines(states, levels, |cell| places[cell].0, places.len());
    let columns = of_lines(states, levels, |cell| places[cell].1, places.len());
    let mut found = Lines { counts: Some([rows.len(), columns.len()]), ..Lines::default() };
    found.dead_columns = faulty(&columns, |line| line.open as f64 >= DEAD * line.cells as f64);
    let not_dead: Vec<Line> =
        columns.iter().filter(|line| !found.dead_columns.contains(&line.number)).copied().collect();
    found.clusters = faulty(&not_dead, |line| line.stuck_low as f64 >= MAJORITY * line.cells as f64);
    found.dead_rows = faulty(&rows, |line| line.open as f64 >= DEAD * line.cells as f64);
    let clustered = columns.iter().filter(|line| found.clusters.contains(&line.number));
    found.clustered = clustered.fold((0, 0), |sum, line| (sum.0 + line.stuck_low, sum.1 + line.cells));
    let other = |lines: &[Line], known: &[&Vec<u32>]| {
        let all = faulty(lines, |line| line.faulty as f64 >= MANY * line.cells as f64);
        all.into_iter().filter(|number| known.iter().all(|known| !known.contains(number))).collect()
    };
    found.others = [other(&rows, &[&found.dead_rows]), other(&columns, &[&found.dead_columns, &found.clusters])];
    found.excluded = places
        .iter()
        .map(|(row, column)| {
            found.dead_rows.contains(row) || found.dead_columns.contains(column) || found.clusters.contains(column)
        })
        .collect();
    found
}

/// Counts the cells of every line.
fn of_lines(states: &States, levels: &Levels, line: impl Fn(usize) -> u32, cells: usize) -> Vec<Line> {
    let mut numbers: Vec<u32> = (0..cells).map(&line).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let mut lines: Vec<Line> = numbers.iter().map(|&number| Line { number, ..Line::default() }).collect();
    for cell in 0..cells {
        let place = numbers.binary_search(&line(cell)).expect("every cell is on a line");
        let conductance = states.conductance[cell];
        let (line, state) = (&mut lines[place], states.state[cell]);
        line.cells += 1;
        let stuck = state == CellState::Stuck;
        // On a real chip, an open line reads a small leakage, below the window.
        line.open += usize::from(state == CellState::Open || (stuck && conductance < levels.window.0));
        line.stuck_low += usize::from(stuck && levels.of(conductance) == Level::LowResistance);
        line.faulty += usize::from(stuck || state == CellState::Open);
    }
    lines
}

/// Returns the lines with `kind` faults that single faults do not explain.
fn faulty(lines: &[Line], kind: impl Fn(&Line) -> bool) -> Vec<u32> {
    let cells: usize = lines.iter().map(|line| line.cells).sum();
    // The rate of single faults, without the lines in question.
    let others = lines.iter().filter(|line| (line.faulty as f64) < MAJORITY * line.cells as f64);
    let single: usize = others.map(|line| line.faulty).sum();
    let rate = (single as f64 / cells.max(1) as f64).clamp(1.0 / (cells.max(1) as f64), 0.5);
    let test = |line: &Line| at_least(line.faulty as u64, line.cells as u64, rate).clamp(0.0, 1.0);
    let p_values: Vec<f64> = lines.iter().map(test).collect();
    let Ok(adjusted) = holm(&p_values) else { return Vec::new() };
    let found = lines.iter().zip(adjusted).filter(|(line, p)| *p < LEVEL && line.cells >= MIN_CELLS && kind(line));
    found.map(|(line, _)| line.number).collect()
}
