//! Sixteen lanes in plain Rust, for every CPU, and the reference of the tests.

use super::Simd;
use crate::{Block, LANE_BITS, LANES};

/// Token for instructions that every CPU supports.
#[derive(Clone, Copy, Debug)]
pub struct Portable;

impl Simd for Portable {
    type Wide = Block;
    /// 1 if the mask is set, else 0.
    type Mask = Block;
    const IN_REGISTERS: bool = false;

    #[inline(always)]
    fn splat(self, value: f32) -> Block {
        Block::splat(value)
    }

    #[inline(always)]
    fn load(self, block: &Block) -> Block {
        *block
    }

    #[inline(always)]
    fn store(self, value: Block, block: &mut Block) {
        *block = value;
    }

    #[inline(always)]
    fn add(self, a: Block, b: Block) -> Block {
        a + b
    }

    #[inline(always)]
    fn sub(self, a: Block, b: Block) -> Block {
        a.zip(b, |a, b| a - b)
    }

    #[inline(always)]
    fn mul(self, a: Block, b: Block) -> Block {
        a * b
    }

    #[inline(always)]
    fn div(self, a: Block, b: Block) -> Block {
        a.zip(b, |a, b| a / b)
    }

    #[inline(always)]
    fn sqrt(self, a: Block) -> Block {
        a.map(f32::sqrt)
    }

    #[inline(always)]
    fn abs(self, a: Block) -> Block {
        a.map(f32::abs)
    }

    #[inline(always)]
    fn bits_from(self, from: u32, a: Block) -> Block {
        a.map(|lane| f32::from_bits(from.wrapping_sub(lane.to_bits())))
    }

    #[inline(always)]
    fn above(self, a: Block, b: Block) -> Block {
        a.zip(b, |a, b| if a > b { 1.0 } else { 0.0 })
    }

    #[inline(always)]
    fn not_at_most(self, a: Block, b: Block) -> Block {
        a.zip(b, |a, b| if a <= b { 0.0 } else { 1.0 })
    }

    #[inline(always)]
    fn select(self, mask: Block, yes: Block, no: Block) -> Block {
        yes.select(no, mask, |lane| lane > 0.0)
    }

    #[inline(always)]
    fn zero_where(self, mask: Block, value: Block) -> Block {
        Block::ZERO.select(value, mask, |lane| lane > 0.0)
    }

    #[inline(always)]
    fn bits(self, mask: Block) -> u16 {
        let mut bits = 0;
        for lane in 0..LANES {
            bits |= if mask[lane] > 0.0 { LANE_BITS[lane] } else { 0 };
        }
        bits as u16
    }
}
