//! Ensures that complete files of Spiking Heidelberg Digits are on this machine.
//!
//! The publisher provides `shd_train.h5.gz`, `shd_test.h5.gz` and a list of MD5 checksums, `md5sums.txt` (see the
//! example on zenkelab.org/resources/spiking-heidelberg-datasets-shd). The files have been republished with
//! corrections, so the program contains no checksums. The user can supply a list of MD5 or SHA-256 checksums.

use std::{fs, io, path::Path};

use thiserror::Error;

use crate::{
    checksums::{Algorithm, ChecksumError, Checksums},
    client::Client,
    download::{DownloadError, Progress, receive},
    hdf5::{Content, Hdf5Error},
    locate::{self, Place},
    persist, regular,
    shd::{self, SHD_NAME, ShdError},
    shown::shown_path,
    source::{self, SourceError},
};

/// URL of the published files.
pub const SHD_ADDRESS: &str = "https://zenkelab.org/datasets";
/// File name of the published list of checksums.
const SUMS: &str = "md5sums.txt";
/// Names of the published training and test files.
const FILES: [&str; 2] = ["shd_train.h5.gz", "shd_test.h5.gz"];
/// Limit on the size of a downloaded file; the larger file has 269 MB uncompressed.
const MAX_BYTES: u64 = 512 << 20;
/// Limit on the size of a list of checksums.
const MAX_SUMS: u64 = 1 << 20;

/// Complete and readable files of Spiking Heidelberg Digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedShd {
    /// Location of the files.
    pub place: Place,
    /// Training and test files.
    pub files: Vec<FetchedRecordings>,
}

/// A readable file of recordings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedRecordings {
    /// File name.
    pub name: String,
    /// Size of the file as stored.
    pub bytes: u64,
    /// Origin of the file.
    pub origin: Origin,
    /// Number of recordings.
    pub recordings: usize,
    /// Algorithm of the verified checksum, if one is known.
    pub checksum: Option<Algorithm>,
}

/// Origin of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It was present.
    Found,
    /// It was copied by this call.
    Copied,
    /// It was downloaded by this call.
    Downloaded,
}

/// Reason for missing or invalid files.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FetchShdError {
    /// A file could not be downloaded.
    #[error(
        "{reason}\n\n\
         hint: {}; or download `shd_train.h5.gz` and `shd_test.h5.gz` another way and use `--folder DIR`",
        reason.advice()
    )]
    Download {
        /// Reason of the failure.
        reason: DownloadError,
    },
    /// An invalid list of checksums, or a wrong checksum.
    #[error(transparent)]
    Checksum(#[from] ChecksumError),
    /// A file, or the list of checksums, cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Not a file of Spiking Heidelberg Digits.
    #[error(transparent)]
    Shd(#[from] ShdError),
    /// A folder without the files.
    #[error("{folder}: missing `{name}` or `{name}.gz`")]
    Missing {
        /// The folder.
        folder: String,
        /// The file.
        name: &'static str,
    },
    /// Unknown cache folder.
    #[error("{SHD_NAME}: no cache folder because the home folder is unknown\n\nhint: set `HOME` or `XDG_CACHE_HOME`")]
    NoCacheFolder,
    /// A file cannot be written to the cache folder.
    #[error("cannot write `{file}`: {}", crate::write_reason(reason))]
    Write {
        /// The file.
        file: String,
        /// Error of the operating system.
        reason: io::Error,
    },
}

/// Source of missing files.
#[derive(Clone, Copy, Debug)]
pub enum ShdFrom<'a> {
    /// Download from this URL, usually [`SHD_ADDRESS`].
    Address(&'a str),
    /// Copy from this folder.
    Folder(&'a Path),
}

/// Locates the files as [`locate_shd()`](crate::locate_shd()) does and reads them, or brings them into the cache folder
/// or `cache`.
///
/// `checksums` is a file in the format of `md5sum` or `sha256sum` that overrides the published list. A file in the
/// cache folder is kept if its checksum is right and fetched again otherwise. Without a checksum, it is kept if it is
/// readable. With [`ShdFrom::Folder`], the files are always copied. `progress` receives the progress of each download.
///
/// # Errors
/// Returns an error if a file is missing, invalid or cannot be written. Invalid files are never kept.
pub fn fetch_shd(
    cache: Option<&Path>,
    from: ShdFrom<'_>,
    checksums: Option<&Path>,
    progress: &mut dyn FnMut(Progress),
) -> Result<FetchedShd, FetchShdError> {
    fetch_with(&Client::new(), locate::folders(SHD_NAME, cache), from, checksums, progress)
}

/// Locates or fetches the files, given the places to search.
fn fetch_with(
    client: &Client,
    places: Vec<Place>,
    from: ShdFrom<'_>,
    checksums: Option<&Path>,
    progress: &mut dyn FnMut(Progress),
) -> Result<FetchedShd, FetchShdError> {
    let sums = checksums.map(stated).transpose()?;
    let cache =
        places.iter().find(|place| matches!(place, Place::Cache(_))).and_then(Place::folder).map(Path::to_owned);
    let cache = cache.ok_or(FetchShdError::NoCacheFolder);
    let found = shd::locate_in(places);
    let there = found.is_ok();
    match (from, found) {
        (ShdFrom::Folder(folder), _) => copy(folder, &cache?, sums.as_ref()),
        (ShdFrom::Address(_), Ok(found)) if !matches!(found.place, Place::Cache(_)) => {
            let files = [found.train, found.test].into_iter().map(|path| {
                let (bytes, name) = (read(&path)?, name_of(&path));
                checked(&shown_path(&path), &name, &bytes, Origin::Found, sums.as_ref())
            });
            Ok(FetchedShd { place: found.place, files: files.collect::<Result<_, _>>()? })
        }
        (ShdFrom::Address(address), _) => {
            let folder = cache?;
            let sums = match sums {
                Some(sums) => Some(sums),
                // Without a network, existing files are read without a checksum.
                None => published(client, address).or_else(|error| match error {
                    FetchShdError::Download { .. } if there => Ok(None),
                    error => Err(error),
                })?,
            };
            let one = |name| complete(client, address, name, &folder, sums.as_ref(), progress);
            let files = FILES.into_iter().map(one).collect::<Result<_, _>>()?;
            Ok(FetchedShd { place: Place::Cache(folder), files })
        }
    }
}

/// Reads the user's list of checksums.
fn stated(path: &Path) -> Result<Checksums, FetchShdError> {
    Ok(Checksums::parse(&shown_path(path), &read(path)?)?)
}

/// Downloads the published list of checksums, or returns `None` if the server has none.
fn published(client: &Client, address: &str) -> Result<Option<Checksums>, FetchShdError> {
    let url = format!("{}/{SUMS}", address.trim_end_matches('/'));
    match receive(client, &url, MAX_SUMS, |_, _| {}) {
        Ok(text) => Ok(Some(Checksums::parse(&url, &text)?)),
        Err(DownloadError::Server { status: Some(404), .. }) => Ok(None),
        Err(reason) => Err(FetchShdError::Download { reason }),
    }
}

/// Keeps the file `name` in the cache `folder`, compressed or not, or downloads it.
fn complete(
    client: &Client,
    address: &str,
    name: &'static str,
    folder: &Path,
    sums: Option<&Checksums>,
    progress: &mut dyn FnMut(Progress),
) -> Result<FetchedRecordings, FetchShdError> {
    if let Some(path) = shd::file_in(folder, name.trim_end_matches(".gz")) {
        let there = name_of(&path);
        // Checksums of the compressed file do not apply to the uncompressed one.
        let sums = sums.filter(|sums| there == name || sums.has(&there));
        let kept = read(&path).and_then(|bytes| checked(&shown_path(&path), &there, &bytes, Origin::Found, sums));
        if kept.is_ok() {
            return kept;
        }
    }
    let url = format!("{}/{name}", address.trim_end_matches('/'));
    let tell = |received, expected| progress(Progress { file: name, received, expected });
    let bytes = receive(client, &url, MAX_BYTES, tell).map_err(|reason| FetchShdError::Download { reason })?;
    let file = checked(&url, name, &bytes, Origin::Downloaded, sums)?;
    put(folder, name, &bytes)?;
    Ok(file)
}

/// Copies both files from `from` to the cache `folder`.
fn copy(from: &Path, folder: &Path, sums: Option<&Checksums>) -> Result<FetchedShd, FetchShdError> {
    let one = |name| {
        let missing = || FetchShdError::Missing { folder: shown_path(from), name };
        let path = shd::file_in(from, name).ok_or_else(missing)?;
        let (bytes, name) = (read(&path)?, name_of(&path));
        let file = checked(&shown_path(&path), &name, &bytes, Origin::Copied, sums)?;
        put(folder, &name, &bytes)?;
        Ok(file)
    };
    let files = ["shd_train.h5", "shd_test.h5"].into_iter().map(one);
    Ok(FetchedShd { place: Place::Cache(folder.to_owned()), files: files.collect::<Result<_, FetchShdError>>()? })
}

/// Verifies the checksum of `bytes`, which messages call `file`, and reads them.
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
    let recordings = shd::read_content(&content)?.len();
    Ok(FetchedRecordings { name: name.to_owned(), bytes: bytes.len() as u64, origin, recordings, checksum })
}

fn read(path: &Path) -> Result<Vec<u8>, FetchShdError> {
    Ok(regular::read(path, MAX_BYTES).map_err(|reason| SourceError::Read { file: shown_path(path), reason })?)
}

/// Writes a file to the cache `folder`, replacing its compressed or uncompressed variant.
fn put(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), FetchShdError> {
    let path = folder.join(name);
    let other = name.strip_suffix(".gz").map_or_else(|| format!("{name}.gz"), str::to_owned);
    let written = fs::create_dir_all(folder).and_then(|()| persist::write(&path, |part| part.write_all(bytes)));
    // Removed last; otherwise the other variant would take precedence.
    let written = written.and_then(|()| match fs::remove_file(folder.join(other)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        outcome => outcome,
    });
    written.map_err(|reason| FetchShdError::Write { file: shown_path(&path), reason })
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(all(test, feature = "download"))]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::path::PathBuf;

    use md5::Md5;
    use sha2::Digest;

    use super::*;
    use crate::loopback::{Answer, serve};

    fn data() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/shd")
    }

    fn bytes(name: &str) -> Vec<u8> {
        fs::read(data().join(name)).unwrap()
    }

    /// The `md5sum` lines of the published files.
    fn sums() -> String {
        let line = |name| {
            let sum: String = Md5::digest(bytes(name)).iter().map(|byte| format!("{byte:02x}")).collect();
            format!("{sum}  {name}\n")
        };
        FILES.map(line).concat()
    }

    /// Answers of the publisher's server.
    fn publisher(name: &str) -> Answer {
        Answer::Whole(if name == SUMS { sums().into_bytes() } else { bytes(name) })
    }

    /// Fetches into `cache` from a server with these answers.
    fn fetch_from(
        cache: &Path,
        checksums: Option<&Path>,
        answer: impl Fn(&str) -> Answer + Send + 'static,
    ) -> Result<FetchedShd, String> {
        let server = serve(answer);
        let from = ShdFrom::Address(&server.address);
        fetch_with(&Client::direct(), vec![Place::Cache(cache.join(SHD_NAME))], from, checksums, &mut |_| {}).map_err(
            |error| error.to_string().replace(&server.address, "URL").replace(&cache.display().to_string(), "CACHE"),
        )
    }

    fn told(fetched: &FetchedShd) -> Vec<(&str, Origin, usize, Option<Algorithm>)> {
        fetched.files.iter().map(|file| (&file.name[..], file.origin, file.recordings, file.checksum)).collect()
    }

    #[test]
    fn downloads_files_once_and_verifies_their_checksums() {
        let cache = tempfile::tempdir().unwrap();
        let first = fetch_from(cache.path(), None, publisher).unwrap();
        let md5 = Some(Algorithm::Md5);
        assert_eq!(first.place, Place::Cache(cache.path().join("shd")));
        assert_eq!(told(&first), [(FILES[0], Origin::Downloaded, 6, md5), (FILES[1], Origin::Downloaded, 3, md5)]);
        // A file that was damaged since then is fetched again.
        fs::write(cache.path().join("shd").join(FILES[1]), b"spoilt").unwrap();
        let again =
            fetch_from(cache.path(), None, |name| if name == FILES[0] { Answer::Missing } else { publisher(name) });
        assert_eq!(told(&again.unwrap()), [(FILES[0], Origin::Found, 6, md5), (FILES[1], Origin::Downloaded, 3, md5)]);
    }

    #[test]
    fn without_published_checksums_readable_files_are_kept() {
        let cache = tempfile::tempdir().unwrap();
        let silent = |name: &str| if name == SUMS { Answer::Missing } else { Answer::Whole(bytes(name)) };
        let fetched = fetch_from(cache.path(), None, silent).unwrap();
        assert_eq!(told(&fetched), [(FILES[0], Origin::Downloaded, 6, None), (FILES[1], Origin::Downloaded, 3, None)]);
        let broken = |name: &str| if name == SUMS { Answer::Missing } else { Answer::Whole(b"<html>".to_vec()) };
        let other = tempfile::tempdir().unwrap();
        let message = fetch_from(other.path(), None, broken).unwrap_err();
        assert_eq!(message, "URL/shd_train.h5.gz: damaged gzip data after 0 bytes");
        assert!(!other.path().join("shd").join(FILES[0]).exists());
    }

    #[test]
    fn rejects_a_wrong_file_without_keeping_it() {
        let cache = tempfile::tempdir().unwrap();
        let swapped = |name: &str| publisher(if name == SUMS { SUMS } else { FILES[1] });
        let message = fetch_from(cache.path(), None, swapped).unwrap_err();
        assert!(message.starts_with("URL/shd_train.h5.gz: expected MD5 `"), "{message}");
        assert!(message.contains("` (from URL/md5sums.txt), got `"), "{message}");
        assert!(!cache.path().join("shd").join(FILES[0]).exists());
    }

    #[test]
    fn user_checksums_override_published_ones() {
        let cache = tempfile::tempdir().unwrap();
        let list = cache.path().join("SUMS");
        fs::write(&list, sums().replace(FILES[1], "other")).unwrap();
        let message = fetch_from(cache.path(), Some(&list), |name| Answer::Whole(bytes(name))).unwrap_err();
        assert_eq!(message, "CACHE/SUMS: no checksum for `shd_test.h5.gz`");
    }

    #[test]
    fn copies_files_from_a_folder() {
        let (folder, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let copied = || {
            let from = ShdFrom::Folder(folder.path());
            fetch_with(&Client::direct(), vec![Place::Cache(cache.path().join(SHD_NAME))], from, None, &mut |_| {})
        };
        fs::copy(data().join(FILES[0]), folder.path().join(FILES[0])).unwrap();
        let message = copied().unwrap_err().to_string();
        let missing = "missing `shd_test.h5` or `shd_test.h5.gz`";
        assert_eq!(message, format!("{}: {missing}", folder.path().display()));
        fs::write(folder.path().join("shd_test.h5"), source::unpack("", &bytes(FILES[1])).unwrap()).unwrap();
        let fetched = copied().unwrap();
        let again = fetch_from(cache.path(), None, |_| Answer::Cut { sent: Vec::new(), announced: 1 }).unwrap();
        assert_eq!(told(&again), [(FILES[0], Origin::Found, 6, None), ("shd_test.h5", Origin::Found, 3, None)]);
        assert_eq!(told(&fetched), [(FILES[0], Origin::Copied, 6, None), ("shd_test.h5", Origin::Copied, 3, None)]);
        // A damaged file is fetched again and does not shadow the new one.
        fs::write(cache.path().join("shd/shd_test.h5"), b"spoilt").unwrap();
        let again = fetch_from(cache.path(), None, publisher);
        let md5 = Some(Algorithm::Md5);
        assert_eq!(told(&again.unwrap()), [(FILES[0], Origin::Found, 6, md5), (FILES[1], Origin::Downloaded, 3, md5)]);
        assert!(!cache.path().join("shd/shd_test.h5").exists());
    }

    #[test]
    fn without_a_network_the_hint_names_folder() {
        let cache = tempfile::tempdir().unwrap();
        let gone = fetch_from(cache.path(), None, |name| if name == SUMS { publisher(name) } else { Answer::Missing });
        let message = gone.unwrap_err();
        assert!(message.starts_with("URL/shd_train.h5.gz: download failed: http status: 404"), "{message}");
        assert!(message.contains("hint: run the command again") && message.contains("--folder DIR"), "{message}");
    }
}
