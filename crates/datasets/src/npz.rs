//! Reads and writes npz files: zip archives of npy files, compressed or not.
//!
//! The decompressed size of all arrays together is bounded by the size of the archive, so that overlapping entries
//! cannot multiply the memory use. Memory use grows with the content; sizes in headers are not trusted.

use std::{
    collections::BTreeMap,
    io::{self, Read, Write},
};

use flate2::bufread::DeflateDecoder;
use rawzip::{CompressionMethod, ZipArchive, ZipArchiveWriter, ZipFileHeaderRecord, ZipSliceArchive};
use thiserror::Error;

use crate::{
    npy::{self, Array, NpyError},
    shown::{excerpt, shown},
    source::{Source, most_unpacked},
};

/// The first bytes of an archive with at least one entry.
pub(crate) const MAGIC: &[u8] = b"PK\x03\x04";

/// Reason for rejecting an npz file.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NpzError {
    /// A damaged archive, or an unsupported feature.
    #[error("{file}: {reason}; expected an archive from `numpy.savez`")]
    Archive {
        /// The file, and the array if one is at fault.
        file: String,
        /// Description of the error.
        reason: String,
    },
    /// Invalid array.
    #[error(transparent)]
    Array(#[from] NpyError),
    /// Several arrays for one purpose.
    #[error("{file}: expected one of `{}`, got {}\n\nhint: save the file without the others", names.join("`, `"), names.len())]
    Several {
        /// The file.
        file: String,
        /// The arrays.
        names: Vec<&'static str>,
    },
}

/// Names that an array may have. The first group with a name in the file counts.
pub(crate) type Names = [&'static [&'static str]];

/// Removes the array with one of these names from the `arrays` of `file`; none if no name is there.
pub(crate) fn take(file: &str, arrays: &mut BTreeMap<String, Array>, names: &Names) -> Result<Option<Array>, NpzError> {
    for group in names {
        let found: Vec<&str> = group.iter().copied().filter(|name| arrays.contains_key(*name)).collect();
        match found[..] {
            [] => {}
            [one] => return Ok(arrays.remove(one)),
            _ => return Err(NpzError::Several { file: file.to_owned(), names: found }),
        }
    }
    Ok(None)
}

/// Writes an npy file.
pub(crate) type WriteArray<'a> = &'a dyn Fn(&mut dyn Write) -> io::Result<()>;

/// Writes an uncompressed archive with the named arrays.
pub(crate) fn write(arrays: &[(&str, WriteArray)], out: impl Write) -> io::Result<()> {
    let mut archive = ZipArchiveWriter::new(out);
    for (name, write) in arrays {
        let (mut entry, config) = archive.new_file(&*format!("{name}.npy")).start().map_err(io::Error::other)?;
        let mut content = config.wrap(&mut entry);
        write(&mut content)?;
        let (_, descriptor) = content.finish().map_err(io::Error::other)?;
        entry.finish(descriptor).map_err(io::Error::other)?;
    }
    archive.finish().map_err(io::Error::other)?.flush()
}

/// Reads every array of `source` by name; arrays of elements that are not numbers are errors only if they are used.
pub(crate) fn read(source: &Source) -> Result<BTreeMap<String, Array>, NpzError> {
    let damaged = |reason: rawzip::Error| wrong(&source.file, reason);
    let archive = ZipArchive::from_slice(&source.bytes[..]).map_err(damaged)?;
    let mut left = most_unpacked(source.bytes.len());
    let mut arrays = BTreeMap::new();
    let mut entries = archive.entries();
    let mut count = 0;
    while let Some(entry) = entries.next_entry().map_err(damaged)? {
        count += 1;
        let path = String::from_utf8_lossy(entry.file_path().as_ref()).into_owned();
        let Some(name) = path.strip_suffix(".npy") else { continue };
        let file = format!("{}: `{}`", source.file, excerpt(name));
        let bytes = unpack(&file, &archive, &entry, left)?;
        left -= bytes.len() as u64;
        if !bytes.starts_with(npy::MAGIC) {
            return Err(wrong(&file, "not an npy array"));
        }
        if arrays.insert(name.to_owned(), npy::read_any(&file, bytes)?).is_some() {
            return Err(wrong(&file, "duplicate array"));
        }
    }
    let stated = archive.entries_hint();
    if count != stated {
        return Err(wrong(&source.file, format!("found {count} of {stated} entries")));
    }
    Ok(arrays)
}

/// Reads the content of an entry, at most `most` bytes.
fn unpack(
    file: &str,
    archive: &ZipSliceArchive<&[u8]>,
    entry: &ZipFileHeaderRecord<'_>,
    most: u64,
) -> Result<Vec<u8>, NpzError> {
    let local = archive.get_entry(entry.wayfinder()).map_err(|reason| wrong(file, reason))?;
    let packed = local.data();
    let content: Box<dyn Read> = match entry.compression_method() {
        CompressionMethod::STORE => Box::new(packed),
        CompressionMethod::DEFLATE => Box::new(DeflateDecoder::new(packed)),
        other => return Err(wrong(file, format!("unsupported compression method {other}"))),
    };
    let mut bytes = Vec::new();
    let outcome = local.verifying_reader(content).take(most + 1).read_to_end(&mut bytes);
    outcome.map_err(|reason| wrong(file, format!("damaged after {} bytes ({reason})", bytes.len())))?;
    if bytes.len() as u64 > most {
        return Err(wrong(file, format!("decompresses to more than the remaining {most} bytes of the limit")));
    }
    Ok(bytes)
}

fn wrong(file: &str, reason: impl ToString) -> NpzError {
    NpzError::Archive { file: file.to_owned(), reason: shown(&reason.to_string()).into_owned() }
}
