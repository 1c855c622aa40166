//! Energy and area, from numbers in the device file only.
//!
//! ```text
//! write   E = V² t sum G         one pulse of V (V) and t (s) per cell, G summed over the cells (µS); E in µJ
//! read    E = V² t sum G         the same with the read voltage and the read pulse
//! ADC     E = e n                e the energy of one conversion, n the number of conversions
//! DAC     E = e n                e the energy of one driver pulse, n the number of pulses
//! area    A = a n                a the area of a cell or of a column converter (µm²)
//! ```
//!
//! This is the Joule heat of a cell at its conductance during the pulse. Currents of half-selected cells and drivers
//! are not included. A quantity that the file does not set is `None`, not zero.
//!
//! ```
//! use ohmspike_crossbar::device::Energy;
//!
//! let energy = Energy { write_volts: Some(2.0), write_pulse_nanoseconds: Some(100.0), ..Energy::default() };
//! // 4 V² x 100 ns x 1000 µS = 400 pJ
//! let pulse = energy.write_microjoules(1000.0).ok_or("stated")?;
//! assert!((pulse - 4e-4).abs() < 1e-18);
//! assert_eq!(energy.adc_microjoules(1), None);
//! # Ok::<(), &str>(())
//! ```

use serde::{Deserialize, Serialize};

use super::allowed::Allowed;
use super::number::{NANOSECONDS, PICOJOULES, SQUARE_MICROMETRES, VOLTS, optional_number};
use super::refusal::SpecError;

const SECONDS_PER_NANOSECOND: f64 = 1e-9;
const MICROJOULES_PER_PICOJOULE: f64 = 1e-6;

/// Energy and area in a device file. All keys are independent; `read` sets the read voltage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct EnergySpec {
    /// Amplitude of a write pulse.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = VOLTS.low, max = VOLTS.high), extend("x-unit" = "V")))]
    pub write_volts: Option<f64>,
    /// Length of a write pulse.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = NANOSECONDS.low, max = NANOSECONDS.high), extend("x-unit" = "ns")))]
    pub write_pulse_nanoseconds: Option<f64>,
    /// Length of a read pulse.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = NANOSECONDS.low, max = NANOSECONDS.high), extend("x-unit" = "ns")))]
    pub read_pulse_nanoseconds: Option<f64>,
    /// Energy of one conversion of a column converter.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = PICOJOULES.low, max = PICOJOULES.high), extend("x-unit" = "pJ")))]
    pub adc_picojoules_per_conversion: Option<f64>,
    /// Energy of one pulse of a row driver.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = PICOJOULES.low, max = PICOJOULES.high), extend("x-unit" = "pJ")))]
    pub dac_picojoules_per_pulse: Option<f64>,
    /// Area of one cell.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(
        with = "f64",
        range(min = SQUARE_MICROMETRES.low, max = SQUARE_MICROMETRES.high),
        extend("x-unit" = "µm²")
    ))]
    pub cell_area_square_micrometres: Option<f64>,
    /// Area of one column converter.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(
        with = "f64",
        range(min = SQUARE_MICROMETRES.low, max = SQUARE_MICROMETRES.high),
        extend("x-unit" = "µm²")
    ))]
    pub adc_area_square_micrometres: Option<f64>,
}

/// Energy and area; `None` where the file sets nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(try_from = "EnergySpec")]
pub struct Energy {
    /// Voltage of a write pulse, V.
    pub write_volts: Option<f64>,
    /// Length of a write pulse, ns.
    pub write_pulse_nanoseconds: Option<f64>,
    /// Length of a read pulse, ns.
    pub read_pulse_nanoseconds: Option<f64>,
    /// Energy of one conversion, pJ.
    pub adc_picojoules: Option<f64>,
    /// Energy of one driver pulse, pJ.
    pub dac_picojoules: Option<f64>,
    /// Area of one cell, µm².
    pub cell_square_micrometres: Option<f64>,
    /// Area of one column converter, µm².
    pub adc_square_micrometres: Option<f64>,
}

impl Energy {
    /// Returns the energy of one write pulse per cell, µJ, from the sum of the conductances of all pulsed cells, µS.
    pub fn write_microjoules(&self, sum_of_conductance_microsiemens: f64) -> Option<f64> {
        Some(pulse_microjoules(self.write_volts?, self.write_pulse_nanoseconds?, sum_of_conductance_microsiemens))
    }

    /// Returns the energy of one read pulse of `read_volts` (V) per cell, µJ, from the sum of the conductances of all
    /// cells, µS.
    pub fn read_microjoules(&self, read_volts: f64, sum_of_conductance_microsiemens: f64) -> Option<f64> {
        Some(pulse_microjoules(read_volts, self.read_pulse_nanoseconds?, sum_of_conductance_microsiemens))
    }

    /// Returns the energy of `conversions` conversions, µJ.
    pub fn adc_microjoules(&self, conversions: u64) -> Option<f64> {
        Some(self.adc_picojoules? * MICROJOULES_PER_PICOJOULE * conversions as f64)
    }

    /// Returns the energy of `pulses` driver pulses, µJ.
    pub fn dac_microjoules(&self, pulses: u64) -> Option<f64> {
        Some(self.dac_picojoules? * MICROJOULES_PER_PICOJOULE * pulses as f64)
    }

    /// Returns the area of `cells` cells, µm².
    pub fn cell_area(&self, cells: u64) -> Option<f64> {
        Some(self.cell_square_micrometres? * cells as f64)
    }

    /// Returns the area of `converters` column converters, µm².
    pub fn adc_area(&self, converters: u64) -> Option<f64> {
        Some(self.adc_square_micrometres? * converters as f64)
    }
}

/// Returns V² G t, µJ.
fn pulse_microjoules(volts: f64, nanoseconds: f64, microsiemens: f64) -> f64 {
    volts * volts * microsiemens * (nanoseconds * SECONDS_PER_NANOSECOND)
}

impl TryFrom<EnergySpec> for Energy {
    type Error = SpecError;

    fn try_from(spec: EnergySpec) -> Result<Energy, SpecError> {
        let checked =
            |key: &str, value: Option<f64>, allowed: Allowed| value.map(|value| allowed.check(key, value)).transpose();
        Ok(Energy {
            write_volts: checked("write_volts", spec.write_volts, VOLTS)?,
            write_pulse_nanoseconds: checked("write_pulse_nanoseconds", spec.write_pulse_nanoseconds, NANOSECONDS)?,
            read_pulse_nanoseconds: checked("read_pulse_nanoseconds", spec.read_pulse_nanoseconds, NANOSECONDS)?,
            adc_picojoules: checked("adc_picojoules_per_conversion", spec.adc_picojoules_per_conversion, PICOJOULES)?,
            dac_picojoules: checked("dac_picojoules_per_pulse", spec.dac_picojoules_per_pulse, PICOJOULES)?,
            cell_square_micrometres: checked(
                "cell_area_square_micrometres",
                spec.cell_area_square_micrometres,
                SQUARE_MICROMETRES,
            )?,
            adc_square_micrometres: checked(
                "adc_area_square_micrometres",
                spec.adc_area_square_micrometres,
                SQUARE_MICROMETRES,
            )?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stated() -> Energy {
        Energy {
            write_volts: Some(1.5),
            write_pulse_nanoseconds: Some(50.0),
            read_pulse_nanoseconds: Some(10.0),
            adc_picojoules: Some(2.0),
            dac_picojoules: Some(0.5),
            cell_square_micrometres: Some(0.25),
            adc_square_micrometres: Some(3000.0),
        }
    }

    /// Computed by hand in SI units; a few roundings of f64 each.
    #[test]
    fn energies_and_areas_match_si_units() {
        let energy = stated();
        let close = |found: Option<f64>, expected: f64| (found.unwrap() / expected - 1.0).abs() < 1e-14;
        // 2.25 V² x 1e-4 S x 5e-8 s = 1.125e-11 J; 0.04 V² x 2e-3 S x 1e-8 s = 8e-13 J.
        assert!(close(energy.write_microjoules(100.0), 1.125e-5));
        assert!(close(energy.read_microjoules(0.2, 2000.0), 8e-7));
        assert!(close(energy.adc_microjoules(1_000_000), 2.0));
        assert!(close(energy.dac_microjoules(4_000_000), 2.0));
        assert!(close(energy.cell_area(156_800), 39_200.0));
        assert!(close(energy.adc_area(700), 2.1e6));
    }

    #[test]
    fn unset_quantities_are_unknown() {
        let none = Energy::default();
        assert_eq!((none.write_microjoules(1.0), none.read_microjoules(0.2, 1.0)), (None, None));
        assert_eq!((none.adc_microjoules(1), none.dac_microjoules(1)), (None, None));
        assert_eq!((none.cell_area(1), none.adc_area(1)), (None, None));
        assert_eq!(Energy { write_pulse_nanoseconds: None, ..stated() }.write_microjoules(1.0), None);
        assert_eq!(Energy { write_volts: None, ..stated() }.write_microjoules(1.0), None);
    }

    /// Energies of the parts of a run add up to the whole run; the sums are exact in f64 here.
    #[test]
    fn energies_of_parts_add_up() {
        let energy = Energy { write_volts: Some(2.0), ..stated() };
        let whole = energy.write_microjoules(96.0).unwrap();
        let parts = [32.0, 64.0].map(|sum| energy.write_microjoules(sum).unwrap());
        // One rounding per product and one for the sum.
        assert!((parts[0] + parts[1] - whole).abs() <= 2.0 * f64::EPSILON * whole);
    }
}
