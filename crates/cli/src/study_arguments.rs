//! The options that most commands share: which study, and where its results are.

use std::path::{Path, PathBuf};

use clap::builder::{PathBufValueParser, TypedValueParser};
use ohmspike_experiments::presets::PRESETS;
use ohmspike_study::cluster::quote::shell;
use ohmspike_study::resolved_study::FILE;
use ohmspike_study::study::{Override, StudyError};
use ohmspike_study::study_file::StudyFile;

use super::answers_folder::NoStudyFolder;
use super::{Failure, answers_folder, warn};

/// A study and its results folder.
#[derive(Clone, Debug, clap::Args)]
pub struct StudyArguments {
    /// Study file or results folder.
    ///
    /// A study file is TOML, such as experiments/studies/quickstart.toml. A results folder holds the study of its last run in
    /// study.toml, with all overrides, and may be moved or renamed.
    // A slash at the end, as completion of a shell adds it, would end up in the commands of a report.
    #[arg(value_parser = PathBufValueParser::new().map(|path| path.components().collect::<PathBuf>()))]
    pub study: PathBuf,
    /// Override a key; a list makes it a sweep axis.
    ///
    /// May be given several times: `--set noise.level_percent=20`, `--set 'noise.level_percent=[1, 20, 100]'`. `ohmspike keys`
    /// lists all keys.
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Results folder [default: results/NAME].
    ///
    /// NAME is the name of the study. `limit` and `ablate` add their names: results/NAME-limit. If STUDY is a results folder, that
    /// folder is the default.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

impl StudyArguments {
    /// Opens the study.
    pub fn open(&self) -> Result<StudyFile, Failure> {
        open(&self.study, &self.set)
    }

    /// The results folder of the study `file`.
    pub fn results(&self, file: &StudyFile) -> PathBuf {
        self.out.clone().unwrap_or_else(|| file.results_folder())
    }

    /// The folder of an answer about the study `file`: results/NAME-ANSWER, or the answers folder that was opened.
    pub fn answer_folder(&self, file: &StudyFile, answer: &str) -> PathBuf {
        self.out.clone().unwrap_or_else(|| ohmspike_answers::answers_folder::folder_of(file, answer))
    }

    /// The opened folder of answers, if the study is one and no other folder is named.
    pub fn answers(&self, file: &StudyFile) -> Option<PathBuf> {
        self.out.clone().or_else(|| file.results.clone()).filter(|folder| answers_folder::is_answers(folder))
    }

    /// The words that name the same study and results on a command line.
    pub fn words(&self) -> String {
        let mut words = vec![self.study.display().to_string()];
        words.extend(self.set.iter().flat_map(|set| ["--set".to_owned(), set.clone()]));
        words.extend(self.out.iter().flat_map(|out| ["--out".to_owned(), out.display().to_string()]));
        words.iter().map(|word| shell(word)).collect::<Vec<_>>().join(" ")
    }
}

/// Opens the study at `path`, a study file or a results folder, with overrides of the form KEY=VALUE.
pub fn open(path: &Path, overrides: &[String]) -> Result<StudyFile, Failure> {
    // A deployment is no study.
    if answers_folder::is_answers(path) && !path.join(FILE).exists() {
        return Err(NoStudyFolder::new(path.to_owned()).into());
    }
    let file = StudyFile::open_with(&PRESETS, path, &parse(overrides)?)?;
    warn(&file.warnings);
    Ok(file)
}

/// Parses overrides of the form KEY=VALUE.
pub fn parse(overrides: &[String]) -> Result<Vec<Override>, StudyError> {
    overrides.iter().map(|text| Override::parse(text)).collect()
}
