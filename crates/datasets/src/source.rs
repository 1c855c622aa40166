//! A file as it is read: whole, and unpacked where it is packed with gzip.
//!
//! Packed files grow with the content that really comes; no memory is taken on the word of a header.

use std::{
    fs,
    io::{self, Read},
    path::Path,
};

use flate2::bufread::GzDecoder;
use thiserror::Error;

/// The first two bytes of every gzip file (RFC 1952, section 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// Memory taken at once, in bytes a packed byte; Spiking Heidelberg Digits unpack to 2.1.
const RESERVED: usize = 3;

/// The content of a file.
pub(crate) struct Source {
    /// Where it comes from, for messages.
    pub file: String,
    pub bytes: Vec<u8>,
}

/// Why a file has no content.
#[derive(Debug, Error)]
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
        let file = path.display().to_string();
        let bytes = fs::read(path).map_err(|reason| SourceError::Read { file: file.clone(), reason })?;
        let bytes = if bytes.starts_with(&GZIP) { unpack(&file, &bytes)? } else { bytes };
        Ok(Source { file, bytes })
    }
}

/// The content of a gzip stream.
pub(crate) fn unpack(file: &str, packed: &[u8]) -> Result<Vec<u8>, SourceError> {
    let mut content = Vec::with_capacity(RESERVED.saturating_mul(packed.len()));
    let mut decoder = GzDecoder::new(packed);
    if decoder.read_to_end(&mut content).is_err() {
        return Err(SourceError::Damaged { file: file.to_owned(), got: content.len() });
    }
    match decoder.into_inner().len() {
        0 => Ok(content),
        got => Err(SourceError::TrailingBytes { file: file.to_owned(), got }),
    }
}

/// Bytes as messages show them.
pub(crate) fn spaced(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}
