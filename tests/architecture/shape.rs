//! Checks the sizes of files and functions, and the places of modules.

use std::path::{Path, PathBuf};

use crate::code::{Word, closing, words};
use crate::repository::{crates, read, root, shown, sources};

const MAX_LINES_OF_A_FILE: usize = 500;
const MAX_LINES_OF_A_FUNCTION: usize = 60;

/// Returns all Rust files of the repository.
fn all_sources() -> Vec<PathBuf> {
    ["crates", "experiments", "tests", "benches"].iter().flat_map(|folder| sources(&root().join(folder))).collect()
}

#[test]
fn files_are_short() {
    let lines = |path: &PathBuf| read(path).lines().count();
    let long: Vec<String> = all_sources()
        .iter()
        .filter(|path| lines(path) > MAX_LINES_OF_A_FILE)
        .map(|path| format!("{}: {} lines", shown(path), lines(path)))
        .collect();
    assert!(long.is_empty(), "files above {MAX_LINES_OF_A_FILE} lines:\n{}", long.join("\n"));
}

/// Returns the functions of `words` with a body: name, first line, number of lines.
fn functions(words: &[Word]) -> Vec<(String, usize, usize)> {
    let mut found = Vec::new();
    for (place, word) in words.iter().enumerate().filter(|(_, word)| word.text == "fn") {
        let Some(name) = words.get(place + 1).filter(|name| name.text != "(") else { continue };
        let mut at = place + 2;
        while at < words.len() && !["{", ";"].contains(&words[at].text.as_str()) {
            let bracket = ["(", "["].contains(&words[at].text.as_str());
            at = if bracket { closing(words, at) + 1 } else { at + 1 };
        }
        if words.get(at).is_some_and(|word| word.text == "{") {
            found.push((name.text.clone(), word.line, words[closing(words, at)].line - word.line + 1));
        }
    }
    found
}

#[test]
fn functions_are_short() {
    let long = |path: &PathBuf| {
        let functions = functions(&words(&read(path))).into_iter();
        let long = functions.filter(|(_, _, lines)| *lines > MAX_LINES_OF_A_FUNCTION);
        long.map(|(name, line, lines)| format!("{}:{line}: `{name}` has {lines}", shown(path))).collect::<Vec<_>>()
    };
    let long: Vec<String> = all_sources().iter().flat_map(long).collect();
    assert!(long.is_empty(), "functions above {MAX_LINES_OF_A_FUNCTION} lines:\n{}", long.join("\n"));
}

#[test]
fn the_length_of_a_function_includes_its_closing_brace() {
    let text = "fn a(x: [u8; 2]) -> u8 {\n  x[0]\n}\ntrait T { fn b(); }\nstruct S(fn(u8) -> u8);\nfn c() {}\n";
    assert_eq!(functions(&words(text)), [("a".to_owned(), 1, 3), ("c".to_owned(), 6, 1)]);
}

/// Module `x` is in `x.rs`, its submodules in `x/`.
#[test]
fn no_module_is_in_a_mod_rs() {
    for folder in crates() {
        for path in sources(&folder.join("src")) {
            assert!(!path.ends_with("mod.rs"), "{}: must be `{}.rs`", shown(&path), shown(folder_of(&path)));
        }
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().expect("files are in folders")
}

#[test]
fn every_source_file_has_a_module_doc() {
    for path in all_sources() {
        assert!(read(&path).starts_with("//!"), "{}: expected a `//!` doc in the first line", shown(&path));
    }
}
