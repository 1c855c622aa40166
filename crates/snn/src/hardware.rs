//! The seam: crossbar arrays as the weight store of a network layer.
//!
//! Training asks for steps and knows no hardware; the array takes steps and knows no network. Here the one becomes the
//! other: the step goes to the array as it is, and what a read makes of the array comes back: effective weights with the
//! telegraph noise of now, the variance of a read, converters.
//!
//! Gradients are straight-through: they are computed at the weights that the controller believes in (`hardware.controller`),
//! as if these had been read without noise and without converters. With `read-back` these are the effective weights, with
//! `digital-copy` the sum of the steps asked for.

mod tile_converters;

use ohmspike_crossbar::{ArrayError, ArrayState, Branch, CrossbarArray, Endurance, Ledger, WriteReport, WrongState};
use ohmspike_rng::Seed;
use ohmspike_simd::{Block, Executor, LANES, Matrix, blocks_for};
use serde::{Deserialize, Serialize};

use crate::converter::ColumnConverter;
use crate::forward::Layer;
use crate::network::Sign;
use crate::read_path::ReadPath;
use crate::reads::Reads;
use crate::weights::{DigitalWeights, NotFinite, WeightStore, WrongShape};
pub use tile_converters::TileConverters;

/// A crossbar array that holds the weights of a layer.
#[derive(Clone, Debug)]
pub struct CrossbarWeights {
    /// The array, for what training does not see: conductances, mapping, parked cells.
    pub array: CrossbarArray,
    /// Its converters as the network sees them.
    converter: Option<TileConverters>,
    /// Time for which one sample is presented, s.
    presentation_seconds: f64,
}

impl CrossbarWeights {
    /// An array whose samples are presented for so many seconds.
    pub fn new(array: CrossbarArray, presentation_seconds: f64) -> CrossbarWeights {
        let converter = TileConverters::from_array(&array);
        CrossbarWeights { array, converter, presentation_seconds }
    }

    fn restore(&mut self, state: ArrayState) -> Result<(), WrongState> {
        self.array.restore(state)?;
        self.converter = TileConverters::from_array(&self.array);
        Ok(())
    }
}

impl WeightStore for CrossbarWeights {
    fn weights(&self) -> &Matrix {
        self.array.weights()
    }

    fn gradient_weights(&self) -> &Matrix {
        self.array.gradient_weights()
    }

    fn read_path(&self) -> Option<&dyn ReadPath> {
        Some(self)
    }

    fn read_path_mut(&mut self) -> Option<&mut dyn ReadPath> {
        Some(self)
    }

    fn update(&mut self, step: &Matrix, seed: Seed, _executor: &dyn Executor) -> Result<WriteReport, NotFinite> {
        match self.array.update(step, seed) {
            Ok(report) => Ok(report),
            Err(ArrayError::NotFinite { .. }) => Err(NotFinite),
            Err(error) => unreachable!("the step is the gradient of this layer and has its shape: {error}"),
        }
    }
}

impl ReadPath for CrossbarWeights {
    fn layer(&self) -> Layer<'_> {
        Layer {
            weights: self.array.read_weights(),
            read_variance: self.array.read_variance(),
            converter: self.converter.as_ref().map(|converter| converter as &dyn ColumnConverter),
        }
    }

    fn count_reads(&mut self, row_reads: &[u32], steps: u64) {
        self.array.count_reads(row_reads, steps);
        if let Some(converter) = &self.converter {
            self.array.count_codes(converter.take_counts());
        }
    }

    fn begin_sample(&mut self, seed: Seed) {
        self.array.pass(self.presentation_seconds, seed);
    }

    fn has_read_state(&self) -> bool {
        self.array.has_rtn()
    }

    fn needs_calibration(&self) -> bool {
        self.converter.as_ref().is_some_and(|converter| converter.is_calibrated())
    }

    fn calibrate(&mut self, reads: &Reads) {
        let Some(converter) = &mut self.converter else { return };
        let largest = largest_tile_sum(self.array.weights(), converter.tile_rows(), reads);
        converter.calibrate(largest);
        if let Some(converters) = self.array.converters_mut() {
            converters.calibrate(largest);
        }
    }

    fn forget_conversions(&mut self) {
        if let Some(converter) = &self.converter {
            converter.take_counts();
        }
    }
}

/// The largest magnitude of a tile's column sum over `reads`, weight.
fn largest_tile_sum(weights: &Matrix, tile_rows: usize, reads: &Reads) -> f32 {
    let mut sums = vec![Block::ZERO; blocks_for(weights.columns())];
    let mut largest = 0.0f32;
    for active in reads.iter() {
        for tile in active.chunk_by(|one, next| usize::from(*one) / tile_rows == usize::from(*next) / tile_rows) {
            sums.fill(Block::ZERO);
            weights.add_rows_to(&mut sums, tile);
            for sum in &sums {
                for lane in 0..LANES {
                    largest = largest.max(sum[lane].abs());
                }
            }
        }
    }
    largest
}

/// The branch of a pair that carries the weights of a row; none for a row whose weights may have either sign.
pub fn branch_of(sign: Sign) -> Option<Branch> {
    match sign {
        Sign::Excitatory => Some(Branch::Plus),
        Sign::Inhibitory => Some(Branch::Minus),
        Sign::Unconstrained => None,
    }
}

/// What holds the weights of a layer.
#[derive(Clone, Debug)]
pub enum LayerWeights {
    /// Abstract weights.
    Digital(DigitalWeights),
    /// A crossbar.
    Crossbar(Box<CrossbarWeights>),
}

/// What training and tests have changed in a layer since it was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum LayerState {
    /// The weights of a layer without a device.
    Digital(Matrix),
    /// What has changed in an array.
    Crossbar(Box<ArrayState>),
}

/// A state that is not one of the layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WrongLayerState {
    /// Weights of another shape.
    #[error(transparent)]
    Weights(#[from] WrongShape),
    /// Another array.
    #[error(transparent)]
    Array(#[from] WrongState),
    /// Weights for an array, or the other way round.
    #[error("state: must be one of a layer with a device where the layer has one, and only there")]
    Device,
}

/// What a layer's array has cost in a trial.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct HardwareUse {
    /// Updates, and reads in training.
    pub training: Ledger,
    /// Reads in all tests.
    pub test: Ledger,
    /// Writes by cell.
    pub endurance: Endurance,
}

impl LayerWeights {
    /// The store as a reader sees it.
    pub fn store(&self) -> &dyn WeightStore {
        match self {
            LayerWeights::Digital(weights) => weights,
            LayerWeights::Crossbar(weights) => weights.as_ref(),
        }
    }

    /// The store as training sees it.
    pub fn store_mut(&mut self) -> &mut dyn WeightStore {
        match self {
            LayerWeights::Digital(weights) => weights,
            LayerWeights::Crossbar(weights) => weights.as_mut(),
        }
    }

    /// What training and tests have changed since the layer was made.
    pub fn state(&self) -> LayerState {
        match self {
            LayerWeights::Digital(weights) => LayerState::Digital(weights.state()),
            LayerWeights::Crossbar(weights) => LayerState::Crossbar(Box::new(weights.array.state())),
        }
    }

    /// Goes on from the `state` of a layer that was made of the same device, first weights and seeds.
    ///
    /// # Errors
    /// [`WrongLayerState`]; the layer stays as it was.
    pub fn restore(&mut self, state: LayerState) -> Result<(), WrongLayerState> {
        match (self, state) {
            (LayerWeights::Digital(weights), LayerState::Digital(state)) => Ok(weights.restore(state)?),
            (LayerWeights::Crossbar(weights), LayerState::Crossbar(state)) => Ok(weights.restore(*state)?),
            _ => Err(WrongLayerState::Device),
        }
    }

    /// Lets `seconds` pass since the last write; 0 brings the time right after it back.
    pub fn rest(&mut self, seconds: f64) {
        if let LayerWeights::Crossbar(weights) = self {
            weights.array.rest(seconds);
        }
    }

    /// What has been spent since this was last asked.
    pub fn take_ledger(&mut self) -> Ledger {
        match self {
            LayerWeights::Digital(_) => Ledger::default(),
            LayerWeights::Crossbar(weights) => weights.array.take_ledger(),
        }
    }

    /// Writes by cell.
    pub fn endurance(&self) -> Endurance {
        match self {
            LayerWeights::Digital(_) => Endurance::default(),
            LayerWeights::Crossbar(weights) => weights.array.endurance(),
        }
    }
}
