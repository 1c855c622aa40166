//! Reads one-dimensional data sets of an HDF5 file: integers, and sequences of variable length.
//!
//! Source of the format: The HDF Group, *HDF5 File Format Specification*, version 3.0; the crate `hdf5-reader` knows its
//! structures. A sequence of variable length is stored as a reference of 16 bytes (its length, the address of a
//! collection of the global heap, its number therein), and its elements as bytes of that collection.
//!
//! A file may be packed with gzip, whatever its name says. No memory is taken on the word of a header alone: what a read
//! may take is bounded, and packed files grow with the content that really comes.

use std::{
    fmt, fs,
    io::{self, Read},
    path::Path,
};

use flate2::bufread::GzDecoder;
use hdf5_reader::{ByteOrder, Dataset, Datatype, Hdf5File, OpenOptions, VarLenKind, error::Error as ReaderError};
use thiserror::Error;

/// The first two bytes of every gzip file (RFC 1952, section 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// The first eight bytes of every HDF5 file.
const SIGNATURE: [u8; 8] = [0x89, b'H', b'D', b'F', b'\r', b'\n', 0x1a, b'\n'];
/// Memory taken at once, in bytes a packed byte; Spiking Heidelberg Digits unpack to 2.1.
const RESERVED: usize = 3;
/// The most that one data set may take, bytes: four million references of 16 bytes.
const LARGEST_READ: usize = 64 << 20;

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
    /// The system does not let us read it.
    #[error("{file}: cannot be read ({reason}), must be a readable file")]
    Read {
        /// The file.
        file: String,
        /// What the system says.
        reason: io::Error,
    },
    /// The gzip stream does not unpack, or its checksum is wrong.
    #[error("{file}: gzip stream damaged after {got} bytes of content, must be intact")]
    Damaged {
        /// The file.
        file: String,
        /// Content unpacked so far, bytes.
        got: usize,
    },
    /// The file goes on after the gzip stream.
    #[error("{file}: {got} bytes follow the gzip stream, must be none")]
    TrailingBytes {
        /// The file.
        file: String,
        /// How many.
        got: usize,
    },
    /// The first bytes are not those of HDF5.
    #[error("{file}: not HDF5, starts with `{start}`, must start with `{}`", hexadecimal(&SIGNATURE))]
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

/// The elements of a sequence, two bytes each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Element {
    Float16,
    Uint16,
}

impl Element {
    const BYTES: usize = 2;

    fn is(self, datatype: &Datatype) -> bool {
        match (self, datatype) {
            (Element::Float16, Datatype::FloatingPoint { size: 2, byte_order: ByteOrder::LittleEndian }) => true,
            (Element::Uint16, Datatype::FixedPoint { size: 2, signed: false, byte_order }) => {
                *byte_order == ByteOrder::LittleEndian
            }
            _ => false,
        }
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
        let file = path.display().to_string();
        let bytes = fs::read(path).map_err(|reason| Hdf5Error::Read { file: file.clone(), reason })?;
        if bytes.starts_with(&GZIP) {
            let content = unpack(&file, &bytes)?;
            drop(bytes);
            return Content::open(file, content);
        }
        Content::open(file, bytes)
    }

    /// Opens the content of a file, which messages call `file`.
    pub(crate) fn open(file: String, bytes: Vec<u8>) -> Result<Content, Hdf5Error> {
        if !bytes.starts_with(&SIGNATURE) {
            let start = hexadecimal(&bytes[..bytes.len().min(SIGNATURE.len())]);
            return Err(Hdf5Error::NotHdf5 { file, start });
        }
        let length = bytes.len() as u64;
        let options = OpenOptions::default().with_max_read_bytes(LARGEST_READ).with_max_chunk_bytes(LARGEST_READ);
        let hdf5 = Hdf5File::from_vec_with_options(bytes, options).map_err(|error| structure(&file, "/", error))?;
        let needed = hdf5.superblock().eof_address;
        if length < needed {
            return Err(Hdf5Error::Truncated { file, got: length, needed });
        }
        Ok(Content { file, length, hdf5 })
    }

    /// The integers of the data set at `place`, of whatever width.
    pub(crate) fn integers(&self, place: &'static str) -> Result<Vec<i128>, Hdf5Error> {
        let dataset = self.row(place)?;
        let Datatype::FixedPoint { size: size @ 1..=8, signed, byte_order } = *dataset.dtype() else {
            return Err(self.wrong_type(place, &dataset, "an integer".to_owned()));
        };
        let mut bytes = dataset.read_raw_bytes().map_err(|error| structure(&self.file, place, error))?;
        let words = bytes.chunks_exact_mut(usize::from(size));
        Ok(words
            .map(|word| {
                if byte_order == ByteOrder::BigEndian {
                    word.reverse();
                }
                integer(word, signed)
            })
            .collect())
    }

    /// The sequences of the data set at `place`, whose elements must be `element`.
    pub(crate) fn sequences(&self, place: &'static str, element: Element) -> Result<Sequences<'_>, Hdf5Error> {
        let dataset = self.row(place)?;
        match dataset.dtype() {
            Datatype::VarLen { base, kind: VarLenKind::Sequence, .. } if element.is(base) => {}
            _ => return Err(self.wrong_type(place, &dataset, format!("variable-length {element}"))),
        }
        let references = dataset.read_raw_bytes().map_err(|error| structure(&self.file, place, error))?;
        let sequences = Sequences { file: &self.file, place, dataset, references };
        // Elements are stored as they are: many references to the same ones would multiply them.
        let stated: i128 = (0..sequences.len()).map(|index| sequences.stated(index)).sum();
        if stated * Element::BYTES as i128 > i128::from(self.length) {
            let reason = format!("{stated} elements in a file of {} bytes", self.length);
            return Err(Hdf5Error::Structure { file: self.file.clone(), place: place.to_owned(), reason });
        }
        Ok(sequences)
    }

    fn row(&self, place: &'static str) -> Result<Dataset, Hdf5Error> {
        let file = &self.file;
        let dataset = self.hdf5.dataset(place).map_err(|error| match innermost(&error) {
            ReaderError::DatasetNotFound(_) | ReaderError::GroupNotFound(_) => {
                Hdf5Error::Missing { file: file.clone(), place: place.to_owned() }
            }
            _ => structure(file, place, error),
        })?;
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
}

impl Sequences<'_> {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.references.len() / self.dataset.vlen_reference_size()
    }

    /// The elements of sequence `index` as little-endian bytes.
    pub(crate) fn get(&self, index: usize) -> Result<Vec<[u8; Element::BYTES]>, Hdf5Error> {
        let bytes = self
            .dataset
            .resolve_vlen_reference_bytes(self.reference(index), Element::BYTES)
            .map_err(|error| self.damaged(index, innermost(&error).to_string()))?;
        // A reference to nothing is resolved as no elements, whatever length it states.
        let stated = self.stated(index);
        let elements = bytes.as_chunks().0;
        if elements.len() as i128 != stated {
            return Err(self.damaged(index, format!("{} of {stated} elements are there", elements.len())));
        }
        Ok(elements.to_vec())
    }

    fn reference(&self, index: usize) -> &[u8] {
        let size = self.dataset.vlen_reference_size();
        &self.references[index * size..][..size]
    }

    /// How many elements sequence `index` says to have.
    fn stated(&self, index: usize) -> i128 {
        integer(&self.reference(index)[..4], false)
    }

    fn damaged(&self, index: usize, reason: String) -> Hdf5Error {
        let reason = format!("sequence {index}: {reason}");
        Hdf5Error::Structure { file: self.file.to_owned(), place: self.place.to_owned(), reason }
    }
}

/// The content of a gzip stream.
fn unpack(file: &str, packed: &[u8]) -> Result<Vec<u8>, Hdf5Error> {
    let mut content = Vec::with_capacity(RESERVED.saturating_mul(packed.len()));
    let mut decoder = GzDecoder::new(packed);
    if decoder.read_to_end(&mut content).is_err() {
        return Err(Hdf5Error::Damaged { file: file.to_owned(), got: content.len() });
    }
    match decoder.into_inner().len() {
        0 => Ok(content),
        got => Err(Hdf5Error::TrailingBytes { file: file.to_owned(), got }),
    }
}

/// The little-endian integer of at most eight bytes.
fn integer(bytes: &[u8], signed: bool) -> i128 {
    let number = bytes.iter().rev().fold(0, |number: i128, &byte| number << 8 | i128::from(byte));
    let half = 1 << (8 * bytes.len() - 1);
    if signed && number >= half { number - 2 * half } else { number }
}

fn structure(file: &str, place: &str, error: ReaderError) -> Hdf5Error {
    Hdf5Error::Structure { file: file.to_owned(), place: place.to_owned(), reason: innermost(&error).to_string() }
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

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}
