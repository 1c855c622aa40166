//! What an array needs to know beside its device and its first weights.

use ohmspike_simd::Matrix;

use crate::branch::Branch;
use crate::fault_map::FaultMap;
use crate::pair::{Controller, PairKind};

/// What an array needs to know beside its device and its first weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ArrayParams<'a> {
    /// Weight of a cell that is fully on, beside one that is fully off.
    pub weight_at_gmax: f32,
    /// The branch that holds the weights of each row.
    pub branches: &'a [Branch],
    /// Standard deviation that an update leaves in a weight, in units of weight, for a device whose write noise is
    /// `from-study`;
    /// others state that of a cell. Where an update writes both cells of a pair, they share its variance evenly.
    pub update_sigma: f32,
    /// Factor on the write spread, that of pulses too, for sweeps; 1 leaves it as it is stated.
    pub write_spread_scale: f32,
    /// How the two cells of a pair share the writing.
    pub pair: PairKind,
    /// What the controller takes the weights to be.
    pub controller: Controller,
    /// Stuck cells and dead lines of a measured chip, in the place of those that the device's probabilities would draw.
    pub faults: Option<&'a FaultMap>,
    /// Measured conductances of the main branch, µS, in the place of the first weights.
    pub conductances: Option<&'a Matrix>,
}

impl<'a> ArrayParams<'a> {
    /// One-branch pairs that are read back, without update noise and without maps.
    pub fn new(weight_at_gmax: f32, branches: &'a [Branch]) -> ArrayParams<'a> {
        ArrayParams {
            weight_at_gmax,
            branches,
            update_sigma: 0.0,
            write_spread_scale: 1.0,
            pair: PairKind::OneBranch,
            controller: Controller::ReadBack,
            faults: None,
            conductances: None,
        }
    }
}
