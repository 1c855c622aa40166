//! `ohmspike export`: the records of a study as a table for other programs.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use ohmspike_analysis::repeat_warnings::repeat_warnings;
use ohmspike_analysis::repeats::done;
use ohmspike_datasets::persist;
use ohmspike_report::export::{epoch_table, trial_table};
use ohmspike_study::run::trials;
use ohmspike_study::store::Store;

use super::terminal::{print_file, tell};
use super::{Failure, source, warn};

/// Write the records of a study as a table: one row a trial.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Study file, for instance experiments/studies/quickstart.toml.
    study: PathBuf,
    /// Put VALUE, or a list of values, in the place of what the file says for a key.
    #[arg(long, value_name = "SECTION.KEY=VALUE")]
    set: Vec<String>,
    /// Folder of the results [default: results/NAME].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Form of the table.
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
    /// One row a trial and epoch.
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
    let study = source::read(&arguments.study, &arguments.set)?;
    let prepared = source::prepare(&study, Some(&arguments.study))?;
    let results = source::results(arguments.out.as_deref(), &study);
    let store = Store::open(&results)?;
    warn(store.warnings());
    let all = trials(&study, &prepared);
    source::needs_records(&store, &all, &results)?;
    let done = done(&study, &prepared, &all, &store);
    warn(&repeat_warnings(&study, &done));
    tell!("{} of {} trials have a record", done.len(), all.len());
    let table = if arguments.epochs { epoch_table(&study, &done) } else { trial_table(&study, &done) };
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
