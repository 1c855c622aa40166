//! The answers in a results folder: one file per question, `limit.json`, `limit-2.json`, ...
//!
//! A question is everything that decides trials: settings, keys with levels, criterion and numbers of seeds. The same
//! question has the same answer and the same file. Another question gets a file of its own, so no answer is lost, and
//! fresh seeds that no earlier answer has used:
//!
//! ```text
//! first fresh seed  =  that of the answer to the same question, if there is one
//!                      largest seed of all answers in the folder + 1, otherwise
//! ```
//!
//! An answer that ended before its first test has no fresh seeds, and gives its file to the next question.

use std::fs;
use std::path::{Path, PathBuf};

use super::report::LimitReport;

/// Returns the files of answers in `folder` with the numbers of their questions, in order.
pub fn files(folder: &Path) -> Vec<(u32, PathBuf)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let numbered = |path: PathBuf| Some((number(path.file_name()?.to_str()?)?, path));
    let mut files: Vec<(u32, PathBuf)> = entries.filter_map(|entry| numbered(entry.path())).collect();
    files.sort();
    files
}

/// Returns the number of the question in the name of a file.
fn number(name: &str) -> Option<u32> {
    let middle = name.strip_prefix("limit")?.strip_suffix(".json")?;
    match middle.strip_prefix('-') {
        None => middle.is_empty().then_some(1),
        Some(digits) => digits.parse().ok().filter(|number| *number > 1),
    }
}

/// Reads the answers in `folder`. A damaged file, or one of another version, counts as missing.
pub fn answers(folder: &Path) -> Vec<LimitReport> {
    let read = |(number, path): (u32, PathBuf)| {
        let text = fs::read_to_string(path).ok()?;
        Some(LimitReport { number, ..serde_json::from_str(&text).ok()? })
    };
    files(folder).into_iter().filter_map(read).collect()
}

/// Returns the smallest number of a fresh seed for `question`, after the `former` answers in its folder.
pub fn fresh_from(former: &[LimitReport], question: &str) -> u64 {
    if let Some(same) = former.iter().find(|answer| answer.question() == question) {
        return same.effort.fresh_from;
    }
    let seeds = former.iter().flat_map(LimitReport::all_rows).flat_map(|row| &row.trials).map(|line| line.seed);
    seeds.max().map_or(0, |last| last + 1)
}

/// Returns the number of `question` next to the `former` answers in its folder.
pub fn number_of(former: &[LimitReport], question: &str) -> u32 {
    if let Some(same) = former.iter().find(|answer| answer.question() == question) {
        return same.number;
    }
    let is_free = |number: &u32| former.iter().all(|answer| answer.number != *number || !answer.has_tests());
    (1..).find(is_free).expect("fewer answers than numbers")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_have_the_numbers_of_their_questions() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in ["limit-10.json", "limit.json", "limit-2.json", "limit-1.json", "limit-x.json", "limit.csv"] {
            fs::write(folder.path().join(name), "{}").expect("a temporary file");
        }
        let numbers: Vec<u32> = files(folder.path()).into_iter().map(|(number, _)| number).collect();
        assert_eq!(numbers, [1, 2, 10]);
        assert_eq!(answers(folder.path()), [], "damaged files are no answers");
    }
}
