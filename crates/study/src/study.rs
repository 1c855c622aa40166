//! From a study file to a grid of trials.
//!
//! A study file is TOML: a name, a question, and the sections of [`Settings`]. A list on any key makes it an axis; the
//! grid is every combination of the axes, once for every seed of `repeats.seeds`. `--set SECTION.KEY=VALUE` puts another
//! value, or another list, in the place of what the file says.
//!
//! The keys of `[device]` are those of a device file, dotted or in nested tables: `device.read.white.noise`. Which there
//! are is checked when the device is put together (`prepare.rs`).

mod given;
mod grid;
mod message;
mod nearest;
mod number;
mod observe;

use std::collections::BTreeMap;
use std::ops::Range;

pub use given::Override;
use given::{DEVICE, Given, is_device_key, read_section};
pub use grid::{MOST_CONDITIONS, MOST_TRIALS};
use grid::{check_axis, check_size, combinations};
use message::type_reason;
use nearest::{unknown, unknown_among};
use number::as_written;
pub use number::seed as seed_in;
use observe::DETAILS;
pub use observe::KeptDetails;
use toml::de::{DeTable, DeValue};

use ohmspike_snn::neuron::Neuron;

use crate::settings::{
    DataSettings, LAYERS, LayerSettings, PresetName, SeedSettings, Settings, TrainingSettings, ValueError, WeightSigns,
};

/// A study that has been read and checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Study {
    /// Name; names the folder of the results.
    pub name: String,
    /// What the study asks, in a sentence.
    pub question: String,
    /// The study whose outcome figures show as a line to compare with.
    pub reference: Option<String>,
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
    /// Where each key was given: file and line, or the `--set` argument.
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

/// What is wrong with a study, and where.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct StudyError {
    /// File and line, or the `--set` argument.
    pub place: String,
    /// What is wrong.
    pub problem: StudyProblem,
}

/// What can be wrong with a study.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum StudyProblem {
    /// Not TOML.
    #[error("not TOML: {0}")]
    Syntax(String),
    /// A key that no study has.
    #[error("{key}: unknown key\n\nhint: the nearest known key is `{nearest}`")]
    UnknownKey {
        /// The key, with its section.
        key: String,
        /// The known key that is spelled most like it.
        nearest: String,
    },
    /// A key without which there is no study.
    #[error("{0}: missing, must be given")]
    Missing(&'static str),
    /// A value of the wrong kind.
    #[error("{key}: {reason}")]
    Type {
        /// The key, with its section.
        key: String,
        /// What was found and what is expected.
        reason: String,
    },
    /// An axis without values.
    #[error("{0}: an axis must have at least one value, got an empty list")]
    EmptyAxis(String),
    /// A value that an axis has twice.
    #[error("{key}: an axis must have each value once, got {value} twice")]
    Twice {
        /// The key, with its section.
        key: String,
        /// The value.
        value: String,
    },
    /// More conditions or trials than any memory should hold.
    #[error(
        "study: expected at most {most} {what}, got {size} (values of axes: {lengths}; seeds: {seeds})\n\n\
         hint: split the study, or shorten its axes with `--set`"
    )]
    TooLarge {
        /// `conditions` or `trials`.
        what: &'static str,
        /// How many there are.
        size: String,
        /// Values of every axis.
        lengths: String,
        /// Number of the seeds.
        seeds: usize,
        /// How many there may be.
        most: usize,
    },
    /// A value out of range.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// An override that is not `SECTION.KEY=VALUE`.
    #[error("must have the form `SECTION.KEY=VALUE`")]
    Override,
}

/// The sections that decide no outcome.
const BESIDE: [&str; 2] = ["repeats", "observe"];
const SEEDS: &str = "repeats.seeds";
/// The sections of [`Settings`].
const SECTIONS: [&str; 12] = [
    "data", "network", "weights", "layer_2", "layer_3", "layer_4", "noise", "hardware", DEVICE, "seeds", "training",
    "outcome",
];

impl Study {
    /// Where condition number `condition` stands on every axis: the place of its value there, from 0.
    pub fn places(&self, condition: usize) -> impl Iterator<Item = usize> {
        grid::places(&self.axes, condition)
    }

    /// Reads the study in `text`; `file` names it in messages.
    ///
    /// # Errors
    /// [`StudyError`] with the line of the file, or the override, that is wrong.
    pub fn parse(file: &str, text: &str, overrides: &[Override]) -> Result<Study, StudyError> {
        let at =
            |span: &Range<usize>| format!("{file}:{}", text[..span.start.min(text.len())].matches('\n').count() + 1);
        let document = DeTable::parse(text).map_err(|error| StudyError {
            place: error.span().map_or_else(|| file.to_owned(), |span| at(&span)),
            problem: StudyProblem::Syntax(error.message().to_owned()),
        })?;
        let (mut name, mut question, mut reference, mut replicates, mut paths_from, mut given) =
            (None, String::new(), None, None, None, Vec::new());
        for (key, value) in document.get_ref().iter() {
            let place = at(&key.span());
            match (&**key.get_ref(), value.get_ref()) {
                ("name", DeValue::String(text)) => name = Some(checked_name("name", text, &place)?),
                ("question", DeValue::String(text)) => question = text.to_string(),
                ("reference", DeValue::String(text)) => reference = Some(checked_name("reference", text, &place)?),
                ("replicates", DeValue::String(text)) => replicates = Some(checked_name("replicates", text, &place)?),
                ("paths_from", DeValue::String(text)) => paths_from = Some(text.to_string()),
                (section @ ("name" | "question" | "reference" | "replicates" | "paths_from"), _) => {
                    return Err(wrong_type(&place, section, "must be a text"));
                }
                (section, DeValue::Table(_)) if !BESIDE.contains(&section) && !SECTIONS.contains(&section) => {
                    return Err(unknown_among(
                        section,
                        &place,
                        SECTIONS.iter().chain(&BESIDE).map(|name| name.to_string()),
                    ));
                }
                (section, DeValue::Table(keys))
                    if keys.is_empty() && LAYERS.iter().any(|(layer, _)| *layer == section) =>
                {
                    let key = format!("{section}.hidden");
                    return Err(wrong_type(
                        &place,
                        &key,
                        "must be given, as the section adds a layer of so many neurons",
                    ));
                }
                (section, DeValue::Table(keys)) => read_section(section, keys, &at, &mut given),
                (key, _) => return Err(unknown(key, &place)),
            }
        }
        for Override { key, value, beyond, text } in overrides {
            // What stands for a number beyond 64 bits is nothing that anybody has written.
            let shown = if beyond.is_empty() { value.to_string() } else { text.clone() };
            let place = format!("--set {key}={shown}");
            given.retain(|earlier| earlier.key != *key);
            given.push(Given { key: key.clone(), value: value.clone(), place, beyond: beyond.clone() });
        }
        let missing = || StudyError { place: file.to_owned(), problem: StudyProblem::Missing("name") };
        Ok(Study { reference, replicates, paths_from, ..assemble(name.ok_or_else(missing)?, question, given)? })
    }
}

/// Puts axes, seeds and conditions together from the keys that were given.
fn assemble(name: String, question: String, given: Vec<Given>) -> Result<Study, StudyError> {
    let known = known_keys();
    let (mut seeds, mut details, mut details_given) = (vec![1], KeptDetails::default(), false);
    let mut seeds_place = name.clone();
    let mut placed: Vec<Given> = Vec::new();
    for given in given {
        if given.key == SEEDS {
            seeds = read_seeds(&given)?;
            seeds_place = given.place;
            continue;
        }
        if given.key == DETAILS {
            (details, details_given) = (KeptDetails::read(&given)?, true);
            continue;
        }
        if given.key.starts_with("device.") && !is_device_key(&given.key) {
            return Err(wrong_type(&given.place, &given.key, "must have a name before and after every dot"));
        }
        if !is_device_key(&given.key) && !known.contains(&given.key) {
            return Err(unknown(&given.key, &given.place));
        }
        placed.push(given);
    }
    let position = |key: &str| {
        let section = key.split('.').next().unwrap_or_default();
        (SECTIONS.iter().position(|known| *known == section), known.iter().position(|known| known == key))
    };
    placed.sort_by_cached_key(|given| (position(&given.key), given.key.clone()));

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
    let conditions = combinations(&axes)
        .map(|values| {
            let settings = settings_of(&placed, &axis_of, &values)?;
            Ok(Condition { values, settings })
        })
        .collect::<Result<_, StudyError>>()?;
    let places = placed.into_iter().map(|given| (given.key, given.place)).collect();
    Ok(Study {
        name,
        question,
        reference: None,
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

/// The settings for one value an axis, where `axis_of` says which of the keys are one. An error stands at the place of the key
/// that it names.
fn settings_of(placed: &[Given], axis_of: &[Option<usize>], values: &[toml::Value]) -> Result<Settings, StudyError> {
    let document = || {
        let mut document = toml::Table::new();
        for (Given { key, value, .. }, axis) in placed.iter().zip(axis_of) {
            put(&mut document, key, axis.map_or(value, |axis| &values[axis]).clone());
        }
        add_keys_of_preset(&mut document);
        document
    };
    let given = |key: &str| {
        // What is wrong with a layer stands where the layer does.
        let section = key.split('.').next().filter(|section| LAYERS.iter().any(|(layer, _)| layer == section));
        let of_layer = |given: &&Given| given.key.split('.').next() == section;
        let found = placed.iter().find(|given| given.key == key);
        found.or_else(|| placed.iter().find(|given| section.is_some() && of_layer(given)))
    };
    let place_of = |key: &str| given(key).map_or_else(|| "study".to_owned(), |given| given.place.clone());
    let written = |key: &str, shown: &str| as_written(shown, given(key).map_or(&[], |given| &given.beyond));
    let settings = settings_in(document()).map_err(|(key, message)| {
        let allowed = || whole_allowed(document(), &key);
        let reason = type_reason(&message, allowed, |shown| written(&key, shown));
        StudyError { place: place_of(&key), problem: StudyProblem::Type { key, reason } }
    })?;
    settings.check().map_err(|error| StudyError {
        place: place_of(&error.key),
        problem: ValueError { value: written(&error.key, &error.value), ..error }.into(),
    })?;
    Ok(settings)
}

/// The settings in `document`, or the key that is wrong and what the deserialiser says of it.
fn settings_in(document: toml::Table) -> Result<Settings, (String, String)> {
    serde_path_to_error::deserialize(toml::Value::Table(document))
        .map_err(|error| (error.path().to_string(), error.inner().message().trim().to_owned()))
}

/// Puts the value of the dotted `key` into its section of `document`.
fn put(document: &mut toml::Table, key: &str, value: toml::Value) {
    let (section, key) = key.split_once('.').expect("known keys have a section");
    let section = document.entry(section).or_insert_with(|| toml::Table::new().into());
    section.as_table_mut().expect("sections are tables").insert(key.to_owned(), value);
}

/// What is allowed for `key`, which is a whole number: what is said of one that is too large.
fn whole_allowed(mut document: toml::Table, key: &str) -> Option<String> {
    put(&mut document, key, toml::Value::Integer(i64::MAX));
    let refused = settings_in(document).ok()?.check().err()?;
    (refused.key == key).then_some(refused.allowed)
}

/// Puts what the preset decides outside of `[training]` where the study gives nothing.
fn add_keys_of_preset(document: &mut toml::Table) {
    let named = document.get("training").and_then(|training| training.get("preset"));
    // A name that no preset has is refused with the other values.
    let named = named.cloned().map_or(Ok(TrainingSettings::default().preset), toml::Value::try_into);
    let Ok(preset) = named else { return };
    for (key, value) in PresetName::keys_elsewhere(preset) {
        let (section, key) = key.split_once('.').expect("known keys have a section");
        let section = document.entry(section).or_insert_with(|| toml::Table::new().into());
        let section = section.as_table_mut().expect("sections are tables");
        section.entry(key).or_insert(toml::Value::Integer(value as i64));
    }
}

/// `repeats.seeds`: a count, which means 1 to that count, or a list.
fn read_seeds(given: &Given) -> Result<Vec<u64>, StudyError> {
    let wrong = |value: &toml::Value| {
        let allowed =
            format!("must be a count from 1 to {MOST_TRIALS} or a list of whole numbers from 0 to {}", u64::MAX);
        // Seeds above the largest signed integer are kept as digits, which are no text to a reader.
        let shown = number::seed(value).map_or_else(|| value.to_string(), |seed| seed.to_string());
        wrong_type(&given.place, SEEDS, &format!("{allowed}, got {}", as_written(&shown, &given.beyond)))
    };
    match &given.value {
        toml::Value::Integer(count) if (1..=MOST_TRIALS as i64).contains(count) => Ok((1..=*count as u64).collect()),
        toml::Value::Array(seeds) => {
            check_axis(SEEDS, seeds, &given.place)?;
            seeds.iter().map(|value| number::seed(value).ok_or_else(|| wrong(value))).collect()
        }
        value => Err(wrong(value)),
    }
}

/// Every key of [`Settings`] with its section, in the order of the sections; those of `[device]` are not known here.
pub fn known_keys() -> Vec<String> {
    let mut every = Settings { seeds: SeedSettings::all(0), ..Settings::default().resolved() };
    // Keys that are left out where they say nothing.
    (every.data, every.network.signs) = (DataSettings::with_every_key(), WeightSigns::Unconstrained);
    (every.network.recurrent, every.network.neuron) = (true, Neuron::Izhikevich);
    (every.weights.sigma_recurrent, every.hardware.device_readout) = (Some(1.0), Some(String::new()));
    let layer = || Some(LayerSettings::every());
    (every.layer_2, every.layer_3, every.layer_4) = (layer(), layer(), layer());
    let document = toml::Table::try_from(every).expect("settings are plain values");
    SECTIONS
        .iter()
        .flat_map(|section| {
            let keys =
                document.get(*section).and_then(toml::Value::as_table).into_iter().flat_map(|table| table.keys());
            keys.map(move |key| format!("{section}.{key}")).collect::<Vec<_>>()
        })
        .collect()
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

fn wrong_type(place: &str, key: &str, reason: &str) -> StudyError {
    let problem = StudyProblem::Type { key: key.to_owned(), reason: reason.to_owned() };
    StudyError { place: place.to_owned(), problem }
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
mod tests {
    use super::*;

    const STUDY: &str = "name = 'demo'\nquestion = 'why'\n[noise]\nlevel_percent = [1, 20.5]\n[network]\nexcitatory_fraction = [0.5, 0.8, 1]\n[repeats]\nseeds = 2\n";

    fn error(text: &str, overrides: &[&str]) -> String {
        let overrides: Result<Vec<_>, _> = overrides.iter().map(|text| Override::parse(text)).collect();
        match overrides.and_then(|overrides| Study::parse("s.toml", text, &overrides)) {
            Ok(study) => panic!("accepted: {study:?}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn lists_become_axes() {
        let study = Study::parse("s.toml", STUDY, &[]).expect("valid");
        let keys: Vec<_> = study.axes.iter().map(|axis| axis.key.as_str()).collect();
        assert_eq!(keys, ["network.excitatory_fraction", "noise.level_percent"]);
        assert_eq!((study.conditions.len(), study.seeds.as_slice()), (6, &[1, 2][..]));
        let second = &study.conditions[1].settings;
        assert_eq!((second.network.excitatory_fraction, second.noise.level_percent), (0.5, 20.5));
    }

    #[test]
    fn overrides_take_the_place_of_the_file() {
        let overrides: Vec<_> = ["noise.level_percent=5", "hardware.device=ideal", "repeats.seeds=[7]"]
            .map(|text| Override::parse(text).expect("well formed"))
            .into();
        let study = Study::parse("s.toml", STUDY, &overrides).expect("valid");
        assert_eq!((study.axes.len(), study.seeds.as_slice()), (1, &[7][..]));
        assert_eq!(study.conditions[0].settings.hardware.device, "ideal");
        let list = Override::parse("hardware.device=[none, ideal]").expect("bare words");
        assert_eq!(list.value, toml::Value::Array(vec!["none".into(), "ideal".into()]));
        assert_eq!(study.conditions[0].settings.noise.level_percent, 5.0);
    }

    #[test]
    fn every_mistake_names_its_place_its_value_and_what_is_allowed() {
        let with = |line: &str| format!("name = 'demo'\n[noise]\n{line}\n");
        for (text, message) in [
            (
                with("level = 3"),
                "s.toml:3: noise.level: unknown key\n\nhint: the nearest known key is `noise.level_percent`",
            ),
            (
                with("excitatory_fraction = 1"),
                "s.toml:3: noise.excitatory_fraction: unknown key\n\nhint: the nearest known key is `network.excitatory_fraction`",
            ),
            (with("level_percent = '20 %'"), "s.toml:3: noise.level_percent: must be a number, got \"20 %\""),
            (
                with("level_percent = []"),
                "s.toml:3: noise.level_percent: an axis must have at least one value, got an empty list",
            ),
            (
                with("level_percent = [1, 1.0]"),
                "s.toml:3: noise.level_percent: an axis must have each value once, got 1.0 twice",
            ),
            (
                with("level_percent = [1, -5]"),
                "s.toml:3: noise.level_percent: must be a percentage of sigma_init from 0 to 1e6, got -5",
            ),
            (
                with("level_percent = nan"),
                "s.toml:3: noise.level_percent: must be a percentage of sigma_init from 0 to 1e6, got NaN",
            ),
            (
                with("level_percent = [[1]]"),
                "s.toml:3: noise.level_percent: must be a number, a text or a list of these",
            ),
            (
                with("[network]\nexcitatory_fraction = 1.5"),
                "s.toml:4: network.excitatory_fraction: must be between 0 and 1, got 1.5",
            ),
            (
                with("[repeats]\nseeds = 0"),
                "s.toml:4: repeats.seeds: must be a count from 1 to 1000000 or a list of whole numbers from 0 to 18446744073709551615, got 0",
            ),
            (
                with("[data]\nset = 'My set'"),
                "s.toml:4: data.set: must be `fashion-mnist`, `fashion-mnist-subset`, `shd` or the name of an imported data set \
                 (lower-case letters, digits and hyphens, a letter first), got `My set`",
            ),
            (
                "name = 'demo'\n[noises]".to_owned(),
                "s.toml:2: noises: unknown key\n\nhint: the nearest known key is `noise`",
            ),
            (
                with("[seeds]\nchip = [1, -1]"),
                "s.toml:4: seeds.chip: must be a whole number from 0 to 18446744073709551615, got -1",
            ),
            (
                with("[seeds]\nchips = 1"),
                "s.toml:4: seeds.chips: unknown key\n\nhint: the nearest known key is `seeds.chip`",
            ),
            (
                with("[hardware]\npair = 'two'"),
                "s.toml:4: hardware.pair: must be one of `one-branch`, `push-pull`, `potentiation-only`, got `two`",
            ),
            (
                with("[hardware]\nretention_seconds = -1"),
                "s.toml:4: hardware.retention_seconds: must be a number of seconds from 0 to 1e12, got -1",
            ),
            (
                with("[hardware]\nfault_map_readout = 'chip.csv'"),
                "s.toml:4: hardware.fault_map_readout: must be left out where `hardware.device` is `none`, got `chip.csv`",
            ),
            (
                with("[device]\nfaults.p_dead_row = 0.1"),
                "s.toml:4: device.faults.p_dead_row: must be left out where `hardware.device` is `none`, got 0.1",
            ),
            (
                with("[hardware]\ndevice = 'ideal'\n[device]\nfaults.p_dead_row = nan"),
                "s.toml:6: device.faults.p_dead_row: must be a finite number, a text, true or false, got a number that is not finite",
            ),
            (
                with("[device]\nwrite.points = [{ resistance_ohm = 1 }]"),
                "s.toml:4: device.write.points: must be a number, a text or a list of these",
            ),
            ("name = 'demo'\n[noise\n".to_owned(), "s.toml:2: not TOML: unclosed table, expected `]`"),
            ("name = 'a/b'".to_owned(), "s.toml:1: name: must be made of letters, digits, `-`, `_` and `.`, got `a/b`"),
            ("nome = 'demo'".to_owned(), "s.toml:1: nome: unknown key\n\nhint: the nearest known key is `name`"),
            ("question = 'why'".to_owned(), "s.toml: name: missing, must be given"),
        ] {
            assert_eq!(error(&text, &[]), message);
        }
    }

    #[test]
    fn keys_of_the_device_are_dotted_or_nested_and_lists_on_them_are_axes() {
        let text = "name = 'demo'\n[hardware]\ndevice = 'ideal'\n[seeds]\nwrite = [1, 2]\n[device.read.white]\nnoise = 'relative'\nsigma_percent_of_conductance = [0, 1.5]\n[device]\nwrite.noise = 'none'\n";
        let overrides = [Override::parse("device.parked.sigma_ln_resistance=[0.1, 0.2]").expect("well formed")];
        let study = Study::parse("s.toml", text, &overrides).expect("valid");
        let keys: Vec<_> = study.axes.iter().map(|axis| axis.key.as_str()).collect();
        assert_eq!(
            keys,
            ["device.parked.sigma_ln_resistance", "device.read.white.sigma_percent_of_conductance", "seeds.write"],
        );
        assert_eq!(study.places["device.read.white.noise"], "s.toml:7");
        assert_eq!(study.places["device.write.noise"], "s.toml:10");
        let settings = &study.conditions[3].settings;
        assert_eq!(settings.seeds, SeedSettings { write: Some(2), ..SeedSettings::default() });
        let device: Vec<String> = settings.device.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let expected = [
            "parked.sigma_ln_resistance=0.1",
            "read.white.noise=\"relative\"",
            "read.white.sigma_percent_of_conductance=1.5",
            "write.noise=\"none\"",
        ];
        assert_eq!(device, expected);
    }

    #[test]
    fn an_override_of_a_device_key_takes_the_place_of_the_file() {
        let text = "name = 'demo'\n[hardware]\ndevice = 'ideal'\n[device]\nread.white.noise = ['none', 'relative']\n";
        let overrides = [Override::parse("device.read.white.noise=none").expect("well formed")];
        let study = Study::parse("s.toml", text, &overrides).expect("valid");
        assert_eq!((study.axes.len(), study.conditions.len()), (0, 1));
        assert_eq!(study.conditions[0].settings.device["read.white.noise"], "none");
    }

    #[test]
    fn a_wrong_override_names_itself() {
        let expected = "--set noise.level_percent=-1: noise.level_percent: must be a percentage of sigma_init from 0 to 1e6, got -1";
        assert_eq!(error(STUDY, &["noise.level_percent=-1"]), expected);
        let expected = "--set device..noise=3: device..noise: must have a name before and after every dot";
        assert_eq!(error(STUDY, &["device..noise=3"]), expected);
        assert_eq!(error(STUDY, &["level=3"]), "--set level=3: must have the form `SECTION.KEY=VALUE`");
        let expected =
            "--set drift.law=\"none\": drift.law: unknown key\n\nhint: the nearest known key is `device.drift.law`";
        assert_eq!(error(STUDY, &["drift.law=none"]), expected);
        let expected = "--set training.preset=\"paper\": training.preset: must be one of `published-results`, `paper-text`, `shd-published-results`, `shd-paper-text`, got `paper`";
        assert_eq!(error(STUDY, &["training.preset=paper"]), expected);
    }
}
