//! A weight store that adds up what its updates do.
//!
//! Training reports an epoch when it has ended. Where it diverges within one, what it did until then stands here.

use crate::converter::ColumnConverter;
use crate::forward::Layer;
use crate::reads::Reads;
use crate::weights::{NotFinite, UpdateReport, WeightStore};
use ohmspike_rng::Seed;
use ohmspike_simd::{Crew, Matrix};

/// A store, and the sum of what its updates did.
pub struct Counted<'a> {
    store: &'a mut dyn WeightStore,
    /// What all updates did since this was made.
    pub writes: UpdateReport,
}

impl<'a> Counted<'a> {
    /// The `store` before an update.
    pub fn new(store: &'a mut dyn WeightStore) -> Counted<'a> {
        Counted { store, writes: UpdateReport::default() }
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

    fn believed(&self) -> &Matrix {
        self.store.believed()
    }

    fn present(&mut self, seed: Seed) {
        self.store.present(seed);
    }

    fn moves_on(&self) -> bool {
        self.store.moves_on()
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

    fn update(&mut self, step: &Matrix, seed: Seed, crew: &dyn Crew) -> Result<UpdateReport, NotFinite> {
        let report = self.store.update(step, seed, crew)?;
        self.writes += report;
        Ok(report)
    }

    fn layer(&self) -> Layer<'_> {
        self.store.layer()
    }
}
