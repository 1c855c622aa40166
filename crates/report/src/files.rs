//! Writes `summary.csv`, `figures/`, `tables/` and `report.html` into a results folder.
//!
//! Each file is written completely or not at all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ohmspike_analysis::recorded::Recorded;
use ohmspike_analysis::summary::Summary;
use ohmspike_analysis::tables::study_tables;
use ohmspike_answers::limit::LimitReport;
use ohmspike_answers::numbered::Numbered;
use ohmspike_datasets::{persist, write_reason};

use crate::figures::{AxisChoice, Figure, FigureError, limit_figures, study_figures};
use crate::page::Report;
use crate::replication::Replication;

/// A file that cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FilesError {
    /// A figure cannot be drawn.
    #[error(transparent)]
    Figure(#[from] FigureError),
    /// A file cannot be written.
    #[error(
        "cannot write `{path}`: {}\n\nhint: all records are saved; fix the cause and run the command again",
        write_reason(source)
    )]
    Write {
        /// The file.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
}

/// Writes summary, figures and tables of `recorded` into `folder`; returns the paths in order.
///
/// # Errors
/// [`FilesError`] if a figure cannot be drawn or a file cannot be written.
pub fn write_results(
    recorded: Recorded,
    summary: &Summary,
    folder: &Path,
    choice: &AxisChoice,
    replication: Option<&dyn Replication>,
) -> Result<Vec<PathBuf>, FilesError> {
    let mut files = vec![(folder.join("summary.csv"), summary.csv().into_bytes())];
    for figure in study_figures(recorded, choice, replication)? {
        files.extend(of_figure(figure, folder)?);
    }
    for table in study_tables(recorded) {
        files.push((with_extension(&folder.join("tables").join(&table.name), "csv"), table.csv().into_bytes()));
    }
    files.into_iter().map(|(path, content)| write(path, &content)).collect()
}

/// Writes `figures` into the folder `figures` of a results folder; returns the paths in order.
///
/// # Errors
/// [`FilesError`] if a figure cannot be drawn or a file cannot be written.
pub fn write_figures(figures: Vec<Figure>, folder: &Path) -> Result<Vec<PathBuf>, FilesError> {
    let mut files = Vec::new();
    for figure in figures {
        files.extend(of_figure(figure, folder)?);
    }
    files.into_iter().map(|(path, content)| write(path, &content)).collect()
}

/// Writes JSON, CSV and figures of an answer into `folder`; returns the paths in order. Answers to other questions stay.
///
/// # Errors
/// [`FilesError`] if a figure cannot be drawn or a file cannot be written.
pub fn write_limit(report: &LimitReport, folder: &Path) -> Result<Vec<PathBuf>, FilesError> {
    let mut files = vec![
        (folder.join(report.file("json")), report.json().into_bytes()),
        (folder.join(report.file("csv")), report.csv().into_bytes()),
    ];
    for figure in limit_figures(report) {
        files.extend(of_figure(figure, folder)?);
    }
    files.into_iter().map(|(path, content)| write(path, &content)).collect()
}

/// Returns SVG, PNG and CSV of a figure with their paths.
fn of_figure(figure: Figure, folder: &Path) -> Result<[(PathBuf, Vec<u8>); 3], FilesError> {
    let path = folder.join("figures").join(&figure.name);
    let png = figure.png()?;
    Ok([
        (with_extension(&path, "svg"), figure.svg.into_bytes()),
        (with_extension(&path, "png"), png),
        (with_extension(&path, "csv"), figure.csv.into_bytes()),
    ])
}

/// Writes `report.html`, with the sections of `replication`, into `folder`; returns its path.
///
/// # Errors
/// [`FilesError::Write`] if the file cannot be written.
pub fn write_report(
    report: &Report,
    replication: Option<&dyn Replication>,
    folder: &Path,
) -> Result<PathBuf, FilesError> {
    write(folder.join("report.html"), report.html(replication).as_bytes())
}

pub(crate) fn write(path: PathBuf, content: &[u8]) -> Result<PathBuf, FilesError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let written = fs::create_dir_all(folder).and_then(|()| persist::write(&path, |file| file.write_all(content)));
    match written {
        Ok(()) => Ok(path),
        Err(source) => Err(FilesError::Write { path, source }),
    }
}

/// Appends `.extension` to a name that may contain dots.
pub(crate) fn with_extension(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    PathBuf::from(name)
}
