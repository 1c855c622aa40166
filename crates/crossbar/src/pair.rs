//! Kinds of pair, and the targets of their branches.
//!
//! ```text
//! d = sign step / κ             step along the sign of the row, µS; step in units of weight
//! e, o                          conductance above Gmin of the main branch (G+ or G-, depending on the row) and of the
//!                               opposite branch, µS
//!
//! one-branch          e* = e + d              o is the reference, at Gmin; the lower end of the window bounds the sign
//! push-pull           e* = e + d/2, o* = o - d/2          starts in the middle of the window, |w| up to the weight at Gmax
//! potentiation-only   d > 0: e* = e + d;  d < 0: o* = o - d        cells only rise; if one would exceed its upper
//!                     bound, both are reset to the lower one and e* = e - o + d is programmed: a refresh
//! ```
//!
//! Two-branch pairs have no physical sign bound: the controller requests no step across weight 0, d >= -(e - o), and
//! none above the weight at Gmax. Noise can still produce a wrong sign; updates count these. Sources: Burr et al., IEEE Trans.
//! Electron Devices 62, 3498 (2015) (potentiation-only pairs of phase-change cells and their refresh); Gokmen and
//! Vlasov, Front. Neurosci. 10, 333 (2016) (pairs that move both ways).
//!
//! Pairs that hold weights of either sign have no sign bound at all: |e - o| is at most the weight at Gmax. Both of their cells
//! are written. In one-branch pairs the branch of the sign takes the step:
//!
//! ```text
//! v = e - o + d      wanted value        e* = e + max(v, 0) - max(e - o, 0),  o* = o + max(-v, 0) - max(o - e, 0)
//! ```
//!
//! The controller determines e - o. With `read-back` it is read from the array. With `digital-copy` it is the sum of
//! all requested steps, kept as a number and bounded like the weight. Cells are then programmed to the copy, so
//! write noise does not accumulate. Two cases receive the changes of the copy instead: potentiation-only pairs, which
//! cannot go back, and pulsed cells, which have no target.

use std::ops::AddAssign;

use ohmspike_simd::{Block, LANES, kernel};
use serde::{Deserialize, Serialize};

use crate::cells::{CellStrip, clip};
use crate::device::Direction;

/// Kind of pair: which of its two cells an update writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum PairKind {
    /// One branch is written. The other is the reference branch at the lower end of the window.
    #[default]
    OneBranch,
    /// Both branches take half of every step, in opposite directions.
    PushPull,
    /// Both branches only rise, one for each direction of the weight. They are refreshed at the upper end of the
    /// window.
    PotentiationOnly,
}

impl PairKind {
    /// Returns true if an update writes both cells of a pair; `every_cell` says that it also writes cells without a
    /// step.
    pub fn writes_both_cells(self, every_cell: bool) -> bool {
        match self {
            PairKind::OneBranch => false,
            PairKind::PushPull => true,
            // Only one of the two has a step; the other gets noise only if every cell is written.
            PairKind::PotentiationOnly => every_cell,
        }
    }

    /// Returns the conductances above Gmin of the main and the opposite cell that hold the `value` e - o of a pair, in a
    /// window of width `span`, all µS.
    #[inline(always)]
    pub(crate) fn cells_of(self, value: f32, span: f32) -> [f32; 2] {
        match self {
            PairKind::PushPull => [0.5 * span + 0.5 * value, 0.5 * span - 0.5 * value],
            PairKind::OneBranch | PairKind::PotentiationOnly if value < 0.0 => [0.0, -value],
            PairKind::OneBranch | PairKind::PotentiationOnly => [value, 0.0],
        }
    }
}

/// Weight estimate of the controller of an array.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Controller {
    /// The conductances of the array, read back without noise; steps are added to them.
    #[default]
    ReadBack,
    /// The sum of all requested steps, as a number; cells are programmed to it.
    DigitalCopy,
}

/// One branch of a strip during the conversion of steps to targets.
pub(crate) struct BranchAim<'a> {
    /// Present conductance above Gmin, µS.
    pub(crate) g_above_min: &'a mut [Block],
    /// Requested change, µS; output.
    pub(crate) asked: &'a mut [Block],
    /// Target conductance above Gmin, µS; output.
    pub(crate) target: &'a mut [Block],
    /// Write pulses of every lane, if they are counted.
    pub(crate) pulses: Option<&'a mut [u32]>,
    /// Draw of the drift path of every cell, if cells drift.
    pub(crate) paths: Option<&'a mut [Block]>,
    /// Constants of its cells.
    pub(crate) cells: CellStrip<'a>,
}

/// The step requested from a strip.
pub(crate) struct Asked<'a> {
    /// 1/κ with the sign of every row, µS per weight.
    pub(crate) per_weight: &'a [f32],
    /// Blocks in a row.
    pub(crate) width: usize,
    /// Step, weight.
    pub(crate) step: &'a [Block],
    /// Smallest wanted value of a pair, µS: 0, or -`span` in pairs that hold either sign.
    pub(crate) lowest: f32,
    /// Width of the nominal window, µS.
    pub(crate) span: f32,
    /// Gmin of the nominal window, µS.
    pub(crate) floor: f32,
    /// Whether the gains of the cells apply to the targets; with verified writes they apply to every try instead.
    pub(crate) gains: bool,
}

/// Computes the targets of one-branch pairs that are read back: e* = e + g d.
#[kernel]
pub(crate) fn aim_read_back(asked: &Asked, branch: BranchAim) {
    let BranchAim { g_above_min, asked: change, target, cells, .. } = branch;
    for (row, &per_weight) in asked.per_weight.iter().enumerate() {
        for block in row * asked.width..(row + 1) * asked.width {
            let (step, g_above_min) = (&asked.step[block], &g_above_min[block]);
            let mut wanted = Block::ZERO;
            for lane in 0..LANES {
                wanted[lane] = per_weight * step[lane];
            }
            change[block] = wanted;
            target[block] = asked.aimed_at(g_above_min, &wanted, &cells, block);
        }
    }
}

/// Computes the targets of one-branch pairs with a controller `copy` of the requested conductance above Gmin: e* = copy
/// + d.
#[kernel]
pub(crate) fn aim_copy(asked: &Asked, branch: BranchAim, copy: &mut [Block]) {
    let BranchAim { asked: change, target, .. } = branch;
    for (row, &per_weight) in asked.per_weight.iter().enumerate() {
        for block in row * asked.width..(row + 1) * asked.width {
            let before = copy[block];
            for lane in 0..LANES {
                let after = clip(before[lane] + per_weight * asked.step[block][lane], 0.0, asked.span);
                copy[block][lane] = after;
                change[block][lane] = after - before[lane];
                target[block][lane] = after;
            }
        }
    }
}

impl Asked<'_> {
    /// Returns the wanted values of sixteen pairs after their step, µS: between weight 0 (or minus the weight at Gmax)
    /// and the weight at Gmax, and equal to `held` without a step.
    #[inline(always)]
    fn wanted(&self, held: &Block, per_weight: f32, block: usize) -> Block {
        let mut wanted = *held;
        for lane in 0..LANES {
            let step = per_weight * self.step[block][lane];
            let bounded = clip(held[lane] + step, self.lowest, self.span);
            wanted[lane] = if step == 0.0 { held[lane] } else { bounded };
        }
        wanted
    }

    /// Returns `g_above_min` plus `change`, times the gain of the cell if gains apply to targets.
    #[inline(always)]
    fn aimed_at(&self, g_above_min: &Block, change: &Block, cells: &CellStrip, block: usize) -> Block {
        let mut target = Block::ZERO;
        if self.gains && cells.has_gains() {
            let (up, down) = (cells.gain(Direction::Up, block), cells.gain(Direction::Down, block));
            for lane in 0..LANES {
                let gain = if change[lane] > 0.0 { up[lane] } else { down[lane] };
                target[lane] = g_above_min[lane] + gain * change[lane];
            }
        } else {
            for lane in 0..LANES {
                target[lane] = g_above_min[lane] + change[lane];
            }
        }
        target
    }
}

/// Refreshed pairs: one pulse for each of their cells.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Refreshes {
    /// Number of pairs.
    pub(crate) pairs: u64,
    /// Sum of the conductances at these pulses, µS.
    pub(crate) conductance: f64,
}

impl AddAssign for Refreshes {
    fn add_assign(&mut self, other: Refreshes) {
        self.pairs += other.pairs;
        self.conductance += other.conductance;
    }
}

/// Computes the targets of both branches of two-branch pairs; `copy` is the controller's own e - o, if any. Refreshed
/// cells are left reset.
#[kernel]
pub(crate) fn aim_two_branches(
    kind: PairKind,
    asked: &Asked,
    [mut main, mut other]: [BranchAim<'_>; 2],
    mut copy: Option<&mut [Block]>,
) -> Refreshes {
    let mut refreshes = Refreshes::default();
    for (row, &per_weight) in asked.per_weight.iter().enumerate() {
        for block in row * asked.width..(row + 1) * asked.width {
            let copied = copy.as_deref_mut().map(|copy| &mut copy[block]);
            let copies = copied.is_some();
            let held = copied
                .as_deref()
                .copied()
                .unwrap_or_else(|| difference(&main.g_above_min[block], &other.g_above_min[block]));
            let wanted = asked.wanted(&held, per_weight, block);
            if let Some(copy) = copied {
                *copy = wanted;
            }
            if kind == PairKind::OneBranch {
                main.asked[block] = difference(&wanted.map(positive), &held.map(positive));
                other.asked[block] = difference(&wanted.map(negative), &held.map(negative));
            } else {
                split(kind, &difference(&wanted, &held), &mut main.asked[block], &mut other.asked[block]);
            }
            if kind == PairKind::PushPull && copies {
                // Both cells are programmed to the copy, symmetrically about the middle of the window.
                main.target[block] = wanted.map(|wanted| 0.5 * asked.span + 0.5 * wanted);
                other.target[block] = wanted.map(|wanted| 0.5 * asked.span - 0.5 * wanted);
            } else if kind == PairKind::OneBranch && copies {
                main.target[block] = wanted.map(positive);
                other.target[block] = wanted.map(negative);
            } else {
                main.target[block] = asked.aimed_at(&main.g_above_min[block], &main.asked[block], &main.cells, block);
                other.target[block] =
                    asked.aimed_at(&other.g_above_min[block], &other.asked[block], &other.cells, block);
            }
            if kind == PairKind::PotentiationOnly {
                refreshes += refresh_full(asked, &mut main, &mut other, &wanted, block);
            }
        }
    }
    refreshes
}

/// Returns the part of a pair's value that its main branch holds, µS.
#[inline(always)]
pub(crate) fn positive(value: f32) -> f32 {
    if value > 0.0 { value } else { 0.0 }
}

/// Returns the part of a pair's value that its opposite branch holds, µS.
#[inline(always)]
pub(crate) fn negative(value: f32) -> f32 {
    if value < 0.0 { 0.0 - value } else { 0.0 }
}

#[inline(always)]
fn difference(one: &Block, other: &Block) -> Block {
    one.zip(*other, |one, other| one - other)
}

/// Splits the change of e - o between the branches of a pair.
#[inline(always)]
fn split(kind: PairKind, change: &Block, main: &mut Block, other: &mut Block) {
    for lane in 0..LANES {
        let change = change[lane];
        (main[lane], other[lane]) = match kind {
            PairKind::PotentiationOnly if change > 0.0 => (change, 0.0),
            PairKind::PotentiationOnly => (0.0, 0.0 - change),
            PairKind::PushPull | PairKind::OneBranch => (0.5 * change, -0.5 * change),
        };
    }
}

/// Resets the pairs of a block with a cell that would exceed its upper bound, and requests their `wanted` values.
fn refresh_full<'a>(
    asked: &Asked,
    main: &mut BranchAim<'a>,
    other: &mut BranchAim<'a>,
    wanted: &Block,
    block: usize,
) -> Refreshes {
    let floors = [main.cells.low(block), other.cells.low(block)];
    let ceilings = [main.cells.high(block), other.cells.high(block)];
    let mut refreshes = Refreshes::default();
    for lane in 0..LANES {
        // A refresh cannot restore a pair with a stuck cell: the other cell stays.
        if (0..2).any(|side| floors[side][lane] >= ceilings[side][lane]) {
            continue;
        }
        let full = main.asked[block][lane] > 0.0 && main.target[block][lane] > ceilings[0][lane]
            || other.asked[block][lane] > 0.0 && other.target[block][lane] > ceilings[1][lane];
        if full {
            refreshes.pairs += 1;
            refreshes.conductance += main.reset(block, lane, asked.floor);
            refreshes.conductance += other.reset(block, lane, asked.floor);
            let [up, down] = if wanted[lane] < 0.0 { [&mut *other, main] } else { [&mut *main, other] };
            up.asked[block][lane] = wanted[lane].abs();
            up.target[block][lane] = wanted[lane].abs();
            down.asked[block][lane] = 0.0;
            down.target[block][lane] = down.g_above_min[block][lane];
        }
    }
    refreshes
}

impl BranchAim<'_> {
    /// Resets a cell to its lower bound by one pulse; returns the conductance at the pulse, µS.
    fn reset(&mut self, block: usize, lane: usize, floor: f32) -> f64 {
        let met = floor + self.g_above_min[block][lane];
        self.g_above_min[block][lane] = self.cells.low_of(block, lane);
        if let Some(pulses) = &mut self.pulses {
            let pulses = &mut pulses[block * LANES + lane];
            *pulses = pulses.saturating_add(1);
        }
        // A reset ends the drift path of the last write. Until its next write the cell follows the median path from its
        // lower bound.
        if let Some(paths) = &mut self.paths {
            paths[block][lane] = 0.0;
        }
        f64::from(met)
    }
}
