//! Copies of the device and map files of a study in its results folder: `inputs/SET/HASH-NAME`.
//!
//! A moved results folder may no longer find the files themselves, and a file may change. `study.toml` states the digest of
//! every file in `[inputs]`. SET is the hash of these digests, so that every study file of the folder leads to the
//! files that it was run with, and a copy that was changed is recognised. HASH is that of the path in `study.toml`: it keeps
//! files with the same name apart.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ohmspike_datasets::{persist, regular};

use crate::bounded::{LARGEST_MAP, read_named};
use crate::former_names::file_sha256;
use crate::sha256::sha256;

/// Folder of the copies in the results folder.
pub(crate) const FOLDER: &str = "inputs";

/// Digest of every device and map file of a study, by its path there.
pub(crate) type Digests = BTreeMap<String, String>;

/// Returns the name of the copy of the file that `study.toml` calls `name`.
pub(crate) fn copy_of(name: &str) -> PathBuf {
    let file = Path::new(name).file_name().unwrap_or_default().to_string_lossy();
    PathBuf::from(format!("{}-{file}", &sha256(name.as_bytes())[..8]))
}

/// Returns the folder, in the results folder, of the copies of files with these digests. Earlier versions, which stated no
/// digests, had one folder.
pub(crate) fn copies(digests: &Digests) -> PathBuf {
    if digests.is_empty() {
        return PathBuf::from(FOLDER);
    }
    let all: String = digests.iter().map(|(name, digest)| format!("{digest}  {name}\n")).collect();
    Path::new(FOLDER).join(&sha256(all.as_bytes())[..8])
}

/// Returns the SHA-256 of the content of `file`; that of a device leaves out its descriptive keys, so that another description is the
/// same device.
/// A pipe, which can be read only once, and a file that cannot be read have none.
pub(crate) fn digest(file: &Path) -> Option<String> {
    if !fs::metadata(file).ok()?.is_file() {
        return None;
    }
    let content = regular::read(file, LARGEST_MAP).ok()?;
    let device = serde_json::from_slice(&content).ok().filter(serde_json::Value::is_object);
    Some(device.map_or_else(|| sha256(&content), file_sha256))
}

/// Copies `files`, by their path in `study.toml`, into the results folder `results`, unless the copies are there.
///
/// # Errors
/// Returns the path of the copy and the error if it cannot be written or the file cannot be read.
pub(crate) fn keep(
    results: &Path,
    digests: &Digests,
    files: &BTreeMap<String, PathBuf>,
) -> Result<(), (PathBuf, io::Error)> {
    let folder = results.join(copies(digests));
    for (name, file) in files {
        let copy = folder.join(copy_of(name));
        let Some(expected) = digests.get(name) else { continue };
        if digest(&copy).as_ref() == Some(expected) {
            continue;
        }
        let failed = |error| (copy.clone(), error);
        let content = read_named(file, LARGEST_MAP).map_err(failed)?;
        fs::create_dir_all(&folder).map_err(failed)?;
        persist::write(&copy, |file| file.write_all(&content)).map_err(failed)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_content_has_a_copy_and_changed_copies_are_replaced() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (file, results) = (folder.path().join("mine.json"), folder.path().join("results"));
        let name = "dev/mine.json";
        let keep = |content: &str| {
            fs::write(&file, content).expect("our folder");
            let digests = Digests::from([(name.to_owned(), digest(&file).expect("a file"))]);
            keep(&results, &digests, &BTreeMap::from([(name.to_owned(), file.clone())])).expect("our folder");
            results.join(copies(&digests)).join(copy_of(name))
        };
        let text = |path: &Path| fs::read_to_string(path).expect("a copy");
        let (one, two) = (keep("one"), keep("two"));
        assert_ne!(one, two);
        fs::write(&one, "another").expect("our folder");
        assert_eq!(keep("one"), one);
        assert_eq!((text(&one), text(&two)), ("one".to_owned(), "two".to_owned()));
    }

    #[test]
    fn the_description_of_a_device_is_not_in_its_digest() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("mine.json");
        let of = |content: &str| {
            fs::write(&file, content).expect("our folder");
            digest(&file).expect("a file")
        };
        let device = of(r#"{ "name": "mine", "window": { "low_resistance_ohm": 1000 } }"#);
        assert_eq!(of(r#"{ "window": { "low_resistance_ohm": 1000 }, "name": "m", "description": "ours" }"#), device);
        assert_ne!(of(r#"{ "name": "mine", "window": { "low_resistance_ohm": 2000 } }"#), device);
        assert_eq!(of("ok,ok"), sha256(b"ok,ok"));
        assert_eq!(digest(folder.path()), None);
    }
}
