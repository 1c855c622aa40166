//! Plain f32 arithmetic that vectorises well and gives the same bits on every CPU.
//!
//! Parts, in the order in which data meets them:
//! - [`Block`]: 16 aligned numbers, the unit in which every inner loop runs;
//! - [`Matrix`]: rows x columns, each row padded with zeros to whole blocks;
//! - [`exp()`], [`ln()`], [`reciprocal()`], [`sin_cos_turn()`]: elementary functions from additions, multiplications
//!   and integer operations only, so that a loop over a block compiles to vector instructions.
//!
//! Why the bits agree: every operation is a correctly rounded IEEE 754 one in the order in which it is written; the
//! compiler may widen a loop but neither fuse nor reorder it, and no function of a platform's maths library is called.
//! Callers compile their kernels for several instruction sets (`multiversion`) and inherit this.
//!
//! What it deliberately does not do: linear algebra (nalgebra does), other number types, run-time dispatch.
//!
//! ```
//! use lanes::Matrix;
//!
//! let mut weights = Matrix::zeros(784, 100);
//! weights[(3, 99)] = 0.25;
//! assert_eq!(weights.row(3).len(), 7); // 100 columns fill 7 blocks of 16
//! assert_eq!(weights.row(3)[6][3], 0.25);
//! ```

mod block;
mod cells;
mod elementary;
mod matrix;

pub use block::{Block, LANE_BITS, LANES, blocks_for, lane_mask};
pub use cells::WrongCells;
pub use elementary::{exp, exp2_coarse, ln, log2_coarse, reciprocal, sin_cos_turn};
pub use matrix::Matrix;
