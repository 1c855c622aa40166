//! The words that started the program, for hints and for the provenance of results.
//!
//! The program is also a part of the Python package, where the words of the process are those of the interpreter.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Words of the command line, with `?` for bytes that are not UTF-8, and the program.
static STARTED: OnceLock<(Vec<String>, PathBuf)> = OnceLock::new();

/// Keeps the words and the program of the first call.
pub fn set(words: &[OsString], program: PathBuf) {
    STARTED.get_or_init(|| (words.iter().map(|word| word.to_string_lossy().into_owned()).collect(), program));
}

/// Returns the words of the command line, the name of the program included.
pub fn words() -> &'static [String] {
    STARTED.get().map_or(&[], |(words, _)| words)
}

/// Returns the path of the program.
pub fn program() -> &'static Path {
    STARTED.get().map_or(Path::new("ohmspike"), |(_, program)| program)
}
