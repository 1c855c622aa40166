//! `ohmspike report`: a study as one page of HTML.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ohmspike_analysis::recorded::Recorded;
use ohmspike_analysis::repeat_warnings::repeat_warnings;
use ohmspike_analysis::repeats::done_of;
use ohmspike_experiments::replication::replication;
use ohmspike_report::figures::study_figures;
use ohmspike_report::files::write_report;
use ohmspike_report::page::Report;
use ohmspike_study::machine::machine;
use ohmspike_study::results::Results;

use super::terminal::{say, tell};
use super::{Failure, axis, source, warn};

/// Write the results of a study as a self-contained HTML page.
///
/// Runs no trial and needs no data set. The page says at the top which trials are missing.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Study file, for instance experiments/studies/quickstart.toml, or a results folder.
    study: PathBuf,
    /// Override a key; a list makes it a sweep axis.
    #[arg(long, value_name = "SECTION.KEY=VALUE")]
    set: Vec<String>,
    /// Folder of the results, into which report.html is written [default: results/NAME, or the folder given as STUDY].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Open the report in the default browser.
    #[arg(long)]
    open: bool,
    #[command(flatten)]
    axis: axis::AxisArguments,
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
    let file = source::open(&arguments.study, &arguments.set)?;
    let replication = replication(&file.study)?;
    let out = source::results(arguments.out.as_deref(), &file);
    let results = Results::open(&file.study, &out, &file.folder)?;
    let choice = arguments.axis.choice();
    choice.check(&file.study, &results.prepared)?;
    warn(results.store.warnings());
    source::needs_records(&results)?;
    let baseline = source::baseline(&file.study, &out)?;
    let recorded = Recorded::new(&results, baseline.as_ref());
    let (named, flags) = (arguments.out.as_deref().map(Path::to_string_lossy), arguments.axis.flags());
    let report = Report {
        recorded,
        file: &arguments.study.display().to_string(),
        text: &file.text,
        overrides: &arguments.set,
        out: named.as_deref(),
        flags: &flags,
        noise_unit: choice.noise_unit,
        figures: &study_figures(recorded, &choice, replication)?,
        machine: &machine(),
        commit: option_env!("OHMSPIKE_COMMIT"),
    };
    let done = done_of(&results);
    warn(&repeat_warnings(&file.study, &done));
    let path = write_report(&report, replication, &out)?;
    tell!("{} of {} trials have a record", done.len(), results.trials.len());
    say!("{}", path.display())?;
    if arguments.open {
        opener::open(&path).map_err(|source| OpenError { path: path.clone(), source })?;
    }
    Ok(ExitCode::SUCCESS)
}
