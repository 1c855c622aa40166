//! `ohmspike export`: the records of a study as a table for other programs.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use experiments::export::{epoch_table, trial_table};
use experiments::repeats::done;
use experiments::run::trials;
use experiments::store::Store;
use experiments::warning::repeat_warnings;

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
#[error("{place}: cannot be written: {source}")]
struct WriteError {
    place: String,
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
    eprintln!("{} of {} trials have a record", done.len(), all.len());
    let table = if arguments.epochs { epoch_table(&study, &done) } else { trial_table(&study, &done) };
    let bytes = match arguments.format {
        Format::Csv => table.csv().into_bytes(),
        Format::Parquet => table.parquet()?,
    };
    let written = match &arguments.file {
        Some(path) => fs::write(path, bytes).map_err(|source| (path.display().to_string(), source)),
        None => match io::stdout().lock().write_all(&bytes) {
            // A reader that has seen enough, as `head` has, is no failure.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => written.map_err(|source| ("stdout".to_owned(), source)),
        },
    };
    written.map_err(|(place, source)| WriteError { place, source })?;
    Ok(ExitCode::SUCCESS)
}
