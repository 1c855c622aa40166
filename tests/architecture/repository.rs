//! The files of the repository.

use std::fs;
use std::path::{Path, PathBuf};

/// Returns the folder of the workspace.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package is in the workspace")
}

/// Reads a file.
pub fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Reads a TOML file.
pub fn table(path: &Path) -> toml::Table {
    read(path).parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns the sorted entries of a folder.
pub fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable entry").path()).collect();
    paths.sort();
    paths
}

/// Returns all Rust files below `folder`.
pub fn sources(folder: &Path) -> Vec<PathBuf> {
    let below = |path: PathBuf| if path.is_dir() { sources(&path) } else { vec![path] };
    let files = entries(folder).into_iter().flat_map(below);
    files.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

/// Returns the folders of all packages.
pub fn packages() -> Vec<PathBuf> {
    let manifest = table(&root().join("Cargo.toml"));
    let members = manifest["workspace"]["members"].as_array().expect("a list of members");
    let folders = members.iter().flat_map(|member| {
        let member = member.as_str().expect("members are strings");
        member.strip_suffix("/*").map_or_else(|| vec![root().join(member)], |folder| entries(&root().join(folder)))
    });
    folders.collect()
}

/// Returns the folders of all packages with sources in `src`: the libraries and the program.
pub fn crates() -> Vec<PathBuf> {
    packages().into_iter().filter(|folder| folder.join("README.md").exists() && folder.join("src").is_dir()).collect()
}

/// Formats a path from the root of the repository.
pub fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}
