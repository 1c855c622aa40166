//! Two registers of AVX2.
#![allow(unsafe_code)] // Intrinsics; the token proves the features that they need.

use std::arch::x86_64::*;

use super::Simd;
use crate::Block;

/// Proof that the CPU supports AVX2.
#[derive(Clone, Copy, Debug)]
pub struct Avx2(());

impl Avx2 {
    /// # Safety
    /// The CPU must support avx2.
    #[inline(always)]
    pub unsafe fn assume() -> Avx2 {
        Avx2(())
    }
}

type Pair = [__m256; 2];

/// Applies `f` to the halves of two pairs.
#[inline(always)]
fn halves(a: Pair, b: Pair, f: impl Fn(__m256, __m256) -> __m256) -> Pair {
    [f(a[0], b[0]), f(a[1], b[1])]
}

// SAFETY of all blocks below: an `Avx2` exists only if the CPU supports the features of the intrinsics. A reference to
// a `Block` is aligned to 64 bytes and points to sixteen f32.
impl Simd for Avx2 {
    type Wide = Pair;
    /// All bits of a lane are set, or none.
    type Mask = Pair;
    const IN_REGISTERS: bool = true;

    #[inline(always)]
    fn splat(self, value: f32) -> Pair {
        [unsafe { _mm256_set1_ps(value) }; 2]
    }

    #[inline(always)]
    fn load(self, block: &Block) -> Pair {
        unsafe { [_mm256_load_ps(block.0.as_ptr()), _mm256_load_ps(block.0.as_ptr().add(8))] }
    }

    #[inline(always)]
    fn store(self, [low, high]: Pair, block: &mut Block) {
        unsafe {
            _mm256_store_ps(block.0.as_mut_ptr(), low);
            _mm256_store_ps(block.0.as_mut_ptr().add(8), high);
        }
    }

    #[inline(always)]
    fn add(self, a: Pair, b: Pair) -> Pair {
        halves(a, b, |a, b| unsafe { _mm256_add_ps(a, b) })
    }

    #[inline(always)]
    fn sub(self, a: Pair, b: Pair) -> Pair {
        halves(a, b, |a, b| unsafe { _mm256_sub_ps(a, b) })
    }

    #[inline(always)]
    fn mul(self, a: Pair, b: Pair) -> Pair {
        halves(a, b, |a, b| unsafe { _mm256_mul_ps(a, b) })
    }

    #[inline(always)]
    fn div(self, a: Pair, b: Pair) -> Pair {
        halves(a, b, |a, b| unsafe { _mm256_div_ps(a, b) })
    }

    #[inline(always)]
    fn sqrt(self, a: Pair) -> Pair {
        a.map(|half| unsafe { _mm256_sqrt_ps(half) })
    }

    #[inline(always)]
    fn abs(self, a: Pair) -> Pair {
        a.map(|half| unsafe { _mm256_andnot_ps(_mm256_set1_ps(-0.0), half) })
    }

    #[inline(always)]
    fn bits_from(self, from: u32, a: Pair) -> Pair {
        a.map(|half| unsafe {
            let difference = _mm256_sub_epi32(_mm256_set1_epi32(from.cast_signed()), _mm256_castps_si256(half));
            _mm256_castsi256_ps(difference)
        })
    }

    #[inline(always)]
    fn above(self, a: Pair, b: Pair) -> Pair {
        halves(a, b, |a, b| unsafe { _mm256_cmp_ps::<_CMP_GT_OQ>(a, b) })
    }

    #[inline(always)]
    fn not_at_most(self, a: Pair, b: Pair) -> Pair {
        halves(a, b, |a, b| unsafe { _mm256_cmp_ps::<_CMP_NLE_UQ>(a, b) })
    }

    #[inline(always)]
    fn select(self, mask: Pair, yes: Pair, no: Pair) -> Pair {
        unsafe { [_mm256_blendv_ps(no[0], yes[0], mask[0]), _mm256_blendv_ps(no[1], yes[1], mask[1])] }
    }

    #[inline(always)]
    fn zero_where(self, mask: Pair, value: Pair) -> Pair {
        halves(mask, value, |mask, value| unsafe { _mm256_andnot_ps(mask, value) })
    }

    #[inline(always)]
    fn bits(self, [low, high]: Pair) -> u16 {
        unsafe { (_mm256_movemask_ps(low) | _mm256_movemask_ps(high) << 8) as u16 }
    }
}
