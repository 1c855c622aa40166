//! Computes the weight update from a gradient.
//!
//! ```text
//! step  =  -eta g        eta  learning rate, g  gradient of the batch mean of the loss
//! ```
//!
//! Plain stochastic gradient descent, as in the paper.

use ohmspike_simd::Matrix;

/// Returns -eta, the ratio of the update to the gradient.
pub fn step_factor(learning_rate: f32) -> f32 {
    -learning_rate
}

/// Replaces `gradient` by the update of plain gradient descent.
pub fn gradient_descent(gradient: &mut Matrix, learning_rate: f32) {
    for block in gradient.blocks_mut() {
        *block = *block * step_factor(learning_rate);
    }
}
