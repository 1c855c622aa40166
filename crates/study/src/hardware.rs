//! Builds the weights of a trial on the device that its settings name.

mod error;

use ohmspike_crossbar::device::{Device, WriteNoise};
use ohmspike_crossbar::{ArrayParams, Branch, CrossbarArray};
use ohmspike_rng::Seed;
use ohmspike_simd::Matrix;
use ohmspike_snn::connection::Connection;
use ohmspike_snn::hardware::{CrossbarWeights, LayerWeights, branch_of};
use ohmspike_snn::network::Sign;
use ohmspike_snn::weights::DigitalWeights;

pub use error::HardwareError;

use crate::chip_maps::LayerMaps;
use crate::prepare::{DataShape, LoadedDevice};
use crate::settings::Settings;
use crate::trial::network::network;

/// Returns the connections of the network that `settings` describe, in order, with their rows and columns. Returns none
/// for an invalid network, which checked settings never describe.
pub fn shapes(settings: &Settings, data: DataShape) -> Vec<(Connection, (usize, usize))> {
    let Ok(network) = network(settings, data) else { return Vec::new() };
    network.connections().map(|connection| (connection, network.shape(connection))).collect()
}

/// Builds the store of a layer with the given initial weights: digital weights without a device, else a chip of it.
/// `chip` opens the random streams of draws made once per chip.
///
/// # Errors
/// Returns a [`HardwareError`] if the initial weights do not fit the device, or a map does not fit the layer.
pub fn layer_weights(
    settings: &Settings,
    loaded: Option<&LoadedDevice>,
    connection: Connection,
    initial: Matrix,
    signs: Vec<Sign>,
    chip: Seed,
) -> Result<LayerWeights, HardwareError> {
    let update_sigma = settings.update_sigma() as f32;
    let Some(LoadedDevice { device, maps, .. }) = loaded else {
        return Ok(LayerWeights::Digital(DigitalWeights::noisy(initial, signs, update_sigma)));
    };
    let branch = |sign| branch_of(sign).expect("settings reject devices for weights of either sign");
    let branches: Vec<Branch> = signs.into_iter().map(branch).collect();
    let (rows, columns) = (initial.rows(), initial.columns());
    let LayerMaps { faults, conductances } = maps.of_layer(connection, rows, columns, device)?;
    let hardware = &settings.hardware;
    let params = ArrayParams {
        update_sigma,
        write_spread_scale: hardware.write_spread_scale as f32,
        pair: hardware.pair,
        controller: hardware.controller,
        noisy_rows: hardware.population.rows(),
        faults: faults.as_ref(),
        conductances: conductances.as_ref(),
        ..ArrayParams::new(settings.weight_at_gmax_of(connection) as f32, &branches)
    };
    let array = CrossbarArray::new(device, params, &initial, chip)?;
    Ok(LayerWeights::Crossbar(Box::new(CrossbarWeights::new(array, settings.sample_seconds()))))
}

/// Whether the write noise of `device` is set by `noise.level_percent`.
pub fn follows_study_level(device: Option<&Device>) -> bool {
    device.is_none_or(|device| device.write.noise == WriteNoise::FromStudy)
}
