//! Decodes the element type of an HDF5 data set.
//!
//! ```text
//! 0     class (bits 0-3), version (bits 4-7)
//! 1-3   flags of the class
//! 4-7   size of an element, bytes
//! 8-    integer: bit offset, precision (16 bits each)
//!       float: the same, then position and bits of exponent and mantissa (one byte each), bias (32 bits)
//!       enumeration, sequence: the type of their elements
//! ```
//! All numbers are little-endian. Source: The HDF Group, *HDF5 File Format Specification*, version 3.0, section
//! IV.A.2.d. The crate `hdf5-reader` provides sizes and byte orders only; this module decodes the rest.

use hdf5_reader::{ByteOrder, Dataset, Datatype, EnumMember, VarLenKind};

use crate::{
    column::{Kind, NumberType},
    float_layout::FloatLayout,
    shown::excerpt,
};

/// Position of the element type in the description of an enumeration or a sequence.
const BASE: usize = 8;
/// Names listed in a message.
const LISTED: usize = 4;

/// Element type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stored {
    /// Supported numbers.
    Numbers(NumberType),
    /// Sequences of supported numbers.
    Sequences(NumberType),
    /// Another type, described for messages.
    Other(String),
}

impl Stored {
    /// Returns the element type of `dataset`.
    pub(crate) fn of(dataset: &Dataset) -> Stored {
        let described = |raw: &[u8]| match dataset.dtype() {
            Datatype::VarLen { kind: VarLenKind::Sequence, base, .. } => match number(raw.get(BASE..)?, base)? {
                Ok(number) => Some(Stored::Sequences(number)),
                Err(got) => Some(Stored::Other(format!("variable-length {got}"))),
            },
            datatype => Some(number(raw, datatype)?.map_or_else(Stored::Other, Stored::Numbers)),
        };
        let raw = dataset.raw_datatype().ok();
        raw.and_then(|raw| described(&raw)).unwrap_or_else(|| Stored::Other(told(dataset.dtype())))
    }

    /// Describes the type for messages.
    pub(crate) fn told(&self) -> String {
        match self {
            Stored::Numbers(number) => number.to_string(),
            Stored::Sequences(number) => format!("variable-length {number}"),
            Stored::Other(words) => words.clone(),
        }
    }
}

/// Decodes a number type; a description if it is unsupported, or `None` if it is no number.
fn number(raw: &[u8], datatype: &Datatype) -> Option<Result<NumberType, String>> {
    let size = u32::from_le_bytes(*raw.get(4..8)?.first_chunk()?);
    match datatype {
        Datatype::FixedPoint { .. } => integer(raw, size),
        Datatype::FloatingPoint { .. } => float(raw, size),
        Datatype::Enum { base, members } => {
            let base = number(raw.get(BASE..)?, base)?.ok().filter(|base| is_boolean(*base, members));
            Some(base.ok_or_else(|| told(datatype)))
        }
        _ => None,
    }
}

fn integer(raw: &[u8], size: u32) -> Option<Result<NumberType, String>> {
    let [offset, precision] = [half(raw, 8)?, half(raw, 10)?];
    let (big, signed) = (raw[1] & 1 == 1, raw[1] & 8 == 8);
    let kind = if signed { Kind::Signed } else { Kind::Unsigned };
    let number = NumberType::integer(kind, size as usize, big, offset, precision);
    Some(number.ok_or_else(|| {
        let sign = if signed { "" } else { "u" };
        format!("{sign}int of {size} bytes with {precision} bits from bit {offset}")
    }))
}

fn float(raw: &[u8], size: u32) -> Option<Result<NumberType, String>> {
    let flags = *raw.get(1)?;
    let [exponent, exponent_bits, mantissa, mantissa_bits] = raw.get(12..16)?.first_chunk()?.map(u32::from);
    let layout = FloatLayout {
        sign: u32::from(*raw.get(2)?),
        exponent,
        exponent_bits,
        bias: u32::from_le_bytes(*raw.get(16..20)?.first_chunk()?),
        mantissa,
        mantissa_bits,
        // 2 of 0 to 3: the first bit of the mantissa is implied.
        implied: flags >> 4 & 3 == 2,
    };
    let number = match (flags & 1 == 1, flags >> 6 & 1 == 1) {
        (_, true) => return Some(Err(format!("float of {size} bytes in VAX byte order"))),
        (big, false) => NumberType::float(layout, size as usize, big),
    };
    Some(number.ok_or_else(|| layout.told(8 * size)))
}

/// Returns whether `members` are those of h5py booleans, which are an enumeration.
fn is_boolean(base: NumberType, members: &[EnumMember]) -> bool {
    let value = |member: &EnumMember| crate::column::Column::dense(member.value.clone(), base).integer(0);
    let is = |name: &str, number: i128| {
        members
            .iter()
            .any(|member| member.name == name && member.value.len() == base.size() && value(member) == Some(number))
    };
    !base.is_float() && members.len() == 2 && is("FALSE", 0) && is("TRUE", 1)
}

fn half(raw: &[u8], place: usize) -> Option<u32> {
    Some(u32::from(u16::from_le_bytes(*raw.get(place..)?.first_chunk()?)))
}

/// Describes a type with NumPy names.
fn told(datatype: &Datatype) -> String {
    let big = |order: &ByteOrder| if *order == ByteOrder::BigEndian { "big-endian " } else { "" };
    match datatype {
        Datatype::FixedPoint { size, signed, byte_order } => {
            format!("{}{}int{}", big(byte_order), if *signed { "" } else { "u" }, 8 * u32::from(*size))
        }
        Datatype::FloatingPoint { size, byte_order } => format!("{}float{}", big(byte_order), 8 * u32::from(*size)),
        Datatype::VarLen { base, kind: VarLenKind::Sequence, .. } => format!("variable-length {}", told(base)),
        Datatype::String { .. } | Datatype::VarLen { .. } => "text".to_owned(),
        Datatype::Compound { fields, .. } => {
            format!("compound of {}", listed(fields.iter().map(|field| field.name.as_str())))
        }
        Datatype::Array { base, .. } => format!("array of {}", told(base)),
        Datatype::Enum { base, members } => {
            format!("enumeration of {} ({})", told(base), listed(members.iter().map(|member| member.name.as_str())))
        }
        Datatype::Opaque { .. } => "opaque".to_owned(),
        Datatype::Reference { .. } => "reference".to_owned(),
        Datatype::Bitfield { .. } => "bits".to_owned(),
    }
}

fn listed<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let more = names.len().saturating_sub(LISTED);
    let first = names.take(LISTED).map(|name| format!("`{}`", excerpt(name))).collect::<Vec<_>>().join(", ");
    if more == 0 { first } else { format!("{first} and {more} more") }
}
