//! Samples of numbers from 0 to 1, and their labels.

use std::fmt;

/// Samples of equal length with their class labels.
#[derive(Clone, PartialEq)]
pub struct ValueSet {
    /// Numbers per sample.
    pub units: usize,
    /// Samples x units, each from 0 to 1.
    pub values: Vec<f32>,
    /// Class of each sample.
    pub labels: Vec<u8>,
}

impl fmt::Debug for ValueSet {
    /// Formats the sizes only, because a set can have millions of numbers.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ValueSet({} x {})", self.labels.len(), self.units)
    }
}
