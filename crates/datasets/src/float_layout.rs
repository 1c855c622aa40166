//! Floating-point numbers of any layout that HDF5 can describe.
//!
//! ```text
//! implied      (-1)^s 2^(e - b) (1 + m / 2^M)           e > 0
//!              (-1)^s 2^(1 - b) m / 2^M                 e = 0
//! stored       (-1)^s 2^(e - b) m / 2^(M - 1)           the first bit of the mantissa is stored
//! infinity     e all ones and m = 0; NaN if e is all ones and m is not 0
//!
//! s, e, m      sign, exponent and mantissa; bit 0 is the lowest bit of the number
//! M            bits of the mantissa          b  bias of the exponent
//! ```
//! Source: The HDF Group, *HDF5 File Format Specification*, version 3.0, section IV.A.2.d. Like libhdf5, this module
//! counts positions from the lowest bit and ignores the bit offset of the type.

/// Positions of the sign, exponent and mantissa of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FloatLayout {
    /// Position of the sign bit.
    pub sign: u32,
    /// Lowest bit of the exponent.
    pub exponent: u32,
    /// Number of exponent bits.
    pub exponent_bits: u32,
    /// Exponent bias.
    pub bias: u32,
    /// Lowest bit of the mantissa.
    pub mantissa: u32,
    /// Number of mantissa bits.
    pub mantissa_bits: u32,
    /// Whether the first bit of the mantissa is an implied 1.
    pub implied: bool,
}

/// Named layouts: name, total bits and the arguments of [`FloatLayout::usual`].
const NAMED: [(&str, u32, u32, u32); 3] =
    [("bfloat16", 16, 8, 7), ("float8 (E4M3)", 8, 4, 3), ("float8 (E5M2)", 8, 5, 2)];

impl FloatLayout {
    /// Creates the layout sign, exponent, mantissa from the highest bit down, with bias 2^(bits - 1) - 1.
    fn usual(exponent_bits: u32, mantissa_bits: u32) -> FloatLayout {
        FloatLayout {
            sign: exponent_bits + mantissa_bits,
            exponent: mantissa_bits,
            exponent_bits,
            bias: (1 << (exponent_bits - 1)) - 1,
            mantissa: 0,
            mantissa_bits,
            implied: true,
        }
    }

    /// Creates the IEEE 754 layout of 2, 4 or 8 bytes.
    pub(crate) fn ieee(size: usize) -> FloatLayout {
        match size {
            2 => FloatLayout::usual(5, 10),
            4 => FloatLayout::usual(8, 23),
            _ => FloatLayout::usual(11, 52),
        }
    }

    /// Returns whether the parts fit in `width` bits without overlap and the values fit in a float64.
    pub(crate) fn fits(&self, width: u32) -> bool {
        let part = |first: u32, bits: u32| first.checked_add(bits).filter(|end| *end <= width).map(|end| (first, end));
        let parts = [(self.sign, 1), (self.exponent, self.exponent_bits), (self.mantissa, self.mantissa_bits)];
        let Some(mut parts) = parts.map(|(first, bits)| part(first, bits)).into_iter().collect::<Option<Vec<_>>>()
        else {
            return false;
        };
        parts.sort_unstable();
        let apart = parts.windows(2).all(|pair| pair[0].1 <= pair[1].0);
        apart && (1..=30).contains(&self.exponent_bits) && (1..=64).contains(&self.mantissa_bits)
    }

    /// Decodes `bits`, rounded to float64.
    pub(crate) fn value(&self, bits: u128) -> f64 {
        let part = |first: u32, count: u32| bits >> first & ((1 << count) - 1);
        let (exponent, mantissa) = (part(self.exponent, self.exponent_bits), part(self.mantissa, self.mantissa_bits));
        let sign = if part(self.sign, 1) == 1 { -1.0 } else { 1.0 };
        if exponent == (1 << self.exponent_bits) - 1 {
            // A stored first bit is also 1 for infinity.
            let fraction = if self.implied { mantissa } else { mantissa & ((1 << (self.mantissa_bits - 1)) - 1) };
            return if fraction == 0 { sign * f64::INFINITY } else { f64::NAN };
        }
        let (whole, places, least) = match (self.implied, exponent) {
            (true, 0) => (mantissa, self.mantissa_bits, 1),
            (true, _) => (mantissa | 1 << self.mantissa_bits, self.mantissa_bits, exponent),
            (false, _) => (mantissa, self.mantissa_bits - 1, exponent.max(1)),
        };
        let power = least as i64 - i64::from(self.bias) - i64::from(places);
        sign * times_power_of_two(whole as f64, power)
    }

    /// Returns the name of the layout or a description of its parts, for `width` bits in total.
    pub(crate) fn told(&self, width: u32) -> String {
        let named = NAMED
            .iter()
            .find(|(_, bits, exponent, mantissa)| *bits == width && *self == FloatLayout::usual(*exponent, *mantissa));
        if let Some((name, ..)) = named {
            return (*name).to_owned();
        }
        let FloatLayout { sign, exponent, exponent_bits, bias, mantissa, mantissa_bits, implied } = self;
        let first = if *implied { "implied" } else { "stored" };
        format!(
            "float of {width} bits (sign at bit {sign}, {exponent_bits} bits of exponent from bit {exponent} with bias {bias}, \
             {mantissa_bits} bits of mantissa from bit {mantissa}, first bit {first})"
        )
    }
}

/// Computes `number` 2^`power` in steps that stay in the float64 range.
fn times_power_of_two(mut number: f64, power: i64) -> f64 {
    let mut left = power.clamp(-4000, 4000) as i32;
    while left != 0 && number != 0.0 && number.is_finite() {
        let step = left.clamp(-1000, 1000);
        number *= 2f64.powi(step);
        left -= step;
    }
    number
}

#[cfg(test)]
mod tests {
    use half::{bf16, f16};

    use super::*;

    /// Decodes every float16 and every bfloat16.
    #[test]
    fn layouts_match_half_precision_formats() {
        let (half, brain) = (FloatLayout::ieee(2), FloatLayout::usual(8, 7));
        for bits in 0..=u16::MAX {
            for (got, expected) in [
                (half.value(u128::from(bits)), f16::from_bits(bits).to_f64()),
                (brain.value(u128::from(bits)), bf16::from_bits(bits).to_f64()),
            ] {
                assert!(got.to_bits() == expected.to_bits() || got.is_nan() && expected.is_nan(), "{bits:04x}: {got}");
            }
        }
        for number in [0.1, -1e-310, 5e-324, 1.7e308, f64::INFINITY] {
            assert_eq!(FloatLayout::ieee(8).value(u128::from(number.to_bits())), number);
        }
    }

    /// The 80-bit x87 format stores the first bit of the mantissa (Intel 64 and IA-32 manual, volume 1, section 4.2.2).
    #[test]
    fn decodes_a_stored_first_bit() {
        let extended = FloatLayout {
            sign: 79,
            exponent: 64,
            exponent_bits: 15,
            bias: 16383,
            mantissa: 0,
            mantissa_bits: 64,
            implied: false,
        };
        let value = |exponent: u128, mantissa: u128| extended.value(exponent << 64 | mantissa);
        assert_eq!(value(16383, 1 << 63), 1.0);
        assert_eq!(value(16383 - 4, 0b101 << 61), 0.078_125);
        assert_eq!(value(1 << 15 | 16384, 0b11 << 62), -3.0);
        assert_eq!(value(0x7fff, 1 << 63), f64::INFINITY);
        assert!(value(0x7fff, 0b11 << 62).is_nan());
        assert_eq!(value(0, 0), 0.0);
    }

    #[test]
    fn rejects_parts_that_overlap_or_do_not_fit() {
        let usual = FloatLayout::usual(8, 23);
        assert!(usual.fits(32) && !usual.fits(24));
        for wrong in [
            FloatLayout { sign: 30, ..usual },
            FloatLayout { mantissa_bits: 24, ..usual },
            FloatLayout { exponent_bits: 0, ..usual },
            FloatLayout { mantissa: u32::MAX, ..usual },
        ] {
            assert!(!wrong.fits(32), "{wrong:?}");
        }
        assert_eq!(FloatLayout::usual(8, 7).told(16), "bfloat16");
        assert_eq!(
            FloatLayout { bias: 120, ..usual }.told(32),
            "float of 32 bits (sign at bit 31, 8 bits of exponent from bit 23 with bias 120, 23 bits of mantissa from bit 0, \
             first bit implied)"
        );
    }
}
