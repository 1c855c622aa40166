//! Four registers of NEON, which every AArch64 CPU has.
#![allow(unsafe_code)] // Intrinsics and pointers; NEON is enabled for the whole build.

use std::arch::aarch64::*;

use super::Simd;
use crate::Block;

/// Token for NEON.
#[derive(Clone, Copy, Debug)]
pub struct Neon;

type Quad = [float32x4_t; 4];
type QuadMask = [uint32x4_t; 4];

/// Applies `f` to the quarters of two numbers.
#[inline(always)]
fn quarters<A: Copy, B: Copy, T>(a: [A; 4], b: [B; 4], f: impl Fn(A, B) -> T) -> [T; 4] {
    [f(a[0], b[0]), f(a[1], b[1]), f(a[2], b[2]), f(a[3], b[3])]
}

// SAFETY of all blocks below: this file is compiled only where NEON is enabled for the whole build. A reference to a
// `Block` points to sixteen f32.
impl Simd for Neon {
    type Wide = Quad;
    /// All bits of a lane are set, or none.
    type Mask = QuadMask;
    const IN_REGISTERS: bool = true;

    #[inline(always)]
    fn splat(self, value: f32) -> Quad {
        [unsafe { vdupq_n_f32(value) }; 4]
    }

    #[inline(always)]
    fn load(self, block: &Block) -> Quad {
        let first = block.0.as_ptr();
        [0, 4, 8, 12].map(|lane| unsafe { vld1q_f32(first.add(lane)) })
    }

    #[inline(always)]
    fn store(self, value: Quad, block: &mut Block) {
        let first = block.0.as_mut_ptr();
        quarters([0, 4, 8, 12], value, |lane, quarter| unsafe { vst1q_f32(first.add(lane), quarter) });
    }

    #[inline(always)]
    fn add(self, a: Quad, b: Quad) -> Quad {
        quarters(a, b, |a, b| unsafe { vaddq_f32(a, b) })
    }

    #[inline(always)]
    fn sub(self, a: Quad, b: Quad) -> Quad {
        quarters(a, b, |a, b| unsafe { vsubq_f32(a, b) })
    }

    #[inline(always)]
    fn mul(self, a: Quad, b: Quad) -> Quad {
        quarters(a, b, |a, b| unsafe { vmulq_f32(a, b) })
    }

    #[inline(always)]
    fn div(self, a: Quad, b: Quad) -> Quad {
        quarters(a, b, |a, b| unsafe { vdivq_f32(a, b) })
    }

    #[inline(always)]
    fn sqrt(self, a: Quad) -> Quad {
        a.map(|quarter| unsafe { vsqrtq_f32(quarter) })
    }

    #[inline(always)]
    fn abs(self, a: Quad) -> Quad {
        a.map(|quarter| unsafe { vabsq_f32(quarter) })
    }

    #[inline(always)]
    fn bits_from(self, from: u32, a: Quad) -> Quad {
        a.map(|quarter| unsafe { vreinterpretq_f32_u32(vsubq_u32(vdupq_n_u32(from), vreinterpretq_u32_f32(quarter))) })
    }

    #[inline(always)]
    fn above(self, a: Quad, b: Quad) -> QuadMask {
        quarters(a, b, |a, b| unsafe { vcgtq_f32(a, b) })
    }

    #[inline(always)]
    fn not_at_most(self, a: Quad, b: Quad) -> QuadMask {
        quarters(a, b, |a, b| unsafe { vmvnq_u32(vcleq_f32(a, b)) })
    }

    #[inline(always)]
    fn select(self, mask: QuadMask, yes: Quad, no: Quad) -> Quad {
        std::array::from_fn(|quarter| unsafe { vbslq_f32(mask[quarter], yes[quarter], no[quarter]) })
    }

    #[inline(always)]
    fn zero_where(self, mask: QuadMask, value: Quad) -> Quad {
        quarters(mask, value, |mask, value| unsafe {
            vreinterpretq_f32_u32(vbicq_u32(vreinterpretq_u32_f32(value), mask))
        })
    }

    #[inline(always)]
    fn bits(self, mask: QuadMask) -> u16 {
        const PLACES: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];
        unsafe {
            let [a, b, c, d] = mask.map(|quarter| vmovn_u32(quarter));
            let bytes = vcombine_u8(vmovn_u16(vcombine_u16(a, b)), vmovn_u16(vcombine_u16(c, d)));
            let places = vandq_u8(bytes, vld1q_u8(PLACES.as_ptr()));
            u16::from_le_bytes([vaddv_u8(vget_low_u8(places)), vaddv_u8(vget_high_u8(places))])
        }
    }
}
