//! Reads NumPy arrays: a Python dictionary as header, then numbers or records with named fields.
//!
//! ```text
//! offset 0          93 "NUMPY"              version as two bytes: 1.0, 2.0 or 3.0
//!        8          length of the header   little-endian; 16 bits in version 1, 32 bits in the others
//!                   {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
//!                   the elements
//! ```
//! `descr` is a type, or a list of `(name, type)` and `(name, type, shape)`. Source: NumPy, *The npy format*,
//! numpy.org/doc/stable/reference/generated/numpy.lib.format.html.
//!
//! This module has its own small parser for the header, because existing crates recurse without limit on nested
//! brackets. Arrays of Python objects are pickles, which are executable, and are rejected.

use std::io::{self, Write};
use std::sync::Arc;

use thiserror::Error;

use crate::{
    column::{Column, Kind, NumberType},
    shown::excerpt,
};

/// The first bytes of an npy file.
pub(crate) const MAGIC: &[u8] = b"\x93NUMPY";
/// Deepest nesting of brackets; a type with fields has 3.
const DEEPEST: usize = 8;

/// An array; messages call it `file`.
pub(crate) struct Array {
    pub file: String,
    pub shape: Vec<usize>,
    pub layout: Layout,
}

/// Type of an element.
pub(crate) enum Layout {
    /// A number; the last index varies fastest.
    Plain(Column),
    /// Fields by name, with a description instead of a column for fields that are not a single number.
    Records(Vec<(String, Result<Column, String>)>),
    /// Text, Python objects or other elements that are not numbers, with the reason for rejecting them if they are used.
    Other(NpyError),
}

/// Reason for rejecting an npy file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NpyError {
    /// The header is truncated.
    #[error("{file}: truncated header; the file ends after {got} bytes")]
    Header {
        /// The array.
        file: String,
        /// Size of the file, bytes.
        got: usize,
    },
    /// Unknown version.
    #[error("{file}: npy version: expected 1.0, 2.0 or 3.0, got {major}.{minor}")]
    Version {
        /// The array.
        file: String,
        /// Major version.
        major: u8,
        /// Minor version.
        minor: u8,
    },
    /// Invalid header.
    #[error("{file}: invalid header: {reason}; expected a file from `numpy.save`")]
    Text {
        /// The array.
        file: String,
        /// Description of the error.
        reason: String,
    },
    /// Unsupported element type.
    #[error("{file}: expected numbers or records of numbers, got type {got}")]
    Type {
        /// The array.
        file: String,
        /// Type in NumPy notation.
        got: String,
    },
    /// Pickled objects.
    #[error(
        "{file}: contains Python objects; expected numbers\n\n\
         hint: save recordings of different lengths with `numpy.savez(FILE, *recordings, labels=labels)`"
    )]
    Objects {
        /// The array.
        file: String,
    },
    /// Size of the elements does not match the shape.
    #[error("{file}: expected {needed} bytes of elements for shape {shape}, got {got}")]
    Length {
        /// The array.
        file: String,
        /// Bytes after the header.
        got: usize,
        /// Expected bytes; a string because the number may overflow.
        needed: String,
        /// The shape.
        shape: String,
    },
}

impl Array {
    /// Returns whether an element has a field of this name.
    pub(crate) fn has_field(&self, name: &str) -> bool {
        matches!(&self.layout, Layout::Records(fields) if fields.iter().any(|(field, _)| field == name))
    }

    /// Returns whether the array has one dimension.
    pub(crate) fn is_row(&self) -> bool {
        self.shape.len() == 1
    }

    /// Returns whether the array has one number per row, as some collections store labels.
    pub(crate) fn is_column(&self) -> bool {
        matches!(self.shape[..], [_, 1])
    }
}

/// Reads an array, which messages call `file`. An array in Fortran order is turned.
pub(crate) fn read(file: &str, bytes: Vec<u8>) -> Result<Array, NpyError> {
    let (start, header) = header(file, &bytes)?;
    let text = |reason: String| NpyError::Text { file: file.to_owned(), reason };
    let entry = |name: &str| {
        header
            .iter()
            .find_map(|(key, value)| (key == name).then_some(value))
            .ok_or_else(|| text(format!("missing `{name}`")))
    };
    let shape = sizes(entry("shape")?).ok_or_else(|| text("invalid `shape`".to_owned()))?;
    let Literal::Truth(fortran) = *entry("fortran_order")? else {
        return Err(text("`fortran_order` is neither `True` nor `False`".to_owned()));
    };
    let descr = entry("descr")?;
    let fields = fields(file, descr)?;
    let size = fields.iter().try_fold(0_usize, |sum, field| sum.checked_add(field.size));
    let count = shape.iter().try_fold(1_usize, |product, &size| product.checked_mul(size));
    let needed = size.zip(count).and_then(|(size, count)| size.checked_mul(count));
    let got = bytes.len() - start;
    if needed != Some(got) {
        let needed = needed.map_or_else(|| format!("more than {}", usize::MAX), |needed| needed.to_string());
        return Err(NpyError::Length { file: file.to_owned(), got, needed, shape: told(&shape) });
    }
    let (size, count) = (size.unwrap_or_default(), count.unwrap_or_default());
    let bytes = if fortran && shape.len() > 1 && size > 0 { in_c_order(&bytes, start, size, &shape) } else { bytes };
    let bytes = Arc::new(bytes);
    let mut first = start;
    let mut columns = Vec::new();
    for Field { name, number, size: field } in fields {
        let column = number.map(|number| {
            Column::within(&bytes, first, size, count, number).expect("the file has the length of its elements")
        });
        columns.push((name, column));
        first += field;
    }
    let layout = match descr {
        Literal::List(_) => Layout::Records(columns),
        _ => match columns.pop() {
            Some((_, Ok(column))) => Layout::Plain(column),
            Some((_, Err(got))) => return Err(NpyError::Type { file: file.to_owned(), got }),
            None => return Err(text("missing element type".to_owned())),
        },
    };
    Ok(Array { file: file.to_owned(), shape, layout })
}

/// Reads an array as [`read`] does; elements that are not numbers are an error only if they are used.
pub(crate) fn read_any(file: &str, bytes: Vec<u8>) -> Result<Array, NpyError> {
    match read(file, bytes) {
        Err(error @ (NpyError::Type { .. } | NpyError::Objects { .. })) => {
            Ok(Array { file: file.to_owned(), shape: Vec::new(), layout: Layout::Other(error) })
        }
        read => read,
    }
}

/// Numbers of a file.
pub(crate) struct PlainNumbers {
    /// Position of the first number.
    pub start: usize,
    pub shape: Vec<usize>,
    pub number: NumberType,
}

/// Finds the numbers of a file that starts with `head` and has `length` bytes; none unless it holds an array of plain
/// numbers in C order.
pub(crate) fn plain(head: &[u8], length: u64) -> Option<PlainNumbers> {
    if !head.starts_with(MAGIC) {
        return None;
    }
    let (start, header) = header("", head).ok()?;
    let entry = |name: &str| header.iter().find_map(|(key, value)| (key == name).then_some(value));
    let shape = sizes(entry("shape")?)?;
    let (Literal::Truth(false), Literal::Text(code)) = (entry("fortran_order")?, entry("descr")?) else { return None };
    let number = field("", String::new(), code).ok()?.number.ok()?;
    let count = shape.iter().try_fold(1_usize, |product, &size| product.checked_mul(size))?;
    let bytes = count.checked_mul(number.size())?.checked_add(start)?;
    (bytes as u64 == length).then_some(PlainNumbers { start, shape, number })
}

/// Returns `bytes` with the elements of `size` bytes from `start` on in C order; they are in Fortran order.
fn in_c_order(bytes: &[u8], start: usize, size: usize, shape: &[usize]) -> Vec<u8> {
    let (header, elements) = bytes.split_at(start);
    let count: usize = shape.iter().product();
    let mut turned = Vec::with_capacity(bytes.len());
    turned.extend_from_slice(header);
    (0..count).for_each(|place| turned.extend_from_slice(&elements[fortran_place(place, shape) * size..][..size]));
    turned
}

/// Returns the place in Fortran order of the element at `place` in C order.
fn fortran_place(mut place: usize, shape: &[usize]) -> usize {
    let mut stride: usize = shape.iter().product();
    shape.iter().rev().fold(0, |found, &size| {
        stride /= size;
        let index = place % size;
        place /= size;
        found + index * stride
    })
}

/// Writes the header of an array of little-endian numbers of the NumPy type `descr`, in C order.
pub(crate) fn write_header(descr: &str, shape: &[usize], out: &mut dyn Write) -> io::Result<()> {
    let text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {}, }}", told(shape));
    // Numbers start at a multiple of 64 bytes, after a newline.
    let length = (10 + text.len() + 1).next_multiple_of(64) - 10;
    let short = u16::try_from(length).map_err(|_| io::Error::other("too many dimensions"))?;
    out.write_all(MAGIC)?;
    out.write_all(&[1, 0])?;
    out.write_all(&short.to_le_bytes())?;
    writeln!(out, "{text:<width$}", width = length - 1)
}

/// Formats a shape in Python notation.
pub(crate) fn told(shape: &[usize]) -> String {
    match shape {
        [one] => format!("({one},)"),
        shape => format!("({})", shape.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")),
    }
}

/// Returns the start of the elements and the header dictionary.
fn header(file: &str, bytes: &[u8]) -> Result<(usize, Vec<(String, Literal)>), NpyError> {
    let short = || NpyError::Header { file: file.to_owned(), got: bytes.len() };
    let text = |reason: &str| NpyError::Text { file: file.to_owned(), reason: reason.to_owned() };
    let &[major, minor] = bytes.get(6..8).and_then(|version| version.first_chunk()).ok_or_else(short)?;
    let (first, length) = match (major, minor) {
        (1, 0) => (10, bytes.get(8..10).map(|size| usize::from(u16::from_le_bytes([size[0], size[1]])))),
        (2 | 3, 0) => {
            let size = bytes.get(8..12).and_then(|size| size.first_chunk().copied());
            (12, size.and_then(|size| usize::try_from(u32::from_le_bytes(size)).ok()))
        }
        _ => return Err(NpyError::Version { file: file.to_owned(), major, minor }),
    };
    let start = length.and_then(|length| length.checked_add(first)).ok_or_else(short)?;
    let content = bytes.get(first..start).ok_or_else(short)?;
    let content = std::str::from_utf8(content).map_err(|_| text("not UTF-8"))?;
    let mut parser = Parser { left: content };
    match parser.value(0) {
        Some(Literal::Dictionary(entries)) if parser.left.trim().is_empty() => Ok((start, entries)),
        _ => Err(text("not a dictionary of types, sizes and booleans")),
    }
}

/// A field of an element.
struct Field {
    name: String,
    /// Type of the number, or the NumPy notation of another type.
    number: Result<NumberType, String>,
    size: usize,
}

fn fields(file: &str, descr: &Literal) -> Result<Vec<Field>, NpyError> {
    let wrong = || NpyError::Text { file: file.to_owned(), reason: "invalid `descr`".to_owned() };
    match descr {
        Literal::Text(code) => Ok(vec![field(file, String::new(), code)?]),
        Literal::List(fields) => fields
            .iter()
            .map(|entry| {
                let Literal::Tuple(parts) = entry else { return Err(wrong()) };
                match &parts[..] {
                    [Literal::Text(name), Literal::Text(code)] => field(file, name.clone(), code),
                    // An array field is an error only if it is used.
                    [Literal::Text(name), Literal::Text(code), shape] => {
                        let one = field(file, name.clone(), code)?;
                        let shape = sizes(shape).ok_or_else(wrong)?;
                        let size = shape.iter().try_fold(one.size, |size, &count| size.checked_mul(count));
                        let number = Err(format!("{} of `{}`", told(&shape), excerpt(code)));
                        Ok(Field { number, size: size.ok_or_else(wrong)?, ..one })
                    }
                    _ => Err(wrong()),
                }
            })
            .collect(),
        _ => Err(wrong()),
    }
}

/// Parses the NumPy type `code` of the field `name`: byte order, kind, size.
fn field(file: &str, name: String, code: &str) -> Result<Field, NpyError> {
    let unknown = || NpyError::Type { file: file.to_owned(), got: format!("`{}`", excerpt(code)) };
    let order = code.chars().next().filter(|order| "<>|=".contains(*order)).ok_or_else(unknown)?;
    let mut rest = code[1..].chars();
    let letter = rest.next().ok_or_else(unknown)?;
    if letter == 'O' {
        return Err(NpyError::Objects { file: file.to_owned() });
    }
    // Dates have their unit in brackets after the size.
    let digits = rest.as_str().split('[').next().unwrap_or_default();
    let size: usize = digits.parse().map_err(|_| unknown())?;
    let kind = match letter {
        'b' => Some(Kind::Boolean),
        'i' => Some(Kind::Signed),
        'u' => Some(Kind::Unsigned),
        'f' => Some(Kind::Float),
        _ => None,
    };
    let number =
        kind.and_then(|kind| NumberType::new(kind, size, order == '>')).ok_or_else(|| format!("`{}`", excerpt(code)));
    // Text uses four bytes per character.
    let size = if letter == 'U' { size.checked_mul(4).ok_or_else(unknown)? } else { size };
    Ok(Field { name, number, size })
}

/// Returns the sizes in a shape.
fn sizes(shape: &Literal) -> Option<Vec<usize>> {
    let size = |literal: &Literal| match literal {
        Literal::Whole(size) => usize::try_from(*size).ok(),
        _ => None,
    };
    match shape {
        Literal::Tuple(sizes) => sizes.iter().map(size).collect(),
        one => size(one).map(|size| vec![size]),
    }
}

/// A Python literal, restricted to what headers contain.
enum Literal {
    Text(String),
    Whole(u64),
    Truth(bool),
    List(Vec<Literal>),
    Tuple(Vec<Literal>),
    Dictionary(Vec<(String, Literal)>),
}

struct Parser<'a> {
    left: &'a str,
}

impl Parser<'_> {
    /// Parses the next value at nesting `depth`, or returns `None` if there is none.
    fn value(&mut self, depth: usize) -> Option<Literal> {
        if depth > DEEPEST {
            return None;
        }
        self.left = self.left.trim_start();
        match self.left.chars().next()? {
            quote @ ('\'' | '"') => self.text(quote).map(Literal::Text),
            '[' => self.items("]", depth).map(Literal::List),
            '(' => {
                let (mut items, ended) = self.items_and_comma(")", depth)?;
                // One value in parentheses without a comma is the value itself.
                if items.len() == 1 && !ended { items.pop() } else { Some(Literal::Tuple(items)) }
            }
            '{' => self.dictionary(depth).map(Literal::Dictionary),
            'T' => self.take("True").then_some(Literal::Truth(true)),
            'F' => self.take("False").then_some(Literal::Truth(false)),
            _ => self.whole().map(Literal::Whole),
        }
    }

    /// Consumes `token` and returns whether it was present.
    fn take(&mut self, token: &str) -> bool {
        self.left = self.left.trim_start();
        let rest = self.left.strip_prefix(token);
        self.left = rest.unwrap_or(self.left);
        rest.is_some()
    }

    /// Parses a string without escapes; no known field name has a backslash.
    fn text(&mut self, quote: char) -> Option<String> {
        let (text, rest) = self.left[1..].split_once(quote)?;
        self.left = rest;
        (!text.contains('\\')).then(|| text.to_owned())
    }

    fn whole(&mut self) -> Option<u64> {
        let end = self.left.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(self.left.len());
        let (digits, rest) = self.left.split_at(end);
        // Python 2 marks long integers with L.
        self.left = rest.strip_prefix('L').unwrap_or(rest);
        digits.parse().ok()
    }

    fn items(&mut self, end: &str, depth: usize) -> Option<Vec<Literal>> {
        Some(self.items_and_comma(end, depth)?.0)
    }

    /// Parses values up to the bracket `end`. Also returns whether the last value is followed by a comma.
    fn items_and_comma(&mut self, end: &str, depth: usize) -> Option<(Vec<Literal>, bool)> {
        self.left = &self.left[1..];
        let mut items = Vec::new();
        let mut comma = false;
        loop {
            if self.take(end) {
                return Some((items, comma));
            }
            if !items.is_empty() && !comma {
                return None;
            }
            items.push(self.value(depth + 1)?);
            comma = self.take(",");
        }
    }

    fn dictionary(&mut self, depth: usize) -> Option<Vec<(String, Literal)>> {
        self.left = &self.left[1..];
        let mut entries = Vec::new();
        let mut comma = true;
        loop {
            if self.take("}") {
                return Some(entries);
            }
            if !comma {
                return None;
            }
            let Literal::Text(key) = self.value(depth + 1)? else { return None };
            if !self.take(":") {
                return None;
            }
            entries.push((key, self.value(depth + 1)?));
            comma = self.take(",");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2 x 3 numbers of two bytes, columns first in the file.
    #[test]
    fn an_array_in_fortran_order_is_turned() {
        let header = "{'descr': '<u2', 'fortran_order': True, 'shape': (2, 3)}";
        let mut bytes = [MAGIC, &[1, 0], &(header.len() as u16).to_le_bytes(), header.as_bytes()].concat();
        bytes.extend([11_u16, 21, 12, 22, 13, 23].into_iter().flat_map(u16::to_le_bytes));
        let array = read("a.npy", bytes).expect("whole");
        let Layout::Plain(column) = array.layout else { panic!("numbers") };
        let numbers: Vec<f64> = (0..column.len()).map(|place| column.number(place)).collect();
        assert_eq!((array.shape, numbers), (vec![2, 3], vec![11.0, 12.0, 13.0, 21.0, 22.0, 23.0]));
    }
}
