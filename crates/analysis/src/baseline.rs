//! The baseline of a study: another study with one network, drawn as a line for comparison.
//!
//! Its results folder is next to that of the study and has the name of the baseline. Records of several networks have no
//! common mean, so they give no line.

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
    /// Networks with different settings in its folder.
    pub networks: usize,
    /// Outcomes of its trials, 0 to 1; empty for several networks.
    pub outcomes: Vec<f64>,
    /// Best test accuracies of its trials, 0 to 1; empty for several networks.
    pub best_accuracies: Vec<f64>,
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
        let mut networks: Vec<Settings> = Vec::new();
        let mut found =
            Baseline { study: name.clone(), networks: 0, outcomes: Vec::new(), best_accuracies: Vec::new() };
        // Bit-identical trials count once.
        let mut known = BTreeSet::new();
        Store::skim(&folder, |record| {
            let (Some(outcome), Some((_, best))) = (record.outcome, record.best()) else { return };
            if !known.insert(record.fingerprint()) {
                return;
            }
            if !networks.contains(&record.settings) {
                networks.push(record.settings);
            }
            found.outcomes.push(outcome);
            found.best_accuracies.push(best);
        })?;
        found.networks = networks.len();
        if found.networks > 1 {
            found.outcomes.clear();
            found.best_accuracies.clear();
        }
        Ok((found.networks > 0).then_some(found))
    }

    /// Returns the statistics of the outcomes; none for several networks.
    pub fn outcome(&self) -> Option<Estimate> {
        Estimate::new(&self.outcomes)
    }

    /// Returns the statistics of the best test accuracies; none for several networks.
    pub fn best(&self) -> Option<Estimate> {
        Estimate::new(&self.best_accuracies)
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
        let expected = Baseline {
            study: "other".to_owned(),
            networks: 1,
            outcomes: vec![0.4, 0.5],
            best_accuracies: vec![0.6, 0.6],
        };
        assert_eq!(found, expected);
        assert_eq!(found.outcome().map(|sample| (sample.n, sample.mean)), Some((2, 0.45)));
        // One mean of two networks, or of the more frequent one, would say nothing.
        let mut other = Record { id: "4".to_owned(), outcome: Some(0.9), accuracy: vec![0.9], ..empty_record() };
        other.settings.training.epochs = 5;
        store.append(other).expect("a writable folder");
        let found = Baseline::next_to(&own, &with).expect("whole records").expect("some");
        assert_eq!((found.networks, found.outcome(), found.best()), (2, None, None));
    }
}
