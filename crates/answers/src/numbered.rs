//! Answers in a results folder: one file per question, `limit.json`, `limit-2.json`, ...
//!
//! A question is everything that decides the trials and what is made of them. The same question has the same answer and
//! the same files. Another question gets files of its own, so no answer is lost. An answer that has no result gives its
//! files to the next question.

use std::fs;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

/// An answer that has files of its own next to the answers to other questions.
pub trait Numbered: DeserializeOwned {
    /// Name of the files of the first question, without extension.
    const STEM: &'static str;

    /// Returns the number of the question in its folder, from 1.
    fn number(&self) -> u32;

    /// Sets the number of the question.
    fn set_number(&mut self, number: u32);

    /// Whether `other` answers the same question.
    fn is_same_question(&self, other: &Self) -> bool;

    /// Whether there is a result to keep.
    fn has_result(&self) -> bool;

    /// Returns the name of a file of this answer.
    fn file(&self, extension: &str) -> String {
        file_name(Self::STEM, self.number(), extension)
    }
}

/// Number of the only question in a folder.
pub(crate) fn first_question() -> u32 {
    1
}

/// Returns the name of a file of question `number`: `limit.json`, or `limit-2.json` for the second question.
pub fn file_name(stem: &str, number: u32, extension: &str) -> String {
    match number {
        1 => format!("{stem}.{extension}"),
        number => format!("{stem}-{number}.{extension}"),
    }
}

/// Returns the files of the answers `T` in `folder` with the numbers of their questions, in order.
pub fn files<T: Numbered>(folder: &Path) -> Vec<(u32, PathBuf)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let numbered = |path: PathBuf| Some((number(T::STEM, path.file_name()?.to_str()?)?, path));
    let mut files: Vec<(u32, PathBuf)> = entries.filter_map(|entry| numbered(entry.path())).collect();
    files.sort();
    files
}

/// Returns the number of the question in the name of a file.
fn number(stem: &str, name: &str) -> Option<u32> {
    let middle = name.strip_prefix(stem)?.strip_suffix(".json")?;
    match middle.strip_prefix('-') {
        None => middle.is_empty().then_some(1),
        Some(digits) => digits.parse().ok().filter(|number| *number > 1),
    }
}

/// Reads the answers in `folder`. A damaged file, or one of another version, counts as missing.
pub fn answers<T: Numbered>(folder: &Path) -> Vec<T> {
    let read = |(number, path): (u32, PathBuf)| {
        let mut answer: T = serde_json::from_str(&fs::read_to_string(path).ok()?).ok()?;
        answer.set_number(number);
        Some(answer)
    };
    files::<T>(folder).into_iter().filter_map(read).collect()
}

/// Numbers `answer` next to the other answers in `folder`. A file that is no answer of this version keeps its name, so that
/// nothing is lost.
pub fn number_in<T: Numbered>(answer: &mut T, folder: &Path) {
    let former = answers::<T>(folder);
    let numbers = files::<T>(folder).into_iter().map(|(number, _)| number);
    let unread: Vec<u32> = numbers.filter(|number| former.iter().all(|other| other.number() != *number)).collect();
    number_among(answer, &former, &unread);
}

/// Numbers `answer` next to the `former` answers, with a number that is not `taken`.
pub(crate) fn number_among<T: Numbered>(answer: &mut T, former: &[T], taken: &[u32]) {
    let same = former.iter().find(|other| other.is_same_question(answer)).map(T::number);
    let is_free = |number: &u32| {
        !taken.contains(number) && former.iter().all(|other| other.number() != *number || !other.has_result())
    };
    answer.set_number(same.unwrap_or_else(|| (1..).find(is_free).expect("fewer answers than numbers")));
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Toy {
        #[serde(skip)]
        number: u32,
        question: String,
        result: Option<f64>,
    }

    impl Numbered for Toy {
        const STEM: &'static str = "toy";

        fn number(&self) -> u32 {
            self.number
        }

        fn set_number(&mut self, number: u32) {
            self.number = number;
        }

        fn is_same_question(&self, other: &Toy) -> bool {
            self.question == other.question
        }

        fn has_result(&self) -> bool {
            self.result.is_some()
        }
    }

    fn toy(number: u32, question: &str, result: Option<f64>) -> Toy {
        Toy { number, question: question.to_owned(), result }
    }

    #[test]
    fn files_have_the_numbers_of_their_questions() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in ["toy-10.json", "toy.json", "toy-2.json", "toy-1.json", "toy-x.json", "toy.csv", "toys.json"] {
            fs::write(folder.path().join(name), "{}").expect("a temporary file");
        }
        let numbers: Vec<u32> = files::<Toy>(folder.path()).into_iter().map(|(number, _)| number).collect();
        assert_eq!(numbers, [1, 2, 10]);
        assert_eq!(answers::<Toy>(folder.path()), [], "damaged files are no answers");
        fs::write(folder.path().join("toy-2.json"), r#"{"question": "a", "result": 1}"#).expect("a temporary file");
        assert_eq!(answers::<Toy>(folder.path()), [toy(2, "a", Some(1.0))]);
        // Files of other versions keep their names.
        for (question, expected) in [("a", 2), ("b", 3)] {
            let mut answer = toy(0, question, Some(1.0));
            number_in(&mut answer, folder.path());
            assert_eq!(answer.number, expected, "{question}");
        }
    }

    #[test]
    fn a_question_keeps_its_number_and_takes_only_those_without_a_result() {
        let former = [toy(1, "a", Some(1.0)), toy(2, "b", None), toy(3, "c", Some(2.0))];
        for (question, expected) in [("a", 1), ("b", 2), ("c", 3), ("d", 2)] {
            let mut answer = toy(0, question, Some(3.0));
            number_among(&mut answer, &former, &[]);
            assert_eq!(answer.number, expected, "{question}");
        }
        let mut answer = toy(0, "d", Some(3.0));
        number_among(&mut answer, &former, &[4]);
        assert_eq!(answer.number, 2);
        let mut answer = toy(0, "e", None);
        number_among(&mut answer, &former[..1], &[]);
        assert_eq!((answer.number, answer.file("csv").as_str()), (2, "toy-2.csv"));
    }
}
