//! A weight store that accumulates the reports of its updates.
//!
//! Training reports an epoch after its end. If training diverges during an epoch, this store has the report so far.

use ohmspike_crossbar::WriteReport;
use ohmspike_rng::Seed;
use ohmspike_simd::{Executor, Matrix};

use crate::read_path::ReadPath;
use crate::weights::{NotFinite, WeightStore};

/// A store with the accumulated reports of its updates.
pub struct Counted<'a> {
    store: &'a mut dyn WeightStore,
    /// Sum of all reports since creation.
    pub writes: WriteReport,
}

impl<'a> Counted<'a> {
    /// Wraps `store` before an update.
    pub fn new(store: &'a mut dyn WeightStore) -> Counted<'a> {
        Counted { store, writes: WriteReport::default() }
    }
}

impl WeightStore for Counted<'_> {
    fn weights(&self) -> &Matrix {
        self.store.weights()
    }

    fn gradient_weights(&self) -> &Matrix {
        self.store.gradient_weights()
    }

    fn read_path(&self) -> Option<&dyn ReadPath> {
        self.store.read_path()
    }

    fn read_path_mut(&mut self) -> Option<&mut dyn ReadPath> {
        self.store.read_path_mut()
    }

    fn update(&mut self, step: &Matrix, seed: Seed, executor: &dyn Executor) -> Result<WriteReport, NotFinite> {
        let report = self.store.update(step, seed, executor)?;
        self.writes += report;
        Ok(report)
    }
}
