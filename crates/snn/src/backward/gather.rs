//! Gradient of the weights of the network's input, gathered over several samples.
//!
//! ```text
//! dW1[i]  +=  i[t+1] for each spike (i, t) of unit i      sample by sample, the latest step of a sample first
//! ```
//!
//! Added spike by spike, each spike reads and writes a row of the gradient, which exceeds the first-level cache. Here
//! the adjoint currents of some samples are collected, and each row of the gradient is read and written once for all
//! its spikes in these samples. The order of the additions to a row is the same, and so are the bits.

use ohmspike_simd::{Block, Matrix, Simd, add_rows_to_row, kernel, with_width};

use super::Span;
use crate::spikes::SpikeTrain;

/// Blocks of a row that are summed together.
const ROW_PART: usize = 7;
/// Rows of adjoint currents that are collected, about those of sixteen images. More rows save little, and fewer leave
/// more reads and writes of the gradient.
const MAX_ROWS: usize = 256;
/// Largest size of these rows, bytes.
const MAX_BYTES: usize = 1 << 20;
/// Rows that 16 bits can number.
const NUMBERED_ROWS: usize = 1 << 16;

/// Input spikes of some samples whose adjoint currents are not yet in the gradient.
#[derive(Clone, Debug, Default)]
pub(super) struct Gather {
    /// Units that spike, sample by sample, the earliest step of a sample first.
    units: Vec<u16>,
    /// Spikes at the step of each row of adjoint currents, the latest step of a sample first.
    steps: Vec<u32>,
    /// End of each sample in `units` and `steps`.
    ends: Vec<[usize; 2]>,
    /// Start of the rows of each unit, then the total number: units + 1 entries.
    starts: Vec<u32>,
    /// Rows of adjoint currents, unit by unit.
    rows: Vec<u16>,
}

impl Gather {
    /// Creates an empty list for `units` units.
    pub(super) fn new(units: usize) -> Gather {
        Gather { starts: vec![0; units + 1], ..Gather::default() }
    }

    /// Returns the number of rows of `blocks` blocks after which the adjoint currents are added to the gradient.
    pub(super) fn capacity(blocks: usize) -> usize {
        (MAX_BYTES / (blocks.max(1) * size_of::<Block>())).clamp(1, MAX_ROWS)
    }

    /// Returns the number of rows of adjoint currents in use.
    pub(super) fn rows(&self) -> usize {
        self.steps.len()
    }

    /// Returns whether the rows of `steps` more steps can be numbered.
    pub(super) fn has_room_for(&self, steps: usize) -> bool {
        self.rows() + steps <= NUMBERED_ROWS
    }

    /// Appends the spikes of `input` within `span`. The adjoint currents of the stored steps are in the rows from
    /// [`Gather::rows`] on, the latest step first.
    pub(super) fn push(&mut self, input: SpikeTrain, span: Span) {
        if span.steps() == 0 {
            return;
        }
        self.units.extend_from_slice(input.between(span.first, span.last));
        let steps = (span.first..span.last).rev().map(|step| input.at(step).len() as u32);
        self.steps.extend(steps.filter(|&spikes| spikes > 0 || span.every_step));
        self.ends.push([self.units.len(), self.steps.len()]);
        debug_assert!(self.has_room_for(0), "rows are numbered with 16 bits");
    }

    /// Adds the adjoint `currents` of all spikes to the rows of their units and forgets the spikes.
    pub(super) fn add_to(&mut self, currents: &Matrix, gradient: &mut Matrix) {
        if !self.units.is_empty() {
            self.sort();
            add_units(self, currents, gradient);
        }
        self.units.clear();
        self.steps.clear();
        self.ends.clear();
    }

    /// Sorts the rows of adjoint currents by unit.
    fn sort(&mut self) {
        // Counting sort: count, accumulate, place.
        let Gather { units, steps, ends, starts, rows } = self;
        starts.fill(0);
        for &unit in &units[..] {
            starts[usize::from(unit) + 1] += 1;
        }
        let mut total = 0;
        for start in &mut starts[..] {
            total += *start;
            *start = total;
        }
        rows.resize(units.len(), 0);
        let (mut row, mut first) = (0, 0);
        for &[last, last_row] in &ends[..] {
            let mut left = &units[first..last];
            for &spikes in &steps[row..last_row] {
                let (earlier, active) = left.split_at(left.len() - spikes as usize);
                left = earlier;
                for &unit in active {
                    let place = &mut starts[usize::from(unit)];
                    rows[*place as usize] = row as u16;
                    *place += 1;
                }
                row += 1;
            }
            first = last;
        }
        // Each start has advanced to the start of the next unit.
        starts.rotate_right(1);
        starts[0] = 0;
    }

    fn of(&self, unit: usize) -> &[u16] {
        &self.rows[self.starts[unit] as usize..self.starts[unit + 1] as usize]
    }
}

#[kernel(simd: S)]
fn add_units(gather: &Gather, currents: &Matrix, gradient: &mut Matrix) {
    let blocks = gradient.row_blocks();
    let parts = blocks.div_ceil(ROW_PART);
    let mut first = 0;
    for part in 0..parts {
        // Parts have equal widths to within one block.
        let width = (blocks - first).div_ceil(parts - part);
        with_width!(width, 1 2 3 4 5 6, else ROW_PART, W => add_part::<S, W>(simd, gather, currents, first, gradient));
        first += width;
    }
}

#[inline(always)]
fn add_part<S: Simd, const WIDTH: usize>(
    simd: S,
    gather: &Gather,
    currents: &Matrix,
    first: usize,
    gradient: &mut Matrix,
) {
    for unit in 0..gradient.rows() {
        let rows = gather.of(unit);
        if !rows.is_empty() {
            add_rows_to_row::<S, WIDTH>(simd, currents, first, rows, gradient, unit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spikes::SpikeTrains;

    #[test]
    fn rows_follow_the_samples_and_the_latest_step_is_first() {
        let mut trains = SpikeTrains::new(3, 6).expect("few units");
        // Unit 0 spikes at 1, 3, 4; unit 2 at 3 and 5; no unit at 0 and 2. In the second sample, unit 1 spikes at 2.
        trains.push_raster(|step, unit| matches!((step, unit), (1 | 3 | 4, 0) | (3 | 5, 2))).expect("few spikes");
        trains.push_raster(|step, unit| (step, unit) == (2, 1)).expect("few spikes");
        let sorted = |first: Span, second: Span| {
            let mut gather = Gather::new(3);
            gather.push(trains.sample(0), first);
            gather.push(trains.sample(1), second);
            gather.push(trains.sample(0), first);
            gather.sort();
            ([0, 1, 2].map(|unit| gather.of(unit).to_vec()), gather.rows())
        };
        let span = |first, last, every_step| Span { first, last, every_step };
        // Rows are steps 5, 4, 3, 1, then 2, then 5, 4, 3, 1.
        let expected = [vec![1, 2, 3, 6, 7, 8], vec![4], vec![0, 2, 5, 7]];
        assert_eq!(sorted(span(1, 6, false), span(2, 6, false)), (expected, 9));
        // Step 5 is after the last gradient, and the second sample has no step before its last.
        let expected = [vec![0, 1, 2, 3, 4, 5], vec![], vec![1, 4]];
        assert_eq!(sorted(span(1, 5, false), span(2, 1, false)), (expected, 6));
        // Steps without input have a row too.
        let expected = [vec![1, 2, 4, 10, 11, 13], vec![8], vec![0, 2, 9, 11]];
        assert_eq!(sorted(span(1, 6, true), span(2, 6, true)), (expected, 14));
    }

    #[test]
    fn wide_layers_collect_fewer_rows() {
        assert_eq!([1, 7, 63, 625, 1 << 20].map(Gather::capacity), [256, 256, 256, 26, 1]);
    }
}
