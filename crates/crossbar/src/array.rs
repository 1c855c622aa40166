//! Rows x columns of pairs: the state of a crossbar, and its update.
//!
//! An update goes through the array in strips of rows that stay in the cache: draws, write (program.rs),
//! effective weights and variance of a read (effective.rs). The draw of a cell is given by its place alone: the normals
//! of the update's stream fill the blocks of the array row after row, padding included, as in the abstract study.

use std::ops::Range;

use lanes::{Block, Matrix, lane_mask};
use seed::Seed;

use crate::array_error::{ArrayError, LARGEST_SCALE, LARGEST_SIGMA};
use crate::device::Device;
use crate::effective::{Programmed, refresh_variance, refresh_weights};
use crate::finite::first_not_finite;
use crate::mapping::{PairMapping, Sign};
use crate::program::{AddWrite, Scratch, Strip};
use crate::read_spread::ReadSpread;
use crate::report::WriteReport;

/// Blocks of a strip: seven streams of 8 KiB.
const STRIP_BLOCKS: usize = 128;

/// What an array needs to know beside its device and its first weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ArrayParams<'a> {
    /// Weight of a cell that is fully on.
    pub full_scale: f32,
    /// Sign of every row.
    pub signs: &'a [Sign],
    /// Standard deviation of a write in units of weight, for a device whose write noise is `study-level`; others
    /// state their own.
    pub study_sigma: f32,
    /// Factor on the write spread, for sweeps; 1 leaves it as the device and the study state it.
    pub write_spread_scale: f32,
}

/// Rows x columns of pairs of one chip.
#[derive(Clone, Debug)]
pub struct CrossbarArray {
    mapping: PairMapping,
    write: AddWrite,
    read: Option<ReadSpread>,
    signs: Vec<f32>,
    excess: Matrix,
    parked: Option<Matrix>,
    weights: Matrix,
    variance: Option<Matrix>,
    scratch: Scratch,
    initial: WriteReport,
}

impl CrossbarArray {
    /// A chip of `device` with the weights of `initial`. Parked cells are drawn from `chip`.
    ///
    /// The first weights are programmed exactly: they are random draws themselves, and a spread of their writes would
    /// only widen them. Those outside the window end at its ends and are counted ([`CrossbarArray::initial_report`]).
    /// With a parked device the effective weights differ from `initial` by its spread.
    ///
    /// # Errors
    /// Every [`ArrayError`] but `StepShape`.
    pub fn new(
        device: &Device,
        params: ArrayParams,
        initial: &Matrix,
        chip: Seed,
    ) -> Result<CrossbarArray, ArrayError> {
        let mapping = PairMapping::new(device.window, params.full_scale)?;
        check_params(&params, &mapping, initial)?;
        let (rows, columns) = (initial.rows(), initial.columns());
        let read = ReadSpread::new(&device.read.white);
        let strip_rows = (STRIP_BLOCKS / initial.row_blocks()).max(1).min(rows);
        let mut array = CrossbarArray {
            mapping,
            write: AddWrite::new(&device.write, &mapping, params.study_sigma, params.write_spread_scale),
            variance: read.as_ref().map(|_| Matrix::zeros(rows, columns)),
            read,
            signs: params.signs.iter().map(|sign| sign.factor()).collect(),
            excess: Matrix::zeros(rows, columns),
            parked: device.parked.excess(&device.window, rows, columns, chip.named("parked")),
            weights: Matrix::zeros(rows, columns),
            scratch: Scratch::new(strip_rows * initial.row_blocks()),
            initial: WriteReport::default(),
        };
        array.initial = array.program_exactly(initial);
        Ok(array)
    }

    /// Adds `step` (weight) to the weights, as the device writes it. The draws come from `seed`: one seed an update.
    ///
    /// # Errors
    /// [`ArrayError::StepShape`], and [`ArrayError::NotFinite`] for a step with NaN or infinity. The array is then as
    /// it was before.
    pub fn update(&mut self, step: &Matrix, seed: Seed) -> Result<WriteReport, ArrayError> {
        self.check_step(step)?;
        let mut normals = seed.normals();
        let mut report = WriteReport::default();
        for rows in self.strips() {
            let blocks = self.blocks(&rows);
            if self.write.is_noisy() {
                normals.fill(&mut self.scratch.draws[..blocks.len()]);
            }
            let strip = Strip {
                signs: &self.signs[rows.clone()],
                width: step.row_blocks(),
                last_mask: last_mask(step),
                excess: &mut self.excess.blocks_mut()[blocks.clone()],
                step: &step.blocks()[blocks],
            };
            report += self.write.apply(strip, &mut self.scratch);
            report += self.refresh(rows);
        }
        Ok(report)
    }

    /// Rows of pairs.
    pub fn rows(&self) -> usize {
        self.excess.rows()
    }

    /// Columns of pairs.
    pub fn columns(&self) -> usize {
        self.excess.columns()
    }

    /// How weights and conductances belong together.
    pub fn mapping(&self) -> &PairMapping {
        &self.mapping
    }

    /// Effective weights now.
    pub fn weights(&self) -> &Matrix {
        &self.weights
    }

    /// Variance of one read of each weight, weight²; none where the device has no read noise.
    pub fn read_variance(&self) -> Option<&Matrix> {
        self.variance.as_ref()
    }

    /// Conductances of the written and of the parked branch of a pair, µS.
    pub fn conductance(&self, row: usize, column: usize) -> (f32, f32) {
        let floor = self.mapping.window().low();
        let parked = self.parked.as_ref().map_or(0.0, |parked| parked[(row, column)]);
        (floor + self.excess[(row, column)], floor + parked)
    }

    /// Conductance of every written branch above the floor of the window, µS.
    pub fn excess(&self) -> &Matrix {
        &self.excess
    }

    /// What became of the first weights: clipped and wrong-sign cells.
    pub fn initial_report(&self) -> WriteReport {
        self.initial
    }

    /// Spread of one read; none where the device has no read noise.
    pub(crate) fn read_spread(&self) -> Option<&ReadSpread> {
        self.read.as_ref()
    }

    /// Whether the parked branch is a cell of the array.
    pub(crate) fn has_parked_cells(&self) -> bool {
        self.parked.is_some()
    }

    /// Sign of a row, +1 or -1.
    pub(crate) fn sign(&self, row: usize) -> f32 {
        self.signs[row]
    }

    fn program_exactly(&mut self, weights: &Matrix) -> WriteReport {
        let span = self.mapping.window().span();
        let mut report = WriteReport { cells_written: (self.rows() * self.columns()) as u64, ..WriteReport::default() };
        for row in 0..self.rows() {
            for column in 0..self.columns() {
                let excess = self.signs[row] * weights[(row, column)] * self.mapping.inverse_kappa();
                report.clipped_low += u64::from(excess < 0.0);
                report.clipped_high += u64::from(excess > span);
                self.excess[(row, column)] = excess.clamp(0.0, span);
            }
        }
        for rows in self.strips() {
            report += self.refresh(rows);
        }
        report
    }

    /// Effective weights and variances of `rows` from their conductances; the report counts signs.
    fn refresh(&mut self, rows: Range<usize>) -> WriteReport {
        let blocks = self.blocks(&rows);
        let programmed = || Programmed {
            signs: &self.signs[rows.clone()],
            width: self.excess.row_blocks(),
            last_mask: last_mask(&self.excess),
            excess: &self.excess.blocks()[blocks.clone()],
            parked: self.parked.as_ref().map(|parked| &parked.blocks()[blocks.clone()]),
        };
        let weights = &mut self.weights.blocks_mut()[blocks.clone()];
        let wrong_sign = refresh_weights(programmed(), &self.mapping, weights);
        if let (Some(variance), Some(spread)) = (&mut self.variance, &self.read) {
            refresh_variance(programmed(), &self.mapping, spread, &mut variance.blocks_mut()[blocks.clone()]);
        }
        WriteReport { wrong_sign, cells: (rows.len() * self.columns()) as u64, ..WriteReport::default() }
    }

    /// Rows in runs that fit the draw buffer.
    fn strips(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let (rows, strip) = (self.rows(), self.scratch.blocks() / self.excess.row_blocks());
        (0..rows).step_by(strip).map(move |first| first..(first + strip).min(rows))
    }

    /// Blocks of `rows`.
    fn blocks(&self, rows: &Range<usize>) -> Range<usize> {
        let width = self.excess.row_blocks();
        rows.start * width..rows.end * width
    }

    fn check_step(&self, step: &Matrix) -> Result<(), ArrayError> {
        let (rows, columns, own_rows, own_columns) = (step.rows(), step.columns(), self.rows(), self.columns());
        if (rows, columns) != (own_rows, own_columns) {
            return Err(ArrayError::StepShape { rows, columns, own_rows, own_columns });
        }
        check_finite("step", step)
    }
}

fn check_params(params: &ArrayParams, mapping: &PairMapping, initial: &Matrix) -> Result<(), ArrayError> {
    let (rows, columns, signs) = (initial.rows(), initial.columns(), params.signs.len());
    if rows == 0 || columns == 0 {
        return Err(ArrayError::Empty { rows, columns });
    }
    if signs != rows {
        return Err(ArrayError::Signs { signs, rows });
    }
    let scale = params.write_spread_scale;
    if !(0.0..=LARGEST_SCALE).contains(&scale) {
        return Err(ArrayError::SpreadScale { scale });
    }
    let study_sigma = params.study_sigma;
    if !(0.0..=LARGEST_SIGMA).contains(&(study_sigma * mapping.inverse_kappa() * scale.max(1.0))) {
        return Err(ArrayError::StudySigma { study_sigma });
    }
    check_finite("weights", initial)
}

fn check_finite(what: &'static str, matrix: &Matrix) -> Result<(), ArrayError> {
    match first_not_finite(matrix) {
        Some((row, column, value)) => Err(ArrayError::NotFinite { what, row, column, value }),
        None => Ok(()),
    }
}

/// 1 in the lanes of a row's last block that hold a cell.
fn last_mask(matrix: &Matrix) -> Block {
    lane_mask(matrix.columns(), matrix.row_blocks() - 1)
}
