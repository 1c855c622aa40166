//! One register of AVX-512.
#![allow(unsafe_code)] // Intrinsics; the token proves the features that they need.

use std::arch::x86_64::*;

use super::Simd;
use crate::Block;

/// Proof that the CPU supports AVX-512 (F, BW, DQ and VL).
#[derive(Clone, Copy, Debug)]
pub struct Avx512(());

impl Avx512 {
    /// # Safety
    /// The CPU must support avx512f, avx512bw, avx512dq and avx512vl.
    #[inline(always)]
    pub unsafe fn assume() -> Avx512 {
        Avx512(())
    }
}

// SAFETY of all blocks below: an `Avx512` exists only if the CPU supports the features of the intrinsics. A reference
// to a `Block` is aligned to 64 bytes and points to sixteen f32.
impl Simd for Avx512 {
    type Wide = __m512;
    type Mask = __mmask16;
    const IN_REGISTERS: bool = true;

    #[inline(always)]
    fn splat(self, value: f32) -> __m512 {
        unsafe { _mm512_set1_ps(value) }
    }

    #[inline(always)]
    fn load(self, block: &Block) -> __m512 {
        unsafe { _mm512_load_ps(block.0.as_ptr()) }
    }

    #[inline(always)]
    fn store(self, value: __m512, block: &mut Block) {
        unsafe { _mm512_store_ps(block.0.as_mut_ptr(), value) }
    }

    #[inline(always)]
    fn add(self, a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_add_ps(a, b) }
    }

    #[inline(always)]
    fn sub(self, a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_sub_ps(a, b) }
    }

    #[inline(always)]
    fn mul(self, a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_mul_ps(a, b) }
    }

    #[inline(always)]
    fn div(self, a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_div_ps(a, b) }
    }

    #[inline(always)]
    fn sqrt(self, a: __m512) -> __m512 {
        unsafe { _mm512_sqrt_ps(a) }
    }

    #[inline(always)]
    fn abs(self, a: __m512) -> __m512 {
        unsafe { _mm512_abs_ps(a) }
    }

    #[inline(always)]
    fn bits_from(self, from: u32, a: __m512) -> __m512 {
        unsafe {
            let difference = _mm512_sub_epi32(_mm512_set1_epi32(from.cast_signed()), _mm512_castps_si512(a));
            _mm512_castsi512_ps(difference)
        }
    }

    #[inline(always)]
    fn above(self, a: __m512, b: __m512) -> __mmask16 {
        unsafe { _mm512_cmp_ps_mask::<_CMP_GT_OQ>(a, b) }
    }

    #[inline(always)]
    fn not_at_most(self, a: __m512, b: __m512) -> __mmask16 {
        unsafe { _mm512_cmp_ps_mask::<_CMP_NLE_UQ>(a, b) }
    }

    #[inline(always)]
    fn select(self, mask: __mmask16, yes: __m512, no: __m512) -> __m512 {
        unsafe { _mm512_mask_mov_ps(no, mask, yes) }
    }

    #[inline(always)]
    fn zero_where(self, mask: __mmask16, value: __m512) -> __m512 {
        unsafe { _mm512_maskz_mov_ps(!mask, value) }
    }

    #[inline(always)]
    fn bits(self, mask: __mmask16) -> u16 {
        mask
    }

    /// Moves the set lanes of each sixteen to the front, without a branch on their number.
    #[inline(always)]
    fn list_bits(self, bits: u64, first: u16, list: &mut [u16; 64]) -> usize {
        let mut count = 0;
        for sixteen in 0..4 {
            let mask = (bits >> (16 * sixteen)) as u16;
            // SAFETY: at most 16 places were counted per sixteen before this one, so the 32 bytes are within the list.
            unsafe {
                let lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
                let places = _mm512_add_epi32(lanes, _mm512_set1_epi32(i32::from(first) + 16 * sixteen));
                let places = _mm512_cvtepi32_epi16(_mm512_maskz_compress_epi32(mask, places));
                _mm256_storeu_si256(list.as_mut_ptr().add(count).cast(), places);
            }
            count += mask.count_ones() as usize;
        }
        count
    }
}
