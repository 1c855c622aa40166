//! What can be wrong with the data and devices that a study asks for.

use std::path::PathBuf;

use ohmspike_crossbar::device::DeviceError;
use ohmspike_datasets::LoadError;
use ohmspike_snn::spikes::SpikesError;

use super::LARGEST_MATRIX;
use crate::chip_maps::WrongMap;
use crate::trial::TrialError;

/// What a study needs is not there, or not what it must be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PrepareError {
    /// The data set cannot be read.
    #[error(transparent)]
    Data(LoadError),
    /// A key of `[data]` that this data set does not have, or has not with this value.
    #[error("{key}: must be {allowed}, got {got}")]
    DataKey {
        /// The key.
        key: &'static str,
        /// What is allowed.
        allowed: String,
        /// What was given.
        got: String,
    },
    /// The data set cannot be encoded.
    #[error("data.set: {0}")]
    Encode(#[from] SpikesError),
    /// Neither a known device nor a file.
    #[error(
        "{key}: must be `none`, a device file or one of the built-in devices {known}, got `{name}`\n\n\
         hint: the nearest name is `{nearest}`"
    )]
    UnknownDevice {
        /// The key that names it.
        key: String,
        /// What was given.
        name: String,
        /// Names of the built-in devices.
        known: String,
        /// The one that is spelled most like it.
        nearest: &'static str,
    },
    /// The device file cannot be read.
    #[error("{path}: cannot be read: {source}")]
    DeviceFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The device file says what no device can be.
    #[error("{}", source.in_file(place))]
    Device {
        /// The file, or the name of a built-in device.
        place: String,
        /// What is wrong.
        source: DeviceError,
    },
    /// A key of `[device]` says what no device can be.
    #[error("{source}")]
    DeviceKey {
        /// The key as the study gives it.
        key: String,
        /// What is wrong.
        source: DeviceError,
    },
    /// A key of `[device]` below something that holds no keys.
    #[error("{key}: `{parent}` must be an object to hold a key, got {found}")]
    NoObject {
        /// The key as the study gives it.
        key: String,
        /// What stands above it.
        parent: String,
        /// Its value.
        found: String,
    },
    /// A map of the chip cannot be read.
    #[error("{key}: {path}: cannot be read: {source}")]
    Map {
        /// The key that names it.
        key: String,
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Records of several data sets of one name.
    #[error(transparent)]
    Ambiguous(#[from] AmbiguousData),
    /// A map of the chip is not one of its array.
    #[error(transparent)]
    WrongMap(#[from] WrongMap),
    /// A matrix of weights that no memory holds several times.
    #[error("{key}: must make matrices of at most {LARGEST_MATRIX} weights, got {rows} x {columns}")]
    Matrix {
        /// The key of the neurons that it leads to.
        key: String,
        /// Its rows.
        rows: usize,
        /// Its columns.
        columns: usize,
    },
    /// A training of so many epochs that its record would be too long.
    #[error("training.epochs: must be at most {most} with {classes} classes, whose record is still read, got {epochs}")]
    Epochs {
        /// Classes of the data set.
        classes: usize,
        /// What is allowed.
        most: usize,
        /// What was given.
        epochs: usize,
    },
    /// The training set does not fill a batch.
    #[error(transparent)]
    Batch(#[from] TrialError),
    /// A noise level for a device that states its own write noise.
    #[error(
        "noise.level_percent: must be 0 for device `{device}`, whose write noise is not `from-study`, got {level}\n\n\
         hint: scale the device's own spread with `hardware.write_spread_scale`, or choose a device whose write noise \
         is `from-study`"
    )]
    TwoNoises {
        /// Name of the device.
        device: String,
        /// The level.
        level: f64,
    },
}

impl From<LoadError> for PrepareError {
    /// A name that is not known is the study's fault.
    fn from(error: LoadError) -> PrepareError {
        match error {
            LoadError::Unknown { got, known } => PrepareError::DataKey {
                key: "data.set",
                allowed: format!("one of {known}"),
                got: format!("`{got}`\n\nhint: `ohmspike data import {got}` makes a data set of files of your own"),
            },
            error => PrepareError::Data(error),
        }
    }
}

impl PrepareError {
    /// The same of a device that `device_key` names.
    pub(super) fn of_device(self, device_key: String) -> PrepareError {
        match self {
            PrepareError::UnknownDevice { name, known, nearest, .. } => {
                PrepareError::UnknownDevice { key: device_key, name, known, nearest }
            }
            error => error,
        }
    }

    /// The key of the study that is wrong, if it is the study's fault.
    pub fn key(&self) -> Option<&str> {
        match self {
            PrepareError::DeviceKey { key, .. } | PrepareError::NoObject { key, .. } => Some(key),
            PrepareError::DataKey { key, .. } => Some(key),
            PrepareError::Map { key, .. } | PrepareError::WrongMap(WrongMap { key, .. }) => Some(key),
            PrepareError::UnknownDevice { key, .. } => Some(key),
            PrepareError::TwoNoises { .. } => Some("noise.level_percent"),
            PrepareError::Batch(_) => Some("training.batch"),
            PrepareError::Epochs { .. } => Some("training.epochs"),
            PrepareError::Matrix { key, .. } => Some(key),
            _ => None,
        }
    }
}

/// Why it isn't known which data set records are of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "data.set: the records are of {} data sets called `{name}` (SHA-256 {}), and none of them is on this machine; expected one\n\n\
     hint: import the data set that you want to read, or move the records of the others to another folder",
    hashes.len(), hashes.join(", ")
)]
pub struct AmbiguousData {
    /// Name of the data set.
    pub name: String,
    /// Its hashes.
    pub hashes: Vec<String>,
}
