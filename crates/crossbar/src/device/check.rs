//! Checks a device file: every mechanism by itself, then mechanisms against each other.

use super::converters::AdcRange;
use super::levels::Levels;
use super::model::Device;
use super::pulse_law::Direction;
use super::range::{SLACK, TableRange};
use super::refusal::{Problem, SpecError, required};
use super::spec::DeviceSpec;
use super::text;
use super::write::Scheme;
use crate::window::ConductanceWindow;

impl TryFrom<DeviceSpec> for Device {
    type Error = SpecError;

    fn try_from(spec: DeviceSpec) -> Result<Device, SpecError> {
        text::check_texts(&spec)?;
        let window = ConductanceWindow::try_from(spec.window).map_err(|error| error.within("window"))?;
        let levels = Levels::try_from(spec.levels).and_then(|levels| levels.within(&window));
        let device = Device {
            name: spec.name,
            description: spec.description,
            window,
            device_to_device: spec
                .device_to_device
                .try_into()
                .map_err(|error: SpecError| error.within("device_to_device"))?,
            write: spec.write.try_into().map_err(|error: SpecError| error.within("write"))?,
            drift: spec.drift.try_into().map_err(|error: SpecError| error.within("drift"))?,
            read: spec.read.try_into().map_err(|error: SpecError| error.within("read"))?,
            reference_branch: spec
                .reference_branch
                .try_into()
                .map_err(|error: SpecError| error.within("reference_branch"))?,
            levels: levels.map_err(|error| error.within("levels"))?,
            faults: spec.faults.try_into().map_err(|error: SpecError| error.within("faults"))?,
            converters: spec.converters.try_into().map_err(|error: SpecError| error.within("converters"))?,
            wires: spec.wires.checked().map_err(|error| error.within("wires"))?,
            energy: spec.energy.try_into().map_err(|error: SpecError| error.within("energy"))?,
            provenance: spec.provenance,
        };
        device.check_tables()?;
        device.check_slopes()?;
        device.check_levels()?;
        device.check_range()?;
        Ok(device)
    }
}

impl Device {
    /// Refuses tables without overlap with the window: every cell would get the value of one end. A table of one point
    /// is a constant and always allowed.
    fn check_tables(&self) -> Result<(), SpecError> {
        let window = [self.window.high(), self.window.low()].map(|conductance| 1e6 / f64::from(conductance));
        for TableRange { key, first, last } in self.tables() {
            if last < window[0] * (1.0 - SLACK) || first > window[1] * (1.0 + SLACK) {
                return Err(SpecError::at(key, Problem::BesideWindow { table: [first, last], window }));
            }
        }
        Ok(())
    }

    /// Slope variation requires linear pulses.
    fn check_slopes(&self) -> Result<(), SpecError> {
        let linear = self.write.pulses().is_some_and(|pulses| pulses.slope(Direction::Up).is_some());
        if self.device_to_device.slope.is_some() && !linear {
            return Err(SpecError::at("device_to_device.slope_sigma", Problem::NoSlope));
        }
        Ok(())
    }

    /// A full scale in µA requires a read voltage to become a conductance.
    fn check_range(&self) -> Result<(), SpecError> {
        let fixed = self.converters.adc.is_some_and(|adc| matches!(adc.range, AdcRange::Fixed { .. }));
        if fixed { required("read.volts", self.read.volts, "converters.adc.range: fixed").map(|_| ()) } else { Ok(()) }
    }

    /// Levels require a write scheme with a target conductance; pulses have none.
    fn check_levels(&self) -> Result<(), SpecError> {
        match (&self.levels, &self.write.scheme) {
            (Levels::Continuous, _) | (_, Scheme::Add | Scheme::Verify(_)) => Ok(()),
            (_, Scheme::Pulsed(_)) => Err(SpecError::at("levels", Problem::LevelsOfPulses)),
        }
    }
}
