//! Sixteen numbers in registers, for the innermost loops of training.
//!
//! The compiler keeps a [`Block`] that is updated in a loop in memory, so each row of a sum waits for the store of the
//! previous one. [`Simd`] provides the operations of an instruction set on a [`Simd::Wide`], which stays in registers.
//! Every operation rounds like the scalar operation on each lane, so all instruction sets give bit-identical results. A
//! token (`Avx512`, `Avx2`, `Neon`, `Portable`) proves that the CPU supports the instructions. `kernel(simd: S)` passes it to a
//! function that is compiled for them.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(all(target_arch = "aarch64", target_feature = "neon", target_endian = "little"))]
mod neon;
mod portable;

#[cfg(target_arch = "x86_64")]
pub use avx2::Avx2;
#[cfg(target_arch = "x86_64")]
pub use avx512::Avx512;
#[cfg(all(target_arch = "aarch64", target_feature = "neon", target_endian = "little"))]
pub use neon::Neon as Baseline;
pub use portable::Portable;
#[cfg(not(all(target_arch = "aarch64", target_feature = "neon", target_endian = "little")))]
pub use portable::Portable as Baseline;

use crate::Block;

/// Operations of an instruction set on sixteen lanes.
pub trait Simd: Copy {
    /// Sixteen f32.
    type Wide: Copy;
    /// One Boolean per lane.
    type Mask: Copy;
    /// Whether a [`Simd::Wide`] stays in registers; if not, loops should be split into calls on memory.
    const IN_REGISTERS: bool;

    /// Sets every lane to `value`.
    fn splat(self, value: f32) -> Self::Wide;
    /// Loads the lanes of a block.
    fn load(self, block: &Block) -> Self::Wide;
    /// Stores the lanes in a block.
    fn store(self, value: Self::Wide, block: &mut Block);
    /// Returns a + b.
    fn add(self, a: Self::Wide, b: Self::Wide) -> Self::Wide;
    /// Returns a - b.
    fn sub(self, a: Self::Wide, b: Self::Wide) -> Self::Wide;
    /// Returns a b.
    fn mul(self, a: Self::Wide, b: Self::Wide) -> Self::Wide;
    /// Returns the correctly rounded a / b.
    fn div(self, a: Self::Wide, b: Self::Wide) -> Self::Wide;
    /// Returns the correctly rounded square root.
    fn sqrt(self, a: Self::Wide) -> Self::Wide;
    /// Returns the magnitude.
    fn abs(self, a: Self::Wide) -> Self::Wide;
    /// Returns the float with the bits `from` minus the bits of `a`, as integers; the start value of [`reciprocal`].
    fn bits_from(self, from: u32, a: Self::Wide) -> Self::Wide;
    /// Returns the lanes with a > b; false for NaN.
    fn above(self, a: Self::Wide, b: Self::Wide) -> Self::Mask;
    /// Returns the lanes with a > b; true for NaN.
    fn not_at_most(self, a: Self::Wide, b: Self::Wide) -> Self::Mask;
    /// Selects `yes` if the mask is set, else `no`.
    fn select(self, mask: Self::Mask, yes: Self::Wide, no: Self::Wide) -> Self::Wide;
    /// Returns zero if the mask is set, else `value`.
    fn zero_where(self, mask: Self::Mask, value: Self::Wide) -> Self::Wide;
    /// Returns one bit per lane, the lowest for lane 0.
    fn bits(self, mask: Self::Mask) -> u16;

    /// Writes `first` + n for each set bit n of `bits` to the start of `list`, in ascending order, and returns how many
    /// there are. The rest of `list` is then undefined. `first` + 63 must fit in 16 bits.
    #[inline(always)]
    fn list_bits(self, bits: u64, first: u16, list: &mut [u16; 64]) -> usize {
        let (mut left, mut count) = (bits, 0);
        while left != 0 {
            list[count % 64] = first + left.trailing_zeros() as u16;
            left &= left - 1;
            count += 1;
        }
        count
    }
}

/// Calls `work`, inlined if a [`Simd::Wide`] stays in registers and as a separate call otherwise. The separate call
/// keeps the compiler from splitting blocks in memory further.
#[inline(always)]
pub fn in_place<S: Simd, T>(_: S, work: impl FnOnce() -> T) -> T {
    #[inline(never)]
    fn apart<T>(work: impl FnOnce() -> T) -> T {
        work()
    }
    if S::IN_REGISTERS { work() } else { apart(work) }
}

/// Returns 1 / x as computed by [`crate::reciprocal`], lane by lane.
#[inline(always)]
pub fn reciprocal<S: Simd>(simd: S, x: S::Wide) -> S::Wide {
    let two = simd.splat(2.0);
    let step = |y| simd.mul(y, simd.sub(two, simd.mul(x, y)));
    step(step(step(simd.bits_from(crate::elementary::RECIPROCAL_START, x))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LANES;

    /// Returns the bits of every operation on pairs of numbers of all kinds.
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
                // Instructions do not define the payload of a resulting NaN.
                bits.extend(block.0.map(|lane| if lane.is_nan() { f32::NAN.to_bits() } else { lane.to_bits() }));
            };
            let (above, not_at_most) = (simd.above(a, b), simd.not_at_most(a, b));
            for value in [simd.add(a, b), simd.sub(a, b), simd.mul(a, b), simd.div(a, b), simd.sqrt(a), simd.abs(a)] {
                keep(value);
            }
            for value in
                [simd.splat(0.3), simd.bits_from(7, a), simd.select(above, a, b), simd.zero_where(not_at_most, a)]
            {
                keep(value);
            }
            keep(reciprocal(simd, a));
            bits.extend([simd.bits(above), simd.bits(not_at_most)].map(u32::from));
            let pattern = u64::from(simd.bits(above)).wrapping_mul(0x0003_0000_8000_0001);
            let mut list = [0; 64];
            let count = simd.list_bits(pattern, 65_472, &mut list);
            bits.extend(list[..count].iter().map(|&place| u32::from(place)));
        }
        bits
    }

    #[test]
    fn all_instructions_round_like_plain_rust() {
        let expected = results(Portable);
        assert!(expected.len() > 100 * LANES);
        assert_eq!(results(Baseline), expected, "baseline");
        #[cfg(target_arch = "x86_64")]
        #[allow(unsafe_code)]
        for instructions in crate::Instructions::available() {
            use crate::Instructions;
            // SAFETY: the CPU supports these instructions.
            let computed = match instructions {
                Instructions::Baseline => results(Baseline),
                Instructions::Avx2 => results(unsafe { Avx2::assume() }),
                Instructions::Avx512 => results(unsafe { Avx512::assume() }),
            };
            assert_eq!(computed, expected, "{instructions}");
        }
    }
}
