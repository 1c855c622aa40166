//! The two branches of a differential pair.

/// Branch of a pair that holds the weights of a row; the other one is the opposite branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Branch {
    /// G+ is written: weights are positive or zero.
    Plus,
    /// G- is written: weights are negative or zero.
    Minus,
}

impl Branch {
    /// Returns the sign of the weights, +1 or -1.
    pub const fn sign(self) -> f32 {
        match self {
            Branch::Plus => 1.0,
            Branch::Minus => -1.0,
        }
    }
}
