//! The two branches of a differential pair.

/// The branch of a pair that holds the weights of a row; the other one is opposite to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Branch {
    /// G+ is written: weights are zero or above.
    Plus,
    /// G- is written: weights are zero or below.
    Minus,
}

impl Branch {
    /// Sign of the weights, +1 or -1.
    pub const fn sign(self) -> f32 {
        match self {
            Branch::Plus => 1.0,
            Branch::Minus => -1.0,
        }
    }
}
