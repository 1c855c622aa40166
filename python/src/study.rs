//! Studies: opened, with overrides from Python.

use std::path::{Path, PathBuf};

use ohmspike::answers::answers_folder::{NoStudyFolder, is_answers};
use ohmspike::experiments::presets::PRESETS;
use ohmspike::study::resolved_study::FILE;
use ohmspike::study::study::{Override, Study};
use ohmspike::study::study_file::StudyFile;
use pyo3::prelude::*;

use crate::device::Device;
use crate::errors::refused;
use crate::values::{json_to_toml, to_json};

/// Reads overrides: a mapping of keys to values. A list makes an axis, and a [`Device`] sets the device with its keys.
///
/// # Errors
/// Returns an exception that names the key.
pub fn overrides(set: Option<&Bound<'_, PyAny>>) -> PyResult<Vec<Override>> {
    let Some(set) = set else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    for item in set.call_method0("items")?.try_iter()? {
        let (key, value): (String, Bound<'_, PyAny>) = item?.extract()?;
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

/// Opens the study at `path`, a study file or a results folder, with overrides.
///
/// # Errors
/// Returns an exception if the study is invalid.
pub fn open(path: &Path, overrides: &[Override]) -> PyResult<StudyFile> {
    // A deployment is no study.
    if is_answers(path) && !path.join(FILE).exists() {
        return Err(refused(NoStudyFolder::new(path.to_owned())));
    }
    StudyFile::open_with(&PRESETS, path, overrides).map_err(refused)
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
