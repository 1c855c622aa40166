//! Copies of the device and map files of a study in its results folder: `inputs/HASH-NAME`.
//!
//! A moved results folder may no longer find the files themselves. HASH is that of the path in `study.toml`: it leads
//! from the path to the copy, and keeps files with the same name apart.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ohmspike_datasets::{persist, regular};

use crate::bounded::{LARGEST_MAP, read_named};
use crate::sha256::sha256;

/// Folder of the copies in the results folder.
pub(crate) const FOLDER: &str = "inputs";

/// Returns the path, in the folder of the copies, of the copy of the file that `study.toml` calls `name`.
pub(crate) fn copy_of(name: &str) -> PathBuf {
    let file = Path::new(name).file_name().unwrap_or_default().to_string_lossy();
    PathBuf::from(format!("{}-{file}", &sha256(name.as_bytes())[..8]))
}

/// Copies `file`, which `study.toml` calls `name`, into the results folder `results`. A pipe has no copy, since it can
/// be read only once. An earlier copy with other content stays, named after that content.
///
/// # Errors
/// Returns the path of the copy and the error if it cannot be written or the file cannot be read.
pub(crate) fn keep(results: &Path, name: &str, file: &Path) -> Result<(), (PathBuf, io::Error)> {
    let copy = results.join(FOLDER).join(copy_of(name));
    let failed = |error| (copy.clone(), error);
    if !fs::metadata(file).map_err(failed)?.is_file() {
        return Ok(());
    }
    let content = read_named(file, LARGEST_MAP).map_err(failed)?;
    match regular::read(&copy, LARGEST_MAP) {
        Ok(there) if there == content => return Ok(()),
        // Its records may need it.
        Ok(there) => {
            let name = format!("{}-{}", &sha256(&there)[..8], copy_of(name).display());
            persist::write(&results.join(FOLDER).join(name), |file| file.write_all(&there)).map_err(failed)?;
        }
        Err(_) => fs::create_dir_all(results.join(FOLDER)).map_err(failed)?,
    }
    persist::write(&copy, |file| file.write_all(&content)).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_of_other_content_stays() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (file, results) = (folder.path().join("mine.json"), folder.path().join("results"));
        for content in ["one", "one", "two"] {
            fs::write(&file, content).expect("our folder");
            keep(&results, "dev/mine.json", &file).expect("our folder");
        }
        let copies = fs::read_dir(results.join(FOLDER)).expect("copies").map(|entry| entry.expect("an entry").path());
        let mut copies: Vec<String> = copies.map(|path| fs::read_to_string(path).expect("text")).collect();
        copies.sort();
        assert_eq!(copies, ["one", "two"]);
        let newest = results.join(FOLDER).join(copy_of("dev/mine.json"));
        assert_eq!(fs::read_to_string(newest).expect("the copy"), "two");
    }
}
