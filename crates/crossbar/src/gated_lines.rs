//! Column sums of a gated array through its wires.
//!
//! Each branch of the pairs has lines of its own. With conductances in units of weight (κ G), the ladder of `wires.rs`
//! becomes a fraction p / q without divisions:
//!
//! ```text
//! q <- q + a d_k p,  p <- p + w_k q        w_k = κ G of the next active row,  a = r / κ,  d_k: rows since the last one
//! I  = p / (q + (a d + R / κ) p)           d: rows from the last active row to the end of the tile,  R = R_d + R_s
//! sum of a column = I of the plus branch - I of the minus branch
//! ```
//!
//! p and q grow with every row, so p <- p / q and q <- 1 after every [`RESET`] rows, or after every row where that is too
//! rare. Without resistance, the sum is that of the weights up to rounding.
//!
//! Several pulses of an input in one step count as cells in parallel. White read noise is that of cells at the full read
//! voltage: a fraction f of the voltage would reduce its standard deviation by f².

use std::ops::Range;

use ohmspike_simd::{LANES, Matrix, Simd, blocks_at, in_place, lane_mask, note_work};

use crate::device::Device;
use crate::mapping::PairMapping;
use crate::wires::Wires;

/// Active rows after which the fraction is reduced.
const RESET: usize = 32;
/// Denominators up to here are exact enough; larger ones may have overflowed.
const LARGEST: f32 = 1e30;

/// Lines of a gated array, with the conductances that the weights do not tell.
#[derive(Clone, Debug)]
pub struct GatedLines {
    /// Bit line and source line between two rows, 1 / weight.
    line: f32,
    /// Driver and sense amplifier, 1 / weight.
    ends: f32,
    rows: usize,
    tile_rows: usize,
    /// Whether the main cells of a row are on the plus branch.
    main_is_plus: Vec<bool>,
    opposite: Opposite,
}

/// Conductances of the opposite branch as a read sees them, weight.
#[derive(Clone, Debug)]
enum Opposite {
    /// An exact reference, one value per row.
    PerRow(Vec<f32>),
    /// Cells.
    Cells(Matrix),
}

impl GatedLines {
    /// Creates the lines of an array of `device` with one of `signs` per row. `has_cells` tells
    /// whether the opposite branch has cells.
    pub(crate) fn new(
        device: &Device,
        wires: Wires,
        mapping: &PairMapping,
        signs: &[f32],
        columns: usize,
        has_cells: bool,
    ) -> GatedLines {
        // Ohm times µS is 1e-6.
        let per_weight = |ohm: f64| (1e-6 * ohm / f64::from(mapping.weight_per_microsiemens())) as f32;
        let rows = signs.len();
        let opposite =
            if has_cells { Opposite::Cells(Matrix::zeros(rows, columns)) } else { Opposite::PerRow(vec![0.0; rows]) };
        GatedLines {
            line: per_weight(wires.bit_line_ohm_per_cell + wires.word_line_ohm_per_cell),
            ends: per_weight(wires.driver_ohm + wires.sense_ohm),
            rows,
            tile_rows: device.converters.tile(rows, columns).0,
            main_is_plus: signs.iter().map(|sign| *sign > 0.0).collect(),
            opposite,
        }
    }

    /// Returns the resistance of bit line and source line over `rows` rows, 1 / weight.
    pub(crate) fn line(&self, rows: usize) -> f32 {
        self.line * rows as f32
    }

    /// Returns the row after the tile of `row`.
    pub(crate) fn tile_end(&self, row: usize) -> usize {
        ((row / self.tile_rows + 1) * self.tile_rows).min(self.rows)
    }

    /// Returns the resistance of driver and sense amplifier, 1 / weight.
    pub(crate) fn ends(&self) -> f32 {
        self.ends
    }

    /// Whether the main cells of `row` are on the plus branch.
    pub(crate) fn is_main_plus(&self, row: usize) -> bool {
        self.main_is_plus[row]
    }

    /// Sets the opposite conductances of `rows`, µS; `driven` has the sign of every row times the gain of its driver.
    pub(crate) fn refresh(&mut self, rows: Range<usize>, driven: &[f32], mapping: &PairMapping, opposite: Seen) {
        let floor = mapping.window().low();
        for row in rows {
            let weight = driven[row].abs() * mapping.weight_per_microsiemens();
            match (&mut self.opposite, opposite) {
                (Opposite::PerRow(values), Seen::Reference(above)) => values[row] = weight * (floor + above),
                (Opposite::Cells(cells), Seen::Cells(above)) => {
                    let columns = cells.columns();
                    for (number, (block, above)) in cells.row_mut(row).iter_mut().zip(above.row(row)).enumerate() {
                        let mask = lane_mask(columns, number);
                        for lane in 0..LANES {
                            block[lane] = mask[lane] * (weight * (floor + above[lane]));
                        }
                    }
                }
                _ => unreachable!("the opposite branch has cells or none"),
            }
        }
    }
}

/// What a read sees of the opposite branch, µS above Gmin.
#[derive(Clone, Copy)]
pub(crate) enum Seen<'a> {
    /// An exact reference.
    Reference(f32),
    /// Cells.
    Cells(&'a Matrix),
}

/// Numerators and denominators of the fractions of both branches.
type Ladders<W, const WIDTH: usize> = [[[W; WIDTH]; 2]; 2];

/// Adds the sums of blocks `first` .. `first` + `WIDTH` of the columns to `sums`, with the rows `active`, in ascending
/// order, on. `weights` are the weights that a read without wires adds up.
#[inline(always)]
pub fn add_gated<S: Simd, const WIDTH: usize>(
    simd: S,
    lines: &GatedLines,
    weights: &Matrix,
    first: usize,
    active: &[u16],
    sums: &mut [S::Wide; WIDTH],
) {
    note_work(|work| work.read += (active.len() * WIDTH) as u64);
    let mut left = active;
    while let Some(&row) = left.first() {
        let tile = usize::from(row) / lines.tile_rows;
        let end = ((tile + 1) * lines.tile_rows).min(lines.rows);
        let (of_tile, after) = left.split_at(left.partition_point(|row| usize::from(*row) < end));
        let mut added = [simd.splat(0.0); WIDTH];
        let exact = in_place(simd, || add_tile(simd, lines, weights, first, (of_tile, end - 1), RESET, &mut added));
        if !exact {
            in_place(simd, || add_tile(simd, lines, weights, first, (of_tile, end - 1), 1, &mut added));
        }
        for (sum, added) in sums.iter_mut().zip(added) {
            *sum = simd.add(*sum, added);
        }
        left = after;
    }
}

/// Computes the sums of one tile, reducing the fractions after `reset` rows; returns whether no fraction overflowed.
#[inline(always)]
fn add_tile<S: Simd, const WIDTH: usize>(
    simd: S,
    lines: &GatedLines,
    weights: &Matrix,
    first: usize,
    (active, last): (&[u16], usize),
    reset: usize,
    sums: &mut [S::Wide; WIDTH],
) -> bool {
    let mut ladders: Ladders<S::Wide, WIDTH> = [[[simd.splat(0.0); WIDTH], [simd.splat(1.0); WIDTH]]; 2];
    let mut before = usize::from(active[0]);
    for (count, &row) in active.iter().enumerate() {
        let row = usize::from(row);
        if count > 0 && count % reset == 0 {
            reduce(simd, &mut ladders);
        }
        if row > before {
            lengthen(simd, simd.splat(lines.line * (row - before) as f32), &mut ladders);
        }
        let written: &[_; WIDTH] = blocks_at(weights.row(row), first);
        for block in 0..WIDTH {
            let opposite = match &lines.opposite {
                Opposite::PerRow(values) => simd.splat(values[row]),
                Opposite::Cells(cells) => simd.load(&cells.row(row)[first + block]),
            };
            let weight = simd.load(&written[block]);
            let branches = if lines.main_is_plus[row] {
                [simd.add(opposite, weight), opposite]
            } else {
                [opposite, simd.sub(opposite, weight)]
            };
            for (branch, [above, below]) in branches.into_iter().zip(&mut ladders) {
                above[block] = simd.add(above[block], simd.mul(branch, below[block]));
            }
        }
        before = row;
    }
    let rest = simd.splat(lines.line * (last - before) as f32 + lines.ends);
    lengthen(simd, rest, &mut ladders);
    let mut large = 0;
    for (block, sum) in sums.iter_mut().enumerate() {
        let [plus, minus] = &ladders;
        let current = |[above, below]: &[[S::Wide; WIDTH]; 2]| simd.div(above[block], below[block]);
        *sum = simd.sub(current(plus), current(minus));
        let both = simd.add(plus[1][block], minus[1][block]);
        large |= simd.bits(simd.not_at_most(both, simd.splat(LARGEST)));
    }
    large == 0
}

/// Puts `line` in series with both branches.
#[inline(always)]
fn lengthen<S: Simd, const WIDTH: usize>(simd: S, line: S::Wide, ladders: &mut Ladders<S::Wide, WIDTH>) {
    for [above, below] in ladders {
        for (below, above) in below.iter_mut().zip(above) {
            *below = simd.add(*below, simd.mul(line, *above));
        }
    }
}

/// Reduces the fractions to a denominator of 1.
#[inline(always)]
fn reduce<S: Simd, const WIDTH: usize>(simd: S, ladders: &mut Ladders<S::Wide, WIDTH>) {
    for [above, below] in ladders {
        for (above, below) in above.iter_mut().zip(below) {
            *above = simd.div(*above, *below);
            *below = simd.splat(1.0);
        }
    }
}
