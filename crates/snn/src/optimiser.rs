//! From a gradient to the step that training asks of the weights.
//!
//! ```text
//! step = -eta g        eta  learning rate, g  gradient of the batch mean of the loss
//! ```
//!
//! Plain stochastic gradient descent, as in the study.

use ohmspike_simd::Matrix;

/// -eta: what the step is to the gradient.
pub fn step_factor(learning_rate: f32) -> f32 {
    -learning_rate
}

/// Turns `gradient` into the step of plain gradient descent, in place.
pub fn gradient_descent(gradient: &mut Matrix, learning_rate: f32) {
    for block in gradient.blocks_mut() {
        *block = *block * step_factor(learning_rate);
    }
}
