//! Reads the data and devices that trials share, once for all threads.

mod devices;
mod encoded;
mod error;
mod known;
mod loaded_device;
pub mod no_device;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use ohmspike_snn::connection::Connection;

pub use devices::Devices;
pub use encoded::EncodedData;
pub use error::{AmbiguousData, PrepareError};
pub use known::{DataShape, KnownData, RecordedData};
pub use loaded_device::LoadedDevice;

pub use crate::sha256::sha256;

use crate::chip_maps::ChipMaps;
use crate::device_file;
use crate::hardware::{follows_study_level, shapes};
use crate::record::LONGEST_RECORD;
use crate::settings::{Settings, connection_key};
use crate::spike_cache::CacheNote;
use crate::trial::full_batch;

/// Largest weight matrix, in weights: 256 MB, and training holds up to twenty such matrices.
const LARGEST_MATRIX: usize = 1 << 26;

/// Data and devices of a study: everything its trials need besides their settings.
#[derive(Clone, Debug, Default)]
pub struct Prepared {
    /// Encoded data by [`data_key`].
    data: BTreeMap<String, EncodedData>,
    /// Devices by [`device_key`].
    devices: BTreeMap<String, LoadedDevice>,
    /// Hash and shape of data sets by name, for commands that only read records.
    known: BTreeMap<String, KnownData>,
    /// What happened to files of encoded spikes.
    notes: Vec<CacheNote>,
}

/// Sizes of data sets, bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DataBytes {
    /// Decoded samples of the data set that has most of them.
    pub decoded: u64,
    /// Encoded spikes in memory.
    pub encoded: u64,
    /// Encoded spikes in files that the system pages in and out.
    pub mapped: u64,
}

impl Prepared {
    /// Reads the data and devices of trials with these settings. Device paths are tried from the working directory,
    /// then from `folder`, the folder of the study file.
    ///
    /// # Errors
    /// Returns an error if data, a device or a map cannot be read or does not fit.
    pub fn new<'a>(settings: impl Iterator<Item = &'a Settings>, folder: &Path) -> Result<Prepared, PrepareError> {
        let mut prepared = Prepared::default();
        for settings in settings {
            prepared.add(settings, folder)?;
        }
        Ok(prepared)
    }

    /// Reads the data and devices of further trials, as [`Prepared::new`] does.
    ///
    /// # Errors
    /// Returns an error if data, a device or a map cannot be read or does not fit.
    pub fn add(&mut self, settings: &Settings, folder: &Path) -> Result<(), PrepareError> {
        self.add_devices(settings, folder)?;
        self.add_data(settings)?;
        self.check_training(settings)?;
        self.check_shapes(settings)
    }

    /// Reads the data and devices of networks with these settings that are not trained: their training set need not fill a
    /// batch.
    ///
    /// # Errors
    /// Returns an error if data, a device or a map cannot be read or does not fit.
    pub fn add_untrained(&mut self, settings: &Settings, folder: &Path) -> Result<(), PrepareError> {
        self.add_devices(settings, folder)?;
        self.add_data(settings)?;
        self.check_shapes(settings)
    }

    /// Reads only the devices of trials with these settings, for callers that bring their own data.
    ///
    /// # Errors
    /// Returns an error if a device or a map cannot be read.
    pub fn of_devices<'a>(
        settings: impl Iterator<Item = &'a Settings>,
        folder: &Path,
    ) -> Result<Prepared, PrepareError> {
        let mut prepared = Prepared::default();
        for settings in settings {
            prepared.add_devices(settings, folder)?;
        }
        Ok(prepared)
    }

    /// Prepares to read the records of trials with these settings: reads devices and the hash and shape of data sets.
    /// For data sets that are not on this machine, the hash and shape come from the records.
    ///
    /// # Errors
    /// Returns an error if a device or a map cannot be read, or if the records name several data sets.
    pub fn for_reading<'a>(
        settings: impl Iterator<Item = &'a Settings>,
        folder: &Path,
        recorded: &RecordedData,
    ) -> Result<Prepared, PrepareError> {
        let (mut prepared, mut sets) = (Prepared::default(), BTreeSet::new());
        for settings in settings {
            prepared.add_devices(settings, folder)?;
            sets.insert(settings.data.set.clone());
        }
        for name in sets {
            if let Some(known) = known::known(&name, recorded)? {
                prepared.known.insert(name, known);
            }
        }
        Ok(prepared)
    }

    fn add_devices(&mut self, settings: &Settings, folder: &Path) -> Result<(), PrepareError> {
        for connection in settings.connections() {
            let Some(name) = settings.device_of(connection) else { continue };
            let loaded = match self.devices.entry(device_key(&name, settings)) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(missing) => {
                    let (device, sha256) = device_file::load(&name, &settings.device, folder)
                        .map_err(|error| error.of_device(settings.device_key(connection)))?;
                    let maps = ChipMaps::load(settings, folder)?;
                    missing.insert(LoadedDevice { device, sha256, maps })
                }
            };
            let (level, scale) = (settings.noise.level_percent, settings.hardware.write_spread_scale);
            let device = || loaded.device.name.clone();
            match follows_study_level(Some(&loaded.device)) {
                false if level > 0.0 => return Err(PrepareError::TwoNoises { device: device(), level }),
                true if level > 0.0 && scale != 1.0 => {
                    return Err(PrepareError::ScaledLevel { device: device(), level, scale });
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn add_data(&mut self, settings: &Settings) -> Result<(), PrepareError> {
        if let Entry::Vacant(missing) = self.data.entry(data_key(settings)) {
            missing.insert(encoded::load(settings, &mut self.notes)?);
        }
        Ok(())
    }

    /// Checks that the training set fills a batch and that the record has room for the epochs.
    fn check_training(&self, settings: &Settings) -> Result<(), PrepareError> {
        let data = self.data(settings);
        full_batch(settings.training.batch, data)?;
        let (epochs, most) = (settings.training.epochs, longest_training(data.classes));
        if epochs > most {
            return Err(PrepareError::Epochs { classes: data.classes, most, epochs });
        }
        Ok(())
    }

    /// Checks that the matrices have a possible size and that the maps fit their layers.
    fn check_shapes(&self, settings: &Settings) -> Result<(), PrepareError> {
        let data = self.data(settings);
        let devices = self.devices_of(settings);
        for (connection, (rows, columns)) in shapes(settings, data.shape()) {
            if rows > LARGEST_MATRIX / columns {
                return Err(PrepareError::Matrix { key: neurons_key(connection), rows, columns });
            }
            if let Some(LoadedDevice { device, maps, .. }) = devices.of(connection) {
                maps.of_layer(connection, rows, columns, device)?;
            }
        }
        Ok(())
    }

    /// Returns the data of a trial.
    ///
    /// # Panics
    /// Panics if the data were not read, as with [`Prepared::for_reading`].
    pub fn data(&self, settings: &Settings) -> &EncodedData {
        &self.data[&data_key(settings)]
    }

    /// Returns the data of a trial; none if they were not read, as with [`Prepared::for_reading`].
    pub fn encoded(&self, settings: &Settings) -> Option<&EncodedData> {
        self.data.get(&data_key(settings))
    }

    /// Returns the sizes of the data sets.
    pub fn data_bytes(&self) -> DataBytes {
        let mapped = self.data.values().map(|data| data.mapped_bytes() as u64).sum();
        let all: u64 = self.data.values().map(|data| data.bytes() as u64).sum();
        let decoded = self.data.values().map(|data| data.decoded_bytes as u64).max().unwrap_or(0);
        DataBytes { decoded, encoded: all - mapped, mapped }
    }

    /// Returns what happened to files of encoded spikes. None of it changes results.
    pub fn notes(&self) -> &[CacheNote] {
        &self.notes
    }

    /// Returns the SHA-256 of the data of a trial; empty if unknown.
    pub fn data_sha256(&self, settings: &Settings) -> &str {
        let known = || self.known.get(&settings.data.set).map(|known| &*known.sha256);
        self.data.get(&data_key(settings)).map(|data| &*data.sha256).or_else(known).unwrap_or_default()
    }

    /// Returns the shape of the data of a trial; none if unknown.
    pub fn data_shape(&self, settings: &Settings) -> Option<DataShape> {
        let known = || self.known.get(&settings.data.set).map(|known| known.shape);
        self.data.get(&data_key(settings)).map(EncodedData::shape).or_else(known)
    }

    /// Returns the devices that hold the weights of a trial.
    pub fn devices_of(&self, settings: &Settings) -> Devices<'_> {
        let loaded = |name: String| &self.devices[&device_key(&name, settings)];
        let others = settings.connections().into_iter().filter_map(|connection| {
            let name = settings.device_of(connection);
            (name.as_deref() != settings.device()).then(|| (connection, name.map(loaded)))
        });
        Devices::new(self.device(settings), others.collect())
    }

    /// Returns the device named by `hardware.device`, if any.
    pub fn device(&self, settings: &Settings) -> Option<&LoadedDevice> {
        settings.device().map(|name| &self.devices[&device_key(name, settings)])
    }

    /// Returns all devices, with every combination of `[device]` keys and maps that the study sets.
    pub fn devices(&self) -> impl Iterator<Item = &LoadedDevice> {
        self.devices.values()
    }
}

/// Key of a device: its name, the `[device]` keys and the maps.
fn device_key(name: &str, settings: &Settings) -> String {
    let maps: Vec<[&str; 2]> =
        settings.connections().into_iter().map(|connection| settings.maps_of(connection)).collect();
    serde_json::json!([name, settings.device, maps]).to_string()
}

/// Most epochs with a record that fits its length limit: at most 105 bytes per class (four counts of 20 digits) and 200
/// bytes for accuracy, loss and layers, per epoch.
fn longest_training(classes: usize) -> usize {
    LONGEST_RECORD as usize / 2 / (105 * classes + 200)
}

/// Key of the neurons that receive `connection`; for the readout, of the neurons that it receives input from.
fn neurons_key(connection: Connection) -> String {
    match connection {
        Connection::Readout => "network.hidden".to_owned(),
        hidden => connection_key(hidden, "hidden"),
    }
}

/// Key of encoded data: `[data]`, the number of time steps and the handling of several events per step.
fn data_key(settings: &Settings) -> String {
    serde_json::json!([settings.data, settings.network.steps, settings.data.events_per_step()]).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A level of 10 % with a factor of 2 would be noise of 20 %. Without a level, there is nothing to contradict.
    #[test]
    fn a_noise_level_is_the_size_of_the_noise() {
        let refusal = |device: &str, level: f64, scale: f64| {
            let mut settings = Settings::default();
            settings.hardware.device = device.to_owned();
            (settings.noise.level_percent, settings.hardware.write_spread_scale) = (level, scale);
            let error = Prepared::of_devices([&settings].into_iter(), Path::new(".")).err()?;
            Some((error.key().expect("a key of the study").to_owned(), error.to_string()))
        };
        let (key, message) = refusal("study-1k-1m", 10.0, 2.0).expect("a scaled level");
        assert_eq!(key, "hardware.write_spread_scale");
        assert_eq!(
            message,
            "hardware.write_spread_scale: expected 1 for device `study-1k-1m`, whose write noise is `noise.level_percent` \
             (now 10), got 2\n\nhint: set `noise.level_percent` to 20 instead"
        );
        assert!(refusal("study-1k-1m", 10.0, 0.0).is_some_and(|(_, message)| message.ends_with("to 0 instead")));
        for (device, level, scale) in
            [("study-1k-1m", 10.0, 1.0), ("study-1k-1m", 0.0, 2.0), ("pcm-joshi-2020", 0.0, 2.0)]
        {
            assert_eq!(refusal(device, level, scale), None, "{device}, {level}, {scale}");
        }
    }
}
