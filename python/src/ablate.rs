//! How much accuracy each mechanism of a device costs.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use ohmspike::answers::ablate::{Ablated, Plan};
use ohmspike::answers::answers_folder::{check, folder_of, mark};
use ohmspike::report::answers::{ablation, write_answer};
use pyo3::prelude::*;

use crate::answer::Answer;
use crate::errors::{refused, warn};
use crate::interruptible::interruptible;
use crate::limit::left;
use crate::study::{open, options, overrides};
use crate::values::{Threads, Whole};

/// Show how much accuracy each mechanism of a device costs (Shapley values), as `ohmspike ablate` does.
///
/// Ctrl-C stops after the current epochs; the same call resumes.
#[pyfunction]
#[pyo3(signature = (study, *, set=None, out=None, threads=None, max_trials=None, progress=false))]
pub fn ablate(
    py: Python<'_>,
    study: PathBuf,
    set: Option<&Bound<'_, PyAny>>,
    out: Option<PathBuf>,
    threads: Option<Threads>,
    max_trials: Option<Whole<1, { u64::MAX }>>,
    progress: bool,
) -> PyResult<Answer> {
    let file = open(&study, &overrides(set)?)?;
    let folder = out.unwrap_or_else(|| folder_of(&file, "ablate"));
    check(&folder).map_err(refused)?;
    let stop = Arc::new(AtomicBool::new(false));
    let options = options(&file, &folder, threads, max_trials, &stop);
    let ablated = interruptible(py, &stop, progress, |follower| {
        let plan = Plan::new(&file.study, &file.folder).map_err(|error| error.to_string())?;
        mark(&folder, "ohmspike.ablate(...) in Python, with the settings in ablation.json")
            .map_err(|error| error.to_string())?;
        plan.run(&file.study, &folder, &options, follower).map_err(|error| error.to_string())
    });
    let answer = match ablated?.map_err(refused)? {
        Ablated::Done(answer) => answer,
        Ablated::Stopped(trials) => return Err(left(trials)),
    };
    let files = py.detach(|| write_answer(&ablation::shown(std::slice::from_ref(&answer)), &folder));
    files.map_err(refused)?;
    for caution in &answer.cautions {
        warn(py, caution)?;
    }
    match &answer.withheld {
        Some(why) => Err(refused(why)),
        None => Answer::new("ablation", &*answer, &folder),
    }
}
