//! A weight store that adds up what its updates do.
//!
//! Training reports an epoch when it has ended. Where it diverges within one, what it did until then stands here.

use ohmspike_crossbar::WriteReport;
use ohmspike_rng::Seed;
use ohmspike_simd::{Executor, Matrix};

use crate::read_path::ReadPath;
use crate::weights::{NotFinite, WeightStore};

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
