//! Writing with verification: tries until a read says that the cell is where it should be.
//!
//! The procedure is that of device/verify.rs. The first try of every cell takes the draw of its place, as the `add` scheme
//! does, so that with a window without end both leave the same bits; later tries take theirs in the order of the cells
//! that are left.

use lanes::{Block, LANES};
use multiversion::multiversion;
use seed::{Normals, Seed};

use crate::cells::{CellStrip, clip};
use crate::device::{Direction, First, Sides, Verify};
use crate::program::{Scratch, WriteLaw};
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

/// Streams of the tries of one update of one branch.
pub(crate) struct TryStreams {
    tries: Normals,
    reads: Normals,
}

impl TryStreams {
    /// The streams below the seed of an update.
    pub(crate) fn new(seed: Seed) -> TryStreams {
        TryStreams { tries: seed.named("tries").normals(), reads: seed.named("verify-reads").normals() }
    }
}

/// What the tries of a strip did.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Verified {
    /// Cells written.
    pub(crate) cells: u64,
    /// Tries, each one write pulse.
    pub(crate) tries: u64,
    /// Reads that verified one.
    pub(crate) reads: u64,
    /// Cells whose tries ran out.
    pub(crate) gave_up: u64,
    /// Writes whose last try fell below the window of their cell, and those where it rose above it.
    pub(crate) clipped: [u64; 2],
    /// Sum of the conductances that the tries left, µS.
    pub(crate) conductance: f64,
    /// Sum of the conductances that were read, µS.
    pub(crate) verified: f64,
}

/// Rows of a branch that are verified.
pub(crate) struct VerifyStrip<'a> {
    /// +1 or -1 for every row.
    pub(crate) signs: &'a [f32],
    /// Blocks in a row.
    pub(crate) width: usize,
    /// 1 in the lanes of a row's last block that hold a cell.
    pub(crate) last_mask: Block,
    /// Excess of the branch, µS.
    pub(crate) excess: &'a mut [Block],
    /// Constants of its cells.
    pub(crate) cells: CellStrip<'a>,
}

impl VerifiedWrite {
    /// The procedure of `verify`, whose reads have the noise `read`.
    pub(crate) fn new(verify: Verify, read: Option<ReadSpread>) -> VerifiedWrite {
        VerifiedWrite { verify, read, list: Vec::new(), draws: Vec::new(), reads: Vec::new() }
    }

    /// Writes a strip at the targets in `scratch`, its first tries with the draws there. `counts` gets the tries of every
    /// cell, where they are kept.
    pub(crate) fn apply(
        &mut self,
        strip: VerifyStrip,
        law: &WriteLaw,
        scratch: &mut Scratch,
        streams: &mut TryStreams,
        mut counts: Option<&mut [u32]>,
    ) -> Verified {
        self.list(&strip, law, scratch);
        let mut report = Verified::default();
        let mut list = std::mem::take(&mut self.list);
        if self.verify.first == First::Read {
            report.reads = list.len() as u64;
            report.verified = self.read_first(&mut list, &strip, law, scratch, streams);
        }
        report.cells = list.len() as u64;
        let VerifyStrip { signs, width, excess, cells, .. } = strip;
        for number in 0..self.verify.tries {
            if list.is_empty() {
                break;
            }
            let blocks = list.len().div_ceil(LANES);
            self.draws.resize(blocks, Block::ZERO);
            self.reads.resize(blocks, Block::ZERO);
            if number == 0 {
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
            report.tries += list.len() as u64;
            report.reads += list.len() as u64;
            if let Some(counts) = counts.as_deref_mut() {
                for &cell in &list {
                    counts[cell as usize] += 1;
                }
            }
            let last = number + 1 == self.verify.tries;
            let tried = Try { verify: &self.verify, law, signs, width, cells, target: &scratch.target, last };
            let accepted = tried.all(&mut list, [&self.draws, &self.reads], self.read.as_ref(), excess);
            report.clipped[0] += accepted.clipped[0];
            report.clipped[1] += accepted.clipped[1];
            report.conductance += accepted.conductance;
            report.verified += accepted.conductance;
        }
        report.gave_up = list.len() as u64;
        list.clear();
        self.list = list;
        report
    }

    /// Whether cells that are asked nothing may be written all the same.
    pub(crate) fn writes_unasked_cells(&self, law: &WriteLaw) -> bool {
        law.writes_every_cell() && self.verify.first == First::Write
    }

    /// Reads the listed cells as they are: those that are accepted leave the list, and nothing is asked of them; of the
    /// others something is. Returns the sum of the conductances read, µS.
    fn read_first(
        &mut self,
        list: &mut Vec<u32>,
        strip: &VerifyStrip,
        law: &WriteLaw,
        scratch: &mut Scratch,
        streams: &mut TryStreams,
    ) -> f64 {
        self.reads.resize(list.len().div_ceil(LANES), Block::ZERO);
        if self.read.is_some() {
            streams.reads.fill(&mut self.reads);
        }
        let (mut kept, mut conductance) = (0, 0.0);
        for place in 0..list.len() {
            let cell = list[place] as usize;
            let (block, lane) = (cell / LANES, cell % LANES);
            let read = law.floor() + strip.excess[block][lane];
            let sigma = self.read.as_ref().map_or(0.0, |spread| spread.sigma(read));
            let target = clip(scratch.target[block][lane], 0.0, strip.cells.span());
            let off = (strip.excess[block][lane] + sigma * self.reads[place / LANES][place % LANES]) - target;
            let accepted = off.abs() <= self.verify.acceptance.microsiemens(law.floor() + target);
            let asked = &mut scratch.asked[block][lane];
            if accepted {
                *asked = 0.0;
            } else if *asked == 0.0 {
                *asked = -off;
            }
            list[kept] = list[place];
            kept += usize::from(!accepted);
            conductance += f64::from(read);
        }
        list.truncate(kept);
        conductance
    }

    /// Lists the cells that are written.
    fn list(&mut self, strip: &VerifyStrip, law: &WriteLaw, scratch: &Scratch) {
        self.list.clear();
        for block in 0..strip.excess.len() {
            let mask = if (block + 1) % strip.width == 0 { strip.last_mask } else { Block::splat(1.0) };
            for lane in 0..LANES {
                if mask[lane] != 0.0 && (law.writes_every_cell() || scratch.asked[block][lane] != 0.0) {
                    self.list.push((block * LANES + lane) as u32);
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
    /// Whether those that are refused have no further try.
    last: bool,
}

/// What a round did, in sums.
#[derive(Default)]
struct Round {
    clipped: [u64; 2],
    conductance: f64,
}

impl Try<'_> {
    /// Tries every listed cell once and keeps those in the list that were not accepted.
    fn all(
        &self,
        list: &mut Vec<u32>,
        [draws, reads]: [&[Block]; 2],
        read: Option<&ReadSpread>,
        excess: &mut [Block],
    ) -> Round {
        let mut round = Round::default();
        let mut kept = 0;
        for chunk in 0..list.len().div_ceil(LANES) {
            let first = chunk * LANES;
            let last = (first + LANES).min(list.len());
            let mut members = [0u32; LANES];
            members[..last - first].copy_from_slice(&list[first..last]);
            let members = &members[..last - first];
            let refused = self.block(members, &draws[chunk], &reads[chunk], read, excess, &mut round);
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

    /// Tries up to sixteen cells; 1 in the lanes of those that were not accepted.
    fn block(
        &self,
        members: &[u32],
        draw: &Block,
        read_draw: &Block,
        read: Option<&ReadSpread>,
        excess: &mut [Block],
        round: &mut Round,
    ) -> Block {
        let mut gathered = Gathered::default();
        for (lane, &cell) in members.iter().enumerate() {
            let (block, place) = (cell as usize / LANES, cell as usize % LANES);
            gathered.excess[lane] = excess[block][place];
            gathered.target[lane] = self.target[block][place];
            gathered.low[lane] = self.cells.low_of(block, place);
            gathered.high[lane] = self.cells.high_of(block, place);
            gathered.spread[lane] = self.cells.spread_of(block, place);
            gathered.signed[lane] = self.signs[block / self.width] * draw[lane];
            let rises = gathered.target[lane] > gathered.excess[lane];
            let direction = if rises { Direction::Up } else { Direction::Down };
            gathered.gain[lane] = self.cells.gain_of(direction, block, place);
        }
        let tried = try_block(self.verify, self.law, self.cells.span(), &gathered, read, read_draw);
        for (lane, &cell) in members.iter().enumerate() {
            excess[cell as usize / LANES][cell as usize % LANES] = tried.excess[lane];
            round.conductance += f64::from(self.law.floor() + tried.excess[lane]);
            let (aimed, written) = (tried.aimed[lane], tried.written[lane]);
            // Of a write counts where its last try ended.
            let ended = self.last || tried.refused[lane] == 0.0;
            round.clipped[0] += u64::from(ended && aimed.min(written) < gathered.low[lane]);
            round.clipped[1] += u64::from(ended && aimed.max(written) > gathered.high[lane]);
        }
        tried.refused
    }
}

/// Up to sixteen cells that are tried together.
#[derive(Clone, Copy, Default)]
struct Gathered {
    excess: Block,
    target: Block,
    low: Block,
    high: Block,
    spread: Block,
    signed: Block,
    gain: Block,
}

/// What a try left.
#[derive(Clone, Copy)]
struct Tried {
    /// Excess, µS.
    excess: Block,
    /// What the write aimed at, where its law clips that first; otherwise what it left.
    aimed: Block,
    /// The excess before it was clipped.
    written: Block,
    /// 1 where the read was outside the window.
    refused: Block,
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn try_block(
    verify: &Verify,
    law: &WriteLaw,
    span: f32,
    cells: &Gathered,
    read: Option<&ReadSpread>,
    read_draw: &Block,
) -> Tried {
    let Gathered { excess, target: asked, low, high, spread, signed, gain } = cells;
    // What is asked beyond the nominal window is verified at its end: no read comes further.
    let target = asked.map(|asked| clip(asked, 0.0, span));
    let mut width = Block::ZERO;
    let mut aim = Block::ZERO;
    let mut restarts = Block::ZERO;
    for lane in 0..LANES {
        width[lane] = verify.acceptance.microsiemens(law.floor() + target[lane]);
        let share = verify.approach * gain[lane];
        let way = asked[lane] - excess[lane];
        aim[lane] = if share == 1.0 { asked[lane] } else { excess[lane] + share * way };
        let restart = match verify.sides {
            Sides::Both => false,
            Sides::Up => excess[lane] > target[lane] + width[lane],
            Sides::Down => excess[lane] < target[lane] - width[lane],
        };
        restarts[lane] = if restart { 1.0 } else { 0.0 };
    }
    let mut written = law.leave(&aim, [low, high], signed, spread);
    let mut tried = Block::ZERO;
    let mut aimed = Block::ZERO;
    for lane in 0..LANES {
        let clips_aim = law.clips_target() && restarts[lane] == 0.0;
        written[lane] = match verify.sides {
            Sides::Both => written[lane],
            Sides::Up if restarts[lane] != 0.0 => low[lane],
            Sides::Down if restarts[lane] != 0.0 => high[lane],
            Sides::Up => {
                if written[lane] < excess[lane] {
                    excess[lane]
                } else {
                    written[lane]
                }
            }
            Sides::Down => {
                if written[lane] > excess[lane] {
                    excess[lane]
                } else {
                    written[lane]
                }
            }
        };
        aimed[lane] = if clips_aim { aim[lane] } else { written[lane] };
        tried[lane] = clip(written[lane], low[lane], high[lane]);
    }
    let mut sigma = Block::ZERO;
    if let Some(read) = read {
        sigma = read.at(&tried.map(|excess| law.floor() + excess));
    }
    let mut refused = Block::ZERO;
    for lane in 0..LANES {
        let off = (tried[lane] + sigma[lane] * read_draw[lane]) - target[lane];
        let off = if off < 0.0 { -off } else { off };
        refused[lane] = if off <= width[lane] { 0.0 } else { 1.0 };
    }
    Tried { excess: tried, aimed, written, refused }
}
