//! Makes sure that the files of a data set are on this machine, and are the published ones.

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

/// Where the data set's own repository keeps its files.
pub const FASHION_MNIST_ADDRESS: &str = "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion";

/// A data set that is there and right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Where it is.
    pub place: Place,
    /// Its files; none where it is part of the program.
    pub files: Vec<FetchedFile>,
}

/// A file that is there and right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchedFile {
    /// The file.
    pub name: &'static str,
    /// Its size as packed.
    pub bytes: u64,
    /// Whether it was downloaded just now.
    pub downloaded: bool,
}

/// Why a data set is not there, or not right.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FetchError {
    /// Files were found outside the cache, where we write nothing, and are wrong.
    #[error("{reason}\n\nhint: {place} comes before the cache folder: put the published files there, or none")]
    Found {
        /// Where.
        place: Place,
        /// What is wrong.
        reason: FileError,
    },
    /// Nobody knows where to put files.
    #[error(
        "{name}: no cache folder as the home folder is unknown, must be known or given\n\n\
         hint: set `HOME` or `XDG_CACHE_HOME`, or {}", other_ways(*name)
    )]
    NoCacheFolder {
        /// The data set.
        name: Name,
    },
    /// The cache folder cannot be made.
    #[error("{folder}: cannot be created ({reason}), must be a writable folder")]
    Folder {
        /// The folder.
        folder: String,
        /// What the system says.
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
        /// The folder for its files.
        folder: String,
        /// What went wrong.
        reason: DownloadError,
    },
}

/// Finds the files of `name` as [`locate()`](crate::locate()) does and checks them, or downloads them from below
/// `address` (usually [`FASHION_MNIST_ADDRESS`]) into the cache folder, for which `cache` stands in.
///
/// In the cache folder, right files are kept and all others fetched again: a run that was cut short goes on where it
/// was. Elsewhere nothing is written. `progress` is told how each download proceeds.
pub fn fetch(
    name: Name,
    cache: Option<&Path>,
    address: &str,
    progress: &mut dyn FnMut(Progress),
) -> Result<Fetched, FetchError> {
    let entry = catalogue::entry(name);
    fetch_to(entry, locate::places(entry, cache), &Client::new(), address, progress)
}

/// Finds or downloads `entry`, given the places to look in.
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

/// Checks the files of a place that is not ours; those that are part of the program need no check.
fn check(entry: &Entry, place: Place) -> Result<Fetched, FetchError> {
    let Some(folder) = place.folder() else { return Ok(Fetched { place, files: Vec::new() }) };
    match entry.files.iter().map(|file| kept(file, folder)).collect() {
        Ok(files) => Ok(Fetched { place, files }),
        Err(reason) => Err(FetchError::Found { place, reason }),
    }
}

/// Checks the files of our `folder` and downloads those that are missing or wrong.
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

/// A file of `folder` that is right.
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

    /// An address at which nobody listens.
    fn silent_address() -> String {
        format!("http://{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap())
    }

    #[test]
    fn files_are_downloaded_once() {
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
    fn a_run_cut_short_goes_on_where_it_was() {
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
    fn a_spoiled_file_of_the_cache_is_fetched_again() {
        let cache = tempfile::tempdir().unwrap();
        let server = serve(answer);
        fetch_into(&cache, &server.address).unwrap();
        fs::write(cache.path().join("subset/train-labels-idx1-ubyte.gz"), b"spoiled").unwrap();
        assert_eq!(downloaded(&fetch_into(&cache, &server.address).unwrap()), [false, true, false, false]);
        assert_eq!(downloaded(&fetch_into(&cache, &server.address).unwrap()), [false; 4]);
    }

    #[test]
    fn files_of_the_environment_are_checked_and_never_replaced() {
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
                "{}: not gzip, starts with `73 70`, must start with `1f 8b`\n\n\
                 hint: {} (OHMSPIKE_DATA) comes before the cache folder: put the published files there, or none",
                spoiled.display(),
                folder.path().display()
            )
        );
        assert_eq!(fs::read(&spoiled).unwrap(), b"spoiled");
    }

    #[test]
    fn without_a_network_the_other_ways_are_named() {
        let cache = tempfile::tempdir().unwrap();
        let address = silent_address();
        let message = fetch_into(&cache, &address).unwrap_err().to_string();
        let (what, hint) = message.split_once("\n\n").unwrap();
        assert!(what.starts_with(&format!("{address}/train-images-idx3-ubyte.gz: download failed (")), "{what}");
        assert!(what.ends_with("), the server must send the file"), "{what}");
        assert_eq!(
            hint,
            format!(
                "hint: run it again, what is already there is kept; or put `train-images-idx3-ubyte.gz`, \
                 `train-labels-idx1-ubyte.gz`, `t10k-images-idx3-ubyte.gz`, `t10k-labels-idx1-ubyte.gz` into {}; \
                 or `apt-get install dataset-fashion-mnist` on Debian and Ubuntu, or set OHMSPIKE_DATA to a folder \
                 that holds the four files of fashion-mnist-subset",
                cache.path().join("subset").display()
            )
        );
    }

    #[test]
    fn without_a_home_folder_there_is_nowhere_to_write() {
        let entry = loose_subset().0;
        let error = fetch_to(&entry, Vec::new(), &Client::direct(), &silent_address(), &mut |_| {}).unwrap_err();
        assert_eq!(
            error.to_string(),
            "fashion-mnist-subset: no cache folder as the home folder is unknown, must be known or given\n\n\
             hint: set `HOME` or `XDG_CACHE_HOME`, or `apt-get install dataset-fashion-mnist` on Debian and Ubuntu, \
             or set OHMSPIKE_DATA to a folder that holds the four files of fashion-mnist-subset"
        );
    }

    #[test]
    fn the_embedded_subset_needs_nothing() {
        let fetched = fetch(Name::FashionMnistSubset, None, &silent_address(), &mut |_| {}).unwrap();
        assert_eq!(fetched, Fetched { place: Place::Embedded, files: Vec::new() });
    }
}
