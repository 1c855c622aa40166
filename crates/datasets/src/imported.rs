//! Locates imported data sets: files `imported/NAME.ohmspike` in the folders of all data sets.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use crate::{
    locate,
    name::Name,
    shd::SHD_NAME,
    stored::{self, Header, StoredError},
};

/// Subfolder for imported data sets.
const FOLDER: &str = "imported";
/// File name extension.
const EXTENSION: &str = "ohmspike";
/// Longest name, characters.
const LONGEST_NAME: usize = 64;

/// Returns whether `text` is a valid name of an imported data set: at most 64 lower-case letters, digits and hyphens,
/// starting with a letter. Names of built-in data sets are reserved.
pub fn is_name(text: &str) -> bool {
    let letter = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    let known = text == SHD_NAME || text.parse::<Name>().is_ok();
    text.len() <= LONGEST_NAME
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.chars().all(letter)
        && !known
}

/// An imported data set on this machine.
#[derive(Debug)]
pub struct Imported {
    /// Its name.
    pub name: String,
    /// Its file.
    pub path: PathBuf,
    /// Header of the file, or the error in it.
    pub content: Result<Content, StoredError>,
}

/// Contents of an imported data set.
#[derive(Clone, Debug, PartialEq)]
pub struct Content {
    /// Description of kind, units and classes.
    pub kind: String,
    /// Number of training samples.
    pub train: usize,
    /// Number of test samples.
    pub test: usize,
    /// Name of each class.
    pub class_names: Vec<String>,
    /// Duration of each recording, s; `None` for dense samples.
    pub duration_seconds: Option<f64>,
}

impl From<Header> for Content {
    fn from(header: Header) -> Content {
        Content {
            kind: header.told(),
            train: header.train.samples,
            test: header.test.samples,
            class_names: header.class_names,
            duration_seconds: header.duration_seconds,
        }
    }
}

/// Returns the contents of the imported data set `name`, or `None` if it is missing or unusable.
pub fn imported_content(name: &str) -> Option<Content> {
    Some(stored::header(&find(name, None)?).ok()?.into())
}

/// Lists all imported data sets by name, reading their headers only. `cache` overrides the cache folder of Ohmspike.
pub fn imported(cache: Option<&Path>) -> Vec<Imported> {
    let mut paths = BTreeMap::new();
    for folder in folders(cache) {
        // A missing folder has no entries.
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = path.file_stem().and_then(|name| name.to_str()).filter(|name| is_name(name));
            if let (Some(name), true) = (name, path.extension().is_some_and(|extension| extension == EXTENSION)) {
                paths.entry(name.to_owned()).or_insert(path);
            }
        }
    }
    let tell = |(name, path): (String, PathBuf)| {
        let content = stored::header(&path).map(Content::from);
        Imported { name, path, content }
    };
    paths.into_iter().map(tell).collect()
}

/// Returns the file of the imported data set `name`, if it exists.
pub(crate) fn find(name: &str, cache: Option<&Path>) -> Option<PathBuf> {
    let file = format!("{name}.{EXTENSION}");
    let mut paths = folders(cache).into_iter().map(|folder| folder.join(&file));
    paths.find(|path| is_name(name) && path.is_file())
}

/// Returns the path for the data set `name`: in `cache`, in the folder that `OHMSPIKE_DATA` names, or in the cache folder.
pub(crate) fn place(name: &str, cache: Option<&Path>) -> Option<PathBuf> {
    let folder = cache.map(Path::to_owned).or_else(locate::environment).or_else(locate::default_cache)?;
    Some(folder.join(FOLDER).join(format!("{name}.{EXTENSION}")))
}

fn folders(cache: Option<&Path>) -> Vec<PathBuf> {
    let places = locate::folders(FOLDER, cache);
    places.iter().filter_map(|place| place.folder().map(Path::to_owned)).collect()
}
