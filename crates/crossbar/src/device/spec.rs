//! Keys of a device file, before their ranges are checked.

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
use super::wires::WiresSpec;
use super::write::WriteSpec;
use crate::window::WindowSpec;

/// A device file: one memristive cell, its mechanisms, and the sources of its numbers.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", schemars(title = "Ohmspike device model"))]
pub struct DeviceSpec {
    /// Path of `schema.json`, for completion in editors. Not used by the program.
    #[serde(
        rename = "$schema",
        default,
        deserialize_with = "shape::optional_text",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub schema: Option<String>,
    /// Name of the device, shown in reports and legends. For a built-in device, the file name without `.json`.
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub name: String,
    /// Description of the device and its intended use.
    #[serde(default)]
    pub description: String,
    /// Conductance window of every cell.
    #[serde(deserialize_with = "shape::object")]
    pub window: WindowSpec,
    /// Device-to-device variation, drawn once per chip.
    #[serde(default, deserialize_with = "shape::object")]
    pub device_to_device: DeviceToDeviceSpec,
    /// Write noise, written cells and write scheme.
    #[serde(default, deserialize_with = "shape::object")]
    pub write: WriteSpec,
    /// Drift and retention: change of the conductance with the time since the write.
    #[serde(default, deserialize_with = "shape::object")]
    pub drift: DriftSpec,
    /// Read noise, read voltage and I-V nonlinearity.
    #[serde(default, deserialize_with = "shape::object")]
    pub read: ReadSpec,
    /// Reference branch of a one-branch pair, which is never written.
    #[serde(default, deserialize_with = "shape::object")]
    pub reference_branch: ReferenceBranchSpec,
    /// Discrete programming levels. Default: every conductance in the window.
    #[serde(default, deserialize_with = "shape::object")]
    pub levels: LevelsSpec,
    /// Probabilities of stuck cells and dead lines.
    #[serde(default, deserialize_with = "shape::object")]
    pub faults: FaultsSpec,
    /// Tiles, row drivers (DACs) and column converters (ADCs).
    #[serde(default, deserialize_with = "shape::object")]
    pub converters: ConvertersSpec,
    /// Resistance of lines, drivers and sense amplifiers. Default: none.
    #[serde(default, deserialize_with = "shape::object")]
    pub wires: WiresSpec,
    /// Voltages, pulse lengths, energies and areas. Quantities that are not set are not reported.
    #[serde(default, deserialize_with = "shape::object")]
    pub energy: EnergySpec,
    /// Sources of the numbers, one entry per key or section.
    #[serde(default, deserialize_with = "shape::objects")]
    pub provenance: Vec<Provenance>,
}
