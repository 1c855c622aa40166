//! Errors in the data and devices that a study names.

use std::path::PathBuf;

use ohmspike_crossbar::device::DeviceError;
use ohmspike_datasets::{LoadError, reason};
use ohmspike_snn::spikes::SpikesError;

use super::LARGEST_MATRIX;
use super::no_device::NoDevice;
use crate::chip_maps::WrongMap;
use crate::significant::short;
use crate::trial::TrialError;

/// Data or a device that is missing or invalid.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PrepareError {
    /// The data set cannot be read.
    #[error(transparent)]
    Data(LoadError),
    /// A key of `[data]` that does not apply to this data set, or has an invalid value.
    #[error("{key}: expected {allowed}, got {got}")]
    DataKey {
        /// Name of the key.
        key: &'static str,
        /// Allowed values.
        allowed: String,
        /// Given value.
        got: String,
    },
    /// The data set cannot be encoded.
    #[error("data.set: {0}")]
    Encode(#[from] SpikesError),
    /// A name that is neither a built-in device nor a device file.
    #[error(transparent)]
    NoDevice(#[from] NoDevice),
    /// A device file that cannot be read.
    #[error("cannot read `{path}`: {}", reason(source))]
    DeviceFile {
        /// Path of the device file.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// An invalid device file.
    #[error("{}{}", source.in_file(place), keys_hint(place, source))]
    Device {
        /// Path of the file, or name of the built-in device.
        place: String,
        /// Cause.
        source: Box<DeviceError>,
    },
    /// An invalid key of `[device]`.
    #[error("{source}")]
    DeviceKey {
        /// Key as spelled in the study.
        key: String,
        /// Cause.
        source: Box<DeviceError>,
    },
    /// A key of `[device]` below a value that holds no keys.
    #[error("{key}: expected `{parent}` to be an object, got {found}")]
    NoObject {
        /// Key as spelled in the study.
        key: String,
        /// Parent of the key.
        parent: String,
        /// Value of the parent.
        found: String,
    },
    /// A chip map that cannot be read.
    #[error("{key}: cannot read `{path}`: {}", reason(source))]
    Map {
        /// Key that names the map.
        key: String,
        /// Path of the map.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// Records of several data sets with the same name.
    #[error(transparent)]
    Ambiguous(#[from] AmbiguousData),
    /// A chip map that does not fit its array.
    #[error(transparent)]
    WrongMap(#[from] WrongMap),
    /// A weight matrix that is too large.
    #[error("{key}: expected weight matrices of at most {LARGEST_MATRIX} weights, got {rows} x {columns}")]
    Matrix {
        /// Key of the neurons that receive the connection.
        key: String,
        /// Rows of the matrix.
        rows: usize,
        /// Columns of the matrix.
        columns: usize,
    },
    /// More epochs than a record can hold.
    #[error("training.epochs: expected at most {most} with {classes} classes (longest record), got {epochs}")]
    Epochs {
        /// Classes of the data set.
        classes: usize,
        /// Allowed number of epochs.
        most: usize,
        /// Given number of epochs.
        epochs: usize,
    },
    /// A training set smaller than a batch.
    #[error(transparent)]
    Batch(#[from] TrialError),
    /// A noise level for a device with its own write noise.
    #[error(
        "noise.level_percent: expected 0 for device `{device}`, whose file or overrides set the write noise, got {level}\n\n\
         hint: set it to 0, or choose a device that takes its write noise from the study, such as `study-1k-1m`, without overrides of \
         `device.write.noise`; \
         `hardware.write_spread_scale` scales the noise of a device file"
    )]
    TwoNoises {
        /// Name of the device.
        device: String,
        /// The level.
        level: f64,
    },
    /// A factor on the noise level of the study, which is no longer the size of the noise then.
    #[error(
        "hardware.write_spread_scale: expected 1 for device `{device}`, whose write noise is `noise.level_percent` (now \
         {level}), got {scale}\n\nhint: set `noise.level_percent` to {} instead", short(level * scale)
    )]
    ScaledLevel {
        /// Name of the device.
        device: String,
        /// The level.
        level: f64,
        /// The factor.
        scale: f64,
    },
}

/// Where to look up the keys that go with an override: a mechanism often needs several.
fn keys_hint(place: &str, source: &DeviceError) -> String {
    let section = source.key().split('.').next().unwrap_or_default();
    if source.is_missing_key() && place.contains(" with `") {
        format!("\n\nhint: `ohmspike keys device.{section}` lists the keys that belong together; set this one as well")
    } else {
        String::new()
    }
}

impl From<LoadError> for PrepareError {
    /// Reports an unknown data set as an error of the study key.
    fn from(error: LoadError) -> PrepareError {
        match error {
            LoadError::Unknown { got, known } => PrepareError::DataKey {
                key: "data.set",
                allowed: format!("one of {known}"),
                got: format!(
                    "`{got}`\n\nhint: `ohmspike data import {got} --help` shows how to import your own data; if it was imported with \
                              OHMSPIKE_DATA set, set that again"
                ),
            },
            error => PrepareError::Data(error),
        }
    }
}

impl PrepareError {
    /// Replaces the key of an unknown device with `device_key`.
    pub(super) fn of_device(self, device_key: String) -> PrepareError {
        match self {
            PrepareError::NoDevice(error) => PrepareError::NoDevice(NoDevice { key: device_key, ..error }),
            error => error,
        }
    }

    /// The same error with the key in another spelling.
    pub(crate) fn spelled(self, spelling: &str) -> PrepareError {
        let spelling = || spelling.to_owned();
        match self {
            PrepareError::NoDevice(error) => PrepareError::NoDevice(NoDevice { key: spelling(), ..error }),
            PrepareError::Map { path, source, .. } => PrepareError::Map { key: spelling(), path, source },
            PrepareError::Matrix { rows, columns, .. } => PrepareError::Matrix { key: spelling(), rows, columns },
            error => error,
        }
    }

    /// Returns the key of the study that is wrong, if the error is in the study.
    pub fn key(&self) -> Option<&str> {
        match self {
            PrepareError::DeviceKey { key, .. } | PrepareError::NoObject { key, .. } => Some(key),
            PrepareError::DataKey { key, .. } => Some(key),
            PrepareError::Map { key, .. } | PrepareError::WrongMap(WrongMap { key, .. }) => Some(key),
            PrepareError::NoDevice(NoDevice { key, .. }) => Some(key),
            PrepareError::TwoNoises { .. } => Some("noise.level_percent"),
            PrepareError::ScaledLevel { .. } => Some("hardware.write_spread_scale"),
            PrepareError::Batch(_) => Some("training.batch"),
            PrepareError::Epochs { .. } => Some("training.epochs"),
            PrepareError::Matrix { key, .. } => Some(key),
            _ => None,
        }
    }
}

/// Records of several data sets with the same name, none of them on this machine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "data.set: the records belong to {} different data sets called `{name}` (SHA-256 {}), none of them on this \
     machine; expected one\n\n\
     hint: import the data set that you want to read, or move the records of the others to another folder",
    hashes.len(), hashes.join(", ")
)]
pub struct AmbiguousData {
    /// Name of the data set.
    pub name: String,
    /// SHA-256 of each data set.
    pub hashes: Vec<String>,
}
