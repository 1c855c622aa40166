//! Studies: opened, with overrides from Python.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use ohmspike::answers::answers_folder::{NoStudyFolder, is_answers};
use ohmspike::experiments::presets::PRESETS;
use ohmspike::study::resolved_study::FILE;
use ohmspike::study::run_study::RunOptions;
use ohmspike::study::study::{Override, Study};
use ohmspike::study::study_file::StudyFile;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

use crate::device::{Device, items};
use crate::errors::{refused, warn};
use crate::values::{Threads, Whole, json_to_toml, to_json};

/// Reads overrides: a mapping of keys to values. A list makes an axis, and a [`Device`] sets the device with its keys.
///
/// # Errors
/// Returns an exception that names the key.
pub fn overrides(set: Option<&Bound<'_, PyAny>>) -> PyResult<Vec<Override>> {
    let Some(set) = set else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    for (key, value) in items(set, "set")? {
        if key == "hardware.device"
            && let Some(names) = device_list(&value)?
        {
            all.push(Override::new(&key, toml::Value::from(names)));
            continue;
        }
        match value.cast::<Device>() {
            Ok(device) if key == "hardware.device" => all.extend(device.get().overrides()?),
            Ok(_) => {
                return Err(refused(format!(
                    "{key}: expected a value, got a device\n\nhint: devices are values of `hardware.device`"
                )));
            }
            Err(_) => all.push(Override::new(&key, json_to_toml(to_json(&value, &key)?, &key)?)),
        }
    }
    Ok(all)
}

/// Returns the names of the devices of a list with a [`Device`] in it; none for other values.
fn device_list(value: &Bound<'_, PyAny>) -> PyResult<Option<Vec<String>>> {
    if !(value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>()) {
        return Ok(None);
    }
    let all = value.try_iter()?.collect::<PyResult<Vec<_>>>()?;
    if !all.iter().any(|one| one.is_instance_of::<Device>()) {
        return Ok(None);
    }
    all.iter().map(one_of_several).collect::<PyResult<_>>().map(Some)
}

/// Returns the name or path of a device of a list, which holds names only.
///
/// # Errors
/// Returns an exception for a device with overridden keys, and for anything but a device, a name or a path.
pub fn one_of_several(given: &Bound<'_, PyAny>) -> PyResult<String> {
    let Ok(device) = given.cast::<Device>() else { return Ok(given.extract::<PathBuf>()?.display().to_string()) };
    if device.get().is_overridden() {
        return Err(refused(format!(
            "device: expected devices without overridden keys in a list, got `{}` with some\n\n\
             hint: save it with `device.save(path)`, which returns the device to use",
            device.get().checked.name
        )));
    }
    Ok(device.get().loadable()?.0)
}

/// Opens the study at `path`, a study file or a results folder, with overrides.
///
/// # Errors
/// Returns an exception if the study is invalid.
pub fn open(path: &Path, overrides: &[Override]) -> PyResult<StudyFile> {
    // A deployment is no study.
    if is_answers(path) && !path.join(FILE).exists() {
        return Err(refused(NoStudyFolder::new(path.to_owned())));
    }
    let file = StudyFile::open_with(&PRESETS, path, overrides).map_err(refused)?;
    Python::attach(|py| file.warnings.iter().try_for_each(|changed| warn(py, &changed.to_string())))?;
    Ok(file)
}

/// Returns the options of a run of `file` into `folder`, which `stop` ends after the current epochs.
pub fn options(
    file: &StudyFile,
    folder: &Path,
    threads: Option<Threads>,
    max_trials: Option<Whole<1, { u64::MAX }>>,
    stop: &Arc<AtomicBool>,
) -> RunOptions {
    RunOptions {
        folder: Some(folder.to_owned()),
        study_folder: file.folder.clone(),
        threads: threads.map(Whole::size),
        max_trials: max_trials.map(Whole::size),
        abandon: Some(Arc::clone(stop)),
        ..RunOptions::default()
    }
}

/// Opens the study at `path`, or the default study, and returns it with its folder.
///
/// # Errors
/// As [`open`].
pub fn open_or_default(path: Option<&Path>, overrides: &[Override]) -> PyResult<(Study, PathBuf)> {
    match path {
        Some(path) => open(path, overrides).map(|file| (file.study, file.folder)),
        None => {
            let study = Study::parse_with(&PRESETS, "defaults", "name = \"train\"", overrides).map_err(refused)?;
            Ok((study, PathBuf::from(".")))
        }
    }
}
