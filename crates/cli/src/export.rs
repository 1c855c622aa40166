//! `ohmspike export`: the records of a study as a table for other programs.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use ohmspike_analysis::repeat_warnings::repeat_warnings;
use ohmspike_analysis::repeats::done_of;
use ohmspike_datasets::persist;
use ohmspike_report::export::{SettingColumns, epoch_table, trial_table};
use ohmspike_study::results::Results;

use super::terminal::{print_file, tell};
use super::{Failure, source, warn};

/// Write the records of a study as a table: one row per trial.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Study file, for instance experiments/studies/quickstart.toml, or a results folder.
    study: PathBuf,
    /// Override a key; a list makes it a sweep axis.
    #[arg(long, value_name = "SECTION.KEY=VALUE")]
    set: Vec<String>,
    /// Folder of the results [default: results/NAME, or the folder given as STUDY].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Form of the table.
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
    /// Settings to include: those that the study sweeps, or every setting of a trial, resolved.
    #[arg(long, value_name = "swept|all", default_value = "all")]
    columns: SettingColumns,
    /// One row per trial and epoch.
    #[arg(long)]
    epochs: bool,
    /// File to write [default: stdout].
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

/// Forms of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Comma-separated, for everything.
    Csv,
    /// Typed and packed, for pandas, Polars, DuckDB; needs `--features parquet` when the program is built.
    Parquet,
}

/// The file cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("{path}: cannot be written: {source}\n\nhint: leave `--file` out to write to stdout")]
struct WriteError {
    path: PathBuf,
    source: io::Error,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let file = source::open(&arguments.study, &arguments.set)?;
    let results = Results::open(&file.study, &source::results(arguments.out.as_deref(), &file), &file.folder)?;
    warn(results.store.warnings());
    source::needs_records(&results)?;
    let done = done_of(&results);
    warn(&repeat_warnings(&file.study, &done));
    tell!("{} of {} trials have a record", done.len(), results.trials.len());
    let columns = arguments.columns;
    let table = if arguments.epochs {
        epoch_table(&file.study, &done, columns)
    } else {
        trial_table(&file.study, &done, columns)
    };
    let bytes = match arguments.format {
        Format::Csv => table.csv().into_bytes(),
        Format::Parquet => table.parquet()?,
    };
    match &arguments.file {
        // Names of open files of this process, as /dev/stdout, must not be replaced by a file.
        Some(path) if ["/dev", "/proc"].iter().any(|system| path.starts_with(system)) => {
            let source = io::Error::new(io::ErrorKind::InvalidInput, "not a regular file");
            return Err(WriteError { path: path.clone(), source }.into());
        }
        Some(path) => persist::write(path, |file| file.write_all(&bytes))
            .map_err(|source| WriteError { path: path.clone(), source })?,
        None => _ = print_file(&bytes)?,
    }
    Ok(ExitCode::SUCCESS)
}
