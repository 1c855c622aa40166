//! One weight update, taken apart: before, gradient, after the step, noise, after the bound.
//!
//! It is the update that would come after the last epoch, on the first images of the training set. Nothing that a trial
//! reports is taken after it.

use ohmspike_simd::Matrix;
use ohmspike_snn::connection::Connection;
use ohmspike_snn::optimiser::gradient_descent;
use serde::{Deserialize, Serialize};

use super::Histogram;
use crate::settings::connection_name;
use ohmspike_snn::hardware::LayerWeights;

/// The weights of one connection on their way through an update; all in thresholds but for the gradient (1/threshold).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateAnatomy {
    /// Name of the connection.
    pub connection: String,
    /// Weights before the update.
    pub before: Histogram,
    /// Gradient of the loss by the weights.
    pub gradient: Histogram,
    /// Weights after the step that training asks for: before - learning rate x gradient.
    pub stepped: Histogram,
    /// What came on top. Of abstract weights, the noise that was drawn; of cells, what the write left less what was asked
    /// for, where the write did not end at a bound.
    pub noise: Histogram,
    /// Weights after the update, noise and bound included.
    pub after: Histogram,
}

impl UpdateAnatomy {
    /// Makes the update of the `layer` that holds the weights of `connection` with this `gradient`. `None` where the step is
    /// not finite.
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
        // A write that ended at the floor or the ceiling says only that it would have gone further.
        let (low, high) =
            after.cells().fold((0.0f32, 0.0f32), |(low, high), weight| (low.min(weight), high.max(weight)));
        let inside = |weight: f32| weight != 0.0 && weight != low && weight != high;
        let left = after.cells().zip(stepped()).filter(|(after, _)| inside(*after));
        let noise = match &*layer {
            LayerWeights::Digital(weights) => Histogram::of(weights.last_noise()),
            LayerWeights::Crossbar(_) => Histogram::of(left.map(|(after, stepped)| after - stepped)),
        };
        Some(UpdateAnatomy {
            connection: connection_name(connection),
            before: Histogram::of(before.cells()),
            gradient: Histogram::of(gradient.cells()),
            stepped: Histogram::of(stepped()),
            noise,
            after: Histogram::of(after.cells()),
        })
    }
}
