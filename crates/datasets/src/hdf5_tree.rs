//! Reads a whole HDF5 file as a tree of groups, numbers and text.
//!
//! Memory use is bounded. A damaged file may link a group to itself, or many names to one data set, so depth, objects and
//! content have limits.

use std::{collections::BTreeMap, io::Read, path::Path};

use hdf5_reader::{Dataset, Datatype, StringSize, VarLenKind, error::Error as ReaderError, group::Group};

use crate::{
    column::Column,
    hdf5::{Content, Hdf5Error, SIGNATURE, structure},
    hdf5_type::Stored,
    number_arrays::NumberArray,
    regular,
    shown::shown,
    source::Source,
};

/// Deepest group.
const MAX_DEPTH: usize = 8;
/// Largest number of groups and data sets.
const MAX_OBJECTS: usize = 1 << 16;
/// Size of a reference to variable-length text, bytes; its first four are the length of the text.
const REFERENCE: usize = 16;

/// An object in an HDF5 file.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Hdf5Object {
    /// A group, by the names of its members.
    Group(BTreeMap<String, Hdf5Object>),
    /// A data set of numbers, of any shape.
    Numbers(NumberArray),
    /// A data set of text, of any shape; the last index varies fastest.
    Text(Vec<String>),
    /// A data set of another type, described for messages.
    Other(String),
}

/// The content of an HDF5 file.
#[derive(Clone, Debug, PartialEq)]
pub struct Hdf5Tree {
    /// File name for messages.
    pub file: String,
    /// Objects at the root.
    pub root: BTreeMap<String, Hdf5Object>,
}

/// Returns whether the file at `path` starts with the signature of HDF5. Unreadable files do not.
pub fn starts_as_hdf5(path: &Path) -> bool {
    let mut start = [0; SIGNATURE.len()];
    regular::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && start == SIGNATURE
}

/// Reads the HDF5 file at `path`, which may be gzipped.
///
/// # Errors
/// Returns an [`Hdf5Error`] if the file cannot be read, is damaged, or exceeds the limits.
pub fn read_hdf5(path: &Path) -> Result<Hdf5Tree, Hdf5Error> {
    let Source { file, bytes } = Source::read(path)?;
    parse_hdf5(file, bytes)
}

/// Reads the HDF5 file `bytes`, which messages call `file`.
///
/// # Errors
/// As [`read_hdf5`].
pub fn parse_hdf5(file: String, bytes: Vec<u8>) -> Result<Hdf5Tree, Hdf5Error> {
    let content = Content::open(file, bytes)?;
    let mut reader = Reader { content: &content, objects: 0, bytes: 0 };
    let root = reader.group(&content.root()?, "", 0)?;
    Ok(Hdf5Tree { file: content.file.clone(), root })
}

struct Reader<'a> {
    content: &'a Content,
    objects: usize,
    bytes: usize,
}

impl Reader<'_> {
    fn group(&mut self, group: &Group, place: &str, depth: usize) -> Result<BTreeMap<String, Hdf5Object>, Hdf5Error> {
        if depth > MAX_DEPTH {
            return Err(self.beyond(place, format!("expected at most {MAX_DEPTH} groups inside each other")));
        }
        let (groups, datasets) = group.members().map_err(|error| self.damaged(place, error))?;
        self.objects += groups.len() + datasets.len();
        if self.objects > MAX_OBJECTS {
            return Err(self.beyond(place, format!("expected at most {MAX_OBJECTS} groups and data sets")));
        }
        let mut members = BTreeMap::new();
        for one in &groups {
            let (name, place) = named(one.name(), place);
            members.insert(name, Hdf5Object::Group(self.group(one, &place, depth + 1)?));
        }
        for one in &datasets {
            let (name, place) = named(one.name(), place);
            members.insert(name, self.dataset(one, &place)?);
        }
        Ok(members)
    }

    fn dataset(&mut self, dataset: &Dataset, place: &str) -> Result<Hdf5Object, Hdf5Error> {
        let stored = Stored::of(dataset);
        let is_text =
            matches!(dataset.dtype(), Datatype::String { .. } | Datatype::VarLen { kind: VarLenKind::String, .. });
        if !is_text && !matches!(stored, Stored::Numbers(_)) {
            return Ok(Hdf5Object::Other(stored.told()));
        }
        self.bytes += dataset.raw_byte_len().map_err(|error| self.damaged(place, error))?;
        self.check_bytes(place)?;
        let Stored::Numbers(number) = stored else { return self.text(dataset, place) };
        let column = Column::dense(self.content.bytes(place, dataset)?, number);
        let shape: Vec<usize> = dataset.shape().iter().map(|size| *size as usize).collect();
        let count = shape.iter().try_fold(1_usize, |count, size| count.checked_mul(*size));
        if count != Some(column.len()) {
            return Err(self.beyond(place, format!("expected shape {shape:?}, got {} numbers", column.len())));
        }
        let numbers = (0..column.len()).map(|index| column.number(index)).collect();
        let (kind, is_float) = (number.to_string(), number.is_float());
        Ok(Hdf5Object::Numbers(NumberArray { shape, kind, is_float, numbers }))
    }

    fn text(&mut self, dataset: &Dataset, place: &str) -> Result<Hdf5Object, Hdf5Error> {
        let has_references = matches!(dataset.dtype(), Datatype::VarLen { .. })
            || matches!(dataset.dtype(), Datatype::String { size: StringSize::Variable, .. });
        if has_references {
            // Many references to the same text would multiply the memory use.
            let references = self.content.bytes(place, dataset)?;
            let length =
                |reference: &[u8]| reference[..4].iter().rev().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
            let stated = references.chunks_exact(REFERENCE).map(length).fold(0, usize::saturating_add);
            if stated as u64 > self.content.length {
                let reason = format!("{stated} bytes of text in a file of {} bytes", self.content.length);
                return Err(self.beyond(place, reason));
            }
            self.bytes = self.bytes.saturating_add(stated);
            self.check_bytes(place)?;
        }
        dataset.read_strings().map(Hdf5Object::Text).map_err(|error| self.damaged(place, error))
    }

    fn check_bytes(&self, place: &str) -> Result<(), Hdf5Error> {
        let most = self.content.most;
        let fits = self.bytes <= most;
        if fits { Ok(()) } else { Err(self.beyond(place, format!("expected at most {most} bytes of content"))) }
    }

    fn damaged(&self, place: &str, error: ReaderError) -> Hdf5Error {
        structure(&self.content.file, shown_place(place), error)
    }

    fn beyond(&self, place: &str, reason: String) -> Hdf5Error {
        let (file, place) = (self.content.file.clone(), shown_place(place).to_owned());
        Hdf5Error::Structure { file, place, reason }
    }
}

fn shown_place(place: &str) -> &str {
    if place.is_empty() { "/" } else { place }
}

/// Returns the name of a member, without the groups above it, and its place for messages.
fn named(name: &str, above: &str) -> (String, String) {
    let name = name.rsplit('/').next().unwrap_or_default();
    (name.to_owned(), format!("{above}/{}", shown(name)))
}
