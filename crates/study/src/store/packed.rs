//! Files that may be packed with gzip.

use std::io::{self, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use ohmspike_datasets::regular;

use crate::bounded::Unreadable;

fn is_packed(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "gz")
}

/// Opens a file, unpacking it if its name ends with `.gz`.
pub(super) fn open_maybe_packed(path: &Path) -> io::Result<Box<dyn Read>> {
    let file = regular::open(path)?;
    Ok(if is_packed(path) { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) })
}

/// Whether `error` means that the packed file at `path` is damaged or incomplete. Errors of the system, and sizes above
/// a limit, mean something else.
pub(super) fn is_damage(path: &Path, error: &io::Error) -> bool {
    let is_limit = error.get_ref().is_some_and(|inner| inner.is::<Unreadable>());
    is_packed(path) && error.raw_os_error().is_none() && !is_limit
}
