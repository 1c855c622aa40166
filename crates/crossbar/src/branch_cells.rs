//! One side of all pairs of an array: conductances, their drift as a read sees it, and write counts.

use std::ops::Range;

use ohmspike_rng::{Normals, Seed};
use ohmspike_simd::{Block, LANES, Matrix, kernel, lane_mask};

use crate::cells::{Cells, clip};
use crate::program::{Scratch, Strip, WriteLaw, Written};
use crate::pulsed::{PulseStreams, Pulsed, PulsedWrite};
use crate::report::WriteReport;
use crate::verified::{TryStreams, Verified, VerifiedWrite};

/// One side of all pairs.
#[derive(Clone, Debug)]
pub(crate) struct BranchCells {
    /// Conductance above the nominal Gmin after the last write, µS.
    pub(crate) g_above_min: Matrix,
    /// Constants of the cells.
    pub(crate) cells: Cells,
    /// Standard normal of the last write of every cell, which determines its drift; `None` without drift.
    pub(crate) relaxation: Option<Matrix>,
    /// Conductance above Gmin that a read sees now, µS; `None` if it equals the written one.
    pub(crate) visible: Option<Matrix>,
    /// Write pulses of every lane; `None` if every update writes every cell once.
    pub(crate) pulses: Option<Vec<u32>>,
    /// Lanes whose writes have failed for good; `None` if it never does.
    pub(crate) left: Option<Vec<bool>>,
}

/// Write scheme.
#[derive(Clone, Debug)]
pub(crate) enum Scheme {
    Add,
    Pulsed(PulsedWrite),
    Verified(VerifiedWrite),
}

/// Random streams of one update of one branch.
pub(crate) struct BranchStreams {
    normals: Normals,
    pulses: PulseStreams,
    tries: TryStreams,
    relaxation: Normals,
}

impl BranchStreams {
    /// Opens the streams below `seed`, one seed per update and branch.
    pub(crate) fn new(seed: Seed) -> BranchStreams {
        BranchStreams {
            normals: seed.normals(),
            pulses: PulseStreams::new(seed),
            tries: TryStreams::new(seed),
            relaxation: seed.named("relaxation").normals(),
        }
    }
}

/// Counts of the writes of a strip.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct StripReport {
    /// Counts.
    pub(crate) counts: WriteReport,
    /// Sum of the conductances at the pulses, µS.
    pub(crate) pulsed: f64,
    /// Sum of the conductances at verify reads, µS.
    pub(crate) verified: f64,
}

impl StripReport {
    fn added(written: Written) -> StripReport {
        let counts = WriteReport {
            cells_written: written.cells,
            clipped_low: written.low,
            clipped_high: written.high,
            pulses: written.cells,
            ..WriteReport::default()
        };
        StripReport { counts, pulsed: written.conductance, verified: 0.0 }
    }

    fn pulsed(written: Written, pulses: Pulsed) -> StripReport {
        let mut report = StripReport::added(written);
        report.counts.pulses = pulses.pulses;
        report.counts.pulse_limited = pulses.limited;
        StripReport { pulsed: pulses.conductance, ..report }
    }

    fn verified(done: Verified) -> StripReport {
        let counts = WriteReport {
            cells_written: done.cells,
            clipped_low: done.clipped[0],
            clipped_high: done.clipped[1],
            pulses: done.tries,
            verify_reads: done.reads,
            failed_writes: done.failed_writes,
            ..WriteReport::default()
        };
        StripReport { counts, pulsed: done.conductance, verified: done.verified }
    }
}

impl BranchCells {
    /// Writes the blocks of whole rows to the targets in `scratch`; `signs` has one sign per row.
    pub(crate) fn write(
        &mut self,
        blocks: Range<usize>,
        signs: &[f32],
        law: &WriteLaw,
        scheme: &mut Scheme,
        scratch: &mut Scratch,
        streams: &mut BranchStreams,
    ) -> StripReport {
        let (width, last_mask) = (self.g_above_min.row_blocks(), last_mask(&self.g_above_min));
        if law.is_noisy() {
            streams.normals.fill(&mut scratch.draws[..blocks.len()]);
        }
        let lanes = blocks.start * LANES..blocks.end * LANES;
        let counts = self.pulses.as_mut().map(|pulses| &mut pulses[lanes.clone()]);
        let g_above_min = &mut self.g_above_min.blocks_mut()[blocks.clone()];
        let cells = self.cells.strip(blocks.clone());
        let strip = Strip { signs, width, last_mask, g_above_min, cells };
        let report = match scheme {
            Scheme::Add => {
                if let Some(counts) = counts {
                    count_written(&scratch.asked[..blocks.len()], law.writes_every_cell(), counts);
                }
                StripReport::added(law.apply(strip, scratch))
            }
            Scheme::Pulsed(pulsed) => {
                let pulses = pulsed.apply(strip.g_above_min, cells, scratch, &mut streams.pulses, counts);
                StripReport::pulsed(law.apply(strip, scratch), pulses)
            }
            Scheme::Verified(verified) => {
                let left = self.left.as_mut().map(|left| &mut left[lanes]);
                StripReport::verified(verified.apply(strip, law, scratch, &mut streams.tries, counts, left))
            }
        };
        let every_cell = match scheme {
            Scheme::Verified(verified) => verified.writes_unasked_cells(law),
            Scheme::Add | Scheme::Pulsed(_) => law.writes_every_cell(),
        };
        self.renew_paths(blocks, every_cell, scratch, streams);
        report
    }

    /// Draws new drift paths for the written cells of `blocks`.
    fn renew_paths(
        &mut self,
        blocks: Range<usize>,
        every_cell: bool,
        scratch: &mut Scratch,
        streams: &mut BranchStreams,
    ) {
        let (width, last_mask) = (self.g_above_min.row_blocks(), last_mask(&self.g_above_min));
        if let Some(relaxation) = &mut self.relaxation {
            let (draws, asked) = (&mut scratch.draws[..blocks.len()], &scratch.asked[..blocks.len()]);
            streams.relaxation.fill(draws);
            renew(&mut relaxation.blocks_mut()[blocks], draws, asked, every_cell, width, last_mask);
        }
    }

    /// Returns the conductances that a read sees now, above Gmin, µS.
    pub(crate) fn seen_cells(&self) -> &Matrix {
        self.visible.as_ref().unwrap_or(&self.g_above_min)
    }

    /// Returns the conductances of `blocks` that a read sees now, above Gmin, µS.
    pub(crate) fn seen(&self, blocks: Range<usize>) -> &[Block] {
        &self.seen_cells().blocks()[blocks]
    }

    /// Returns the conductance of one cell that a read sees now, above Gmin, µS.
    pub(crate) fn seen_at(&self, row: usize, column: usize) -> f32 {
        self.seen_cells()[(row, column)]
    }

    /// Clips every cell to its own bounds.
    pub(crate) fn hold(&mut self) {
        for row in 0..self.g_above_min.rows() {
            for column in 0..self.g_above_min.columns() {
                let (low, high) = self.cells.bounds(row, column);
                self.g_above_min[(row, column)] = clip(self.g_above_min[(row, column)], low, high);
            }
        }
    }
}

/// Returns 1 in the lanes of a row's last block that hold a cell.
pub(crate) fn last_mask(matrix: &Matrix) -> Block {
    lane_mask(matrix.columns(), matrix.row_blocks() - 1)
}

/// Counts one pulse per cell with an update, or per cell; padding does not count.
fn count_written(asked: &[Block], every_cell: bool, counts: &mut [u32]) {
    for (asked, counts) in asked.iter().zip(counts.as_chunks_mut::<LANES>().0) {
        for lane in 0..LANES {
            counts[lane] += u32::from(every_cell || asked[lane] != 0.0);
        }
    }
}

/// Draws new drift paths for the written cells.
#[kernel]
fn renew(held: &mut [Block], draws: &[Block], asked: &[Block], every_cell: bool, width: usize, last_mask: Block) {
    for (block, ((held, draws), asked)) in held.iter_mut().zip(draws).zip(asked).enumerate() {
        let mask = if (block + 1) % width == 0 { last_mask } else { Block::splat(1.0) };
        for lane in 0..LANES {
            let written = every_cell || asked[lane] != 0.0;
            held[lane] = if written { mask[lane] * draws[lane] } else { held[lane] };
        }
    }
}
