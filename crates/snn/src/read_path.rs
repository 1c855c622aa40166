//! Read path of a connection: noise, converters and usage of reads.

use ohmspike_crossbar::RowReads;
use ohmspike_rng::Seed;

use crate::forward::Layer;
use crate::reads::Reads;

/// The read path from stored weights to column currents.
pub trait ReadPath {
    /// Returns the current weights, the variance of one read and the converters for the forward pass.
    fn layer(&self) -> Layer<'_>;

    /// Receives how often each row was active since the last call, and in how many steps each tile of rows was. Called once
    /// before each update in training and once at the end of an evaluation. The reads of a calibration are not counted.
    fn count_reads(&mut self, reads: &RowReads);

    /// Called once before each sample is read, in training and evaluation, with a seed for this sample. Advances read
    /// noise that is correlated across samples.
    fn begin_sample(&mut self, _seed: Seed) {}

    /// Returns whether [`ReadPath::begin_sample`] has an effect. Samples are then read sequentially by one thread.
    fn has_read_state(&self) -> bool {
        false
    }

    /// Returns whether [`ReadPath::calibrate`] must be called before the next epoch.
    fn needs_calibration(&self) -> bool {
        false
    }

    /// Calibrates on the rows that a batch makes active, for example the ranges of converters.
    fn calibrate(&mut self, _reads: &Reads) {}

    /// Called at the end of each epoch of training. Solves driven arrays with wires exactly.
    fn end_epoch(&mut self) {}

    /// Resets the counts of conversions, because those of a calibration belong to no epoch and no evaluation.
    fn forget_conversions(&mut self) {}
}
