//! Random numbers of tables that tests make.

use ohmspike_rng::Philox;
use rand::RngExt;

/// A stream of numbers.
pub struct Numbers(pub Philox);

impl Numbers {
    /// Returns a number that is uniform from 0 to 1.
    pub fn uniform(&mut self) -> f64 {
        self.0.random_range(0.0..1.0)
    }

    /// Returns a standard normal number by the method of Box and Muller.
    pub fn normal(&mut self) -> f64 {
        let (a, b) = (self.uniform(), self.uniform());
        (-2.0 * (1.0 - a).ln()).sqrt() * (std::f64::consts::TAU * b).cos()
    }
}
