//! Gradient of the input weights of a layer: adds its adjoint current to the row of each input spike.

use ohmspike_simd::{Block, Matrix, Simd, add_to_rows, blocks_at, kernel, with_width};

use super::Span;
use super::by_unit::{self, RowsByUnit, add_units};
use crate::spikes::SpikeTrain;

/// Blocks of a gradient row that are updated together.
const ROW_PART: usize = 8;

/// Adjoint currents of a layer in one sample.
#[derive(Clone, Copy)]
pub(super) struct Currents<'a> {
    /// i\[t+1\] at the steps of one or more samples, rows x neurons.
    pub(super) of_samples: &'a Matrix,
    /// Row of the last step of the sample; earlier steps follow.
    pub(super) first: usize,
    pub(super) span: Span,
}

/// Adds i\[t+1\] of a layer to the row of every input spike (unit, t) in `heard`; `units` is a buffer for sorting.
pub(super) fn add(currents: Currents, heard: SpikeTrain, units: &mut RowsByUnit, gradient: &mut Matrix) {
    let Currents { of_samples, first, span } = currents;
    if by_unit::pays(heard, gradient.rows()) {
        units.sort(heard, span, first, gradient.rows());
        add_units(units, of_samples, gradient);
    } else {
        by_step(span, &of_samples.blocks()[first * of_samples.row_blocks()..], heard, gradient);
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
