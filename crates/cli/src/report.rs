//! `ohmspike report`: a study as one page of HTML.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ohmspike_analysis::recorded::Recorded;
use ohmspike_analysis::repeat_warnings::repeat_warnings;
use ohmspike_analysis::repeats::done as done_trials;
use ohmspike_datasets::persist;
use ohmspike_experiments::replication::replication;
use ohmspike_report::figures::study_figures;
use ohmspike_report::page::Report;
use ohmspike_study::machine::machine;
use ohmspike_study::run::trials;
use ohmspike_study::store::Store;

use super::terminal::{say, tell};
use super::{Failure, axis, source, warn};

/// Write what a study has found as one page of HTML that needs nothing beside itself.
///
/// Runs no trial: it reports what has a record, and says at the top what is missing.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Study file, for instance experiments/studies/quickstart.toml.
    study: PathBuf,
    /// Put VALUE, or a list of values, in the place of what the file says for a key, as for `run`.
    #[arg(long, value_name = "SECTION.KEY=VALUE")]
    set: Vec<String>,
    /// Folder of the results, into which report.html is written [default: results/NAME].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Open the page with what this machine opens pages with.
    #[arg(long)]
    open: bool,
    #[command(flatten)]
    axis: axis::AxisArguments,
}

/// The page cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("{path}: cannot be written: {source}")]
struct WriteError {
    path: PathBuf,
    source: io::Error,
}

/// The page is written and cannot be shown.
#[derive(Debug, thiserror::Error)]
#[error("--open: {path} is written and cannot be opened: {source}\n\nhint: open it in a browser")]
struct OpenError {
    path: PathBuf,
    source: opener::OpenError,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let (study, text) = source::read_with_text(&arguments.study, &arguments.set)?;
    let replication = replication(&study)?;
    let prepared = source::prepare(&study, Some(&arguments.study))?;
    let choice = arguments.axis.choice();
    choice.check(&study, &prepared)?;
    let out = source::results(arguments.out.as_deref(), &study);
    let store = Store::open(&out)?;
    warn(store.warnings());
    let all = trials(&study, &prepared);
    source::needs_records(&store, &all, &out)?;
    let done = all.iter().filter(|trial| store.get(&trial.id).is_some()).count();
    let reference = source::reference(&study, &out)?;
    let recorded =
        Recorded { study: &study, prepared: &prepared, trials: &all, store: &store, reference: reference.as_ref() };
    let (named, flags) = (arguments.out.as_deref().map(Path::to_string_lossy), arguments.axis.flags());
    let report = Report {
        recorded,
        file: &arguments.study.display().to_string(),
        text: &text,
        overrides: &arguments.set,
        out: named.as_deref(),
        flags: &flags,
        noise_unit: choice.noise_unit,
        figures: &study_figures(recorded, &choice, replication)?,
        machine: &machine(),
    };
    let path = out.join("report.html");
    warn(&repeat_warnings(&study, &done_trials(&study, &prepared, &all, &store)));
    let failed = |source| WriteError { path: path.clone(), source };
    fs::create_dir_all(&out).map_err(failed)?;
    persist::write(&path, |file| file.write_all(report.html(replication).as_bytes())).map_err(failed)?;
    tell!("{done} of {} trials have a record", all.len());
    say!("{}", path.display())?;
    if arguments.open {
        opener::open(&path).map_err(|source| OpenError { path: path.clone(), source })?;
    }
    Ok(ExitCode::SUCCESS)
}
