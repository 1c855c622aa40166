//! Counts of the effects of updates on an array.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// Counts of one update, or of several added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WriteReport {
    /// Written cells; in two-branch pairs the cells of both branches count.
    pub cells_written: u64,
    /// Writes clipped at the lower end of the window of their cell. The written conductance counts, or, if the noise
    /// depends on a target that is clipped first, the target. Stuck cells do not count.
    pub clipped_low: u64,
    /// Writes clipped at the upper end of the window.
    pub clipped_high: u64,
    /// Weights with the wrong sign after the update: the opposite branch conducts more than the main one.
    pub wrong_sign: u64,
    /// Weights of the array, written or not.
    pub cells: u64,
    /// Write pulses: one per write with the scheme `add`, one per pulse with `pulsed`, one per try with `verify`, two
    /// per refresh.
    pub pulses: u64,
    /// Verify reads.
    pub verify_reads: u64,
    /// Failed writes: all tries were used up.
    #[serde(rename = "gave_up")]
    pub failed_writes: u64,
    /// Pairs refreshed because a cell had reached its upper bound.
    pub refreshed: u64,
    /// Writes that needed more pulses than one write may have.
    pub pulse_limited: u64,
}

impl WriteReport {
    /// Returns the fraction of weights with the wrong sign, mean over the added updates; 0 before the first.
    pub fn wrong_sign_rate(&self) -> f64 {
        fraction(self.wrong_sign, self.cells)
    }

    /// Returns the fraction of writes clipped at the lower end of the window.
    pub fn clipped_low_rate(&self) -> f64 {
        fraction(self.clipped_low, self.cells_written)
    }

    /// Returns the fraction of writes clipped at the upper end of the window.
    pub fn clipped_high_rate(&self) -> f64 {
        fraction(self.clipped_high, self.cells_written)
    }
}

impl AddAssign for WriteReport {
    fn add_assign(&mut self, other: WriteReport) {
        self.cells_written += other.cells_written;
        self.clipped_low += other.clipped_low;
        self.clipped_high += other.clipped_high;
        self.wrong_sign += other.wrong_sign;
        self.cells += other.cells;
        self.pulses += other.pulses;
        self.verify_reads += other.verify_reads;
        self.failed_writes += other.failed_writes;
        self.pulse_limited += other.pulse_limited;
        self.refreshed += other.refreshed;
    }
}

fn fraction(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_means_over_updates() {
        let mut sum = WriteReport::default();
        assert_eq!(sum.wrong_sign_rate(), 0.0);
        let first =
            WriteReport { cells_written: 10, clipped_low: 5, wrong_sign: 2, cells: 20, ..WriteReport::default() };
        let second = WriteReport { cells_written: 30, clipped_low: 1, clipped_high: 4, cells: 20, ..first };
        sum += first;
        sum += WriteReport { wrong_sign: 0, ..second };
        assert_eq!((sum.wrong_sign_rate(), sum.clipped_low_rate(), sum.clipped_high_rate()), (0.05, 0.15, 0.1));
    }
}
