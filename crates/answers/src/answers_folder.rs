//! Folders that limits, ablations and deployments fill.
//!
//! The folder names the command or call that fills it, for hints to those who open it later.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ohmspike_study::study_file::StudyFile;

use crate::ablate::AblationAnswer;
use crate::deploy::Deployment;
use crate::limit::LimitReport;
use crate::numbered::files;

/// Folder with the records of trials.
const RECORDS: &str = "records";
/// File with the last command.
const COMMAND: &str = "command.txt";

/// Writes `command`, which is filling the results folder `folder`, into it, if the folder exists.
///
/// # Errors
/// Returns an error if the file cannot be written. It only improves hints, so callers may ignore that.
pub fn mark(folder: &Path, command: &str) -> io::Result<()> {
    if folder.is_dir() { fs::write(folder.join(COMMAND), format!("{command}\n")) } else { Ok(()) }
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
    let has_trials = fs::read_dir(folder.join(RECORDS)).is_ok_and(|mut entries| entries.next().is_some());
    if has_trials && !is_answers(folder) {
        return Err(StudyFolder { folder: folder.to_owned() });
    }
    Ok(())
}
