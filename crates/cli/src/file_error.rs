//! Errors of files that a command reads or writes.

use std::io;
use std::path::PathBuf;

use ohmspike_datasets::{reason, write_reason};

/// A file or folder that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{}`: {}", path.display(), write_reason(source))]
pub struct WriteError {
    pub path: PathBuf,
    pub source: io::Error,
}

/// A file that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read `{}`: {}", path.display(), reason(source))]
pub struct ReadError {
    pub path: PathBuf,
    pub source: io::Error,
}
