//! The study that another one names as its reference: one network to compare with, whose outcome is drawn as a line.
//!
//! Its results stand beside those of the study, in the folder of its name.

use std::path::Path;

use crate::statistics::Sample;
use crate::store::{Store, StoreError};
use crate::study::Study;

/// What the trials of the reference left.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// Name of the study.
    pub study: String,
    /// Outcomes of its trials, 0 to 1.
    pub outcomes: Vec<f64>,
    /// Their best test accuracies, 0 to 1.
    pub peaks: Vec<f64>,
}

impl Reference {
    /// The reference of `study`, whose own results are in the folder `results`; none where it names none, or where nothing of it
    /// has been run.
    ///
    /// # Errors
    /// [`StoreError`] where its records cannot be read.
    pub fn beside(results: &Path, study: &Study) -> Result<Option<Reference>, StoreError> {
        let Some(name) = &study.reference else { return Ok(None) };
        let folder = results.parent().unwrap_or(Path::new(".")).join(name);
        if !folder.is_dir() {
            return Ok(None);
        }
        let mut reference = Reference { study: name.clone(), outcomes: Vec::new(), peaks: Vec::new() };
        Store::skim(&folder, |record| {
            if let (Some(outcome), Some((_, peak))) = (record.outcome, record.peak()) {
                reference.outcomes.push(outcome);
                reference.peaks.push(peak);
            }
        })?;
        Ok((!reference.outcomes.is_empty()).then_some(reference))
    }

    /// Statistics of the outcomes.
    pub fn outcome(&self) -> Option<Sample> {
        Sample::of(&self.outcomes)
    }

    /// Statistics of the best accuracies.
    pub fn peak(&self) -> Option<Sample> {
        Sample::of(&self.peaks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Record, sample};

    #[test]
    fn it_is_found_in_the_folder_of_its_name() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let own = folder.path().join("own");
        let study = |text: &str| Study::parse("s.toml", &format!("name = \"own\"\n{text}"), &[]).expect("a study");
        let with = study("reference = \"other\"\n");
        assert_eq!(Reference::beside(&own, &study("")).expect("no folder is read"), None);
        assert_eq!(Reference::beside(&own, &with).expect("no folder is read"), None);
        let mut store = Store::open(&folder.path().join("other")).expect("an empty store");
        for (id, outcome) in [("1", Some(0.4)), ("2", None), ("3", Some(0.5))] {
            let record = Record { id: id.to_owned(), outcome, accuracy: vec![0.3, 0.6, 0.5], ..sample() };
            store.append(record).expect("a writable folder");
        }
        let found = Reference::beside(&own, &with).expect("whole records").expect("some");
        let expected = Reference { study: "other".to_owned(), outcomes: vec![0.4, 0.5], peaks: vec![0.6, 0.6] };
        assert_eq!(found, expected);
        assert_eq!(found.outcome().map(|sample| (sample.n, sample.mean)), Some((2, 0.45)));
    }
}
