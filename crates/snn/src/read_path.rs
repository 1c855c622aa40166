//! How a connection is read where a read is more than its weights: noise, converters, and what reading costs.

use ohmspike_rng::Seed;

use crate::forward::Layer;
use crate::reads::Reads;

/// The way from stored weights to column currents.
pub trait ReadPath {
    /// Weights, variance of a read and converters, as the forward pass meets them now.
    fn layer(&self) -> Layer<'_>;

    /// How often each row was active since the last call, and in how many `steps` any row was. Called once before each
    /// update in training and once at the end of a test; the reads of a calibration are not counted.
    fn count_reads(&mut self, row_reads: &[u32], steps: u64);

    /// Called once before each sample is read, in training and in tests, with a seed of its own: read noise that lasts
    /// longer than a sample moves on here.
    fn begin_sample(&mut self, _seed: Seed) {}

    /// Whether [`ReadPath::begin_sample`] does anything: samples are then read one after the other, by one thread.
    fn has_read_state(&self) -> bool {
        false
    }

    /// Whether [`ReadPath::calibrate`] is to be called before the next epoch.
    fn needs_calibration(&self) -> bool {
        false
    }

    /// Sets what is set by measurement, as the ranges of converters are, on the rows that a batch makes active.
    fn calibrate(&mut self, _reads: &Reads) {}

    /// Forgets what its converters have counted so far: the conversions of a calibration belong to no epoch and no test.
    fn forget_conversions(&mut self) {}
}
