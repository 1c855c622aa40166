//! Runs of studies and their results.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use ohmspike::analysis::baseline::Baseline;
use ohmspike::analysis::recorded::Recorded;
use ohmspike::analysis::repeat_warnings::repeat_warnings;
use ohmspike::analysis::repeats::done_of;
use ohmspike::analysis::summary::Summary;
use ohmspike::answers::answers_folder::{NoStudyFolder, is_answers};
use ohmspike::experiments::replication::replication;
use ohmspike::report::export::{SettingColumns, epoch_table, summary_table, trial_table};
use ohmspike::report::figures::AxisChoice;
use ohmspike::report::files::write_results;
use ohmspike::study::results::Results as Recordings;
use ohmspike::study::run_study::{Plan, RunOptions};
use pyo3::prelude::*;

use crate::errors::{refused, warn};
use crate::interruptible::interruptible;
use crate::study::{open, options, overrides};
use crate::table::Table;
use crate::values::{Threads, Whole, to_python};

/// Results of a study, complete or not.
#[pyclass(frozen, module = "ohmspike")]
#[derive(Debug)]
pub struct Results {
    results: Recordings,
}

/// Returns the columns of settings: all, or swept ones.
fn setting_columns(columns: &str) -> PyResult<SettingColumns> {
    columns.parse().map_err(|problem| refused(format!("settings: {problem}, got `{columns}`")))
}

#[pymethods]
impl Results {
    /// Name of the study.
    #[getter]
    fn name(&self) -> &str {
        &self.results.study.name
    }

    /// Results folder.
    #[getter]
    fn folder(&self) -> PathBuf {
        self.results.folder.clone()
    }

    /// Number of trials without a record.
    #[getter]
    fn left(&self) -> usize {
        self.results.trials.len() - self.results.records().count()
    }

    /// One row per trial, with the columns of `ohmspike export`.
    #[getter]
    fn records(&self) -> Table {
        trial_table(&self.results.study, &done_of(&self.results), SettingColumns::All).into()
    }

    /// One row per trial and epoch, with the columns of `ohmspike export --epochs`.
    #[getter]
    fn epochs(&self) -> Table {
        epoch_table(&self.results.study, &done_of(&self.results), SettingColumns::All).into()
    }

    /// One row per condition, with the columns of `summary.csv` and exact numbers.
    #[getter]
    fn summary(&self) -> Table {
        summary_table(&Summary::new(&self.results.study, &done_of(&self.results))).into()
    }

    /// Return the records as tables with these setting columns: "all" or "swept".
    #[pyo3(signature = (settings="swept", *, epochs=false))]
    fn table(&self, settings: &str, epochs: bool) -> PyResult<Table> {
        let (columns, done) = (setting_columns(settings)?, done_of(&self.results));
        let table = if epochs { epoch_table } else { trial_table };
        Ok(table(&self.results.study, &done, columns).into())
    }

    /// Return every record as a dictionary, as in the files below `records`, in the order of the trials.
    fn to_list<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        self.results.records().map(|(_, record)| to_python(py, record)).collect()
    }

    fn __len__(&self) -> usize {
        self.results.records().count()
    }

    fn __repr__(&self) -> String {
        let done = self.results.records().count();
        format!("<ohmspike.Results: {done} of {} trials of {}>", self.results.trials.len(), self.results.study.name)
    }

    /// The table that `ohmspike run` prints.
    fn __str__(&self) -> String {
        let summary = Summary::new(&self.results.study, &done_of(&self.results));
        let done = self.results.records().count();
        format!(
            "{}: {done} of {} trials; test accuracy, %: mean, and 95 % CI for 3 or more repeats\n{}",
            self.results.study.name,
            self.results.trials.len(),
            summary.table().trim_end()
        )
    }
}

/// Run a study, or resume it, as `ohmspike run` does, and return its results.
///
/// `study` is a study file or a results folder. `set` overrides keys; a list of values makes a sweep. Ctrl-C stops after
/// the current epochs; the same call resumes. With `files`, the results folder gets summary, tables and figures.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "keyword arguments of Python")]
#[pyo3(signature = (study, *, set=None, out=None, threads=None, max_trials=None, checkpoint_seconds=10.0, files=true,
                    progress=false))]
pub fn run(
    py: Python<'_>,
    study: PathBuf,
    set: Option<&Bound<'_, PyAny>>,
    out: Option<PathBuf>,
    threads: Option<Threads>,
    max_trials: Option<Whole<1, { u64::MAX }>>,
    checkpoint_seconds: f64,
    files: bool,
    progress: bool,
) -> PyResult<Results> {
    let file = open(&study, &overrides(set)?)?;
    let folder = out.unwrap_or_else(|| file.results_folder());
    if is_answers(&folder) {
        return Err(refused(NoStudyFolder::new(folder)));
    }
    let replication = replication(&file.study).map_err(refused)?;
    let stop = Arc::new(AtomicBool::new(false));
    let checkpoint_every = seconds("checkpoint_seconds", checkpoint_seconds)?;
    let options = RunOptions { checkpoint_every, ..options(&file, &folder, threads, max_trials, &stop) };
    let ran = interruptible(py, &stop, progress, |follower| {
        let results = Plan::new(&file.study, &options)
            .and_then(|plan| plan.run(follower))
            .map_err(|error| error.to_string())?
            .results()
            .map_err(|error| error.to_string())?;
        let done = done_of(&results);
        repeat_warnings(&results.study, &done).iter().for_each(|warning| follower.warn(warning.to_string()));
        if files {
            let baseline = Baseline::next_to(&results.folder, &results.study).map_err(|error| error.to_string())?;
            let (summary, recorded) = (Summary::new(&results.study, &done), Recorded::new(&results, baseline.as_ref()));
            write_results(recorded, &summary, &results.folder, &AxisChoice::default(), replication)
                .map_err(|error| error.to_string())?;
        }
        Ok::<_, String>(results)
    })?;
    ran.map(|results| Results { results }).map_err(refused)
}

/// Open the results of a study: a results folder, or a study file with its results in `out`.
#[pyfunction]
#[pyo3(signature = (study, *, set=None, out=None))]
pub fn open_results(
    py: Python<'_>,
    study: PathBuf,
    set: Option<&Bound<'_, PyAny>>,
    out: Option<PathBuf>,
) -> PyResult<Results> {
    let file = open(&study, &overrides(set)?)?;
    let folder = out.unwrap_or_else(|| file.results_folder());
    let results = py.detach(|| Recordings::open(&file.study, &folder, &file.folder)).map_err(refused)?;
    for warning in results.store.warnings().iter().chain(&results.store.details_warnings()) {
        warn(py, &warning.to_string())?;
    }
    if !folder.is_dir() {
        let place = folder.display();
        return Err(refused(format!(
            "`{place}` has no results of the study `{}`\n\nhint: `ohmspike.run` makes them; `out` names another folder",
            file.study.name
        )));
    }
    Ok(Results { results })
}

/// Checks a span of time in s.
pub fn seconds(name: &str, given: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(given)
        .map_err(|_| refused(format!("{name}: expected a time of at least 0 s, got {given}")))
}
