//! Reads one-dimensional data sets of an HDF5 file: numbers, and sequences of variable length.
//!
//! Source of the format: The HDF Group, *HDF5 File Format Specification*, version 3.0; the crate `hdf5-reader` knows its
//! structures. A sequence of variable length is stored as a reference of 16 bytes (its length, the address of a
//! collection of the global heap, its number therein), and its elements as bytes of that collection.
//!
//! A file may be packed with gzip, whatever its name says. No memory is taken on the word of a header alone: what a read
//! may take is bounded.

use std::{fmt, path::Path};

use hdf5_reader::{ByteOrder, Dataset, Datatype, Hdf5File, OpenOptions, VarLenKind, error::Error as ReaderError};
use thiserror::Error;

use crate::{
    column::{Column, Kind, NumberType},
    source::{Source, SourceError, spaced},
};

/// The first eight bytes of every HDF5 file.
pub(crate) const SIGNATURE: [u8; 8] = [0x89, b'H', b'D', b'F', b'\r', b'\n', 0x1a, b'\n'];
/// The most that one data set of a small file may take, bytes: four million references of 16 bytes.
const LARGEST_READ: usize = 64 << 20;
/// The most that one data set of a large file may take, in bytes a byte of the file: numbers that rise pack so well.
const LARGEST_RATIO: usize = 64;

/// An HDF5 file in memory.
pub(crate) struct Content {
    /// Where it comes from, for messages.
    pub file: String,
    length: u64,
    hdf5: Hdf5File,
}

/// Why a file cannot be read as HDF5 of the needed form.
#[derive(Debug, Error)]
pub enum Hdf5Error {
    /// It has no content.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The first bytes are not those of HDF5.
    #[error("{file}: not HDF5, starts with `{start}`, must start with `{}`", spaced(&SIGNATURE))]
    NotHdf5 {
        /// The file.
        file: String,
        /// Its first bytes in hexadecimal.
        start: String,
    },
    /// The content ends too early.
    #[error("{file}: ends after {got} bytes of content, must have {needed}")]
    Truncated {
        /// The file.
        file: String,
        /// Content that is there, bytes.
        got: u64,
        /// Content that the header states, bytes.
        needed: u64,
    },
    /// A structure of the file is damaged, or one that is not known.
    #[error("{file}: `{place}`: {reason}, must be intact HDF5")]
    Structure {
        /// The file.
        file: String,
        /// The data set, or `/` for the file itself.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// A data set is not there.
    #[error("{file}: `{place}` is missing, must be a data set")]
    Missing {
        /// The file.
        file: String,
        /// The data set.
        place: String,
    },
    /// A table or a single value in place of a row.
    #[error("{file}: `{place}`: number of dimensions is {got}, must be 1")]
    Dimensions {
        /// The file.
        file: String,
        /// The data set.
        place: String,
        /// Its dimensions.
        got: usize,
    },
    /// Something else than what is needed.
    #[error("{file}: `{place}`: type is {got}, must be {needed}")]
    Type {
        /// The file.
        file: String,
        /// The data set.
        place: String,
        /// Its type.
        got: String,
        /// What it must be.
        needed: String,
    },
}

/// What the elements of a sequence must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Element {
    Float16,
    Uint16,
}

impl Element {
    fn is(self, number: NumberType) -> bool {
        let needed = match self {
            Element::Float16 => NumberType::new(Kind::Float, 2, false),
            Element::Uint16 => NumberType::new(Kind::Unsigned, 2, false),
        };
        needed == Some(number)
    }
}

impl fmt::Display for Element {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Element::Float16 => "float16",
            Element::Uint16 => "uint16",
        })
    }
}

impl Content {
    /// Reads the file at `path`, unpacked where it is packed.
    pub(crate) fn read(path: &Path) -> Result<Content, Hdf5Error> {
        let Source { file, bytes } = Source::read(path)?;
        Content::open(file, bytes)
    }

    /// Opens the content of a file, which messages call `file`.
    pub(crate) fn open(file: String, bytes: Vec<u8>) -> Result<Content, Hdf5Error> {
        if !bytes.starts_with(&SIGNATURE) {
            let start = spaced(&bytes[..bytes.len().min(SIGNATURE.len())]);
            return Err(Hdf5Error::NotHdf5 { file, start });
        }
        let length = bytes.len() as u64;
        let most = LARGEST_READ.max(LARGEST_RATIO.saturating_mul(bytes.len()));
        let options = OpenOptions::default().with_max_read_bytes(most).with_max_chunk_bytes(most);
        let hdf5 = Hdf5File::from_vec_with_options(bytes, options).map_err(|error| structure(&file, "/", error))?;
        let needed = hdf5.superblock().eof_address;
        if length < needed {
            return Err(Hdf5Error::Truncated { file, got: length, needed });
        }
        Ok(Content { file, length, hdf5 })
    }

    /// Whether there is something at `place`, intact or not.
    pub(crate) fn has(&self, place: &str) -> bool {
        !self.hdf5.dataset(place).is_err_and(|error| is_missing(&error))
    }

    /// The integers of the data set at `place`, of whatever width.
    pub(crate) fn integers(&self, place: &str) -> Result<Column, Hdf5Error> {
        let dataset = self.row(place)?;
        match number_type(dataset.dtype()) {
            Some(number) if !number.is_float() => self.column(place, &dataset, number),
            _ => Err(self.wrong_type(place, &dataset, "an integer".to_owned())),
        }
    }

    /// The numbers of the data set at `place`, of whatever type.
    pub(crate) fn numbers(&self, place: &str) -> Result<Column, Hdf5Error> {
        let dataset = self.row(place)?;
        let number = number_type(dataset.dtype());
        let number = number.ok_or_else(|| self.wrong_type(place, &dataset, "a number".to_owned()))?;
        self.column(place, &dataset, number)
    }

    fn column(&self, place: &str, dataset: &Dataset, number: NumberType) -> Result<Column, Hdf5Error> {
        let bytes = dataset.read_raw_bytes().map_err(|error| structure(&self.file, place, error))?;
        Ok(Column::dense(bytes, number))
    }

    /// The sequences of the data set at `place`, whose elements must be `element`.
    pub(crate) fn sequences(&self, place: &'static str, element: Element) -> Result<Sequences<'_>, Hdf5Error> {
        let dataset = self.row(place)?;
        let number = match dataset.dtype() {
            Datatype::VarLen { base, kind: VarLenKind::Sequence, .. } => number_type(base),
            _ => None,
        };
        let Some(number) = number.filter(|number| element.is(*number)) else {
            return Err(self.wrong_type(place, &dataset, format!("variable-length {element}")));
        };
        let references = dataset.read_raw_bytes().map_err(|error| structure(&self.file, place, error))?;
        let sequences = Sequences { file: &self.file, place, dataset, references, number };
        // Elements are stored as they are: many references to the same ones would multiply them.
        let stated: i128 = (0..sequences.len()).map(|index| sequences.stated(index)).sum();
        if stated * number.size() as i128 > i128::from(self.length) {
            let reason = format!("{stated} elements in a file of {} bytes", self.length);
            return Err(Hdf5Error::Structure { file: self.file.clone(), place: place.to_owned(), reason });
        }
        Ok(sequences)
    }

    fn row(&self, place: &str) -> Result<Dataset, Hdf5Error> {
        let file = &self.file;
        let missing = || Hdf5Error::Missing { file: file.clone(), place: place.to_owned() };
        let dataset = self
            .hdf5
            .dataset(place)
            .map_err(|error| if is_missing(&error) { missing() } else { structure(file, place, error) })?;
        match dataset.ndim() {
            1 => Ok(dataset),
            got => Err(Hdf5Error::Dimensions { file: file.clone(), place: place.to_owned(), got }),
        }
    }

    fn wrong_type(&self, place: &str, dataset: &Dataset, needed: String) -> Hdf5Error {
        Hdf5Error::Type { file: self.file.clone(), place: place.to_owned(), got: told(dataset.dtype()), needed }
    }
}

/// A row of sequences of variable length.
pub(crate) struct Sequences<'a> {
    file: &'a str,
    place: &'static str,
    dataset: Dataset,
    references: Vec<u8>,
    number: NumberType,
}

impl Sequences<'_> {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.references.len() / self.dataset.vlen_reference_size()
    }

    /// The elements of sequence `index`.
    pub(crate) fn get(&self, index: usize) -> Result<Column, Hdf5Error> {
        let bytes = self
            .dataset
            .resolve_vlen_reference_bytes(self.reference(index), self.number.size())
            .map_err(|error| self.damaged(index, innermost(&error).to_string()))?;
        // A reference to nothing is resolved as no elements, whatever length it states.
        let stated = self.stated(index);
        let elements = Column::dense(bytes, self.number);
        if elements.len() as i128 != stated {
            return Err(self.damaged(index, format!("{} of {stated} elements are there", elements.len())));
        }
        Ok(elements)
    }

    fn reference(&self, index: usize) -> &[u8] {
        let size = self.dataset.vlen_reference_size();
        &self.references[index * size..][..size]
    }

    /// How many elements sequence `index` says to have.
    fn stated(&self, index: usize) -> i128 {
        self.reference(index)[..4].iter().rev().fold(0, |number, &byte| number << 8 | i128::from(byte))
    }

    fn damaged(&self, index: usize, reason: String) -> Hdf5Error {
        let reason = format!("sequence {index}: {reason}");
        Hdf5Error::Structure { file: self.file.to_owned(), place: self.place.to_owned(), reason }
    }
}

/// The type of a number; none where it is something else.
fn number_type(datatype: &Datatype) -> Option<NumberType> {
    let big = |order: &ByteOrder| *order == ByteOrder::BigEndian;
    match datatype {
        Datatype::FixedPoint { size, signed, byte_order } => {
            let kind = if *signed { Kind::Signed } else { Kind::Unsigned };
            NumberType::new(kind, usize::from(*size), big(byte_order))
        }
        Datatype::FloatingPoint { size, byte_order } => {
            NumberType::new(Kind::Float, usize::from(*size), big(byte_order))
        }
        _ => None,
    }
}

fn structure(file: &str, place: &str, error: ReaderError) -> Hdf5Error {
    Hdf5Error::Structure { file: file.to_owned(), place: place.to_owned(), reason: innermost(&error).to_string() }
}

/// Whether what was asked for is not there.
fn is_missing(error: &ReaderError) -> bool {
    matches!(innermost(error), ReaderError::DatasetNotFound(_) | ReaderError::GroupNotFound(_))
}

/// What is wrong, without the path to it.
fn innermost(error: &ReaderError) -> &ReaderError {
    match error {
        ReaderError::Context { source, .. } => innermost(source),
        error => error,
    }
}

/// A type in the words of NumPy.
fn told(datatype: &Datatype) -> String {
    let big = |order: &ByteOrder| if *order == ByteOrder::BigEndian { "big-endian " } else { "" };
    match datatype {
        Datatype::FixedPoint { size, signed, byte_order } => {
            format!("{}{}int{}", big(byte_order), if *signed { "" } else { "u" }, 8 * u32::from(*size))
        }
        Datatype::FloatingPoint { size, byte_order } => format!("{}float{}", big(byte_order), 8 * u32::from(*size)),
        Datatype::VarLen { base, kind: VarLenKind::Sequence, .. } => format!("variable-length {}", told(base)),
        Datatype::String { .. } | Datatype::VarLen { .. } => "text".to_owned(),
        Datatype::Compound { .. } => "compound".to_owned(),
        Datatype::Array { base, .. } => format!("array of {}", told(base)),
        Datatype::Enum { base, .. } => format!("enumeration of {}", told(base)),
        Datatype::Opaque { .. } => "opaque".to_owned(),
        Datatype::Reference { .. } => "reference".to_owned(),
        Datatype::Bitfield { .. } => "bits".to_owned(),
    }
}
