//! Gradient of the input weights of a layer: adds its adjoint current to the row of each input spike.

use ohmspike_simd::{Block, Matrix, Simd, add_to_rows, blocks_at, kernel, with_width};

use super::Span;
use super::by_unit::{self, RowsByUnit, add_units};
use crate::spikes::SpikeTrain;

/// Blocks of a gradient row that are updated together.
const ROW_PART: usize = 8;

/// Adds i\[t+1\] of a layer (steps x neurons) to the row of every input spike (unit, t) in `heard`; `units` is a buffer
/// for sorting.
pub(super) fn add(span: Span, currents: &Matrix, heard: SpikeTrain, units: &mut RowsByUnit, gradient: &mut Matrix) {
    if by_unit::pays(heard, gradient.rows()) {
        units.sort(heard, span, gradient.rows());
        add_units(units, currents, gradient);
    } else {
        by_step(span, currents.blocks(), heard, gradient);
    }
}

/// Adds in step order, the latest step first.
#[kernel(simd: S)]
fn by_step(span: Span, currents: &[Block], heard: SpikeTrain, gradient: &mut Matrix) {
    let blocks = gradient.row_blocks();
    let mut place = 0;
    for step in (span.first..span.last).rev() {
        let rows = heard.at(step);
        if rows.is_empty() && !span.every_step {
            continue;
        }
        let currents = &currents[place..place + blocks];
        place += blocks;
        if rows.is_empty() {
            continue;
        }
        for first in (0..blocks).step_by(ROW_PART) {
            with_width!(blocks - first, 1 2 3 4 5 6 7, else ROW_PART, W => add_currents::<S, W>(simd, gradient, first, rows, currents));
        }
    }
}

#[inline(always)]
fn add_currents<S: Simd, const WIDTH: usize>(
    simd: S,
    gradient: &mut Matrix,
    first: usize,
    rows: &[u16],
    currents: &[Block],
) {
    let currents: &[Block; WIDTH] = blocks_at(currents, first);
    add_to_rows(simd, gradient, first, rows, currents.each_ref().map(|block| simd.load(block)));
}
