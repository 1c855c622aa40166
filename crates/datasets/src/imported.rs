//! Where imported data sets are: the file `NAME.ohmspike` in the folder `imported` of the places of all data sets.

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

/// The folder below a folder of data sets.
const FOLDER: &str = "imported";
/// How the files end.
const EXTENSION: &str = "ohmspike";
/// Letters of the longest name.
const LONGEST_NAME: usize = 64;

/// Whether `text` may name an imported data set: lower-case letters, digits and hyphens, a letter first, at most 64 of them, and not
/// a data set that is known without import.
pub fn is_name(text: &str) -> bool {
    let letter = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    let known = text == SHD_NAME || text.parse::<Name>().is_ok();
    text.len() <= LONGEST_NAME
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.chars().all(letter)
        && !known
}

/// An imported data set as it stands on this machine.
#[derive(Debug)]
pub struct Imported {
    /// Its name.
    pub name: String,
    /// Its file.
    pub path: PathBuf,
    /// What its header says, or what is wrong with it.
    pub content: Result<Content, StoredError>,
}

/// What is in an imported data set.
#[derive(Clone, Debug, PartialEq)]
pub struct Content {
    /// Kind, units and classes in words.
    pub kind: String,
    /// Samples for training.
    pub train: usize,
    /// Samples for the test.
    pub test: usize,
    /// What each class is called.
    pub class_names: Vec<String>,
    /// Of recordings, what each lasts, s.
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

/// What the header of the data set `name` says, if it was imported and can be used.
pub fn imported_content(name: &str) -> Option<Content> {
    Some(stored::header(&find(name, None)?).ok()?.into())
}

/// Every imported data set, by name; only their headers are read. `cache` stands in for Ohmspike's cache folder.
pub fn imported(cache: Option<&Path>) -> Vec<Imported> {
    let mut paths = BTreeMap::new();
    for folder in folders(cache) {
        // A folder that is not there holds none.
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

/// The file of the data set `name`, if it was imported.
pub(crate) fn find(name: &str, cache: Option<&Path>) -> Option<PathBuf> {
    let file = format!("{name}.{EXTENSION}");
    let mut paths = folders(cache).into_iter().map(|folder| folder.join(&file));
    paths.find(|path| is_name(name) && path.is_file())
}

/// Where the data set `name` is put.
pub(crate) fn place(name: &str, cache: Option<&Path>) -> Option<PathBuf> {
    let folder = cache.map(Path::to_owned).or_else(locate::default_cache)?;
    Some(folder.join(FOLDER).join(format!("{name}.{EXTENSION}")))
}

fn folders(cache: Option<&Path>) -> Vec<PathBuf> {
    let places = locate::folders(FOLDER, cache);
    places.iter().filter_map(|place| place.folder().map(Path::to_owned)).collect()
}
