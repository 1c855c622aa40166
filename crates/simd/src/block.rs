//! Sixteen numbers side by side: one AVX-512 register, two of AVX2, four of SSE or NEON.
//!
//! Kernels take blocks by value, compute and store: with every load before the first store the compiler need not fear
//! that two blocks overlap, and sixteen scalar operations become one.

use std::ops::{Add, AddAssign, Index, IndexMut, Mul};

/// Numbers in a block.
pub const LANES: usize = 16;

/// One bit a lane: flags of lanes become a mask by a comparison and a reduction.
pub const LANE_BITS: [u32; LANES] = {
    let mut bits = [0; LANES];
    let mut lane = 0;
    while lane < LANES {
        bits[lane] = 1 << lane;
        lane += 1;
    }
    bits
};

/// Sixteen f32 aligned to a cache line.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C, align(64))]
pub struct Block(pub [f32; LANES]);

impl Block {
    /// All lanes zero.
    pub const ZERO: Block = Block([0.0; LANES]);

    /// The same number in every lane.
    #[inline(always)]
    pub const fn splat(value: f32) -> Block {
        Block([value; LANES])
    }

    /// `f` of every lane.
    #[inline(always)]
    pub fn map(self, f: impl Fn(f32) -> f32) -> Block {
        let mut result = Block::ZERO;
        for lane in 0..LANES {
            result.0[lane] = f(self.0[lane]);
        }
        result
    }

    /// `f` of the same lanes of two blocks.
    #[inline(always)]
    pub fn zip(self, other: Block, f: impl Fn(f32, f32) -> f32) -> Block {
        let mut result = Block::ZERO;
        for lane in 0..LANES {
            result.0[lane] = f(self.0[lane], other.0[lane]);
        }
        result
    }

    /// `self` where `condition` holds for the lane of `by`, else `other`.
    #[inline(always)]
    pub fn select(self, other: Block, by: Block, condition: impl Fn(f32) -> bool) -> Block {
        let mut result = Block::ZERO;
        for lane in 0..LANES {
            result.0[lane] = if condition(by.0[lane]) { self.0[lane] } else { other.0[lane] };
        }
        result
    }
}

impl Add for Block {
    type Output = Block;
    #[inline(always)]
    fn add(self, other: Block) -> Block {
        self.zip(other, |a, b| a + b)
    }
}

impl AddAssign for Block {
    #[inline(always)]
    fn add_assign(&mut self, other: Block) {
        *self = *self + other;
    }
}

impl Mul for Block {
    type Output = Block;
    #[inline(always)]
    fn mul(self, other: Block) -> Block {
        self.zip(other, |a, b| a * b)
    }
}

impl Mul<f32> for Block {
    type Output = Block;
    #[inline(always)]
    fn mul(self, factor: f32) -> Block {
        self.map(|a| a * factor)
    }
}

impl Index<usize> for Block {
    type Output = f32;
    #[inline(always)]
    fn index(&self, lane: usize) -> &f32 {
        &self.0[lane]
    }
}

impl IndexMut<usize> for Block {
    #[inline(always)]
    fn index_mut(&mut self, lane: usize) -> &mut f32 {
        &mut self.0[lane]
    }
}

/// Blocks that hold `columns` numbers.
pub const fn blocks_for(columns: usize) -> usize {
    columns.div_ceil(LANES)
}

/// 1 where block number `block` of a row of `columns` numbers holds one of them, 0 in its padding.
pub fn lane_mask(columns: usize, block: usize) -> Block {
    Block(std::array::from_fn(|lane| if block * LANES + lane < columns { 1.0 } else { 0.0 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mask_marks_columns_and_not_padding() {
        assert_eq!(lane_mask(100, 5), Block::splat(1.0));
        assert_eq!(lane_mask(100, 6).0.iter().sum::<f32>(), 4.0);
        assert_eq!(blocks_for(100), 7);
        assert_eq!(blocks_for(16), 1);
    }
}
