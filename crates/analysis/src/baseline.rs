//! The study that another one names as its baseline: one network to compare with, whose outcome is drawn as a line.
//!
//! Its results stand beside those of the study, in the folder of its name.

use std::collections::BTreeSet;
use std::path::Path;

use ohmspike_stats::Estimate;
use ohmspike_study::settings::Settings;
use ohmspike_study::store::{Store, StoreError};
use ohmspike_study::study::Study;

/// What the trials of the baseline left.
#[derive(Clone, Debug, PartialEq)]
pub struct Baseline {
    /// Name of the study.
    pub study: String,
    /// Outcomes of its trials, 0 to 1.
    pub outcomes: Vec<f64>,
    /// Their best test accuracies, 0 to 1.
    pub peaks: Vec<f64>,
}

impl Baseline {
    /// The baseline of `study`, whose own results are in the folder `results`; none where it names none, or where nothing of it
    /// has been run.
    ///
    /// # Errors
    /// [`StoreError`] where its records cannot be read.
    pub fn beside(results: &Path, study: &Study) -> Result<Option<Baseline>, StoreError> {
        let Some(name) = &study.baseline else { return Ok(None) };
        let folder = results.parent().unwrap_or(Path::new(".")).join(name);
        if !folder.is_dir() {
            return Ok(None);
        }
        // One network is compared with: of trials that differ in their settings, those of which there are most.
        let mut networks: Vec<(Settings, Baseline)> = Vec::new();
        // Trials that left the same bits are one.
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
        // The first of equal ones.
        Ok(networks.into_iter().rev().max_by_key(trials).map(|(_, baseline)| baseline))
    }

    /// Statistics of the outcomes.
    pub fn outcome(&self) -> Option<Estimate> {
        Estimate::new(&self.outcomes)
    }

    /// Statistics of the best accuracies.
    pub fn peak(&self) -> Option<Estimate> {
        Estimate::new(&self.peaks)
    }
}

#[cfg(test)]
mod tests {
    use ohmspike_study::record::{Record, empty_record};

    use super::*;

    #[test]
    fn it_is_found_in_the_folder_of_its_name() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let own = folder.path().join("own");
        let study = |text: &str| Study::parse("s.toml", &format!("name = \"own\"\n{text}"), &[]).expect("a study");
        let with = study("baseline = \"other\"\n");
        assert_eq!(Baseline::beside(&own, &study("")).expect("no folder is read"), None);
        assert_eq!(Baseline::beside(&own, &with).expect("no folder is read"), None);
        let mut store = Store::open(&folder.path().join("other")).expect("an empty store");
        for (id, outcome) in [("1", Some(0.4)), ("2", None), ("3", Some(0.5))] {
            let record = Record { id: id.to_owned(), outcome, accuracy: vec![0.3, 0.6, 0.5], ..empty_record() };
            store.append(record).expect("a writable folder");
        }
        let found = Baseline::beside(&own, &with).expect("whole records").expect("some");
        let expected = Baseline { study: "other".to_owned(), outcomes: vec![0.4, 0.5], peaks: vec![0.6, 0.6] };
        assert_eq!(found, expected);
        let mut other = Record { id: "4".to_owned(), outcome: Some(0.9), accuracy: vec![0.9], ..empty_record() };
        other.settings.training.epochs = 5;
        store.append(other).expect("a writable folder");
        assert_eq!(Baseline::beside(&own, &with).expect("whole records").as_ref(), Some(&found));
        assert_eq!(found.outcome().map(|sample| (sample.n, sample.mean)), Some((2, 0.45)));
    }
}
