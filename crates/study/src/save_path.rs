//! Path of a file that a command saves at its end, and that is checked before the work begins.

use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use ohmspike_datasets::same_kind::refuse_other_kind;
use ohmspike_datasets::{persist, write_reason};

/// Path of a table (CSV) or of a NumPy archive (npz): it ends in `.csv` or `.npz`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavePath(PathBuf);

/// A path with another ending.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a file name that ends in .csv or .npz, got `{0}`")]
pub struct WrongEnding(String);

/// A file that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{}`: {}", path.display(), write_reason(source))]
pub struct Unwritable {
    path: PathBuf,
    source: io::Error,
}

impl FromStr for SavePath {
    type Err = WrongEnding;

    fn from_str(text: &str) -> Result<SavePath, WrongEnding> {
        let path = SavePath(PathBuf::from(text));
        if path.ends_in("csv") || path.ends_in("npz") { Ok(path) } else { Err(WrongEnding(text.to_owned())) }
    }
}

impl SavePath {
    /// Returns the path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Whether the file is a table.
    pub fn is_csv(&self) -> bool {
        self.ends_in("csv")
    }

    /// Checks that the file can be written, without writing it.
    ///
    /// # Errors
    /// Returns an error if its folder does not exist or takes no files, or if something else is in its place: not a file, or a
    /// file other than an archive, or than a table of connections.
    pub fn check(&self) -> Result<(), Unwritable> {
        let start: &[u8] = if self.is_csv() { b"connection," } else { b"PK\x03\x04" };
        let checked = persist::check(&self.0).and_then(|()| refuse_other_kind(&self.0, start));
        checked.map_err(|source| Unwritable { path: self.0.clone(), source })
    }

    fn ends_in(&self, ending: &str) -> bool {
        self.0.extension().is_some_and(|own| own.eq_ignore_ascii_case(ending))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_says_what_is_saved() {
        let is_csv = |text: &str| text.parse::<SavePath>().map(|path| path.is_csv()).map_err(|error| error.to_string());
        assert_eq!([is_csv("a/w.csv"), is_csv("w.CSV"), is_csv("w.npz")], [Ok(true), Ok(true), Ok(false)]);
        for wrong in ["w.txt", "w", ".npz"] {
            assert_eq!(is_csv(wrong), Err(format!("expected a file name that ends in .csv or .npz, got `{wrong}`")));
        }
    }

    #[test]
    fn a_missing_folder_is_found_before_the_work() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = |name: &str| -> SavePath { folder.path().join(name).display().to_string().parse().expect("npz") };
        assert!(path("w.npz").check().is_ok());
        std::fs::write(path("mine.csv").path(), "target_microsiemens,conductance_microsiemens\n").expect("a table");
        let error = path("mine.csv").check().expect_err("a table of measurements").to_string();
        assert!(error.ends_with("the file holds something else; choose another name, or remove it"), "{error}");
        let error = path("gone/w.npz").check().expect_err("no folder").to_string();
        assert_eq!(error, format!("cannot write `{}`: no such folder", folder.path().join("gone/w.npz").display()));
    }
}
