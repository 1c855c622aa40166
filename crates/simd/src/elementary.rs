//! Elementary functions in f32, from operations that every CPU rounds identically.
//!
//! The polynomials are the single-precision ones of the Cephes library (S. L. Moshier, *Methods and Programs for
//! Mathematical Functions*, 1989). Range reduction uses integer operations and correctly rounded additions, so that a
//! loop over lanes vectorises. The tests below measure the errors against f64.

/// Adding and subtracting 1.5 x 2^23 rounds a number below 2^22 to the nearest integer.
const ROUND: f32 = 12_582_912.0;
/// ln 2 = LN_2_HIGH + LN_2_LOW; the first part has so few bits that its product with an exponent is exact.
const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -2.121_944_4e-4;

/// Returns e^x, within 2 units in the last place for -87 <= x <= 88; 0 below -87, e^88 above 88, NaN for NaN.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    let bounded = if x > 88.0 { 88.0 } else { x };
    let shifted = bounded * std::f32::consts::LOG2_E + ROUND;
    let exponent = shifted - ROUND;
    let r = (bounded - exponent * LN_2_HIGH) - exponent * LN_2_LOW;
    let mut p = 1.987_569_1e-4;
    p = p * r + 1.398_199_9e-3;
    p = p * r + 8.333_452e-3;
    p = p * r + 4.166_579_6e-2;
    p = p * r + 1.666_666_5e-1;
    p = p * r + 5e-1;
    let mantissa = p * (r * r) + r + 1.0;
    // The low bits of `shifted` are the exponent as an integer; adding them to the exponent field scales the float.
    let scale = f32::from_bits((shifted.to_bits() << 23).wrapping_add(1.0f32.to_bits()));
    if x < -87.0 { 0.0 } else { mantissa * scale }
}

/// Returns ln x for positive normal x, within 2 units in the last place (1e-7 absolute near 1). Undefined for other x.
#[inline(always)]
pub fn ln(x: f32) -> f32 {
    let bits = x.to_bits();
    let half_to_one = f32::from_bits((bits & 0x007f_ffff) | 0x3f00_0000);
    let below = half_to_one < std::f32::consts::FRAC_1_SQRT_2;
    let exponent = ((bits >> 23) as i32 - if below { 127 } else { 126 }) as f32;
    let m = (if below { half_to_one + half_to_one } else { half_to_one }) - 1.0;
    let z = m * m;
    let mut p = 7.037_683_6e-2;
    p = p * m - 1.151_461e-1;
    p = p * m + 1.167_699_87e-1;
    p = p * m - 1.242_014_1e-1;
    p = p * m + 1.424_932_3e-1;
    p = p * m - 1.666_805_7e-1;
    p = p * m + 2.000_071_4e-1;
    p = p * m - 2.499_999_4e-1;
    p = p * m + 3.333_333e-1;
    let tail = p * (m * z) + LN_2_LOW * exponent - 0.5 * z;
    (m + tail) + LN_2_HIGH * exponent
}

/// Returns log2 x for positive normal x, within 2e-5, at half the cost of [`ln`]; for quantities that are not known
/// more precisely. Continuous between octaves. Undefined for other x.
#[inline(always)]
pub fn log2_coarse(x: f32) -> f32 {
    let bits = x.to_bits();
    let exponent = ((bits >> 23) as i32 - 127) as f32;
    let t = f32::from_bits((bits & 0x007f_ffff) | 0x3f80_0000) - 1.0;
    // Minimax of log2(1 + t) over 0 .. 1 with p(0) = 0 and p(1) = 1.
    let mut p = 4.514_901_3e-2;
    p = p * t - 1.935_756_2e-1;
    p = p * t + 4.156_06e-1;
    p = p * t - 7.090_964_3e-1;
    p = p * t + 1.441_917_1;
    exponent + p * t
}

/// Returns 2^x for -126 <= x <= 126, with a relative error of 4e-6; x is clamped to this range. NaN for NaN.
#[inline(always)]
pub fn exp2_coarse(x: f32) -> f32 {
    let above = if x < -126.0 { -126.0 } else { x };
    let bounded = if above > 126.0 { 126.0 } else { above };
    let shifted = bounded + ROUND;
    let r = bounded - (shifted - ROUND);
    // Minimax of 2^r over -1/2 .. 1/2 with p(0) = 1.
    let mut p = 9.582_853e-3;
    p = p * r + 5.590_642_6e-2;
    p = p * r + 2.402_41e-1;
    p = p * r + 6.931_242e-1;
    p = p * r + 1.0;
    p * f32::from_bits((shifted.to_bits() << 23).wrapping_add(1.0f32.to_bits()))
}

/// Start value of [`reciprocal`], from which the bits of x are subtracted.
pub(crate) const RECIPROCAL_START: u32 = 0x7ef3_11c7;

/// Returns 1 / x within 2 units in the last place for 2^-100 < x < 2^100. It uses multiplications only, because vector
/// division is many times slower. Mirroring the exponent bits gives a start value, and each Newton step squares the
/// error.
#[inline(always)]
pub fn reciprocal(x: f32) -> f32 {
    let mut y = f32::from_bits(RECIPROCAL_START.wrapping_sub(x.to_bits()));
    y = y * (2.0 - x * y);
    y = y * (2.0 - x * y);
    y = y * (2.0 - x * y);
    y
}

/// Returns sine and cosine of a full turn x `turn` / 2^32, within 2e-7.
#[inline(always)]
pub fn sin_cos_turn(turn: u32) -> (f32, f32) {
    // The nearest quarter turn, and the signed remainder in [-1/8, 1/8) of a turn.
    let quarter = turn.wrapping_add(1 << 29) >> 30;
    let rest = turn.wrapping_sub(quarter << 30) as i32;
    let x = rest as f32 * (std::f32::consts::FRAC_PI_2 / (1u32 << 30) as f32);
    let z = x * x;
    let sine = ((-1.951_529_6e-4 * z + 8.332_161e-3) * z - 1.666_665_5e-1) * z * x + x;
    let cosine = ((2.443_315_7e-5 * z - 1.388_731_6e-3) * z + 4.166_664_6e-2) * (z * z) - 0.5 * z + 1.0;
    let (s, c) = if quarter & 1 == 1 { (cosine, sine) } else { (sine, cosine) };
    // Quarters 2 and 3 have a negative sine, quarters 1 and 2 a negative cosine.
    let sine_sign = (quarter & 2) << 30;
    let cosine_sign = (quarter.wrapping_add(1) & 2) << 30;
    (f32::from_bits(s.to_bits() ^ sine_sign), f32::from_bits(c.to_bits() ^ cosine_sign))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Returns the distance between `computed` and `exact` in units in the last place of `exact`.
    fn units_in_last_place(computed: f32, exact: f64) -> f64 {
        let unit = f64::from(exact as f32).abs() * f64::from(f32::EPSILON);
        (f64::from(computed) - exact).abs() / unit.max(f64::from(f32::MIN_POSITIVE))
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20_000, ..ProptestConfig::default() })]

        #[test]
        fn exp_agrees_with_f64(x in -87.0f32..88.0) {
            prop_assert!(units_in_last_place(exp(x), f64::from(x).exp()) <= 2.0);
        }

        #[test]
        fn ln_agrees_with_f64(x in 1e-30f32..1e30, near in 0.5f32..2.0) {
            prop_assert!(units_in_last_place(ln(x), f64::from(x).ln()) <= 2.0);
            prop_assert!((f64::from(ln(near)) - f64::from(near).ln()).abs() <= 1e-7);
        }

        #[test]
        fn coarse_functions_agree_with_f64(x in 1e-30f32..1e30, near in 0.5f32..4.0, power in -126.0f32..126.0) {
            // The largest |log2| is 100, with a unit in the last place of 8e-6.
            prop_assert!((f64::from(log2_coarse(x)) - f64::from(x).log2()).abs() <= 2e-5 + 8e-6);
            prop_assert!((f64::from(log2_coarse(near)) - f64::from(near).log2()).abs() <= 2e-5);
            prop_assert!((f64::from(exp2_coarse(power)) / f64::from(power).exp2() - 1.0).abs() <= 4e-6);
        }

        #[test]
        fn reciprocal_agrees_with_f64(x in 1e-20f32..1e20, near in 0.9f32..200.0) {
            prop_assert!(units_in_last_place(reciprocal(x), 1.0 / f64::from(x)) <= 2.0);
            prop_assert!(units_in_last_place(reciprocal(near), 1.0 / f64::from(near)) <= 2.0);
        }

        #[test]
        fn sine_and_cosine_agree_with_f64(turn: u32) {
            let angle = f64::from(turn) / 4_294_967_296.0 * std::f64::consts::TAU;
            let (sine, cosine) = sin_cos_turn(turn);
            prop_assert!((f64::from(sine) - angle.sin()).abs() <= 2e-7);
            prop_assert!((f64::from(cosine) - angle.cos()).abs() <= 2e-7);
        }
    }

    #[test]
    fn the_ends_are_as_documented() {
        assert_eq!(exp(-88.0), 0.0);
        assert_eq!(exp(f32::NEG_INFINITY), 0.0);
        assert_eq!(exp(100.0), exp(88.0));
        assert!(exp(f32::NAN).is_nan());
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(ln(1.0), 0.0);
        assert_eq!((log2_coarse(1.0), exp2_coarse(0.0), exp2_coarse(3.0)), (0.0, 1.0, 8.0));
        assert_eq!(exp2_coarse(-200.0), exp2_coarse(-126.0));
        assert!(exp2_coarse(f32::NAN).is_nan());
        assert_eq!(sin_cos_turn(0), (0.0, 1.0));
    }
}
