//! Answers on their own: files of an answers folder, and its page.
//!
//! A folder with `limit.json`, `ablation.json` or `deployment.json` holds answers instead of the results of a sweep. Its
//! page has one section per answer, then the trials behind them.

pub mod ablation;
pub mod deployment;
pub mod limit;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ohmspike_answers::ablate::{self, AblationAnswer};
use ohmspike_answers::deploy::{self, Deployment};
use ohmspike_answers::limit::report::{self, LimitReport};
use ohmspike_answers::numbered::{self, Numbered};
use ohmspike_datasets::reason;
use serde::de::DeserializeOwned;
use thiserror::Error;

use crate::files::{FilesError, with_extension, write};
use crate::page::answer_page::AnswerPage;
use crate::rendered_answer::RenderedAnswer;

/// Why the answers of a folder cannot be shown.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AnswersError {
    /// A file cannot be read.
    #[error("cannot read `{}`: {}", path.display(), reason(source))]
    Read {
        /// The file.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// A file is damaged or from another version.
    #[error("{}: {problem}\n\nhint: repeat the command that wrote it; its trials need not run again", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// A file cannot be written.
    #[error(transparent)]
    Files(#[from] FilesError),
}

/// Reads the answers in `folder`, in the order of the page. Empty for a folder of a sweep.
///
/// # Errors
/// Returns an error if a file cannot be read or is damaged.
pub fn answers_in(folder: &Path) -> Result<Vec<RenderedAnswer>, AnswersError> {
    let limits: Vec<LimitReport> = all(folder, report::SCHEMA)?;
    let ablations: Vec<AblationAnswer> = all(folder, ablate::SCHEMA)?;
    let deployments: Vec<Deployment> = all(folder, deploy::SCHEMA)?;
    let shown = [
        (!limits.is_empty()).then(|| limit::shown(&limits)),
        (!ablations.is_empty()).then(|| ablation::shown(&ablations)),
        (!deployments.is_empty()).then(|| deployment::shown(&deployments)),
    ];
    Ok(shown.into_iter().flatten().collect())
}

/// Reads the answers of format `schema` in `folder`, in the order of their questions.
fn all<T: Numbered>(folder: &Path, schema: u32) -> Result<Vec<T>, AnswersError> {
    let mut answers: Vec<T> = Vec::new();
    for (number, path) in numbered::files::<T>(folder) {
        let read: Option<T> = parsed(&path, schema)?;
        answers.extend(read.map(|mut answer| {
            answer.set_number(number);
            answer
        }));
    }
    Ok(answers)
}

/// Reads an answer of format `schema`; none if there is no such file.
fn parsed<T: DeserializeOwned>(path: &Path, schema: u32) -> Result<Option<T>, AnswersError> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        text => text.map_err(|source| AnswersError::Read { path: path.to_owned(), source })?,
    };
    let format = |problem: String| AnswersError::Format { path: path.to_owned(), problem };
    let value: serde_json::Value = serde_json::from_str(&text).map_err(|error| format(error.to_string()))?;
    match value.get("schema").and_then(serde_json::Value::as_u64) {
        Some(found) if found == u64::from(schema) => {}
        Some(found) => return Err(format(format!("schema: expected {schema}, got {found}"))),
        None => return Err(format("missing key `schema`".to_owned())),
    }
    serde_json::from_value(value).map(Some).map_err(|error| format(error.to_string()))
}

/// Writes the files and figures of an answer into `folder`; returns the paths in order.
///
/// # Errors
/// Returns an error if a figure cannot be drawn or a file cannot be written.
pub fn write_answer(shown: &RenderedAnswer, folder: &Path) -> Result<Vec<PathBuf>, FilesError> {
    let mut files: Vec<(PathBuf, Vec<u8>)> =
        shown.files.iter().map(|(name, content)| (folder.join(name), content.clone())).collect();
    for figure in &shown.figures {
        let path = folder.join("figures").join(&figure.name);
        files.push((with_extension(&path, "svg"), figure.svg.clone().into_bytes()));
        files.push((with_extension(&path, "png"), figure.png()?));
        files.push((with_extension(&path, "csv"), figure.csv.clone().into_bytes()));
    }
    files.into_iter().map(|(path, content)| write(path, &content)).collect()
}

/// Writes `report.html` with `answers` into `folder`; returns its path.
///
/// # Errors
/// Returns an error if the file cannot be written.
pub fn write_answer_report(
    page: AnswerPage,
    answers: Vec<RenderedAnswer>,
    folder: &Path,
) -> Result<PathBuf, FilesError> {
    write(folder.join("report.html"), page.html(answers).as_bytes())
}
