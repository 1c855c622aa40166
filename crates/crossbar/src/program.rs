//! Programming: from the target conductance to the written one.
//!
//! ```text
//! e* = e + sign step / κ        target above Gmin, µS (pair.rs)
//! e' = clip(write(e*, sign z))  clipped to the cell's own window; device/write.rs has the laws of `write`
//! ```
//!
//! The draw includes the sign of the row. The same draw thus moves the weight the same way in both kinds of row, and
//! the noise of a whole array in units of weight equals that of the same update with digital weights, draw for draw.
//!
//! The log-normal write is computed as G' - G_low = e* + G* (exp(sigma z) - 1): the target enters without rounding, so
//! zero noise leaves it exact.

use ohmspike_simd::{Block, LANES, exp, exp2_coarse, kernel, ln, log2_coarse};

use crate::cells::{CellStrip, clip};
use crate::device::{Convention, LnSigma, Write, WriteNoise};
use crate::mapping::PairMapping;

/// Write noise of the device in µS.
#[derive(Clone, Debug)]
pub(crate) struct WriteLaw {
    floor: f32,
    every_cell: bool,
    noise: Noise,
}

/// Scaled write noise.
#[derive(Clone, Debug)]
enum Noise {
    /// Standard deviation, µS.
    Constant(f32),
    /// Standard deviation relative to the target conductance.
    Relative(f32),
    /// Standard deviation of ln G.
    LogNormal(LogNormal),
}

/// Log-normal noise: ln G' = ln G* + sigma z + `shift` sigma² with sigma = `scale` 2^`curve`(log2 G*).
///
/// Sigma uses coarse logarithms, with a relative error of 2e-5 (1 + slope of the table): finer than any measured sigma.
#[derive(Clone, Debug)]
struct LogNormal {
    curve: LnSigma,
    scale: f32,
    shift: f32,
}

/// Whole rows of a branch at the moment of a write.
pub(crate) struct Strip<'a> {
    /// +1 or -1 for every row.
    pub(crate) signs: &'a [f32],
    /// Blocks in a row.
    pub(crate) width: usize,
    /// 1 in the lanes of a row's last block that hold a cell.
    pub(crate) last_mask: Block,
    /// Conductance above Gmin of the branch, µS.
    pub(crate) g_above_min: &'a mut [Block],
    /// Constants of its cells.
    pub(crate) cells: CellStrip<'a>,
}

/// Requests of a strip and the buffers of its writes, per block.
#[derive(Clone, Debug)]
pub(crate) struct Scratch {
    /// Requested change of the conductance, µS; 0 for cells without a step.
    pub(crate) asked: Vec<Block>,
    /// Target conductance above Gmin, µS.
    pub(crate) target: Vec<Block>,
    /// Standard normals.
    pub(crate) draws: Vec<Block>,
    /// Relative change of the conductance by the write.
    change: Vec<Block>,
}

impl Scratch {
    /// Creates buffers for strips of up to `blocks` blocks.
    pub(crate) fn new(blocks: usize) -> Scratch {
        let buffer = || vec![Block::ZERO; blocks];
        Scratch { asked: buffer(), target: buffer(), draws: buffer(), change: buffer() }
    }

    /// Returns the blocks of the longest strip.
    pub(crate) fn blocks(&self) -> usize {
        self.draws.len()
    }
}

/// Counts of the writes of a strip.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Written {
    /// Cells written.
    pub(crate) cells: u64,
    /// Writes below the window of their cell.
    pub(crate) low: u64,
    /// Writes above it.
    pub(crate) high: u64,
    /// Sum of the written conductances, µS.
    pub(crate) conductance: f64,
}

/// Counts per lane, exact for strips of fewer than 2^24 blocks.
#[derive(Clone, Copy, Default)]
struct Counts {
    written: Block,
    low: Block,
    high: Block,
    g_above_min: Block,
}

impl WriteLaw {
    /// Creates the write law in pairs of `mapping`, with its noise times `scale` and `update_sigma` in units of weight.
    /// Writes reach every cell, or only those with a step if `every_cell` is false.
    pub(crate) fn new(
        write: &Write,
        mapping: &PairMapping,
        update_sigma: f32,
        scale: f32,
        every_cell: bool,
    ) -> WriteLaw {
        let noise = match &write.noise {
            WriteNoise::None => Noise::Constant(0.0),
            WriteNoise::FromStudy => Noise::Constant(update_sigma * mapping.microsiemens_per_weight() * scale),
            WriteNoise::Constant { sigma } => Noise::Constant(sigma * scale),
            WriteNoise::Relative { fraction } => Noise::Relative(fraction * scale),
            WriteNoise::Table(table) => Noise::LogNormal(LogNormal {
                curve: table.curve().in_octaves(),
                scale,
                shift: match table.convention() {
                    Convention::MedianPreserving => 0.0,
                    Convention::MeanPreserving => -0.5,
                },
            }),
        };
        WriteLaw { floor: mapping.window().low(), every_cell, noise }
    }

    /// Returns true if writes need draws.
    pub(crate) fn is_noisy(&self) -> bool {
        !matches!(self.noise, Noise::Constant(sigma) if sigma == 0.0)
    }

    /// Returns true if the target is clipped to the window of the cell before the look-up of its noise.
    #[inline(always)]
    pub(crate) fn clips_target(&self) -> bool {
        !matches!(self.noise, Noise::Constant(_))
    }

    /// Returns true if cells without a step are written too.
    pub(crate) fn writes_every_cell(&self) -> bool {
        self.every_cell
    }

    /// Returns Gmin of the nominal window, µS.
    pub(crate) fn floor(&self) -> f32 {
        self.floor
    }

    /// Writes a strip to the targets with the draws in `scratch`.
    pub(crate) fn apply(&self, strip: Strip, scratch: &mut Scratch) -> Written {
        let blocks = strip.g_above_min.len();
        let Scratch { asked, target, draws, change } = scratch;
        let aim = Aim { asked: &asked[..blocks], target: &target[..blocks], draws: &draws[..blocks] };
        let counts = match &self.noise {
            Noise::Constant(sigma) => write_constant(strip, aim, self, *sigma),
            Noise::Relative(fraction) => write_relative(strip, aim, self, *fraction),
            Noise::LogNormal(spread) => {
                change_log_normal(&strip, aim, self.floor, spread, &mut change[..blocks]);
                write_change(strip, aim, self, &change[..blocks])
            }
        };
        let cells = total(&counts.written);
        let g_above_min: f64 = counts.g_above_min.0.iter().map(|&g_above_min| f64::from(g_above_min)).sum();
        Written {
            cells,
            low: total(&counts.low),
            high: total(&counts.high),
            conductance: g_above_min + cells as f64 * f64::from(self.floor),
        }
    }

    /// Returns the conductance above Gmin after one write to sixteen `target`s, not clipped; `signed` draws, `spread`
    /// the noise factors of the cells. Same arithmetic as for a strip.
    #[inline(always)]
    pub(crate) fn leave(&self, target: &Block, [low, high]: [&Block; 2], signed: &Block, spread: &Block) -> Block {
        let mut left = Block::ZERO;
        match &self.noise {
            Noise::Constant(sigma) => {
                for lane in 0..LANES {
                    left[lane] = target[lane] + (sigma * spread[lane]) * signed[lane];
                }
            }
            Noise::Relative(fraction) => {
                for lane in 0..LANES {
                    let target = clip(target[lane], low[lane], high[lane]);
                    left[lane] = target + (fraction * spread[lane]) * (self.floor + target) * signed[lane];
                }
            }
            Noise::LogNormal(log_normal) => {
                let mut log2_conductance = Block::ZERO;
                for lane in 0..LANES {
                    log2_conductance[lane] = log2_of(self.floor + clip(target[lane], low[lane], high[lane]));
                }
                let log2_sigma = log_normal.curve.at(&log2_conductance);
                for lane in 0..LANES {
                    let target = clip(target[lane], low[lane], high[lane]);
                    let sigma = log_normal.scale * exp2_coarse(log2_sigma[lane]) * spread[lane];
                    let change = exp(sigma * signed[lane] + log_normal.shift * (sigma * sigma)) - 1.0;
                    left[lane] = target + (self.floor + target) * change;
                }
            }
        }
        left
    }
}

/// Returns the sum of lanes with whole numbers.
pub(crate) fn total(lanes: &Block) -> u64 {
    lanes.0.iter().map(|&count| count as u64).sum()
}

/// Targets of a strip and its draws.
#[derive(Clone, Copy)]
struct Aim<'a> {
    asked: &'a [Block],
    target: &'a [Block],
    draws: &'a [Block],
}

#[kernel]
fn write_constant(strip: Strip, aim: Aim, law: &WriteLaw, sigma: f32) -> Counts {
    let cells = strip.cells;
    write_blocks(strip, aim, law.every_cell, false, |block, target, draw| {
        let spread = cells.spread(block);
        let mut written = Block::ZERO;
        for lane in 0..LANES {
            written[lane] = target[lane] + (sigma * spread[lane]) * draw[lane];
        }
        written
    })
}

#[kernel]
fn write_relative(strip: Strip, aim: Aim, law: &WriteLaw, fraction: f32) -> Counts {
    let (cells, floor) = (strip.cells, law.floor);
    write_blocks(strip, aim, law.every_cell, true, |block, target, draw| {
        let (low, high, spread) = (cells.low(block), cells.high(block), cells.spread(block));
        let mut written = Block::ZERO;
        for lane in 0..LANES {
            let target = clip(target[lane], low[lane], high[lane]);
            written[lane] = target + (fraction * spread[lane]) * (floor + target) * draw[lane];
        }
        written
    })
}

/// Computes the relative change G'/G* - 1 of a log-normal write at every target. Three short loops let the processor
/// work on several blocks at once; one long chain of operations would stall it.
#[kernel]
fn change_log_normal(strip: &Strip, aim: Aim, floor: f32, spread: &LogNormal, change: &mut [Block]) {
    let cells = strip.cells;
    for (block, (target, log2_conductance)) in aim.target.iter().zip(change.iter_mut()).enumerate() {
        let (low, high) = (cells.low(block), cells.high(block));
        for lane in 0..LANES {
            log2_conductance[lane] = log2_of(floor + clip(target[lane], low[lane], high[lane]));
        }
    }
    for (block, sigma) in change.iter_mut().enumerate() {
        let log2_sigma = spread.curve.at(sigma);
        let factor = cells.spread(block);
        for lane in 0..LANES {
            sigma[lane] = spread.scale * exp2_coarse(log2_sigma[lane]) * factor[lane];
        }
    }
    let rows = change.chunks_exact_mut(strip.width).zip(aim.draws.chunks_exact(strip.width));
    for (sign, (change, draws)) in strip.signs.iter().zip(rows) {
        for (change, draw) in change.iter_mut().zip(draws) {
            for lane in 0..LANES {
                let sigma = change[lane];
                change[lane] = exp(sigma * (sign * draw[lane]) + spread.shift * (sigma * sigma)) - 1.0;
            }
        }
    }
}

/// Returns a coarse log2 of a conductance in µS; large and negative for an open line.
#[inline(always)]
fn log2_of(conductance: f32) -> f32 {
    log2_coarse(if conductance < 1e-12 { 1e-12 } else { conductance })
}

/// Returns ln of a conductance in µS; large and negative for an open line, which stays at 0 for any factor.
#[inline(always)]
pub(crate) fn ln_of(conductance: f32) -> f32 {
    ln(if conductance < 1e-12 { 1e-12 } else { conductance })
}

#[kernel]
fn write_change(strip: Strip, aim: Aim, law: &WriteLaw, change: &[Block]) -> Counts {
    let (cells, floor) = (strip.cells, law.floor);
    write_blocks(strip, aim, law.every_cell, true, |block, target, _| {
        let (low, high) = (cells.low(block), cells.high(block));
        let mut written = Block::ZERO;
        for lane in 0..LANES {
            let target = clip(target[lane], low[lane], high[lane]);
            written[lane] = target + (floor + target) * change[block][lane];
        }
        written
    })
}

/// Writes every block. `written(block, targets, draws with the sign of the row)` returns the conductance above Gmin
/// before clipping; `clips_target` says that it has already clipped the target.
#[inline(always)]
fn write_blocks(
    strip: Strip,
    aim: Aim,
    every_cell: bool,
    clips_target: bool,
    written: impl Fn(usize, &Block, &Block) -> Block,
) -> Counts {
    let Strip { signs, width, last_mask, g_above_min, cells } = strip;
    let mut counts = Counts::default();
    for (row, (sign, g_above_min)) in signs.iter().zip(g_above_min.chunks_exact_mut(width)).enumerate() {
        for (column, g_above_min) in g_above_min.iter_mut().enumerate() {
            let block = row * width + column;
            let mask = if column + 1 == width { last_mask } else { Block::splat(1.0) };
            let (target, asked, draws) = (&aim.target[block], &aim.asked[block], &aim.draws[block]);
            let mut signed = Block::ZERO;
            let mut reached = mask;
            for lane in 0..LANES {
                signed[lane] = sign * draws[lane];
                reached[lane] = if every_cell || asked[lane] != 0.0 { mask[lane] } else { 0.0 };
            }
            let written = written(block, target, &signed);
            let aimed = if clips_target { target } else { &written };
            settle(g_above_min, [aimed, &written], &reached, [&cells.low(block), &cells.high(block)], &mut counts);
        }
    }
    counts
}

/// Finishes the write of one block: clips it to the windows of its cells, keeps cells that were not `reached`, and
/// counts clipped cells, by their `aimed` or `written` value.
#[inline(always)]
fn settle(
    g_above_min: &mut Block,
    [aimed, written]: [&Block; 2],
    reached: &Block,
    [low, high]: [&Block; 2],
    counts: &mut Counts,
) {
    for lane in 0..LANES {
        let count = reached[lane];
        counts.written[lane] += count;
        let (lowest, highest) = (aimed[lane].min(written[lane]), aimed[lane].max(written[lane]));
        // A stuck cell has a window of zero width and is never clipped.
        let moves = if low[lane] < high[lane] { count } else { 0.0 };
        counts.low[lane] += if lowest < low[lane] { moves } else { 0.0 };
        counts.high[lane] += if highest > high[lane] { moves } else { 0.0 };
        let settled = clip(written[lane], low[lane], high[lane]);
        g_above_min[lane] = if count > 0.0 { settled } else { g_above_min[lane] };
        counts.g_above_min[lane] += count * g_above_min[lane];
    }
}
