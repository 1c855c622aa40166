//! The circuit of a tile as a SPICE netlist, to check currents with another program.

use std::fmt::Write;

use super::{Access, Feed, Tile, Wires, WiresError};

/// Returns the circuit with the inputs `volts`, one per row, V. It prints the current of every column in ampere, as the
/// current through the voltage source `Vsense_J`; columns and rows count from 1.
///
/// Lines without resistance are voltage sources of 0 V, since SPICE has no resistor of 0 ohm. Silent rows of a gated array
/// have no cells.
///
/// # Errors
/// Returns a [`WiresError`] if resistances or inputs are outside their ranges, or active rows of a gated array differ in
/// voltage.
pub fn netlist(tile: &Tile, volts: &[f64], wires: &Wires) -> Result<String, WiresError> {
    wires.check()?;
    tile.check_inputs(volts)?;
    let mut text = format!("* {} x {} cells, {:?} access, by ohmspike\n", tile.rows(), tile.columns(), wires.access);
    match wires.access {
        Access::Driven => driven(&mut text, tile, volts, wires),
        Access::Gated => gated(&mut text, tile, volts, wires)?,
    }
    let last = tile.rows();
    for column in 1..=tile.columns() {
        line(
            &mut text,
            &format!("sense_{column}"),
            &format!("b_{last}_{column}"),
            &format!("s_{column}"),
            wires.sense_ohm,
        );
        let _ = writeln!(text, "Vsense_{column} s_{column} 0 0");
    }
    text += ".op\n.control\nset numdgt=12\nop\n";
    for column in 1..=tile.columns() {
        let _ = writeln!(text, "print i(Vsense_{column})");
    }
    text += ".endc\n.end\n";
    Ok(text)
}

/// Adds a line of `ohm` between two nodes.
fn line(text: &mut String, name: &str, from: &str, to: &str, ohm: f64) {
    let _ = match ohm {
        0.0 => writeln!(text, "Vshort_{name} {from} {to} 0"),
        ohm => writeln!(text, "R{name} {from} {to} {ohm:e}"),
    };
}

/// Adds a cell of `microsiemens` between two nodes; a cell without conductance is open.
fn cell(text: &mut String, row: usize, column: usize, from: &str, microsiemens: f64) {
    if microsiemens > 0.0 {
        let _ = writeln!(text, "Rcell_{row}_{column} {from} b_{row}_{column} {:e}", 1e6 / microsiemens);
    }
}

fn driven(text: &mut String, tile: &Tile, volts: &[f64], wires: &Wires) {
    let last = tile.columns();
    for row in 1..=tile.rows() {
        let _ = writeln!(text, "Vin_{row} in_{row} 0 {:e}", volts[row - 1]);
        line(text, &format!("driver_{row}"), &format!("in_{row}"), &format!("w_{row}_1"), wires.driver_ohm);
        if wires.feed == Feed::Both {
            line(text, &format!("driver2_{row}"), &format!("in_{row}"), &format!("w_{row}_{last}"), wires.driver_ohm);
        }
        for column in 1..=last {
            let word = format!("w_{row}_{column}");
            if column < last {
                let next = format!("w_{row}_{}", column + 1);
                line(text, &format!("word_{row}_{column}"), &word, &next, wires.word_line_ohm_per_cell);
            }
            cell(text, row, column, &word, tile.row(row - 1)[column - 1]);
            bit_segment(text, row, column, tile.rows(), wires);
        }
    }
}

fn bit_segment(text: &mut String, row: usize, column: usize, rows: usize, wires: &Wires) {
    if row < rows {
        let (from, to) = (format!("b_{row}_{column}"), format!("b_{}_{column}", row + 1));
        line(text, &format!("bit_{row}_{column}"), &from, &to, wires.bit_line_ohm_per_cell);
    }
}

fn gated(text: &mut String, tile: &Tile, volts: &[f64], wires: &Wires) -> Result<(), WiresError> {
    let read = volts.iter().copied().find(|volts| *volts != 0.0).unwrap_or(0.0);
    if let Some(&other) = volts.iter().find(|volts| **volts != 0.0 && **volts != read) {
        return Err(WiresError::Gates { first: read, other });
    }
    let last = tile.rows();
    for column in 1..=tile.columns() {
        let _ = writeln!(text, "Vread_{column} in_{column} 0 {read:e}");
        line(
            text,
            &format!("driver_{column}"),
            &format!("in_{column}"),
            &format!("l_{last}_{column}"),
            wires.driver_ohm,
        );
        for row in 1..=last {
            let source = format!("l_{row}_{column}");
            if row < last {
                let next = format!("l_{}_{column}", row + 1);
                line(text, &format!("source_{row}_{column}"), &source, &next, wires.word_line_ohm_per_cell);
            }
            if volts[row - 1] != 0.0 {
                cell(text, row, column, &source, tile.row(row - 1)[column - 1]);
            }
            bit_segment(text, row, column, last, wires);
        }
    }
    Ok(())
}
