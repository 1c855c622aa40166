//! Files that `ohmspike device` writes.

use std::fs;
use std::path::{Path, PathBuf};

use ohmspike_datasets::persist;
use ohmspike_datasets::same_kind::refuse_other_kind;
use ohmspike_datasets::write_reason;
use ohmspike_plot::PanelFigure;
use ohmspike_report::figures::panel_csv;

use crate::Failure;
use crate::file_error::WriteError;
use crate::terminal::say;

/// A path with another extension than expected.
#[derive(Debug, thiserror::Error)]
#[error("--out: expected a path that ends in .{extension}, got `{path}`")]
struct ExtensionError {
    extension: &'static str,
    path: String,
}

/// A file that would be replaced.
#[derive(Debug, thiserror::Error)]
#[error("`{}`: expected a new file, got an existing one\n\nhint: choose another file with `--out`, or replace it with `--force`", path.display())]
struct ExistsError {
    path: PathBuf,
}

/// A file of another kind that a figure would replace.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{}`: {}\n\nhint: `--out` names the figure and its table", path.display(), write_reason(source))]
struct KeptError {
    path: PathBuf,
    source: std::io::Error,
}

/// Returns `out`, or `name` in the working folder, with the expected extension.
pub fn path(out: Option<&Path>, name: &str, extension: &'static str) -> Result<PathBuf, Failure> {
    let Some(out) = out else { return Ok(PathBuf::from(format!("{}.{extension}", file_name(name)))) };
    if out.extension().is_none_or(|given| given != extension) {
        return Err(ExtensionError { extension, path: out.display().to_string() }.into());
    }
    Ok(out.to_owned())
}

/// Rejects a path of an existing file unless it may be replaced.
pub fn refuse_existing(path: &Path, force: bool) -> Result<(), Failure> {
    if path.exists() && !force {
        return Err(ExistsError { path: path.to_owned() }.into());
    }
    Ok(())
}

/// Returns `figure` as SVG, PNG and CSV.
pub fn figure(figure: &PanelFigure, svg: &Path) -> Result<Vec<(PathBuf, Vec<u8>)>, Failure> {
    Ok(vec![
        (svg.to_owned(), figure.svg().into_bytes()),
        (svg.with_extension("png"), figure.png()?),
        (svg.with_extension("csv"), panel_csv(figure).into_bytes()),
    ])
}

/// Writes the files of a figure as [`write`] does, if none of them would replace a file of another kind, such as the table that
/// a device was fitted to.
pub fn write_figure(files: Vec<(PathBuf, Vec<u8>)>) -> Result<(), Failure> {
    for (path, content) in &files {
        refuse_other_kind(path, content).map_err(|source| KeptError { path: path.clone(), source })?;
    }
    write(files)
}

/// Writes files completely or not at all, creates their folders, and prints their paths.
pub fn write(files: Vec<(PathBuf, Vec<u8>)>) -> Result<(), Failure> {
    for (path, content) in files {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|source| WriteError { path: folder.to_owned(), source })?;
        }
        persist::write(&path, |file| file.write_all(&content))
            .map_err(|source| WriteError { path: path.clone(), source })?;
        say!("{}", path.display())?;
    }
    Ok(())
}

/// Returns the name of a device as a file name. Letters that are unsafe in a path become `-`.
pub fn file_name(name: &str) -> String {
    name.chars().map(|letter| if letter.is_alphanumeric() || "-_.".contains(letter) { letter } else { '-' }).collect()
}
