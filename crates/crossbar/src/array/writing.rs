//! Updates of an array: targets of both branches, and the writes of their cells.

use std::ops::Range;

use ohmspike_simd::{Block, LANES, Matrix};

use super::pairs::Pairs;
use crate::branch_cells::{BranchCells, BranchStreams, Scheme, StripReport};
use crate::device::LevelGrid;
use crate::pair::{Asked, BranchAim, PairKind, Refreshes, aim_copy, aim_read_back, aim_two_branches};
use crate::program::{Scratch, WriteLaw};
use crate::report::WriteReport;

/// How an array writes its cells.
#[derive(Clone, Debug)]
pub(crate) struct Writing {
    pub law: WriteLaw,
    pub scheme: Scheme,
    pub levels: Option<LevelGrid>,
    /// Target of the controller for main minus opposite branch, µS, if it keeps a digital copy.
    pub copy: Option<Matrix>,
    /// The same in units of weight.
    pub gradient_weights: Option<Matrix>,
    /// Buffers of a strip of the main and of the opposite branch.
    pub scratch: [Scratch; 2],
    /// Number of updates.
    pub updates: u64,
    /// Counts of initial programming.
    pub initial: WriteReport,
}

impl Writing {
    /// Converts the `step` of `rows` to targets of both branches; returns the refreshes.
    pub fn aim(
        &mut self,
        pairs: &Pairs,
        (main, other): (&mut BranchCells, Option<&mut BranchCells>),
        rows: &Range<usize>,
        step: &[Block],
    ) -> Refreshes {
        let width = main.g_above_min.row_blocks();
        let blocks = rows.start * width..rows.end * width;
        let asked = Asked {
            per_weight: &pairs.per_weight[rows.clone()],
            width,
            step,
            lowest: pairs.lowest,
            span: pairs.mapping.window().span(),
            floor: pairs.mapping.window().low(),
            gains: !matches!(self.scheme, Scheme::Verified(_)),
        };
        let copy = self.copy.as_mut().map(|copy| &mut copy.blocks_mut()[blocks.clone()]);
        let [of_main, of_other] = &mut self.scratch;
        let main = branch_aim(main, blocks.clone(), of_main);
        let refreshed = match (pairs.kind, other, copy) {
            (PairKind::OneBranch, _, None) if !pairs.writes_opposite => {
                aim_read_back(&asked, main);
                Refreshes::default()
            }
            (PairKind::OneBranch, _, Some(copy)) if !pairs.writes_opposite => {
                aim_copy(&asked, main, copy);
                Refreshes::default()
            }
            (kind, Some(other), copy) => {
                aim_two_branches(kind, &asked, [main, branch_aim(other, blocks.clone(), of_other)], copy)
            }
            (_, None, _) => unreachable!("two-branch pairs have cells on both sides"),
        };
        self.aim_at_levels(pairs.kind, step.len());
        refreshed
    }

    /// Moves the targets of so many `blocks` to the nearest levels, if the device has any.
    fn aim_at_levels(&mut self, kind: PairKind, blocks: usize) {
        let Some(levels) = &self.levels else { return };
        // With a copy, every cell of a one-branch pair is programmed to a level, even without an update.
        let stays = self.copy.is_none() || kind != PairKind::OneBranch;
        for scratch in self.scratch.iter_mut().filter(|scratch| scratch.blocks() > 0) {
            for (target, asked) in scratch.target[..blocks].iter_mut().zip(&scratch.asked) {
                let nearest = levels.nearest_excess(target);
                *target = target.select(nearest, *asked, |asked| stays && asked == 0.0);
            }
        }
    }

    /// Writes the targets of the `blocks` of rows with these `signs`.
    pub fn write(
        &mut self,
        (main, other): (&mut BranchCells, Option<&mut BranchCells>),
        blocks: Range<usize>,
        signs: &[f32],
        streams: &mut [BranchStreams; 2],
    ) -> StripReport {
        let [of_main, of_other] = &mut self.scratch;
        let [for_main, for_other] = streams;
        let mut report = main.write(blocks.clone(), signs, &self.law, &mut self.scheme, of_main, for_main);
        if let Some(other) = other {
            let second = other.write(blocks, signs, &self.law, &mut self.scheme, of_other, for_other);
            report.counts += second.counts;
            report.pulsed += second.pulsed;
            report.verified += second.verified;
        }
        report
    }

    /// Number of rows with `width` blocks that the buffers hold.
    pub fn strip_rows(&self, width: usize) -> usize {
        self.scratch[0].blocks() / width
    }
}

fn branch_aim<'a>(branch: &'a mut BranchCells, blocks: Range<usize>, scratch: &'a mut Scratch) -> BranchAim<'a> {
    let count = blocks.len();
    BranchAim {
        g_above_min: &mut branch.g_above_min.blocks_mut()[blocks.clone()],
        asked: &mut scratch.asked[..count],
        target: &mut scratch.target[..count],
        pulses: branch.pulses.as_mut().map(|pulses| &mut pulses[blocks.start * LANES..blocks.end * LANES]),
        paths: branch.relaxation.as_mut().map(|paths| &mut paths.blocks_mut()[blocks.clone()]),
        cells: branch.cells.strip(blocks),
    }
}
