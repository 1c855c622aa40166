//! Where the files of a data set are.
//!
//! Looked at in this order; the first place that holds all four files counts:
//! 1. the folder that the environment variable `OHMSPIKE_DATA` names: its subfolder of the data set's name, or itself;
//! 2. `/usr/share/datasets`, where Debian's packages put their files;
//! 3. the cache folder, where [`fetch()`](crate::fetch()) puts them.

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

/// The environment variable that names a folder of data sets, or of one data set.
pub const ENVIRONMENT_VARIABLE: &str = "OHMSPIKE_DATA";

/// Where Debian's data set packages put their files.
const SYSTEM: &str = "/usr/share/datasets";

/// A place that can hold a data set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The program itself.
    Embedded,
    /// A folder named by the environment variable `OHMSPIKE_DATA`.
    Environment(PathBuf),
    /// The folder of the system's package.
    System(PathBuf),
    /// The cache folder.
    Cache(PathBuf),
}

impl Place {
    /// The folder, where the place is one.
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

/// A place in which some or all files are missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looked {
    /// The place.
    pub place: Place,
    /// The files that it does not hold.
    pub missing: Vec<&'static str>,
}

/// No place holds all files of a data set.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "{name}: not found, looked in {}, one must hold all of {}\n\n\
     hint: `ohmspike data fetch {name}` downloads the files, or {}; the data set `{}` needs no files",
    looked_in(looked), names(catalogue::entry(*name)), other_ways(*name), Name::FashionMnistSubset
)]
pub struct NotFound {
    /// The data set.
    pub name: Name,
    /// Where it is not, in the order of looking.
    pub looked: Vec<Looked>,
}

/// Finds `name`; `cache` stands in for Ohmspike's cache folder, whose subfolders are called like the data sets.
pub fn locate(name: Name, cache: Option<&Path>) -> Result<Place, NotFound> {
    let entry = catalogue::entry(name);
    locate_in(entry, places(entry, cache))
}

/// Every place that may hold `entry`, in the order of looking.
pub(crate) fn places(entry: &Entry, cache: Option<&Path>) -> Vec<Place> {
    if entry.embedded.is_some() {
        return vec![Place::Embedded];
    }
    folders(entry.name.as_str(), cache)
}

/// Every folder that may hold the data set `name`, in the order of looking.
pub(crate) fn folders(name: &str, cache: Option<&Path>) -> Vec<Place> {
    let environment = env::var_os(ENVIRONMENT_VARIABLE).filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let cache = cache.map(Path::to_owned).or_else(default_cache);
    lookup_order(name, environment, cache)
}

/// The first of `places` that holds every file of `entry`.
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

/// What to do where a download is no way, for a hint.
pub(crate) fn other_ways(name: Name) -> String {
    format!(
        "`apt-get install dataset-fashion-mnist` on Debian and Ubuntu, \
         or set {ENVIRONMENT_VARIABLE} to a folder that holds the four files of {name}"
    )
}

/// The files of `entry` in a row.
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

/// The places in a row; where only some files are missing, which.
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
    fn the_environment_comes_before_the_system_and_the_cache_last() {
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
    fn the_first_whole_folder_counts() {
        let folder = tempfile::tempdir().unwrap();
        let [part, whole, other] = ["part", "whole", "other"].map(|name| folder.path().join(name));
        fill(&part, 3);
        fill(&whole, 4);
        fill(&other, 4);
        let places = vec![Place::Environment(part), Place::System(whole.clone()), Place::Cache(other)];
        assert_eq!(locate_in(&loose_subset().0, places), Ok(Place::System(whole)));
    }

    #[test]
    fn the_subset_is_part_of_the_program() {
        assert_eq!(locate(Name::FashionMnistSubset, None), Ok(Place::Embedded));
    }

    #[test]
    fn a_data_set_that_is_nowhere_says_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        fill(&folder.path().join("part"), 3);
        let entry = catalogue::entry(Name::FashionMnist);
        let places = vec![Place::System(folder.path().to_owned()), Place::Cache(folder.path().join("part"))];
        let (path, part) = (folder.path().display(), folder.path().join("part"));
        assert_eq!(
            locate_in(entry, places).unwrap_err().to_string(),
            format!(
                "fashion-mnist: not found, looked in {path} (system), \
                 {} (cache) without `t10k-labels-idx1-ubyte.gz`, one must hold all of \
                 `train-images-idx3-ubyte.gz`, `train-labels-idx1-ubyte.gz`, `t10k-images-idx3-ubyte.gz`, \
                 `t10k-labels-idx1-ubyte.gz`\n\n\
                 hint: `ohmspike data fetch fashion-mnist` downloads the files, or \
                 `apt-get install dataset-fashion-mnist` on Debian and Ubuntu, or set OHMSPIKE_DATA to a folder that \
                 holds the four files of fashion-mnist; the data set `fashion-mnist-subset` needs no files",
                part.display()
            )
        );
    }
}
