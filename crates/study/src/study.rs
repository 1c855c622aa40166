//! From a study file to a grid of trials.
//!
//! A study file is TOML: a name, a question, and the sections of [`Settings`]. A list on any key makes it an axis; the
//! grid is every combination of the axes, once for every seed of `repeats.seeds`. `--set SECTION.KEY=VALUE` puts another
//! value, or another list, in the place of what the file says.
//!
//! The keys of `[device]` are those of a device file, dotted or in nested tables: `device.read.white.noise`. Which there
//! are is checked when the device is put together (`prepare.rs`).

mod document;
mod given;
mod grid;
mod keys;
mod message;
mod nearest;
mod number;
mod observe;
mod preset;
mod problem;
mod renamed;
mod seeds;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

pub use given::Override;
use given::{Given, is_device_key, read_section};
pub use grid::{MOST_CONDITIONS, MOST_TRIALS};
use grid::{check_axis, check_size, combinations};
pub(crate) use keys::declared_order;
use keys::{LAYER, PRESET, SECTIONS, SEEDS, is_known, layer_of, position};
pub use keys::{canonical, known_keys};
use message::type_reason;
use nearest::{unknown, unknown_among};
use number::as_written;
pub use number::seed as seed_in;
use observe::DETAILS;
pub use observe::KeptDetails;
pub use preset::Preset;
use problem::wrong_type;
pub use problem::{StudyError, StudyProblem};
use seeds::read_seeds;
use toml::de::{DeTable, DeValue};

use crate::settings::{Settings, ValueError};

/// A study that has been read and checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Study {
    /// Name; names the folder of the results.
    pub name: String,
    /// What the study asks, in a sentence.
    pub question: String,
    /// The study whose outcome figures show as a line to compare with.
    pub baseline: Option<String>,
    /// The published study that this one replicates: reports compare it with what was published.
    pub replicates: Option<String>,
    /// Where relative paths are looked up, seen from the folder of the file; that folder itself where the study doesn't say.
    pub paths_from: Option<String>,
    /// The keys that were given a list, in the order of the sections.
    pub axes: Vec<Axis>,
    /// Seeds of the repeats of every condition.
    pub seeds: Vec<u64>,
    /// Of which trials the details are kept.
    pub details: KeptDetails,
    /// Whether the study asks for them by name, so that a trial with a record is run again for its details.
    pub details_given: bool,
    /// Every combination of the axes, the last axis running fastest.
    pub conditions: Vec<Condition>,
    /// Where each key was given: file and line, the `--set` argument, or a preset.
    pub places: BTreeMap<String, String>,
}

/// One key and the values that it takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// The key, with its section.
    pub key: String,
    /// Its values, in the order given.
    pub values: Vec<toml::Value>,
}

/// One combination of the axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// One value an axis.
    pub values: Vec<toml::Value>,
    /// What it means for a trial.
    pub settings: Settings,
}

/// The sections that decide no outcome.
const BESIDE: [&str; 2] = ["repeats", "observe"];

/// What a study file gives, key by key.
#[derive(Default)]
struct Text {
    name: Option<String>,
    question: String,
    baseline: Option<String>,
    replicates: Option<String>,
    paths_from: Option<String>,
    given: Vec<Given>,
    /// Entries of `[[layer]]`.
    layers: usize,
}

impl Study {
    /// Where condition number `condition` stands on every axis: the place of its value there, from 0.
    pub fn places(&self, condition: usize) -> impl Iterator<Item = usize> {
        grid::places(&self.axes, condition)
    }

    /// The folder where relative paths are looked up after the working directory; `folder` is that of the study file.
    pub fn paths_folder(&self, folder: &Path) -> PathBuf {
        self.paths_from.as_ref().map_or_else(|| folder.to_owned(), |from| folder.join(from))
    }

    /// Reads the study in `text`, which names no preset; `file` names it in messages.
    ///
    /// # Errors
    /// [`StudyError`] with the line of the file, or the override, that is wrong.
    pub fn parse(file: &str, text: &str, overrides: &[Override]) -> Result<Study, StudyError> {
        Study::parse_with(&[], file, text, overrides)
    }

    /// The same where the study may name one of `presets`.
    ///
    /// # Errors
    /// [`StudyError`] with the line of the file, or the override, that is wrong.
    pub fn parse_with(presets: &[Preset], file: &str, text: &str, overrides: &[Override]) -> Result<Study, StudyError> {
        let Text { name, question, baseline, replicates, paths_from, mut given, layers } = Text::read(file, text)?;
        for Override { key, value, beyond, text } in overrides {
            // What stands for a number beyond 64 bits is nothing that anybody has written.
            let shown = if beyond.is_empty() { value.to_string() } else { text.clone() };
            let place = format!("--set {key}={shown}");
            given.retain(|earlier| earlier.key != canonical(key));
            given.push(Given::new(key, value.clone(), place, beyond.clone()));
        }
        let missing = || StudyError { place: file.to_owned(), problem: StudyProblem::Missing("name") };
        let study = assemble(name.ok_or_else(missing)?, given, layers, presets)?;
        Ok(Study { question, baseline, replicates, paths_from, ..study })
    }
}

impl Text {
    fn read(file: &str, text: &str) -> Result<Text, StudyError> {
        let at =
            |span: &Range<usize>| format!("{file}:{}", text[..span.start.min(text.len())].matches('\n').count() + 1);
        let document = DeTable::parse(text).map_err(|error| StudyError {
            place: error.span().map_or_else(|| file.to_owned(), |span| at(&span)),
            problem: StudyProblem::Syntax(error.message().to_owned()),
        })?;
        let mut found = Text::default();
        for (key, value) in document.get_ref().iter() {
            let place = at(&key.span());
            found.read_entry(key.get_ref(), value.get_ref(), &place, &at)?;
        }
        found.check_once()?;
        Ok(found)
    }

    /// One entry of the top level: a text, a section, or the list of layers.
    fn read_entry(
        &mut self,
        key: &str,
        value: &DeValue,
        place: &str,
        at: &impl Fn(&Range<usize>) -> String,
    ) -> Result<(), StudyError> {
        match (key, value) {
            ("name", DeValue::String(text)) => self.name = Some(checked_name("name", text, place)?),
            ("question", DeValue::String(text)) => self.question = text.to_string(),
            ("baseline", DeValue::String(text)) => self.baseline = Some(checked_name("baseline", text, place)?),
            ("replicates", DeValue::String(text)) => self.replicates = Some(checked_name("replicates", text, place)?),
            ("paths_from", DeValue::String(text)) => self.paths_from = Some(text.to_string()),
            (key @ ("name" | "question" | "baseline" | "replicates" | "paths_from"), _) => {
                return Err(wrong_type(place, key, "must be a text"));
            }
            (LAYER, DeValue::Array(layers)) => {
                self.layers = layers.len();
                for (number, layer) in layers.iter().enumerate() {
                    let DeValue::Table(keys) = layer.get_ref() else {
                        return Err(wrong_type(&at(&layer.span()), LAYER, LAYER_FORM));
                    };
                    read_section(&format!("{LAYER}.{}", number + 1), keys, at, &mut self.given);
                }
            }
            (LAYER, _) => return Err(wrong_type(place, LAYER, LAYER_FORM)),
            (section, DeValue::Table(_)) if !BESIDE.contains(&section) && !SECTIONS.contains(&section) => {
                let known = SECTIONS.iter().chain(&BESIDE).map(|name| name.to_string());
                return Err(unknown_among(section, place, known));
            }
            (section, DeValue::Table(keys)) => read_section(section, keys, at, &mut self.given),
            (key, _) => return Err(unknown(key, place)),
        }
        Ok(())
    }

    /// Refuses a setting of the first layer that two sections spell.
    fn check_once(&self) -> Result<(), StudyError> {
        let listed = self.given.iter().filter(|given| given.spelled != given.key);
        for given in listed {
            if let Some(other) = self.given.iter().find(|other| other.spelled == given.key) {
                let (key, other, place) = (given.spelled.clone(), other.key.clone(), other.place.clone());
                let problem = StudyProblem::GivenTwice { key, other, place };
                return Err(StudyError { place: given.place.clone(), problem });
            }
        }
        Ok(())
    }
}

/// How layers are given.
const LAYER_FORM: &str = "must be a list of layers: write `[[layer]]` before the keys of each";

/// Puts axes, seeds and conditions together from the keys that were `given`, with `layers` entries of `[[layer]]`.
fn assemble(name: String, given: Vec<Given>, layers: usize, presets: &[Preset]) -> Result<Study, StudyError> {
    let (mut seeds, mut details, mut details_given) = (vec![1], KeptDetails::default(), false);
    let mut seeds_place = name.clone();
    let mut placed: Vec<Given> = Vec::new();
    for given in given {
        match given.key.as_str() {
            SEEDS => {
                seeds = read_seeds(&given)?;
                seeds_place = given.place;
            }
            DETAILS => (details, details_given) = (KeptDetails::read(&given)?, true),
            _ => placed.push(given),
        }
    }
    let placed = in_order(placed, layers)?;

    let (mut axes, mut axis_of) = (Vec::new(), Vec::new());
    let mut longest = (seeds.len(), seeds_place);
    for Given { key, value, place, .. } in &placed {
        check_kind(value, key, place)?;
        let toml::Value::Array(values) = value else {
            axis_of.push(None);
            continue;
        };
        check_axis(key, values, place)?;
        longest = if values.len() > longest.0 { (values.len(), place.clone()) } else { longest };
        axis_of.push(Some(axes.len()));
        axes.push(Axis { key: key.clone(), values: values.clone() });
    }
    check_size(&axes, seeds.len(), &longest.1)?;
    let reading = Reading { placed: &placed, axis_of, layers, presets };
    let conditions = combinations(&axes)
        .map(|values| Ok(Condition { settings: reading.settings(&values)?, values }))
        .collect::<Result<_, StudyError>>()?;
    let mut places: BTreeMap<String, String> = preset::places(presets, &placed);
    places.extend(placed.into_iter().map(|given| (given.key, given.place)));
    Ok(Study {
        name,
        question: String::new(),
        baseline: None,
        replicates: None,
        paths_from: None,
        axes,
        seeds,
        details,
        details_given,
        conditions,
        places,
    })
}

/// The keys in the order of sections, layers and keys, none of them unknown.
fn in_order(mut placed: Vec<Given>, layers: usize) -> Result<Vec<Given>, StudyError> {
    let known = known_keys();
    for given in &placed {
        if given.key.starts_with("device.") && !is_device_key(&given.key) {
            return Err(wrong_type(&given.place, &given.spelled, "must have a name before and after every dot"));
        }
        if !is_device_key(&given.key) && !is_known(&given.key, &known) {
            return Err(unknown(&given.spelled, &given.place));
        }
    }
    placed.sort_by_cached_key(|given| (position(&given.key, &known), given.key.clone()));
    let mut count = layers.max(1);
    for (given, number) in placed.iter().filter_map(|given| Some((given, layer_of(&given.key)?.0))) {
        if number > count + 1 {
            let problem = StudyProblem::LayerGap { number, count };
            return Err(StudyError { place: given.place.clone(), problem });
        }
        count = count.max(number);
    }
    Ok(placed)
}

/// What the settings of a condition are read from.
struct Reading<'a> {
    /// The keys of the study, in their order.
    placed: &'a [Given],
    /// Which of them are an axis, and the how manieth.
    axis_of: Vec<Option<usize>>,
    /// Entries of `[[layer]]`.
    layers: usize,
    presets: &'a [Preset],
}

impl Reading<'_> {
    /// The settings for one value per axis. An error stands at the place of the key that it names.
    fn settings(&self, values: &[toml::Value]) -> Result<Settings, StudyError> {
        let mut document = document::new(self.layers);
        let mut preset = Vec::new();
        for (Given { key, value, place, .. }, axis) in self.placed.iter().zip(&self.axis_of) {
            let value = axis.map_or(value, |axis| &values[axis]);
            if key == PRESET {
                preset = preset::named(self.presets, value, place)?.given();
            } else {
                document::put(&mut document, key, value.clone());
            }
        }
        for Given { key, value, .. } in &preset {
            document::put_missing(&mut document, key, value.clone());
        }
        let given = |key: &str| {
            let layer = layer_of(key).map(|(number, _)| number);
            let of_layer =
                |given: &&Given| layer.is_some() && layer_of(&given.spelled).map(|(number, _)| number) == layer;
            let all = || self.placed.iter().chain(&preset);
            // What is wrong with a layer stands where the layer does.
            all().find(|given| given.key == canonical(key)).or_else(|| all().find(of_layer))
        };
        let place_of = |key: &str| given(key).map_or_else(|| "study".to_owned(), |given| given.place.clone());
        let written = |key: &str, shown: &str| as_written(shown, given(key).map_or(&[], |given| &given.beyond));
        let spelled = |key: String| {
            let found = given(&key).filter(|given| given.key == canonical(&key));
            found.map_or(key, |given| given.spelled.clone())
        };
        let settings = document::settings_in(document.clone()).map_err(|(key, message)| {
            let allowed = || document::whole_allowed(document.clone(), &key);
            let reason = type_reason(&message, allowed, |shown| written(&key, shown));
            StudyError { place: place_of(&key), problem: StudyProblem::Type { key: spelled(key), reason } }
        })?;
        settings.check().map_err(|error| StudyError {
            place: place_of(&error.key),
            problem: ValueError { value: written(&error.key, &error.value), key: spelled(error.key), ..error }.into(),
        })?;
        Ok(settings)
    }
}

/// The results of a study stand in a folder of its name.
fn checked_name(key: &str, name: &str, place: &str) -> Result<String, StudyError> {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    if name.is_empty() || name.starts_with('.') || !name.chars().all(fits) {
        let allowed = "must be made of letters, digits, `-`, `_` and `.`";
        return Err(wrong_type(place, key, &format!("{allowed}, got `{name}`")));
    }
    Ok(name.to_owned())
}

/// Refuses what is neither a scalar nor a list of scalars.
fn check_kind(value: &toml::Value, key: &str, place: &str) -> Result<(), StudyError> {
    let scalar = |value: &toml::Value| {
        !matches!(value, toml::Value::Array(_) | toml::Value::Table(_) | toml::Value::Datetime(_))
    };
    let fits = value.as_array().map_or_else(|| scalar(value), |values| values.iter().all(scalar));
    if fits { Ok(()) } else { Err(wrong_type(place, key, "must be a number, a text or a list of these")) }
}

#[cfg(test)]
mod tests;
