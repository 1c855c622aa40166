//! The distinct warnings over all conditions of a study.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::data::UnseenClasses;
use super::{Warning, warnings_with};
use crate::prepare::{EncodedData, Prepared};
use crate::study::Study;

/// Distinct warnings, at most a given number of them in full.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DistinctWarnings {
    /// The first warnings.
    pub shown: Vec<Warning>,
    /// Number of further warnings.
    pub more: usize,
}

/// Returns the distinct warnings over all conditions of `study`, at most `most` of them in full.
pub fn distinct_warnings(study: &Study, prepared: &Prepared, most: usize) -> DistinctWarnings {
    // Thousands of conditions can share the same millions of samples.
    let mut unseen: HashMap<*const EncodedData, UnseenClasses> = HashMap::new();
    let (mut distinct, mut known) = (DistinctWarnings::default(), HashSet::new());
    for settings in study.conditions.iter().map(|condition| &*condition.settings) {
        let data = prepared.data(settings);
        let unseen = unseen.entry(std::ptr::from_ref(data)).or_insert_with(|| UnseenClasses::new(data));
        for warning in warnings_with(settings, data, unseen, &prepared.devices_of(settings)) {
            if !known.insert(hash(&warning)) {
                continue;
            }
            if distinct.shown.len() < most {
                distinct.shown.push(warning);
            } else {
                distinct.more += 1;
            }
        }
    }
    distinct
}

/// Hashes the text of `warning`. Keeping all texts would take as much memory as the study.
fn hash(warning: &Warning) -> u64 {
    let mut hasher = DefaultHasher::new();
    warning.to_string().hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn counts_warnings_beyond_the_limit() {
        let text = "name = \"s\"\n[network]\nexcitatory_fraction = [0.51, 0.52, 0.53]\nhidden = 3\n[noise]\n\
                    level_percent = [1, 2]\n";
        let study = Study::parse("study.toml", text, &[]).expect("a study");
        let settings = study.conditions.iter().map(|condition| &*condition.settings);
        let prepared = Prepared::new(settings, Path::new(".")).expect("built-in data");
        let all = distinct_warnings(&study, &prepared, 200);
        assert_eq!((all.shown.len(), all.more), (3, 0), "{all:?}");
        let few = distinct_warnings(&study, &prepared, 1);
        assert_eq!((&few.shown[..], few.more), (&all.shown[..1], 2));
    }
}
