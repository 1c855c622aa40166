//! Weight stores, the interface between training and hardware.
//!
//! [`DigitalWeights`] is the plain matrix with optional write noise:
//!
//! ```text
//! w        <-  bound(w + step + sigma z)      z ~ N(0, 1) for every weight at every update
//! bound(w)  =  max(w, 0) in excitatory rows, min(w, 0) in inhibitory rows
//! ```
//!
//! Source: Kilgore et al., Sci Rep 15, 24798 (2025), Methods. In every layer, sigma is the noise level times the
//! initial weight spread of the first hidden layer.

use ohmspike_crossbar::WriteReport;
use ohmspike_rng::{GROUP, Normals, Seed};
use ohmspike_simd::{Block, Executor, LANES, Matrix, Task, kernel, lane_mask};

use crate::forward::Layer;
use crate::network::{Network, Sign};
use crate::read_path::ReadPath;

/// Weight store of one connection. Rows are presynaptic units, columns postsynaptic ones.
pub trait WeightStore {
    /// Returns the current effective weights, rows x columns, thresholds.
    fn weights(&self) -> &Matrix;

    /// Applies the requested weight update `step` with random draws from `seed`; `executor` may apply it in parts.
    ///
    /// # Errors
    /// [`NotFinite`] if the update contains NaN or infinity; the weights are then unchanged.
    fn update(&mut self, step: &Matrix, seed: Seed, executor: &dyn Executor) -> Result<WriteReport, NotFinite>;

    /// Returns the controller's estimate of the weights, thresholds, which gradients are computed with.
    fn gradient_weights(&self) -> &Matrix {
        self.weights()
    }

    /// Returns the read path, or `None` if reads return the weights exactly.
    fn read_path(&self) -> Option<&dyn ReadPath> {
        None
    }

    /// Returns the mutable [`WeightStore::read_path`] for reading, calibration and counting.
    fn read_path_mut(&mut self) -> Option<&mut dyn ReadPath> {
        None
    }

    /// Returns the layer for the forward pass.
    fn layer(&self) -> Layer<'_> {
        self.read_path().map_or_else(|| Layer::exact(self.weights()), ReadPath::layer)
    }
}

/// Begins the read of a sample in all connections; `read` is the stream of the sample.
pub(crate) fn begin_sample(network: &Network, stores: &mut [&mut dyn WeightStore], read: Seed) {
    // Part of the bits: the name of the stream stays.
    let rtn = read.named("slow");
    for (connection, store) in network.connections().zip(stores) {
        if let Some(path) = store.read_path_mut() {
            path.begin_sample(rtn.numbered(connection.stream()));
        }
    }
}

/// Returns whether reading a sample changes one of the stores. Samples are then read sequentially by one thread.
pub(crate) fn have_read_state(stores: &[&mut dyn WeightStore]) -> bool {
    stores.iter().any(|store| store.read_path().is_some_and(ReadPath::has_read_state))
}

/// Returns all stores as layers of the forward pass.
pub(crate) fn layers<'a>(stores: &'a [&mut dyn WeightStore]) -> Vec<Layer<'a>> {
    stores.iter().map(|store| store.layer()).collect()
}

/// Error: an update contains NaN or infinity, because training has diverged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("update: contains NaN or infinity")]
pub struct NotFinite;

/// Weights as plain numbers, without a device.
#[derive(Clone, Debug)]
pub struct DigitalWeights {
    weights: Matrix,
    signs: Vec<Sign>,
    /// Standard deviation of the write noise per update, thresholds.
    sigma: f32,
    /// Seed of the last update.
    last_update: Option<Seed>,
}

impl DigitalWeights {
    /// Creates digital weights; `signs` has one entry per row of `initial`.
    pub fn exact(initial: Matrix, signs: Vec<Sign>) -> DigitalWeights {
        DigitalWeights::noisy(initial, signs, 0.0)
    }

    /// Creates weights with write noise of standard deviation `sigma` (thresholds, finite, at least 0) at every update.
    ///
    /// # Panics
    /// Panics if `signs` does not have one entry per row.
    pub fn noisy(initial: Matrix, signs: Vec<Sign>, sigma: f32) -> DigitalWeights {
        assert_eq!(signs.len(), initial.rows(), "one sign per row");
        debug_assert!(sigma >= 0.0 && sigma.is_finite());
        DigitalWeights { weights: initial, signs, sigma, last_update: None }
    }

    /// Returns the noise that the last update added to the weights before bounding, thresholds, row by row.
    pub fn last_noise(&self) -> impl Iterator<Item = f32> + Clone {
        let (columns, width) = (self.weights.columns(), self.weights.row_blocks());
        let mut draws = vec![Block::ZERO; self.weights.blocks().len()];
        if let Some(seed) = self.last_update.filter(|_| self.sigma > 0.0) {
            seed.normals().fill(&mut draws);
        }
        let cell = move |row: usize, column: usize| draws[row * width + column / LANES][column % LANES];
        let (rows, sigma) = (self.weights.rows(), self.sigma);
        (0..rows * columns).map(move |place| sigma * cell(place / columns, place % columns))
    }

    /// Returns the state that updates change: the weights, rows x columns, thresholds. Signs and sigma are fixed.
    pub fn state(&self) -> Matrix {
        self.weights.clone()
    }

    /// Restores the `state` of weights with the same signs and sigma.
    ///
    /// # Errors
    /// [`WrongShape`] if the shapes differ; the weights are then unchanged.
    pub fn restore(&mut self, state: Matrix) -> Result<(), WrongShape> {
        let (rows, columns, own_rows, own_columns) =
            (state.rows(), state.columns(), self.weights.rows(), self.weights.columns());
        if (rows, columns) != (own_rows, own_columns) {
            return Err(WrongShape { rows, columns, own_rows, own_columns });
        }
        self.weights = state;
        Ok(())
    }
}

/// Error: a state has another shape than the weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("state: expected {own_rows} x {own_columns}, got {rows} x {columns} (rows x columns)")]
pub struct WrongShape {
    /// Rows of the state.
    pub rows: usize,
    /// Columns of the state.
    pub columns: usize,
    /// Rows of the weights.
    pub own_rows: usize,
    /// Columns of the weights.
    pub own_columns: usize,
}

impl WeightStore for DigitalWeights {
    fn weights(&self) -> &Matrix {
        &self.weights
    }

    fn update(&mut self, step: &Matrix, seed: Seed, executor: &dyn Executor) -> Result<WriteReport, NotFinite> {
        check_finite(step)?;
        self.last_update = Some(seed);
        let (rows, width, sigma) = (step.rows(), step.row_blocks(), self.sigma);
        let last_mask = lane_mask(step.columns(), width - 1);
        let part_rows = rows.div_ceil(executor.parallelism()).max(MIN_BLOCKS / width).next_multiple_of(STRIP);
        let mut clipped = vec![0; rows.div_ceil(part_rows)];
        let parts = self.weights.blocks_mut().chunks_mut(part_rows * width);
        let parts = parts.zip(step.blocks().chunks(part_rows * width)).zip(self.signs.chunks(part_rows));
        let tasks = parts.zip(&mut clipped).enumerate().map(|(part, (((weights, step), signs), clipped))| -> Task {
            Box::new(move || {
                let normals = seed.normals().after_groups(part * part_rows * width / GROUP);
                *clipped = apply(Rows { width, last_mask, step, signs }, weights, sigma, normals);
            })
        });
        executor.run(tasks.collect());
        let cells = (rows * step.columns()) as u64;
        let clipped_low = clipped.iter().sum();
        Ok(WriteReport { cells_written: cells, clipped_low, cells, ..WriteReport::default() })
    }
}

/// Checks a matrix for NaN and infinity.
///
/// # Errors
/// [`NotFinite`] if it contains one.
pub fn check_finite(step: &Matrix) -> Result<(), NotFinite> {
    if all_finite(step.blocks()) { Ok(()) } else { Err(NotFinite) }
}

#[kernel]
fn all_finite(blocks: &[Block]) -> bool {
    // Zero times NaN or infinity is NaN, which the sum preserves.
    let mut sums = Block::ZERO;
    for block in blocks {
        for lane in 0..LANES {
            sums[lane] += block[lane] * 0.0;
        }
    }
    sums.0.iter().all(|sum| !sum.is_nan())
}

/// Smallest part of an update, blocks: some microseconds.
const MIN_BLOCKS: usize = 1024;
/// Rows with joint noise draws: few enough for the first-level cache, and whole groups of draws.
const STRIP: usize = 4 * GROUP;

/// Rows to update, of `width` blocks each; `last_mask` marks the columns of the last block.
#[derive(Clone, Copy)]
struct Rows<'a> {
    width: usize,
    last_mask: Block,
    step: &'a [Block],
    signs: &'a [Sign],
}

/// Updates some rows of the weights with noise from `normals`. Returns how many weights crossed zero and were set to
/// zero.
#[kernel]
fn apply(rows: Rows, weights: &mut [Block], sigma: f32, mut normals: Normals) -> u64 {
    let Rows { width, last_mask, step, signs } = rows;
    let mut draws = vec![Block::ZERO; STRIP * width];
    let mut clipped = 0;
    let strips = weights.chunks_mut(STRIP * width).zip(step.chunks(STRIP * width)).zip(signs.chunks(STRIP));
    for ((weights, step), signs) in strips {
        let draws = &mut draws[..weights.len()];
        if sigma > 0.0 {
            normals.fill(draws);
        }
        let rows = weights.chunks_exact_mut(width).zip(step.chunks_exact(width)).zip(draws.chunks_exact(width));
        for (((weights, step), draws), sign) in rows.zip(signs) {
            clipped += apply_row(weights, step, draws, sigma, *sign, last_mask);
        }
    }
    clipped
}

#[inline(always)]
fn apply_row(weights: &mut [Block], step: &[Block], draws: &[Block], sigma: f32, sign: Sign, last_mask: Block) -> u64 {
    let (blocks, bound, sign) = (weights.len(), sign.bound(), sign.factor());
    let mut crossed = Block::ZERO;
    for block in 0..blocks {
        let mask = if block + 1 == blocks { last_mask } else { Block::splat(1.0) };
        // Multiplied by the sign of the row, so that the bound is a lower one for both populations.
        let along = ((weights[block] + step[block]) + draws[block] * sigma) * sign;
        crossed += along.map(|along| if along < bound { 1.0 } else { 0.0 }) * mask;
        weights[block] = Block::ZERO.select(along * sign * mask, along, |along| along < bound);
    }
    crossed.0.iter().map(|&count| count as u64).sum()
}

#[cfg(test)]
mod tests {
    use ohmspike_simd::Serial;

    use super::*;

    fn store(sigma: f32) -> DigitalWeights {
        let initial = Matrix::from_fn(2, 20, |row, _| if row == 0 { 0.1 } else { -0.1 });
        DigitalWeights::noisy(initial, vec![Sign::Excitatory, Sign::Inhibitory], sigma)
    }

    #[test]
    fn weights_are_clipped_at_zero() {
        let mut store = store(0.0);
        let step = Matrix::from_fn(2, 20, |_, column| if column < 10 { 0.2 } else { -0.2 });
        let report = store.update(&step, Seed::new(1), &Serial).expect("finite");
        assert_eq!(report.clipped_low, 20);
        assert_eq!(report.cells_written, 40);
        assert_eq!(
            (report.pulses, report.verify_reads, report.failed_writes, report.refreshed, report.pulse_limited),
            (0, 0, 0, 0, 0)
        );
        assert_eq!([store.weights[(0, 0)], store.weights[(0, 10)]], [0.1 + 0.2, 0.0]);
        assert_eq!([store.weights[(1, 0)], store.weights[(1, 10)]], [0.0, -0.1 - 0.2]);
    }

    #[test]
    fn unconstrained_weights_can_cross_zero() {
        let mut store = DigitalWeights::exact(Matrix::from_fn(1, 20, |_, _| 0.5), vec![Sign::Unconstrained]);
        let step = Matrix::from_fn(1, 20, |_, _| -0.75);
        let report = store.update(&step, Seed::new(1), &Serial).expect("finite");
        assert_eq!((report.clipped_low, store.weights[(0, 19)]), (0, -0.25));
        assert!(store.weights.row(0)[1].0[4..].iter().all(|&padding| padding == 0.0));
    }

    #[test]
    fn noise_keeps_signs_and_padding() {
        let mut store = store(0.1);
        for batch in 0..50 {
            store.update(&Matrix::zeros(2, 20), Seed::new(1).numbered(batch), &Serial).expect("finite");
        }
        assert!(store.weights.row(0).iter().all(|block| block.0.iter().all(|&weight| weight >= 0.0)));
        assert!(store.weights.row(1).iter().all(|block| block.0.iter().all(|&weight| weight <= 0.0)));
        assert!(store.weights.row(0)[1].0[4..].iter().all(|&padding| padding == 0.0));
    }

    #[test]
    fn restored_weights_continue_bit_identically() {
        let step = Matrix::from_fn(2, 20, |row, column| 0.01 * (column as f32 - 7.0 - row as f32));
        let update = |store: &mut DigitalWeights, batch| store.update(&step, Seed::new(1).numbered(batch), &Serial);
        for sigma in [0.0, 0.1] {
            let mut straight = store(sigma);
            for batch in 0..10 {
                update(&mut straight, batch).expect("finite");
            }
            let written = postcard::to_stdvec(&straight.state()).expect("numbers");
            let mut restored = store(sigma);
            restored.restore(postcard::from_bytes(&written).expect("a matrix")).expect("the same shape");
            for batch in 10..20 {
                assert_eq!(update(&mut restored, batch), update(&mut straight, batch));
                assert_eq!(restored.weights, straight.weights);
            }
        }
    }

    #[test]
    fn rejects_a_state_of_another_shape() {
        let mut store = store(0.1);
        let before = store.weights.clone();
        let error = store.restore(Matrix::zeros(2, 21)).expect_err("another shape");
        assert_eq!(error.to_string(), "state: expected 2 x 20, got 2 x 21 (rows x columns)");
        assert_eq!(store.weights, before);
    }

    #[test]
    fn rejects_updates_that_are_not_finite() {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut store = store(0.1);
            let before = store.weights.clone();
            let step = Matrix::from_fn(2, 20, |row, column| if (row, column) == (1, 17) { bad } else { 0.0 });
            assert_eq!(store.update(&step, Seed::new(1), &Serial), Err(NotFinite));
            assert_eq!(store.weights, before);
        }
    }
}
