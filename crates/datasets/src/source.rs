//! Reads a whole file and decompresses it if it is gzipped.
//!
//! The decompressed size is bounded and memory use grows with the content; sizes in headers are not trusted. Pipes and
//! devices are rejected.

use std::{
    io::{self, Read},
    path::Path,
};

use thiserror::Error;

use crate::{
    gzip::{self, Members},
    regular,
    shown::shown_path,
};

/// Initial buffer, in bytes per compressed byte; Spiking Heidelberg Digits expand by a factor of 2.1.
const RESERVED: usize = 3;
/// Largest file, bytes: 4 GiB.
pub(crate) const LARGEST: u64 = 4 << 30;
/// Decompressed size allowed for any file, bytes.
const SMALL: u64 = 256 << 20;
/// Decompressed size allowed for a larger file, in bytes per compressed byte. Text and sparse data compress this well;
/// a decompression bomb expands by a factor of 1,032.
const HIGHEST_RATIO: u64 = 256;

/// Returns the largest decompressed size of `packed` bytes.
pub(crate) fn most_unpacked(packed: usize) -> u64 {
    SMALL.max(HIGHEST_RATIO.saturating_mul(packed as u64)).min(LARGEST)
}

/// Content of a file.
pub(crate) struct Source {
    /// File name for messages.
    pub file: String,
    pub bytes: Vec<u8>,
}

/// Reason for a failure to read a file.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The file cannot be read.
    #[error("cannot read `{file}`: {}", crate::reason(reason))]
    Read {
        /// The file.
        file: String,
        /// Error of the operating system.
        reason: io::Error,
    },
    /// Damaged gzip data or a wrong checksum.
    #[error("{file}: damaged gzip data after {got} bytes")]
    Damaged {
        /// The file.
        file: String,
        /// Content decompressed so far, bytes.
        got: usize,
    },
    /// The decompressed content exceeds the limit.
    #[error("{file}: expected at most {most} bytes of content in {packed} bytes of gzip data, got more")]
    TooLong {
        /// The file.
        file: String,
        /// Compressed size, bytes.
        packed: usize,
        /// Limit, bytes.
        most: u64,
    },
    /// Trailing data after the gzip stream.
    #[error("{file}: unexpected data after the gzip stream ({got} B)")]
    TrailingBytes {
        /// The file.
        file: String,
        /// Size of the trailing data, bytes.
        got: usize,
    },
}

impl Source {
    /// Reads the file at `path`.
    pub(crate) fn read(path: &Path) -> Result<Source, SourceError> {
        let file = shown_path(path);
        let bytes = regular::read(path, LARGEST).map_err(|reason| SourceError::Read { file: file.clone(), reason })?;
        let bytes = if bytes.starts_with(&gzip::MAGIC) { unpack(&file, &bytes)? } else { bytes };
        Ok(Source { file, bytes })
    }
}

/// Decompresses a gzip stream.
pub(crate) fn unpack(file: &str, packed: &[u8]) -> Result<Vec<u8>, SourceError> {
    unpack_at_most(file, packed, most_unpacked(packed.len()))
}

fn unpack_at_most(file: &str, packed: &[u8], most: u64) -> Result<Vec<u8>, SourceError> {
    let mut content = Vec::with_capacity(RESERVED.saturating_mul(packed.len()).min(most as usize));
    let mut decoder = Members::new(packed).take(most + 1);
    if decoder.read_to_end(&mut content).is_err() {
        return Err(SourceError::Damaged { file: file.to_owned(), got: content.len() });
    }
    if content.len() as u64 > most {
        return Err(SourceError::TooLong { file: file.to_owned(), packed: packed.len(), most });
    }
    match decoder.into_inner().left().len() {
        0 => Ok(content),
        got => Err(SourceError::TrailingBytes { file: file.to_owned(), got }),
    }
}

/// Formats bytes in hexadecimal for messages.
pub(crate) fn spaced(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    #[test]
    fn rejects_streams_beyond_the_limit() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&[0; 100_000]).unwrap();
        let packed = encoder.finish().unwrap();
        assert_eq!(unpack_at_most("a", &packed, 100_000).unwrap().len(), 100_000);
        let length = packed.len();
        assert_eq!(
            unpack_at_most("a", &packed, 99_999).unwrap_err().to_string(),
            format!("a: expected at most 99999 bytes of content in {length} bytes of gzip data, got more")
        );
        assert_eq!([0, 1 << 20, 2 << 20, usize::MAX].map(most_unpacked), [256 << 20, 256 << 20, 512 << 20, 4 << 30]);
    }
}
