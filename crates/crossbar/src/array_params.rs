//! Parameters of an array apart from its device and initial weights.

use ohmspike_simd::Matrix;

use crate::branch::Branch;
use crate::fault_map::FaultMap;
use crate::pair::{Controller, PairKind};

/// Rows with write noise and faults, by the sign of their weights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NoisyRows {
    /// All rows.
    #[default]
    All,
    /// Rows of positive weights.
    Positive,
    /// Rows of negative weights.
    Negative,
}

impl NoisyRows {
    /// Returns true if a row with this `sign` is among them.
    pub(crate) fn contains(self, sign: f32) -> bool {
        match self {
            NoisyRows::All => true,
            NoisyRows::Positive => sign > 0.0,
            NoisyRows::Negative => sign < 0.0,
        }
    }
}

/// Parameters of an array apart from its device and initial weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ArrayParams<'a> {
    /// Weight of a pair with a fully-on written cell and a fully-off reference.
    pub weight_at_gmax: f32,
    /// Branch that holds the weights of each row.
    pub branches: &'a [Branch],
    /// Write noise of one update in units of weight (standard deviation), for devices with `from-study` noise; other
    /// devices set their own. If an update writes both cells of a pair, they share the variance evenly.
    pub update_sigma: f32,
    /// Factor on the write noise, cycle noise of pulses included, for sweeps; 1 keeps the noise of the device file.
    pub write_spread_scale: f32,
    /// Kind of pair: which cells an update writes.
    pub pair: PairKind,
    /// Weight estimate of the controller.
    pub controller: Controller,
    /// Whether a pair can hold weights of either sign. Both cells of every pair are then written: in one-branch pairs, a
    /// positive weight uses the main branch and a negative one the opposite branch. No sign bounds the weights.
    pub either_sign: bool,
    /// Rows with write noise and faults. The cells of other rows are written exactly and work.
    pub noisy_rows: NoisyRows,
    /// Measured stuck cells and dead lines; they replace those drawn from the probabilities of the device.
    pub faults: Option<&'a FaultMap>,
    /// Measured conductances of the main branch, µS; they replace the initial weights.
    pub conductances: Option<&'a Matrix>,
}

impl<'a> ArrayParams<'a> {
    /// Creates parameters of one-branch pairs that are read back, without update noise and maps.
    pub fn new(weight_at_gmax: f32, branches: &'a [Branch]) -> ArrayParams<'a> {
        ArrayParams {
            weight_at_gmax,
            branches,
            update_sigma: 0.0,
            write_spread_scale: 1.0,
            pair: PairKind::OneBranch,
            controller: Controller::ReadBack,
            either_sign: false,
            noisy_rows: NoisyRows::All,
            faults: None,
            conductances: None,
        }
    }

    /// Returns whether updates write the cells of the opposite branch.
    pub(crate) fn writes_opposite(&self) -> bool {
        self.either_sign || self.pair != PairKind::OneBranch
    }

    /// Returns the write noise of one cell relative to that of the weight. Cells of a pair that are written together
    /// share the noise evenly; `every_cell` says that updates also write cells without a step.
    pub(crate) fn fraction_of_update_noise(&self, every_cell: bool) -> f32 {
        let both = self.pair.writes_both_cells(every_cell) || self.either_sign && every_cell;
        if both { std::f32::consts::FRAC_1_SQRT_2 } else { 1.0 }
    }
}
