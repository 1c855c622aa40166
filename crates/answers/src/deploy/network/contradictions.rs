//! Keys of a study, and overrides, that contradict the file of the network.
//!
//! A study has no effect on sizes, recurrence and imported time constants: those of the file hold. An override of a time
//! constant holds. Other neurons than those of the file are refused.

use ohmspike_nir::constants::factor;
use ohmspike_snn::neuron::Neuron;
use ohmspike_study::network_file::{Imported, StoredNetwork};
use ohmspike_study::settings::Settings;
use ohmspike_study::study::{Override, Study, canonical};
use ohmspike_study::study_file::StudyFile;
use toml::Value;

use super::super::{Contradiction, DeployError, DeployWarning};
use super::{DeployedNetwork, Request, full_scales, own_overrides};

const NEURON: &str = "network.neuron";
const TIME_CONSTANTS: [&str; 2] = ["training.tau_mem_steps", "training.tau_syn_steps"];

/// A key that a study sets, and that the file decides.
#[derive(Clone, Debug)]
pub(super) struct Dropped {
    key: String,
    /// Line of the study.
    place: String,
    values: Vec<Value>,
}

/// Returns the keys of the study that the file decides, unless overrides decide them.
pub(super) fn dropped(stored: &StoredNetwork, request: &Request) -> Result<Vec<Dropped>, DeployError> {
    let Some(path) = request.study else { return Ok(Vec::new()) };
    let as_written = [vec![signs()], full_scales(stored, super::MAX_WEIGHT)].concat();
    let study = StudyFile::open_with(request.presets, path, &as_written)?.study;
    let of_file = own_overrides(stored);
    let keys = of_file.iter().map(|one| canonical(&one.key));
    let of_user = |key: &str| request.overrides.iter().any(|one| canonical(&one.key) == key);
    let found = keys.filter(|key| !of_user(key)).filter_map(|key| {
        let place = study.places.get(key).filter(|place| !place.starts_with("preset "))?;
        Some(Dropped { key: key.to_owned(), place: place.clone(), values: values(&study, key) })
    });
    Ok(found.collect())
}

/// Returns every value of `key` in a study.
fn values(study: &Study, key: &str) -> Vec<Value> {
    let axis = study.axes.iter().find(|axis| canonical(&axis.key) == key);
    axis.map_or_else(|| value(&study.conditions[0].settings, key).into_iter().collect(), |axis| axis.values.clone())
}

fn value(settings: &Settings, key: &str) -> Option<Value> {
    let known = settings.resolved().keys();
    known.into_iter().find(|(known, _)| canonical(known) == key).map(|(_, value)| value)
}

impl DeployedNetwork {
    /// Refuses other neurons than those of the file.
    pub(super) fn check_neurons(&self) -> Result<(), DeployError> {
        let of_header = self.stored.header.as_ref().map(|header| header.settings.network.neuron);
        let Some(expected) = of_header.or(self.stored.imported.as_ref().map(|_| Neuron::default())) else {
            return Ok(());
        };
        let mut neurons = self.study.conditions.iter().map(|condition| condition.settings.network.neuron);
        match neurons.find(|neuron| *neuron != expected) {
            None => Ok(()),
            Some(got) => Err(DeployError::Neurons {
                place: self.study.places.get(NEURON).cloned().unwrap_or_else(|| NEURON.to_owned()),
                file: self.stored.file.clone(),
                expected: word(expected),
                got: word(got),
            }),
        }
    }

    /// Returns warnings about keys that contradict the file.
    pub(super) fn contradictions(&self) -> Vec<DeployWarning> {
        let used = |key: &str| value(&self.study.conditions[0].settings, key);
        let in_study = self.dropped.iter().filter_map(|Dropped { key, place, values }| {
            let own = used(key)?;
            values.iter().any(|given| !is_same(given, &own)).then(|| Contradiction::Dropped {
                place: place.clone(),
                key: key.clone(),
                given: listed(values),
                file: self.stored.file.clone(),
                own: shown(&own),
            })
        });
        let overridden = self.own_time_constants().into_iter().filter_map(|(key, own)| {
            let given = values(&self.study, key);
            (self.overridden.iter().any(|one| one == key) && given.iter().any(|given| !is_same(given, &own))).then(
                || {
                    let (file, key) = (self.stored.file.clone(), key.to_owned());
                    Contradiction::Overridden { file, key, own: shown(&own), given: listed(&given) }
                },
            )
        });
        in_study.chain(overridden).map(DeployWarning::from).collect()
    }

    /// Returns the time constants that the file states, steps.
    fn own_time_constants(&self) -> Vec<(&'static str, Value)> {
        let of_header = self.stored.header.as_ref().map(|header| {
            TIME_CONSTANTS.into_iter().filter_map(|key| Some((key, value(&header.settings, key)?))).collect()
        });
        let imported = || self.stored.imported.iter().flat_map(Imported::keys);
        of_header.unwrap_or_else(|| imported().map(|(key, steps)| (key, Value::from(steps))).collect())
    }
}

fn signs() -> Override {
    Override::new(super::SIGNS, "constrained")
}

/// Whether two values are equal; numbers with a fraction are time constants, which are equal if their decay factors are, up
/// to two roundings to float32.
fn is_same(one: &Value, other: &Value) -> bool {
    match (number(one), number(other)) {
        (Some(one), Some(other)) if one.fract() != 0.0 || other.fract() != 0.0 => {
            (factor(one) - factor(other)).abs() <= f64::from(f32::EPSILON)
        }
        (Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}

fn number(value: &Value) -> Option<f64> {
    value.as_float().or_else(|| value.as_integer().map(|number| number as f64))
}

/// Formats a value, numbers with seven digits: float32 factors state no more.
fn shown(value: &Value) -> String {
    let rounded = |number: f64| format!("{number:.6e}").parse().unwrap_or(number).to_string();
    number(value).map_or_else(|| value.to_string(), rounded)
}

fn listed(values: &[Value]) -> String {
    values.iter().map(shown).collect::<Vec<_>>().join(", ")
}

fn word(neuron: Neuron) -> String {
    Value::try_from(neuron).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}
