//! Samples of numbers from 0 to 1, and their labels.

use std::fmt;

/// Samples of equally many numbers, each with the number of its class.
#[derive(Clone, PartialEq)]
pub struct ValueSet {
    /// Numbers of a sample.
    pub units: usize,
    /// Samples x units, each from 0 to 1.
    pub values: Vec<f32>,
    /// Class of every sample.
    pub labels: Vec<u8>,
}

impl fmt::Debug for ValueSet {
    /// The sizes; millions of numbers help nobody.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ValueSet({} x {})", self.labels.len(), self.units)
    }
}
