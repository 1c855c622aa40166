//! Data brought near before it is asked for.

/// Asks the CPU to fetch `data` into its first-level cache while other work goes on. It changes no result; where the CPU
/// has no such instruction, nothing is done.
#[inline(always)]
pub fn prefetch<T>(data: &[T]) {
    const LINE: usize = 64;
    #[cfg(target_arch = "x86_64")]
    for line in (0..size_of_val(data)).step_by(LINE) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let address = data.as_ptr().cast::<i8>().wrapping_add(line);
        // SAFETY: the instruction is part of SSE, which every x86-64 CPU has, and a hint may name any address.
        #[allow(unsafe_code)]
        unsafe {
            _mm_prefetch::<_MM_HINT_T0>(address);
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (data, LINE);
}
