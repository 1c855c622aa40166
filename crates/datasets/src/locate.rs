//! Locates the files of a data set.
//!
//! The first of these places with all four files is used:
//! 1. the folder in the environment variable `OHMSPIKE_DATA`: its subfolder with the name of the data set, or the
//!    folder itself;
//! 2. `/usr/share/datasets`, the location of Debian packages;
//! 3. the cache folder, filled by [`fetch()`](crate::fetch()).

use std::{
    env, fmt,
    path::{Path, PathBuf},
};

use etcetera::BaseStrategy;
use thiserror::Error;

use crate::{
    catalogue::{self, Entry},
    name::Name,
    shown::shown_path,
};

/// Environment variable with a folder of data sets, or of one data set.
pub const ENVIRONMENT_VARIABLE: &str = "OHMSPIKE_DATA";

/// Folder of Debian's data set packages.
const SYSTEM: &str = "/usr/share/datasets";

/// A place that may contain a data set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Embedded in the program.
    Embedded,
    /// A folder from the environment variable `OHMSPIKE_DATA`.
    Environment(PathBuf),
    /// The folder of a system package.
    System(PathBuf),
    /// The cache folder.
    Cache(PathBuf),
}

impl Place {
    /// Returns the folder, or `None` if the data set is embedded.
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Place::Embedded => None,
            Place::Environment(folder) | Place::System(folder) | Place::Cache(folder) => Some(folder),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Embedded => write!(formatter, "part of the program"),
            Place::Environment(folder) => write!(formatter, "{} ({ENVIRONMENT_VARIABLE})", shown_path(folder)),
            Place::System(folder) => write!(formatter, "{} (system)", shown_path(folder)),
            Place::Cache(folder) => write!(formatter, "{} (cache)", shown_path(folder)),
        }
    }
}

/// A place with missing files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looked {
    /// The place.
    pub place: Place,
    /// Missing files.
    pub missing: Vec<&'static str>,
}

/// Error: no place has all files of a data set.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "{name}: no complete data set in {}; expected {}\n\n\
     hint: `ohmspike data fetch {name}` downloads the files; or {}; the data set `{}` needs no files",
    looked_in(looked), names(catalogue::entry(*name)), other_ways(*name), Name::FashionMnistSubset
)]
pub struct NotFound {
    /// The data set.
    pub name: Name,
    /// The places searched, in order.
    pub looked: Vec<Looked>,
}

/// Locates `name`; `cache` overrides the cache folder of Ohmspike, which has one subfolder per data set.
pub fn locate(name: Name, cache: Option<&Path>) -> Result<Place, NotFound> {
    let entry = catalogue::entry(name);
    locate_in(entry, places(entry, cache))
}

/// Returns all places for `entry`, in search order.
pub(crate) fn places(entry: &Entry, cache: Option<&Path>) -> Vec<Place> {
    if entry.embedded.is_some() {
        return vec![Place::Embedded];
    }
    folders(entry.name.as_str(), cache)
}

/// Returns all folders for the data set `name`, in search order.
pub(crate) fn folders(name: &str, cache: Option<&Path>) -> Vec<Place> {
    let cache = cache.map(Path::to_owned).or_else(default_cache);
    lookup_order(name, environment(), cache)
}

/// Returns the folder in `OHMSPIKE_DATA`, if it is set.
pub(crate) fn environment() -> Option<PathBuf> {
    env::var_os(ENVIRONMENT_VARIABLE).filter(|folder| !folder.is_empty()).map(PathBuf::from)
}

/// Returns the first of `places` with every file of `entry`.
pub(crate) fn locate_in(entry: &Entry, places: Vec<Place>) -> Result<Place, NotFound> {
    let mut looked = Vec::new();
    for place in places {
        match missing(entry, &place) {
            none if none.is_empty() => return Ok(place),
            missing => looked.push(Looked { place, missing }),
        }
    }
    Err(NotFound { name: entry.name, looked })
}

/// Describes alternatives to a download, for hints.
pub(crate) fn other_ways(name: Name) -> String {
    format!(
        "run `apt-get install dataset-fashion-mnist` on Debian and Ubuntu, \
         or set {ENVIRONMENT_VARIABLE} to a folder that holds the four files of {name}"
    )
}

/// Lists the files of `entry`.
pub(crate) fn names(entry: &Entry) -> String {
    entry.files.map(|file| format!("`{}`", file.name)).join(", ")
}

pub(crate) fn default_cache() -> Option<PathBuf> {
    etcetera::choose_base_strategy().ok().map(|strategy| strategy.cache_dir().join("ohmspike"))
}

fn lookup_order(name: &str, environment: Option<PathBuf>, cache: Option<PathBuf>) -> Vec<Place> {
    let own = environment.iter().flat_map(|folder| [folder.join(name), folder.clone()]);
    let system = Path::new(SYSTEM).join(name);
    let cache = cache.map(|folder| folder.join(name));
    own.map(Place::Environment).chain([Place::System(system)]).chain(cache.map(Place::Cache)).collect()
}

fn missing(entry: &Entry, place: &Place) -> Vec<&'static str> {
    let Some(folder) = place.folder() else { return Vec::new() };
    entry.files.iter().map(|file| file.name).filter(|name| !folder.join(name).is_file()).collect()
}

/// Lists the places and, if a place has some of the files, those that are missing.
fn looked_in(looked: &[Looked]) -> String {
    let tell = |Looked { place, missing }: &Looked| match missing.len() {
        4 => place.to_string(),
        _ => format!("{place} without `{}`", missing.join("`, `")),
    };
    looked.iter().map(tell).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::catalogue::loose_subset;

    fn fill(folder: &Path, count: usize) {
        fs::create_dir_all(folder).unwrap();
        for file in loose_subset().0.files.iter().take(count) {
            fs::write(folder.join(file.name), "").unwrap();
        }
    }

    #[test]
    fn searches_environment_then_system_then_cache() {
        assert_eq!(
            lookup_order("fashion-mnist", Some("/data".into()), Some("/cache".into())),
            [
                Place::Environment("/data/fashion-mnist".into()),
                Place::Environment("/data".into()),
                Place::System("/usr/share/datasets/fashion-mnist".into()),
                Place::Cache("/cache/fashion-mnist".into()),
            ]
        );
        assert_eq!(
            lookup_order("fashion-mnist", None, None),
            [Place::System("/usr/share/datasets/fashion-mnist".into())]
        );
    }

    #[test]
    fn the_first_complete_folder_is_used() {
        let folder = tempfile::tempdir().unwrap();
        let [part, whole, other] = ["part", "whole", "other"].map(|name| folder.path().join(name));
        fill(&part, 3);
        fill(&whole, 4);
        fill(&other, 4);
        let places = vec![Place::Environment(part), Place::System(whole.clone()), Place::Cache(other)];
        assert_eq!(locate_in(&loose_subset().0, places), Ok(Place::System(whole)));
    }

    #[test]
    fn the_subset_is_embedded() {
        assert_eq!(locate(Name::FashionMnistSubset, None), Ok(Place::Embedded));
    }

    #[test]
    fn a_missing_data_set_has_hints() {
        let folder = tempfile::tempdir().unwrap();
        fill(&folder.path().join("part"), 3);
        let entry = catalogue::entry(Name::FashionMnist);
        let places = vec![Place::System(folder.path().to_owned()), Place::Cache(folder.path().join("part"))];
        let (path, part) = (folder.path().display(), folder.path().join("part"));
        assert_eq!(
            locate_in(entry, places).unwrap_err().to_string(),
            format!(
                "fashion-mnist: no complete data set in {path} (system), \
                 {} (cache) without `t10k-labels-idx1-ubyte.gz`; expected \
                 `train-images-idx3-ubyte.gz`, `train-labels-idx1-ubyte.gz`, `t10k-images-idx3-ubyte.gz`, \
                 `t10k-labels-idx1-ubyte.gz`\n\n\
                 hint: `ohmspike data fetch fashion-mnist` downloads the files; or \
                 run `apt-get install dataset-fashion-mnist` on Debian and Ubuntu, or set OHMSPIKE_DATA to a folder that \
                 holds the four files of fashion-mnist; the data set `fashion-mnist-subset` needs no files",
                part.display()
            )
        );
    }
}
