//! What a device file says, before its numbers are checked.

use serde::{Deserialize, Serialize};

use super::converters::ConvertersSpec;
use super::device_to_device::DeviceToDeviceSpec;
use super::drift_spec::DriftSpec;
use super::energy::EnergySpec;
use super::faults::FaultsSpec;
use super::levels::LevelsSpec;
use super::provenance::Provenance;
use super::read::ReadSpec;
use super::reference_branch::ReferenceBranchSpec;
use super::shape;
use super::write::WriteSpec;
use crate::window::WindowSpec;

/// A device file: one memristive cell, its spreads, and where the numbers come from.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", schemars(title = "Ohmspike device model"))]
pub struct DeviceSpec {
    /// Path of schema.json, for editors; not used otherwise.
    #[serde(
        rename = "$schema",
        default,
        deserialize_with = "shape::optional_text",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub schema: Option<String>,
    /// Name of the device; a file of the library has the name of its file.
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub name: String,
    /// What the device is and what the file is meant for.
    #[serde(default)]
    pub description: String,
    /// Conductances that a cell can have.
    #[serde(deserialize_with = "shape::object")]
    pub window: WindowSpec,
    /// Spreads from cell to cell, drawn once a chip.
    #[serde(default, deserialize_with = "shape::object")]
    pub device_to_device: DeviceToDeviceSpec,
    /// What a write leaves.
    #[serde(default, deserialize_with = "shape::object")]
    pub write: WriteSpec,
    /// What a write becomes with time.
    #[serde(default, deserialize_with = "shape::object")]
    pub drift: DriftSpec,
    /// What a read returns.
    #[serde(default, deserialize_with = "shape::object")]
    pub read: ReadSpec,
    /// The branch of a pair that is never written: its reference.
    #[serde(default, deserialize_with = "shape::object")]
    pub reference_branch: ReferenceBranchSpec,
    /// Conductances that a write can aim at; left out: every one in the window.
    #[serde(default, deserialize_with = "shape::object")]
    pub levels: LevelsSpec,
    /// How often cells and lines are faulty.
    #[serde(default, deserialize_with = "shape::object")]
    pub faults: FaultsSpec,
    /// Tiles, row drivers and column converters.
    #[serde(default, deserialize_with = "shape::object")]
    pub converters: ConvertersSpec,
    /// Energy and area, as far as they are known.
    #[serde(default, deserialize_with = "shape::object")]
    pub energy: EnergySpec,
    /// Where the numbers come from.
    #[serde(default, deserialize_with = "shape::objects")]
    pub provenance: Vec<Provenance>,
}
