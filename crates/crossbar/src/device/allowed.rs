//! The numbers that a key of a device file may hold.

/// The numbers that a key may hold, both ends included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Allowed {
    /// The smallest.
    pub low: f64,
    /// The largest.
    pub high: f64,
    /// The unit, with the space before it.
    pub unit: &'static str,
}

/// The whole numbers that a key may hold, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntegerRange {
    /// The smallest.
    pub low: u32,
    /// The largest.
    pub high: u32,
}
