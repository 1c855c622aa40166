//! What updates did to an array, in counts.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// Counts of one update, or of several added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteReport {
    /// Cells written.
    pub cells_written: u64,
    /// Writes that would have left a conductance below the window: what they left with its noise, or, where the spread
    /// depends on the state and the target is clipped first, what they aimed at.
    pub clipped_low: u64,
    /// The same above the window.
    pub clipped_high: u64,
    /// Cells whose weight has the wrong sign after the update: the parked branch conducts more than the written one.
    pub wrong_sign: u64,
    /// Cells of the array, written or not.
    pub cells: u64,
}

impl WriteReport {
    /// Share of cells whose weight has the wrong sign, mean over the updates added up; 0 before the first.
    pub fn dale_violation_rate(&self) -> f64 {
        share(self.wrong_sign, self.cells)
    }

    /// Share of writes that ended at the floor of the window because they fell below it.
    pub fn clipped_low_rate(&self) -> f64 {
        share(self.clipped_low, self.cells_written)
    }

    /// Share of writes that ended at the ceiling of the window because they rose above it.
    pub fn clipped_high_rate(&self) -> f64 {
        share(self.clipped_high, self.cells_written)
    }
}

impl AddAssign for WriteReport {
    fn add_assign(&mut self, other: WriteReport) {
        self.cells_written += other.cells_written;
        self.clipped_low += other.clipped_low;
        self.clipped_high += other.clipped_high;
        self.wrong_sign += other.wrong_sign;
        self.cells += other.cells;
    }
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_means_over_the_updates_added_up() {
        let mut sum = WriteReport::default();
        assert_eq!(sum.dale_violation_rate(), 0.0);
        sum += WriteReport { cells_written: 10, clipped_low: 5, clipped_high: 0, wrong_sign: 2, cells: 20 };
        sum += WriteReport { cells_written: 30, clipped_low: 1, clipped_high: 4, wrong_sign: 0, cells: 20 };
        assert_eq!((sum.dale_violation_rate(), sum.clipped_low_rate(), sum.clipped_high_rate()), (0.05, 0.15, 0.1));
    }
}
