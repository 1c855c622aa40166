//! How much of a non-ideality a network tolerates.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use ohmspike::analysis::limit::{Direction, RESOLUTION, Statistic, Target};
use ohmspike::answers::answers_folder::{check, folder_of, mark};
use ohmspike::answers::limit::{AskedKey, AskedLevels, LimitPlan, Question, Searched};
use ohmspike::report::files::write_limit;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use crate::answer::Answer;
use crate::device::items;
use crate::errors::refused;
use crate::interruptible::interruptible;
use crate::study::{open, options, overrides};
use crate::values::{Threads, Whole};

/// Returns the exception of a search with trials left.
pub fn left(trials: usize) -> PyErr {
    refused(format!("stopped with {trials} trials left; repeat the call to continue"))
}

/// Reads keys: a name, a list of names, or a mapping of names to None, (from, to) or a list of levels.
fn asked_keys(keys: &Bound<'_, PyAny>, direction: Option<Direction>) -> PyResult<Vec<AskedKey>> {
    let asked = |key: String, levels: AskedLevels| AskedKey { key, levels, direction };
    if let Ok(key) = keys.cast::<PyString>() {
        return Ok(vec![asked(key.extract()?, AskedLevels::Default)]);
    }
    if keys.hasattr("items")? {
        let key = |(key, given): (String, Bound<'_, PyAny>)| {
            let levels = match given.cast::<PyTuple>() {
                _ if given.is_none() => AskedLevels::Default,
                Ok(range) => {
                    let (from, to) = range.extract().map_err(|_| wrong_levels(&key, &given))?;
                    AskedLevels::Range(from, to)
                }
                Err(_) => AskedLevels::List(given.extract().map_err(|_| wrong_levels(&key, &given))?),
            };
            Ok(asked(key, levels))
        };
        return items(keys, "keys")?.into_iter().map(key).collect();
    }
    let names: Vec<String> = keys.extract().map_err(|_| {
        let kind = keys.get_type().name().map_or_else(|_| String::new(), |name| name.to_string());
        PyTypeError::new_err(format!(
            "keys: expected a key, a list of keys, or a dictionary of keys to levels, got {kind}"
        ))
    })?;
    Ok(names.into_iter().map(|key| asked(key, AskedLevels::Default)).collect())
}

fn wrong_levels(key: &str, given: &Bound<'_, PyAny>) -> PyErr {
    let shown = given.repr().map_or_else(|_| String::new(), |shown| shown.to_string());
    PyTypeError::new_err(format!("keys: {key}: expected None, a tuple (from, to) or a list of numbers, got {shown}"))
}

fn direction(harsh: Option<&str>) -> PyResult<Option<Direction>> {
    match harsh {
        None => Ok(None),
        Some("larger") => Ok(Some(Direction::LargerIsWorse)),
        Some("smaller") => Ok(Some(Direction::SmallerIsWorse)),
        Some(other) => Err(refused(format!("worse: expected `larger` or `smaller`, got `{other}`"))),
    }
}

fn target(within_points: Option<f64>, accuracy: Option<f64>) -> PyResult<Target> {
    match (within_points, accuracy) {
        (Some(points), None) if points > 0.0 && points <= 100.0 => Ok(Target::Loss(points / 100.0)),
        (Some(points), None) => {
            Err(refused(format!("within_points: expected percentage points from 0 to 100, got {points}")))
        }
        (None, Some(accuracy)) if (0.0..=1.0).contains(&accuracy) => Ok(Target::Accuracy(accuracy)),
        (None, Some(accuracy)) => Err(refused(format!("accuracy: expected a fraction from 0 to 1, got {accuracy}"))),
        _ => Err(PyTypeError::new_err("limit: expected one of `within_points` and `accuracy`")),
    }
}

/// Find how much of a non-ideality a network tolerates, as `ohmspike limit` does.
///
/// - `keys`: a key, a list of keys, or a dictionary of keys to None, a range (from, to) or a list of levels;
/// - `within_points`: allowed loss of accuracy in percentage points, or `accuracy`: accuracy to reach, 0 to 1;
/// - `chips`: fraction of chips that must meet the criterion; without it, the mean must;
/// - `worse`: "larger" or "smaller" values; known for most keys;
/// - `confidence`, `resolution`, `first_seed`, `repeats`, `short_epochs`: as on the command line.
///
/// Ctrl-C stops after the current epochs; the same call resumes.
#[pyfunction(name = "limit")]
#[expect(clippy::too_many_arguments, reason = "keyword arguments of Python")]
#[pyo3(signature = (study, keys, *, within_points=None, accuracy=None, chips=None, worse=None, confidence=0.95,
                    resolution=None, first_seed=Whole(1), repeats=Whole(8), short_epochs=None, set=None, out=None,
                    threads=None, max_trials=None, progress=false),
       text_signature = "(study, keys, *, within_points=None, accuracy=None, chips=None, worse=None, confidence=0.95, \
                         resolution=None, first_seed=1, repeats=8, short_epochs=None, set=None, out=None, threads=None, \
                         max_trials=None, progress=False)")]
pub fn find_limit(
    py: Python<'_>,
    study: PathBuf,
    keys: &Bound<'_, PyAny>,
    within_points: Option<f64>,
    accuracy: Option<f64>,
    chips: Option<f64>,
    worse: Option<&str>,
    confidence: f64,
    resolution: Option<f64>,
    first_seed: Whole<0, { u64::MAX }>,
    repeats: Whole<3, 1000>,
    short_epochs: Option<Whole<1, { u32::MAX as u64 }>>,
    set: Option<&Bound<'_, PyAny>>,
    out: Option<PathBuf>,
    threads: Option<Threads>,
    max_trials: Option<Whole<1, { u64::MAX }>>,
    progress: bool,
) -> PyResult<Answer> {
    let question = Question {
        keys: asked_keys(keys, direction(worse)?)?,
        target: target(within_points, accuracy)?,
        statistic: chips.map_or(Statistic::Mean, Statistic::Chips),
        confidence,
        resolution: resolution.unwrap_or(RESOLUTION),
        first_seed: first_seed.0,
        repeats: repeats.0,
        short_epochs: short_epochs.map(Whole::size),
    };
    let file = open(&study, &overrides(set)?)?;
    let folder = out.unwrap_or_else(|| folder_of(&file, "limit"));
    check(&folder).map_err(refused)?;
    let stop = Arc::new(AtomicBool::new(false));
    let options = options(&file, &folder, threads, max_trials, &stop);
    let searched = interruptible(py, &stop, progress, |follower| {
        let plan = LimitPlan::new(&file.study, &question, &file.folder).map_err(|error| error.to_string())?;
        mark(&folder, "ohmspike.limit(...) in Python, with the question in limit.json")
            .map_err(|error| error.to_string())?;
        plan.run(&file.study, &folder, &options, follower).map_err(|error| error.to_string())
    });
    let report = match searched?.map_err(refused)? {
        Searched::Answer(report) => report,
        Searched::Stopped(trials) => return Err(left(trials)),
    };
    py.detach(|| write_limit(&report, &folder)).map_err(refused)?;
    let withheld: Option<Vec<&str>> = report.rows.iter().map(|row| row.withheld.as_deref()).collect();
    match withheld {
        Some(why) => Err(refused(why[0])),
        None => Answer::new("limit", &*report, &folder),
    }
}
