//! Data sets by their hash and shape: all that reading records needs of them.

use std::collections::BTreeMap;

use super::encoded::EncodedData;
use super::error::AmbiguousData;

/// What names a trial and shapes its network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownData {
    /// SHA-256 of the decoded data set, in hexadecimal.
    pub sha256: String,
    /// Inputs of a sample, and classes.
    pub shape: DataShape,
}

/// Sizes of the two ends of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataShape {
    /// Inputs of a sample.
    pub inputs: usize,
    /// Classes.
    pub classes: usize,
}

/// Data sets that records were made with, by name.
pub type RecordedData = BTreeMap<String, Vec<KnownData>>;

impl EncodedData {
    /// Its sizes.
    pub fn shape(&self) -> DataShape {
        DataShape { inputs: self.train.spikes.units(), classes: self.classes }
    }
}

/// The data set called `name`: as it is on this machine, or else as the records tell; none if neither is the case.
pub(super) fn known(name: &str, recorded: &RecordedData) -> Result<Option<KnownData>, AmbiguousData> {
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
