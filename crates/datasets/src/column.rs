//! A column of numbers of any type that NumPy and HDF5 store, left where it is in the bytes of its file.

use std::{fmt, sync::Arc};

use half::f16;

/// What kind of number it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Boolean,
    Signed,
    Unsigned,
    Float,
}

/// How a number is stored. Only [`NumberType::new`] makes one, so that there is no other than those that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NumberType {
    kind: Kind,
    size: usize,
    big_endian: bool,
}

impl NumberType {
    /// A number of `size` bytes; none where there is no such number.
    pub(crate) fn new(kind: Kind, size: usize, big_endian: bool) -> Option<NumberType> {
        let known = match kind {
            Kind::Boolean => size == 1,
            Kind::Signed | Kind::Unsigned => (1..=8).contains(&size),
            Kind::Float => [2, 4, 8].contains(&size),
        };
        known.then_some(NumberType { kind, size, big_endian })
    }

    /// Bytes of a number.
    pub(crate) fn size(self) -> usize {
        self.size
    }

    pub(crate) fn is_float(self) -> bool {
        self.kind == Kind::Float
    }

    /// Its bytes as a little-endian number without sign.
    fn bits(self, bytes: &[u8]) -> u64 {
        let join = |number: u64, &byte: &u8| number << 8 | u64::from(byte);
        if self.big_endian { bytes.iter().fold(0, join) } else { bytes.iter().rev().fold(0, join) }
    }

    fn float(self, bits: u64) -> f64 {
        match self.size {
            2 => f16::from_bits(bits as u16).to_f64(),
            4 => f64::from(f32::from_bits(bits as u32)),
            _ => f64::from_bits(bits),
        }
    }

    fn whole(self, bits: u64) -> i128 {
        match self.kind {
            Kind::Boolean => i128::from(bits != 0),
            Kind::Signed if bits >> (8 * self.size - 1) == 1 => i128::from(bits) - (1 << (8 * self.size)),
            _ => i128::from(bits),
        }
    }
}

impl fmt::Display for NumberType {
    /// In the words of NumPy.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let order = if self.big_endian && self.size > 1 { "big-endian " } else { "" };
        match self.kind {
            Kind::Boolean => formatter.write_str("bool"),
            Kind::Signed => write!(formatter, "{order}int{}", 8 * self.size),
            Kind::Unsigned => write!(formatter, "{order}uint{}", 8 * self.size),
            Kind::Float => write!(formatter, "{order}float{}", 8 * self.size),
        }
    }
}

/// Numbers of one type in the bytes of a file, perhaps with others between them.
#[derive(Clone)]
pub(crate) struct Column {
    bytes: Arc<Vec<u8>>,
    first: usize,
    stride: usize,
    count: usize,
    number: NumberType,
}

impl Column {
    /// Numbers one after the other; bytes that are left over belong to none.
    pub(crate) fn dense(bytes: Vec<u8>, number: NumberType) -> Column {
        let count = bytes.len() / number.size;
        Column { bytes: Arc::new(bytes), first: 0, stride: number.size, count, number }
    }

    /// The numbers that start at `first` and then every `stride` bytes; none where the bytes do not hold them.
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
        let number = NumberType { kind: Kind::Signed, size: 8, big_endian: false };
        Column::dense(numbers.iter().flat_map(|number| number.to_le_bytes()).collect(), number)
    }

    pub(crate) fn of_floats(numbers: &[f64]) -> Column {
        let number = NumberType { kind: Kind::Float, size: 8, big_endian: false };
        Column::dense(numbers.iter().flat_map(|number| number.to_le_bytes()).collect(), number)
    }

    /// How many numbers there are.
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// How they are stored.
    pub(crate) fn number_type(&self) -> NumberType {
        self.number
    }

    /// Number `index`, rounded where float64 has fewer digits.
    pub(crate) fn number(&self, index: usize) -> f64 {
        let bits = self.bits(index);
        if self.number.is_float() { self.number.float(bits) } else { self.number.whole(bits) as f64 }
    }

    /// Number `index` where it is whole, however it is stored.
    pub(crate) fn integer(&self, index: usize) -> Option<i128> {
        let bits = self.bits(index);
        if !self.number.is_float() {
            return Some(self.number.whole(bits));
        }
        let number = self.number.float(bits);
        // Every float64 below 2^100 that is whole is an i128.
        (number.trunc() == number && number.abs() < 1e30).then_some(number as i128)
    }

    fn bits(&self, index: usize) -> u64 {
        assert!(index < self.count, "there are only {} numbers", self.count);
        self.number.bits(&self.bytes[self.first + index * self.stride..][..self.number.size])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(kind: Kind, size: usize, big_endian: bool, bytes: &[u8]) -> Column {
        Column::dense(bytes.to_vec(), NumberType::new(kind, size, big_endian).unwrap())
    }

    #[test]
    fn every_type_is_read() {
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

    #[test]
    fn numbers_that_the_bytes_do_not_hold_are_no_column() {
        let bytes = Arc::new(vec![0; 10]);
        let number = NumberType::new(Kind::Unsigned, 2, false).unwrap();
        assert_eq!(Column::within(&bytes, 0, 4, 3, number).map(|column| column.len()), Some(3));
        for (first, stride, count) in [(0, 4, 4), (1, 4, 3 + 1), (9, 2, 1), (0, usize::MAX, 3), (0, 0, 5)] {
            assert!(Column::within(&bytes, first, stride, count, number).is_none(), "{first} {stride} {count}");
        }
        assert!(Column::within(&bytes, usize::MAX, usize::MAX, 0, number).is_none());
    }
}
