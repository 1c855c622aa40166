//! A column of numbers of any NumPy or HDF5 type, decoded on access from the bytes of its file.

use std::{fmt, sync::Arc};

use half::f16;

use crate::float_layout::FloatLayout;

/// Kind of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Boolean,
    Signed,
    Unsigned,
    Float,
}

/// Storage format of a number. The constructors accept supported formats only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NumberType {
    coding: Coding,
    /// Size in bytes.
    size: usize,
    big_endian: bool,
}

/// Meaning of the bits of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    Boolean,
    /// `precision` bits starting at bit `offset`; the other bits are padding.
    Integer {
        signed: bool,
        offset: u32,
        precision: u32,
    },
    /// IEEE 754 float of this size.
    Float,
    /// Float with any other layout.
    FloatOf(FloatLayout),
}

impl NumberType {
    /// Creates the format of a number without padding in `size` bytes, or returns `None` if there is no such number.
    pub(crate) fn new(kind: Kind, size: usize, big_endian: bool) -> Option<NumberType> {
        let precision = u32::try_from(size).ok()?.checked_mul(8)?;
        let coding = match kind {
            Kind::Boolean => (size == 1).then_some(Coding::Boolean),
            Kind::Signed | Kind::Unsigned => return NumberType::integer(kind, size, big_endian, 0, precision),
            Kind::Float => [2, 4, 8].contains(&size).then_some(Coding::Float),
        };
        Some(NumberType { coding: coding?, size, big_endian })
    }

    /// Creates the format of an integer in `precision` bits starting at bit `offset` of `size` bytes, or returns `None`
    /// if they do not fit.
    pub(crate) fn integer(
        kind: Kind,
        size: usize,
        big_endian: bool,
        offset: u32,
        precision: u32,
    ) -> Option<NumberType> {
        let fits = (1..=8).contains(&size) && precision > 0 && offset.checked_add(precision)? <= 8 * size as u32;
        let coding = Coding::Integer { signed: kind == Kind::Signed, offset, precision };
        fits.then_some(NumberType { coding, size, big_endian })
    }

    /// Creates the format of a float with this `layout` in `size` bytes, or returns `None` if it does not fit.
    pub(crate) fn float(layout: FloatLayout, size: usize, big_endian: bool) -> Option<NumberType> {
        if [2, 4, 8].contains(&size) && layout == FloatLayout::ieee(size) {
            return NumberType::new(Kind::Float, size, big_endian);
        }
        let coding = Coding::FloatOf(layout);
        ((1..=16).contains(&size) && layout.fits(8 * size as u32)).then_some(NumberType { coding, size, big_endian })
    }

    /// Returns the size of a number in bytes.
    pub(crate) fn size(self) -> usize {
        self.size
    }

    pub(crate) fn is_float(self) -> bool {
        matches!(self.coding, Coding::Float | Coding::FloatOf(_))
    }

    pub(crate) fn is_boolean(self) -> bool {
        self.coding == Coding::Boolean
    }

    /// Returns the distance from `number` to the next representable float, or `None` for integers.
    pub(crate) fn resolution(self, number: f64) -> Option<f64> {
        let digits = match (self.coding, self.size) {
            (Coding::Float, size) => FloatLayout::ieee(size).mantissa_bits,
            (Coding::FloatOf(layout), _) => layout.mantissa_bits,
            _ => return None,
        };
        Some(2f64.powf(number.abs().log2().floor() - f64::from(digits)))
    }

    /// Reads the bytes as an unsigned integer.
    fn bits(self, bytes: &[u8]) -> u128 {
        let join = |number: u128, &byte: &u8| number << 8 | u128::from(byte);
        if self.big_endian { bytes.iter().fold(0, join) } else { bytes.iter().rev().fold(0, join) }
    }

    fn number(self, bits: u128) -> f64 {
        match (self.coding, self.size) {
            (Coding::Float, 2) => f16::from_bits(bits as u16).to_f64(),
            (Coding::Float, 4) => f64::from(f32::from_bits(bits as u32)),
            (Coding::Float, _) => f64::from_bits(bits as u64),
            (Coding::FloatOf(layout), _) => layout.value(bits),
            _ => self.whole(bits) as f64,
        }
    }

    /// Decodes the bits of an integer.
    fn whole(self, bits: u128) -> i128 {
        let Coding::Integer { signed, offset, precision } = self.coding else { return i128::from(bits != 0) };
        let number = (bits >> offset & ((1 << precision) - 1)) as i128;
        if signed && number >> (precision - 1) == 1 { number - (1 << precision) } else { number }
    }
}

impl fmt::Display for NumberType {
    /// Formats the type by its NumPy name, or by its HDF5 description if NumPy has none.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let order = if self.big_endian && self.size > 1 { "big-endian " } else { "" };
        let width = 8 * self.size as u32;
        match self.coding {
            Coding::Boolean => formatter.write_str("bool"),
            Coding::Integer { signed, offset, precision } => {
                write!(formatter, "{order}{}int{width}", if signed { "" } else { "u" })?;
                if precision == width {
                    return Ok(());
                }
                write!(formatter, " of {precision} bits from bit {offset}")
            }
            Coding::Float => write!(formatter, "{order}float{width}"),
            Coding::FloatOf(layout) => write!(formatter, "{order}{}", layout.told(width)),
        }
    }
}

/// Numbers of one type in the bytes of a file, possibly interleaved with other data.
#[derive(Clone)]
pub(crate) struct Column {
    bytes: Arc<Vec<u8>>,
    first: usize,
    stride: usize,
    count: usize,
    number: NumberType,
}

impl Column {
    /// Creates a column of contiguous numbers; incomplete trailing bytes are ignored.
    pub(crate) fn dense(bytes: Vec<u8>, number: NumberType) -> Column {
        let count = bytes.len() / number.size;
        Column { bytes: Arc::new(bytes), first: 0, stride: number.size, count, number }
    }

    /// Creates a column of numbers at `first` and every `stride` bytes after it, or returns `None` if `bytes` is too
    /// short.
    pub(crate) fn within(
        bytes: &Arc<Vec<u8>>,
        first: usize,
        stride: usize,
        count: usize,
        number: NumberType,
    ) -> Option<Column> {
        let last = stride.checked_mul(count.saturating_sub(1))?.checked_add(first)?.checked_add(number.size)?;
        let held = count == 0 || (last <= bytes.len() && stride >= number.size);
        held.then(|| Column { bytes: bytes.clone(), first, stride, count, number })
    }

    pub(crate) fn of_integers(numbers: &[i64]) -> Column {
        let number = NumberType::new(Kind::Signed, 8, false).expect("eight bytes hold a number");
        Column::dense(numbers.iter().flat_map(|number| number.to_le_bytes()).collect(), number)
    }

    pub(crate) fn of_floats(numbers: &[f64]) -> Column {
        let number = NumberType::new(Kind::Float, 8, false).expect("eight bytes hold a number");
        Column::dense(numbers.iter().flat_map(|number| number.to_le_bytes()).collect(), number)
    }

    /// Returns the count of numbers.
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// Returns the storage format of the numbers.
    pub(crate) fn number_type(&self) -> NumberType {
        self.number
    }

    /// Returns all numbers if they are contiguous unsigned bytes.
    pub(crate) fn plain_bytes(&self) -> Option<&[u8]> {
        let byte = NumberType::new(Kind::Unsigned, 1, false);
        (Some(self.number) == byte && self.stride == 1).then(|| &self.bytes[self.first..][..self.count])
    }

    /// Returns number `index`, rounded to float64.
    pub(crate) fn number(&self, index: usize) -> f64 {
        self.number.number(self.bits(index))
    }

    /// Returns number `index` if it is an integer, in any storage format.
    pub(crate) fn integer(&self, index: usize) -> Option<i128> {
        let bits = self.bits(index);
        if !self.number.is_float() {
            return Some(self.number.whole(bits));
        }
        let number = self.number.number(bits);
        // Every integral float64 below 2^100 fits in an i128.
        (number.trunc() == number && number.abs() < 1e30).then_some(number as i128)
    }

    fn bits(&self, index: usize) -> u128 {
        assert!(index < self.count, "column has {} numbers", self.count);
        self.number.bits(&self.bytes[self.first + index * self.stride..][..self.number.size])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(kind: Kind, size: usize, big_endian: bool, bytes: &[u8]) -> Column {
        Column::dense(bytes.to_vec(), NumberType::new(kind, size, big_endian).unwrap())
    }

    /// Sizes from a hostile header, too large for a 32-bit count of bits.
    #[test]
    fn rejects_numbers_of_half_a_gigabyte() {
        for kind in [Kind::Boolean, Kind::Signed, Kind::Unsigned, Kind::Float] {
            for size in [1 << 29, 1 << 31, usize::MAX] {
                assert!(NumberType::new(kind, size, false).is_none(), "{kind:?} of {size} bytes");
            }
        }
    }

    #[test]
    fn reads_every_type() {
        let signed = column(Kind::Signed, 2, false, &[0xff, 0xff, 0x00, 0x80, 0x01, 0x00]);
        assert_eq!([0, 1, 2].map(|index| signed.integer(index)), [Some(-1), Some(-32768), Some(1)]);
        let big = column(Kind::Signed, 4, true, &[0xff, 0xff, 0xff, 0xfe]);
        assert_eq!((big.integer(0), big.number(0)), (Some(-2), -2.0));
        let unsigned = column(Kind::Unsigned, 8, false, &[0xff; 8]);
        assert_eq!(unsigned.integer(0), Some(i128::from(u64::MAX)));
        let signed = column(Kind::Signed, 8, false, &[0, 0, 0, 0, 0, 0, 0, 0x80]);
        assert_eq!(signed.integer(0), Some(i128::from(i64::MIN)));
        let half = column(Kind::Float, 2, true, &[0x3c, 0x00, 0xb8, 0x00]);
        assert_eq!((half.number(0), half.number(1), half.integer(0), half.integer(1)), (1.0, -0.5, Some(1), None));
        let single = column(Kind::Float, 4, false, &0.1_f32.to_le_bytes());
        assert_eq!((single.number(0), single.integer(0)), (f64::from(0.1_f32), None));
        let double = column(Kind::Float, 8, false, &[1e300, f64::NAN, f64::INFINITY].map(f64::to_le_bytes).concat());
        assert_eq!([0, 1, 2].map(|index| double.integer(index)), [None; 3]);
        let boolean = column(Kind::Boolean, 1, false, &[0, 1]);
        assert_eq!((boolean.integer(0), boolean.integer(1)), (Some(0), Some(1)));
    }

    /// Seven bits from bit 1 of a byte, and twelve from bit 1 of two bytes; the other bits are padding.
    #[test]
    fn ignores_padding_bits() {
        let integer = |kind, size, big, offset, precision| NumberType::integer(kind, size, big, offset, precision);
        let read = |number: Option<NumberType>, bytes: &[u8]| {
            Column::dense(bytes.to_vec(), number.unwrap()).integer(0).unwrap()
        };
        assert_eq!(read(integer(Kind::Unsigned, 1, false, 1, 7), &[0b0000_1011]), 5);
        assert_eq!(read(integer(Kind::Signed, 1, false, 1, 7), &[0b1111_1110]), -1);
        assert_eq!(read(integer(Kind::Unsigned, 2, false, 1, 12), &[0x09, 0xe0]), 4);
        assert_eq!(read(integer(Kind::Unsigned, 2, true, 1, 12), &[0xe0, 0x09]), 4);
        assert_eq!(read(integer(Kind::Unsigned, 4, false, 8, 24), &[0xff, 0x84, 0x1e, 0x00]), 7812);
        assert_eq!(read(integer(Kind::Unsigned, 8, false, 0, 64), &[0xff; 8]), i128::from(u64::MAX));
        assert_eq!(
            integer(Kind::Signed, 4, true, 8, 24).unwrap().to_string(),
            "big-endian int32 of 24 bits from bit 8"
        );
        for (size, offset, precision) in [(2, 1, 16), (2, 0, 0), (9, 0, 8), (0, 0, 1), (4, u32::MAX, 1)] {
            assert_eq!(integer(Kind::Signed, size, false, offset, precision), None, "{size} {offset} {precision}");
        }
    }

    #[test]
    fn rejects_columns_beyond_the_end() {
        let bytes = Arc::new(vec![0; 10]);
        let number = NumberType::new(Kind::Unsigned, 2, false).unwrap();
        assert_eq!(Column::within(&bytes, 0, 4, 3, number).map(|column| column.len()), Some(3));
        for (first, stride, count) in [(0, 4, 4), (1, 4, 3 + 1), (9, 2, 1), (0, usize::MAX, 3), (0, 0, 5)] {
            assert!(Column::within(&bytes, first, stride, count, number).is_none(), "{first} {stride} {count}");
        }
        assert!(Column::within(&bytes, usize::MAX, usize::MAX, 0, number).is_none());
    }
}
