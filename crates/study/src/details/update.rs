//! One weight update, decomposed: before, gradient, after the step, noise, after noise and clipping.
//!
//! It is the update that would follow the last epoch, for the first training batch. All reported results precede it.

use ohmspike_simd::Matrix;
use ohmspike_snn::connection::Connection;
use ohmspike_snn::optimiser::gradient_descent;
use serde::{Deserialize, Serialize};

use super::Histogram;
use crate::settings::connection_name;
use ohmspike_snn::hardware::LayerWeights;

/// The weights of one connection through an update; thresholds, gradient in 1/threshold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateAnatomy {
    /// Name of the connection.
    pub connection: String,
    /// Weights before the update.
    pub before: Histogram,
    /// Gradient of the loss with respect to the weights.
    pub gradient: Histogram,
    /// Weights after the requested step: before - learning rate x gradient.
    pub stepped: Histogram,
    /// Noise of the update. For digital weights, the noise drawn; for cells, written minus requested weight, excluding
    /// writes that ended at a bound.
    pub noise: Histogram,
    /// Weights after the update, with noise and bounds.
    pub after: Histogram,
}

impl UpdateAnatomy {
    /// Updates the `layer` that holds `connection` with this `gradient`. Returns `None` if the step is not finite.
    pub fn new(
        connection: Connection,
        layer: &mut LayerWeights,
        gradient: &Matrix,
        learning_rate: f32,
        write: ohmspike_rng::Seed,
    ) -> Option<UpdateAnatomy> {
        let mut step = gradient.clone();
        gradient_descent(&mut step, learning_rate);
        let before = layer.store().weights().clone();
        layer.store_mut().update(&step, write, &ohmspike_simd::Serial).ok()?;
        let after = layer.store().weights();
        let stepped = || before.cells().zip(step.cells()).map(|(weight, step)| weight + step);
        // A write that ended at a bound does not show its noise.
        let (low, high) =
            after.cells().fold((0.0f32, 0.0f32), |(low, high), weight| (low.min(weight), high.max(weight)));
        let inside = |weight: f32| weight != 0.0 && weight != low && weight != high;
        let left = after.cells().zip(stepped()).filter(|(after, _)| inside(*after));
        let noise = match &*layer {
            LayerWeights::Digital(weights) => Histogram::from_values(weights.last_noise()),
            LayerWeights::Crossbar(_) => Histogram::from_values(left.map(|(after, stepped)| after - stepped)),
        };
        Some(UpdateAnatomy {
            connection: connection_name(connection),
            before: Histogram::from_values(before.cells()),
            gradient: Histogram::from_values(gradient.cells()),
            stepped: Histogram::from_values(stepped()),
            noise,
            after: Histogram::from_values(after.cells()),
        })
    }
}
