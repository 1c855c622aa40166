//! Maps of a measured chip, as the study names them: read here, understood by the array that they describe.

use std::fs;
use std::path::Path;

use crate::device_file::find;
use crate::prepare::{PrepareError, sha256};
use crate::settings::HardwareSettings;

/// The measured maps of both layers, hidden first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChipMaps {
    /// Faults of the cells.
    pub fault: [Option<MapFile>; 2],
    /// Conductances of the cells.
    pub conductance: [Option<MapFile>; 2],
}

/// The text of a map and where it is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapFile {
    /// The path, as the study gives it.
    pub path: String,
    /// The CSV.
    pub text: String,
    /// SHA-256 of the text, in hexadecimal.
    pub sha256: String,
}

impl ChipMaps {
    /// Reads the maps that `hardware` names. Paths are tried from the working directory, then from `folder`.
    ///
    /// # Errors
    /// [`PrepareError::Map`] where one cannot be read.
    pub fn load(hardware: &HardwareSettings, folder: &Path) -> Result<ChipMaps, PrepareError> {
        let [fault_hidden, fault_readout, conductance_hidden, conductance_readout] =
            hardware.maps().map(|(key, path)| load(key, path, folder));
        Ok(ChipMaps {
            fault: [fault_hidden?, fault_readout?],
            conductance: [conductance_hidden?, conductance_readout?],
        })
    }

    /// All four in the order of [`HardwareSettings::maps`].
    pub fn all(&self) -> [Option<&MapFile>; 4] {
        let [faults, conductances] = [&self.fault, &self.conductance];
        [&faults[0], &faults[1], &conductances[0], &conductances[1]].map(Option::as_ref)
    }
}

fn load(key: &'static str, name: &str, folder: &Path) -> Result<Option<MapFile>, PrepareError> {
    if name.is_empty() {
        return Ok(None);
    }
    let path = find(name, folder).unwrap_or_else(|| name.into());
    let text = fs::read_to_string(&path).map_err(|source| PrepareError::Map { key, path, source })?;
    Ok(Some(MapFile { path: name.to_owned(), sha256: sha256(text.as_bytes()), text }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_are_found_beside_the_study_and_told_apart_by_layer() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join("chip.csv"), "0,1\n").expect("a writable folder");
        let mut hardware = HardwareSettings::default();
        assert_eq!(ChipMaps::load(&hardware, folder.path()).expect("no map"), ChipMaps::default());
        hardware.fault_map_readout = "chip.csv".to_owned();
        let maps = ChipMaps::load(&hardware, folder.path()).expect("a readable file");
        let map = maps.fault[1].as_ref().expect("given");
        assert_eq!((map.path.as_str(), map.text.as_str()), ("chip.csv", "0,1\n"));
        assert_eq!(maps.all().map(|map| map.is_some()), [false, true, false, false]);
        hardware.conductance_map_hidden = "missing.csv".to_owned();
        let error = ChipMaps::load(&hardware, folder.path()).expect_err("no such file");
        assert_eq!(error.key(), Some("hardware.conductance_map_hidden"));
        let expected = "hardware.conductance_map_hidden: missing.csv: cannot be read: ";
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}
