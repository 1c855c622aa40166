//! Plain f32 arithmetic that vectorises well, with bit-identical results on every CPU.
//!
//! Parts, in the order of data flow:
//! 1. [`Block`]: 16 aligned numbers, the unit of all inner loops; [`numbers()`]: blocks as a plain slice;
//! 2. [`Matrix`]: rows x columns, each row zero-padded to whole blocks;
//! 3. [`Instructions`], [`kernel`]: a function compiled for every instruction set, run with the best one of the CPU;
//! 4. [`Simd`]: sixteen numbers in registers; [`add_rows`], [`add_rows_to_row`], [`add_to_rows`]: sums of rows;
//!    [`prefetch()`]: loads data into the cache in advance;
//! 5. [`exp()`], [`ln()`], [`reciprocal()`], [`sin_cos_turn()`]: elementary functions from additions, multiplications
//!    and integer operations only, so that a loop over a block vectorises;
//! 6. [`Executor`]: runs independent tasks on one or several threads; [`Work`]: counts the work of kernels, for tests;
//! 7. [`Numbers`]: a list in memory or in a [`MappedFile`].
//!
//! Numbers have no unit in this crate, except the angles of [`sin_cos_turn()`], which are in turns.
//!
//! Results are bit-identical because every operation is a correctly rounded IEEE 754 operation in the written order.
//! The compiler may vectorise a loop but neither fuses nor reorders operations, and no function of the platform's maths
//! library is called. Callers that compile their kernels for several instruction sets have the same guarantee.
//!
//! This crate has no linear algebra and no other number types.
//!
//! ```
//! use ohmspike_simd::Matrix;
//!
//! let mut weights = Matrix::zeros(784, 100);
//! weights[(3, 99)] = 0.25;
//! assert_eq!(weights.row(3).len(), 7); // 100 columns fill 7 blocks of 16
//! assert_eq!(weights.row(3)[6][3], 0.25);
//! ```

mod block;
mod cells;
mod elementary;
mod executor;
mod instructions;
mod mapped;
mod matrix;
mod prefetch;
mod rows;
mod simd;
mod width;
mod work;

pub use block::{Block, LANE_BITS, LANES, blocks_for, lane_mask, numbers, numbers_mut};
pub use cells::WrongCells;
pub use elementary::{exp, exp2_coarse, ln, log2_coarse, reciprocal, sin_cos_turn};
pub use executor::{Executor, Serial, Task};
pub use instructions::{Instructions, NotAvailable, UnknownInstructions};
pub use mapped::{MappedFile, Numbers};
pub use matrix::Matrix;
/// Compiles a free function for every set of [`Instructions`] and calls the variant for [`Instructions::current`].
///
/// Closures within the body are compiled with it. Mark hot functions that it calls as `#[inline(always)]`; other
/// functions are compiled for the baseline.
///
/// ```
/// use ohmspike_simd::{Block, LANES};
///
/// #[ohmspike_simd::kernel]
/// fn add(sums: &mut [Block], terms: &[Block]) {
///     for (sum, term) in sums.iter_mut().zip(terms) {
///         *sum += *term;
///     }
/// }
///
/// let mut sums = [Block::ZERO; 7];
/// add(&mut sums, &[Block::splat(0.5); 7]);
/// assert_eq!(sums[6][LANES - 1], 0.5);
/// ```
///
/// With `#[kernel(simd: S)]`, the body can use `simd`, a value of a type `S: Simd` that proves that the CPU supports
/// the instructions. Callers do not pass it.
///
/// ```
/// use ohmspike_simd::Simd;
///
/// #[ohmspike_simd::kernel(simd: S)]
/// fn twice<const N: usize>(mut values: [f32; N]) -> [f32; N] {
///     fn add<S: Simd>(_: S, value: f32) -> f32 {
///         value + value
///     }
///     values.iter_mut().for_each(|value| *value = add::<S>(simd, *value));
///     values
/// }
///
/// assert_eq!(twice([1.0, -2.0]), [2.0, -4.0]);
/// ```
pub use ohmspike_simd_macros::kernel;
pub use prefetch::prefetch;
pub use rows::{add_rows, add_rows_to_row, add_to_rows, blocks_at, blocks_at_mut};
#[cfg(target_arch = "x86_64")]
pub use simd::{Avx2, Avx512};
pub use simd::{Baseline, Portable, Simd, in_place, reciprocal as wide_reciprocal};
pub use work::{Work, note_work, work_of};

/// Runs the examples in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
