//! Path of a file that a command saves at its end, and that is checked before the work begins.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use ohmspike_datasets::same_kind::{other_kind, refuse_other_kind};
use ohmspike_datasets::{persist, read_arrays, write_reason};

use crate::network_file;

/// Ending of the name of an array of G+.
const PLUS: &str = "_plus";

/// What a command saves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// The weights of a network.
    Weights,
    /// Weights and conductances of cells.
    Conductances,
}

impl Saved {
    /// First line of a table.
    pub(crate) fn first_line(self) -> &'static str {
        match self {
            Saved::Weights => network_file::FIRST_LINE,
            Saved::Conductances => "connection,row,column,weight,plus_microsiemens,minus_microsiemens",
        }
    }

    /// Whether an earlier command saved the arrays with these names. Weights of other programs have no header.
    fn wrote<'a>(self, mut names: impl Iterator<Item = &'a str>) -> bool {
        names.any(|name| match self {
            Saved::Weights => network_file::tells_origin(name),
            Saved::Conductances => name.ends_with(PLUS),
        })
    }
}

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

    /// Checks that `saved` can be written to the file, without writing it.
    ///
    /// # Errors
    /// Returns an error if its folder does not exist or takes no files, or if something else is in its place: not a file, or a
    /// file that no earlier command saved.
    pub fn check(&self, saved: Saved) -> Result<(), Unwritable> {
        let checked = persist::check(&self.0).and_then(|()| self.refuse_other(saved));
        checked.map_err(|source| Unwritable { path: self.0.clone(), source })
    }

    fn refuse_other(&self, saved: Saved) -> io::Result<()> {
        // A symbolic link is replaced, and its target stays.
        if !fs::symlink_metadata(&self.0).is_ok_and(|there| there.is_file() && there.len() > 0) {
            return Ok(());
        }
        let same = if self.is_csv() {
            let mut line = String::new();
            let most = saved.first_line().len() as u64 + 2;
            // A line that is no text is no first line of ours.
            let read = BufReader::new(File::open(&self.0)?.take(most)).read_line(&mut line);
            read.is_ok() && line.trim_end() == saved.first_line()
        } else {
            refuse_other_kind(&self.0, b"PK\x03\x04")?;
            read_arrays(&self.0).is_ok_and(|arrays| saved.wrote(arrays.keys().map(String::as_str)))
        };
        if same { Ok(()) } else { Err(other_kind()) }
    }

    /// Whether both are the same file.
    pub fn is_same_file(&self, other: &SavePath) -> bool {
        let place = |path: &Path| {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            fs::canonicalize(folder).ok().zip(path.file_name().map(ToOwned::to_owned))
        };
        self.0 == other.0 || place(&self.0).is_some_and(|own| Some(own) == place(&other.0))
    }

    fn ends_in(&self, ending: &str) -> bool {
        self.0.extension().is_some_and(|own| own.eq_ignore_ascii_case(ending))
    }
}

#[cfg(test)]
mod tests {
    use ohmspike_datasets::{ArrayContent, write_arrays};

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
        assert!(path("w.npz").check(Saved::Weights).is_ok());
        fs::write(path("mine.csv").path(), "target_microsiemens,conductance_microsiemens\n").expect("a table");
        let error = path("mine.csv").check(Saved::Weights).expect_err("a table of measurements").to_string();
        assert!(error.ends_with("the file holds something else; choose another name, or remove it"), "{error}");
        let error = path("gone/w.npz").check(Saved::Weights).expect_err("no folder").to_string();
        assert_eq!(error, format!("cannot write `{}`: no such folder", folder.path().join("gone/w.npz").display()));
    }

    #[test]
    fn only_files_of_earlier_commands_are_replaced() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path =
            |name: &str| -> SavePath { folder.path().join(name).display().to_string().parse().expect("an ending") };
        let replaced = |path: &SavePath| [Saved::Weights, Saved::Conductances].map(|saved| path.check(saved).is_ok());
        let (table, archive) = (path("t.csv"), path("a.npz"));
        for (text, expected) in [
            ("connection,row,column,weight\nreadout,0,0,1\n", [true, false]),
            ("connection,row,column,weight,plus_microsiemens,minus_microsiemens\n", [false, true]),
            ("connection,row,column\n", [false, false]),
            ("", [true, true]),
        ] {
            fs::write(table.path(), text).expect("a table");
            assert_eq!(replaced(&table), expected, "{text}");
        }
        let numbers: &[f32] = &[1.0, 2.0];
        for (names, expected) in [
            (&["w0", "w1"][..], [false, false]),
            (&["samples", "labels", "test_samples"], [false, false]),
            (&["w0", "w1", "header"], [true, false]),
            (&["w0", "imported"], [true, false]),
            (&["readout_weight", "readout_plus", "readout_minus"], [false, true]),
        ] {
            let arrays: Vec<_> =
                names.iter().map(|name| ((*name).to_owned(), vec![2], ArrayContent::Floats(numbers))).collect();
            write_arrays(archive.path(), &arrays).expect("an archive");
            assert_eq!(replaced(&archive), expected, "{names:?}");
        }
        fs::write(archive.path(), b"PK\x03\x04 damaged").expect("a file");
        assert_eq!(replaced(&archive), [false, false]);
    }

    #[test]
    fn one_file_has_several_paths() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(folder.path().join("sub")).expect("a folder");
        let path =
            |name: &str| -> SavePath { folder.path().join(name).display().to_string().parse().expect("an ending") };
        assert!(
            path("a.npz").is_same_file(&path("sub/../a.npz")) && path("gone/a.npz").is_same_file(&path("gone/a.npz"))
        );
        assert!(!path("a.npz").is_same_file(&path("a.csv")) && !path("a.npz").is_same_file(&path("sub/a.npz")));
    }
}
