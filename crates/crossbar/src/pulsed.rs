//! Writing by whole pulses.
//!
//! ```text
//! n  = floor(|dG| / s + u)     pulses of a cell: dG asked for (µS), s the nominal step of its direction (µS), u uniform in
//!                              [0, 1): the mean of n is |dG| / s
//! G  -> G' n times             one pulse after the other, each with a normal of its own (device/pulses.rs)
//! ```
//!
//! The controller knows the nominal step, not the gain of a cell or the factor of its state: these are what a pulsed
//! device does to training. A cell that is asked nothing, or whose step rounds to no pulse, gets none. Rounding at random
//! keeps the mean of steps that are smaller than a pulse: Gokmen and Vlasov, Front. Neurosci. 10, 333 (2016).
//!
//! Only cells with pulses are touched: they are listed, gathered in blocks of sixteen, and pulsed in waves, until every one
//! has had its number.

use lanes::{Block, LANES};
use multiversion::multiversion;
use seed::{Normals, Seed, Uniforms};

use crate::cells::CellStrip;
use crate::device::{Direction, Pulses};
use crate::program::Scratch;

/// The pulses of one array, and buffers for their strips.
#[derive(Clone, Debug)]
pub(crate) struct PulsedWrite {
    pulses: Pulses,
    /// Nominal step of an up and of a down pulse, µS.
    steps: [f32; 2],
    floor: f32,
    uniforms: Vec<Block>,
    lists: [Vec<Listed>; 2],
    draws: Vec<Block>,
}

/// A cell of a strip with pulses left.
#[derive(Clone, Copy, Debug)]
struct Listed {
    /// Lane of the strip, counted from its first block.
    cell: u32,
    /// Pulses left.
    left: u32,
}

/// Streams of the pulses of one update of one branch.
pub(crate) struct PulseStreams {
    rounding: Uniforms,
    cycles: Normals,
}

impl PulseStreams {
    /// The streams below the seed of an update.
    pub(crate) fn new(seed: Seed) -> PulseStreams {
        PulseStreams { rounding: seed.named("rounding").uniforms(), cycles: seed.named("pulses").normals() }
    }
}

/// What the pulses of a strip did.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Pulsed {
    /// Pulses.
    pub(crate) pulses: u64,
    /// Cells with at least one.
    pub(crate) cells: u64,
    /// Cells that were asked more pulses than one write may have.
    pub(crate) limited: u64,
    /// Sum of the conductances that the pulses met, µS.
    pub(crate) conductance: f64,
}

impl PulsedWrite {
    /// The pulses of a device whose window spans `span` µS above `floor`.
    pub(crate) fn new(pulses: &Pulses, span: f32, floor: f32) -> PulsedWrite {
        PulsedWrite {
            pulses: pulses.clone(),
            steps: [Direction::Up, Direction::Down].map(|direction| pulses.step(direction) * span),
            floor,
            uniforms: Vec::new(),
            lists: [Vec::new(), Vec::new()],
            draws: Vec::new(),
        }
    }

    /// Turns what `scratch` says is asked into pulses: leaves where they take the cells as their target, and nothing asked
    /// where a cell has no pulse. `counts` gets the pulses of every cell, where they are kept.
    pub(crate) fn apply(
        &mut self,
        excess: &[Block],
        cells: CellStrip,
        scratch: &mut Scratch,
        streams: &mut PulseStreams,
        counts: Option<&mut [u32]>,
    ) -> Pulsed {
        let (asked, target) = (&mut scratch.asked[..excess.len()], &mut scratch.target[..excess.len()]);
        self.uniforms.resize(excess.len(), Block::ZERO);
        streams.rounding.fill(&mut self.uniforms);
        target.copy_from_slice(excess);
        let mut report = Pulsed { limited: self.list(asked), ..Pulsed::default() };
        if let Some(counts) = counts {
            for listed in self.lists.iter().flatten() {
                counts[listed.cell as usize] += listed.left;
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
                let excess = wave(&self.pulses, direction, step, &list, &self.draws, cells, target);
                report.pulses += list.len() as u64;
                report.conductance += excess + list.len() as f64 * f64::from(self.floor);
                for listed in &mut list {
                    listed.left -= 1;
                }
                list.retain(|listed| listed.left > 0);
            }
            self.lists[direction as usize] = list;
        }
        report
    }

    /// Fills the lists with the cells that have pulses and leaves nothing asked of the others. Returns how many cells were
    /// asked more pulses than allowed.
    fn list(&mut self, asked: &mut [Block]) -> u64 {
        for list in &mut self.lists {
            list.clear();
        }
        let most = self.pulses.most_pulses as f32;
        let mut limited = 0;
        let mut numbers = Block::ZERO;
        for (block, (asked, uniform)) in asked.iter_mut().zip(&self.uniforms).enumerate() {
            let any = pulse_numbers(asked, uniform, self.steps, &mut numbers);
            if !any {
                *asked = Block::ZERO;
                continue;
            }
            for lane in 0..LANES {
                let number = numbers[lane];
                if number < 1.0 {
                    asked[lane] = 0.0;
                    continue;
                }
                // The fraction of the number is lost by rounding, not by the limit.
                limited += u64::from(number >= most + 1.0);
                let direction = if asked[lane] > 0.0 { Direction::Up } else { Direction::Down };
                let cell = (block * LANES + lane) as u32;
                self.lists[direction as usize].push(Listed { cell, left: number.min(most) as u32 });
            }
        }
        limited
    }
}

/// Pulses of sixteen cells, as whole numbers; whether any has one.
#[inline(always)]
fn pulse_numbers(asked: &Block, uniform: &Block, [up, down]: [f32; 2], numbers: &mut Block) -> bool {
    let mut most = 0.0;
    for lane in 0..LANES {
        let (size, step) = if asked[lane] > 0.0 { (asked[lane], up) } else { (-asked[lane], down) };
        // Below a whole pulse by how much the draw says; a number beyond 2^24 is whole already.
        let number = size / step + uniform[lane];
        numbers[lane] = if asked[lane] == 0.0 { 0.0 } else { number };
        most = if numbers[lane] > most { numbers[lane] } else { most };
    }
    most >= 1.0
}

/// One pulse for every listed cell; returns the sum of the excess that the pulses met, µS.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn wave(
    pulses: &Pulses,
    direction: Direction,
    step: f32,
    list: &[Listed],
    draws: &[Block],
    cells: CellStrip,
    target: &mut [Block],
) -> f64 {
    let mut sum = 0.0;
    for (chunk, draw) in list.chunks(LANES).zip(draws) {
        let (mut excess, mut low, mut high) = (Block::ZERO, Block::ZERO, Block::ZERO);
        let mut gain = Block::splat(1.0);
        for (lane, listed) in chunk.iter().enumerate() {
            let (block, place) = (listed.cell as usize / LANES, listed.cell as usize % LANES);
            excess[lane] = target[block][place];
            low[lane] = cells.low_of(block, place);
            high[lane] = cells.high_of(block, place);
            gain[lane] = cells.gain_of(direction, block, place);
        }
        let after = pulses.pulse(direction, step, &excess, [&low, &high], &gain, draw);
        for (lane, listed) in chunk.iter().enumerate() {
            sum += f64::from(excess[lane]);
            target[listed.cell as usize / LANES][listed.cell as usize % LANES] = after[lane];
        }
    }
    sum
}
