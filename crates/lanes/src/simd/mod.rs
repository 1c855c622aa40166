//! Proofs that instructions may be used: each exists only where the CPU has what it stands for.

/// The instructions that a kernel is compiled for, see [`kernel`](crate::kernel).
pub trait Simd: Copy {}

/// What every CPU of the architecture has.
#[derive(Clone, Copy, Debug)]
pub struct Portable;

/// AVX2.
#[derive(Clone, Copy, Debug)]
pub struct Avx2(());

/// AVX-512 F, BW, DQ and VL.
#[derive(Clone, Copy, Debug)]
pub struct Avx512(());

impl Simd for Portable {}
impl Simd for Avx2 {}
impl Simd for Avx512 {}

#[allow(unsafe_code)] // Whoever calls them promises what no type can.
impl Avx2 {
    /// # Safety
    /// The CPU has AVX2.
    #[inline(always)]
    pub unsafe fn assume() -> Avx2 {
        Avx2(())
    }
}

#[allow(unsafe_code)] // As above.
impl Avx512 {
    /// # Safety
    /// The CPU has AVX-512 F, BW, DQ and VL.
    #[inline(always)]
    pub unsafe fn assume() -> Avx512 {
        Avx512(())
    }
}
