//! Reads a study file as a grid of trials.
//!
//! A study file is TOML: a name, a question, and the sections of [`Settings`]. A list makes its key an axis. The grid holds
//! every combination of the axes for every seed of `repeats.seeds`. `--set SECTION.KEY=VALUE` overrides a key with another
//! value or list.
//!
//! Section `[device]` holds keys of a device file, dotted or in nested tables: `device.read.white.noise`. They are checked when
//! the device is loaded (`prepare.rs`).

mod auto;
mod calibrated;
mod document;
mod form;
mod given;
mod grid;
mod keys;
mod message;
mod nearest;
mod number;
mod observe;
mod one_key;
mod preset;
mod problem;
mod quantity;
mod renamed;
mod seeds;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use form::Expected;
pub use given::Override;
use given::{Given, is_device_key, read_section};
pub use grid::{MAX_CONDITIONS, MAX_TRIALS};
use grid::{check_axis, check_size, combinations};
pub(crate) use keys::declared_order;
use keys::{DETAILS, LAYER, PRESET, SECTIONS, SEEDS, is_known, layer_of, position};
pub use keys::{canonical, known_keys};
use message::type_reason;
pub use nearest::{key_called, override_for};
use nearest::{unknown, unknown_section};
use number::as_written;
pub use number::seed as seed_in;
pub use observe::KeptDetails;
use ohmspike_crossbar::device::SECTIONS as DEVICE_SECTIONS;
pub use preset::Preset;
use problem::wrong_type;
pub use problem::{StudyError, StudyProblem};
use seeds::read_seeds;
use toml::de::{DeTable, DeValue};

use crate::auto::{Auto, Calibrated, provisional};
use crate::settings::{Settings, ValueError};

/// A study, read and checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Study {
    /// The name, which is also that of the results folder.
    pub name: String,
    /// The question of the study, in one sentence.
    pub question: String,
    /// The study that figures show as a line for comparison.
    pub baseline: Option<String>,
    /// The published study that this one replicates. Reports compare both.
    pub replicates: Option<String>,
    /// The base folder of relative paths, relative to the folder of the study file. The default is that folder.
    pub paths_from: Option<String>,
    /// The SHA-256 of device and map files, by their path: those of the last run, in the study file of a results folder.
    pub inputs: BTreeMap<String, String>,
    /// The folder of the copies that take the place of all device and map files, if any: that of the results folder
    /// which was opened.
    pub copies: Option<PathBuf>,
    /// The keys with a list of values, in the order of the sections.
    pub axes: Vec<Axis>,
    /// Seeds of the repeats of every condition.
    pub seeds: Vec<u64>,
    /// The trials whose details are kept.
    pub details: KeptDetails,
    /// Whether the study sets `observe.details`. If so, a trial with a record but without its details is rerun.
    pub details_given: bool,
    /// Every combination of the axes, with the last axis varying fastest.
    pub conditions: Vec<Condition>,
    /// The place of every key: file and line, the `--set` argument, or a preset.
    pub places: BTreeMap<String, String>,
    /// The spelling of the study for keys with another canonical spelling: `layer.1.hidden` for `network.hidden`.
    pub spellings: BTreeMap<String, String>,
}

/// A key and its values.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// The key, with its section.
    pub key: String,
    /// The values, in the order given.
    pub values: Vec<toml::Value>,
}

/// One combination of the axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// One value per axis.
    pub values: Vec<toml::Value>,
    /// The settings of its trials. Provisional numbers stand for `auto` until the study is calibrated.
    pub settings: Arc<Settings>,
    /// The keys that are `auto`, if any.
    pub auto: Option<Arc<Auto>>,
    /// The numbers in place of `auto`; empty before calibration.
    pub calibrated: Arc<[Calibrated]>,
}

/// The sections that do not affect the outcome of a trial.
const WITHOUT_EFFECT: [&str; 2] = ["repeats", "observe"];

/// The content of a study file, key by key.
#[derive(Default)]
struct Text {
    name: Option<String>,
    question: String,
    baseline: Option<String>,
    replicates: Option<String>,
    paths_from: Option<String>,
    inputs: BTreeMap<String, String>,
    given: Vec<Given>,
    /// Number of `[[layer]]` entries.
    layers: usize,
}

impl Study {
    /// The positions of condition number `condition` on the axes, from 0.
    pub fn places(&self, condition: usize) -> impl Iterator<Item = usize> {
        grid::places(&self.axes, condition)
    }

    /// The folder of the copies, or that of relative paths, tried after the working directory. `folder` is the folder of
    /// the study file.
    pub fn paths_folder(&self, folder: &Path) -> PathBuf {
        if let Some(copies) = &self.copies {
            return copies.clone();
        }
        self.paths_from.as_ref().map_or_else(|| folder.to_owned(), |from| folder.join(from))
    }

    /// Parses a study without presets. `file` is its name in messages.
    ///
    /// # Errors
    /// Returns the problem with its line of the file or its override.
    pub fn parse(file: &str, text: &str, overrides: &[Override]) -> Result<Study, StudyError> {
        Study::parse_with(&[], file, text, overrides)
    }

    /// Parses a study that may use one of `presets`. `file` is its name in messages.
    ///
    /// # Errors
    /// Returns the problem with its line of the file or its override.
    pub fn parse_with(presets: &[Preset], file: &str, text: &str, overrides: &[Override]) -> Result<Study, StudyError> {
        let Text { name, question, baseline, replicates, paths_from, inputs, mut given, layers } =
            Text::read(file, text)?;
        for one in overrides {
            let Override { key, value, beyond, .. } = one;
            given.retain(|earlier| earlier.key != canonical(key));
            given.push(Given::new(key, value.clone(), one.place(), beyond.clone()));
        }
        let missing = || StudyError { place: file.to_owned(), problem: StudyProblem::Missing("name") };
        let study = assemble(name.ok_or_else(missing)?, given, layers, presets)?;
        Ok(Study { question, baseline, replicates, paths_from, inputs, ..study })
    }
}

/// Returns the name of a duplicate key with a space before it; empty for another syntax error.
fn duplicate(text: &str, error: &toml::de::Error) -> String {
    let name = error.span().and_then(|span| text.get(span)).filter(|_| error.message() == "duplicate key");
    name.map_or_else(String::new, |name| format!(" `{}`", name.trim()))
}

/// Returns a hint if the line of a syntax error has a number with a unit: `level_percent = 20 %`.
fn unit_hint(text: &str, span: Option<Range<usize>>) -> &'static str {
    let at = span.map_or(0, |span| span.start.min(text.len()));
    let line =
        text.lines().nth(text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count()).unwrap_or_default();
    let value = line.split_once('=').map_or("", |(_, value)| value).trim();
    let number = value.trim_end_matches(|letter: char| letter == '%' || letter == 'µ' || letter.is_alphabetic()).trim();
    if number != value && number.parse::<f64>().is_ok() { "\n\nhint: write the number without its unit" } else { "" }
}

impl Text {
    fn read(file: &str, text: &str) -> Result<Text, StudyError> {
        let at =
            |span: &Range<usize>| format!("{file}:{}", text[..span.start.min(text.len())].matches('\n').count() + 1);
        let document = DeTable::parse(text).map_err(|error| StudyError {
            place: error.span().map_or_else(|| file.to_owned(), |span| at(&span)),
            problem: StudyProblem::Syntax(
                error.message().to_owned() + &duplicate(text, &error) + unit_hint(text, error.span()),
            ),
        })?;
        let mut found = Text::default();
        for (key, value) in document.get_ref().iter() {
            let place = at(&key.span());
            found.read_entry(key.get_ref(), value.get_ref(), &place, &at)?;
        }
        found.check_once()?;
        Ok(found)
    }

    /// Reads an entry of the top level: a string, a section, or the list of layers.
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
            (key @ ("name" | "question" | "baseline" | "replicates" | "paths_from"), value) => {
                let value = number::value(value, false, &mut Vec::new());
                return Err(wrong_type(place, key, &format!("expected a string, got {value}")));
            }
            (INPUTS, DeValue::Table(files)) => {
                for (name, digest) in files {
                    let digest = digest.get_ref().as_str().filter(|text| is_sha256(text)).ok_or_else(|| {
                        wrong_type(&at(&name.span()), &format!("{INPUTS}.{}", name.get_ref()), INPUT_FORM)
                    })?;
                    self.inputs.insert(name.get_ref().to_string(), digest.to_owned());
                }
            }
            (INPUTS, _) => return Err(wrong_type(place, INPUTS, INPUT_FORM)),
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
            (section, DeValue::Table(_)) if !WITHOUT_EFFECT.contains(&section) && !SECTIONS.contains(&section) => {
                return Err(unknown_section(section, place, &[&SECTIONS[..], &WITHOUT_EFFECT].concat()));
            }
            (section, DeValue::Table(keys)) => read_section(section, keys, at, &mut self.given),
            (key, _) => return Err(unknown(key, place)),
        }
        Ok(())
    }

    /// Rejects a setting of the first layer that is given in two spellings.
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

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase())
}

/// The section of digests in the study file of a results folder.
pub(crate) const INPUTS: &str = "inputs";
const INPUT_FORM: &str = "expected files with their SHA-256, 64 digits and letters from a to f";

/// The form of the list of layers.
const LAYER_FORM: &str = "expected one `[[layer]]` entry per hidden layer";

/// Builds axes, seeds and conditions from the keys `given`. The study has `layers` entries of `[[layer]]`.
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
    for Given { key, spelled, value, place, .. } in &placed {
        check_kind(value, spelled, place)?;
        let toml::Value::Array(values) = value else {
            axis_of.push(None);
            continue;
        };
        check_axis(spelled, values, place)?;
        longest = if values.len() > longest.0 { (values.len(), place.clone()) } else { longest };
        axis_of.push(Some(axes.len()));
        axes.push(Axis { key: key.clone(), values: values.clone() });
    }
    check_size(&axes, seeds.len(), &longest.1)?;
    let reading = Reading { placed: &placed, axis_of, layers, presets };
    let none: Arc<[Calibrated]> = Arc::new([]);
    let conditions = combinations(&axes)
        .map(|values| {
            let (settings, auto) = reading.settings(&values)?;
            Ok(Condition { settings: Arc::new(settings), auto: auto.map(Arc::new), calibrated: none.clone(), values })
        })
        .collect::<Result<_, StudyError>>()?;
    let mut places: BTreeMap<String, String> = preset::places(presets, &placed);
    let respelled = placed.iter().filter(|given| given.spelled != given.key);
    let spellings = respelled.map(|given| (given.key.clone(), given.spelled.clone())).collect();
    places.extend(placed.into_iter().map(|given| (given.key, given.place)));
    Ok(Study {
        name,
        question: String::new(),
        baseline: None,
        replicates: None,
        paths_from: None,
        inputs: BTreeMap::new(),
        copies: None,
        axes,
        seeds,
        details,
        details_given,
        conditions,
        places,
        spellings,
    })
}

/// Sorts the keys by section, layer and key, and rejects unknown ones.
fn in_order(mut placed: Vec<Given>, layers: usize) -> Result<Vec<Given>, StudyError> {
    let known = known_keys();
    for given in &placed {
        if given.key.starts_with("device.") && !is_device_key(&given.key) {
            return Err(wrong_type(&given.place, &given.spelled, "expected a name before and after every dot"));
        }
        if is_unknown(&given.key, &known) {
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

/// Whether neither a study nor a device file has the key. Unknown keys of sections of the device are found when it is loaded.
fn is_unknown(key: &str, known: &[String]) -> bool {
    match key.strip_prefix("device.").filter(|_| is_device_key(key)) {
        Some(key) => !key.contains('.') && !DEVICE_SECTIONS.contains(&key) && key_called(key).is_some(),
        None => !is_known(key, known),
    }
}

/// The source of the settings of every condition.
struct Reading<'a> {
    /// The keys of the study, in their order.
    placed: &'a [Given],
    /// The number of the axis of each key, for keys with a list.
    axis_of: Vec<Option<usize>>,
    /// Number of `[[layer]]` entries.
    layers: usize,
    presets: &'a [Preset],
}

impl Reading<'_> {
    /// Reads the settings for one value per axis, and the keys that are `auto`.
    fn settings(&self, values: &[toml::Value]) -> Result<(Settings, Option<Auto>), StudyError> {
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
            // A problem of a whole layer is reported at any key of the layer.
            all().find(|given| given.key == canonical(key)).or_else(|| all().find(of_layer))
        };
        let place_of = |key: &str| given(key).map_or_else(|| "study".to_owned(), |given| given.place.clone());
        let written = |key: &str, shown: &str| as_written(shown, given(key).map_or(&[], |given| &given.beyond));
        let spelled = |key: String| {
            let found = given(&key).filter(|given| given.key == canonical(&key));
            found.map_or(key, |given| given.spelled.clone())
        };
        let hint = |key: &str, expected: Option<Expected>| {
            let (given, axis) = self.placed.iter().zip(&self.axis_of).find(|(given, _)| given.key == canonical(key))?;
            form::hint(given, axis.map_or(&given.value, |axis| &values[axis]), expected?)
        };
        let keys = auto::take(&mut document, preset.is_empty());
        let (document, calibration) = document::split(document);
        let wrong_type = |(key, message): (String, String)| {
            let allowed = || document::whole_allowed(document.clone(), &key);
            let (reason, expected) = type_reason(&message, allowed, |shown| written(&key, shown));
            let reason = if auto::is_allowed(&key) { auto::with_word(&reason) } else { reason };
            let (place, hint) = (place_of(&key), hint(&key, expected));
            StudyError { place, problem: StudyProblem::Type { key: spelled(key), reason, hint } }
        };
        let calibration = document::calibration_in(calibration).map_err(wrong_type)?;
        let mut settings = document::settings_in(document.clone()).map_err(wrong_type)?;
        provisional(&mut settings, &keys);
        calibration.check().and_then(|()| settings.check()).map_err(|error| {
            let (place, hint) = (place_of(&error.key), hint(&error.key, Some(Expected::Word)));
            let value = written(&error.key, &error.value);
            let source = ValueError { value, key: spelled(error.key), ..error };
            StudyError { place, problem: StudyProblem::Value { source, hint } }
        })?;
        Ok((settings, (!keys.is_empty()).then_some(Auto { keys, calibration })))
    }
}

/// Checks a name, which is also that of a folder.
fn checked_name(key: &str, name: &str, place: &str) -> Result<String, StudyError> {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    if name.is_empty() || name.starts_with('.') || !name.chars().all(fits) {
        let allowed = "expected letters, digits, `-`, `_` and `.`";
        return Err(wrong_type(place, key, &format!("{allowed}, got `{name}`")));
    }
    Ok(name.to_owned())
}

/// Rejects a value that is neither a scalar nor a list of scalars.
fn check_kind(value: &toml::Value, key: &str, place: &str) -> Result<(), StudyError> {
    let scalar = |value: &toml::Value| {
        !matches!(value, toml::Value::Array(_) | toml::Value::Table(_) | toml::Value::Datetime(_))
    };
    let fits = value.as_array().map_or_else(|| scalar(value), |values| values.iter().all(scalar));
    if fits {
        Ok(())
    } else {
        Err(wrong_type(place, key, "expected a number, a string, true, false or a list of these"))
    }
}

#[cfg(test)]
mod tests;
