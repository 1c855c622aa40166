//! Reads arrays of NumPy: a header that is a Python dictionary, then numbers, or records with named fields.
//!
//! ```text
//! offset 0    93 "NUMPY"   version as two bytes: 1.0, 2.0 or 3.0
//!        8    length of the header, little-endian: 16 bits in version 1, 32 bits in the others
//!             {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
//!             the elements
//! ```
//! `descr` is a type, or a list of `(name, type)` and `(name, type, shape)`. Source: NumPy, *The npy format*,
//! numpy.org/doc/stable/reference/generated/numpy.lib.format.html.
//!
//! The header is read by a small parser of our own, since those of the ecosystem descend into nested brackets as deep as a file
//! likes. Arrays of Python objects are pickles, which are programs; they are refused.

use std::sync::Arc;

use thiserror::Error;

use crate::{
    column::{Column, Kind, NumberType},
    shown::excerpt,
};

/// The first bytes of every file.
pub(crate) const MAGIC: &[u8] = b"\x93NUMPY";
/// Brackets within brackets; a type with fields has 3.
const DEEPEST: usize = 8;

/// An array; messages call it `file`.
pub(crate) struct Array {
    pub file: String,
    pub shape: Vec<usize>,
    pub layout: Layout,
}

/// What an element is.
pub(crate) enum Layout {
    /// A number; the elements stand with the last index fastest.
    Plain(Column),
    /// Fields; those that are no single number have none.
    Records(Vec<(String, Result<Column, String>)>),
}

/// Why bytes are not an array of numbers.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NpyError {
    /// The file ends within its header.
    #[error("{file}: ends after {got} bytes, within the header, must be whole")]
    Header {
        /// The array.
        file: String,
        /// Bytes that are there.
        got: usize,
    },
    /// A version that is not known.
    #[error("{file}: version is {major}.{minor}, must be 1.0, 2.0 or 3.0")]
    Version {
        /// The array.
        file: String,
        /// Its first number.
        major: u8,
        /// Its second number.
        minor: u8,
    },
    /// A header that is not as NumPy writes it.
    #[error("{file}: header {reason}, must be as `numpy.save` writes it")]
    Text {
        /// The array.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// Elements of a type that is not read.
    #[error("{file}: type is {got}, must be numbers or records of numbers")]
    Type {
        /// The array.
        file: String,
        /// The type as NumPy writes it.
        got: String,
    },
    /// A pickle.
    #[error(
        "{file}: holds Python objects, must hold numbers\n\n\
         hint: recordings of different lengths go into one file with `numpy.savez(FILE, *recordings, labels=labels)`"
    )]
    Objects {
        /// The array.
        file: String,
    },
    /// The other order of elements.
    #[error("{file}: is in Fortran order, must be in C order\n\nhint: save `numpy.ascontiguousarray(array)`")]
    Fortran {
        /// The array.
        file: String,
    },
    /// More or fewer elements than the shape says.
    #[error("{file}: {got} bytes of elements, must be {needed} for shape {shape}")]
    Length {
        /// The array.
        file: String,
        /// Bytes after the header.
        got: usize,
        /// What the shape needs; a text since it may be more than can be counted.
        needed: String,
        /// The shape.
        shape: String,
    },
}

impl Array {
    /// The only dimension of a row.
    pub(crate) fn is_row(&self) -> bool {
        self.shape.len() == 1
    }
}

/// Reads an array, which messages call `file`.
pub(crate) fn read(file: &str, bytes: Vec<u8>) -> Result<Array, NpyError> {
    let (start, header) = header(file, &bytes)?;
    let text = |reason: String| NpyError::Text { file: file.to_owned(), reason };
    let entry = |name: &str| {
        header
            .iter()
            .find_map(|(key, value)| (key == name).then_some(value))
            .ok_or_else(|| text(format!("has no `{name}`")))
    };
    let shape = sizes(entry("shape")?).ok_or_else(|| text("has a `shape` that is none".to_owned()))?;
    let Literal::Truth(fortran) = *entry("fortran_order")? else {
        return Err(text("has a `fortran_order` that is neither `True` nor `False`".to_owned()));
    };
    if fortran && shape.len() > 1 {
        return Err(NpyError::Fortran { file: file.to_owned() });
    }
    let descr = entry("descr")?;
    let fields = fields(file, descr)?;
    let size = fields.iter().try_fold(0_usize, |sum, field| sum.checked_add(field.size));
    let count = shape.iter().try_fold(1_usize, |product, &size| product.checked_mul(size));
    let needed = size.zip(count).and_then(|(size, count)| size.checked_mul(count));
    let got = bytes.len() - start;
    if needed != Some(got) {
        let needed = needed.map_or_else(|| "more than there is memory".to_owned(), |needed| needed.to_string());
        return Err(NpyError::Length { file: file.to_owned(), got, needed, shape: told(&shape) });
    }
    let (size, count) = (size.unwrap_or_default(), count.unwrap_or_default());
    let bytes = Arc::new(bytes);
    let mut first = start;
    let mut columns = Vec::new();
    for Field { name, number, size: field } in fields {
        let column = number.map(|number| {
            Column::within(&bytes, first, size, count, number).expect("the length of the file was compared")
        });
        columns.push((name, column));
        first += field;
    }
    let layout = match descr {
        Literal::List(_) => Layout::Records(columns),
        _ => match columns.pop() {
            Some((_, Ok(column))) => Layout::Plain(column),
            Some((_, Err(got))) => return Err(NpyError::Type { file: file.to_owned(), got }),
            None => return Err(text("has no type".to_owned())),
        },
    };
    Ok(Array { file: file.to_owned(), shape, layout })
}

/// A shape as Python writes it.
pub(crate) fn told(shape: &[usize]) -> String {
    match shape {
        [one] => format!("({one},)"),
        shape => format!("({})", shape.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")),
    }
}

/// Where the elements start, and the dictionary before them.
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
    let content = std::str::from_utf8(content).map_err(|_| text("is not text"))?;
    let mut parser = Parser { left: content };
    match parser.value(0) {
        Some(Literal::Dictionary(entries)) if parser.left.trim().is_empty() => Ok((start, entries)),
        _ => Err(text("is not a dictionary of types, sizes and truths")),
    }
}

/// A part of an element.
struct Field {
    name: String,
    /// The type as NumPy writes it where it is no number.
    number: Result<NumberType, String>,
    size: usize,
}

fn fields(file: &str, descr: &Literal) -> Result<Vec<Field>, NpyError> {
    let wrong = || NpyError::Text { file: file.to_owned(), reason: "has a `descr` that is no type".to_owned() };
    match descr {
        Literal::Text(code) => Ok(vec![field(file, String::new(), code)?]),
        Literal::List(fields) => fields
            .iter()
            .map(|entry| {
                let Literal::Tuple(parts) = entry else { return Err(wrong()) };
                match &parts[..] {
                    [Literal::Text(name), Literal::Text(code)] => field(file, name.clone(), code),
                    // A field that is an array is passed over unless it is asked for.
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

/// The field `name` of the type that NumPy writes as `code`: order of bytes, kind, size.
fn field(file: &str, name: String, code: &str) -> Result<Field, NpyError> {
    let unknown = || NpyError::Type { file: file.to_owned(), got: format!("`{}`", excerpt(code)) };
    let order = code.chars().next().filter(|order| "<>|=".contains(*order)).ok_or_else(unknown)?;
    let mut rest = code[1..].chars();
    let letter = rest.next().ok_or_else(unknown)?;
    if letter == 'O' {
        return Err(NpyError::Objects { file: file.to_owned() });
    }
    // Dates say their unit in brackets after the size.
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
    // Text is counted in characters of four bytes.
    let size = if letter == 'U' { size.checked_mul(4).ok_or_else(unknown)? } else { size };
    Ok(Field { name, number, size })
}

/// The sizes of a shape.
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

/// A value of Python, as far as headers have them.
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
    /// The next value, `depth` brackets deep; none where there is none.
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
                // One value in brackets is that value.
                if items.len() == 1 && !ended { items.pop() } else { Some(Literal::Tuple(items)) }
            }
            '{' => self.dictionary(depth).map(Literal::Dictionary),
            'T' => self.take("True").then_some(Literal::Truth(true)),
            'F' => self.take("False").then_some(Literal::Truth(false)),
            _ => self.whole().map(Literal::Whole),
        }
    }

    /// Passes over `token` and says whether it was there.
    fn take(&mut self, token: &str) -> bool {
        self.left = self.left.trim_start();
        let rest = self.left.strip_prefix(token);
        self.left = rest.unwrap_or(self.left);
        rest.is_some()
    }

    /// No name of a field that we know has a backslash.
    fn text(&mut self, quote: char) -> Option<String> {
        let (text, rest) = self.left[1..].split_once(quote)?;
        self.left = rest;
        (!text.contains('\\')).then(|| text.to_owned())
    }

    fn whole(&mut self) -> Option<u64> {
        let end = self.left.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(self.left.len());
        let (digits, rest) = self.left.split_at(end);
        // Python 2 wrote long numbers so.
        self.left = rest.strip_prefix('L').unwrap_or(rest);
        digits.parse().ok()
    }

    fn items(&mut self, end: &str, depth: usize) -> Option<Vec<Literal>> {
        Some(self.items_and_comma(end, depth)?.0)
    }

    /// Values up to the bracket that is `end`, and whether a comma stood before it.
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
