//! Folders that `limit`, `ablate` and `deploy` fill: the command that fills them, for the commands that open them later.

use std::fs;
use std::path::{Path, PathBuf};

use ohmspike_answers::ablate::AblationAnswer;
use ohmspike_answers::deploy::Deployment;
use ohmspike_answers::limit::LimitReport;
use ohmspike_answers::numbered::files;
use ohmspike_datasets::counted;
use ohmspike_study::cluster::quote::shell;
use ohmspike_study::store::Store;

use super::Failure;
use super::terminal::say;

/// Results of single chips.
const CHIPS: &str = "chips.jsonl";
/// Folder with the records of trials.
const RECORDS: &str = "records";
/// File with the last command.
const COMMAND: &str = "command.txt";

/// Writes the running command into the results folder `folder`, if that exists. It only improves hints, so failures are
/// ignored.
pub fn mark(folder: &Path) {
    let words: Vec<String> = std::env::args().skip(1).map(|word| shell(&word)).collect();
    if folder.is_dir() {
        let _ = fs::write(folder.join(COMMAND), format!("ohmspike {}\n", words.join(" ")));
    }
}

/// Whether `folder` holds answers, or trials for one.
pub fn is_answers(folder: &Path) -> bool {
    folder.join(COMMAND).exists() || !answers(folder).is_empty()
}

/// Returns the files of all answers in `folder`.
fn answers(folder: &Path) -> Vec<PathBuf> {
    let all = [files::<LimitReport>(folder), files::<AblationAnswer>(folder), files::<Deployment>(folder)].concat();
    all.into_iter().map(|(_, path)| path).collect()
}

/// The last command in `folder`, for hints.
fn command(folder: &Path) -> String {
    let text = fs::read_to_string(folder.join(COMMAND)).unwrap_or_default();
    let first = text.lines().next().unwrap_or_default().trim().to_owned();
    if first.is_empty() { "ohmspike limit, ablate or deploy".to_owned() } else { first }
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
        NoStudyFolder { command: command(&folder), folder }
    }
}

/// Answers cannot be written into the results folder of a study: its trials would then belong to both.
#[derive(Debug, thiserror::Error)]
#[error(
    "{}: expected a folder for answers, got the results of a study\n\n\
     hint: leave `--out` out, or name another folder", folder.display()
)]
struct StudyFolder {
    folder: PathBuf,
}

/// Refuses to write answers into `folder` if it is the results folder of a study.
///
/// # Errors
/// Returns an error if `folder` holds trials and neither an answer nor the trials for one.
pub fn check(folder: &Path) -> Result<(), Failure> {
    let has_trials = fs::read_dir(folder.join(RECORDS)).is_ok_and(|mut entries| entries.next().is_some());
    if has_trials && !is_answers(folder) {
        return Err(StudyFolder { folder: folder.to_owned() }.into());
    }
    Ok(())
}

/// A deployment has no trials to export.
#[derive(Debug, thiserror::Error)]
#[error("{}: expected a folder with trials, got a deployment\n\nhint: its tables are {tables}", folder.display())]
pub struct NoTrials {
    folder: PathBuf,
    tables: String,
}

/// Returns why a folder of deployments has no trials; none for other folders.
pub fn without_trials(folder: &Path) -> Option<NoTrials> {
    let deployments = files::<Deployment>(folder);
    let tables = deployments.iter().map(|(_, path)| path.with_extension("csv").display().to_string());
    let has_trials = folder.join(RECORDS).exists();
    (!deployments.is_empty() && !has_trials)
        .then(|| NoTrials { folder: folder.to_owned(), tables: tables.collect::<Vec<_>>().join(", ") })
}

/// Prints how many trials `folder` has, its answers and the next step.
pub fn show_status(folder: &Path) -> Result<(), Failure> {
    let (trials, command) = (Store::open(folder)?.len(), command(folder));
    let chips = fs::read_to_string(folder.join(CHIPS)).map_or(0, |text| text.lines().count());
    let counts = [(trials, "trial"), (chips, "chip result")].map(|(count, what)| counted(count, what));
    let recorded = if chips > 0 && trials == 0 { &counts[1] } else { &counts[0] };
    say!("{}: {recorded} recorded for `{command}`", folder.display())?;
    let answers: Vec<String> = answers(folder).iter().map(|path| path.display().to_string()).collect();
    if answers.is_empty() {
        say!("next: repeat the command to continue")?;
    } else {
        say!("  answer: {}", answers.join(", "))?;
        say!("next: write the report: `ohmspike report {}`", shell(&folder.display().to_string()))?;
    }
    Ok(())
}
