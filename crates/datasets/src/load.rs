//! From a name to samples.

use std::{borrow::Cow, path::Path};

use thiserror::Error;

use crate::{
    catalogue::{self, Entry},
    dataset::{self, Dataset, Packed},
    file::FileError,
    idx::IdxError,
    image_set::ImageSetError,
    locate::{self, NotFound},
    name::Name,
};

/// Why a data set cannot be loaded.
#[derive(Debug, Error)]
pub enum LoadError {
    /// Its files are nowhere.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// A file is not the published one.
    #[error(
        "{0}\n\nhint: `ohmspike data fetch` replaces wrong files of the cache folder; elsewhere put the published file"
    )]
    File(#[from] FileError),
    /// Images and labels do not belong together.
    #[error(transparent)]
    ImageSet(#[from] ImageSetError),
}

impl From<IdxError> for LoadError {
    fn from(error: IdxError) -> LoadError {
        LoadError::File(error.into())
    }
}

/// Loads `name` from where [`locate()`](crate::locate()) finds it; `cache` stands in for Ohmspike's cache folder.
pub fn load(name: Name, cache: Option<&Path>) -> Result<Dataset, LoadError> {
    let entry = catalogue::entry(name);
    match locate::locate(name, cache)?.folder() {
        Some(folder) => load_folder(entry, folder),
        None => dataset::decode(entry, &embedded(entry)),
    }
}

/// Loads the files of `entry` from `folder`.
fn load_folder(entry: &Entry, folder: &Path) -> Result<Dataset, LoadError> {
    let [train_images, train_labels, test_images, test_labels] = entry.files.map(|file| file.read_from(folder));
    let packed = [train_images?, train_labels?, test_images?, test_labels?];
    dataset::decode(entry, &packed.map(|(file, bytes)| (file, Cow::Owned(bytes))))
}

/// The files that are part of the program.
fn embedded(entry: &Entry) -> [Packed; 4] {
    // Asked only where there are some; empty files would be refused as not gzip.
    let bytes = entry.embedded.unwrap_or_default();
    std::array::from_fn(|index| {
        (format!("embedded {}: {}", entry.name, entry.files[index].name), Cow::Borrowed(bytes[index]))
    })
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
    fn the_subset_holds_the_first_images_of_each_class() {
        let data = load(Name::FashionMnistSubset, None).unwrap();
        let counts = |labels: &[u8]| -> [usize; 10] {
            std::array::from_fn(|class| labels.iter().filter(|&&label| usize::from(label) == class).count())
        };
        assert_eq!((data.name.as_str(), data.classes), ("fashion-mnist-subset", 10));
        assert_eq!((data.train.rows, data.train.columns, data.test.rows, data.test.columns), (28, 28, 28, 28));
        assert_eq!(counts(&data.train.labels), [512; 10]);
        assert_eq!(counts(&data.test.labels), [103, 103, 103, 103, 102, 102, 102, 102, 102, 102]);
        assert_eq!(data.train.labels[..10], [9, 0, 0, 3, 0, 2, 7, 2, 5, 5]);
        assert_eq!(data.train.len() + data.test.len(), catalogue::entry(Name::FashionMnistSubset).images);
        assert_eq!(data.digest, "22125c958c49a9eb51d11453b3e49e8f2571ee1e2daef1103e5edf20709decde");
    }

    #[test]
    fn files_and_embedded_bytes_are_the_same_data() {
        let (entry, folder) = folder_of(loose_subset().1);
        let data = load_folder(&entry, folder.path()).unwrap();
        assert_eq!(data, load(Name::FashionMnistSubset, None).unwrap());
    }

    #[test]
    fn another_data_set_under_the_name_is_refused() {
        let [train_images, train_labels, ..] = loose_subset().1;
        let (entry, folder) = folder_of([train_images, train_labels, train_images, train_labels]);
        let error = load_folder(&entry, folder.path()).unwrap_err();
        let file = folder.path().join("t10k-images-idx3-ubyte.gz");
        assert_eq!(
            error.to_string(),
            format!(
                "{}: SHA-256 of the content is `bc3326d40226638052d42966316466b60c3174e7045b8d6c19dd031da4658d76`, \
                 must be `c18e4435454c1a33c043e83839ccf18a73a0fbf7719f682ede7747c45dc3f324`\n\n\
                 hint: `ohmspike data fetch` replaces wrong files of the cache folder; elsewhere put the published file",
                file.display()
            )
        );
    }

    #[test]
    fn counts_that_disagree_say_more_than_a_wrong_hash() {
        let labels = pack(&content(&[3], &[0, 1, 2]));
        let [train_images, train_labels, test_images, _] = loose_subset().1;
        let (entry, folder) = folder_of([train_images, train_labels, test_images, &labels]);
        let error = load_folder(&entry, folder.path()).unwrap_err();
        let path = |name: &str| folder.path().join(name).display().to_string();
        assert_eq!(
            error.to_string(),
            format!(
                "{}: 3 labels, must be 1024 as `{}` holds images",
                path("t10k-labels-idx1-ubyte.gz"),
                path("t10k-images-idx3-ubyte.gz")
            )
        );
    }
}
