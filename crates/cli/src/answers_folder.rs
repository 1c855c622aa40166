//! Folders that `limit`, `ablate` and `deploy` fill: the command that fills them, for the commands that open them later.

use std::fs;
use std::path::{Path, PathBuf};

use ohmspike_answers::answers_folder::{self, UnmarkedFolder, answers, last_command};
pub use ohmspike_answers::answers_folder::{NoStudyFolder, check, is_answers};
use ohmspike_answers::deploy::Deployment;
use ohmspike_answers::numbered::files;
use ohmspike_datasets::counted;
use ohmspike_study::cluster::quote::shell;
use ohmspike_study::store::Store;

use super::terminal::say;
use super::{Failure, command_line};

/// Results of single chips.
const CHIPS: &str = "chips.jsonl";
/// Folder with the records of trials.
const RECORDS: &str = "records";

/// Writes the running command into the results folder `folder`, which is created if it is missing.
pub fn mark(folder: &Path) -> Result<(), UnmarkedFolder> {
    let words: Vec<String> = command_line::words().iter().skip(1).map(|word| shell(word)).collect();
    answers_folder::mark(folder, &format!("ohmspike {}", words.join(" ")))
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

/// Whether a line has the result of a chip, and not that with digital weights.
fn is_of_chip(line: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(line).is_ok_and(|record| record["chip"].is_u64())
}

/// Prints how many trials `folder` has, its answers and the next step.
pub fn show_status(folder: &Path) -> Result<(), Failure> {
    let (trials, command) = (Store::open(folder)?.len(), last_command(folder));
    let chips =
        fs::read_to_string(folder.join(CHIPS)).map_or(0, |text| text.lines().filter(|line| is_of_chip(line)).count());
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
