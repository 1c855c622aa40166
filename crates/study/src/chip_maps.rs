//! Maps of a measured chip: read as text, parsed once the shape of the layer is known.

mod summary;
mod wrong_map;

use std::path::Path;

use ohmspike_crossbar::device::Device;
use ohmspike_crossbar::{ConductanceMap, FaultMap, MapError};
use ohmspike_simd::Matrix;
use ohmspike_snn::connection::Connection;

use crate::bounded;
use crate::device_file::find;
use crate::prepare::PrepareError;
use crate::settings::{Settings, connection_key};
use crate::sha256::sha256;

pub use summary::MapSummary;
pub use wrong_map::WrongMap;

/// The measured maps of a chip, by array.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChipMaps {
    /// Fault maps.
    pub fault: Vec<MapFile>,
    /// Conductance maps.
    pub conductance: Vec<MapFile>,
}

/// The text of a map, and its origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapFile {
    /// Connection stored in the array.
    pub connection: Connection,
    /// Key that names the map.
    pub key: String,
    /// Path as spelled in the study.
    pub path: String,
    /// CSV text.
    pub text: String,
    /// SHA-256 of the text, in hexadecimal.
    pub sha256: String,
}

/// The maps of one array.
#[derive(Clone, Debug, Default)]
pub struct LayerMaps {
    /// Faulty cells.
    pub faults: Option<FaultMap>,
    /// Conductances, µS.
    pub conductances: Option<Matrix>,
}

impl ChipMaps {
    /// Reads the maps that `settings` name. Paths are tried from the working directory, then from `folder`.
    ///
    /// # Errors
    /// [`PrepareError::Map`] if a map cannot be read.
    pub fn load(settings: &Settings, folder: &Path) -> Result<ChipMaps, PrepareError> {
        let mut maps = ChipMaps::default();
        for connection in settings.connections() {
            let [fault, conductance] = settings.maps_of(connection);
            maps.fault.extend(load(connection, "fault_map", fault, folder)?);
            maps.conductance.extend(load(connection, "conductance_map", conductance, folder)?);
        }
        Ok(maps)
    }

    /// Parses the maps of `connection`, an array of `rows` x `columns` pairs of cells of `device`.
    ///
    /// # Errors
    /// Returns a [`WrongMap`] if a map does not fit the array.
    pub fn of_layer(
        &self,
        connection: Connection,
        rows: usize,
        columns: usize,
        device: &Device,
    ) -> Result<LayerMaps, WrongMap> {
        // A tile larger than the array is cut at its edges, like the outer tiles of a larger array.
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
}

/// Returns the map of `connection`.
pub fn of_connection(maps: &[MapFile], connection: Connection) -> Option<&MapFile> {
    maps.iter().find(|map| map.connection == connection)
}

fn understood<M>(map: Option<&MapFile>, read: impl FnOnce(&str) -> Result<M, MapError>) -> Result<Option<M>, WrongMap> {
    let Some(MapFile { key, path, text, .. }) = map else { return Ok(None) };
    read(text).map(Some).map_err(|source| WrongMap { key: key.clone(), path: path.clone(), source: Box::new(source) })
}

fn load(connection: Connection, key: &str, name: &str, folder: &Path) -> Result<Option<MapFile>, PrepareError> {
    if name.is_empty() {
        return Ok(None);
    }
    let (key, path) = (connection_key(connection, key), find(name, folder).unwrap_or_else(|| name.into()));
    match bounded::read_named_text(&path, bounded::LARGEST_MAP) {
        Ok(text) => Ok(Some(MapFile { connection, key, path: name.to_owned(), sha256: sha256(text.as_bytes()), text })),
        Err(source) => Err(PrepareError::Map { key, path, source }),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::settings::LayerSettings;

    #[test]
    fn a_map_with_a_wrong_shape_names_its_key_and_file() {
        let device = Device::built_in("ideal").expect("built in");
        let file = |text: &str| {
            let (key, path) = ("readout.fault_map".to_owned(), "chip.csv".to_owned());
            MapFile { connection: Connection::Readout, key, path, text: text.to_owned(), sha256: String::new() }
        };
        let read = |text: &str| {
            let maps = ChipMaps { fault: vec![file(text)], ..ChipMaps::default() };
            assert!(maps.of_layer(Connection::Feedforward(0), 5, 5, &device).expect("no map").faults.is_none());
            maps.of_layer(Connection::Readout, 1, 2, &device)
        };
        assert_eq!(read("ok, open").expect("a map").faults.expect("given").written().len(), 1);
        assert_eq!(
            read("ok").expect_err("one cell").to_string(),
            "readout.fault_map: chip.csv: expected 1 x 2, got 1 x 1 (rows x columns)",
        );
    }

    #[test]
    fn finds_maps_next_to_the_study_by_layer() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join("chip.csv"), "0,1\n").expect("a writable folder");
        let mut settings = Settings::default();
        assert_eq!(ChipMaps::load(&settings, folder.path()).expect("no map"), ChipMaps::default());
        settings.readout.fault_map = "chip.csv".to_owned();
        let maps = ChipMaps::load(&settings, folder.path()).expect("a readable file");
        let map = of_connection(&maps.fault, Connection::Readout).expect("given");
        assert_eq!((map.path.as_str(), map.text.as_str()), ("chip.csv", "0,1\n"));
        assert_eq!((maps.fault.len(), maps.conductance.len()), (1, 0));
        settings.layers = vec![LayerSettings::default(); 2];
        settings.layers[1].conductance_map = "missing.csv".to_owned();
        let error = ChipMaps::load(&settings, folder.path()).expect_err("no such file");
        assert_eq!(error.key(), Some("layer.2.conductance_map"));
        let expected = "layer.2.conductance_map: cannot read `missing.csv`: no such file";
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}
