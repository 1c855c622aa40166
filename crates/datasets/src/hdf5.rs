//! Reads HDF5 data sets of numbers or variable-length sequences, one per row.
//!
//! Format: The HDF Group, *HDF5 File Format Specification*, version 3.0. The crate `hdf5-reader` decodes its
//! structures. A variable-length sequence is stored as a 16-byte reference: length, address of a collection in the
//! global heap, index in the collection. The elements are bytes of that collection.
//!
//! A file may be gzipped, under any name, and may start with a user block. Its signature is then at byte 512, 1024,
//! 2048 and so on. Memory use is bounded; sizes in headers are not trusted.

use std::path::Path;

use hdf5_reader::{Dataset, Hdf5File, OpenOptions, error::Error as ReaderError, group::Group, messages::HdfMessage};
use thiserror::Error;

use crate::{
    column::{Column, NumberType},
    hdf5_filter,
    hdf5_type::Stored,
    shown::{excerpt, shown},
    source::{Source, SourceError, spaced},
    time_unit::Stated,
};

/// The first eight bytes of an HDF5 file.
pub(crate) const SIGNATURE: [u8; 8] = [0x89, b'H', b'D', b'F', b'\r', b'\n', 0x1a, b'\n'];
/// Largest read of a data set in a small file, bytes: four million references of 16 bytes.
const LARGEST_READ: usize = 64 << 20;
/// Largest read of a data set in a large file, in bytes per byte of the file; rising numbers compress this well.
const LARGEST_RATIO: usize = 64;

/// Data sets listed in a message.
const LISTED: usize = 8;

/// First possible position of the signature after a user block; each further position is twice as far.
const FIRST_USER_BLOCK: usize = 512;

/// Returns whether `bytes` are an HDF5 file.
pub(crate) fn is_hdf5(bytes: &[u8]) -> bool {
    let behind = std::iter::successors(Some(FIRST_USER_BLOCK), |place| place.checked_mul(2));
    let places = [0].into_iter().chain(behind.take_while(|place| *place < bytes.len()));
    places.into_iter().any(|place| bytes[place..].starts_with(&SIGNATURE))
}

/// An HDF5 file in memory.
pub(crate) struct Content {
    /// File name for messages.
    pub file: String,
    /// Size of the file, bytes.
    pub length: u64,
    /// Largest read of a data set, bytes.
    pub most: usize,
    hdf5: Hdf5File,
}

/// Reason for rejecting an HDF5 file.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Hdf5Error {
    /// The file cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The signature of HDF5 is missing.
    #[error("{file}: not an HDF5 file; starts with `{start}`, expected `{}`", spaced(&SIGNATURE))]
    NotHdf5 {
        /// The file.
        file: String,
        /// Its first bytes in hexadecimal.
        start: String,
    },
    /// The content is truncated.
    #[error("{file}: truncated; expected {needed} bytes of content, got {got}")]
    Truncated {
        /// The file.
        file: String,
        /// Size of the content, bytes.
        got: u64,
        /// Size stated in the header, bytes.
        needed: u64,
    },
    /// A damaged or unsupported structure.
    #[error("{file}: `{place}`: damaged or unsupported HDF5: {reason}")]
    Structure {
        /// The file.
        file: String,
        /// The data set, or `/` for the file itself.
        place: String,
        /// Description of the error.
        reason: String,
    },
    /// Missing data set.
    #[error("{file}: missing data set `{place}`")]
    Missing {
        /// The file.
        file: String,
        /// The data set.
        place: String,
    },
    /// A scalar data set, or one with several numbers per row.
    #[error("{file}: `{place}`: expected one value per row, got shape {got}")]
    Dimensions {
        /// The file.
        file: String,
        /// The data set.
        place: String,
        /// Its shape.
        got: String,
    },
    /// Unsupported filter.
    #[error("{file}: `{place}`: unsupported filter {got}; expected {}", hdf5_filter::READ)]
    Filter {
        /// The file.
        file: String,
        /// The data set.
        place: String,
        /// The filter.
        got: String,
    },
    /// Data set of another type.
    #[error("{file}: `{place}`: expected {needed}, got {got}")]
    Type {
        /// The file.
        file: String,
        /// The data set.
        place: String,
        /// Type of the data set.
        got: String,
        /// Expected type.
        needed: String,
    },
}

/// Expected element type of sequences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needed {
    /// This type.
    Exactly(NumberType),
    /// Any number.
    Number,
    /// Any integer.
    Integer,
}

impl Needed {
    fn is_met(self, number: NumberType) -> bool {
        match self {
            Needed::Exactly(needed) => needed == number,
            Needed::Number => true,
            Needed::Integer => !number.is_float(),
        }
    }

    fn told(self) -> String {
        match self {
            Needed::Exactly(number) => number.to_string(),
            Needed::Number => "numbers".to_owned(),
            Needed::Integer => "integers".to_owned(),
        }
    }
}

impl Content {
    /// Reads the file at `path` and decompresses it if it is gzipped.
    pub(crate) fn read(path: &Path) -> Result<Content, Hdf5Error> {
        let Source { file, bytes } = Source::read(path)?;
        Content::open(file, bytes)
    }

    /// Opens the content of a file, which messages call `file`.
    pub(crate) fn open(file: String, bytes: Vec<u8>) -> Result<Content, Hdf5Error> {
        if !is_hdf5(&bytes) {
            let start = spaced(&bytes[..bytes.len().min(SIGNATURE.len())]);
            return Err(Hdf5Error::NotHdf5 { file, start });
        }
        let length = bytes.len() as u64;
        let most = LARGEST_READ.max(LARGEST_RATIO.saturating_mul(bytes.len()));
        let options = OpenOptions::default().with_max_read_bytes(most).with_max_chunk_bytes(most);
        let options = options.with_filter_registry(hdf5_filter::registry(most));
        let hdf5 = Hdf5File::from_vec_with_options(bytes, options).map_err(|error| structure(&file, "/", error))?;
        let needed = hdf5.superblock().eof_address;
        if length < needed {
            return Err(Hdf5Error::Truncated { file, got: length, needed });
        }
        Ok(Content { file, length, most, hdf5 })
    }

    /// Returns whether the file has an object at `place`, intact or not.
    pub(crate) fn has(&self, place: &str) -> bool {
        !self.hdf5.dataset(place).is_err_and(|error| is_missing(&error))
    }

    /// Describes the data sets at the root of the file.
    pub(crate) fn told(&self) -> String {
        let datasets = self.hdf5.root_group().and_then(|root| root.datasets()).unwrap_or_default();
        let one = |dataset: &Dataset| {
            let name = dataset.name().rsplit('/').next().unwrap_or_default();
            format!("`{}` ({})", excerpt(name), Stored::of(dataset).told())
        };
        let first = datasets.iter().take(LISTED).map(one).collect::<Vec<_>>().join(", ");
        match datasets.len() {
            0 => "no data set at its root".to_owned(),
            few if few <= LISTED => first,
            many => format!("{first} and {} more", many - LISTED),
        }
    }

    /// Reads the integers of the data set at `place`, of any width.
    pub(crate) fn integers(&self, place: &str) -> Result<Column, Hdf5Error> {
        self.column(place, "an integer", |number| !number.is_float())
    }

    /// Reads the numbers of the data set at `place`, of any type.
    pub(crate) fn numbers(&self, place: &str) -> Result<Column, Hdf5Error> {
        self.column(place, "a number or an h5py boolean", |_| true)
    }

    fn column(&self, place: &str, needed: &str, accept: fn(NumberType) -> bool) -> Result<Column, Hdf5Error> {
        let dataset = self.row(place)?;
        match Stored::of(&dataset) {
            Stored::Numbers(number) if accept(number) => Ok(Column::dense(self.bytes(place, &dataset)?, number)),
            other => Err(self.wrong_type(place, &other, needed.to_owned())),
        }
    }

    /// Returns the group at the root of the file.
    pub(crate) fn root(&self) -> Result<Group, Hdf5Error> {
        self.hdf5.root_group().map_err(|error| structure(&self.file, "/", error))
    }

    /// Reads the decompressed elements of `dataset`.
    pub(crate) fn bytes(&self, place: &str, dataset: &Dataset) -> Result<Vec<u8>, Hdf5Error> {
        let damaged = |error| structure(&self.file, place, error);
        let header = self.hdf5.get_or_parse_header(dataset.address()).map_err(damaged)?;
        let pipelines = header.messages.iter().filter_map(|message| match message {
            HdfMessage::FilterPipeline(pipeline) => hdf5_filter::refused(&pipeline.filters),
            _ => None,
        });
        if let Some(got) = pipelines.into_iter().next() {
            return Err(Hdf5Error::Filter { file: self.file.clone(), place: place.to_owned(), got });
        }
        dataset.read_raw_bytes().map_err(damaged)
    }

    /// Reads the sequences of the data set at `place`; their elements must be `needed`.
    pub(crate) fn sequences(&self, place: &'static str, needed: Needed) -> Result<Sequences<'_>, Hdf5Error> {
        let dataset = self.row(place)?;
        let number = match Stored::of(&dataset) {
            Stored::Sequences(number) if needed.is_met(number) => number,
            other => return Err(self.wrong_type(place, &other, format!("variable-length {}", needed.told()))),
        };
        let references = self.bytes(place, &dataset)?;
        let sequences = Sequences { file: &self.file, place, dataset, references, number };
        // Many references to the same elements would multiply the memory use.
        let stated: i128 = (0..sequences.len()).map(|index| sequences.stated(index)).sum();
        if stated * number.size() as i128 > i128::from(self.length) {
            let reason = format!("{stated} elements in a file of {} bytes", self.length);
            return Err(Hdf5Error::Structure { file: self.file.clone(), place: place.to_owned(), reason });
        }
        Ok(sequences)
    }

    /// Returns the unit of the times at `place`, as stated by the data set or a group above it.
    pub(crate) fn stated_unit(&self, place: &str) -> Option<Stated> {
        if let Some(stated) =
            self.hdf5.dataset(place).ok().and_then(|times| Stated::among(place, &times.attributes(), false))
        {
            return Some(stated);
        }
        let mut above = place.trim_start_matches('/');
        loop {
            above = above.rsplit_once('/').map_or("", |(group, _)| group);
            let group = if above.is_empty() { self.hdf5.root_group() } else { self.hdf5.group(above) };
            let attributes = group.and_then(|group| group.attributes()).unwrap_or_default();
            let stated = Stated::among(&format!("/{above}"), &attributes, true);
            if stated.is_some() || above.is_empty() {
                return stated;
            }
        }
    }

    /// Returns the data set at `place`, which must have one number or sequence per row.
    fn row(&self, place: &str) -> Result<Dataset, Hdf5Error> {
        let file = &self.file;
        let missing = || Hdf5Error::Missing { file: file.clone(), place: place.to_owned() };
        let dataset = self
            .hdf5
            .dataset(place)
            .map_err(|error| if is_missing(&error) { missing() } else { structure(file, place, error) })?;
        // Some programs store labels as a table with one column.
        match (dataset.ndim(), dataset.shape()) {
            (1, _) | (2, [_, 1]) => Ok(dataset),
            (_, shape) => {
                let got = format!("({})", shape.iter().map(u64::to_string).collect::<Vec<_>>().join(", "));
                Err(Hdf5Error::Dimensions { file: file.clone(), place: place.to_owned(), got })
            }
        }
    }

    fn wrong_type(&self, place: &str, stored: &Stored, needed: String) -> Hdf5Error {
        Hdf5Error::Type { file: self.file.clone(), place: place.to_owned(), got: stored.told(), needed }
    }
}

/// A row of variable-length sequences.
pub(crate) struct Sequences<'a> {
    file: &'a str,
    place: &'static str,
    dataset: Dataset,
    references: Vec<u8>,
    number: NumberType,
}

impl Sequences<'_> {
    /// Returns the number of sequences.
    pub(crate) fn len(&self) -> usize {
        self.references.len() / self.dataset.vlen_reference_size()
    }

    /// Returns the elements of sequence `index`.
    pub(crate) fn get(&self, index: usize) -> Result<Column, Hdf5Error> {
        let bytes = self
            .dataset
            .resolve_vlen_reference_bytes(self.reference(index), self.number.size())
            .map_err(|error| self.damaged(index, shown(&innermost(&error).to_string()).into_owned()))?;
        // A null reference resolves to no elements, whatever its length.
        let stated = self.stated(index);
        let elements = Column::dense(bytes, self.number);
        if elements.len() as i128 != stated {
            return Err(self.damaged(index, format!("found {} of {stated} elements", elements.len())));
        }
        Ok(elements)
    }

    fn reference(&self, index: usize) -> &[u8] {
        let size = self.dataset.vlen_reference_size();
        &self.references[index * size..][..size]
    }

    /// Returns the stated length of sequence `index`.
    fn stated(&self, index: usize) -> i128 {
        self.reference(index)[..4].iter().rev().fold(0, |number, &byte| number << 8 | i128::from(byte))
    }

    fn damaged(&self, index: usize, reason: String) -> Hdf5Error {
        let reason = format!("sequence {index}: {reason}");
        Hdf5Error::Structure { file: self.file.to_owned(), place: self.place.to_owned(), reason }
    }
}

pub(crate) fn structure(file: &str, place: &str, error: ReaderError) -> Hdf5Error {
    Hdf5Error::Structure {
        file: file.to_owned(),
        place: place.to_owned(),
        reason: shown(&innermost(&error).to_string()).into_owned(),
    }
}

/// Returns whether the object does not exist.
fn is_missing(error: &ReaderError) -> bool {
    matches!(innermost(error), ReaderError::DatasetNotFound(_) | ReaderError::GroupNotFound(_))
}

/// Returns the innermost error, without its path.
fn innermost(error: &ReaderError) -> &ReaderError {
    match error {
        ReaderError::Context { source, .. } => innermost(source),
        error => error,
    }
}
