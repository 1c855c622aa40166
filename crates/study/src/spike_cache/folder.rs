//! Lists and removes files of encoded spikes.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ohmspike_datasets::{encoded_folders, persist, regular};

use super::{EXTENSION, WrongFile, read};

/// A file of encoded spikes.
#[derive(Debug)]
pub struct SpikeFile {
    /// Its path.
    pub path: PathBuf,
    /// Its size, bytes.
    pub bytes: u64,
    /// Name of the data set, number of samples and time steps; or what is wrong with the header.
    pub content: Result<(String, usize, usize), WrongFile>,
}

/// What [`clear`] removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cleared {
    /// Number of files.
    pub files: usize,
    /// Their size, bytes.
    pub bytes: u64,
}

/// Lists the files of encoded spikes, reading their headers only.
pub fn spike_files() -> Vec<SpikeFile> {
    files(&encoded_folders())
}

/// Removes all files of encoded spikes, also unfinished ones of processes that were killed. Running processes of this
/// machine keep what they have opened.
///
/// # Errors
/// Returns the first file that cannot be removed, and why.
pub fn clear() -> Result<Cleared, (PathBuf, io::Error)> {
    remove(&encoded_folders())
}

pub(super) fn files(folders: &[PathBuf]) -> Vec<SpikeFile> {
    let mut files: Vec<SpikeFile> = folders.iter().flat_map(|folder| entries(folder)).map(describe).collect();
    files.sort_by(|one, other| one.path.cmp(&other.path));
    files
}

pub(super) fn remove(folders: &[PathBuf]) -> Result<Cleared, (PathBuf, io::Error)> {
    let mut cleared = Cleared::default();
    for folder in folders {
        for (path, bytes) in entries(folder).into_iter().chain(unfinished(folder)) {
            fs::remove_file(&path).map_err(|error| (path, error))?;
            cleared.files += 1;
            cleared.bytes += bytes;
        }
    }
    Ok(cleared)
}

/// Returns the sum of the files in `folder`, bytes.
pub(super) fn bytes_of(folder: &Path) -> u64 {
    entries(folder).iter().map(|(_, bytes)| bytes).sum()
}

fn describe((path, bytes): (PathBuf, u64)) -> SpikeFile {
    let header = regular::open(&path).map_err(WrongFile::Read).and_then(|mut file| read::header(&mut file));
    SpikeFile { path, bytes, content: header.map(|header| (header.name, header.samples, header.steps)) }
}

fn entries(folder: &Path) -> Vec<(PathBuf, u64)> {
    listed(folder, |path| path.extension().is_some_and(|extension| extension == EXTENSION))
}

fn unfinished(folder: &Path) -> Vec<(PathBuf, u64)> {
    listed(folder, persist::is_unfinished)
}

/// Lists files with their sizes. A missing folder has none.
fn listed(folder: &Path, wanted: impl Fn(&Path) -> bool) -> Vec<(PathBuf, u64)> {
    let paths = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let sizes = paths.filter(|path| wanted(path)).filter_map(|path| {
        let bytes = fs::symlink_metadata(&path).ok()?.len();
        Some((path, bytes))
    });
    sizes.collect()
}
