//! A weight store that adds up what its updates do.
//!
//! Training reports an epoch when it has ended. Where it diverges within one, what it did until then stands here.

use crate::converter::ColumnConverter;
use crate::forward::Layer;
use crate::reads::Reads;
use crate::weights::{NotFinite, WeightStore};
use ohmspike_crossbar::WriteReport;
use ohmspike_rng::Seed;
use ohmspike_simd::{Executor, Matrix};

/// A store, and the sum of what its updates did.
pub struct Counted<'a> {
    store: &'a mut dyn WeightStore,
    /// What all updates did since this was made.
    pub writes: WriteReport,
}

impl<'a> Counted<'a> {
    /// The `store` before an update.
    pub fn new(store: &'a mut dyn WeightStore) -> Counted<'a> {
        Counted { store, writes: WriteReport::default() }
    }
}

impl WeightStore for Counted<'_> {
    fn weights(&self) -> &Matrix {
        self.store.weights()
    }

    fn read_variance(&self) -> Option<&Matrix> {
        self.store.read_variance()
    }

    fn converter(&self) -> Option<&dyn ColumnConverter> {
        self.store.converter()
    }

    fn gradient_weights(&self) -> &Matrix {
        self.store.gradient_weights()
    }

    fn begin_sample(&mut self, seed: Seed) {
        self.store.begin_sample(seed);
    }

    fn has_read_state(&self) -> bool {
        self.store.has_read_state()
    }

    fn needs_calibration(&self) -> bool {
        self.store.needs_calibration()
    }

    fn calibrate(&mut self, reads: &Reads) {
        self.store.calibrate(reads);
    }

    fn counts_reads(&self) -> bool {
        self.store.counts_reads()
    }

    fn count_reads(&mut self, row_reads: &[u32], steps: u64) {
        self.store.count_reads(row_reads, steps);
    }

    fn forget_conversions(&mut self) {
        self.store.forget_conversions();
    }

    fn update(&mut self, step: &Matrix, seed: Seed, executor: &dyn Executor) -> Result<WriteReport, NotFinite> {
        let report = self.store.update(step, seed, executor)?;
        self.writes += report;
        Ok(report)
    }

    fn layer(&self) -> Layer<'_> {
        self.store.layer()
    }
}
