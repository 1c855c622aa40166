//! Sixteen numbers side by side: one AVX-512 register, two of AVX2, or four of SSE or NEON.
//!
//! Kernels take blocks by value, compute and store. If every load precedes the first store, the compiler knows that the
//! blocks do not overlap, and sixteen scalar operations become one.

use std::ops::{Add, AddAssign, Index, IndexMut, Mul};

/// Numbers in a block.
pub const LANES: usize = 16;

/// One bit per lane; a comparison and a reduction turn lane flags into a mask.
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
    /// All lanes are zero.
    pub const ZERO: Block = Block([0.0; LANES]);

    /// Sets every lane to `value`.
    #[inline(always)]
    pub const fn splat(value: f32) -> Block {
        Block([value; LANES])
    }

    /// Applies `f` to every lane.
    #[inline(always)]
    pub fn map(self, f: impl Fn(f32) -> f32) -> Block {
        let mut result = Block::ZERO;
        for lane in 0..LANES {
            result.0[lane] = f(self.0[lane]);
        }
        result
    }

    /// Applies `f` to the corresponding lanes of two blocks.
    #[inline(always)]
    pub fn zip(self, other: Block, f: impl Fn(f32, f32) -> f32) -> Block {
        let mut result = Block::ZERO;
        for lane in 0..LANES {
            result.0[lane] = f(self.0[lane], other.0[lane]);
        }
        result
    }

    /// Selects the lane of `self` if `condition` holds for the lane of `by`, else the lane of `other`.
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

/// Returns the number of blocks for `columns` numbers.
pub const fn blocks_for(columns: usize) -> usize {
    columns.div_ceil(LANES)
}

/// Returns the numbers of `blocks` in order, including padding.
pub const fn numbers(blocks: &[Block]) -> &[f32] {
    // SAFETY: a block is sixteen f32 in order (repr(C)) and has their size. The blocks of a slice are therefore
    // contiguous f32, borrowed for the lifetime of the slice.
    #[allow(unsafe_code)]
    unsafe {
        std::slice::from_raw_parts(blocks.as_ptr().cast(), blocks.len() * LANES)
    }
}

/// Mutable variant of [`numbers`].
pub const fn numbers_mut(blocks: &mut [Block]) -> &mut [f32] {
    // SAFETY: as in [`numbers`]; a block may contain any f32, and the slice is borrowed exclusively.
    #[allow(unsafe_code)]
    unsafe {
        std::slice::from_raw_parts_mut(blocks.as_mut_ptr().cast(), blocks.len() * LANES)
    }
}

/// Returns 1 in the lanes of block number `block` that belong to a row of `columns` numbers, and 0 in the padding.
pub fn lane_mask(columns: usize, block: usize) -> Block {
    Block(std::array::from_fn(|lane| if block * LANES + lane < columns { 1.0 } else { 0.0 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_in_the_order_of_the_blocks() {
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
