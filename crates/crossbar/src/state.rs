//! State of an array changed by updates, reads and time, to resume bit-identically.
//!
//! The state excludes everything drawn once per chip (windows, gains, faults, reference cells, traps, converters). To
//! restore an array, build it from the same device, parameters, initial weights and seed, then restore the state.
//! Derived values (visible conductances, effective weights, variances) are recomputed with the same arithmetic. The
//! weights with telegraph noise are stored, because their bits depend on the order of the switches.
//!
//! ```
//! use ohmspike_crossbar::{ArrayParams, CrossbarArray, Branch, device::Device};
//! use ohmspike_simd::Matrix;
//! use ohmspike_rng::Seed;
//!
//! let device = Device::built_in("illustrative-oxide").ok_or("not built in")?;
//! let first = Matrix::from_fn(1, 5, |_, _| 0.2);
//! let built = || CrossbarArray::new(&device, ArrayParams::new(1.0, &[Branch::Plus]), &first, Seed::new(1));
//! let mut array = built()?;
//! array.update(&first, Seed::new(2))?;
//! let mut other = built()?;
//! other.restore(array.state())?;
//! assert_eq!(other.weights(), array.weights());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use ohmspike_simd::Matrix;
use serde::{Deserialize, Serialize};

use crate::array::CrossbarArray;
use crate::branch_cells::BranchCells;
use crate::driven_lines::{DrivenLines, DrivenState};
use crate::ledger::Ledger;
use crate::lines::Lines;
use crate::rtn::RtnReadsState;

/// State of an array. The caller must keep track of its array.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArrayState {
    main: BranchState,
    /// Second written branch; reference cells keep their draws.
    other: Option<BranchState>,
    copy: Option<Matrix>,
    rtn: Option<RtnReadsState>,
    /// Held correction of a driven array with wires.
    driven: Option<DrivenState>,
    /// Digital gain of the columns.
    column_gain: Option<Matrix>,
    /// Full scale of the column converters, weight.
    full_scale: Option<f32>,
    /// Time since the last write, s.
    rested: f64,
    updates: u64,
    ledger: Ledger,
}

/// State of one branch changed by updates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct BranchState {
    g_above_min: Matrix,
    relaxation: Option<Matrix>,
    pulses: Option<Vec<u32>>,
    left: Option<Vec<bool>>,
}

/// State of another array.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "state: {part} of another array; expected an array of {rows} x {columns} (rows x columns) with the same parameters"
)]
pub struct WrongState {
    /// Part that differs in presence or size.
    pub part: &'static str,
    /// Rows of the array.
    pub rows: usize,
    /// Columns of the array.
    pub columns: usize,
}

impl CrossbarArray {
    /// Returns the state changed by updates, reads and time since the array was built.
    pub fn state(&self) -> ArrayState {
        ArrayState {
            main: self.main.state(),
            other: self.second_written().map(BranchCells::state),
            copy: self.writing.copy.clone(),
            rtn: self.reading.rtn.as_ref().map(|rtn| rtn.state()),
            driven: self.driven_lines().map(DrivenLines::state),
            column_gain: self.reading.column_gain.clone(),
            full_scale: self.reading.converters.as_ref().and_then(|converters| converters.full_scale()),
            rested: self.reading.conductance.rested(),
            updates: self.writing.updates,
            ledger: self.ledger,
        }
    }

    /// Restores the `state` of an array built from the same device, parameters, initial weights and seed.
    ///
    /// # Errors
    /// Returns [`WrongState`] if the state cannot belong to this array, which then stays unchanged. A state of another
    /// chip of the same size and device is not detected.
    pub fn restore(&mut self, state: ArrayState) -> Result<(), WrongState> {
        let (own, given) = (self.state().outline(), state.outline());
        let unlike = own.iter().zip(&given).find(|(own, given)| own != given);
        if let Some((&(part, _), _)) = unlike {
            return Err(WrongState { part, rows: self.rows(), columns: self.columns() });
        }
        let ArrayState { main, other, copy, rtn, driven, column_gain, full_scale, rested, updates, ledger } = state;
        self.main.restore(main);
        if let (Some(branch), Some(other)) = (&mut self.other, other) {
            branch.restore(other);
        }
        self.writing.copy = copy;
        if let Some(converters) = &mut self.reading.converters {
            converters.restore_full_scale(full_scale);
        }
        (self.writing.updates, self.ledger) = (updates, ledger);
        self.reading.conductance.rest(rested);
        // The held correction is that of earlier conductances: the array is not solved again.
        self.reading.column_gain = column_gain;
        if let (Lines::Driven(own), Some(driven)) = (&mut self.reading.lines, driven) {
            own.restore(driven);
        }
        self.refresh_all();
        self.refresh_lines(true);
        self.refresh_rtn();
        if let (Some(own), Some(rtn)) = (&mut self.reading.rtn, rtn) {
            own.restore(rtn);
        }
        Ok(())
    }

    /// Returns the opposite cells if updates write them.
    pub(crate) fn second_written(&self) -> Option<&BranchCells> {
        self.other.as_ref().filter(|_| self.pairs.writes_opposite)
    }
}

impl ArrayState {
    /// Returns every part with its size, `None` if absent: equal for all states of one array.
    fn outline(&self) -> Vec<(&'static str, Option<[usize; 2]>)> {
        let mut outline = self.main.outline(["main branch", "paths", "pulses", "cells of failed writes"]).to_vec();
        let opposite = ["opposite branch", "opposite paths", "opposite pulses", "opposite cells of failed writes"];
        let none = opposite.map(|part| (part, None));
        outline.extend(self.other.as_ref().map_or(none, |other| other.outline(opposite)));
        outline.push(("digital copy", self.copy.as_ref().map(size)));
        let corrections = self.driven.as_ref().map(|driven| &driven.corrections);
        outline.push(("wires", corrections.map(|[plus, _]| size(plus))));
        outline.push(("wires of the minus branch", corrections.map(|[_, minus]| size(minus))));
        outline.push(("gain of the columns", self.column_gain.as_ref().map(size)));
        outline.push(("RTN", self.rtn.as_ref().map(|rtn| size(&rtn.weights))));
        outline.push(("telegraph states", self.rtn.as_ref().map(|rtn| [rtn.sides.len(), 0])));
        let sides = self.rtn.iter().flat_map(|rtn| &rtn.sides);
        outline.extend(sides.map(|states| ("telegraph states", Some(size(states)))));
        outline
    }
}

impl BranchState {
    fn outline(&self, names: [&'static str; 4]) -> [(&'static str, Option<[usize; 2]>); 4] {
        let [g_above_min, paths, pulses, left] = names;
        [
            (g_above_min, Some(size(&self.g_above_min))),
            (paths, self.relaxation.as_ref().map(size)),
            (pulses, self.pulses.as_ref().map(|pulses| [1, pulses.len()])),
            (left, self.left.as_ref().map(|left| [1, left.len()])),
        ]
    }
}

fn size(matrix: &Matrix) -> [usize; 2] {
    [matrix.rows(), matrix.columns()]
}

impl BranchCells {
    fn state(&self) -> BranchState {
        BranchState {
            g_above_min: self.g_above_min.clone(),
            relaxation: self.relaxation.clone(),
            pulses: self.pulses.clone(),
            left: self.left.clone(),
        }
    }

    fn restore(&mut self, state: BranchState) {
        let BranchState { g_above_min, relaxation, pulses, left } = state;
        (self.g_above_min, self.relaxation, self.pulses, self.left) = (g_above_min, relaxation, pulses, left);
    }
}
