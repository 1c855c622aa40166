//! Checks that libraries don't print, exit or read the environment, and that physics doesn't read the clock.

use std::path::Path;

use crate::code::{Word, code};
use crate::repository::{crates, shown, sources};

/// Macros that print.
const PRINTING: [&str; 5] = ["print", "println", "eprint", "eprintln", "dbg"];
/// Functions of `std::io` that open the terminal.
const STREAMS: [&str; 3] = ["stdin", "stdout", "stderr"];
/// The only file that reads the environment, to locate data sets.
const ASKS_THE_ENVIRONMENT: &str = "crates/datasets/src/locate.rs";
/// Crates with results that depend on their arguments only.
const WITHOUT_A_CLOCK: [&str; 6] = ["simd", "rng", "stats", "crossbar", "snn", "plot"];

fn is_library(folder: &Path) -> bool {
    !folder.ends_with("cli") && !folder.ends_with("simd-macros")
}

/// Returns the lines of libraries where `forbidden` holds for a word and the following ones.
fn found(libraries: impl Fn(&Path) -> bool, forbidden: impl Fn(&[Word]) -> bool) -> Vec<String> {
    let folders = crates().into_iter().filter(|folder| is_library(folder) && libraries(folder));
    let files = folders.flat_map(|folder| sources(&folder.join("src")));
    let of_file = |path: std::path::PathBuf| {
        let words = code(&path);
        let places = (0..words.len()).filter(|place| forbidden(&words[*place..]));
        places.map(|place| format!("{}:{}", shown(&path), words[place].line)).collect::<Vec<_>>()
    };
    files.flat_map(of_file).collect()
}

fn follows(words: &[Word], sign: &str) -> bool {
    words.get(1).is_some_and(|next| next.text == sign)
}

#[test]
fn libraries_do_not_print() {
    let prints = |words: &[Word]| {
        let name = words[0].text.as_str();
        let opens = |name: &Word| STREAMS.contains(&name.text.as_str());
        PRINTING.contains(&name) && follows(words, "!")
            || name == "io" && follows(words, "::") && words.get(2).is_some_and(opens)
    };
    assert_eq!(found(|_| true, prints), [] as [String; 0], "libraries must not print");
}

#[test]
fn libraries_do_not_exit() {
    let ends = |word: &Word| word.text == "exit" || word.text == "abort";
    let exits = |words: &[Word]| words[0].text == "process" && follows(words, "::") && words.get(2).is_some_and(ends);
    assert_eq!(found(|_| true, exits), [] as [String; 0], "libraries must not end the program");
}

#[test]
fn libraries_do_not_read_the_environment() {
    // Build constants do not depend on the settings of the machine.
    let constants = |words: &[Word]| words.get(2).is_some_and(|word| word.text == "consts");
    let asks =
        |words: &[Word]| words[0].text == "env" && (follows(words, "::") || follows(words, ";")) && !constants(words);
    let mut lines = found(|_| true, asks);
    lines.retain(|line| !line.starts_with(ASKS_THE_ENVIRONMENT));
    assert_eq!(lines, [] as [String; 0], "only {ASKS_THE_ENVIRONMENT} may read the environment");
}

#[test]
fn physics_does_not_read_the_clock() {
    let clocks = ["Instant", "SystemTime"];
    let reads = |words: &[Word]| clocks.contains(&words[0].text.as_str());
    let physics = |folder: &Path| WITHOUT_A_CLOCK.iter().any(|name| folder.ends_with(name));
    assert_eq!(found(physics, reads), [] as [String; 0], "{WITHOUT_A_CLOCK:?} must not read the clock");
}
