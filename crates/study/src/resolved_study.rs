//! `study.toml` in a results folder: the study as it was last run.
//!
//! The file holds every key that decides trials: overrides are merged in, axes are lists, and defaults are written out, so that
//! a later version with other defaults still means the same study. Keys that follow from an axis, as the spread of first
//! weights follows from a swept number of neurons, are left out: they follow again when the file is read.
//!
//! Relative paths stay as the study gives them. `paths_from` says where they are looked up, relative to the file itself.
//!
//! A run that would change the file keeps the old text as `study-HASH.toml`: records of the same folder may belong to it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use ohmspike_crossbar::device::Device;
use ohmspike_datasets::{persist, regular};

use crate::bounded;
use crate::device_file::find;
use crate::settings::layers::FIRST_LAYER;
use crate::settings::{NO_DEVICE, Settings};
use crate::sha256::sha256;
use crate::study::Study;

/// Name of the file.
pub const FILE: &str = "study.toml";

/// A file that can't be written.
#[derive(Debug, thiserror::Error)]
#[error("{path}: cannot be written: {source}\n\nhint: choose another results folder")]
pub struct ResolvedStudyError {
    path: PathBuf,
    source: io::Error,
}

/// Writes `study`, whose file is in `study_folder`, into `results`.
///
/// # Errors
/// [`ResolvedStudyError`]; the file is then as it was.
pub fn write_study(study: &Study, study_folder: &Path, results: &Path) -> Result<(), ResolvedStudyError> {
    let path = results.join(FILE);
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| ResolvedStudyError { path, source }
    };
    let text = resolved_text(study, &Base::new(study, &study.paths_folder(study_folder)), results);
    fs::create_dir_all(results).map_err(failed(results))?;
    match regular::read(&path, bounded::LARGEST_STUDY) {
        Ok(there) if there == text.as_bytes() => return Ok(()),
        Ok(there) => {
            let kept = results.join(format!("study-{}.toml", &sha256(&there)[..8]));
            persist::write(&kept, |file| file.write_all(&there)).map_err(failed(&kept))?;
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(source) => return Err(ResolvedStudyError { path, source }),
    }
    persist::write(&path, |file| file.write_all(text.as_bytes())).map_err(failed(&path))
}

/// The text of the file.
fn resolved_text(study: &Study, base: &Base, results: &Path) -> String {
    let mut text = String::from(
        "# The study as `ohmspike run` last ran it: overrides merged in, defaults written out, every axis a list.\n\
         # `ohmspike report`, `export`, `status` and `run` take the folder of this file in place of a study file.\n",
    );
    if !base.paths.is_empty() {
        text += "# Relative paths are looked up in the working directory, then in `paths_from`, which is relative to this file.\n";
    }
    text.push('\n');
    let mut line = |key: &str, value: &str| _ = writeln!(text, "{key} = {}", quoted(value));
    line("name", &study.name);
    line("question", &study.question);
    study.baseline.iter().for_each(|name| line("baseline", name));
    study.replicates.iter().for_each(|name| line("replicates", name));
    if !base.paths.is_empty() {
        line("paths_from", &relative(&base.folder, results).to_string_lossy());
    }
    text + &sections(study, base)
}

/// A text in TOML.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// All sections with the keys that decide trials.
fn sections(study: &Study, base: &Base) -> String {
    let mut keys: BTreeMap<String, String> = BTreeMap::new();
    for (key, value) in common_keys(study) {
        keys.insert(key.clone(), written(&key, &base.rewritten(&key, value)));
    }
    for axis in &study.axes {
        let values = axis.values.iter().map(|value| base.rewritten(&axis.key, value.clone()));
        let values: Vec<String> = values.map(|value| written(&axis.key, &value)).collect();
        keys.insert(axis.key.clone(), format!("[{}]", values.join(", ")));
    }
    keys.insert("repeats.seeds".to_owned(), seeds(&study.seeds));
    if study.details_given {
        keys.insert("observe.details".to_owned(), quoted(study.details.word()));
    }
    let mut text = String::new();
    let mut open = String::new();
    for (key, value) in keys.iter().filter(|(key, _)| layer_of(key).is_none()) {
        let (section, name) = key.split_once('.').expect("keys have a section");
        if section != open {
            let _ = write!(text, "\n[{section}]\n");
            section.clone_into(&mut open);
        }
        let _ = writeln!(text, "{name} = {value}");
    }
    let layers = study.conditions.iter().flat_map(|condition| condition.settings.keys());
    let layers = layers.filter_map(|(key, _)| Some(layer_of(&key)?.0)).max().unwrap_or(0);
    let own: BTreeMap<(usize, &str), &String> =
        keys.iter().filter_map(|(key, value)| Some((layer_of(key)?, value))).collect();
    if layers < 2 && own.is_empty() {
        return text;
    }
    for layer in 1..=layers {
        text += "\n[[layer]]\n";
        for ((_, name), value) in own.range((layer, "")..(layer + 1, "")) {
            let _ = writeln!(text, "{name} = {value}");
        }
    }
    text
}

/// Number and own key of a key such as `layer.2.hidden`.
fn layer_of(key: &str) -> Option<(usize, &str)> {
    let (number, key) = key.strip_prefix("layer.")?.split_once('.')?;
    Some((number.parse().ok()?, key))
}

/// The keys that have the same value in every condition, with defaults written out.
fn common_keys(study: &Study) -> Vec<(String, toml::Value)> {
    let mut conditions = study.conditions.iter().map(|condition| condition.settings.resolved().keys());
    let mut common: BTreeMap<String, toml::Value> = conditions.next().unwrap_or_default().into_iter().collect();
    for keys in conditions {
        let keys: BTreeMap<String, toml::Value> = keys.into_iter().collect();
        common.retain(|key, value| keys.get(key) == Some(value));
    }
    common.retain(|key, _| !is_spelled_elsewhere(key) && !study.axes.iter().any(|axis| axis.key == *key));
    common.into_iter().collect()
}

/// Whether another section spells this key of the first layer, too.
fn is_spelled_elsewhere(key: &str) -> bool {
    layer_of(key).is_some_and(|(number, key)| number == 1 && FIRST_LAYER.iter().any(|(name, _)| *name == key))
}

fn written(key: &str, value: &toml::Value) -> String {
    match value.as_str() {
        // Seeds beyond the integers of TOML are the text of their digits.
        Some(digits) if key.starts_with("seeds.") => digits.to_owned(),
        _ => value.to_string(),
    }
}

/// Seeds as a count where they are 1 to a number.
fn seeds(seeds: &[u64]) -> String {
    if seeds.iter().copied().eq(1..=seeds.len() as u64) {
        return seeds.len().to_string();
    }
    format!("[{}]", seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(", "))
}

/// Where the relative paths of a study are looked up.
struct Base {
    /// The folder that most of them are relative to.
    folder: PathBuf,
    /// Every relative path, with the file that it means, absolute.
    paths: BTreeMap<String, PathBuf>,
}

impl Base {
    /// That of `study`, whose relative paths are looked up in the working directory, then in `folder`.
    fn new(study: &Study, folder: &Path) -> Base {
        let here = std::path::absolute(".").unwrap_or_default();
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        let settings = study.conditions.iter().map(|condition| &condition.settings);
        let names: BTreeSet<String> = settings.flat_map(file_names).collect();
        let relative = names.into_iter().filter(|name| Path::new(name).is_relative());
        let paths: BTreeMap<String, PathBuf> = relative
            .filter_map(|name| Some((name.clone(), std::path::absolute(find(&name, &folder)?).ok()?)))
            .collect();
        let from_here = paths.iter().any(|(name, path)| *path == here.join(name));
        Base { folder: if from_here { here } else { folder }, paths }
    }

    /// The value of a key, with a path that isn't below the folder written so that it is found from there.
    fn rewritten(&self, key: &str, value: toml::Value) -> toml::Value {
        let path = value.as_str().filter(|_| is_file_key(key)).and_then(|name| Some((name, self.paths.get(name)?)));
        match path {
            Some((name, path)) if self.folder.join(name) != *path => {
                relative(path, &self.folder).to_string_lossy().into_owned().into()
            }
            _ => value,
        }
    }
}

/// Whether the key may name a file.
fn is_file_key(key: &str) -> bool {
    let name = key.rsplit('.').next().unwrap_or_default();
    name == "fault_map" || name == "conductance_map" || (name == "device" && !key.starts_with("device."))
}

/// The files that settings name.
fn file_names(settings: &Settings) -> Vec<String> {
    let named = settings.resolved().keys().into_iter().filter(|(key, _)| is_file_key(key));
    let names = named.filter_map(|(_, value)| value.as_str().map(str::to_owned));
    names.filter(|name| !name.is_empty() && name != NO_DEVICE && Device::built_in(name).is_none()).collect()
}

/// The absolute path `to` as seen from the folder `from`; `to` itself where they have nothing in common.
fn relative(to: &Path, from: &Path) -> PathBuf {
    let (Ok(to), Ok(from)) = (std::path::absolute(to), std::path::absolute(from)) else { return to.to_owned() };
    let shared = to.components().zip(from.components()).take_while(|(one, other)| one == other).count();
    if shared == 0 || from.components().skip(shared).any(|part| part == Component::ParentDir) {
        return to;
    }
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    let path: PathBuf = up.chain(to.components().skip(shared)).collect();
    if path.as_os_str().is_empty() { PathBuf::from(".") } else { path }
}
