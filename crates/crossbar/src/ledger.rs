//! Usage of an array: pulses, reads and the conductances they involved, from which energy follows.
//!
//! ```text
//! E_write = V_write² t_write sum of G over the write pulses                      V² s µS = µJ
//! E_read  = V_read²  t_read  sum of G over the cells of every row read           verify reads included
//! E_adc   = conversions x energy per conversion;  E_dac = driven rows x energy per pulse
//! ```
//!
//! Voltages, times and energies come from the device file (`device/energy.rs`); without them an energy is unknown.
//! Ledgers are sums: those of the parts of a run add up to that of the whole.

use std::ops::{Add, AddAssign};

use serde::{Deserialize, Serialize};

use crate::codes::CodeCounts;
use crate::device::Device;

/// Counts and sums since the ledger was last taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Ledger {
    /// Write pulses.
    pub write_pulses: u64,
    /// Sum of the conductances at these pulses, µS.
    pub write_conductance: f64,
    /// Verify reads.
    pub verify_reads: u64,
    /// Sum of the conductances at these reads, µS.
    pub verify_conductance: f64,
    /// Rows driven for a read: one per spike.
    pub row_reads: u64,
    /// Sum of the conductances of all cells of those rows, both branches, µS.
    pub read_conductance: f64,
    /// Conversions of column sums: one per column, tile and time step with an active row in the tile.
    pub conversions: u64,
    /// Counts of the codes of every conversion.
    // Always serialized: a checkpoint is binary and cannot omit fields.
    #[serde(default)]
    pub codes: CodeCounts,
}

/// Energy in µJ; `None` where the device file does not set the required values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EnergyUse {
    /// Write pulses.
    pub write_microjoules: Option<f64>,
    /// Reads of cells, verify reads included.
    pub read_microjoules: Option<f64>,
    /// Column converters.
    pub adc_microjoules: Option<f64>,
    /// Row drivers.
    pub dac_microjoules: Option<f64>,
}

impl Ledger {
    /// Returns the energy of these counts for `device`.
    pub fn energy(&self, device: &Device) -> EnergyUse {
        let energy = &device.energy;
        let read = self.read_conductance + self.verify_conductance;
        EnergyUse {
            write_microjoules: energy.write_microjoules(self.write_conductance),
            read_microjoules: device.read.volts.and_then(|volts| energy.read_microjoules(volts, read)),
            adc_microjoules: energy.adc_microjoules(self.conversions),
            dac_microjoules: energy.dac_microjoules(self.row_reads),
        }
    }
}

impl EnergyUse {
    /// Returns the mean over `count` equal parts; unknown for 0 parts.
    pub fn over(self, count: u64) -> EnergyUse {
        let mean = |energy: Option<f64>| energy.filter(|_| count > 0).map(|energy| energy / count as f64);
        EnergyUse {
            write_microjoules: mean(self.write_microjoules),
            read_microjoules: mean(self.read_microjoules),
            adc_microjoules: mean(self.adc_microjoules),
            dac_microjoules: mean(self.dac_microjoules),
        }
    }

    /// Returns the energies by part, each with its name.
    pub fn parts(&self) -> [(&'static str, Option<f64>); 4] {
        [
            ("writes", self.write_microjoules),
            ("reads", self.read_microjoules),
            ("column converters", self.adc_microjoules),
            ("row drivers", self.dac_microjoules),
        ]
    }

    /// Returns the sum of the known energies; `None` if all are unknown.
    pub fn known_microjoules(&self) -> Option<f64> {
        let parts = self.parts().map(|(_, energy)| energy);
        parts.iter().any(Option::is_some).then(|| parts.iter().flatten().sum())
    }
}

impl Add for EnergyUse {
    type Output = EnergyUse;
    /// Returns the sum; an energy unknown in either is unknown in the sum.
    fn add(self, other: EnergyUse) -> EnergyUse {
        let both = |one: Option<f64>, other: Option<f64>| one.zip(other).map(|(one, other)| one + other);
        EnergyUse {
            write_microjoules: both(self.write_microjoules, other.write_microjoules),
            read_microjoules: both(self.read_microjoules, other.read_microjoules),
            adc_microjoules: both(self.adc_microjoules, other.adc_microjoules),
            dac_microjoules: both(self.dac_microjoules, other.dac_microjoules),
        }
    }
}

impl AddAssign for Ledger {
    fn add_assign(&mut self, other: Ledger) {
        self.write_pulses += other.write_pulses;
        self.write_conductance += other.write_conductance;
        self.verify_reads += other.verify_reads;
        self.verify_conductance += other.verify_conductance;
        self.row_reads += other.row_reads;
        self.read_conductance += other.read_conductance;
        self.conversions += other.conversions;
        self.codes += other.codes;
    }
}

/// Write counts of the cells of an array.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Endurance {
    /// Cells that can be written.
    pub cells: u64,
    /// Mean number of write pulses per cell.
    pub mean: f64,
    /// Largest number of write pulses of one cell.
    pub worst: u64,
    /// Number of cells by write pulses: 0, 1, 2 to 3, 4 to 7, and so on in powers of two, up to the largest.
    pub histogram: Vec<u64>,
}

impl Endurance {
    /// Computes the statistics from the pulses of every cell.
    pub(crate) fn from_pulses(pulses: impl Iterator<Item = u64>) -> Endurance {
        let mut endurance = Endurance::default();
        let mut sum = 0u64;
        for pulses in pulses {
            let bin = (u64::BITS - pulses.leading_zeros()) as usize;
            if endurance.histogram.len() <= bin {
                endurance.histogram.resize(bin + 1, 0);
            }
            endurance.histogram[bin] += 1;
            endurance.cells += 1;
            endurance.worst = endurance.worst.max(pulses);
            sum += pulses;
        }
        endurance.mean = if endurance.cells == 0 { 0.0 } else { sum as f64 / endurance.cells as f64 };
        endurance
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endurance_is_binned_in_powers_of_two() {
        let endurance = Endurance::from_pulses([0, 0, 1, 2, 3, 4, 9].into_iter());
        assert_eq!(endurance.histogram, [2, 1, 2, 1, 1]);
        assert_eq!((endurance.cells, endurance.worst), (7, 9));
        assert!((endurance.mean - 19.0 / 7.0).abs() < 1e-12);
    }
}
