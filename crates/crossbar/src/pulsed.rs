//! Writes by whole pulses.
//!
//! ```text
//! n  = floor(|dG| / s + u)     pulses of a cell: dG the requested change (µS), s the nominal step of its direction (µS),
//!                              u uniform in [0, 1): the mean of n is |dG| / s
//! G  -> G' n times             one pulse after the other, each with its own normal (device/pulses.rs)
//! ```
//!
//! The controller knows the nominal step only, not the gain of a cell or the factor of its state: this is the effect of
//! pulsed devices on training. A cell without a step, or with a step that rounds to no pulse, gets none. Stochastic
//! rounding preserves the mean of steps smaller than a pulse: Gokmen and Vlasov, Front. Neurosci. 10, 333 (2016).
//!
//! Only cells with pulses are touched: they are listed, gathered in blocks of sixteen, and pulsed in waves until all
//! pulses are applied.

use ohmspike_rng::{Normals, Seed, Uniforms};
use ohmspike_simd::{Block, LANE_BITS, LANES, kernel};

use crate::cells::CellStrip;
use crate::device::{Direction, PulsedCells, Pulses};
use crate::program::{Scratch, total};

/// Pulses of one array, and buffers for its strips.
#[derive(Clone, Debug)]
pub(crate) struct PulsedWrite {
    pulses: Pulses,
    /// Nominal step of an up and of a down pulse, µS.
    steps: [f32; 2],
    floor: f32,
    /// Draws for the rounding, then the number of pulses of every cell.
    numbers: Vec<Block>,
    /// One bit for every cell of a block with a pulse.
    carrying: Vec<u32>,
    lists: [Vec<Listed>; 2],
    draws: Vec<Block>,
}

/// A cell of a strip with pulses left.
#[derive(Clone, Copy, Debug)]
struct Listed {
    /// Lane of the strip, from its first block.
    cell: u32,
    /// Pulses left.
    left: u32,
}

/// Random streams of the pulses of one update of one branch.
pub(crate) struct PulseStreams {
    rounding: Uniforms,
    cycles: Normals,
}

impl PulseStreams {
    /// Opens the streams below the seed of an update.
    pub(crate) fn new(seed: Seed) -> PulseStreams {
        PulseStreams { rounding: seed.named("rounding").uniforms(), cycles: seed.named("pulses").normals() }
    }
}

/// Counts of the pulses of a strip.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Pulsed {
    /// Pulses.
    pub(crate) pulses: u64,
    /// Cells with at least one pulse.
    pub(crate) cells: u64,
    /// Cells that needed more pulses than one write may have.
    pub(crate) limited: u64,
    /// Sum of the conductances at these pulses, µS.
    pub(crate) conductance: f64,
}

impl PulsedWrite {
    /// Creates the pulses of a device with a window of `span` µS above `floor` (Gmin); `spread_scale` multiplies their
    /// cycle noise.
    pub(crate) fn new(pulses: &Pulses, span: f32, floor: f32, spread_scale: f32) -> PulsedWrite {
        let cycle_sigma = pulses.cycle_sigma.map(|sigma| sigma * spread_scale);
        PulsedWrite {
            pulses: Pulses { cycle_sigma, ..pulses.clone() },
            steps: [Direction::Up, Direction::Down].map(|direction| pulses.step(direction) * span),
            floor,
            numbers: Vec::new(),
            carrying: Vec::new(),
            lists: [Vec::new(), Vec::new()],
            draws: Vec::new(),
        }
    }

    /// Applies the steps in `scratch` as pulses: leaves the resulting conductances as targets, and no step for cells
    /// without a pulse. `counts` receives the pulses of every cell, if they are counted.
    pub(crate) fn apply(
        &mut self,
        g_above_min: &[Block],
        cells: CellStrip,
        scratch: &mut Scratch,
        streams: &mut PulseStreams,
        counts: Option<&mut [u32]>,
    ) -> Pulsed {
        let (asked, target) = (&mut scratch.asked[..g_above_min.len()], &mut scratch.target[..g_above_min.len()]);
        self.numbers.resize(g_above_min.len(), Block::ZERO);
        streams.rounding.fill(&mut self.numbers);
        target.copy_from_slice(g_above_min);
        let mut report = Pulsed { limited: self.list(asked), ..Pulsed::default() };
        if let Some(counts) = counts {
            for listed in self.lists.iter().flatten() {
                let count = &mut counts[listed.cell as usize];
                *count = count.saturating_add(listed.left);
            }
        }
        for direction in [Direction::Up, Direction::Down] {
            let mut list = std::mem::take(&mut self.lists[direction as usize]);
            report.cells += list.len() as u64;
            while !list.is_empty() {
                let blocks = list.len().div_ceil(LANES);
                self.draws.resize(blocks, Block::ZERO);
                streams.cycles.fill(&mut self.draws);
                let step = self.steps[direction as usize];
                let g_above_min = wave(&self.pulses, direction, step, &list, &self.draws, cells, target);
                report.pulses += list.len() as u64;
                report.conductance += g_above_min + list.len() as f64 * f64::from(self.floor);
                keep_unfinished(&mut list);
            }
            self.lists[direction as usize] = list;
        }
        report
    }

    /// Fills the lists with the cells that have pulses and clears the step of the others. Returns the number of cells
    /// that needed more pulses than allowed.
    fn list(&mut self, asked: &mut [Block]) -> u64 {
        for list in &mut self.lists {
            list.clear();
        }
        let law = Rounding { per_step: self.steps.map(|step| 1.0 / step), most: self.pulses.max_pulses as f32 };
        self.carrying.resize(asked.len(), 0);
        let limited = round_to_pulses(asked, &mut self.numbers, law, &mut self.carrying);
        for (block, &carrying) in self.carrying.iter().enumerate() {
            let mut left = carrying;
            while left != 0 {
                let lane = left.trailing_zeros() as usize;
                left &= left - 1;
                let down = usize::from(asked[block][lane] < 0.0);
                let (cell, pulses) = ((block * LANES + lane) as u32, self.numbers[block][lane] as i32 as u32);
                self.lists[down].push(Listed { cell, left: pulses });
            }
        }
        total(&limited)
    }
}

/// Rounding of steps to pulses.
#[derive(Clone, Copy)]
struct Rounding {
    /// Pulses per µS, up and down.
    per_step: [f32; 2],
    /// Largest number of pulses of one write.
    most: f32,
}

/// Replaces the uniform `draws` with the pulses of every cell, clears the step of cells without a pulse, and sets one
/// bit in `carrying` for every cell with a pulse. Returns, per lane, the cells that needed more pulses than allowed.
#[kernel]
fn round_to_pulses(asked: &mut [Block], draws: &mut [Block], law: Rounding, carrying: &mut [u32]) -> Block {
    let [per_up, per_down] = law.per_step;
    let mut limited = Block::ZERO;
    for ((asked, draws), carrying) in asked.iter_mut().zip(draws).zip(carrying) {
        let mut flags = [0; LANES];
        for lane in 0..LANES {
            let wanted = asked[lane] * if asked[lane] > 0.0 { per_up } else { -per_down };
            // The draw decides a fraction of a pulse; a number beyond 2^24 is already whole.
            let number = if asked[lane] == 0.0 { 0.0 } else { wanted + draws[lane] };
            flags[lane] = if number >= 1.0 { LANE_BITS[lane] } else { 0 };
            asked[lane] = if number >= 1.0 { asked[lane] } else { 0.0 };
            // Rounding loses this fraction, not the limit.
            limited[lane] += if number >= law.most + 1.0 { 1.0 } else { 0.0 };
            draws[lane] = if number > law.most { law.most } else { number };
        }
        *carrying = flags.iter().fold(0, |bits, flag| bits | flag);
    }
    limited
}

/// Removes one pulse from every cell and keeps cells with pulses left. Branch-free, because the outcome is random and
/// cannot be predicted.
fn keep_unfinished(list: &mut Vec<Listed>) {
    let mut kept = 0;
    for place in 0..list.len() {
        let Listed { cell, left } = list[place];
        list[kept] = Listed { cell, left: left - 1 };
        kept += usize::from(left > 1);
    }
    list.truncate(kept);
}

/// Applies one pulse to every listed cell; returns the sum of the conductances above Gmin at the pulses, µS.
#[kernel]
fn wave(
    pulses: &Pulses,
    direction: Direction,
    step: f32,
    list: &[Listed],
    draws: &[Block],
    cells: CellStrip,
    target: &mut [Block],
) -> f64 {
    let mut sums = [0.0; LANES];
    for (chunk, draw) in list.chunks(LANES).zip(draws) {
        let (gathered, spread) = gather(direction, chunk, cells, target);
        let draw = spread.map_or(*draw, |spread| *draw * spread);
        let after = pulses.pulse(direction, step, &gathered, &draw);
        for (lane, listed) in chunk.iter().enumerate() {
            target[listed.cell as usize / LANES][listed.cell as usize % LANES] = after[lane];
        }
        for (sum, g_above_min) in sums.iter_mut().zip(gathered.g_above_min.0) {
            *sum += f64::from(g_above_min);
        }
    }
    sums.iter().sum()
}

/// Gathers the cells of `chunk`, at most sixteen, and the factors on their noise, if any; unused lanes are 0.
#[inline(always)]
fn gather(direction: Direction, chunk: &[Listed], cells: CellStrip, target: &[Block]) -> (PulsedCells, Option<Block>) {
    let places = || chunk.iter().map(|listed| (listed.cell as usize / LANES, listed.cell as usize % LANES)).enumerate();
    let span = cells.span();
    let (low, high, gain) = (Block::ZERO, Block::splat(span), Block::splat(1.0));
    let mut gathered = PulsedCells { g_above_min: Block::ZERO, low, high, gain, slope: None, span };
    for (lane, (block, place)) in places() {
        gathered.g_above_min[lane] = target[block][place];
    }
    if cells.has_bounds() {
        for (lane, (block, place)) in places() {
            gathered.low[lane] = cells.low_of(block, place);
            gathered.high[lane] = cells.high_of(block, place);
        }
    }
    if cells.has_gains() {
        for (lane, (block, place)) in places() {
            gathered.gain[lane] = cells.gain_of(direction, block, place);
        }
    }
    if cells.has_slopes() {
        let mut slope = Block::ZERO;
        for (lane, (block, place)) in places() {
            slope[lane] = cells.slope_of(direction, block, place);
        }
        gathered.slope = Some(slope);
    }
    if !cells.has_spread() {
        return (gathered, None);
    }
    let mut spread = Block::ZERO;
    for (lane, (block, place)) in places() {
        spread[lane] = cells.spread_of(block, place);
    }
    (gathered, Some(spread))
}
