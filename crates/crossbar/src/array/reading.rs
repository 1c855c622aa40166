//! Reads of an array: what they see of its cells, and what is derived from that.

use std::ops::Range;

use ohmspike_simd::Matrix;

use super::pairs::Pairs;
use crate::branch_cells::{BranchCells, last_mask};
use crate::converters::ArrayConverters;
use crate::driven_lines::DrivenLines;
use crate::effective::{Programmed, refresh_variance, refresh_weights};
use crate::gated_lines::Seen;
use crate::lines::Lines;
use crate::read_conductance::ReadConductance;
use crate::read_spread::ReadSpread;
use crate::rtn::RtnReads;

/// How an array is read, with what reads add up.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    /// Drift and read voltage.
    pub conductance: ReadConductance,
    /// White read noise.
    pub spread: Option<ReadSpread>,
    pub rtn: Option<RtnReads>,
    pub lines: Lines,
    pub converters: Option<ArrayConverters>,
    /// Digital gain of the columns, one row.
    pub column_gain: Option<Matrix>,
    /// Effective weights.
    pub weights: Matrix,
    /// Variance of a read of each weight; in a driven array, its lines have it.
    pub variance: Option<Matrix>,
}

impl Reading {
    /// Recomputes the visible conductances, effective weights and variances of `rows`; returns the number of cells below
    /// their opposite cell or the reference.
    pub fn refresh(
        &mut self,
        pairs: &Pairs,
        (main, mut other): (&mut BranchCells, Option<&mut BranchCells>),
        rows: Range<usize>,
    ) -> u64 {
        let width = main.g_above_min.row_blocks();
        let blocks = rows.start * width..rows.end * width;
        for branch in [Some(&mut *main), other.as_deref_mut()].into_iter().flatten() {
            self.conductance.see(branch, blocks.clone());
        }
        let other = other.as_deref();
        let reference = self.conductance.reference();
        let programmed = || Programmed {
            signs: &pairs.driven[rows.clone()],
            width,
            last_mask: last_mask(&main.g_above_min),
            g_above_min: main.seen(blocks.clone()),
            opposite: other.map(|other| other.seen(blocks.clone())),
            reference,
        };
        let below = refresh_weights(programmed(), &pairs.mapping, &mut self.weights.blocks_mut()[blocks.clone()]);
        if let (Some(variance), Some(spread)) = (&mut self.variance, &self.spread) {
            refresh_variance(programmed(), &pairs.mapping, spread, &mut variance.blocks_mut()[blocks.clone()]);
        }
        if let Lines::Gated(lines) = &mut self.lines {
            let opposite = other.map_or(Seen::Reference(reference), |other| Seen::Cells(other.seen_cells()));
            lines.refresh(rows, &pairs.driven, &pairs.mapping, opposite);
        }
        below
    }

    /// Adds the present RTN to new effective weights.
    pub fn refresh_rtn(&mut self, pairs: &Pairs, branches: [Option<&BranchCells>; 2]) {
        let Some(rtn) = &mut self.rtn else { return };
        let lines = match &self.lines {
            Lines::Driven(lines) => Some(&**lines),
            Lines::None | Lines::Gated(_) => None,
        };
        let weights = lines.map_or(&self.weights, DrivenLines::weights);
        rtn.refresh(weights, branches, &pairs.driven, &pairs.mapping, lines);
    }
}
