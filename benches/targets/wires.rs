//! Exact solutions of driven arrays with wires, on one thread.

use std::time::Instant;

use ohmspike_crossbar::wires::{Access, Feed, Tile, Wires, star_mesh};

use crate::Run;
use crate::table::{Line, Needs, Target};

const WIRES: Wires = Wires {
    access: Access::Driven,
    word_line_ohm_per_cell: 1.0,
    bit_line_ohm_per_cell: 1.0,
    driver_ohm: 100.0,
    sense_ohm: 100.0,
    feed: Feed::Left,
};

/// Measures the exact solution of a small and of a large tile.
pub fn lines(run: Run) -> Vec<Line> {
    [(128, 100, 0.1), (1024, 1024, 10.0)].map(|(rows, columns, limit)| line(run, rows, columns, limit)).into()
}

fn line(run: Run, rows: usize, columns: usize, limit: f64) -> Line {
    // Conductances from 2 to 22 µS in no order.
    let cells = (0..rows * columns).map(|cell| 2.0 + ((cell * 7919) % 1000) as f64 / 50.0).collect();
    let tile = Tile::new(rows, cells).expect("positive conductances");
    let mut lost = 0.0;
    let mut measure = || {
        let started = Instant::now();
        let seen = star_mesh(&tile, &WIRES).expect("a circuit");
        lost = 1.0 - seen.iter().sum::<f64>() / (0..rows).flat_map(|row| tile.row(row)).sum::<f64>();
        started.elapsed().as_secs_f64()
    };
    let measured = (0..run.rounds).map(|_| measure()).collect();
    Line {
        what: format!("exact solution of a driven tile of {rows} x {columns}"),
        measured,
        unit: "s",
        target: Target::AtMost(limit),
        needs: Needs::Nothing,
        details: format!("the wires take {:.0} % of the current", 100.0 * lost),
    }
}
