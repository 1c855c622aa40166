//! `ohmspike export`: writes the records of a study as a table for other programs.

use std::io;
use std::path::PathBuf;

use ohmspike_analysis::repeat_warnings::repeat_warnings;
use ohmspike_analysis::repeats::done_of;
use ohmspike_datasets::same_kind::write_over_same_kind;
use ohmspike_datasets::{counted, write_reason};
use ohmspike_report::export::{SettingColumns, epoch_table, trial_table};
use ohmspike_study::recorded_study::recorded_study;
use ohmspike_study::results::Results;
use ohmspike_study::store::Store;

use super::study_arguments::StudyArguments;
use super::terminal::{print_file, tell};
use super::{ExitCode, Failure, answers_folder, source, warn};

const EXAMPLES: &str = "\
Examples:
  Print the swept settings and the outcomes:
      ohmspike export results/quickstart --columns swept

  Write a row per epoch to a file:
      ohmspike export results/quickstart --epochs --file epochs.csv";

/// Write the records of a study as a table.
///
/// One row per trial, or per trial and epoch. The docs describe every column. A folder of `limit` or `ablate` gives all its
/// trials, with every key that differs among them.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Arguments {
    #[command(flatten)]
    study: StudyArguments,
    /// Table format: csv or parquet.
    ///
    /// Parquet is typed and compressed, for pandas, Polars and DuckDB. It needs a program built with the feature `parquet`.
    #[arg(long, value_enum, default_value_t = Format::Csv, hide_possible_values = true, help_heading = "Table")]
    format: Format,
    /// Settings to include: swept (with device and data set), or all with their resolved values.
    #[arg(long, value_name = "swept|all", default_value = "all", help_heading = "Table")]
    columns: SettingColumns,
    /// Write one row per trial and epoch.
    #[arg(long, help_heading = "Table")]
    epochs: bool,
    /// File to write [default: stdout].
    ///
    /// Replaces an earlier table, but no other file.
    #[arg(long, value_name = "FILE", help_heading = "Table")]
    file: Option<PathBuf>,
}

/// Formats of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Comma-separated values.
    Csv,
    /// Apache Parquet.
    Parquet,
}

/// The file cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{}`: {}\n\nhint: omit `--file` to write to stdout", path.display(), write_reason(source))]
struct WriteError {
    path: PathBuf,
    source: io::Error,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    if let Some(deployed) = answers_folder::without_trials(&arguments.study.study) {
        return Err(deployed.into());
    }
    let file = arguments.study.open()?;
    let results = match arguments.study.answers(&file) {
        Some(folder) => {
            let study = recorded_study(&file.study, Store::open(&folder)?.records());
            Results::open(&study, &folder, &file.folder)?
        }
        None => Results::open(&file.study, &arguments.study.results(&file), &file.folder)?,
    };
    warn(results.store.warnings());
    source::needs_records(&results, &arguments.study.words())?;
    let done = done_of(&results);
    warn(&repeat_warnings(&results.study, &done));
    if results.study.axes.len() == file.study.axes.len() {
        tell!("{} of {} done", done.len(), counted(results.trials.len(), "trial"));
    }
    let columns = arguments.columns;
    let table = if arguments.epochs {
        epoch_table(&results.study, &done, columns)
    } else {
        trial_table(&results.study, &done, columns)
    };
    let bytes = match arguments.format {
        Format::Csv => table.csv().into_bytes(),
        Format::Parquet => table.parquet()?,
    };
    match &arguments.file {
        // A file must not replace the name of an open stream, such as /dev/stdout.
        Some(path) if ["/dev", "/proc"].iter().any(|system| path.starts_with(system)) => {
            let source = io::Error::new(io::ErrorKind::InvalidInput, "not a regular file");
            return Err(WriteError { path: path.clone(), source }.into());
        }
        Some(path) => {
            write_over_same_kind(path, &bytes).map_err(|source| WriteError { path: path.clone(), source })?;
        }
        None => _ = print_file(&bytes)?,
    }
    Ok(ExitCode::SUCCESS)
}
