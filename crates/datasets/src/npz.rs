//! Reads files of several NumPy arrays: a zip archive of npy files, packed or not.
//!
//! What is unpacked is bounded by the size of the archive, for all arrays together, so that entries that share their bytes do not
//! multiply them; it grows with the content that really comes.

use std::{collections::BTreeMap, io::Read};

use flate2::bufread::DeflateDecoder;
use rawzip::{CompressionMethod, ZipArchive, ZipFileHeaderRecord, ZipSliceArchive};
use thiserror::Error;

use crate::{
    npy::{self, Array, NpyError},
    shown::{excerpt, shown},
    source::{Source, most_unpacked},
};

/// The first bytes of every archive that is not empty.
pub(crate) const MAGIC: &[u8] = b"PK\x03\x04";

/// Why a file is not an archive of arrays.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NpzError {
    /// The archive is damaged, or has something that is not read.
    #[error("{file}: {reason}, must be an archive as `numpy.savez` writes it")]
    Archive {
        /// The file, with the array where one is at fault.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// An array is not one.
    #[error(transparent)]
    Array(#[from] NpyError),
}

/// Every array of `source` by its name.
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
            return Err(wrong(&file, "does not start as an array"));
        }
        if arrays.insert(name.to_owned(), npy::read(&file, bytes)?).is_some() {
            return Err(wrong(&file, "is there twice"));
        }
    }
    let stated = archive.entries_hint();
    if count != stated {
        return Err(wrong(&source.file, format!("{count} of {stated} entries are there")));
    }
    Ok(arrays)
}

/// The content of an entry, at most `most` bytes.
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
        other => return Err(wrong(file, format!("is packed by method {other}"))),
    };
    let mut bytes = Vec::new();
    let outcome = local.verifying_reader(content).take(most + 1).read_to_end(&mut bytes);
    outcome.map_err(|reason| wrong(file, format!("damaged after {} bytes ({reason})", bytes.len())))?;
    if bytes.len() as u64 > most {
        return Err(wrong(
            file,
            format!("unpacks to more than the {most} bytes that are left of those that the archive may hold"),
        ));
    }
    Ok(bytes)
}

fn wrong(file: &str, reason: impl ToString) -> NpzError {
    NpzError::Archive { file: file.to_owned(), reason: shown(&reason.to_string()).into_owned() }
}
