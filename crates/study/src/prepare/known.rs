//! Hash and shape of data sets, which is all that reading records needs.

use std::collections::BTreeMap;

use ohmspike_datasets::ImportedSet;

use super::encoded::EncodedData;
use super::error::AmbiguousData;

/// Hash and shape of a data set, which name a trial and size its network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownData {
    /// SHA-256 of the decoded data set, in hexadecimal.
    pub sha256: String,
    /// Inputs per sample and classes.
    pub shape: DataShape,
}

/// Number of inputs and outputs of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataShape {
    /// Inputs per sample.
    pub inputs: usize,
    /// Classes.
    pub classes: usize,
}

/// Data sets that records were made with, by name.
pub type RecordedData = BTreeMap<String, Vec<KnownData>>;

impl EncodedData {
    /// Returns the inputs per sample and the number of classes.
    pub fn shape(&self) -> DataShape {
        DataShape { inputs: self.train.spikes.units(), classes: self.classes }
    }
}

/// Looks up the data set `name`: on this machine first, then in the records; none if neither has it.
pub(super) fn known(name: &str, recorded: &RecordedData) -> Result<Option<KnownData>, AmbiguousData> {
    // An imported data set states both, and can be large.
    if let Ok(set) = ImportedSet::open(name, None) {
        let shape = DataShape { inputs: set.units(), classes: set.classes() };
        return Ok(Some(KnownData { sha256: set.stated_digest().to_owned(), shape }));
    }
    if let Ok(data) = ohmspike_datasets::load(name, None) {
        let shape = DataShape { inputs: data.train.units(), classes: data.class_names.len() };
        return Ok(Some(KnownData { sha256: data.digest, shape }));
    }
    match recorded.get(name).map_or(&[][..], Vec::as_slice) {
        [] => Ok(None),
        [one] => Ok(Some(one.clone())),
        several => {
            let hashes = several.iter().map(|data| data.sha256.clone()).collect();
            Err(AmbiguousData { name: name.to_owned(), hashes })
        }
    }
}
