//! Copies of the weights for the forward passes of a batch, with rows of an even number of blocks.
//!
//! CPUs load neighbouring cache lines in pairs. A row of seven blocks then costs eight loads and fills the cache with
//! lines of rows that are silent. Reading a copy with an empty eighth block is faster, and copying takes a few
//! microseconds per batch.

use ohmspike_simd::Matrix;

use crate::forward::Layer;
use crate::weights::WeightStore;

/// Widest rows that are copied, blocks. Wider rows are read in groups of columns, and their layers do not fit in the
/// caches anyway.
const WIDEST: usize = 7;

/// Copies for all connections, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct PairedCopies {
    copies: Vec<Copies>,
}

/// Copies for one connection, for matrices that profit.
#[derive(Clone, Debug, Default)]
struct Copies {
    weights: Option<Matrix>,
    read_variance: Option<Matrix>,
}

impl PairedCopies {
    /// Creates copies of the current weights of `stores`.
    pub(crate) fn of(stores: &[&mut dyn WeightStore]) -> PairedCopies {
        let mut copies = PairedCopies::default();
        copies.copy(stores);
        copies
    }

    /// Copies the current weights of `stores`, with the sizes of the first time.
    pub(crate) fn copy(&mut self, stores: &[&mut dyn WeightStore]) {
        self.copies.resize_with(stores.len(), Copies::default);
        for (copies, store) in self.copies.iter_mut().zip(stores) {
            let layer = store.layer();
            copy(Some(layer.weights), &mut copies.weights);
            copy(layer.read_variance, &mut copies.read_variance);
        }
    }

    /// Returns the layers of `stores` with the copied weights.
    pub(crate) fn layers<'a>(&'a self, stores: &'a [&mut dyn WeightStore]) -> Vec<Layer<'a>> {
        let layers = self.copies.iter().zip(stores).map(|(copies, store)| {
            let layer = store.layer();
            let weights = copies.weights.as_ref().unwrap_or(layer.weights);
            let read_variance = layer.read_variance.map(|variance| copies.read_variance.as_ref().unwrap_or(variance));
            Layer { weights, read_variance, ..layer }
        });
        layers.collect()
    }
}

/// Copies `matrix` to `copy` if the copy is faster to read.
fn copy(matrix: Option<&Matrix>, copy: &mut Option<Matrix>) {
    let Some(matrix) = matrix else { return };
    let blocks = matrix.row_blocks();
    if blocks % 2 == 1 && (2..=WIDEST).contains(&blocks) {
        copy.get_or_insert_with(|| matrix.paired_zeros()).copy_rows(matrix);
    }
}

#[cfg(test)]
mod tests {
    use ohmspike_rng::Seed;
    use ohmspike_simd::Serial;

    use super::*;
    use crate::network::Sign;
    use crate::weights::DigitalWeights;

    #[test]
    fn copies_follow_the_weights() {
        for columns in [10, 20, 40, 100, 200] {
            let weights = Matrix::from_fn(5, columns, |row, column| (row * columns + column) as f32);
            let mut store = DigitalWeights::exact(weights, vec![Sign::Unconstrained; 5]);
            let mut copies = PairedCopies::default();
            for update in 0..2 {
                let expected = store.weights().clone();
                copies.copy(&[&mut store]);
                let same = copies.layers(&[&mut store])[0].weights.cells().eq(expected.cells());
                assert!(same, "{columns} columns, update {update}");
                assert_eq!(copies.copies[0].weights.is_some(), [40, 100].contains(&columns), "{columns} columns");
                let step = Matrix::from_fn(5, columns, |_, _| 0.5);
                store.update(&step, Seed::new(update), &Serial).expect("finite");
            }
        }
    }
}
