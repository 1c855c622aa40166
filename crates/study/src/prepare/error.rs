//! What can be wrong with the data and devices that a study asks for.

use std::path::PathBuf;

use ohmspike_crossbar::device::DeviceError;
use ohmspike_datasets::LoadError;
use ohmspike_snn::spikes::SpikesError;

use super::LARGEST_MATRIX;
use super::no_device::NoDevice;
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
    /// Neither a built-in device nor a device file.
    #[error(transparent)]
    NoDevice(#[from] NoDevice),
    /// The device file cannot be read.
    #[error("{path}: cannot be read: {source}")]
    DeviceFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The device file says what no device can be.
    #[error("{place}: {source}")]
    Device {
        /// The file, or the name of a built-in device.
        place: String,
        /// What is wrong.
        source: DeviceError,
    },
    /// A key of `[device]` says what no device can be.
    #[error("device.{}", without_position(source))]
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

    /// The key of the study that is wrong, if it is the study's fault.
    pub fn key(&self) -> Option<&str> {
        match self {
            PrepareError::DeviceKey { key, .. } | PrepareError::NoObject { key, .. } => Some(key),
            PrepareError::DataKey { key, .. } => Some(key),
            PrepareError::Map { key, .. } | PrepareError::WrongMap(WrongMap { key, .. }) => Some(key),
            PrepareError::NoDevice(NoDevice { key, .. }) => Some(key),
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

/// What is wrong, without line and column: nobody has seen the text that they count in.
fn without_position(error: &DeviceError) -> String {
    let text = error.to_string();
    match error {
        DeviceError::Json { .. } | DeviceError::WrongType { .. } => {
            text.rsplit_once(" at line ").map_or(&*text, |(before, _)| before.trim_end_matches(',')).to_owned()
        }
        _ => text,
    }
}
