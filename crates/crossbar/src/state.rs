//! What updates, reads and time have changed in an array since it was built, to go on from later with the same bits.
//!
//! What is drawn once a chip (windows, gains, faults, reference cells, traps, converters) is not part of it: an array is
//! restored by building it from the same device, parameters, first weights and seed, and giving it the state. What follows
//! from the cells (what is seen, effective weights, variances) is computed again, by the same arithmetic. The weights that a
//! read sees with telegraph noise are kept, because their bits depend on the order of the flips.
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
use crate::ledger::Ledger;
use crate::pair::PairKind;
use crate::rtn::RtnReadsState;

/// The state of an array; what it is the state of is up to whoever keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArrayState {
    main: BranchState,
    /// Of a second branch that is written; reference cells stay as they were drawn.
    other: Option<BranchState>,
    copy: Option<Matrix>,
    rtn: Option<RtnReadsState>,
    /// Full scale of the column converters, weight.
    full_scale: Option<f32>,
    /// Time since the last write, s.
    rested: f64,
    updates: u64,
    ledger: Ledger,
}

/// What updates have changed in one branch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct BranchState {
    g_above_min: Matrix,
    relaxation: Option<Matrix>,
    pulses: Option<Vec<u32>>,
    left: Option<Vec<bool>>,
}

/// A state that is not one of this array.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("state: its {part} does not fit this array; expected the state of an array of {rows} x {columns} (rows x columns) with the same parameters")]
pub struct WrongState {
    /// What differs in presence or size.
    pub part: &'static str,
    /// Rows of the array.
    pub rows: usize,
    /// Its columns.
    pub columns: usize,
}

impl CrossbarArray {
    /// What updates, reads and time have changed since the array was built.
    pub fn state(&self) -> ArrayState {
        ArrayState {
            main: self.main.state(),
            other: self.second_written().map(BranchCells::state),
            copy: self.copy.clone(),
            rtn: self.rtn.as_ref().map(|rtn| rtn.state()),
            full_scale: self.converters.as_ref().and_then(|converters| converters.full_scale()),
            rested: self.read_conductance.rested(),
            updates: self.updates,
            ledger: self.ledger,
        }
    }

    /// Goes on from the `state` of an array that was built from the same device, parameters, first weights and seed.
    ///
    /// # Errors
    /// [`WrongState`] where the state cannot be one of this array, which then stays as it was. A state of an array of the
    /// same size and device but of another chip is not told from one of this.
    pub fn restore(&mut self, state: ArrayState) -> Result<(), WrongState> {
        let (own, given) = (self.state().outline(), state.outline());
        let unlike = own.iter().zip(&given).find(|(own, given)| own != given);
        if let Some((&(part, _), _)) = unlike {
            return Err(WrongState { part, rows: self.rows(), columns: self.columns() });
        }
        let ArrayState { main, other, copy, rtn, full_scale, rested, updates, ledger } = state;
        self.main.restore(main);
        if let (Some(branch), Some(other)) = (&mut self.other, other) {
            branch.restore(other);
        }
        self.copy = copy;
        if let Some(converters) = &mut self.converters {
            converters.restore_full_scale(full_scale);
        }
        (self.updates, self.ledger) = (updates, ledger);
        self.rest(rested);
        if let (Some(own), Some(rtn)) = (&mut self.rtn, rtn) {
            own.restore(rtn);
        }
        Ok(())
    }

    /// The cells on the opposite side of the pairs, where updates write them.
    pub(crate) fn second_written(&self) -> Option<&BranchCells> {
        self.other.as_ref().filter(|_| self.pair != PairKind::OneBranch)
    }
}

impl ArrayState {
    /// Every part with its size, none where there is no such part: the same for all states of one array.
    fn outline(&self) -> Vec<(&'static str, Option<[usize; 2]>)> {
        let mut outline = self.main.outline(["main branch", "paths", "pulses", "cells given up"]).to_vec();
        let opposite = ["opposite branch", "opposite paths", "opposite pulses", "opposite cells given up"];
        let none = opposite.map(|part| (part, None));
        outline.extend(self.other.as_ref().map_or(none, |other| other.outline(opposite)));
        outline.push(("digital copy", self.copy.as_ref().map(size)));
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
