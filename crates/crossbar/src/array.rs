//! A crossbar of rows x columns of pairs: its state and its update.
//!
//! An update processes strips of rows that fit into the cache: targets of both branches (`pair.rs`), writes
//! (`branch_cells.rs` and the schemes below it), then effective weights and read variance (`effective.rs`). The
//! position of a cell alone selects its draw: the normals of the update's stream fill the blocks of the array row by
//! row, padding included, exactly as in the same update with digital weights.

use std::ops::Range;

use ohmspike_rng::Seed;
use ohmspike_simd::{Block, LANES, Matrix};

use crate::array_error::{ArrayError, check_finite, check_params};
use crate::array_params::ArrayParams;
use crate::assemble::{branches, driven_rows, faults, scheme};
use crate::branch_cells::{BranchCells, BranchStreams, Scheme, StripReport, last_mask};
use crate::converters::ArrayConverters;
use crate::device::{Device, LevelGrid};
use crate::driven_lines::DrivenLines;
use crate::effective::{Programmed, refresh_variance, refresh_weights};
use crate::gated_lines::Seen;
use crate::ledger::Ledger;
use crate::lines::{Lines, no_gain};
use crate::mapping::PairMapping;
use crate::pair::{Asked, BranchAim, Controller, PairKind, Refreshes, aim_copy, aim_read_back, aim_two_branches};
use crate::program::{Scratch, WriteLaw};
use crate::read_conductance::ReadConductance;
use crate::read_spread::ReadSpread;
use crate::report::WriteReport;
use crate::rtn::RtnReads;

/// Blocks per strip: a dozen streams of 8 KiB.
const STRIP_BLOCKS: usize = 128;

/// Rows x columns of pairs of one chip.
#[derive(Clone, Debug)]
pub struct CrossbarArray {
    pub(crate) mapping: PairMapping,
    pub(crate) pair: PairKind,
    /// Whether updates write the cells of the opposite branch.
    pub(crate) writes_opposite: bool,
    /// Smallest e - o of a pair, µS above Gmin: 0, or minus the width of the window in pairs that hold either sign.
    pub(crate) lowest: f32,
    pub(crate) law: WriteLaw,
    pub(crate) scheme: Scheme,
    pub(crate) levels: Option<LevelGrid>,
    signs: Vec<f32>,
    /// 1/κ with the sign of every row, µS per weight.
    pub(crate) per_weight: Vec<f32>,
    /// Sign of every row times the gain of its driver; 0 in dead rows.
    pub(crate) driven: Vec<f32>,
    pub(crate) main: BranchCells,
    /// Cells on the opposite side: reference cells, or written ones in two-branch pairs; `None` for an exact reference.
    pub(crate) other: Option<BranchCells>,
    /// Target of the controller for main minus opposite branch, µS.
    pub(crate) copy: Option<Matrix>,
    /// The same in units of weight.
    gradient_weights: Option<Matrix>,
    weights: Matrix,
    variance: Option<Matrix>,
    pub(crate) read_conductance: ReadConductance,
    pub(crate) read: Option<ReadSpread>,
    pub(crate) rtn: Option<RtnReads>,
    pub(crate) converters: Option<ArrayConverters>,
    pub(crate) lines: Lines,
    /// Digital gain of the columns, one row.
    pub(crate) column_gain: Option<Matrix>,
    pub(crate) scratch: [Scratch; 2],
    pub(crate) updates: u64,
    initial: WriteReport,
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
        let (writes_opposite, copied) = (params.writes_opposite(), params.controller == Controller::DigitalCopy);
        let lines = Lines::new(device, &mapping, &signs, columns, other.is_some(), read.is_some());
        let mut array =
            CrossbarArray {
                mapping,
                pair: params.pair,
                writes_opposite,
                lowest: if params.either_sign { -mapping.window().span() } else { 0.0 },
                scheme: scheme(device, &mapping, &read, params.write_spread_scale),
                levels: device.levels.at(&device.window),
                per_weight: signs.iter().map(|sign| sign * mapping.microsiemens_per_weight()).collect(),
                driven,
                rtn: device.read.rtn.telegraph().map(|noise| {
                    RtnReads::new(noise, &mapping, [rows, columns], other.is_some(), chip.named("telegraph"))
                }),
                read_conductance: ReadConductance::new(device, mapping.window().low()),
                copy: copied.then(|| Matrix::zeros(rows, columns)),
                gradient_weights: copied.then(|| Matrix::zeros(rows, columns)),
                weights: Matrix::zeros(rows, columns),
                variance: read.as_ref().filter(|_| !lines.is_driven()).map(|_| Matrix::zeros(rows, columns)),
                scratch: if writes_opposite { [scratch.clone(), scratch] } else { [scratch, Scratch::new(0)] },
                law,
                signs,
                main,
                other,
                read,
                converters,
                lines,
                column_gain: no_gain(device, columns),
                updates: 0,
                initial: WriteReport::default(),
                ledger: Ledger::default(),
            };
        array.initial = array.program_exactly(initial, params.conductances);
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
        self.read_conductance.rest(0.0);
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
        self.updates += 1;
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
        self.read_conductance.rest(seconds);
        if self.refresh_all() {
            self.solve_lines(false);
        }
    }

    /// Returns the time since the last write that reads see, s.
    pub fn rested_seconds(&self) -> f64 {
        self.read_conductance.rested()
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
        let Some(rtn) = &mut self.rtn else { return };
        rtn.pass(seconds, [Some(&self.main), self.other.as_ref()], self.mapping.window().low(), seed);
    }

    /// Returns true if reads change over time ([`CrossbarArray::pass`]).
    pub fn has_rtn(&self) -> bool {
        self.rtn.is_some()
    }

    /// Returns the weights that a read sums: effective weights, through the wires of a driven array, with the present RTN.
    pub fn read_weights(&self) -> &Matrix {
        self.rtn.as_ref().map_or_else(|| self.seen_weights(), |rtn| rtn.weights())
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
        &self.mapping
    }

    /// Returns the present effective weights: conductances at the read voltage, without read noise.
    pub fn weights(&self) -> &Matrix {
        &self.weights
    }

    /// Returns the controller's estimate of the weights: the effective weights, or its digital copy.
    pub fn gradient_weights(&self) -> &Matrix {
        self.gradient_weights.as_ref().unwrap_or(&self.weights)
    }

    /// Returns the variance of one read of each weight, weight²; `None` without read noise.
    pub fn read_variance(&self) -> Option<&Matrix> {
        self.driven_lines().map_or(self.variance.as_ref(), DrivenLines::variance)
    }

    /// Returns the converters, if the device has any.
    pub fn converters(&self) -> Option<&ArrayConverters> {
        self.converters.as_ref()
    }

    /// Returns the converters for calibration.
    pub fn converters_mut(&mut self) -> Option<&mut ArrayConverters> {
        self.converters.as_mut()
    }

    /// Returns the conductances of the main and the opposite branch of a pair as a read sees them, µS.
    pub fn conductance(&self, row: usize, column: usize) -> (f32, f32) {
        let floor = self.mapping.window().low();
        let other = self.other.as_ref().map_or(self.read_conductance.reference(), |other| other.seen_at(row, column));
        (floor + self.main.seen_at(row, column), floor + other)
    }

    /// Returns the conductance above Gmin of every main cell after its last write, µS.
    pub fn g_above_min(&self) -> &Matrix {
        &self.main.g_above_min
    }

    /// Returns the counts of initial programming: clipped and wrong-sign cells.
    pub fn initial_report(&self) -> WriteReport {
        self.initial
    }

    /// Returns the read noise, if any.
    pub(crate) fn read_spread(&self) -> Option<&ReadSpread> {
        self.read.as_ref()
    }

    /// Returns the conductances G+ and G- of a pair as a read sees them, µS.
    pub fn plus_and_minus(&self, row: usize, column: usize) -> [f32; 2] {
        let (main, opposite) = self.conductance(row, column);
        if self.signs[row] > 0.0 { [main, opposite] } else { [opposite, main] }
    }

    /// Returns true if the pairs have cells on the opposite side.
    pub(crate) fn has_opposite_cells(&self) -> bool {
        self.other.is_some()
    }

    /// Returns the sign of a row, +1 or -1, times the gain of its driver.
    pub(crate) fn driven(&self, row: usize) -> f32 {
        self.driven[row]
    }

    /// Converts the step of `rows` to targets of both branches; returns the refreshes.
    fn aim(&mut self, rows: &Range<usize>, step: &[Block]) -> Refreshes {
        let blocks = rows.start * self.main.g_above_min.row_blocks()..rows.end * self.main.g_above_min.row_blocks();
        let asked = Asked {
            per_weight: &self.per_weight[rows.clone()],
            width: self.main.g_above_min.row_blocks(),
            step,
            lowest: self.lowest,
            span: self.mapping.window().span(),
            floor: self.mapping.window().low(),
            gains: !matches!(self.scheme, Scheme::Verified(_)),
        };
        let copy = self.copy.as_mut().map(|copy| &mut copy.blocks_mut()[blocks.clone()]);
        let [of_main, of_other] = &mut self.scratch;
        let main = branch_aim(&mut self.main, blocks.clone(), of_main);
        let refreshed = match (self.pair, &mut self.other, copy) {
            (PairKind::OneBranch, _, None) if !self.writes_opposite => {
                aim_read_back(&asked, main);
                Refreshes::default()
            }
            (PairKind::OneBranch, _, Some(copy)) if !self.writes_opposite => {
                aim_copy(&asked, main, copy);
                Refreshes::default()
            }
            (kind, Some(other), copy) => {
                aim_two_branches(kind, &asked, [main, branch_aim(other, blocks.clone(), of_other)], copy)
            }
            (_, None, _) => unreachable!("two-branch pairs have cells on both sides"),
        };
        if let Some(levels) = &self.levels {
            // With a copy, every cell of a one-branch pair is programmed to a level, even without an update.
            let stays = self.copy.is_none() || self.pair != PairKind::OneBranch;
            for scratch in self.scratch.iter_mut().filter(|scratch| scratch.blocks() > 0) {
                for (target, asked) in scratch.target[..step.len()].iter_mut().zip(&scratch.asked) {
                    let nearest = levels.nearest_excess(target);
                    *target = target.select(nearest, *asked, |asked| stays && asked == 0.0);
                }
            }
        }
        refreshed
    }

    /// Writes the targets of `rows`.
    fn write(&mut self, rows: &Range<usize>, streams: &mut [BranchStreams; 2]) -> StripReport {
        let (blocks, signs) = (self.blocks(rows), &self.signs[rows.clone()]);
        let [of_main, of_other] = &mut self.scratch;
        let [for_main, for_other] = streams;
        let mut report = self.main.write(blocks.clone(), signs, &self.law, &mut self.scheme, of_main, for_main);
        if let Some(other) = self.other.as_mut().filter(|_| self.writes_opposite) {
            let second = other.write(blocks, signs, &self.law, &mut self.scheme, of_other, for_other);
            report.counts += second.counts;
            report.pulsed += second.pulsed;
            report.verified += second.verified;
        }
        report
    }

    fn program_exactly(&mut self, weights: &Matrix, conductances: Option<&Matrix>) -> WriteReport {
        let (span, floor) = (self.mapping.window().span(), self.mapping.window().low());
        let mut report = WriteReport { cells_written: (self.rows() * self.columns()) as u64, ..WriteReport::default() };
        for row in 0..self.rows() {
            for column in 0..self.columns() {
                let wanted = match conductances {
                    Some(conductances) => conductances[(row, column)] - floor,
                    None => self.signs[row] * weights[(row, column)] * self.mapping.microsiemens_per_weight(),
                };
                report.clipped_low += u64::from(wanted < self.lowest);
                report.clipped_high += u64::from(wanted > span);
                let wanted = wanted.clamp(self.lowest, span);
                let [main, other] = self.pair.cells_of(wanted, span);
                self.main.g_above_min[(row, column)] = main;
                if let Some(branch) = self.other.as_mut().filter(|_| self.writes_opposite) {
                    branch.g_above_min[(row, column)] = other;
                }
                if let Some(copy) = &mut self.copy {
                    copy[(row, column)] = wanted;
                }
            }
        }
        for branch in [Some(&mut self.main), self.other.as_mut().filter(|_| self.writes_opposite)] {
            let Some(branch) = branch else { continue };
            if let Some(levels) = &self.levels {
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
        let blocks = self.blocks(&rows);
        for branch in [Some(&mut self.main), self.other.as_mut()].into_iter().flatten() {
            self.read_conductance.see(branch, blocks.clone());
        }
        let programmed = || Programmed {
            signs: &self.driven[rows.clone()],
            width: self.main.g_above_min.row_blocks(),
            last_mask: last_mask(&self.main.g_above_min),
            g_above_min: self.main.seen(blocks.clone()),
            opposite: self.other.as_ref().map(|other| other.seen(blocks.clone())),
            reference: self.read_conductance.reference(),
        };
        let weights = &mut self.weights.blocks_mut()[blocks.clone()];
        let negative = refresh_weights(programmed(), &self.mapping, weights);
        let wrong_sign = if self.lowest < 0.0 { 0 } else { negative };
        if let (Some(variance), Some(spread)) = (&mut self.variance, &self.read) {
            refresh_variance(programmed(), &self.mapping, spread, &mut variance.blocks_mut()[blocks.clone()]);
        }
        if let Lines::Gated(lines) = &mut self.lines {
            let reference = Seen::Reference(self.read_conductance.reference());
            let opposite = self.other.as_ref().map_or(reference, |other| Seen::Cells(other.seen_cells()));
            lines.refresh(rows.clone(), &self.driven, &self.mapping, opposite);
        }
        if let (Some(copy), Some(gradient_weights)) = (&self.copy, &mut self.gradient_weights) {
            let copied = Programmed {
                signs: &self.signs[rows.clone()],
                width: copy.row_blocks(),
                last_mask: last_mask(copy),
                g_above_min: &copy.blocks()[blocks.clone()],
                opposite: None,
                reference: 0.0,
            };
            refresh_weights(copied, &self.mapping, &mut gradient_weights.blocks_mut()[blocks]);
        }
        WriteReport { wrong_sign, cells: (rows.len() * self.columns()) as u64, ..WriteReport::default() }
    }

    /// Adds the present RTN to new effective weights.
    pub(crate) fn refresh_rtn(&mut self) {
        let Some(rtn) = &mut self.rtn else { return };
        let lines = match &self.lines {
            Lines::Driven(lines) => Some(&**lines),
            Lines::None | Lines::Gated(_) => None,
        };
        let weights = lines.map_or(&self.weights, DrivenLines::weights);
        rtn.refresh(weights, [Some(&self.main), self.other.as_ref()], &self.driven, &self.mapping, lines);
    }

    /// Splits the rows into strips that fit the buffers.
    pub(crate) fn strips(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let (rows, strip) = (self.rows(), self.scratch[0].blocks() / self.main.g_above_min.row_blocks());
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

fn branch_aim<'a>(branch: &'a mut BranchCells, blocks: Range<usize>, scratch: &'a mut Scratch) -> BranchAim<'a> {
    let count = blocks.len();
    BranchAim {
        g_above_min: &mut branch.g_above_min.blocks_mut()[blocks.clone()],
        asked: &mut scratch.asked[..count],
        target: &mut scratch.target[..count],
        pulses: branch.pulses.as_mut().map(|pulses| &mut pulses[blocks.start * LANES..blocks.end * LANES]),
        paths: branch.relaxation.as_mut().map(|paths| &mut paths.blocks_mut()[blocks.clone()]),
        cells: branch.cells.strip(blocks),
    }
}
