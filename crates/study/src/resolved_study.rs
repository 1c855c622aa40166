//! Writes `study.toml` into a results folder: the study as it was last run.
//!
//! The file holds every key that decides trials: overrides are applied, axes are lists, and defaults are explicit, so
//! that a later version with other defaults still reads the same study. Keys that follow from an axis are omitted,
//! because reading the file derives them again. An example is the initial weight spread that follows from a swept
//! number of neurons.
//!
//! Relative paths stay as the study spells them. `paths_from` is the folder where they are looked up, relative to the
//! file itself. Device and map files are copied into the results folder, where they are found after a move, and `[inputs]`
//! states their digests.
//!
//! A run that changes the file keeps the old text as `study-HASH.toml`: records in the folder may belong to it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use ohmspike_crossbar::device::Device;
use ohmspike_datasets::{persist, regular, write_reason};

use crate::auto::{AUTO, CalibrationSettings, followers};
use crate::bounded;
use crate::device_file::find;
use crate::inputs::{self, Digests, copy_of};
use crate::settings::NO_DEVICE;
use crate::settings::layers::FIRST_LAYER;
use crate::sha256::sha256;
use crate::study::{Condition, INPUTS, Study};

/// Name of the file.
pub const FILE: &str = "study.toml";

/// A file that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{path}`: {}\n\nhint: choose another results folder", write_reason(source))]
pub struct ResolvedStudyError {
    path: PathBuf,
    source: io::Error,
}

/// What [`write_study`] found in the results folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EarlierStudy {
    /// No study, or the same one.
    Same,
    /// Another study; this file keeps its text.
    Kept(PathBuf),
    /// The text of this study in other words than this program writes: somebody edited it, or another version wrote it. What it said
    /// before is not known.
    Edited,
}

/// Writes `study`, which is in `study_folder`, into `results`.
///
/// # Errors
/// Returns a [`ResolvedStudyError`] if the file cannot be written; it then stays unchanged.
pub fn write_study(study: &Study, study_folder: &Path, results: &Path) -> Result<EarlierStudy, ResolvedStudyError> {
    let path = results.join(FILE);
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| ResolvedStudyError { path, source }
    };
    let base = Base::new(study, study_folder);
    let files = base.files();
    let digests = files.iter().filter_map(|(name, file)| Some((name.clone(), inputs::digest(file)?))).collect();
    let text = resolved_text(study, &base, &digests, results);
    fs::create_dir_all(results).map_err(failed(results))?;
    inputs::keep(results, &digests, &files).map_err(|(path, source)| ResolvedStudyError { path, source })?;
    let earlier = match regular::read(&path, bounded::LARGEST_STUDY) {
        Ok(there) if there == text.as_bytes() => return Ok(EarlierStudy::Same),
        // Another version of the program may word the comments at the top differently.
        Ok(there) if below_comments(&there) == below_comments(text.as_bytes()) => EarlierStudy::Same,
        Ok(there) if resolved_from(&there, study_folder, &digests, results).is_some_and(|other| other == text) => {
            EarlierStudy::Edited
        }
        Ok(there) => {
            let kept = results.join(format!("study-{}.toml", &sha256(&there)[..8]));
            persist::write(&kept, |file| file.write_all(&there)).map_err(failed(&kept))?;
            EarlierStudy::Kept(kept)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => EarlierStudy::Same,
        Err(source) => return Err(ResolvedStudyError { path, source }),
    };
    persist::write(&path, |file| file.write_all(text.as_bytes())).map_err(failed(&path))?;
    Ok(earlier)
}

/// Returns the resolved text of the study that `text` describes, if it describes one. Earlier versions stated no digests of
/// its files; these then have the `digests`.
fn resolved_from(text: &[u8], study_folder: &Path, digests: &Digests, results: &Path) -> Option<String> {
    let study = Study::parse(FILE, std::str::from_utf8(text).ok()?, &[]).ok()?;
    let digests = if study.inputs.is_empty() { digests } else { &study.inputs };
    Some(resolved_text(&study, &Base::new(&study, study_folder), digests, results))
}

/// Returns the text below the comments at the top.
fn below_comments(mut text: &[u8]) -> &[u8] {
    while text.starts_with(b"#") {
        let end = text.iter().position(|byte| *byte == b'\n').map_or(text.len(), |end| end + 1);
        text = &text[end..];
    }
    text
}

/// Returns the text of the file.
fn resolved_text(study: &Study, base: &Base, digests: &Digests, results: &Path) -> String {
    let mut text = String::from(
        "# The study as last run: with overrides applied, explicit defaults, and every axis as a list.\n\
         # `ohmspike report`, `export`, `status` and `run` accept this folder instead of a study file.\n",
    );
    if !base.paths.is_empty() {
        text += "# Relative paths are looked up in the working directory, then in `paths_from`, which is relative to \
                 this file.\n";
    }
    text.push('\n');
    let mut line = |key: &str, value: &str| _ = writeln!(text, "{key} = {}", quoted(value));
    line("name", &study.name);
    line("question", &study.question);
    study.baseline.iter().for_each(|name| line("baseline", name));
    study.replicates.iter().for_each(|name| line("replicates", name));
    if !base.paths.is_empty() {
        line("paths_from", &relative(&base.named, results).to_string_lossy());
    }
    if !digests.is_empty() {
        let files: toml::Table = digests.iter().map(|(name, digest)| (name.clone(), digest.clone().into())).collect();
        text += &format!("\n# SHA-256 of the files; of a device, without its descriptive keys.\n[{INPUTS}]\n{files}");
    }
    text + &sections(study, base)
}

/// Formats a TOML string.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// Returns all sections with the keys that decide trials.
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
    // An entry without own keys is a layer as well.
    let layers = study.conditions.iter().map(|condition| condition.settings.layers.len()).max().unwrap_or(0);
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

/// Keys with the same value in every condition, including defaults.
fn common_keys(study: &Study) -> Vec<(String, toml::Value)> {
    let mut conditions = study.conditions.iter().map(|condition| condition.settings.resolved().keys());
    let mut common: BTreeMap<String, toml::Value> = conditions.next().unwrap_or_default().into_iter().collect();
    for keys in conditions {
        let keys: BTreeMap<String, toml::Value> = keys.into_iter().collect();
        common.retain(|key, value| keys.get(key) == Some(value));
    }
    put_auto(study, &mut common);
    common.retain(|key, _| !is_spelled_elsewhere(key) && !study.axes.iter().any(|axis| axis.key == *key));
    common.into_iter().collect()
}

/// Writes `auto` for the keys that are calibrated in every condition, and omits those that are in some. Also omits keys that
/// follow a calibrated one.
fn put_auto(study: &Study, common: &mut BTreeMap<String, toml::Value>) {
    let none = BTreeSet::new();
    let keys = |condition: &Condition| condition.auto.as_ref().map_or_else(|| none.clone(), |auto| auto.keys.clone());
    let every = study.conditions.iter().map(keys).reduce(|all, keys| &all & &keys).unwrap_or_default();
    let mut last = None;
    for condition in &study.conditions {
        // Neighbours usually share their keys.
        if last == Some(&condition.auto) {
            continue;
        }
        last = Some(&condition.auto);
        for key in &keys(condition) {
            common.remove(key);
        }
        if let Some(auto) = &condition.auto {
            followers(&condition.settings, &auto.keys).iter().for_each(|key| _ = common.remove(key));
        }
    }
    common.extend(every.into_iter().map(|key| (key, toml::Value::from(AUTO))));
    let sections = study.conditions.iter().filter_map(|condition| Some(condition.auto.as_ref()?.calibration.keys()));
    let all: BTreeSet<(String, String)> = sections.flatten().map(|(key, value)| (key, value.to_string())).collect();
    for (key, value) in CalibrationSettings::default().keys() {
        let values: Vec<&str> = all.iter().filter(|(known, _)| *known == key).map(|(_, value)| &**value).collect();
        if let [one] = values[..] {
            common.insert(key, one.parse::<f64>().map_or(value, Into::into));
        }
    }
}

/// Whether another section spells this key of the first layer.
fn is_spelled_elsewhere(key: &str) -> bool {
    layer_of(key).is_some_and(|(number, key)| number == 1 && FIRST_LAYER.iter().any(|(name, _)| *name == key))
}

fn written(key: &str, value: &toml::Value) -> String {
    match value.as_str() {
        // Seeds beyond TOML integers are strings of digits.
        Some(digits) if key.starts_with("seeds.") => digits.to_owned(),
        _ => value.to_string(),
    }
}

/// Formats seeds, as a count if they are 1 to N.
fn seeds(seeds: &[u64]) -> String {
    if seeds.iter().copied().eq(1..=seeds.len() as u64) {
        return seeds.len().to_string();
    }
    format!("[{}]", seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(", "))
}

/// Folders for the relative paths of a study.
struct Base {
    /// Folder in which the files are looked up: that of the copies, or the one that most paths are relative to.
    folder: PathBuf,
    /// Folder that most paths are relative to.
    named: PathBuf,
    /// Every relative path with its absolute file.
    paths: BTreeMap<String, PathBuf>,
    /// Every path, relative or not, with its file.
    found: BTreeMap<String, PathBuf>,
}

impl Base {
    /// Resolves the paths of `study`, which is in `study_folder`: to its copies, if it uses them, or in the working
    /// directory, then in its folder of paths.
    fn new(study: &Study, study_folder: &Path) -> Base {
        let here = std::path::absolute(".").unwrap_or_default();
        let folder = study.paths_folder(study_folder);
        let folder = std::path::absolute(&folder).unwrap_or(folder);
        let named = study_folder.join(study.paths_from.as_deref().unwrap_or_default());
        let named = std::path::absolute(&named).unwrap_or(named);
        let found: BTreeMap<String, PathBuf> =
            file_names(study).into_iter().filter_map(|name| Some((name.clone(), find(&name, &folder)?))).collect();
        let relative = found.iter().filter(|(name, _)| Path::new(name).is_relative());
        let paths: BTreeMap<String, PathBuf> =
            relative.filter_map(|(name, path)| Some((name.clone(), std::path::absolute(path).ok()?))).collect();
        let from_here = paths.iter().any(|(name, path)| *path == here.join(name));
        if from_here {
            return Base { folder: here.clone(), named: here, paths, found };
        }
        let named = if study.copies.is_some() { named } else { folder.clone() };
        Base { folder, named, paths, found }
    }

    /// Returns the files by the path that the results folder has for them.
    fn files(&self) -> BTreeMap<String, PathBuf> {
        let name = |name: &String| self.renamed(name).unwrap_or_else(|| name.clone());
        self.found.iter().map(|(path, file)| (name(path), file.clone())).collect()
    }

    /// Rewrites a path outside the folder so that it can be found from there.
    fn rewritten(&self, key: &str, value: toml::Value) -> toml::Value {
        value.as_str().filter(|_| is_file_key(key)).and_then(|name| self.renamed(name)).map_or(value, Into::into)
    }

    /// Returns another path for the file `name` if it is not found from the folder by this one, nor is its copy.
    fn renamed(&self, name: &str) -> Option<String> {
        let path = self.paths.get(name)?;
        let is_found = [PathBuf::from(name), copy_of(name)].iter().any(|name| self.folder.join(name) == *path);
        (!is_found).then(|| relative(path, &self.folder).to_string_lossy().into_owned())
    }
}

/// Whether the key can name a file.
fn is_file_key(key: &str) -> bool {
    let name = key.rsplit('.').next().unwrap_or_default();
    name == "fault_map" || name == "conductance_map" || (name == "device" && !key.starts_with("device."))
}

/// Device and map files that a study names.
pub(crate) fn file_names(study: &Study) -> BTreeSet<String> {
    let keys = study.conditions.iter().flat_map(|condition| condition.settings.resolved().keys());
    let names = keys.filter(|(key, _)| is_file_key(key)).filter_map(|(_, value)| value.as_str().map(str::to_owned));
    names.filter(|name| !name.is_empty() && name != NO_DEVICE && Device::built_in(name).is_none()).collect()
}

/// The absolute path `to` as seen from the folder `from`; `to` itself if they share no ancestor.
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
