//! Counts of a write.

use ohmspike::crossbar::WriteReport as Counts;
use pyo3::prelude::*;

/// Counts of one write of an array.
#[pyclass(frozen, get_all, eq, module = "ohmspike")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriteReport {
    /// Written cells, of both branches.
    cells_written: u64,
    /// Writes clipped at the lower end of the window.
    clipped_low: u64,
    /// Writes clipped at the upper end of the window: targets and written conductances beyond it.
    clipped_high: u64,
    /// Weights with the wrong sign after the write.
    wrong_sign: u64,
    /// Weights of the array.
    cells: u64,
    /// Write pulses.
    pulses: u64,
    /// Verify reads.
    verify_reads: u64,
    /// Failed writes: all tries were used up.
    failed_writes: u64,
    /// Pairs that were refreshed because a cell had reached its upper bound.
    refreshed: u64,
    /// Writes that needed more pulses than one write may have.
    pulse_limited: u64,
}

impl From<Counts> for WriteReport {
    fn from(counts: Counts) -> WriteReport {
        let Counts {
            cells_written,
            clipped_low,
            clipped_high,
            wrong_sign,
            cells,
            pulses,
            verify_reads,
            failed_writes,
            refreshed,
            pulse_limited,
        } = counts;
        WriteReport {
            cells_written,
            clipped_low,
            clipped_high,
            wrong_sign,
            cells,
            pulses,
            verify_reads,
            failed_writes,
            refreshed,
            pulse_limited,
        }
    }
}

#[pymethods]
impl WriteReport {
    fn __repr__(&self) -> String {
        let WriteReport { cells_written, clipped_low, clipped_high, pulses, .. } = self;
        format!(
            "<ohmspike.WriteReport: {cells_written} cells, {pulses} pulses, {clipped_low} clipped low, {clipped_high} clipped high>"
        )
    }
}
