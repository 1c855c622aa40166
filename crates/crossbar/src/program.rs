//! Programming: from the step that training asks for to the conductance that a write leaves.
//!
//! ```text
//! e* = e + sign step / kappa        target excess, µS (mapping.rs)
//! e' = clip(write(e*, sign z))      e clipped to 0 .. span; the laws of `write` are in device/write.rs
//! ```
//!
//! The draw carries the sign of the row, so that the same draw moves the weight the same way in both kinds of row and
//! the noise of a whole array in units of weight is that of the abstract study, draw for draw.
//!
//! The log-normal write is computed as G' - G_low = e* + G* (exp(sigma z) - 1): the target itself takes part without
//! rounding, so that a spread of zero leaves it alone.

use lanes::{Block, LANES, exp, ln};
use multiversion::multiversion;

use crate::device::{Convention, LnSigma, Write, WriteNoise, WrittenCells};
use crate::mapping::PairMapping;
use crate::report::WriteReport;

/// The `add` scheme of one array: every constant of its writes, in µS.
#[derive(Clone, Debug)]
pub(crate) struct AddWrite {
    law: Law,
    noise: Noise,
}

/// What every cell of an array shares.
#[derive(Clone, Copy, Debug)]
struct Law {
    inverse_kappa: f32,
    floor: f32,
    span: f32,
    every_cell: bool,
}

/// The spread of a write, scaled.
#[derive(Clone, Debug)]
enum Noise {
    /// Standard deviation in µS.
    Constant(f32),
    /// Standard deviation over target conductance.
    Relative(f32),
    /// A spread of ln G.
    LogNormal(LogNormal),
}

/// ln G' = ln G* + sigma z + `shift` sigma², where sigma = `scale` exp(`curve`(ln G*)).
#[derive(Clone, Debug)]
struct LogNormal {
    curve: LnSigma,
    scale: f32,
    shift: f32,
}

/// Whole rows of an array at the moment of a write.
pub(crate) struct Strip<'a> {
    /// +1 or -1 for every row.
    pub(crate) signs: &'a [f32],
    /// Blocks in a row.
    pub(crate) width: usize,
    /// 1 in the lanes of a row's last block that hold a cell.
    pub(crate) last_mask: Block,
    /// Excess of the written branch, µS.
    pub(crate) excess: &'a mut [Block],
    /// Step asked for, weight.
    pub(crate) step: &'a [Block],
}

/// What a write keeps at hand for every block of a strip.
#[derive(Clone, Debug)]
pub(crate) struct Scratch {
    /// Standard normals.
    pub(crate) draws: Vec<Block>,
    /// Relative change of the conductance by the write.
    change: Vec<Block>,
}

impl Scratch {
    /// Room for strips of up to `blocks` blocks.
    pub(crate) fn new(blocks: usize) -> Scratch {
        Scratch { draws: vec![Block::ZERO; blocks], change: vec![Block::ZERO; blocks] }
    }

    /// Blocks of the longest strip.
    pub(crate) fn blocks(&self) -> usize {
        self.draws.len()
    }
}

/// Counts in every lane: exact as long as a strip has fewer than 2^24 blocks.
#[derive(Clone, Copy, Default)]
struct Counts {
    written: Block,
    low: Block,
    high: Block,
}

impl AddWrite {
    /// The scheme of `write` in pairs of `mapping`, its spread times `scale`; `study_sigma` in units of weight.
    pub(crate) fn new(write: &Write, mapping: &PairMapping, study_sigma: f32, scale: f32) -> AddWrite {
        let window = mapping.window();
        let law = Law {
            inverse_kappa: mapping.inverse_kappa(),
            floor: window.low(),
            span: window.span(),
            every_cell: write.cells == WrittenCells::All,
        };
        let noise = match &write.noise {
            WriteNoise::None => Noise::Constant(0.0),
            WriteNoise::StudyLevel => Noise::Constant(study_sigma * mapping.inverse_kappa() * scale),
            WriteNoise::Constant { sigma } => Noise::Constant(sigma * scale),
            WriteNoise::Relative { fraction } => Noise::Relative(fraction * scale),
            WriteNoise::Table(table) => Noise::LogNormal(LogNormal {
                curve: table.curve(),
                scale,
                shift: match table.convention() {
                    Convention::MedianPreserving => 0.0,
                    Convention::MeanPreserving => -0.5,
                },
            }),
        };
        AddWrite { law, noise }
    }

    /// Whether writes need draws at all.
    pub(crate) fn is_noisy(&self) -> bool {
        !matches!(self.noise, Noise::Constant(sigma) if sigma == 0.0)
    }

    /// Writes a strip with the draws in `scratch`; the report counts writes only.
    pub(crate) fn apply(&self, strip: Strip, scratch: &mut Scratch) -> WriteReport {
        let blocks = strip.excess.len();
        let (draws, change) = (&scratch.draws[..blocks], &mut scratch.change[..blocks]);
        let counts = match &self.noise {
            Noise::Constant(sigma) => write_constant(strip, draws, self.law, *sigma),
            Noise::Relative(fraction) => write_relative(strip, draws, self.law, *fraction),
            Noise::LogNormal(spread) => {
                change_log_normal(&strip, draws, self.law, spread, change);
                write_change(strip, draws, self.law, change)
            }
        };
        WriteReport {
            cells_written: total(&counts.written),
            clipped_low: total(&counts.low),
            clipped_high: total(&counts.high),
            ..WriteReport::default()
        }
    }
}

/// Sum of lanes that hold whole numbers.
pub(crate) fn total(lanes: &Block) -> u64 {
    lanes.0.iter().map(|&count| count as u64).sum()
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn write_constant(strip: Strip, draws: &[Block], law: Law, sigma: f32) -> Counts {
    write_blocks(strip, draws, law, false, |_, target, draw| {
        let mut written = Block::ZERO;
        for lane in 0..LANES {
            written[lane] = target[lane] + sigma * draw[lane];
        }
        written
    })
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn write_relative(strip: Strip, draws: &[Block], law: Law, fraction: f32) -> Counts {
    write_blocks(strip, draws, law, true, |_, target, draw| {
        let mut written = Block::ZERO;
        for lane in 0..LANES {
            let target = clip(target[lane], law.span);
            written[lane] = target + fraction * (law.floor + target) * draw[lane];
        }
        written
    })
}

/// Relative change G'/G* - 1 of a log-normal write at every target. Three short loops: of each the processor works on
/// several blocks at once, where one long chain of operations would leave it waiting.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn change_log_normal(strip: &Strip, draws: &[Block], law: Law, spread: &LogNormal, change: &mut [Block]) {
    let width = strip.width;
    let rows = strip.excess.chunks_exact(width).zip(strip.step.chunks_exact(width));
    for (sign, ((excess, step), change)) in strip.signs.iter().zip(rows.zip(change.chunks_exact_mut(width))) {
        for ((excess, step), ln_conductance) in excess.iter().zip(step).zip(change) {
            let target = aim(excess, step, sign * law.inverse_kappa);
            for lane in 0..LANES {
                ln_conductance[lane] = ln(law.floor + clip(target[lane], law.span));
            }
        }
    }
    for sigma in change.iter_mut() {
        let ln_sigma = spread.curve.at(sigma);
        for lane in 0..LANES {
            sigma[lane] = spread.scale * exp(ln_sigma[lane]);
        }
    }
    let rows = change.chunks_exact_mut(width).zip(draws.chunks_exact(width));
    for (sign, (change, draws)) in strip.signs.iter().zip(rows) {
        for (change, draw) in change.iter_mut().zip(draws) {
            for lane in 0..LANES {
                let sigma = change[lane];
                change[lane] = exp(sigma * (sign * draw[lane]) + spread.shift * (sigma * sigma)) - 1.0;
            }
        }
    }
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn write_change(strip: Strip, draws: &[Block], law: Law, change: &[Block]) -> Counts {
    write_blocks(strip, draws, law, true, |block, target, _| {
        let mut written = Block::ZERO;
        for lane in 0..LANES {
            let target = clip(target[lane], law.span);
            written[lane] = target + (law.floor + target) * change[block][lane];
        }
        written
    })
}

/// Writes every block: `written(block, targets, draws with the sign of the row)` is the excess before it is clipped;
/// `clips_target` says that it has clipped the target already.
#[inline(always)]
fn write_blocks(
    strip: Strip,
    draws: &[Block],
    law: Law,
    clips_target: bool,
    written: impl Fn(usize, &Block, &Block) -> Block,
) -> Counts {
    let Strip { signs, width, last_mask, excess, step } = strip;
    let mut counts = Counts::default();
    let rows = excess.chunks_exact_mut(width).zip(step.chunks_exact(width)).zip(draws.chunks_exact(width));
    for (row, (sign, ((excess, step), draws))) in signs.iter().zip(rows).enumerate() {
        for (block, ((excess, step), draws)) in excess.iter_mut().zip(step).zip(draws).enumerate() {
            let mask = if block + 1 == width { last_mask } else { Block::splat(1.0) };
            let target = aim(excess, step, sign * law.inverse_kappa);
            let mut signed = Block::ZERO;
            for lane in 0..LANES {
                signed[lane] = sign * draws[lane];
            }
            let written = written(row * width + block, &target, &signed);
            let aimed = if clips_target { &target } else { &written };
            settle(excess, [aimed, &written], step, &mask, law, &mut counts);
        }
    }
    counts
}

/// Target excess of a block, µS; `per_weight` is 1/kappa with the sign of the row.
#[inline(always)]
fn aim(excess: &Block, step: &Block, per_weight: f32) -> Block {
    let mut target = Block::ZERO;
    for lane in 0..LANES {
        target[lane] = excess[lane] + per_weight * step[lane];
    }
    target
}

/// Ends the write of one block: clips it to the window, leaves the cells alone that were not asked, and counts those that
/// were clipped, be it what was `aimed` at or what was `written`.
#[inline(always)]
fn settle(
    excess: &mut Block,
    [aimed, written]: [&Block; 2],
    step: &Block,
    mask: &Block,
    law: Law,
    counts: &mut Counts,
) {
    for lane in 0..LANES {
        let count = if law.every_cell || step[lane] != 0.0 { mask[lane] } else { 0.0 };
        counts.written[lane] += count;
        let (lowest, highest) = (aimed[lane].min(written[lane]), aimed[lane].max(written[lane]));
        counts.low[lane] += if lowest < 0.0 { count } else { 0.0 };
        counts.high[lane] += if highest > law.span { count } else { 0.0 };
        excess[lane] = if count > 0.0 { clip(written[lane], law.span) } else { excess[lane] };
    }
}

/// `excess` within 0 .. `span`. NaN stays NaN, and no step brings one in: `update` refuses it.
#[inline(always)]
fn clip(excess: f32, span: f32) -> f32 {
    let above = if excess < 0.0 { 0.0 } else { excess };
    if above > span { span } else { above }
}
