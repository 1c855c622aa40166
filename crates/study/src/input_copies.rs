//! Copies of the device and map files of a study in its results folder: `inputs/HASH-NAME`.
//!
//! A moved results folder may no longer find the files themselves. HASH is that of the path in `study.toml`: it leads
//! from the path to the copy, and keeps files with the same name apart.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ohmspike_datasets::{persist, regular};

use crate::bounded::{LARGEST_MAP, read_named};
use crate::sha256::sha256;

/// Folder of the copies in the results folder.
pub(crate) const FOLDER: &str = "inputs";

/// Returns the path, in the folder of the copies, of the copy of the file that `study.toml` calls `name`.
pub(crate) fn copy_of(name: &str) -> PathBuf {
    let file = Path::new(name).file_name().unwrap_or_default().to_string_lossy();
    PathBuf::from(format!("{}-{file}", &sha256(name.as_bytes())[..8]))
}

/// Copies `file`, which `study.toml` calls `name`, into the results folder `results`. A pipe has no copy, since it can
/// be read only once.
///
/// # Errors
/// Returns the path of the copy and the error if it cannot be written or the file cannot be read.
pub(crate) fn keep(results: &Path, name: &str, file: &Path) -> Result<(), (PathBuf, io::Error)> {
    let copy = results.join(FOLDER).join(copy_of(name));
    let failed = |error| (copy.clone(), error);
    if !fs::metadata(file).map_err(failed)?.is_file() {
        return Ok(());
    }
    let content = read_named(file, LARGEST_MAP).map_err(failed)?;
    if regular::read(&copy, LARGEST_MAP).is_ok_and(|there| there == content) {
        return Ok(());
    }
    fs::create_dir_all(results.join(FOLDER)).map_err(failed)?;
    persist::write(&copy, |file| file.write_all(&content)).map_err(failed)
}
