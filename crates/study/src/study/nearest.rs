//! The known key that a mistyped or misplaced one was meant to be.

use ohmspike_crossbar::device::{SECTIONS, renamed_key};

use super::keys::{SEEDS, known_keys, layer_of};
use super::observe::DETAILS;
use super::{StudyError, StudyProblem, renamed};

/// The error of a `key` that no study has, with the one that was meant.
pub(super) fn unknown(key: &str, place: &str) -> StudyError {
    let current = renamed_key(key).unwrap_or_else(|| key.to_owned());
    if current.split_once('.').is_some_and(|(section, _)| SECTIONS.contains(&section)) {
        let problem = StudyProblem::UnknownKey { key: key.to_owned(), nearest: format!("device.{current}") };
        return StudyError { place: place.to_owned(), problem };
    }
    let mut known = known_keys();
    if let Some((number, _)) = layer_of(key) {
        known.retain(|key| key.starts_with("layer.1."));
        known.iter_mut().for_each(|key| *key = key.replacen("layer.1.", &format!("layer.{number}."), 1));
        return unknown_among(key, place, known);
    }
    let others = ["name", "question", "baseline", "replicates", DETAILS, SEEDS];
    known.extend(others.map(str::to_owned));
    unknown_among(key, place, known)
}

/// The same where only the `known` ones come into question.
pub(super) fn unknown_among(key: &str, place: &str, known: impl IntoIterator<Item = String>) -> StudyError {
    if let Some(renamed) = renamed::key(key) {
        let problem = StudyProblem::Renamed { key: key.to_owned(), renamed };
        return StudyError { place: place.to_owned(), problem };
    }
    let nearest = known.into_iter().max_by(|a, b| likeness(key, a).total_cmp(&likeness(key, b)));
    let nearest = nearest.expect("there are known keys");
    StudyError { place: place.to_owned(), problem: StudyProblem::UnknownKey { key: key.to_owned(), nearest } }
}

/// How alike two keys are; a section counts less than the key in it, since keys are mistyped and misplaced.
fn likeness(key: &str, known: &str) -> f64 {
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    strsim::jaro_winkler(key, known) + strsim::jaro_winkler(&last(key), &last(known))
}
