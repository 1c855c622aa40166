//! A crossbar of rows x columns of pairs: its state and its update.
//!
//! ```text
//! Pairs     which conductances stand for which weights         array/pairs.rs
//! Writing   update -> targets -> writes of the cells           array/writing.rs
//! Reading   cells -> drift, voltage -> weights, read variance  array/reading.rs
//! ```
//!
//! An update processes strips of rows that fit into the cache: targets of both branches (`pair.rs`), writes
//! (`branch_cells.rs` and the schemes below it), then effective weights and read variance (`effective.rs`). The
//! position of a cell alone selects its draw: the normals of the update's stream fill the blocks of the array row by
//! row, padding included, exactly as in the same update with digital weights.

mod pairs;
mod reading;
mod writing;

use std::ops::Range;

use ohmspike_rng::Seed;
use ohmspike_simd::{Block, Matrix};

use crate::array_error::{ArrayError, check_finite, check_params};
use crate::array_params::ArrayParams;
use crate::assemble::{branches, driven_rows, faults, scheme};
use crate::branch_cells::{BranchCells, BranchStreams, StripReport, last_mask};
use crate::converters::ArrayConverters;
use crate::device::Device;
use crate::driven_lines::DrivenLines;
use crate::effective::{Programmed, refresh_weights};
use crate::ledger::Ledger;
use crate::lines::{Lines, no_gain};
use crate::mapping::PairMapping;
use crate::pair::{Controller, Refreshes};
use crate::program::{Scratch, WriteLaw};
use crate::read_conductance::ReadConductance;
use crate::read_spread::ReadSpread;
use crate::report::WriteReport;
use crate::rtn::RtnReads;
use pairs::Pairs;
use reading::Reading;
use writing::Writing;

/// Blocks per strip: a dozen streams of 8 KiB.
const STRIP_BLOCKS: usize = 128;

/// Rows x columns of pairs of one chip.
#[derive(Clone, Debug)]
pub struct CrossbarArray {
    pub(crate) pairs: Pairs,
    pub(crate) main: BranchCells,
    /// Cells on the opposite side: reference cells, or written ones in two-branch pairs; `None` for an exact reference.
    pub(crate) other: Option<BranchCells>,
    pub(crate) writing: Writing,
    pub(crate) reading: Reading,
    pub(crate) ledger: Ledger,
}

impl CrossbarArray {
    /// Builds a chip of `device` with the weights `initial`. Device-to-device variation is drawn from `chip`.
    ///
    /// Initial weights are programmed without write noise, to the nearest level if the device has levels: they are
    /// random draws already. Weights outside the window are clipped and counted ([`CrossbarArray::initial_report`]).
    /// Stuck cells ignore them. With reference cells, the effective weights differ from `initial` by the variation of
    /// the reference.
    ///
    /// # Errors
    /// Returns every [`ArrayError`] except `StepShape`.
    pub fn new(
        device: &Device,
        params: ArrayParams,
        initial: &Matrix,
        chip: Seed,
    ) -> Result<CrossbarArray, ArrayError> {
        let mapping = PairMapping::new(device.window, params.weight_at_gmax)?;
        check_params(&params, &mapping, initial)?;
        let (rows, columns) = (initial.rows(), initial.columns());
        let signs: Vec<f32> = params.branches.iter().map(|branch| branch.sign()).collect();
        let read = ReadSpread::new(&device.read.white);
        // Without a read voltage, no quantity is in µA.
        let weight_per_microampere = f64::from(mapping.weight_per_microsiemens()) / device.read.volts.unwrap_or(1.0);
        let converters =
            ArrayConverters::new(&device.converters, rows, columns, weight_per_microampere, chip.named("converters"));
        let faults = faults(device, &params, [rows, columns], chip);
        let gains = converters.as_ref().and_then(ArrayConverters::row_gains);
        let driven = driven_rows(&signs, gains, faults.dead_rows());
        let every_cell = device.write.reaches_every_cell();
        let update_sigma = params.update_sigma * params.fraction_of_update_noise(every_cell);
        let law = WriteLaw::new(&device.write, &mapping, update_sigma, params.write_spread_scale, every_cell);
        let strip_rows = (STRIP_BLOCKS / initial.row_blocks()).max(1).min(rows);
        let scratch = Scratch::new(strip_rows * initial.row_blocks());
        let (main, other) = branches(device, &params, &signs, &faults, [rows, columns], chip, every_cell);
        let copied = params.controller == Controller::DigitalCopy;
        let lines = Lines::new(device, &mapping, &signs, columns, other.is_some(), read.is_some());
        let writing = Writing {
            law,
            scheme: scheme(device, &mapping, &read, params.write_spread_scale),
            levels: device.levels.at(&device.window),
            copy: copied.then(|| Matrix::zeros(rows, columns)),
            gradient_weights: copied.then(|| Matrix::zeros(rows, columns)),
            scratch: if params.writes_opposite() { [scratch.clone(), scratch] } else { [scratch, Scratch::new(0)] },
            updates: 0,
            initial: WriteReport::default(),
        };
        let rtn = device
            .read
            .rtn
            .telegraph()
            .map(|noise| RtnReads::new(noise, &mapping, [rows, columns], other.is_some(), chip.named("telegraph")));
        let reading = Reading {
            conductance: ReadConductance::new(device, mapping.window().low()),
            variance: read.as_ref().filter(|_| !lines.is_driven()).map(|_| Matrix::zeros(rows, columns)),
            spread: read,
            rtn,
            lines,
            converters,
            column_gain: no_gain(device, columns),
            weights: Matrix::zeros(rows, columns),
        };
        let pairs = Pairs::new(&params, mapping, signs, driven);
        let mut array = CrossbarArray { pairs, main, other, writing, reading, ledger: Ledger::default() };
        array.writing.initial = array.program_exactly(initial, params.conductances);
        Ok(array)
    }

    /// Adds `step` (weight) to the weights through the write model of the device. Use one `seed` per update. Cells are
    /// then in their state right after a write (the reference time of their drift).
    ///
    /// # Errors
    /// Returns [`ArrayError::StepShape`], or [`ArrayError::NotFinite`] for a step with NaN or infinity. The array is
    /// unchanged in both cases.
    pub fn update(&mut self, step: &Matrix, seed: Seed) -> Result<WriteReport, ArrayError> {
        self.check_step(step)?;
        let mut streams = [seed, seed.named("opposite")].map(BranchStreams::new);
        let mut report = WriteReport::default();
        self.reading.conductance.rest(0.0);
        for rows in self.strips() {
            let blocks = self.blocks(&rows);
            let refreshes = self.aim(&rows, &step.blocks()[blocks.clone()]);
            report += self.write_aimed(rows, refreshes, &mut streams);
        }
        self.end_update(&report);
        Ok(report)
    }

    /// Writes the targets of `rows`, after `refreshes` of pairs, and refreshes the weights.
    pub(crate) fn write_aimed(
        &mut self,
        rows: Range<usize>,
        refreshes: Refreshes,
        streams: &mut [BranchStreams; 2],
    ) -> WriteReport {
        let written = self.write(&rows, streams);
        let mut report = written.counts;
        // A refresh resets both cells of a pair.
        report.refreshed += refreshes.pairs;
        report.pulses += 2 * refreshes.pairs;
        self.ledger.write_conductance += refreshes.conductance + written.pulsed;
        self.ledger.verify_conductance += written.verified;
        report += self.refresh(rows);
        report
    }

    /// Counts the `report` of an update of all rows.
    pub(crate) fn end_update(&mut self, report: &WriteReport) {
        self.ledger.write_pulses += report.pulses;
        self.ledger.verify_reads += report.verify_reads;
        self.writing.updates += 1;
        self.update_lines();
        self.refresh_rtn();
    }

    /// Sets the time since the last write of every cell to `seconds`: later reads see the drifted conductances, each
    /// cell on its own path. Times before the reference time of the drift count as the reference time. The next update
    /// writes to the conductances before drift.
    ///
    /// A driven array with wires is solved exactly if its conductances have changed.
    pub fn rest(&mut self, seconds: f64) {
        self.end_epoch();
        self.reading.conductance.rest(seconds);
        if self.refresh_all() {
            self.solve_lines(false);
        }
    }

    /// Returns the time since the last write that reads see, s.
    pub fn rested_seconds(&self) -> f64 {
        self.reading.conductance.rested()
    }

    /// Recomputes everything derived from the conductances: drifted conductances, effective weights, variances, RTN. Returns
    /// whether a conductance of a driven array with wires has changed.
    pub(crate) fn refresh_all(&mut self) -> bool {
        for rows in self.strips() {
            self.refresh(rows);
        }
        let moved = self.refresh_lines(false);
        self.refresh_rtn();
        moved
    }

    /// Advances random telegraph noise (RTN) by `seconds`, with draws from `seed`.
    pub fn pass(&mut self, seconds: f64, seed: Seed) {
        let Some(rtn) = &mut self.reading.rtn else { return };
        rtn.pass(seconds, [Some(&self.main), self.other.as_ref()], self.pairs.mapping.window().low(), seed);
    }

    /// Returns true if reads change over time ([`CrossbarArray::pass`]).
    pub fn has_rtn(&self) -> bool {
        self.reading.rtn.is_some()
    }

    /// Returns the weights that a read sums: effective weights, through the wires of a driven array, with the present RTN.
    pub fn read_weights(&self) -> &Matrix {
        self.reading.rtn.as_ref().map_or_else(|| self.seen_weights(), |rtn| rtn.weights())
    }

    /// Returns the number of rows of pairs.
    pub fn rows(&self) -> usize {
        self.main.g_above_min.rows()
    }

    /// Returns the number of columns of pairs.
    pub fn columns(&self) -> usize {
        self.main.g_above_min.columns()
    }

    /// Returns the mapping between weights and conductances.
    pub fn mapping(&self) -> &PairMapping {
        &self.pairs.mapping
    }

    /// Returns the present effective weights: conductances at the read voltage, without read noise.
    pub fn weights(&self) -> &Matrix {
        &self.reading.weights
    }

    /// Returns the controller's estimate of the weights: the effective weights, or its digital copy.
    pub fn gradient_weights(&self) -> &Matrix {
        self.writing.gradient_weights.as_ref().unwrap_or(&self.reading.weights)
    }

    /// Returns the variance of one read of each weight, weight²; `None` without read noise.
    pub fn read_variance(&self) -> Option<&Matrix> {
        self.driven_lines().map_or(self.reading.variance.as_ref(), DrivenLines::variance)
    }

    /// Returns the converters, if the device has any.
    pub fn converters(&self) -> Option<&ArrayConverters> {
        self.reading.converters.as_ref()
    }

    /// Returns the converters for calibration.
    pub fn converters_mut(&mut self) -> Option<&mut ArrayConverters> {
        self.reading.converters.as_mut()
    }

    /// Returns the conductances of the main and the opposite branch of a pair as a read sees them, µS.
    pub fn conductance(&self, row: usize, column: usize) -> (f32, f32) {
        let floor = self.pairs.mapping.window().low();
        let other =
            self.other.as_ref().map_or(self.reading.conductance.reference(), |other| other.seen_at(row, column));
        (floor + self.main.seen_at(row, column), floor + other)
    }

    /// Returns the conductance above Gmin of every main cell after its last write, µS.
    pub fn g_above_min(&self) -> &Matrix {
        &self.main.g_above_min
    }

    /// Returns the counts of initial programming: clipped and wrong-sign cells.
    pub fn initial_report(&self) -> WriteReport {
        self.writing.initial
    }

    /// Returns the read noise, if any.
    pub(crate) fn read_spread(&self) -> Option<&ReadSpread> {
        self.reading.spread.as_ref()
    }

    /// Returns the conductances G+ and G- of a pair as a read sees them, µS.
    pub fn plus_and_minus(&self, row: usize, column: usize) -> [f32; 2] {
        let (main, opposite) = self.conductance(row, column);
        if self.pairs.signs[row] > 0.0 { [main, opposite] } else { [opposite, main] }
    }

    /// Returns true if the pairs have cells on the opposite side.
    pub(crate) fn has_opposite_cells(&self) -> bool {
        self.other.is_some()
    }

    /// Returns the sign of a row, +1 or -1, times the gain of its driver.
    pub(crate) fn driven(&self, row: usize) -> f32 {
        self.pairs.driven[row]
    }

    /// Converts the step of `rows` to targets of both branches; returns the refreshes.
    fn aim(&mut self, rows: &Range<usize>, step: &[Block]) -> Refreshes {
        self.writing.aim(&self.pairs, (&mut self.main, self.other.as_mut()), rows, step)
    }

    /// Writes the targets of `rows`.
    fn write(&mut self, rows: &Range<usize>, streams: &mut [BranchStreams; 2]) -> StripReport {
        let (blocks, signs) = (self.blocks(rows), &self.pairs.signs[rows.clone()]);
        let other = self.other.as_mut().filter(|_| self.pairs.writes_opposite);
        self.writing.write((&mut self.main, other), blocks, signs, streams)
    }

    fn program_exactly(&mut self, weights: &Matrix, conductances: Option<&Matrix>) -> WriteReport {
        let (span, floor) = (self.pairs.mapping.window().span(), self.pairs.mapping.window().low());
        let mut report = WriteReport { cells_written: (self.rows() * self.columns()) as u64, ..WriteReport::default() };
        for row in 0..self.rows() {
            for column in 0..self.columns() {
                let wanted = match conductances {
                    Some(conductances) => conductances[(row, column)] - floor,
                    None => {
                        self.pairs.signs[row] * weights[(row, column)] * self.pairs.mapping.microsiemens_per_weight()
                    }
                };
                report.clipped_low += u64::from(wanted < self.pairs.lowest);
                report.clipped_high += u64::from(wanted > span);
                let wanted = wanted.clamp(self.pairs.lowest, span);
                let [main, other] = self.pairs.kind.cells_of(wanted, span);
                self.main.g_above_min[(row, column)] = main;
                if let Some(branch) = self.other.as_mut().filter(|_| self.pairs.writes_opposite) {
                    branch.g_above_min[(row, column)] = other;
                }
                if let Some(copy) = &mut self.writing.copy {
                    copy[(row, column)] = wanted;
                }
            }
        }
        for branch in [Some(&mut self.main), self.other.as_mut().filter(|_| self.pairs.writes_opposite)] {
            let Some(branch) = branch else { continue };
            if let Some(levels) = &self.writing.levels {
                let (columns, width) = (branch.g_above_min.columns(), branch.g_above_min.row_blocks());
                for (number, block) in branch.g_above_min.blocks_mut().iter_mut().enumerate() {
                    *block = levels.nearest_excess(block) * ohmspike_simd::lane_mask(columns, number % width);
                }
            }
            branch.hold();
        }
        for rows in self.strips() {
            report += self.refresh(rows);
        }
        self.refresh_lines(true);
        self.solve_lines(false);
        report
    }

    /// Recomputes the visible conductances, effective weights and variances of `rows`; the report counts wrong signs.
    fn refresh(&mut self, rows: Range<usize>) -> WriteReport {
        let negative = self.reading.refresh(&self.pairs, (&mut self.main, self.other.as_mut()), rows.clone());
        self.refresh_gradient_weights(&rows);
        let wrong_sign = if self.pairs.lowest < 0.0 { 0 } else { negative };
        WriteReport { wrong_sign, cells: (rows.len() * self.columns()) as u64, ..WriteReport::default() }
    }

    /// Converts the digital copy of `rows` to weights, if there is one.
    fn refresh_gradient_weights(&mut self, rows: &Range<usize>) {
        let blocks = self.blocks(rows);
        let Writing { copy: Some(copy), gradient_weights: Some(gradient_weights), .. } = &mut self.writing else {
            return;
        };
        let copied = Programmed {
            signs: &self.pairs.signs[rows.clone()],
            width: copy.row_blocks(),
            last_mask: last_mask(copy),
            g_above_min: &copy.blocks()[blocks.clone()],
            opposite: None,
            reference: 0.0,
        };
        refresh_weights(copied, &self.pairs.mapping, &mut gradient_weights.blocks_mut()[blocks]);
    }

    /// Adds the present RTN to new effective weights.
    pub(crate) fn refresh_rtn(&mut self) {
        self.reading.refresh_rtn(&self.pairs, [Some(&self.main), self.other.as_ref()]);
    }

    /// Splits the rows into strips that fit the buffers.
    pub(crate) fn strips(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let (rows, strip) = (self.rows(), self.writing.strip_rows(self.main.g_above_min.row_blocks()));
        (0..rows).step_by(strip).map(move |first| first..(first + strip).min(rows))
    }

    /// Returns the blocks of `rows`.
    pub(crate) fn blocks(&self, rows: &Range<usize>) -> Range<usize> {
        let width = self.main.g_above_min.row_blocks();
        rows.start * width..rows.end * width
    }

    pub(crate) fn check_step(&self, step: &Matrix) -> Result<(), ArrayError> {
        let (rows, columns, own_rows, own_columns) = (step.rows(), step.columns(), self.rows(), self.columns());
        if (rows, columns) != (own_rows, own_columns) {
            return Err(ArrayError::StepShape { rows, columns, own_rows, own_columns });
        }
        check_finite("update", step)
    }
}
