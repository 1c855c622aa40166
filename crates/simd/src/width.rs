//! Dispatches a number of blocks to code compiled for it.

/// Evaluates an expression with the constant `W` for a run-time width: one of the listed widths, or the last.
///
/// A loop over a known number of blocks is unrolled and keeps its sums in registers.
///
/// ```
/// fn sum<const W: usize>(values: &[f32]) -> f32 {
///     values[..W].iter().sum()
/// }
///
/// let values = [1.0, 2.0, 4.0, 8.0];
/// let sums = [1, 2, 3, 9].map(|width| ohmspike_simd::with_width!(width, 1 2 3, else 4, W => sum::<W>(&values)));
/// assert_eq!(sums, [1.0, 3.0, 7.0, 15.0]);
/// ```
#[macro_export]
macro_rules! with_width {
    ($width:expr, $($known:literal)+, else $last:expr, $constant:ident => $body:expr) => {
        match $width {
            $($known => {
                const $constant: usize = $known;
                $body
            })+
            _ => {
                const $constant: usize = $last;
                $body
            }
        }
    };
}
