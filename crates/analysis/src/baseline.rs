//! The baseline of a study: another study with one network, drawn as a line for comparison.
//!
//! Its results folder is next to that of the study and has the name of the baseline.

use std::collections::BTreeSet;
use std::path::Path;

use ohmspike_stats::Estimate;
use ohmspike_study::settings::Settings;
use ohmspike_study::store::{Store, StoreError};
use ohmspike_study::study::Study;

/// The results of a baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct Baseline {
    /// Name of the baseline study.
    pub study: String,
    /// Outcomes of its trials, 0 to 1.
    pub outcomes: Vec<f64>,
    /// Best test accuracies of its trials, 0 to 1.
    pub peaks: Vec<f64>,
}

impl Baseline {
    /// Reads the baseline of `study`, which has its own results in `results`. Returns none if the study names no
    /// baseline, or the baseline has no results.
    ///
    /// # Errors
    /// Returns a [`StoreError`] if the records of the baseline cannot be read.
    pub fn next_to(results: &Path, study: &Study) -> Result<Option<Baseline>, StoreError> {
        let Some(name) = &study.baseline else { return Ok(None) };
        let folder = results.parent().unwrap_or(Path::new(".")).join(name);
        if !folder.is_dir() {
            return Ok(None);
        }
        // The baseline is one network: if trials differ in their settings, the most frequent settings count.
        let mut networks: Vec<(Settings, Baseline)> = Vec::new();
        // Bit-identical trials count once.
        let mut known = BTreeSet::new();
        Store::skim(&folder, |record| {
            let (Some(outcome), Some((_, peak))) = (record.outcome, record.peak()) else { return };
            let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<u64>>();
            if !known.insert([bits(&[outcome]), bits(&record.accuracy), bits(&record.loss)]) {
                return;
            }
            let known = networks.iter().position(|(settings, _)| *settings == record.settings);
            let place = known.unwrap_or_else(|| {
                let none = Baseline { study: name.clone(), outcomes: Vec::new(), peaks: Vec::new() };
                networks.push((record.settings.clone(), none));
                networks.len() - 1
            });
            networks[place].1.outcomes.push(outcome);
            networks[place].1.peaks.push(peak);
        })?;
        let trials = |network: &(Settings, Baseline)| network.1.outcomes.len();
        // On a tie, the first one.
        Ok(networks.into_iter().rev().max_by_key(trials).map(|(_, baseline)| baseline))
    }

    /// Returns the statistics of the outcomes.
    pub fn outcome(&self) -> Option<Estimate> {
        Estimate::new(&self.outcomes)
    }

    /// Returns the statistics of the best test accuracies.
    pub fn peak(&self) -> Option<Estimate> {
        Estimate::new(&self.peaks)
    }
}

#[cfg(test)]
mod tests {
    use ohmspike_study::record::{Record, empty_record};

    use super::*;

    #[test]
    fn finds_the_folder_with_the_name_of_the_baseline() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let own = folder.path().join("own");
        let study = |text: &str| Study::parse("s.toml", &format!("name = \"own\"\n{text}"), &[]).expect("a study");
        let with = study("baseline = \"other\"\n");
        assert_eq!(Baseline::next_to(&own, &study("")).expect("no folder is read"), None);
        assert_eq!(Baseline::next_to(&own, &with).expect("no folder is read"), None);
        let mut store = Store::open(&folder.path().join("other")).expect("an empty store");
        for (id, outcome) in [("1", Some(0.4)), ("2", None), ("3", Some(0.5))] {
            let record = Record { id: id.to_owned(), outcome, accuracy: vec![0.3, 0.6, 0.5], ..empty_record() };
            store.append(record).expect("a writable folder");
        }
        let found = Baseline::next_to(&own, &with).expect("whole records").expect("some");
        let expected = Baseline { study: "other".to_owned(), outcomes: vec![0.4, 0.5], peaks: vec![0.6, 0.6] };
        assert_eq!(found, expected);
        let mut other = Record { id: "4".to_owned(), outcome: Some(0.9), accuracy: vec![0.9], ..empty_record() };
        other.settings.training.epochs = 5;
        store.append(other).expect("a writable folder");
        assert_eq!(Baseline::next_to(&own, &with).expect("whole records").as_ref(), Some(&found));
        assert_eq!(found.outcome().map(|sample| (sample.n, sample.mean)), Some((2, 0.45)));
    }
}
