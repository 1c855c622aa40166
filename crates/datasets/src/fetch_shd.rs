//! Makes sure that the files of Spiking Heidelberg Digits are on this machine, and whole.
//!
//! Their publisher keeps `shd_train.h5.gz` and `shd_test.h5.gz`, and states MD5 checksums of them in `md5sums.txt` beside them, as
//! the example on zenkelab.org/resources/spiking-heidelberg-datasets-shd reads them. The files were published anew with corrections,
//! so that no checksum stands in the program; the user may state others, of MD5 or SHA-256.

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
#[non_exhaustive]
pub enum FetchShdError {
    /// A file was not downloaded.
    #[error(
        "{reason}\n\n\
         hint: {}; or download `shd_train.h5.gz` and `shd_test.h5.gz` by other means and give `--folder DIR`",
        reason.advice()
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
        reason: io::Error,
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

/// Finds the files as [`locate_shd()`](crate::locate_shd()) does and reads them, or brings them into the cache folder, for which `cache` stands in.
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
    fetch_with(&Client::new(), locate::folders(SHD_NAME, cache), from, checksums, progress)
}

/// Finds or brings the files, given the places to look in.
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
                // Without a network, files that are there are read all the same.
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

/// The checksums that the user states.
fn stated(path: &Path) -> Result<Checksums, FetchShdError> {
    Ok(Checksums::parse(&shown_path(path), &read(path)?)?)
}

/// The checksums that the publisher states; none where there is no list of them.
fn published(client: &Client, address: &str) -> Result<Option<Checksums>, FetchShdError> {
    let url = format!("{}/{SUMS}", address.trim_end_matches('/'));
    match receive(client, &url, MOST_SUMS, |_, _| {}) {
        Ok(text) => Ok(Some(Checksums::parse(&url, &text)?)),
        Err(DownloadError::Server { status: Some(404), .. }) => Ok(None),
        Err(reason) => Err(FetchShdError::Download { reason }),
    }
}

/// Keeps the file `name` of our `folder`, or the same unpacked, or downloads it.
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
        // Checksums of the packed file say nothing of the unpacked one.
        let sums = sums.filter(|sums| there == name || sums.has(&there));
        let kept = read(&path).and_then(|bytes| checked(&shown_path(&path), &there, &bytes, Origin::Found, sums));
        if kept.is_ok() {
            return kept;
        }
    }
    let url = format!("{}/{name}", address.trim_end_matches('/'));
    let tell = |received, expected| progress(Progress { file: name, received, expected });
    let bytes = receive(client, &url, MOST_BYTES, tell).map_err(|reason| FetchShdError::Download { reason })?;
    let file = checked(&url, name, &bytes, Origin::Downloaded, sums)?;
    put(folder, name, &bytes)?;
    Ok(file)
}

/// Takes both files of `from` to our `folder`.
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
    let recordings = shd::read_content(&content)?.len();
    Ok(FetchedRecordings { name: name.to_owned(), bytes: bytes.len() as u64, origin, recordings, checksum })
}

fn read(path: &Path) -> Result<Vec<u8>, FetchShdError> {
    Ok(regular::read(path, MOST_BYTES).map_err(|reason| SourceError::Read { file: shown_path(path), reason })?)
}

/// Writes a file of our `folder`, in the place of the same packed or unpacked.
fn put(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), FetchShdError> {
    let path = folder.join(name);
    let other = name.strip_suffix(".gz").map_or_else(|| format!("{name}.gz"), str::to_owned);
    let written = fs::create_dir_all(folder).and_then(|()| persist::write(&path, |part| part.write_all(bytes)));
    // Once the new one is there: the other might be taken in its place.
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

    /// The lines of `md5sum` of the published files.
    fn sums() -> String {
        let line = |name| {
            let sum: String = Md5::digest(bytes(name)).iter().map(|byte| format!("{byte:02x}")).collect();
            format!("{sum}  {name}\n")
        };
        FILES.map(line).concat()
    }

    /// What the publisher answers.
    fn publisher(name: &str) -> Answer {
        Answer::Whole(if name == SUMS { sums().into_bytes() } else { bytes(name) })
    }

    /// Fetches from a server that answers so, into `cache`.
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
    fn files_are_downloaded_once_and_their_checksums_compared() {
        let cache = tempfile::tempdir().unwrap();
        let first = fetch_from(cache.path(), None, publisher).unwrap();
        let md5 = Some(Algorithm::Md5);
        assert_eq!(first.place, Place::Cache(cache.path().join("shd")));
        assert_eq!(told(&first), [(FILES[0], Origin::Downloaded, 6, md5), (FILES[1], Origin::Downloaded, 3, md5)]);
        // A file that was spoilt since is fetched again.
        fs::write(cache.path().join("shd").join(FILES[1]), b"spoilt").unwrap();
        let again =
            fetch_from(cache.path(), None, |name| if name == FILES[0] { Answer::Missing } else { publisher(name) });
        assert_eq!(told(&again.unwrap()), [(FILES[0], Origin::Found, 6, md5), (FILES[1], Origin::Downloaded, 3, md5)]);
    }

    #[test]
    fn what_the_publisher_does_not_state_is_read_and_said() {
        let cache = tempfile::tempdir().unwrap();
        let silent = |name: &str| if name == SUMS { Answer::Missing } else { Answer::Whole(bytes(name)) };
        let fetched = fetch_from(cache.path(), None, silent).unwrap();
        assert_eq!(told(&fetched), [(FILES[0], Origin::Downloaded, 6, None), (FILES[1], Origin::Downloaded, 3, None)]);
        let broken = |name: &str| if name == SUMS { Answer::Missing } else { Answer::Whole(b"<html>".to_vec()) };
        let other = tempfile::tempdir().unwrap();
        let message = fetch_from(other.path(), None, broken).unwrap_err();
        assert_eq!(message, "URL/shd_train.h5.gz: gzip stream damaged after 0 bytes of content, must be intact");
        assert!(!other.path().join("shd").join(FILES[0]).exists());
    }

    #[test]
    fn a_wrong_file_is_told_and_not_kept() {
        let cache = tempfile::tempdir().unwrap();
        let swapped = |name: &str| publisher(if name == SUMS { SUMS } else { FILES[1] });
        let message = fetch_from(cache.path(), None, swapped).unwrap_err();
        assert!(message.starts_with("URL/shd_train.h5.gz: MD5 is `"), "{message}");
        assert!(message.ends_with("` as URL/md5sums.txt states"), "{message}");
        assert!(!cache.path().join("shd").join(FILES[0]).exists());
    }

    #[test]
    fn checksums_of_the_user_come_before_those_of_the_publisher() {
        let cache = tempfile::tempdir().unwrap();
        let list = cache.path().join("SUMS");
        fs::write(&list, sums().replace(FILES[1], "other")).unwrap();
        let message = fetch_from(cache.path(), Some(&list), |name| Answer::Whole(bytes(name))).unwrap_err();
        assert_eq!(message, "CACHE/SUMS: has no checksum of `shd_test.h5.gz`, must have one");
    }

    #[test]
    fn files_of_a_folder_are_copied_as_they_are() {
        let (folder, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let copied = || {
            let from = ShdFrom::Folder(folder.path());
            fetch_with(&Client::direct(), vec![Place::Cache(cache.path().join(SHD_NAME))], from, None, &mut |_| {})
        };
        fs::copy(data().join(FILES[0]), folder.path().join(FILES[0])).unwrap();
        let message = copied().unwrap_err().to_string();
        let missing = "has neither `shd_test.h5` nor `shd_test.h5.gz`, must have one";
        assert_eq!(message, format!("{}: {missing}", folder.path().display()));
        fs::write(folder.path().join("shd_test.h5"), source::unpack("", &bytes(FILES[1])).unwrap()).unwrap();
        let fetched = copied().unwrap();
        let again = fetch_from(cache.path(), None, |_| Answer::Cut { sent: Vec::new(), announced: 1 }).unwrap();
        assert_eq!(told(&again), [(FILES[0], Origin::Found, 6, None), ("shd_test.h5", Origin::Found, 3, None)]);
        assert_eq!(told(&fetched), [(FILES[0], Origin::Copied, 6, None), ("shd_test.h5", Origin::Copied, 3, None)]);
        // A file that is spoilt since is fetched, and does not stay before the right one.
        fs::write(cache.path().join("shd/shd_test.h5"), b"spoilt").unwrap();
        let again = fetch_from(cache.path(), None, publisher);
        let md5 = Some(Algorithm::Md5);
        assert_eq!(told(&again.unwrap()), [(FILES[0], Origin::Found, 6, md5), (FILES[1], Origin::Downloaded, 3, md5)]);
        assert!(!cache.path().join("shd/shd_test.h5").exists());
    }

    #[test]
    fn without_a_network_the_other_way_is_named() {
        let cache = tempfile::tempdir().unwrap();
        let gone = fetch_from(cache.path(), None, |name| if name == SUMS { publisher(name) } else { Answer::Missing });
        let message = gone.unwrap_err();
        assert!(message.starts_with("URL/shd_train.h5.gz: download failed (http status: 404)"), "{message}");
        assert!(message.contains("hint: run it again") && message.contains("--folder DIR"), "{message}");
    }
}
