//! Sums of matrix rows in registers, the innermost loop of reading an array.

use crate::{Block, Matrix, Simd, in_place, note_work};

/// Adds blocks `first` .. `first` + `WIDTH` of the rows with the numbers `rows` to `sums`, in the order of `rows`. A
/// row must have these blocks.
///
/// # Panics
/// Panics if the matrix ends before these blocks; with debug assertions, also if the row does.
#[inline(always)]
pub fn add_rows<S: Simd, const WIDTH: usize>(
    simd: S,
    matrix: &Matrix,
    first: usize,
    rows: &[u16],
    sums: &mut [S::Wide; WIDTH],
) {
    debug_assert!(first + WIDTH <= matrix.row_blocks(), "row too short for these blocks");
    note_work(|work| work.read += (rows.len() * WIDTH) as u64);
    in_place(simd, || add(simd, matrix, first, rows, sums));
}

/// Adds to `row` of `sums` the rows with the numbers `rows` of `terms`, in the order of `rows`: blocks `first` ..
/// `first` + `WIDTH` of each. Both matrices must have these blocks.
///
/// # Panics
/// Panics if a matrix ends before these blocks; with debug assertions, also if a row does.
#[inline(always)]
pub fn add_rows_to_row<S: Simd, const WIDTH: usize>(
    simd: S,
    terms: &Matrix,
    first: usize,
    rows: &[u16],
    sums: &mut Matrix,
    row: usize,
) {
    debug_assert!(first + WIDTH <= terms.row_blocks().min(sums.row_blocks()), "row too short for these blocks");
    note_work(|work| work.written += (rows.len() * WIDTH) as u64);
    let width = sums.row_blocks();
    let sums: &mut [Block; WIDTH] = blocks_at_mut(sums.blocks_mut(), row * width + first);
    in_place(simd, || {
        let mut kept = sums.each_ref().map(|sum| simd.load(sum));
        add(simd, terms, first, rows, &mut kept);
        for (sum, kept) in sums.iter_mut().zip(kept) {
            simd.store(kept, sum);
        }
    });
}

#[inline(always)]
fn add<S: Simd, const WIDTH: usize>(simd: S, matrix: &Matrix, first: usize, rows: &[u16], sums: &mut [S::Wide; WIDTH]) {
    let (blocks, width) = matrix.strided_blocks();
    let mut kept = *sums;
    for &row in rows {
        let row = blocks_at::<WIDTH>(blocks, usize::from(row) * width + first);
        for (sum, block) in kept.iter_mut().zip(row) {
            *sum = simd.add(*sum, simd.load(block));
        }
    }
    *sums = kept;
}

/// Returns `WIDTH` of `blocks` from `start` on.
///
/// # Panics
/// Panics if there are fewer.
#[inline(always)]
pub fn blocks_at<const WIDTH: usize>(blocks: &[Block], start: usize) -> &[Block; WIDTH] {
    blocks[start..].first_chunk().expect("the slice has enough blocks")
}

/// Mutable variant of [`blocks_at`].
///
/// # Panics
/// Panics if there are fewer blocks.
#[inline(always)]
pub fn blocks_at_mut<const WIDTH: usize>(blocks: &mut [Block], start: usize) -> &mut [Block; WIDTH] {
    blocks[start..].first_chunk_mut().expect("the slice has enough blocks")
}

/// Adds `values` to blocks `first` .. `first` + `WIDTH` of each of the rows with the numbers `rows`, in the order of
/// `rows`. A row must have these blocks.
///
/// # Panics
/// Panics if the matrix ends before these blocks; with debug assertions, also if the row does.
#[inline(always)]
pub fn add_to_rows<S: Simd, const WIDTH: usize>(
    simd: S,
    matrix: &mut Matrix,
    first: usize,
    rows: &[u16],
    values: [S::Wide; WIDTH],
) {
    debug_assert!(first + WIDTH <= matrix.row_blocks(), "row too short for these blocks");
    note_work(|work| work.written += (rows.len() * WIDTH) as u64);
    let width = matrix.row_blocks();
    let blocks = matrix.blocks_mut();
    for &row in rows {
        let row = blocks_at_mut::<WIDTH>(blocks, usize::from(row) * width + first);
        for (block, value) in row.iter_mut().zip(values) {
            simd.store(simd.add(simd.load(block), value), block);
        }
    }
}
