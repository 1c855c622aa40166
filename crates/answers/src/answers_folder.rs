//! Folders that limits, ablations and deployments fill.
//!
//! The folder names the command or call that fills it, for hints to those who open it later.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ohmspike_datasets::{persist, write_reason};
use ohmspike_study::study_file::StudyFile;

use crate::ablate::AblationAnswer;
use crate::deploy::Deployment;
use crate::limit::LimitReport;
use crate::numbered::files;

/// Folder with the records of trials.
const RECORDS: &str = "records";
/// File with the last command.
const COMMAND: &str = "command.txt";

/// A folder that cannot be marked as one of answers.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{}`: {}\n\nhint: choose another results folder", path.display(), write_reason(source))]
pub struct UnmarkedFolder {
    path: PathBuf,
    source: io::Error,
}

/// Creates the results folder `folder`, if it is missing, and writes `command`, which fills it, into it. Call it before
/// the first trial: without the command, [`check`] takes a folder with trials for the results of a study.
///
/// # Errors
/// Returns an error if the folder or the file cannot be written.
pub fn mark(folder: &Path, command: &str) -> Result<(), UnmarkedFolder> {
    let path = folder.join(COMMAND);
    let text = format!("{command}\n");
    let written =
        fs::create_dir_all(folder).and_then(|()| persist::write(&path, |file| file.write_all(text.as_bytes())));
    written.map_err(|source| UnmarkedFolder { path, source })
}

/// Returns whether `folder` holds answers, or trials for one.
pub fn is_answers(folder: &Path) -> bool {
    folder.join(COMMAND).exists() || !answers(folder).is_empty()
}

/// Returns the files of all answers in `folder`.
pub fn answers(folder: &Path) -> Vec<PathBuf> {
    let all = [files::<LimitReport>(folder), files::<AblationAnswer>(folder), files::<Deployment>(folder)].concat();
    all.into_iter().map(|(_, path)| path).collect()
}

/// Returns the last command that filled `folder`, for hints.
pub fn last_command(folder: &Path) -> String {
    let text = fs::read_to_string(folder.join(COMMAND)).unwrap_or_default();
    let first = text.lines().next().unwrap_or_default().trim().to_owned();
    if first.is_empty() { "ohmspike limit, ablate or deploy".to_owned() } else { first }
}

/// Returns the folder of an answer about the study `file`: `results/NAME-ANSWER`, or the opened folder if that is one of
/// answers.
pub fn folder_of(file: &StudyFile, answer: &str) -> PathBuf {
    let folder = file.results_folder();
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let end = format!("-{answer}");
    if name.ends_with(&end) || is_answers(&folder) { folder } else { folder.with_file_name(name + &end) }
}

/// A study cannot run in a folder of answers.
#[derive(Debug, thiserror::Error)]
#[error(
    "{}: expected the results folder of a study, got one with the trials of `{command}`\n\n\
     hint: repeat that command to continue, or choose another folder with `--out`", folder.display()
)]
pub struct NoStudyFolder {
    folder: PathBuf,
    command: String,
}

impl NoStudyFolder {
    /// Refuses to run a study in `folder`.
    pub fn new(folder: PathBuf) -> NoStudyFolder {
        NoStudyFolder { command: last_command(&folder), folder }
    }
}

/// Answers cannot be written into the results folder of a study: its trials would then belong to both.
#[derive(Debug, thiserror::Error)]
#[error(
    "{}: expected a folder for answers, got the results of a study\n\n\
     hint: leave `--out` out, or name another folder", folder.display()
)]
pub struct StudyFolder {
    folder: PathBuf,
}

/// Refuses to write answers into `folder` if it is the results folder of a study.
///
/// # Errors
/// Returns an error if `folder` holds trials and neither an answer nor the trials for one.
pub fn check(folder: &Path) -> Result<(), StudyFolder> {
    // Trials are looked for first: other processes mark the folder before they add any.
    if has_trials(folder) && !is_answers(folder) {
        return Err(StudyFolder { folder: folder.to_owned() });
    }
    Ok(())
}

/// Whether `folder` has a file of records with content. Killed processes leave empty files.
fn has_trials(folder: &Path) -> bool {
    let files = fs::read_dir(folder.join(RECORDS)).into_iter().flatten().flatten();
    files.into_iter().any(|file| file.metadata().is_ok_and(|metadata| metadata.len() > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_marked_folder_with_trials_is_one_of_answers() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (fresh, records) = (folder.path().join("new"), folder.path().join("study").join(RECORDS));
        fs::create_dir_all(&records).expect("a writable folder");
        let study = folder.path().join("study");
        fs::write(records.join("0001.jsonl"), "").expect("a writable folder");
        check(&study).expect("an empty file has no trial");
        fs::write(records.join("0002.jsonl"), "{}\n").expect("a writable folder");
        assert!(check(&study).expect_err("a study").to_string().contains("got the results of a study"));
        for folder in [&fresh, &study] {
            mark(folder, "ohmspike limit s.toml").expect("a writable folder");
            check(folder).expect("a marked folder");
            assert_eq!(last_command(folder), "ohmspike limit s.toml");
        }
        fs::write(folder.path().join("file"), "").expect("a writable folder");
        let message = mark(&folder.path().join("file/results"), "x").expect_err("in a file").to_string();
        assert!(message.contains("command.txt`: part of the path is a file, not a folder\n\nhint: "), "{message}");
    }
}
