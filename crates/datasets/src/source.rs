//! A file as it is read: whole, and unpacked where it is packed with gzip.
//!
//! Packed files grow with the content that really comes, up to a bound; no memory is taken on the word of a header. Pipes and
//! devices are refused.

use std::{
    io::{self, Read},
    path::Path,
};

use flate2::bufread::GzDecoder;
use thiserror::Error;

use crate::{regular, shown::shown_path};

/// The first two bytes of every gzip file (RFC 1952, section 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// Memory taken at once, in bytes a packed byte; Spiking Heidelberg Digits unpack to 2.1.
const RESERVED: usize = 3;
/// The longest file that is read: 4 GiB.
pub(crate) const LARGEST: u64 = 4 << 30;
/// What any file may unpack to, bytes.
const SMALL: u64 = 256 << 20;
/// What a larger one may unpack to, in bytes a packed byte: text and numbers of sparse data pack so well, and a file that is made to
/// fill memory packs 1,032-fold.
const HIGHEST_RATIO: u64 = 256;

/// The most that `packed` bytes may unpack to.
pub(crate) fn most_unpacked(packed: usize) -> u64 {
    SMALL.max(HIGHEST_RATIO.saturating_mul(packed as u64)).min(LARGEST)
}

/// The content of a file.
pub(crate) struct Source {
    /// Where it comes from, for messages.
    pub file: String,
    pub bytes: Vec<u8>,
}

/// Why a file has no content.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SourceError {
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
    /// More content than any file needs.
    #[error("{file}: {packed} bytes unpack to more than {most}, must be at most as many")]
    TooLong {
        /// The file.
        file: String,
        /// Its size, bytes.
        packed: usize,
        /// The bound, bytes.
        most: u64,
    },
    /// The file goes on after the gzip stream.
    #[error("{file}: {got} bytes follow the gzip stream, must be none")]
    TrailingBytes {
        /// The file.
        file: String,
        /// How many.
        got: usize,
    },
}

impl Source {
    /// Reads the file at `path`.
    pub(crate) fn read(path: &Path) -> Result<Source, SourceError> {
        let file = shown_path(path);
        let bytes = regular::read(path, LARGEST).map_err(|reason| SourceError::Read { file: file.clone(), reason })?;
        let bytes = if bytes.starts_with(&GZIP) { unpack(&file, &bytes)? } else { bytes };
        Ok(Source { file, bytes })
    }
}

/// The content of a gzip stream.
pub(crate) fn unpack(file: &str, packed: &[u8]) -> Result<Vec<u8>, SourceError> {
    unpack_at_most(file, packed, most_unpacked(packed.len()))
}

fn unpack_at_most(file: &str, packed: &[u8], most: u64) -> Result<Vec<u8>, SourceError> {
    let mut content = Vec::with_capacity(RESERVED.saturating_mul(packed.len()).min(most as usize));
    let mut decoder = GzDecoder::new(packed).take(most + 1);
    if decoder.read_to_end(&mut content).is_err() {
        return Err(SourceError::Damaged { file: file.to_owned(), got: content.len() });
    }
    if content.len() as u64 > most {
        return Err(SourceError::TooLong { file: file.to_owned(), packed: packed.len(), most });
    }
    match decoder.into_inner().into_inner().len() {
        0 => Ok(content),
        got => Err(SourceError::TrailingBytes { file: file.to_owned(), got }),
    }
}

/// Bytes as messages show them.
pub(crate) fn spaced(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    #[test]
    fn a_stream_that_grows_beyond_its_bound_is_refused() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&[0; 100_000]).unwrap();
        let packed = encoder.finish().unwrap();
        assert_eq!(unpack_at_most("a", &packed, 100_000).unwrap().len(), 100_000);
        let length = packed.len();
        assert_eq!(
            unpack_at_most("a", &packed, 99_999).unwrap_err().to_string(),
            format!("a: {length} bytes unpack to more than 99999, must be at most as many")
        );
        assert_eq!([0, 1 << 20, 2 << 20, usize::MAX].map(most_unpacked), [256 << 20, 256 << 20, 512 << 20, 4 << 30]);
    }
}
