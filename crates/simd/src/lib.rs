//! Plain f32 arithmetic that vectorises well and gives the same bits on every CPU.
//!
//! Parts, in the order in which data meets them:
//! 1. [`Block`]: 16 aligned numbers, the unit in which every inner loop runs; [`numbers()`]: the same as a plain slice;
//! 2. [`Matrix`]: rows x columns, each row padded with zeros to whole blocks;
//! 3. [`Instructions`], [`kernel`]: a function compiled for every instruction set, run with the best that the CPU has;
//! 4. [`Simd`]: sixteen numbers that stay in registers; [`add_rows`], [`add_to_rows`]: rows of a matrix to and from them;
//!    [`prefetch()`]: data brought near before it is used;
//! 5. [`exp()`], [`ln()`], [`reciprocal()`], [`sin_cos_turn()`]: elementary functions from additions, multiplications and
//!    integer operations only, so that a loop over a block compiles to vector instructions;
//! 6. [`Executor`]: runs independent tasks, on one thread or on many; [`Work`]: how much work kernels did, for tests.
//!
//! Numbers have no unit here; angles of [`sin_cos_turn()`] are in turns.
//!
//! Why the bits agree: every operation is a correctly rounded IEEE 754 one in the order in which it is written; the
//! compiler may widen a loop but neither fuse nor reorder it, and no function of a platform's maths library is called.
//! Callers compile their kernels for several instruction sets and inherit this.
//!
//! It deliberately offers no linear algebra and no other number types.
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
pub use matrix::Matrix;
/// Compiles a free function for every set of [`Instructions`] and calls the one of [`Instructions::current`].
///
/// Closures within the body are compiled with it. A function that it calls must be inlined (`#[inline(always)]`) if it
/// matters: one that stays outside is compiled for the baseline.
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
/// With `#[kernel(simd: S)]` the body may use `simd`, a value of the type `S: Simd` that proves the instructions of its
/// clone; the function itself is called without it.
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
pub use rows::{add_rows, add_to_rows, blocks_at, blocks_at_mut};
#[cfg(target_arch = "x86_64")]
pub use simd::{Avx2, Avx512};
pub use simd::{Portable, Simd, in_place, reciprocal as wide_reciprocal};
pub use work::{Work, note_work, work_of};

/// Runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
