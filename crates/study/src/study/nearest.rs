//! The key that an unknown key was probably meant to be.
//!
//! In this order: the same name in another section, a common synonym, and a name that is spelled much alike. Where nothing is
//! near, no key is suggested.

use std::cmp::Ordering;

use ohmspike_crossbar::device::{SECTIONS as DEVICE_SECTIONS, renamed_key};

use super::keys::{DETAILS, DEVICE, SECTIONS, SEEDS, known_keys, layer_of};
use super::{StudyError, StudyProblem, renamed};

/// Names that other programs use, in lower case with `_`, and the key.
const SYNONYMS: &[(&[&str], &str)] = &[
    (&["lr", "eta", "learningrate", "step_size"], "training.learning_rate"),
    (&["seed", "seeds", "repeats", "repeat", "n_seeds", "n_repeats", "runs", "trials"], SEEDS),
    (&["batch_size", "batchsize", "minibatch", "minibatch_size"], "training.batch"),
    (&["epoch", "n_epochs", "num_epochs", "iterations"], "training.epochs"),
    (
        &["neurons", "n_hidden", "num_hidden", "hidden_size", "hidden_neurons", "units", "hidden_units"],
        "network.hidden",
    ),
    (&["timesteps", "time_steps", "num_steps", "n_steps"], "network.steps"),
    (&["dataset", "data_set", "datasets"], "data.set"),
    (&["noise", "noise_level", "level", "levels", "write_noise", "sigma_noise"], "noise.level_percent"),
    (&["tau", "tau_mem", "tau_m", "tau_membrane"], "training.tau_mem_steps"),
    (&["tau_syn", "tau_s", "tau_synapse"], "training.tau_syn_steps"),
    (&["ei_ratio", "ei", "excitatory", "excitatory_ratio", "fraction", "exc_fraction"], "network.excitatory_fraction"),
    (&["gmax", "g_max", "weight_scale", "full_scale"], "hardware.weight_at_gmax"),
    (&["retention", "drift_seconds", "retention_time"], "hardware.retention_seconds"),
    (&["neuron_model", "model"], "network.neuron"),
    (&["adc_bits"], "device.converters.adc.bits"),
    (&["tile_size", "tile"], "device.converters.tile_rows"),
    (&["details"], DETAILS),
];

/// Likeness of two names from which on one is suggested for the other.
const ALIKE: f64 = 0.8;

/// The error of an unknown `key`, with the key that was probably meant.
pub(super) fn unknown(key: &str, place: &str) -> StudyError {
    refused(key, place, meant(key))
}

/// The error of an unknown section.
pub(super) fn unknown_section(section: &str, place: &str, known: &[&str]) -> StudyError {
    let alike = most_alike(section, known.iter().map(|known| (*known).to_owned()));
    refused(section, place, alike)
}

fn refused(key: &str, place: &str, meant: Option<String>) -> StudyError {
    let key = key.to_owned();
    let problem = match renamed::hint(&key) {
        Some(hint) => StudyProblem::Renamed { key, hint },
        None => {
            let section = key.split('.').next().filter(|section| key.contains('.') && SECTIONS.contains(section));
            let list = || match section {
                Some(section) => format!("`ohmspike keys {section}` lists the keys of this section"),
                None => "`ohmspike keys` lists all keys".to_owned(),
            };
            let hint = meant.map_or_else(list, |meant| format!("use `{meant}`"));
            StudyProblem::UnknownKey { key, hint }
        }
    };
    StudyError { place: place.to_owned(), problem }
}

/// The key that `key` was probably meant to be.
fn meant(key: &str) -> Option<String> {
    let current = renamed_key(key).unwrap_or_else(|| key.to_owned());
    if current.split_once('.').is_some_and(|(section, _)| DEVICE_SECTIONS.contains(&section)) {
        return Some(format!("{DEVICE}.{current}"));
    }
    let named = key_called(last_name(key));
    let known = known_keys();
    let Some((number, _)) = layer_of(key) else {
        let others = ["name", "question", "baseline", "replicates", DETAILS, SEEDS].map(str::to_owned);
        return named.or_else(|| most_alike(key, known.into_iter().chain(others)));
    };
    // Keys of the layer itself come first.
    let of_layer = |name: &str| format!("layer.{number}.{name}");
    let names: Vec<&str> = known.iter().filter_map(|known| known.strip_prefix("layer.1.")).collect();
    match named {
        Some(named) if names.contains(&last_name(&named)) => Some(of_layer(last_name(&named))),
        Some(named) => Some(named),
        None => most_alike(key, names.iter().map(|name| of_layer(name))),
    }
}

/// The key with the last name `name`, or the key that `name` is a common synonym of: `training.epochs` for `epochs`,
/// `training.learning_rate` for `lr`.
pub fn key_called(name: &str) -> Option<String> {
    let name = name.to_lowercase().replace('-', "_");
    let known = known_keys();
    // Keys of single layers repeat those of the other sections.
    let single = |key: &str| key.starts_with("layer.") || key.starts_with("readout.");
    let (of_layers, of_sections): (Vec<&String>, Vec<&String>) = known.iter().partition(|key| single(key));
    let same = of_sections.into_iter().chain(of_layers).find(|key| last_name(key) == name);
    let synonym = || SYNONYMS.iter().find(|(names, _)| names.contains(&&*name)).map(|(_, key)| (*key).to_owned());
    same.cloned().or_else(synonym)
}

/// The override `KEY=VALUE` for a key that was given by its last name or a synonym.
pub fn override_for(name: &str, value: &str) -> Option<String> {
    let key = if known_keys().iter().any(|known| known == name) { name.to_owned() } else { key_called(name)? };
    // A count means the seeds 1 to that count: a single seed is a list.
    let is_seed = name.eq_ignore_ascii_case("seed") && value.parse::<u64>().is_ok();
    Some(if is_seed { format!("{key}=[{value}]") } else { format!("{key}={value}") })
}

fn last_name(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or_default()
}

fn most_alike(key: &str, known: impl IntoIterator<Item = String>) -> Option<String> {
    let scored = known.into_iter().map(|known| (likeness(key, &known), known));
    let (best, known) = scored.max_by(|(one, _), (other, _)| one.partial_cmp(other).unwrap_or(Ordering::Equal))?;
    (best >= ALIKE).then_some(known)
}

/// How alike two keys are, 0 to 1. The section counts less than the name, since keys are both mistyped and misplaced. Names in
/// different sections must be nearly equal: `weights.clip` is not `seeds.chip`.
fn likeness(key: &str, known: &str) -> f64 {
    let section = |key: &str| key.rsplit_once('.').map(|(section, _)| section.to_owned());
    let names = strsim::jaro_winkler(last_name(key), last_name(known));
    if section(key) != section(known)
        && SECTIONS.iter().any(|known| section(key).as_deref() == Some(known))
        && names < 0.93
    {
        return 0.0;
    }
    0.75 * names + 0.25 * strsim::jaro_winkler(key, known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_a_key_by_meaning_before_spelling() {
        for (key, expected) in [
            ("training.device", Some("hardware.device")),
            ("device.device", Some("hardware.device")),
            ("network.sigma_init", Some("weights.sigma_init")),
            ("network.epochs", Some("training.epochs")),
            ("epochs", Some("training.epochs")),
            ("training.lr", Some("training.learning_rate")),
            ("training.batch_size", Some("training.batch")),
            ("training.seed", Some("repeats.seeds")),
            ("hardware.adc_bits", Some("device.converters.adc.bits")),
            ("layer.2.tau", Some("training.tau_mem_steps")),
            ("layer.2.neurons", Some("layer.2.hidden")),
            ("layer.3.epochs", Some("training.epochs")),
            ("layer.2.excitatory", Some("layer.2.excitatory_fraction")),
            ("drift.law", Some("device.drift.law")),
            ("noise.level", Some("noise.level_percent")),
            ("noise.levle_percent", Some("noise.level_percent")),
            ("network.hiden", Some("network.hidden")),
            ("nome", Some("name")),
            ("network.dropout", None),
            ("training.optimizer", None),
            ("weights.clip", None),
            ("x.y", None),
        ] {
            assert_eq!(meant(key).as_deref(), expected, "{key}");
        }
    }

    #[test]
    fn every_synonym_leads_to_a_key() {
        let known = known_keys();
        for (names, key) in SYNONYMS {
            let exists = known.iter().any(|known| known == key) || [SEEDS, DETAILS].contains(key);
            assert!(exists || key.starts_with("device."), "{key}");
            for name in *names {
                assert!(!known.iter().any(|known| last_name(known) == *name), "{name} is the name of a key");
            }
        }
    }
}
