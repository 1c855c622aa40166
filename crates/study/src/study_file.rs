//! A study from its file, or from a results folder that holds one.

use std::io;
use std::path::{Path, PathBuf};

use crate::bounded;
use crate::resolved_study::FILE;
use crate::study::{Override, Preset, Study, StudyError};

/// A study and where it is from.
#[derive(Clone, Debug)]
pub struct StudyFile {
    /// The study, with the overrides.
    pub study: Study,
    /// Text of the file.
    pub text: String,
    /// Folder of the file, where its relative paths are looked up.
    pub folder: PathBuf,
    /// The results folder, if that is what was opened.
    pub results: Option<PathBuf>,
}

/// Why there is no study.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StudyFileError {
    /// The file can't be read.
    #[error("{path}: cannot be read: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A folder that doesn't describe its study.
    #[error(
        "{path}: expected a study file or a results folder with a `{FILE}`, got a folder without one\n\n\
         hint: give the study file, and the folder with `--out {path}`"
    )]
    NoStudy {
        /// The folder.
        path: PathBuf,
    },
    /// Not a study.
    #[error(transparent)]
    Study(#[from] StudyError),
}

impl StudyFile {
    /// Reads the study at `path`, a study file or a results folder, with `overrides`.
    ///
    /// # Errors
    /// [`StudyFileError`].
    pub fn open(path: &Path, overrides: &[Override]) -> Result<StudyFile, StudyFileError> {
        StudyFile::open_with(&[], path, overrides)
    }

    /// The same where the study may name one of `presets`.
    ///
    /// # Errors
    /// [`StudyFileError`].
    pub fn open_with(presets: &[Preset], path: &Path, overrides: &[Override]) -> Result<StudyFile, StudyFileError> {
        // The description of a results folder stands for the folder.
        let described = path.file_name() == Some(FILE.as_ref()) && path.with_file_name("records").is_dir();
        let path = if described { path.parent().unwrap_or(Path::new(".")) } else { path };
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        let results = path.is_dir().then(|| path.to_owned());
        let file = results.as_ref().map_or_else(|| path.to_owned(), |folder| folder.join(FILE));
        if results.is_some() && !file.exists() {
            return Err(StudyFileError::NoStudy { path: path.to_owned() });
        }
        let text = bounded::read_named_text(&file, bounded::LARGEST_STUDY)
            .map_err(|source| StudyFileError::Read { path: file.clone(), source })?;
        let study = Study::parse_with(presets, &file.display().to_string(), &text, overrides)?;
        let folder = file.parent().unwrap_or(Path::new(".")).to_owned();
        Ok(StudyFile { study, text, folder, results })
    }

    /// The folder of the results: the one that was opened, or `results/NAME`.
    pub fn results_folder(&self) -> PathBuf {
        self.results.clone().unwrap_or_else(|| Path::new("results").join(&self.study.name))
    }
}
