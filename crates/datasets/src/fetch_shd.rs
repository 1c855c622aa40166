//! Makes sure that the files of Spiking Heidelberg Digits are on this machine, and whole.
//!
//! Their publisher keeps `shd_train.h5.gz` and `shd_test.h5.gz`, and states MD5 checksums of them in `md5sums.txt` beside them, as
//! the example on zenkelab.org/resources/spiking-heidelberg-datasets-shd reads them. The files were published anew with corrections,
//! so that no checksum stands in the program; the user may state others, of MD5 or SHA-256.

use std::{
    fs,
    path::{Path, PathBuf},
};

use thiserror::Error;
use ureq::Agent;

use crate::{
    checksums::{Algorithm, ChecksumError, Checksums},
    download::{self, DownloadError, Progress, receive},
    hdf5::{Content, Hdf5Error},
    locate::{self, Place},
    persist,
    shd::{self, SHD_CLASSES, SHD_NAME, SHD_UNITS, ShdError, locate_shd},
    source::{self, SourceError},
};

/// Where the publisher keeps the files.
pub const SHD_ADDRESS: &str = "https://zenkelab.org/datasets";
/// The list of checksums beside them.
const SUMS: &str = "md5sums.txt";
/// Training and test file as published.
const FILES: [&str; 2] = ["shd_train.h5.gz", "shd_test.h5.gz"];
/// More than this is no file of Spiking Heidelberg Digits: unpacked, the larger one has 269 MB.
const MOST_BYTES: u64 = 512 << 20;
/// More than this is no list of checksums.
const MOST_SUMS: u64 = 1 << 20;

/// Spiking Heidelberg Digits that are there, and read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedShd {
    /// Where they are.
    pub place: Place,
    /// Training and test file.
    pub files: Vec<FetchedRecordings>,
}

/// A file of recordings that is there, and reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedRecordings {
    /// Its name.
    pub name: String,
    /// Its size as it is.
    pub bytes: u64,
    /// How it came here.
    pub origin: Origin,
    /// What it holds.
    pub recordings: usize,
    /// The checksum that vouches for it, where one is stated.
    pub checksum: Option<Algorithm>,
}

/// How a file came where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It was there.
    Found,
    /// It was copied just now.
    Copied,
    /// It was downloaded just now.
    Downloaded,
}

/// Why the files are not there, or not right.
#[derive(Debug, Error)]
pub enum FetchShdError {
    /// A file was not downloaded.
    #[error(
        "{reason}\n\n\
         hint: run it again, what is already there is kept; or download `shd_train.h5.gz` and `shd_test.h5.gz` by other means and \
         give `--folder DIR`"
    )]
    Download {
        /// What went wrong.
        reason: DownloadError,
    },
    /// A checksum does not vouch for a file, or is none.
    #[error(transparent)]
    Checksum(#[from] ChecksumError),
    /// The list of checksums, or a file, has no content.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A file is not one of Spiking Heidelberg Digits.
    #[error(transparent)]
    Shd(#[from] ShdError),
    /// A folder without the files.
    #[error("{folder}: has neither `{name}` nor `{name}.gz`, must have one")]
    Missing {
        /// The folder.
        folder: String,
        /// The file.
        name: &'static str,
    },
    /// Nobody knows where to put files.
    #[error(
        "{SHD_NAME}: no cache folder as the home folder is unknown, must be known or given\n\nhint: set `HOME` or `XDG_CACHE_HOME`"
    )]
    NoCacheFolder,
    /// The cache folder does not take a file.
    #[error("{file}: cannot be written ({reason}), must be in a writable folder")]
    Write {
        /// The file.
        file: String,
        /// What the system says.
        reason: std::io::Error,
    },
}

/// Where files come from that are not there.
#[derive(Clone, Copy, Debug)]
pub enum ShdFrom<'a> {
    /// Downloaded from below this address, usually [`SHD_ADDRESS`].
    Address(&'a str),
    /// Copied from this folder.
    Folder(&'a Path),
}

/// Finds the files as [`locate_shd()`] does and reads them, or brings them into the cache folder, for which `cache` stands in.
///
/// `checksums` is a file of lines of `md5sum` or `sha256sum` that is compared in place of the publisher's. A file of the cache folder
/// is kept where its checksum is right, and brought again where it is not; without any checksum, where it reads. Files of a folder
/// that is given are always taken. `progress` is told how each download proceeds.
///
/// # Errors
/// [`FetchShdError`]; nothing that is wrong is kept.
pub fn fetch_shd(
    cache: Option<&Path>,
    from: ShdFrom<'_>,
    checksums: Option<&Path>,
    progress: &mut dyn FnMut(Progress),
) -> Result<FetchedShd, FetchShdError> {
    fetch_with(&download::agent(), cache, from, checksums, progress)
}

fn fetch_with(
    agent: &Agent,
    cache: Option<&Path>,
    from: ShdFrom<'_>,
    checksums: Option<&Path>,
    progress: &mut dyn FnMut(Progress),
) -> Result<FetchedShd, FetchShdError> {
    let sums = checksums.map(stated).transpose()?;
    match (from, locate_shd(cache)) {
        (ShdFrom::Folder(folder), _) => copy(folder, &cache_folder(cache)?, sums.as_ref()),
        (ShdFrom::Address(_), Ok(found)) if !matches!(found.place, Place::Cache(_)) => {
            let files = [found.train, found.test].into_iter().map(|path| {
                let (bytes, name) = (read(&path)?, name_of(&path));
                checked(&path.display().to_string(), &name, &bytes, Origin::Found, sums.as_ref())
            });
            Ok(FetchedShd { place: found.place, files: files.collect::<Result<_, _>>()? })
        }
        (ShdFrom::Address(address), _) => {
            let folder = cache_folder(cache)?;
            let sums = match sums {
                Some(sums) => Some(sums),
                None => published(agent, address)?,
            };
            let one = |name| complete(agent, address, name, &folder, sums.as_ref(), progress);
            let files = FILES.into_iter().map(one).collect::<Result<_, _>>()?;
            Ok(FetchedShd { place: Place::Cache(folder), files })
        }
    }
}

/// The checksums that the user states.
fn stated(path: &Path) -> Result<Checksums, FetchShdError> {
    Ok(Checksums::parse(&path.display().to_string(), &read(path)?)?)
}

/// The checksums that the publisher states; none where there is no list of them.
fn published(agent: &Agent, address: &str) -> Result<Option<Checksums>, FetchShdError> {
    let url = format!("{}/{SUMS}", address.trim_end_matches('/'));
    match receive(agent, &url, MOST_SUMS, |_, _| {}) {
        Ok(text) => Ok(Some(Checksums::parse(&url, &text)?)),
        Err(DownloadError::Server { reason, .. }) if matches!(*reason, ureq::Error::StatusCode(404)) => Ok(None),
        Err(reason) => Err(FetchShdError::Download { reason }),
    }
}

/// Keeps the file `name` of our `folder`, or downloads it.
fn complete(
    agent: &Agent,
    address: &str,
    name: &'static str,
    folder: &Path,
    sums: Option<&Checksums>,
    progress: &mut dyn FnMut(Progress),
) -> Result<FetchedRecordings, FetchShdError> {
    let path = folder.join(name);
    let kept = read(&path).and_then(|bytes| checked(&path.display().to_string(), name, &bytes, Origin::Found, sums));
    if kept.is_ok() {
        return kept;
    }
    let url = format!("{}/{name}", address.trim_end_matches('/'));
    let tell = |received, expected| progress(Progress { file: name, received, expected });
    let bytes = receive(agent, &url, MOST_BYTES, tell).map_err(|reason| FetchShdError::Download { reason })?;
    let file = checked(&url, name, &bytes, Origin::Downloaded, sums)?;
    put(folder, name, &bytes)?;
    Ok(file)
}

/// Takes both files of `from` to our `folder`.
fn copy(from: &Path, folder: &Path, sums: Option<&Checksums>) -> Result<FetchedShd, FetchShdError> {
    let one = |name| {
        let missing = || FetchShdError::Missing { folder: from.display().to_string(), name };
        let path = shd::file_in(from, name).ok_or_else(missing)?;
        let (bytes, name) = (read(&path)?, name_of(&path));
        let file = checked(&path.display().to_string(), &name, &bytes, Origin::Copied, sums)?;
        put(folder, &name, &bytes)?;
        Ok(file)
    };
    let files = ["shd_train.h5", "shd_test.h5"].into_iter().map(one);
    Ok(FetchedShd { place: Place::Cache(folder.to_owned()), files: files.collect::<Result<_, FetchShdError>>()? })
}

/// Whether the checksum of `bytes`, which messages call `file`, is right, and they read.
fn checked(
    file: &str,
    name: &str,
    bytes: &[u8],
    origin: Origin,
    sums: Option<&Checksums>,
) -> Result<FetchedRecordings, FetchShdError> {
    let checksum = sums.map(|sums| sums.verify(file, name, bytes)).transpose()?;
    let content = if name.ends_with(".gz") { source::unpack(file, bytes)? } else { bytes.to_vec() };
    let content = Content::open(file.to_owned(), content).map_err(|reason: Hdf5Error| ShdError::from(reason))?;
    let recordings = shd::read_layout(&content, SHD_UNITS, SHD_CLASSES.len())?.len();
    Ok(FetchedRecordings { name: name.to_owned(), bytes: bytes.len() as u64, origin, recordings, checksum })
}

fn read(path: &Path) -> Result<Vec<u8>, FetchShdError> {
    let file = || path.display().to_string();
    Ok(fs::read(path).map_err(|reason| SourceError::Read { file: file(), reason })?)
}

fn put(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), FetchShdError> {
    let path = folder.join(name);
    let written = fs::create_dir_all(folder).and_then(|()| persist::write(&path, folder, |part| part.write_all(bytes)));
    written.map_err(|reason| FetchShdError::Write { file: path.display().to_string(), reason })
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn cache_folder(cache: Option<&Path>) -> Result<PathBuf, FetchShdError> {
    let folder = cache.map(Path::to_owned).or_else(locate::default_cache).ok_or(FetchShdError::NoCacheFolder)?;
    Ok(folder.join(SHD_NAME))
}
