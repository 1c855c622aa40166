//! Crossbar arrays as the weight store of a network layer.
//!
//! Training requests weight updates and is independent of the hardware; the array applies updates and is independent of
//! the network. This module connects the two. Updates go to the array unchanged. Reads return the effective weights
//! with the current random telegraph noise, the variance of one read, and the converters.
//!
//! Gradients are straight-through: they use the weight estimate of the controller (`hardware.controller`), without read
//! noise and converters. The estimate is the effective weight with `read-back`, and the sum of the requested updates
//! with `digital-copy`.

mod tile_converters;

use ohmspike_crossbar::{
    ArrayError, ArrayState, Branch, CrossbarArray, Endurance, HeldError, Ledger, RowReads, WriteReport, WrongState,
};
use ohmspike_rng::Seed;
use ohmspike_simd::{Executor, Matrix};
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
    /// The array, for conductances, mapping and reference cells.
    pub array: CrossbarArray,
    /// Converters of the array.
    converter: Option<TileConverters>,
    /// Presentation time of one sample, s.
    presentation_seconds: f64,
}

impl CrossbarWeights {
    /// Creates a store with a presentation time per sample in seconds.
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
            Err(error) => unreachable!("the update has the shape of this layer: {error}"),
        }
    }
}

impl ReadPath for CrossbarWeights {
    fn layer(&self) -> Layer<'_> {
        Layer {
            weights: self.array.read_weights(),
            read_variance: self.array.read_variance(),
            converter: self.converter.as_ref().map(|converter| converter as &dyn ColumnConverter),
            lines: self.array.lines(),
            column_gain: self.array.column_gain(),
        }
    }

    fn count_reads(&mut self, reads: &RowReads) {
        self.array.count_reads(reads);
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
        self.array.has_column_gain() || self.converter.as_ref().is_some_and(|converter| converter.is_calibrated())
    }

    fn calibrate(&mut self, reads: &Reads) {
        self.array.calibrate_column_gain(reads.iter());
        let Some(converter) = self.converter.as_mut().filter(|converter| converter.is_calibrated()) else { return };
        let largest = self.array.largest_tile_sum(reads.iter());
        converter.calibrate(largest);
        if let Some(converters) = self.array.converters_mut() {
            converters.calibrate(largest);
        }
    }

    fn end_epoch(&mut self) {
        self.array.end_epoch();
    }

    fn forget_conversions(&mut self) {
        if let Some(converter) = &self.converter {
            converter.take_counts();
        }
    }
}

/// Returns the branch of a differential pair that holds the weights of a row, or `None` if its weights can have either
/// sign.
pub fn branch_of(sign: Sign) -> Option<Branch> {
    match sign {
        Sign::Excitatory => Some(Branch::Plus),
        Sign::Inhibitory => Some(Branch::Minus),
        Sign::Unconstrained => None,
    }
}

/// Weight store of a layer.
#[derive(Clone, Debug)]
pub enum LayerWeights {
    /// Digital weights.
    Digital(DigitalWeights),
    /// A crossbar array.
    Crossbar(Box<CrossbarWeights>),
}

/// State of a layer that training and tests change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum LayerState {
    /// Weights of a layer without a device.
    Digital(Matrix),
    /// State of a crossbar array.
    Crossbar(Box<ArrayState>),
}

/// A state that does not match the layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WrongLayerState {
    /// Weights of another shape.
    #[error(transparent)]
    Weights(#[from] WrongShape),
    /// State of another array.
    #[error(transparent)]
    Array(#[from] WrongState),
    /// Weights for an array, or an array state for digital weights.
    #[error("state: expected an array state for a layer with a device and weights for a layer without one")]
    Device,
}

/// Usage of a layer's array in a trial.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct HardwareUse {
    /// Updates, and reads in training.
    pub training: Ledger,
    /// Reads in all tests.
    pub test: Ledger,
    /// Writes per cell.
    pub endurance: Endurance,
    /// Error of the approximation in training, in driven arrays with wires.
    // Always serialized: a checkpoint is binary and cannot omit fields.
    #[serde(default)]
    pub wires: Option<HeldError>,
}

impl LayerWeights {
    /// Returns the store for reading.
    pub fn store(&self) -> &dyn WeightStore {
        match self {
            LayerWeights::Digital(weights) => weights,
            LayerWeights::Crossbar(weights) => weights.as_ref(),
        }
    }

    /// Returns the store for training.
    pub fn store_mut(&mut self) -> &mut dyn WeightStore {
        match self {
            LayerWeights::Digital(weights) => weights,
            LayerWeights::Crossbar(weights) => weights.as_mut(),
        }
    }

    /// Returns the state that training and tests have changed.
    pub fn state(&self) -> LayerState {
        match self {
            LayerWeights::Digital(weights) => LayerState::Digital(weights.state()),
            LayerWeights::Crossbar(weights) => LayerState::Crossbar(Box::new(weights.array.state())),
        }
    }

    /// Restores the `state` of a layer with the same device, initial weights and seeds.
    ///
    /// # Errors
    /// Returns an error if the state does not match; the layer is then unchanged.
    pub fn restore(&mut self, state: LayerState) -> Result<(), WrongLayerState> {
        match (self, state) {
            (LayerWeights::Digital(weights), LayerState::Digital(state)) => Ok(weights.restore(state)?),
            (LayerWeights::Crossbar(weights), LayerState::Crossbar(state)) => Ok(weights.restore(*state)?),
            _ => Err(WrongLayerState::Device),
        }
    }

    /// Sets the time since the last write to `seconds`; 0 is directly after it.
    pub fn rest(&mut self, seconds: f64) {
        if let LayerWeights::Crossbar(weights) = self {
            weights.array.rest(seconds);
        }
    }

    /// Returns the usage since the last call.
    pub fn take_ledger(&mut self) -> Ledger {
        match self {
            LayerWeights::Digital(_) => Ledger::default(),
            LayerWeights::Crossbar(weights) => weights.array.take_ledger(),
        }
    }

    /// Returns the error of the approximation in training; `None` except for driven arrays with wires.
    pub fn held_error(&self) -> Option<HeldError> {
        match self {
            LayerWeights::Digital(_) => None,
            LayerWeights::Crossbar(weights) => weights.array.held_error(),
        }
    }

    /// Returns the writes per cell.
    pub fn endurance(&self) -> Endurance {
        match self {
            LayerWeights::Digital(_) => Endurance::default(),
            LayerWeights::Crossbar(weights) => weights.array.endurance(),
        }
    }
}
