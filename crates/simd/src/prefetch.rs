//! Loads data into the cache in advance.

/// Starts to load `data` into the first-level cache in the background. Affects speed only; does nothing if the CPU has
/// no such instruction.
#[inline(always)]
pub fn prefetch<T>(data: &[T]) {
    const LINE: usize = 64;
    #[cfg(target_arch = "x86_64")]
    for line in (0..size_of_val(data)).step_by(LINE) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let address = data.as_ptr().cast::<i8>().wrapping_add(line);
        // SAFETY: the instruction is part of SSE, which every x86-64 CPU supports, and a prefetch may use any address.
        #[allow(unsafe_code)]
        unsafe {
            _mm_prefetch::<_MM_HINT_T0>(address);
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (data, LINE);
}
