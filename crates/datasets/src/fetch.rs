//! Ensures that the files of a data set are on this machine and match the published ones.

use std::{fs, io, path::Path};

use thiserror::Error;

use crate::{
    catalogue::{self, Entry},
    client::Client,
    download::{DownloadError, Progress, download},
    file::{File, FileError},
    locate::{self, Place, names, other_ways},
    name::Name,
    shown::shown_path,
};

/// URL of the data files in the Fashion-MNIST repository.
pub const FASHION_MNIST_ADDRESS: &str = "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion";

/// A complete and verified data set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Location of the data set.
    pub place: Place,
    /// Files of the data set; empty if it is embedded in the program.
    pub files: Vec<FetchedFile>,
}

/// A verified file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchedFile {
    /// The file.
    pub name: &'static str,
    /// Compressed size.
    pub bytes: u64,
    /// Whether this call downloaded the file.
    pub downloaded: bool,
}

/// Reason for a missing or invalid data set.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FetchError {
    /// Invalid files outside the cache folder, which are never overwritten.
    #[error(
        "{reason}\n\nhint: {place} takes precedence over the cache folder; put the published files there or remove them"
    )]
    Found {
        /// Location of the files.
        place: Place,
        /// Description of the error.
        reason: FileError,
    },
    /// Unknown cache folder.
    #[error(
        "{name}: no cache folder because the home folder is unknown\n\n\
         hint: set `HOME` or `XDG_CACHE_HOME`, or {}", other_ways(*name)
    )]
    NoCacheFolder {
        /// The data set.
        name: Name,
    },
    /// The cache folder cannot be created.
    #[error("cannot create `{folder}`: {}", crate::write_reason(reason))]
    Folder {
        /// The folder.
        folder: String,
        /// Error of the operating system.
        reason: io::Error,
    },
    /// A file could not be downloaded.
    #[error(
        "{reason}\n\n\
         hint: {}; or put {} into {folder}; or {}",
        reason.advice(), names(catalogue::entry(*name)), other_ways(*name)
    )]
    Download {
        /// The data set.
        name: Name,
        /// Folder for the files.
        folder: String,
        /// Reason of the failure.
        reason: DownloadError,
    },
}

/// Locates the files of `name` as [`locate()`](crate::locate()) does and verifies them, or downloads them from
/// `address` (usually [`FASHION_MNIST_ADDRESS`]) into the cache folder or `cache`.
///
/// Valid files in the cache folder are kept and all others are downloaded, so an interrupted run can be continued.
/// Files elsewhere are never overwritten. `progress` receives the progress of each download.
pub fn fetch(
    name: Name,
    cache: Option<&Path>,
    address: &str,
    progress: &mut dyn FnMut(Progress),
) -> Result<Fetched, FetchError> {
    let entry = catalogue::entry(name);
    fetch_to(entry, locate::places(entry, cache), &Client::new(), address, progress)
}

/// Locates `entry` in `places`, or downloads it.
fn fetch_to(
    entry: &Entry,
    places: Vec<Place>,
    client: &Client,
    address: &str,
    progress: &mut dyn FnMut(Progress),
) -> Result<Fetched, FetchError> {
    let cache =
        places.iter().find(|place| matches!(place, Place::Cache(_))).and_then(Place::folder).map(Path::to_owned);
    match locate::locate_in(entry, places) {
        Ok(Place::Cache(_)) | Err(_) => {
            let folder = cache.ok_or(FetchError::NoCacheFolder { name: entry.name })?;
            let files = complete(entry, &folder, client, address, progress)?;
            Ok(Fetched { place: Place::Cache(folder), files })
        }
        Ok(place) => check(entry, place),
    }
}

/// Verifies the files at a place outside the cache. Embedded files need no check.
fn check(entry: &Entry, place: Place) -> Result<Fetched, FetchError> {
    let Some(folder) = place.folder() else { return Ok(Fetched { place, files: Vec::new() }) };
    match entry.files.iter().map(|file| kept(file, folder)).collect() {
        Ok(files) => Ok(Fetched { place, files }),
        Err(reason) => Err(FetchError::Found { place, reason }),
    }
}

/// Verifies the files in the cache `folder` and downloads missing or invalid ones.
fn complete(
    entry: &Entry,
    folder: &Path,
    client: &Client,
    address: &str,
    progress: &mut dyn FnMut(Progress),
) -> Result<Vec<FetchedFile>, FetchError> {
    let label = shown_path(folder);
    fs::create_dir_all(folder).map_err(|reason| FetchError::Folder { folder: label.clone(), reason })?;
    let one = |file| match kept(file, folder) {
        Ok(kept) => Ok(kept),
        Err(_) => download(client, address, file, folder, progress)
            .map(|bytes| FetchedFile { name: file.name, bytes, downloaded: true })
            .map_err(|reason| FetchError::Download { name: entry.name, folder: label.clone(), reason }),
    };
    entry.files.iter().map(one).collect()
}

/// Returns a file of `folder` if it is valid.
fn kept(file: &File, folder: &Path) -> Result<FetchedFile, FileError> {
    let (label, packed) = file.read_from(folder)?;
    file.verify_packed(&label, &packed)?;
    Ok(FetchedFile { name: file.name, bytes: packed.len() as u64, downloaded: false })
}

#[cfg(all(test, feature = "download"))]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::net::TcpListener;

    use tempfile::TempDir;

    use super::*;
    use crate::{
        catalogue::loose_subset,
        loopback::{Answer, serve},
    };

    fn subset_file(name: &str) -> Option<&'static [u8]> {
        let (entry, bytes) = loose_subset();
        entry.files.iter().position(|file| file.name == name).map(|index| bytes[index])
    }

    fn answer(name: &str) -> Answer {
        subset_file(name).map_or(Answer::Missing, |bytes| Answer::Whole(bytes.to_vec()))
    }

    fn fetch_into(cache: &TempDir, address: &str) -> Result<Fetched, FetchError> {
        let places = vec![Place::Cache(cache.path().join("subset"))];
        fetch_to(&loose_subset().0, places, &Client::direct(), address, &mut |_| {})
    }

    fn downloaded(fetched: &Fetched) -> Vec<bool> {
        fetched.files.iter().map(|file| file.downloaded).collect()
    }

    /// Returns an address without a listening server.
    fn silent_address() -> String {
        format!("http://{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap())
    }

    #[test]
    fn downloads_files_once() {
        let cache = tempfile::tempdir().unwrap();
        let server = serve(answer);
        let first = fetch_into(&cache, &server.address).unwrap();
        assert_eq!(first.place, Place::Cache(cache.path().join("subset")));
        assert_eq!(first.files.iter().map(|file| file.bytes).sum::<u64>(), loose_subset().0.bytes);
        assert_eq!(downloaded(&first), [true; 4]);
        let again = fetch_into(&cache, &silent_address()).unwrap();
        assert_eq!(downloaded(&again), [false; 4]);
    }

    #[test]
    fn continues_an_interrupted_run() {
        let cache = tempfile::tempdir().unwrap();
        let cut = serve(|name| match subset_file(name) {
            Some(bytes) if name.starts_with("t10k-images") => {
                Answer::Cut { sent: bytes[..1000].to_vec(), announced: bytes.len() }
            }
            _ => answer(name),
        });
        fetch_into(&cache, &cut.address).unwrap_err();
        let server = serve(answer);
        assert_eq!(downloaded(&fetch_into(&cache, &server.address).unwrap()), [false, false, true, true]);
    }

    #[test]
    fn replaces_a_damaged_file_in_the_cache() {
        let cache = tempfile::tempdir().unwrap();
        let server = serve(answer);
        fetch_into(&cache, &server.address).unwrap();
        fs::write(cache.path().join("subset/train-labels-idx1-ubyte.gz"), b"spoiled").unwrap();
        assert_eq!(downloaded(&fetch_into(&cache, &server.address).unwrap()), [false, true, false, false]);
        assert_eq!(downloaded(&fetch_into(&cache, &server.address).unwrap()), [false; 4]);
    }

    #[test]
    fn checks_files_in_ohmspike_data_without_replacing_them() {
        let folder = tempfile::tempdir().unwrap();
        let entry = loose_subset().0;
        for file in &entry.files {
            fs::write(folder.path().join(file.name), subset_file(file.name).unwrap()).unwrap();
        }
        let place = Place::Environment(folder.path().to_owned());
        let fetch = || fetch_to(&entry, vec![place.clone()], &Client::direct(), &silent_address(), &mut |_| {});
        assert_eq!(downloaded(&fetch().unwrap()), [false; 4]);

        let spoiled = folder.path().join(entry.files[3].name);
        fs::write(&spoiled, b"spoiled").unwrap();
        assert_eq!(
            fetch().unwrap_err().to_string(),
            format!(
                "{}: not a gzip file; starts with `73 70`, expected `1f 8b`\n\n\
                 hint: {} (OHMSPIKE_DATA) takes precedence over the cache folder; put the published files there or remove them",
                spoiled.display(),
                folder.path().display()
            )
        );
        assert_eq!(fs::read(&spoiled).unwrap(), b"spoiled");
    }

    #[test]
    fn without_a_network_the_hint_names_alternatives() {
        let cache = tempfile::tempdir().unwrap();
        let address = silent_address();
        let message = fetch_into(&cache, &address).unwrap_err().to_string();
        let (what, hint) = message.split_once("\n\n").unwrap();
        assert!(what.starts_with(&format!("{address}/train-images-idx3-ubyte.gz: download failed: ")), "{what}");
        assert_eq!(
            hint,
            format!(
                "hint: run the command again; complete files are kept; or put `train-images-idx3-ubyte.gz`, \
                 `train-labels-idx1-ubyte.gz`, `t10k-images-idx3-ubyte.gz`, `t10k-labels-idx1-ubyte.gz` into {}; \
                 or run `apt-get install dataset-fashion-mnist` on Debian and Ubuntu, or set OHMSPIKE_DATA to a folder \
                 that holds the four files of fashion-mnist-subset",
                cache.path().join("subset").display()
            )
        );
    }

    #[test]
    fn reports_an_unknown_home_folder() {
        let entry = loose_subset().0;
        let error = fetch_to(&entry, Vec::new(), &Client::direct(), &silent_address(), &mut |_| {}).unwrap_err();
        assert_eq!(
            error.to_string(),
            "fashion-mnist-subset: no cache folder because the home folder is unknown\n\n\
             hint: set `HOME` or `XDG_CACHE_HOME`, or run `apt-get install dataset-fashion-mnist` on Debian and Ubuntu, \
             or set OHMSPIKE_DATA to a folder that holds the four files of fashion-mnist-subset"
        );
    }

    #[test]
    fn the_embedded_subset_needs_no_files() {
        let fetched = fetch(Name::FashionMnistSubset, None, &silent_address(), &mut |_| {}).unwrap();
        assert_eq!(fetched, Fetched { place: Place::Embedded, files: Vec::new() });
    }
}
