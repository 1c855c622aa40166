//! Sixteen numbers held in registers: what the innermost loops of training are written with.
//!
//! A compiler that is given a [`Block`] in a loop keeps it in memory, and every sum of a row waits for the store of the row
//! before. [`Simd`] names the operations of one instruction set on a [`Simd::Wide`], which stays in registers; every one
//! rounds like the operation of the same name on each lane, so that all sets give the same bits. A token (`Avx512`,
//! `Avx2`, `Portable`) stands for the knowledge that the CPU has the instructions; `kernel(simd: S)` hands it to a
//! function that is compiled for them.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;

#[cfg(target_arch = "x86_64")]
pub use avx2::Avx2;
#[cfg(target_arch = "x86_64")]
pub use avx512::Avx512;
pub use portable::Portable;

use crate::Block;

/// The operations of an instruction set on sixteen lanes.
pub trait Simd: Copy {
    /// Sixteen f32.
    type Wide: Copy;
    /// One truth value a lane.
    type Mask: Copy;
    /// Whether a [`Simd::Wide`] stays in registers; where not, loops are better cut into calls on memory.
    const IN_REGISTERS: bool;

    /// The same number in every lane.
    fn splat(self, value: f32) -> Self::Wide;
    /// The lanes of a block.
    fn load(self, block: &Block) -> Self::Wide;
    /// Writes the lanes to a block.
    fn store(self, value: Self::Wide, block: &mut Block);
    /// a + b.
    fn add(self, a: Self::Wide, b: Self::Wide) -> Self::Wide;
    /// a - b.
    fn sub(self, a: Self::Wide, b: Self::Wide) -> Self::Wide;
    /// a b.
    fn mul(self, a: Self::Wide, b: Self::Wide) -> Self::Wide;
    /// The square root, correctly rounded.
    fn sqrt(self, a: Self::Wide) -> Self::Wide;
    /// The magnitude.
    fn abs(self, a: Self::Wide) -> Self::Wide;
    /// The float whose bits are `from` less those of `a`, as integers: where [`reciprocal`] starts.
    fn bits_from(self, from: u32, a: Self::Wide) -> Self::Wide;
    /// Lanes where a > b; not where one is NaN.
    fn above(self, a: Self::Wide, b: Self::Wide) -> Self::Mask;
    /// Lanes where a > b, or where one is NaN.
    fn not_at_most(self, a: Self::Wide, b: Self::Wide) -> Self::Mask;
    /// `yes` where the mask is set, else `no`.
    fn select(self, mask: Self::Mask, yes: Self::Wide, no: Self::Wide) -> Self::Wide;
    /// Zero where the mask is set, else `value`.
    fn zero_where(self, mask: Self::Mask, value: Self::Wide) -> Self::Wide;
    /// One bit a lane, the lowest for lane 0.
    fn bits(self, mask: Self::Mask) -> u16;
}

/// Calls `work`: within the loop that asks where a [`Simd::Wide`] stays in registers, else as a call of its own, so that a
/// compiler takes what does not fit the registers apart no further than into blocks in memory.
#[inline(always)]
pub fn in_place<S: Simd, T>(_: S, work: impl FnOnce() -> T) -> T {
    #[inline(never)]
    fn apart<T>(work: impl FnOnce() -> T) -> T {
        work()
    }
    if S::IN_REGISTERS { work() } else { apart(work) }
}

/// 1 / x as [`crate::reciprocal`] computes it, lane by lane.
#[inline(always)]
pub fn reciprocal<S: Simd>(simd: S, x: S::Wide) -> S::Wide {
    let two = simd.splat(2.0);
    let step = |y| simd.mul(y, simd.sub(two, simd.mul(x, y)));
    step(step(step(simd.bits_from(crate::elementary::RECIPROCAL_START, x))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Instructions, LANES};

    /// Every operation on pairs of numbers of all kinds, as bits.
    fn results<S: Simd>(simd: S) -> Vec<u32> {
        let kinds =
            [0.0, -0.0, 1.0, -1.0, 0.1, 1e-40, 3e38, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, 1.0000001, 77.7];
        let mut bits = Vec::new();
        for turn in 0..kinds.len() {
            let a = Block(std::array::from_fn(|lane| kinds[lane % kinds.len()]));
            let b = Block(std::array::from_fn(|lane| kinds[(lane + turn) % kinds.len()]));
            let (a, b) = (simd.load(&a), simd.load(&b));
            let mut keep = |value| {
                let mut block = Block::ZERO;
                simd.store(value, &mut block);
                // Which NaN comes of an operation on NaN is no instruction's promise.
                bits.extend(block.0.map(|lane| if lane.is_nan() { f32::NAN.to_bits() } else { lane.to_bits() }));
            };
            let (above, not_at_most) = (simd.above(a, b), simd.not_at_most(a, b));
            for value in [simd.add(a, b), simd.sub(a, b), simd.mul(a, b), simd.sqrt(a), simd.abs(a), simd.splat(0.3)] {
                keep(value);
            }
            for value in [simd.bits_from(7, a), simd.select(above, a, b), simd.zero_where(not_at_most, a)] {
                keep(value);
            }
            keep(reciprocal(simd, a));
            bits.extend([simd.bits(above), simd.bits(not_at_most)].map(u32::from));
        }
        bits
    }

    #[test]
    fn all_instructions_round_like_plain_rust() {
        let expected = results(Portable);
        assert!(expected.len() > 100 * LANES);
        #[cfg(target_arch = "x86_64")]
        #[allow(unsafe_code)]
        for instructions in Instructions::available() {
            // SAFETY: these are instructions that the CPU has.
            let computed = match instructions {
                Instructions::Baseline => results(Portable),
                Instructions::Avx2 => results(unsafe { Avx2::assume() }),
                Instructions::Avx512 => results(unsafe { Avx512::assume() }),
            };
            assert_eq!(computed, expected, "{instructions}");
        }
    }
}
