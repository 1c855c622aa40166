//! Program and verify: tries until a read accepts the cell.
//!
//! `device/verify.rs` has the procedure. The first try of every cell uses the draw of its position, as in the scheme
//! `add`; with an infinite window both are therefore bit-identical. Later tries use draws in the order of the remaining
//! cells.

use ohmspike_rng::{Normals, Seed};
use ohmspike_simd::{Block, LANES, kernel};

use crate::cells::{CellStrip, clip};
use crate::device::{AfterFailedWrite, Direction, InitialAction, Verify, VerifyDirection};
use crate::program::{Scratch, Strip, WriteLaw};
use crate::read_spread::ReadSpread;

/// Program and verify for one array, and buffers for its strips.
#[derive(Clone, Debug)]
pub(crate) struct VerifiedWrite {
    verify: Verify,
    read: Option<ReadSpread>,
    list: Vec<u32>,
    draws: Vec<Block>,
    reads: Vec<Block>,
}

/// Random streams of the tries of one update of one branch.
pub(crate) struct TryStreams {
    tries: Normals,
    reads: Normals,
}

impl TryStreams {
    /// Opens the streams below the seed of an update.
    pub(crate) fn new(seed: Seed) -> TryStreams {
        TryStreams { tries: seed.named("tries").normals(), reads: seed.named("verify-reads").normals() }
    }
}

/// Counts of the tries of a strip.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Verified {
    /// Cells written.
    pub(crate) cells: u64,
    /// Tries, one write pulse each.
    pub(crate) tries: u64,
    /// Verify reads.
    pub(crate) reads: u64,
    /// Failed writes: all tries were used up.
    pub(crate) failed_writes: u64,
    /// Writes with a last try below, and above, the window of their cell.
    pub(crate) clipped: [u64; 2],
    /// Sum of the conductances after the tries, µS.
    pub(crate) conductance: f64,
    /// Sum of the conductances at verify reads, µS.
    pub(crate) verified: f64,
}

impl VerifiedWrite {
    /// Creates the procedure of `verify`; its reads have the noise `read`.
    pub(crate) fn new(verify: Verify, read: Option<ReadSpread>) -> VerifiedWrite {
        VerifiedWrite { verify, read, list: Vec::new(), draws: Vec::new(), reads: Vec::new() }
    }

    /// Returns true if cells are never written again after a failed write.
    pub(crate) fn leaves_cells(&self) -> bool {
        self.verify.after_failed_write == AfterFailedWrite::Leave
    }

    /// Writes a strip to the targets in `scratch`, with the draws there for the first tries. `counts` receives the
    /// tries of every cell and `left` the cells whose writes have failed for good, if these are kept.
    pub(crate) fn apply(
        &mut self,
        strip: Strip,
        law: &WriteLaw,
        scratch: &mut Scratch,
        streams: &mut TryStreams,
        mut counts: Option<&mut [u32]>,
        left: Option<&mut [bool]>,
    ) -> Verified {
        self.list(&strip, law, scratch, left.as_deref());
        let mut report = Verified::default();
        let mut list = std::mem::take(&mut self.list);
        if self.verify.initial_action == InitialAction::Read {
            report.reads = list.len() as u64;
            report.verified = self.read_first(&mut list, &strip, law, scratch, streams);
        }
        report.cells = list.len() as u64;
        let Strip { signs, width, g_above_min, cells, .. } = strip;
        for number in 0..self.verify.tries {
            if list.is_empty() {
                break;
            }
            self.draw(&list, number == 0, law, scratch, streams);
            if let Some(counts) = counts.as_deref_mut() {
                for &cell in &list {
                    counts[cell as usize] = counts[cell as usize].saturating_add(1);
                }
            }
            report.tries += list.len() as u64;
            report.reads += list.len() as u64;
            let last = number + 1 == self.verify.tries;
            let tried = Try { verify: &self.verify, law, signs, width, cells, target: &scratch.target, last };
            let round = tried.all(&mut list, [&self.draws, &self.reads], self.read.as_ref(), g_above_min);
            report.clipped[0] += round.clipped[0];
            report.clipped[1] += round.clipped[1];
            report.conductance += round.conductance;
            report.verified += round.conductance;
        }
        report.failed_writes = list.len() as u64;
        if let Some(left) = left {
            for &cell in &list {
                left[cell as usize] = true;
            }
        }
        list.clear();
        self.list = list;
        report
    }

    /// Draws a round of tries; the first uses the draws of the cells' positions.
    fn draw(&mut self, list: &[u32], first: bool, law: &WriteLaw, scratch: &Scratch, streams: &mut TryStreams) {
        let blocks = list.len().div_ceil(LANES);
        self.draws.resize(blocks, Block::ZERO);
        self.reads.resize(blocks, Block::ZERO);
        if first {
            for (place, &cell) in list.iter().enumerate() {
                let cell = cell as usize;
                self.draws[place / LANES][place % LANES] = scratch.draws[cell / LANES][cell % LANES];
            }
        } else if law.is_noisy() {
            streams.tries.fill(&mut self.draws);
        }
        if self.read.is_some() {
            streams.reads.fill(&mut self.reads);
        }
    }

    /// Returns true if cells without a step may still be written.
    pub(crate) fn writes_unasked_cells(&self, law: &WriteLaw) -> bool {
        law.writes_every_cell() && self.verify.initial_action == InitialAction::Write && !self.leaves_cells()
    }

    /// Reads the listed cells first: accepted ones leave the list without a step, the others get one. Returns the sum
    /// of the read conductances, µS.
    fn read_first(
        &mut self,
        list: &mut Vec<u32>,
        strip: &Strip,
        law: &WriteLaw,
        scratch: &mut Scratch,
        streams: &mut TryStreams,
    ) -> f64 {
        self.reads.resize(list.len().div_ceil(LANES), Block::ZERO);
        if self.read.is_some() {
            streams.reads.fill(&mut self.reads);
        }
        let span = strip.cells.span();
        let (mut kept, mut conductance) = (0, 0.0);
        for chunk in 0..list.len().div_ceil(LANES) {
            let first = chunk * LANES;
            let count = (list.len() - first).min(LANES);
            let (mut g_above_min, mut target) = (Block::ZERO, Block::ZERO);
            for lane in 0..count {
                let (block, place) = (list[first + lane] as usize / LANES, list[first + lane] as usize % LANES);
                g_above_min[lane] = strip.g_above_min[block][place];
                target[lane] = clip(scratch.target[block][place], 0.0, span);
            }
            let off =
                read_block(&self.verify, law.floor(), &g_above_min, &target, self.read.as_ref(), &self.reads[chunk]);
            for lane in 0..count {
                let cell = list[first + lane];
                let asked = &mut scratch.asked[cell as usize / LANES][cell as usize % LANES];
                let accepted = off[lane] == 0.0;
                *asked = match (accepted, *asked == 0.0) {
                    (true, _) => 0.0,
                    (false, true) => off[lane],
                    (false, false) => *asked,
                };
                list[kept] = cell;
                kept += usize::from(!accepted);
                conductance += f64::from(law.floor() + g_above_min[lane]);
            }
        }
        list.truncate(kept);
        conductance
    }

    /// Lists the cells to write; cells in `left` get no step.
    fn list(&mut self, strip: &Strip, law: &WriteLaw, scratch: &mut Scratch, left: Option<&[bool]>) {
        self.list.clear();
        for block in 0..strip.g_above_min.len() {
            let mask = if (block + 1) % strip.width == 0 { strip.last_mask } else { Block::splat(1.0) };
            for lane in 0..LANES {
                let cell = block * LANES + lane;
                if left.is_some_and(|left| left[cell]) {
                    scratch.asked[block][lane] = 0.0;
                } else if mask[lane] != 0.0 && (law.writes_every_cell() || scratch.asked[block][lane] != 0.0) {
                    self.list.push(cell as u32);
                }
            }
        }
    }
}

/// One round of tries.
struct Try<'a> {
    verify: &'a Verify,
    law: &'a WriteLaw,
    signs: &'a [f32],
    width: usize,
    cells: CellStrip<'a>,
    target: &'a [Block],
    /// Whether this is the last try of refused cells.
    last: bool,
}

/// Sums of a round.
#[derive(Default)]
struct Round {
    clipped: [u64; 2],
    conductance: f64,
}

impl Try<'_> {
    /// Tries every listed cell once and keeps those that were not accepted.
    fn all(
        &self,
        list: &mut Vec<u32>,
        [draws, reads]: [&[Block]; 2],
        read: Option<&ReadSpread>,
        g_above_min: &mut [Block],
    ) -> Round {
        let mut round = Round::default();
        let mut kept = 0;
        for chunk in 0..list.len().div_ceil(LANES) {
            let first = chunk * LANES;
            let last = (first + LANES).min(list.len());
            let mut members = [0u32; LANES];
            members[..last - first].copy_from_slice(&list[first..last]);
            let members = &members[..last - first];
            let refused = self.block(members, &draws[chunk], &reads[chunk], read, g_above_min, &mut round);
            for (lane, &cell) in members.iter().enumerate() {
                if refused[lane] != 0.0 {
                    list[kept] = cell;
                    kept += 1;
                }
            }
        }
        list.truncate(kept);
        round
    }

    /// Tries up to sixteen cells; returns 1 in the lanes of those that were not accepted.
    fn block(
        &self,
        members: &[u32],
        draw: &Block,
        read_draw: &Block,
        read: Option<&ReadSpread>,
        g_above_min: &mut [Block],
        round: &mut Round,
    ) -> Block {
        let mut gathered = Gathered::default();
        for (lane, &cell) in members.iter().enumerate() {
            let (block, place) = (cell as usize / LANES, cell as usize % LANES);
            gathered.g_above_min[lane] = g_above_min[block][place];
            gathered.target[lane] = self.target[block][place];
            gathered.low[lane] = self.cells.low_of(block, place);
            gathered.high[lane] = self.cells.high_of(block, place);
            gathered.spread[lane] = self.cells.spread_of(block, place);
            gathered.signed[lane] = self.signs[block / self.width] * draw[lane];
            let rises = gathered.target[lane] > gathered.g_above_min[lane];
            let direction = if rises { Direction::Up } else { Direction::Down };
            gathered.gain[lane] = self.cells.gain_of(direction, block, place);
        }
        let tried = try_block(self.verify, self.law, self.cells.span(), &gathered, read, read_draw);
        for (lane, &cell) in members.iter().enumerate() {
            g_above_min[cell as usize / LANES][cell as usize % LANES] = tried.g_above_min[lane];
            round.conductance += f64::from(self.law.floor() + tried.g_above_min[lane]);
            let (aimed, written) = (tried.aimed[lane], tried.written[lane]);
            // The last try of a write decides whether it counts as clipped.
            let moves = gathered.low[lane] < gathered.high[lane];
            let ended = moves && (self.last || tried.refused[lane] == 0.0);
            round.clipped[0] += u64::from(ended && aimed.min(written) < gathered.low[lane]);
            round.clipped[1] += u64::from(ended && aimed.max(written) > gathered.high[lane]);
        }
        tried.refused
    }
}

/// Up to sixteen cells tried together.
#[derive(Clone, Copy, Default)]
struct Gathered {
    g_above_min: Block,
    target: Block,
    low: Block,
    high: Block,
    spread: Block,
    signed: Block,
    gain: Block,
}

/// Result of a try.
#[derive(Clone, Copy)]
struct Tried {
    /// Conductance above Gmin, µS.
    g_above_min: Block,
    /// Target of the write if its law clips it first; else the written conductance.
    aimed: Block,
    /// Conductance above Gmin before clipping.
    written: Block,
    /// 1 where the read was outside the acceptance window.
    refused: Block,
}

/// Returns the larger of `value` and `least`; NaN stays NaN.
#[inline(always)]
fn at_least(value: f32, least: f32) -> f32 {
    if value < least { least } else { value }
}

/// Returns the smaller of `value` and `most`; NaN stays NaN.
#[inline(always)]
fn at_most(value: f32, most: f32) -> f32 {
    if value > most { most } else { value }
}

#[kernel]
fn try_block(
    verify: &Verify,
    law: &WriteLaw,
    span: f32,
    cells: &Gathered,
    read: Option<&ReadSpread>,
    read_draw: &Block,
) -> Tried {
    let Gathered { g_above_min, target: asked, low, high, spread, signed, gain } = cells;
    // A target outside the nominal window is verified at its end, the furthest that a read can reach.
    let target = asked.map(|asked| clip(asked, 0.0, span));
    let mut width = Block::ZERO;
    let mut aim = Block::ZERO;
    let mut restarts = Block::ZERO;
    for lane in 0..LANES {
        width[lane] = verify.acceptance.microsiemens(law.floor() + target[lane]);
        let fraction = verify.approach * gain[lane];
        let way = asked[lane] - g_above_min[lane];
        aim[lane] = if fraction == 1.0 { asked[lane] } else { g_above_min[lane] + fraction * way };
        let restart = match verify.direction {
            VerifyDirection::Both => false,
            VerifyDirection::Up => g_above_min[lane] > target[lane] + width[lane],
            VerifyDirection::Down => g_above_min[lane] < target[lane] - width[lane],
        };
        restarts[lane] = if restart { 1.0 } else { 0.0 };
    }
    let mut written = law.leave(&aim, [low, high], signed, spread);
    let mut tried = Block::ZERO;
    let mut aimed = Block::ZERO;
    for lane in 0..LANES {
        let clips_aim = law.clips_target() && restarts[lane] == 0.0;
        written[lane] = match verify.direction {
            VerifyDirection::Both => written[lane],
            VerifyDirection::Up if restarts[lane] != 0.0 => low[lane],
            VerifyDirection::Down if restarts[lane] != 0.0 => high[lane],
            VerifyDirection::Up => at_least(written[lane], g_above_min[lane]),
            VerifyDirection::Down => at_most(written[lane], g_above_min[lane]),
        };
        aimed[lane] = if clips_aim { aim[lane] } else { written[lane] };
        tried[lane] = clip(written[lane], low[lane], high[lane]);
    }
    let mut sigma = Block::ZERO;
    if let Some(read) = read {
        sigma = read.at(&tried.map(|g_above_min| law.floor() + g_above_min));
    }
    let mut refused = Block::ZERO;
    for lane in 0..LANES {
        let off = (tried[lane] + sigma[lane] * read_draw[lane]) - target[lane];
        let off = if off < 0.0 { -off } else { off };
        refused[lane] = if off <= width[lane] { 0.0 } else { 1.0 };
    }
    Tried { g_above_min: tried, aimed, written, refused }
}

/// Returns the distance of the reads of sixteen cells from their targets, µS; 0 for accepted cells.
#[kernel]
fn read_block(
    verify: &Verify,
    floor: f32,
    g_above_min: &Block,
    target: &Block,
    read: Option<&ReadSpread>,
    read_draw: &Block,
) -> Block {
    let sigma = read.map_or(Block::ZERO, |read| read.at(&g_above_min.map(|g_above_min| floor + g_above_min)));
    let mut off = Block::ZERO;
    for lane in 0..LANES {
        let distance = target[lane] - (g_above_min[lane] + sigma[lane] * read_draw[lane]);
        let size = if distance < 0.0 { -distance } else { distance };
        off[lane] = if size <= verify.acceptance.microsiemens(floor + target[lane]) { 0.0 } else { distance };
    }
    off
}
