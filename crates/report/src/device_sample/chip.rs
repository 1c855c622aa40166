//! A chip of cells that are written and read individually, without a network.
//!
//! ```text
//! one-branch pairs on the plus branch, κ = 1 weight per µS:  weight = conductance above the floor in µS, exactly
//! ```
//!
//! The cells belong to a [`CrossbarArray`], so samples match training: device-to-device variation, scheme, write noise, drift,
//! read voltage and read noise. The second branch is an exact reference; drivers and converters are disabled.

use ohmspike_crossbar::device::{Converters, Device, Faults, ReferenceBranch, Scheme, WriteNoise, WrittenCells};
use ohmspike_crossbar::{ArrayError, ArrayParams, Branch, CrossbarArray, WriteReport};
use ohmspike_rng::Seed;
use ohmspike_simd::Matrix;

/// Cells per row without tiles.
const ROW: usize = 128;

/// Cells of one chip.
#[derive(Clone, Debug)]
pub struct Chip {
    array: CrossbarArray,
    count: usize,
    /// Rows without a driver: their cells carry no current.
    dead_rows: Vec<usize>,
    /// Largest step of one update, µS, up and down; infinite without pulses.
    reach: [f32; 2],
    seed: Seed,
    updates: u64,
    reads: u64,
}

impl Chip {
    /// Creates `count` cells of `device`, all exactly at `from` µS, in rows of a tile. `study_sigma` (µS) is the write noise of
    /// devices with noise `from-study`. Without `faults` all cells work.
    ///
    /// # Errors
    /// [`ArrayError`] if an array rejects `study_sigma`.
    pub fn new(
        device: &Device,
        count: usize,
        from: f64,
        study_sigma: f64,
        faults: bool,
        seed: Seed,
    ) -> Result<Chip, ArrayError> {
        let mut cell =
            Device { reference_branch: ReferenceBranch::Ideal, converters: Converters::default(), ..device.clone() };
        if !faults {
            cell.faults = Faults::default();
        }
        // Writes all cells, also those at the target. A pulsed write without a pulse does not exist, so pulsed devices keep their
        // setting.
        if cell.write.pulses().is_none() {
            cell.write.cells = WrittenCells::All;
        }
        let window = cell.window;
        let columns = count.min(device.converters.tile_columns.unwrap_or(ROW)).max(1);
        let rows = count.div_ceil(columns);
        let g_above_min = from as f32 - window.low();
        let branches = vec![Branch::Plus; rows];
        let params = ArrayParams { update_sigma: study_sigma as f32, ..ArrayParams::new(window.span(), &branches) };
        let initial = Matrix::from_fn(rows, columns, |_, _| g_above_min);
        let array = CrossbarArray::new(&cell, params, &initial, seed.named("chip"))?;
        let dead_rows =
            cell.faults.draw(&window, rows, columns, seed.named("chip").named("faults")).dead_rows().to_vec();
        let reach = match &cell.write.scheme {
            Scheme::Pulsed(pulses) => {
                [pulses.up_step, pulses.down_step].map(|step| step * window.span() * pulses.max_pulses as f32)
            }
            Scheme::Add | Scheme::Verify(_) => [f32::INFINITY; 2],
        };
        Ok(Chip { array, count, dead_rows, reach, seed, updates: 0, reads: 0 })
    }

    /// Returns whether sampling `device` needs write noise from a study.
    pub fn needs_study_sigma(device: &Device) -> bool {
        device.write.noise == WriteNoise::FromStudy
    }

    /// Writes all cells to `target`, µS: the controller reads the state and requests the difference, in equal parts if one write does
    /// not allow enough pulses.
    pub fn write(&mut self, target: f64) -> WriteReport {
        let g_above_min = target as f32 - self.array.mapping().window().low();
        let written = self.array.g_above_min();
        let step =
            Matrix::from_fn(written.rows(), written.columns(), |row, column| g_above_min - written[(row, column)]);
        let parts = step.cells().map(|step| (step.abs() / self.reach[usize::from(step < 0.0)]).ceil());
        let parts = parts.fold(1.0, f32::max);
        let part = Matrix::from_fn(step.rows(), step.columns(), |row, column| step[(row, column)] / parts);
        let mut report = WriteReport::default();
        for _ in 0..parts as u64 {
            report += self.update(&part);
        }
        report
    }

    /// Requests a step of `step` µS from all cells.
    pub fn step(&mut self, step: f64) -> WriteReport {
        let written = self.array.g_above_min();
        let step = Matrix::from_fn(written.rows(), written.columns(), |_, _| step as f32);
        self.update(&step)
    }

    /// Returns the conductance after the last write, µS, at the reference voltage.
    pub fn written(&self) -> Vec<f32> {
        let floor = self.array.mapping().window().low();
        self.each(|row, column| floor + self.array.g_above_min()[(row, column)])
    }

    /// Lets `seconds` pass since the last write.
    pub fn rest(&mut self, seconds: f64) {
        self.array.rest(seconds);
    }

    /// Advances random telegraph noise by `seconds`.
    pub fn pass(&mut self, seconds: f64) {
        self.reads += 1;
        self.array.pass(seconds, self.seed.named("slow").numbered(self.reads));
    }

    /// Returns the present conductance at the read voltage without read noise, µS.
    pub fn seen(&self) -> Vec<f32> {
        self.each(|row, column| self.array.conductance(row, column).0)
    }

    /// Reads all cells with read noise, µS.
    pub fn read(&mut self) -> Vec<f32> {
        self.reads += 1;
        let mut draws = Matrix::zeros(self.array.rows(), self.array.columns());
        self.seed.named("white").numbered(self.reads).normals().fill(draws.blocks_mut());
        self.each(|row, column| {
            let at = (row, column);
            let rtn = self.array.read_weights()[at] - self.array.weights()[at];
            let sigma = self.array.read_variance().map_or(0.0, |variance| variance[at].sqrt());
            self.array.conductance(row, column).0 + rtn + sigma * draws[at]
        })
    }

    fn update(&mut self, step: &Matrix) -> WriteReport {
        self.updates += 1;
        let seed = self.seed.named("write").numbered(self.updates);
        self.array.update(step, seed).expect("steps are finite and have the shape of the array")
    }

    fn each(&self, value: impl Fn(usize, usize) -> f32) -> Vec<f32> {
        let columns = self.array.columns();
        let of_row = |row, column| if self.dead_rows.binary_search(&row).is_ok() { 0.0 } else { value(row, column) };
        (0..self.count).map(|cell| of_row(cell / columns, cell % columns)).collect()
    }
}
