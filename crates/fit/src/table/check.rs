//! Refuses tables that contradict themselves: duplicate rows, mixed units, and zeros of cells that conduct.

use std::collections::{HashMap, HashSet};

use super::Table;
use crate::error::{FitError, Place};
use crate::input::Role;

/// Ratios between a value and its target that betray another unit: kilo, mega and their inverses.
const UNIT_RATIOS: [f64; 4] = [1e-6, 1e-3, 1e3, 1e6];
/// Largest factor between such a ratio and that of a value in another unit.
const NEAR: f64 = 1.5;
/// Smallest number of values in another unit; fewer are outliers.
const MIN_MIXED: usize = 3;
/// Values in another unit gather within [`NEAR`] of its ratio. Those of open cells scatter over decades, as many within a factor
/// of `NEAR` to this power.
const AROUND: i32 = 5;

/// Largest conductance of an open cell, relative to the smallest target.
const LEAK: f64 = 0.2;

/// Largest conductance of a table without cells that conduct, relative to the smallest target.
const NONE: f64 = 1e-3;

/// Checks a table.
///
/// # Errors
/// [`FitError::Table`] with the line.
pub(super) fn check(table: &mut Table) -> Result<(), FitError> {
    check_names(table)?;
    check_zeros(table)?;
    check_duplicates(table)?;
    check_units(table)?;
    check_quantity(table)?;
    note_negative(table);
    Ok(())
}

/// Returns an error at the line of `row`.
fn at(table: &Table, row: usize, problem: String, hint: &str) -> FitError {
    let place = Place { file: table.file.clone(), line: u64::from(table.line[row]), column: None };
    FitError::Table { place, problem, hint: hint.to_owned() }
}

/// Two names of one number, such as `1` and `1.0`, are one cell.
fn check_names(table: &Table) -> Result<(), FitError> {
    let mut seen: HashMap<u64, u32> = HashMap::new();
    for cell in 0..table.cells.count() as u32 {
        let name = table.cells.name(cell);
        // Beyond 2^53, different whole numbers are equal.
        // -0 counts as 0.
        let number = name.parse::<f64>().ok().map(|number| number + 0.0);
        let Some(number) = number.filter(|number| number.abs() < 9e15) else { continue };
        if let Some(&other) = seen.get(&number.to_bits()) {
            let row = table.cell.iter().position(|of_row| *of_row == cell).unwrap_or_default();
            let problem = format!("cell `{name}` has the same number as cell `{}`", table.cells.name(other));
            return Err(at(table, row, problem, "spell the number of a cell in one way"));
        }
        seen.insert(number.to_bits(), cell);
    }
    Ok(())
}

/// An open cell has 0 in some rows, and leaks at most in all others; another zero is out of place.
fn check_zeros(table: &mut Table) -> Result<(), FitError> {
    let least = table.target.iter().copied().reduce(f64::min).unwrap_or(0.0);
    let mut conducts = vec![false; table.cells.count()];
    for (&cell, &value) in table.cell.iter().zip(&table.value) {
        conducts[cell as usize] |= value > LEAK * least;
    }
    let zero = (0..table.rows()).find(|&row| table.value[row] == 0.0 && conducts[table.cell[row] as usize]);
    if let Some(row) = zero.filter(|_| table.role != Some(Role::Reads)) {
        let cell = table.cells.name(table.cell[row]);
        let problem = format!("expected a conductance above 0, got 0 of cell `{cell}`, which conducts in other rows");
        return Err(at(
            table,
            row,
            problem,
            "leave out failed measurements; a cell with 0, or a leakage, in all rows counts as open",
        ));
    }
    let most = table.value.iter().copied().fold(0.0, f64::max);
    if most <= NONE * least && conducts.iter().all(|conducts| !conducts) {
        let problem = format!("expected cells that conduct, got at most {most} µS in all rows");
        let hint = if most > 0.0 { "if these are siemens or another unit, convert them to µS" } else { "" };
        return Err(at(table, 0, problem, hint));
    }
    let open: HashSet<u32> =
        (0..table.rows()).filter(|row| table.value[*row] == 0.0).map(|row| table.cell[row]).collect();
    if !open.is_empty() && table.role != Some(Role::Reads) {
        let leaks = table.cell.iter().zip(&mut table.value).filter(|(cell, _)| open.contains(cell));
        leaks.for_each(|(_, value)| *value = 0.0);
        let (file, count) = (&table.file, open.len());
        table
            .notes
            .push(format!("table {file}: {count} cells read 0 µS, or leak at most, in all rows and count as open"));
    }
    Ok(())
}

/// Two rows of one write, time or pulse contradict each other.
fn check_duplicates(table: &Table) -> Result<(), FitError> {
    // Reads of one state may have neither time nor cycle.
    if table.role == Some(Role::Reads) && table.seconds.is_empty() {
        return Ok(());
    }
    let mut seen = HashSet::with_capacity(table.rows());
    for row in 0..table.rows() {
        let bits = |values: &[f64]| values.get(row).map_or(0, |value| value.to_bits());
        let pulse = table.pulse.get(row).copied().unwrap_or(0);
        let key = (table.cell[row], table.cycle[row], bits(&table.target), bits(&table.seconds), pulse);
        if !seen.insert(key) {
            return Err(duplicate(table, row));
        }
    }
    Ok(())
}

/// Returns the error of a row whose cell, cycle, time and pulse were given before.
fn duplicate(table: &Table, row: usize) -> FitError {
    let cell = table.cells.name(table.cell[row]);
    let cycle = match table.cycle[row] {
        // A table without the column has cycle 1.
        1 if table.cycle.iter().all(|cycle| *cycle == 1) && table.role != Some(Role::Writes) => String::new(),
        cycle => format!(", cycle {cycle}"),
    };
    let (place, hint) = match (table.pulse.get(row), table.seconds.get(row)) {
        (Some(pulse), _) => {
            (format!(", pulse {pulse}"), "number the pulses of a cell through, or its trains in a column `cycle`")
        }
        (None, Some(seconds)) => (format!(", {seconds} s"), "number repeated writes of a cell in a column `cycle`"),
        (None, None) => (String::new(), "number repeated writes of a cell in a column `cycle`"),
    };
    at(table, row, format!("duplicate row: cell `{cell}`{cycle}{place} was given before"), hint)
}

/// Values in another unit than their targets.
fn check_units(table: &Table) -> Result<(), FitError> {
    let least = table.target.iter().copied().fold(f64::INFINITY, f64::min);
    let most = table.target.iter().copied().fold(0.0, f64::max);
    let ranges = ranges(table);
    for ratio in UNIT_RATIOS {
        let other = |row: &usize| {
            let value = table.value[*row];
            let found = value / (ratio * table.target[*row]);
            // A stuck cell may have the conductance of another target.
            let is_state = (least / NEAR..most * NEAR).contains(&value);
            // Values in another unit follow their targets, unlike those of a cell that is shorted or open.
            let [(low, high), (first, last)] = ranges[table.cell[*row] as usize];
            let ignores = last > NEAR * NEAR * first && (high / low).powi(2) < last / first;
            (1.0 / NEAR..NEAR).contains(&found) && !is_state && !ignores
        };
        let mut rows = (0..table.target.len()).filter(other);
        let Some(row) = rows.next() else { continue };
        // Cells stuck at an end of the window have equal values; values in another unit scatter about the target.
        let (mut count, mut scatter) = (1, table.rows() == 1);
        for other in rows {
            count += 1;
            scatter |= table.value[other] != table.value[row];
        }
        let scatter = scatter && 3 * count > around(table, ratio, least / NEAR);
        if scatter && count >= MIN_MIXED.min(table.rows()) {
            let problem = format!(
                "expected values in the unit of their targets, got {} µS for a target of {} µS, a factor of {ratio:e} \
                 ({count} rows)",
                table.value[row], table.target[row]
            );
            let hint = "convert all values to the unit in the name of the column; if these cells are shorted or open, leave them out";
            return Err(at(table, row, problem, hint));
        }
    }
    Ok(())
}

/// Returns the smallest and largest value of each cell, and target, both µS.
fn ranges(table: &Table) -> Vec<[(f64, f64); 2]> {
    let mut ranges = vec![[(f64::INFINITY, 0.0_f64); 2]; table.cells.count()];
    for (row, &target) in table.target.iter().enumerate() {
        for ((low, high), of) in ranges[table.cell[row] as usize].iter_mut().zip([table.value[row], target]) {
            (*low, *high) = (low.min(of), high.max(of));
        }
    }
    ranges
}

/// Returns the number of values within [`AROUND`] of `ratio` times their target, other than those in reach of a target.
fn around(table: &Table, ratio: f64, least: f64) -> usize {
    let most = NEAR.powi(AROUND);
    let is_around = |(value, target): (&f64, &f64)| {
        (1.0 / most..most).contains(&(value / (ratio * target))) && (*value < least || ratio > 1.0)
    };
    table.value.iter().zip(&table.target).filter(|pair| is_around(*pair)).count()
}

/// Values that fall with their targets: resistances in a column of conductances, or the reverse.
fn check_quantity(table: &Table) -> Result<(), FitError> {
    for (product, unit) in [(1e6, "ohm"), (1e3, "kohm")] {
        let (mut count, mut first) = (0, None);
        for row in 0..table.target.len() {
            let (value, target) = (table.value[row], table.target[row]);
            let inverse = (1.0 / NEAR..NEAR).contains(&(value * target / product));
            if inverse && !(1.0 / NEAR..NEAR).contains(&(value / target)) {
                (count, first) = (count + 1, first.or(Some(row)));
            }
        }
        if let Some(row) = first.filter(|_| 2 * count > table.target.len()) {
            let (value, target) = (table.value[row], table.target[row]);
            // Seven digits suffice for a reader.
            let inverse = (product / target) as f32;
            let problem = format!(
                "expected values near their targets, got {} µS for a target of {} µS, which is {inverse} {unit} ({count} rows)",
                value as f32, target as f32
            );
            return Err(at(
                table,
                row,
                problem,
                "name the column after its quantity: conductance_microsiemens or resistance_ohm",
            ));
        }
    }
    Ok(())
}

/// Reads of a small conductance can be negative.
fn note_negative(table: &mut Table) {
    let reads = table.reads.iter().flatten().filter(|read| **read < 0.0).count();
    let values = table.value.iter().filter(|value| **value < 0.0).count();
    let negative = reads + if table.reads.is_empty() { values } else { 0 };
    if negative > 0 {
        let file = &table.file;
        table
            .notes
            .push(format!("table {file}: {negative} negative reads were kept as noise about a small conductance"));
    }
}
