//! Loads a data set by name.

use std::{borrow::Cow, panic, path::Path, thread};

use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::{
    catalogue::{self, Entry},
    dataset::{Dataset, Part},
    file::{File, FileError, hexadecimal},
    idx::{self, IdxError},
    image_set::{self, ImageSet, ImageSetError},
    imported::{find, imported},
    locate::{self, NotFound},
    name::Name,
    shd::{SHD_CLASSES, SHD_NAME, SHD_SECONDS, ShdError, ShdNotFound, locate_shd, read_shd},
    shown::excerpt,
    stored::{self, StoredError},
};

/// Reason for a failure to load a data set.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LoadError {
    /// Missing files.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// A file differs from the published one.
    #[error(
        "{0}\n\nhint: `ohmspike data fetch` replaces wrong files in the cache folder; replace files elsewhere yourself"
    )]
    File(#[from] FileError),
    /// Images and labels do not match.
    #[error(transparent)]
    ImageSet(#[from] ImageSetError),
    /// Missing files of Spiking Heidelberg Digits.
    #[error(transparent)]
    ShdNotFound(#[from] ShdNotFound),
    /// Invalid files of Spiking Heidelberg Digits.
    #[error(transparent)]
    Shd(#[from] ShdError),
    /// Invalid imported data set.
    #[error(transparent)]
    Stored(#[from] StoredError),
    /// Unknown data set.
    #[error("unknown data set `{got}`; expected one of {known}")]
    Unknown {
        /// Unknown name.
        got: String,
        /// All known names, built-in and imported.
        known: String,
    },
}

impl From<IdxError> for LoadError {
    fn from(error: IdxError) -> LoadError {
        LoadError::File(error.into())
    }
}

/// Loads the built-in or imported data set `name`; `cache` overrides the cache folder of Ohmspike.
///
/// # Errors
/// Returns an error if the data set is unknown, or if its files are missing or invalid.
pub fn load(name: &str, cache: Option<&Path>) -> Result<Dataset, LoadError> {
    if let Ok(name) = name.parse::<Name>() {
        let entry = catalogue::entry(name);
        return match locate::locate(name, cache)?.folder() {
            Some(folder) => load_folder(entry, folder),
            None => decode(entry, &embedded(entry)),
        };
    }
    if name == SHD_NAME {
        return load_shd(cache);
    }
    match find(name, cache) {
        Some(path) => Ok(stored::read(&path, name)?),
        None => Err(unknown(name, cache)),
    }
}

/// Error for a name that no data set has.
pub(crate) fn unknown(name: &str, cache: Option<&Path>) -> LoadError {
    LoadError::Unknown { got: excerpt(name), known: known(cache) }
}

/// Lists the names of all data sets, built-in and imported.
pub(crate) fn known(cache: Option<&Path>) -> String {
    let built_in = Name::ALL.iter().map(Name::to_string).chain([SHD_NAME.to_owned()]);
    let names = built_in.chain(imported(cache).into_iter().map(|imported| imported.name));
    names.collect::<Vec<_>>().join(", ")
}

/// Reads both parts of Spiking Heidelberg Digits in parallel.
fn load_shd(cache: Option<&Path>) -> Result<Dataset, LoadError> {
    let files = locate_shd(cache)?;
    let read = |path| -> Result<_, ShdError> {
        let events = read_shd(path)?;
        let digest = events.digest();
        Ok((events, digest))
    };
    let (train, test) = thread::scope(|scope| {
        let test = scope.spawn(|| read(&files.test));
        (read(&files.train), test.join().unwrap_or_else(|cause| panic::resume_unwind(cause)))
    });
    let ((train, train_digest), (test, test_digest)) = (train?, test?);
    Ok(Dataset {
        name: SHD_NAME.to_owned(),
        class_names: SHD_CLASSES.map(str::to_owned).to_vec(),
        train: Part::Events(train),
        test: Part::Events(test),
        duration_seconds: Some(SHD_SECONDS),
        digest: hexadecimal(&Sha256::digest(format!("{train_digest}{test_digest}")).into()),
    })
}

/// Loads the files of `entry` from `folder`.
fn load_folder(entry: &Entry, folder: &Path) -> Result<Dataset, LoadError> {
    let [train_images, train_labels, test_images, test_labels] = entry.files.map(|file| file.read_from(folder));
    let packed = [train_images?, train_labels?, test_images?, test_labels?];
    decode(entry, &packed.map(|(file, bytes)| (file, Cow::Owned(bytes))))
}

/// Returns the embedded files.
fn embedded(entry: &Entry) -> [Packed; 4] {
    // Called for embedded data sets only; empty content would be rejected as not gzip.
    let bytes = entry.embedded.unwrap_or_default();
    std::array::from_fn(|index| {
        (format!("embedded {}: {}", entry.name, entry.files[index].name), Cow::Borrowed(bytes[index]))
    })
}

/// Name of a file for messages, and its compressed bytes.
type Packed = (String, Cow<'static, [u8]>);

/// Decodes the four files of `entry`, training and test in parallel.
fn decode(entry: &Entry, packed: &[Packed; 4]) -> Result<Dataset, LoadError> {
    let part = |images: usize, labels: usize| {
        decode_part(
            [&entry.files[images], &entry.files[labels]],
            [&packed[images], &packed[labels]],
            entry.classes.len(),
        )
    };
    let (train, test) = thread::scope(|scope| {
        let test = scope.spawn(|| part(2, 3));
        (part(0, 1), test.join().unwrap_or_else(|cause| panic::resume_unwind(cause)))
    });
    let (train, train_hashes) = train?;
    let (test, test_hashes) = test?;
    let digest = train_hashes.iter().chain(&test_hashes).fold(Sha256::new(), Digest::chain_update);
    Ok(Dataset {
        name: entry.name.to_string(),
        class_names: entry.classes.iter().map(|&name| name.to_owned()).collect(),
        train: Part::Images(train),
        test: Part::Images(test),
        duration_seconds: None,
        digest: hexadecimal(&digest.finalize().into()),
    })
}

/// Decodes images and labels of one part. Also returns the hashes of both files.
fn decode_part(
    files: [&File; 2],
    packed: [&Packed; 2],
    classes: usize,
) -> Result<(ImageSet, [[u8; 32]; 2]), LoadError> {
    let images = idx::read(&packed[0].0, &packed[0].1, files[0].dimensions)?;
    let labels = idx::read(&packed[1].0, &packed[1].1, files[1].dimensions)?;
    let hashes = [images.sha256, labels.sha256];
    let verified = files[0].verify(&images).and_then(|()| files[1].verify(&labels));
    // A mismatch of counts is more informative than a wrong hash.
    let set = image_set::join(images, labels, classes)?;
    verified?;
    Ok((set, hashes))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;
    use crate::{
        catalogue::loose_subset,
        idx::tests::{content, pack},
    };

    fn folder_of(files: [&[u8]; 4]) -> (Entry, TempDir) {
        let (entry, _) = loose_subset();
        let folder = tempfile::tempdir().unwrap();
        for (file, bytes) in entry.files.iter().zip(files) {
            fs::write(folder.path().join(file.name), bytes).unwrap();
        }
        (entry, folder)
    }

    #[test]
    fn the_subset_has_equal_numbers_of_each_class() {
        let data = load("fashion-mnist-subset", None).unwrap();
        let (train, test) = (data.train.images().unwrap(), data.test.images().unwrap());
        let counts = |labels: &[u8]| -> [usize; 10] {
            std::array::from_fn(|class| labels.iter().filter(|&&label| usize::from(label) == class).count())
        };
        assert_eq!((data.name.as_str(), data.class_names.len()), ("fashion-mnist-subset", 10));
        assert_eq!((train.rows, train.columns, test.rows, test.columns), (28, 28, 28, 28));
        assert_eq!(counts(&train.labels), [512; 10]);
        assert_eq!(counts(&test.labels), [103, 103, 103, 103, 102, 102, 102, 102, 102, 102]);
        assert_eq!(train.labels[..10], [9, 0, 0, 3, 0, 2, 7, 2, 5, 5]);
        assert_eq!(train.len() + test.len(), catalogue::entry(Name::FashionMnistSubset).images);
        assert_eq!(data.digest, "22125c958c49a9eb51d11453b3e49e8f2571ee1e2daef1103e5edf20709decde");
    }

    #[test]
    fn files_and_embedded_content_are_equal() {
        let (entry, folder) = folder_of(loose_subset().1);
        let data = load_folder(&entry, folder.path()).unwrap();
        assert_eq!(data, load("fashion-mnist-subset", None).unwrap());
    }

    #[test]
    fn rejects_other_content_under_a_built_in_name() {
        let [train_images, train_labels, ..] = loose_subset().1;
        let (entry, folder) = folder_of([train_images, train_labels, train_images, train_labels]);
        let error = load_folder(&entry, folder.path()).unwrap_err();
        let file = folder.path().join("t10k-images-idx3-ubyte.gz");
        assert_eq!(
            error.to_string(),
            format!(
                "{}: SHA-256 of the content: expected \
                 `c18e4435454c1a33c043e83839ccf18a73a0fbf7719f682ede7747c45dc3f324`, got \
                 `bc3326d40226638052d42966316466b60c3174e7045b8d6c19dd031da4658d76`\n\n\
                 hint: `ohmspike data fetch` replaces wrong files in the cache folder; replace files elsewhere yourself",
                file.display()
            )
        );
    }

    #[test]
    fn reports_different_counts_before_a_wrong_hash() {
        let labels = pack(&content(&[3], &[0, 1, 2]));
        let [train_images, train_labels, test_images, _] = loose_subset().1;
        let (entry, folder) = folder_of([train_images, train_labels, test_images, &labels]);
        let error = load_folder(&entry, folder.path()).unwrap_err();
        let path = |name: &str| folder.path().join(name).display().to_string();
        assert_eq!(
            error.to_string(),
            format!(
                "{}: expected 1024 labels (one per image of `{}`), got 3",
                path("t10k-labels-idx1-ubyte.gz"),
                path("t10k-images-idx3-ubyte.gz")
            )
        );
    }
}
