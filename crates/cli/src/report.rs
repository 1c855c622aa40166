//! `ohmspike report`: writes the results of a study as an HTML page.

use std::path::{Path, PathBuf};

use ohmspike_analysis::recorded::Recorded;
use ohmspike_analysis::repeat_warnings::repeat_warnings;
use ohmspike_analysis::repeats::done_of;
use ohmspike_datasets::counted;
use ohmspike_experiments::presets::PRESETS;
use ohmspike_experiments::replication::replication;
use ohmspike_report::answers::{answers_in, write_answer_report};
use ohmspike_report::figures::study_figures;
use ohmspike_report::files::write_report;
use ohmspike_report::page::Report;
use ohmspike_report::page::answer_page::AnswerPage;
use ohmspike_report::rendered_answer::RenderedAnswer;
use ohmspike_study::resolved_study::FILE;
use ohmspike_study::results::Results;
use ohmspike_study::study_file::StudyFile;

use super::answers_folder::NoStudyFolder;
use super::study_arguments::StudyArguments;
use super::terminal::{say, tell};
use super::{ExitCode, Failure, figure_arguments, source, warn};

const EXAMPLES: &str = "\
Examples:
  Write results/quickstart/report.html and open it:
      ohmspike report results/quickstart --open

  Show the write noise in µS along x:
      ohmspike report results/mine --noise-unit microsiemens";

/// Write the results of a study as an HTML page.
///
/// The page is self-contained: report.html in the results folder. Runs no trial and needs no data set. The page tells if
/// trials are missing.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Arguments {
    #[command(flatten)]
    study: StudyArguments,
    /// Open the report in the default browser.
    #[arg(long)]
    open: bool,
    #[command(flatten)]
    axis: figure_arguments::FigureArguments,
}

/// The page is written but cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("--open: cannot open `{path}`: {source}\n\nhint: the report is written; open it in a browser")]
struct OpenError {
    path: PathBuf,
    source: opener::OpenError,
}

/// A flag about sweeps, for a page without one.
#[derive(Debug, thiserror::Error)]
#[error("{flag}: no effect on the page of a limit, an ablation or a deployment\n\nhint: remove the flag")]
struct NoSweep {
    flag: String,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let folder = arguments.study.out.as_ref().unwrap_or(&arguments.study.study);
    let answers = if folder.is_dir() { answers_in(folder)? } else { Vec::new() };
    if !answers.is_empty() {
        return answer_report(arguments, answers, folder);
    }
    let file = arguments.study.open()?;
    if let Some(folder) = arguments.study.answers(&file) {
        return Err(NoStudyFolder::new(folder).into());
    }
    let out = arguments.study.results(&file);
    let replication = replication(&file.study)?;
    let results = Results::open(&file.study, &out, &file.folder)?;
    let choice = arguments.axis.choice();
    choice.check(&results.study, &results.prepared)?;
    warn(results.store.warnings());
    warn(&results.store.details_warnings());
    source::needs_records(&results, &arguments.study.words())?;
    let baseline = source::baseline(&results.study, &out)?;
    let recorded = Recorded::new(&results, baseline.as_ref());
    let (named, flags) = (arguments.study.out.as_deref().map(Path::to_string_lossy), arguments.axis.flags());
    let report = Report {
        recorded,
        file: &arguments.study.study.display().to_string(),
        text: &file.text,
        overrides: &arguments.study.set,
        out: named.as_deref(),
        flags: &flags,
        noise_unit: choice.noise_unit,
        figures: &study_figures(recorded, &choice, replication)?,
    };
    let done = done_of(&results);
    warn(&repeat_warnings(&results.study, &done));
    let path = write_report(&report, replication, &out)?;
    tell!("{} of {} done", done.len(), counted(results.trials.len(), "trial"));
    say!("{}", path.display())?;
    opened(arguments, &path)
}

/// Writes the page of an answers folder, which may have no study.
fn answer_report(arguments: &Arguments, answers: Vec<RenderedAnswer>, folder: &Path) -> Result<ExitCode, Failure> {
    let set = arguments.study.set.iter().map(|set| format!("--set {set}"));
    warn(&arguments.axis.flags().into_iter().chain(set).map(|flag| NoSweep { flag }).collect::<Vec<_>>());
    let file = if folder.join(FILE).exists() { Some(StudyFile::open_with(&PRESETS, folder, &[])?) } else { None };
    let name = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy();
    let page = AnswerPage {
        name: file.as_ref().map_or(&*name, |file| &file.study.name),
        question: file.as_ref().map_or("", |file| &file.study.question),
        text: file.as_ref().map(|file| file.text.as_str()),
        command: &format!("ohmspike report {}", arguments.study.words()),
    };
    let path = write_answer_report(page, answers, folder)?;
    say!("{}", path.display())?;
    opened(arguments, &path)
}

fn opened(arguments: &Arguments, path: &Path) -> Result<ExitCode, Failure> {
    if arguments.open {
        opener::open(path).map_err(|source| OpenError { path: path.to_owned(), source })?;
    }
    Ok(ExitCode::SUCCESS)
}
