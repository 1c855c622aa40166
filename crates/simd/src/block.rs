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

const _: () = assert!(size_of::<Block>() == size_of::<[f32; LANES]>());

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

/// The numbers of `blocks`, one after another, padding included.
pub const fn numbers(blocks: &[Block]) -> &[f32] {
    // SAFETY: a block is sixteen f32 in their order (repr(C)) and as large as they are, so that the blocks of a slice are
    // that many f32 without a gap, which the slice lends for as long.
    #[allow(unsafe_code)]
    unsafe {
        std::slice::from_raw_parts(blocks.as_ptr().cast(), blocks.len() * LANES)
    }
}

/// [`numbers`], to write.
pub const fn numbers_mut(blocks: &mut [Block]) -> &mut [f32] {
    // SAFETY: as in [`numbers`]; every f32 is one that a block may hold, and the slice is lent to nobody else.
    #[allow(unsafe_code)]
    unsafe {
        std::slice::from_raw_parts_mut(blocks.as_mut_ptr().cast(), blocks.len() * LANES)
    }
}

/// 1 where block number `block` of a row of `columns` numbers holds one of them, 0 in its padding.
pub fn lane_mask(columns: usize, block: usize) -> Block {
    Block(std::array::from_fn(|lane| if block * LANES + lane < columns { 1.0 } else { 0.0 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_blocks_in_their_order() {
        let mut blocks = [0, 1, 2].map(|block| Block(std::array::from_fn(|lane| (block * LANES + lane) as f32)));
        assert!(numbers(&blocks).iter().enumerate().all(|(place, number)| *number == place as f32));
        assert_eq!(numbers(&blocks).len(), 3 * LANES);
        assert!(numbers(&[]).is_empty());
        numbers_mut(&mut blocks)[LANES + 3] = -1.0;
        assert_eq!((blocks[1][3], blocks[1][4]), (-1.0, (LANES + 4) as f32));
    }

    #[test]
    fn the_mask_marks_columns_and_not_padding() {
        assert_eq!(lane_mask(100, 5), Block::splat(1.0));
        assert_eq!(lane_mask(100, 6).0.iter().sum::<f32>(), 4.0);
        assert_eq!(blocks_for(100), 7);
        assert_eq!(blocks_for(16), 1);
    }
}
