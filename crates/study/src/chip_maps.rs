//! Maps of a measured chip, as the study names them: read as text, understood once the shape of the layer is known.

mod account;

use std::path::Path;

use ohmspike_crossbar::device::Device;
use ohmspike_crossbar::{ConductanceMap, FaultMap, MapError};
use ohmspike_simd::Matrix;
use ohmspike_snn::connection::Connection;

use crate::bounded;
use crate::device_file::find;
use crate::prepare::{PrepareError, sha256};
use crate::settings::HardwareSettings;

pub use account::MapAccount;

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
    /// The key that names it.
    pub key: &'static str,
    /// The path, as the study gives it.
    pub path: String,
    /// The CSV.
    pub text: String,
    /// SHA-256 of the text, in hexadecimal.
    pub sha256: String,
}

/// The maps of one layer's array.
#[derive(Clone, Debug, Default)]
pub struct LayerMaps {
    /// Faults of the cells.
    pub faults: Option<FaultMap>,
    /// Conductances of the cells, µS.
    pub conductances: Option<Matrix>,
}

/// A map that is not one of its array.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{key}: {path}: {source}")]
pub struct WrongMap {
    /// The key that names it.
    pub key: &'static str,
    /// The file.
    pub path: String,
    /// What is wrong with it.
    pub source: Box<MapError>,
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

    /// The maps of `connection`, which has `rows` x `columns` pairs of cells of `device`.
    ///
    /// # Errors
    /// [`WrongMap`].
    pub fn of_layer(
        &self,
        connection: Connection,
        rows: usize,
        columns: usize,
        device: &Device,
    ) -> Result<LayerMaps, WrongMap> {
        // A tile that is larger than the array is cut at its ends, like those at the ends of a larger one.
        let converters = &device.converters;
        let tile = Some((converters.tile_rows.unwrap_or(rows), converters.tile_columns.unwrap_or(columns)));
        let [fault, conductance] = [&self.fault, &self.conductance].map(|maps| of_connection(maps, connection));
        Ok(LayerMaps {
            faults: understood(fault, |text| FaultMap::from_csv(text, rows, columns, tile, &device.window))?,
            conductances: understood(conductance, |text| {
                ConductanceMap::from_csv(text, rows, columns, tile, &device.window)
            })?,
        })
    }

    /// All four in the order of [`HardwareSettings::maps`].
    pub fn all(&self) -> [Option<&MapFile>; 4] {
        let [faults, conductances] = [&self.fault, &self.conductance];
        [&faults[0], &faults[1], &conductances[0], &conductances[1]].map(Option::as_ref)
    }
}

/// That of `maps` that is of `connection`: there are some of the weights from the inputs and of the readout.
pub fn of_connection(maps: &[Option<MapFile>; 2], connection: Connection) -> Option<&MapFile> {
    match connection {
        Connection::Feedforward(0) => maps[0].as_ref(),
        Connection::Readout => maps[1].as_ref(),
        Connection::Feedforward(_) | Connection::Recurrent(_) => None,
    }
}

fn understood<M>(map: Option<&MapFile>, read: impl FnOnce(&str) -> Result<M, MapError>) -> Result<Option<M>, WrongMap> {
    let Some(MapFile { key, path, text, .. }) = map else { return Ok(None) };
    read(text).map(Some).map_err(|source| WrongMap { key, path: path.clone(), source: Box::new(source) })
}

fn load(key: &'static str, name: &str, folder: &Path) -> Result<Option<MapFile>, PrepareError> {
    if name.is_empty() {
        return Ok(None);
    }
    let path = find(name, folder).unwrap_or_else(|| name.into());
    let text = bounded::read_named_text(&path, bounded::LARGEST_MAP).map_err(|source| PrepareError::Map {
        key,
        path,
        source,
    })?;
    Ok(Some(MapFile { key, path: name.to_owned(), sha256: sha256(text.as_bytes()), text }))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_map_of_another_array_names_its_key_and_file() {
        let device = Device::built_in("ideal").expect("built in");
        let file = |text: &str| {
            let key = "hardware.fault_map_readout";
            Some(MapFile { key, path: "chip.csv".to_owned(), text: text.to_owned(), sha256: String::new() })
        };
        let read = |text: &str| {
            let maps = ChipMaps { fault: [None, file(text)], ..ChipMaps::default() };
            assert!(maps.of_layer(Connection::Feedforward(0), 5, 5, &device).expect("no map").faults.is_none());
            maps.of_layer(Connection::Readout, 1, 2, &device)
        };
        assert_eq!(read("ok, open").expect("a map").faults.expect("given").written().len(), 1);
        assert_eq!(
            read("ok").expect_err("one cell").to_string(),
            "hardware.fault_map_readout: chip.csv: map: got 1 x 1 cells, must be 1 x 2 like the array",
        );
    }

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
