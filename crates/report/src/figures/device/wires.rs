//! Currents through wires: where in a tile they are lost, and how much is lost with longer or thinner lines.

use ohmspike_crossbar::device::{ArrayWires, Device};
use ohmspike_crossbar::wires::{Access, Tile, Wires, gated_fractions, star_mesh};
use ohmspike_plot::panel::{COLORS, Curve, Panel, PanelAxis, Stroke};
use ohmspike_study::significant::short;

use super::ohm;

/// Rows and columns of a tile whose size the device leaves open.
const TILE: (usize, usize) = (128, 100);
/// Largest number of rows and columns of the tile in the figure.
const MAX_LINES: usize = 256;
/// A tile of as many rows has one active row in a gated array.
const ROWS_PER_SPIKE: usize = 10;
/// Factors on the resistance of the lines, in steps of the fourth root of ten.
const FACTORS: std::ops::RangeInclusive<i32> = -4..=4;

/// Returns two panels: the fraction of the current of every cell that is read, over the rows of a tile of equal cells, and the
/// mean loss over the resistance of the lines with both kinds of access. None for a device without wires.
pub(super) fn panels(device: &Device) -> [Option<Panel>; 2] {
    let Some(ArrayWires { circuit, .. }) = device.wires else { return [None, None] };
    let (rows, columns) = device.converters.tile(TILE.0, TILE.1);
    let tile = device.converters.tile_rows.map_or(rows, |rows| rows.min(MAX_LINES));
    let cells = Cells { rows: tile, columns, microsiemens: middle(device) };
    [Some(map(&circuit, cells)), has_lines(&circuit).then(|| losses(&circuit, cells))]
}

/// A tile of equal cells.
#[derive(Clone, Copy)]
struct Cells {
    rows: usize,
    columns: usize,
    microsiemens: f64,
}

/// The conductance in the middle of the window, on a logarithmic scale, µS.
fn middle(device: &Device) -> f64 {
    (f64::from(device.window.low()) * f64::from(device.window.high())).sqrt()
}

fn has_lines(wires: &Wires) -> bool {
    wires.word_line_ohm_per_cell > 0.0 || wires.bit_line_ohm_per_cell > 0.0
}

impl Cells {
    /// Returns the fraction of the current of every active cell that is read, row by row: of all cells of a driven tile, of
    /// one row in ten of a gated one.
    fn seen(self, wires: &Wires) -> Vec<(usize, Vec<f64>)> {
        let tile = Tile::new(self.rows, vec![self.microsiemens; self.rows * self.columns]).expect("cells of a window");
        let rows = 0..self.rows;
        match wires.access {
            Access::Driven => {
                let seen = star_mesh(&tile, wires).expect("wires of a device");
                let row = |row: usize| seen[row * self.columns..][..self.columns].iter();
                rows.map(|number| (number, row(number).map(|seen| seen / self.microsiemens).collect())).collect()
            }
            Access::Gated => {
                let active = |row: usize| row % ROWS_PER_SPIKE == ROWS_PER_SPIKE / 2 || self.rows <= ROWS_PER_SPIKE / 2;
                let volts: Vec<f64> = rows.clone().map(|row| f64::from(u8::from(active(row)))).collect();
                let seen = gated_fractions(&tile, &volts, wires).expect("one voltage per row");
                rows.filter(|row| active(*row))
                    .map(|row| (row, seen[row * self.columns..][..self.columns].to_vec()))
                    .collect()
            }
        }
    }

    /// The mean loss of the active cells, %.
    fn loss(self, wires: &Wires) -> f64 {
        let seen = self.seen(wires);
        let all: Vec<f64> = seen.into_iter().flat_map(|(_, row)| row).collect();
        100.0 * (1.0 - all.iter().sum::<f64>() / all.len() as f64)
    }

    fn words(self) -> String {
        format!("{} × {} of {}", self.rows, self.columns, ohm(1e6 / self.microsiemens))
    }
}

fn map(wires: &Wires, cells: Cells) -> Panel {
    let seen = cells.seen(wires);
    let last = cells.columns - 1;
    let places =
        [(0, "first column", Stroke::Solid), (last / 2, "middle", Stroke::Dashed), (last, "last", Stroke::Dotted)];
    let curves = places.iter().enumerate().map(|(number, &(column, name, stroke))| {
        let points = seen.iter().map(|(row, seen)| ((row + 1) as f64, 100.0 * seen[column])).collect();
        Curve::new(name, COLORS[number], stroke, points)
    });
    // All columns of a gated tile are alike.
    let count = if wires.access == Access::Gated { 1 } else { 3 };
    let kind = if wires.access == Access::Gated { "gated wires" } else { "driven wires" };
    Panel {
        title: format!("{kind}, {}", cells.words()),
        x: PanelAxis { label: "row, from the far end", log: false },
        y: PanelAxis { label: "current read (%)", log: false },
        percent: None,
        curves: curves.take(count).collect(),
    }
}

fn losses(wires: &Wires, cells: Cells) -> Panel {
    let own = wires.bit_line_ohm_per_cell.max(wires.word_line_ohm_per_cell);
    let curve = |access: Access, name: &str, number: usize, stroke: Stroke| {
        let points = FACTORS.map(|quarter| {
            let factor = 10f64.powf(f64::from(quarter) / 4.0);
            let lines = Wires {
                access,
                word_line_ohm_per_cell: factor * wires.word_line_ohm_per_cell,
                bit_line_ohm_per_cell: factor * wires.bit_line_ohm_per_cell,
                ..*wires
            };
            (factor * own, cells.loss(&lines))
        });
        Curve::new(name, COLORS[number], stroke, points.collect())
    };
    Panel {
        title: format!("loss; ends of {} and {} Ω", short(wires.driver_ohm), short(wires.sense_ohm)),
        x: PanelAxis { label: "line resistance per cell (Ω)", log: true },
        y: PanelAxis { label: "mean loss (%)", log: false },
        percent: None,
        curves: vec![
            curve(Access::Driven, "driven", 1, Stroke::Solid),
            curve(Access::Gated, "gated, 1 row in 10", 0, Stroke::Dashed),
        ],
    }
}
