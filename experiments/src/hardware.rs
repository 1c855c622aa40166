//! The seam: crossbar arrays as the weight store of a network layer.
//!
//! `snn` asks for steps and knows no hardware; `crossbar` takes steps and knows no network. Here the one becomes the
//! other: the step goes to the array as it is, and what a read makes of the array comes back: effective weights with the
//! slow noise of now, the variance of a read, converters.
//!
//! Gradients are straight-through: they are computed at the weights that the controller believes in (`hardware.controller`),
//! as if these had been read without noise and without converters. With `read-back` these are the effective weights, with
//! `digital-copy` the sum of the steps asked for.

use crossbar::device::{Device, WriteNoise};
use crossbar::{ArrayError, ArrayParams, ArrayState, CrossbarArray, Endurance, Ledger, WriteReport, WrongState};
use lanes::{Block, Crew, LANES, Matrix, blocks_for};
use seed::Seed;
use serde::{Deserialize, Serialize};
use snn::connection::Connection;
use snn::converter::ColumnConverter;
use snn::forward::Layer;
use snn::network::Sign;
use snn::reads::Reads;
use snn::weights::{DigitalWeights, NotFinite, UpdateReport, WeightStore, WrongShape};

use crate::chip_maps::{LayerMaps, WrongMap};
use crate::prepare::{EncodedData, LoadedDevice};
use crate::settings::Settings;
use crate::tile_converters::TileConverters;
use crate::trial::network;

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
        let converter = TileConverters::of(&array);
        CrossbarWeights { array, converter, presentation_seconds }
    }

    fn restore(&mut self, state: ArrayState) -> Result<(), WrongState> {
        self.array.restore(state)?;
        self.converter = TileConverters::of(&self.array);
        Ok(())
    }
}

impl WeightStore for CrossbarWeights {
    fn weights(&self) -> &Matrix {
        self.array.weights()
    }

    fn read_variance(&self) -> Option<&Matrix> {
        self.array.read_variance()
    }

    fn converter(&self) -> Option<&dyn ColumnConverter> {
        self.converter.as_ref().map(|converter| converter as &dyn ColumnConverter)
    }

    fn believed(&self) -> &Matrix {
        self.array.believed()
    }

    fn layer(&self) -> Layer<'_> {
        Layer { weights: self.array.read_weights(), read_variance: self.read_variance(), converter: self.converter() }
    }

    fn present(&mut self, seed: Seed) {
        self.array.pass(self.presentation_seconds, seed);
    }

    fn moves_on(&self) -> bool {
        self.array.has_slow_noise()
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

    fn counts_reads(&self) -> bool {
        true
    }

    fn count_reads(&mut self, row_reads: &[u32], steps: u64) {
        self.array.count_reads(row_reads, steps);
        if let Some(converter) = &self.converter {
            self.array.count_codes(converter.take_counts());
        }
    }

    fn forget_conversions(&mut self) {
        if let Some(converter) = &self.converter {
            converter.take_counts();
        }
    }

    fn update(&mut self, step: &Matrix, seed: Seed, _crew: &dyn Crew) -> Result<UpdateReport, NotFinite> {
        match self.array.update(step, seed) {
            Ok(report) => Ok(update_report(report)),
            Err(ArrayError::NotFinite { .. }) => Err(NotFinite),
            Err(error) => unreachable!("the step is the gradient of this layer and has its shape: {error}"),
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

fn update_report(report: WriteReport) -> UpdateReport {
    let WriteReport { cells_written, clipped_low, clipped_high, wrong_sign, cells, .. } = report;
    let WriteReport { pulses, verify_reads, gave_up, pulse_limited, refreshed, .. } = report;
    UpdateReport {
        cells_written,
        clipped_low,
        clipped_high,
        wrong_sign,
        cells,
        pulses,
        verify_reads,
        gave_up,
        pulse_limited,
        refreshed,
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

/// The connections of a network that `settings` describe and `data` are shown to, in their order, each with its rows and
/// columns. There are none of a network that cannot be, which checked settings do not describe.
pub fn shapes(settings: &Settings, data: &EncodedData) -> Vec<(Connection, (usize, usize))> {
    let Ok(network) = network(settings, data) else { return Vec::new() };
    network.connections().map(|connection| (connection, network.shape(connection))).collect()
}

/// A layer that its device cannot hold.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum HardwareError {
    /// The array cannot be built.
    #[error(transparent)]
    Array(#[from] ArrayError),
    /// A map of the chip is not one of this array.
    #[error(transparent)]
    Map(#[from] WrongMap),
}

/// What holds a layer with the given first weights: abstract weights without a device, a chip of it with one. `chip`
/// opens the streams of what is drawn once a chip.
///
/// # Errors
/// [`HardwareError`] where the first weights do not fit the device, or a map not the layer.
pub fn layer_weights(
    settings: &Settings,
    loaded: Option<&LoadedDevice>,
    connection: Connection,
    initial: Matrix,
    signs: Vec<Sign>,
    chip: Seed,
) -> Result<LayerWeights, HardwareError> {
    let study_sigma = settings.study_sigma() as f32;
    let Some(LoadedDevice { device, maps, .. }) = loaded else {
        return Ok(LayerWeights::Digital(DigitalWeights::noisy(initial, signs, study_sigma)));
    };
    let signs: Vec<crossbar::Sign> = signs.into_iter().map(branch_of).collect();
    let (rows, columns) = (initial.rows(), initial.columns());
    let LayerMaps { faults, conductances } = maps.of_layer(connection, rows, columns, device)?;
    let hardware = &settings.hardware;
    let params = ArrayParams {
        study_sigma,
        write_spread_scale: hardware.write_spread_scale as f32,
        pair: hardware.pair,
        controller: hardware.controller,
        faults: faults.as_ref(),
        conductances: conductances.as_ref(),
        ..ArrayParams::new(settings.full_scale_of(connection) as f32, &signs)
    };
    let array = CrossbarArray::new(device, params, &initial, chip)?;
    Ok(LayerWeights::Crossbar(Box::new(CrossbarWeights::new(array, settings.sample_seconds()))))
}

/// Whether the write noise of `device` follows `noise.level_percent`.
pub fn follows_study_level(device: Option<&Device>) -> bool {
    device.is_none_or(|device| device.write.noise == WriteNoise::StudyLevel)
}

fn branch_of(sign: Sign) -> crossbar::Sign {
    match sign {
        Sign::Excitatory => crossbar::Sign::Excitatory,
        Sign::Inhibitory => crossbar::Sign::Inhibitory,
        Sign::Unconstrained => unreachable!("settings refuse a device for weights of either sign"),
    }
}
