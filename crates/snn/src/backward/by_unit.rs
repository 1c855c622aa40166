//! Gradient of the input weights of a layer for input units with many spikes. It is computed unit by unit, so that each
//! row of the gradient is accessed once.
//!
//! ```text
//! dW1[i]  +=  sum over the spikes t of unit i of i[t+1]      the latest spike first
//! ```
//!
//! In step order, each spike reads and writes a row of the gradient, which exceeds the caches near a core. The adjoint
//! currents of a sample fit in them. If no unit spikes twice, both orders give bit-identical results.

use ohmspike_simd::{Matrix, Simd, add_rows, blocks_at_mut, kernel, with_width};

use super::Span;
use crate::spikes::SpikeTrain;

/// Blocks of a row that are summed together.
const ROW_PART: usize = 13;

/// Returns whether a sample has more spikes than units.
pub(super) fn pays(input: SpikeTrain, units: usize) -> bool {
    input.all().len() > units
}

/// Spikes of a sample sorted by unit. Each spike is the row of the adjoint currents at its step.
#[derive(Clone, Debug, Default)]
pub(super) struct RowsByUnit {
    /// Start of the rows of each unit, then the total number: units + 1 entries.
    starts: Vec<u32>,
    rows: Vec<u16>,
}

impl RowsByUnit {
    /// Sorts the spikes of `input` within `span`. Row `first` is the latest step with stored adjoint currents, the next
    /// row the one before it.
    pub(super) fn sort(&mut self, input: SpikeTrain, span: Span, first: usize, units: usize) {
        // Counting sort: count, accumulate, place.
        self.starts.clear();
        self.starts.resize(units + 1, 0);
        let steps = || (span.first..span.last).rev().map(|step| input.at(step));
        let kept = || steps().filter(|active| span.every_step || !active.is_empty());
        for &unit in kept().flatten() {
            self.starts[usize::from(unit) + 1] += 1;
        }
        for unit in 0..units {
            self.starts[unit + 1] += self.starts[unit];
        }
        self.rows.resize(self.starts[units] as usize, 0);
        for (row, active) in (first..).zip(kept()) {
            for &unit in active {
                let place = &mut self.starts[usize::from(unit)];
                self.rows[*place as usize] = row as u16;
                *place += 1;
            }
        }
        // Each start has advanced to the start of the next unit.
        self.starts.rotate_right(1);
        self.starts[0] = 0;
    }

    fn of(&self, unit: usize) -> &[u16] {
        &self.rows[self.starts[unit] as usize..self.starts[unit + 1] as usize]
    }
}

/// Adds the sum of the `currents` at each unit's rows to its row of `gradient`.
#[kernel(simd: S)]
pub(super) fn add_units(units: &RowsByUnit, currents: &Matrix, gradient: &mut Matrix) {
    let blocks = gradient.row_blocks();
    let parts = blocks.div_ceil(ROW_PART);
    let mut first = 0;
    for part in 0..parts {
        // Parts have equal widths to within one block.
        let width = (blocks - first).div_ceil(parts - part);
        with_width!(width, 1 2 3 4 5 6 7 8 9 10 11 12, else ROW_PART, W => add_part::<S, W>(simd, units, currents, first, gradient));
        first += width;
    }
}

#[inline(always)]
fn add_part<S: Simd, const WIDTH: usize>(
    simd: S,
    units: &RowsByUnit,
    currents: &Matrix,
    first: usize,
    gradient: &mut Matrix,
) {
    let width = gradient.row_blocks();
    for unit in 0..gradient.rows() {
        let rows = units.of(unit);
        if rows.is_empty() {
            continue;
        }
        let mut sums = [simd.splat(0.0); WIDTH];
        add_rows(simd, currents, first, rows, &mut sums);
        let gradient = blocks_at_mut::<WIDTH>(gradient.blocks_mut(), unit * width + first);
        for (block, sum) in gradient.iter_mut().zip(sums) {
            simd.store(simd.add(simd.load(block), sum), block);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spikes::SpikeTrains;

    #[test]
    fn rows_count_steps_with_input_from_the_latest() {
        let mut trains = SpikeTrains::new(3, 6).expect("few units");
        // Unit 0 spikes at 1, 3, 4; unit 2 at 3 and 5; no unit at 0 and 2.
        trains.push_raster(|step, unit| matches!((step, unit), (1 | 3 | 4, 0) | (3 | 5, 2))).expect("few spikes");
        let mut units = RowsByUnit::default();
        let span = |last, every_step| Span { first: 1, last, every_step };
        units.sort(trains.sample(0), span(6, false), 0, 3);
        assert_eq!([units.of(0), units.of(1), units.of(2)], [&[1, 2, 3][..], &[], &[0, 2]]);
        // Step 5 is after the last gradient.
        units.sort(trains.sample(0), span(5, false), 0, 3);
        assert_eq!([units.of(0), units.of(1), units.of(2)], [&[0, 1, 2][..], &[], &[1]]);
        // Step 2 is stored too.
        units.sort(trains.sample(0), span(6, true), 0, 3);
        assert_eq!([units.of(0), units.of(1), units.of(2)], [&[1, 2, 4][..], &[], &[0, 2]]);
        // The rows of other samples come first.
        units.sort(trains.sample(0), span(6, true), 10, 3);
        assert_eq!([units.of(0), units.of(1), units.of(2)], [&[11, 12, 14][..], &[], &[10, 12]]);
        assert!(pays(trains.sample(0), 3) && !pays(trains.sample(0), 5));
    }
}
