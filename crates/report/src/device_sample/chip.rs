//! A chip of cells that are written and read on their own, apart from any network.
//!
//! ```text
//! one-branch pairs on the plus branch, κ = 1 weight per µS:  the conductance above the floor of a cell in µS is its weight, digit for digit
//! ```
//!
//! The cells are those of a [`CrossbarArray`], so that what is sampled is what training meets: chip spread, scheme, write
//! noise, drift, read voltage and read noise. The cell on the other side of the pairs is an exact reference, and drivers and
//! converters are left out: they are no property of a cell.

use ohmspike_crossbar::device::{Converters, Device, Faults, ReferenceBranch, Scheme, WriteNoise, WrittenCells};
use ohmspike_crossbar::{ArrayError, ArrayParams, Branch, CrossbarArray, WriteReport};
use ohmspike_rng::Seed;
use ohmspike_simd::Matrix;

/// Cells in a row where the device file states no tile.
const ROW: usize = 128;

/// Cells of one chip.
#[derive(Clone, Debug)]
pub struct Chip {
    array: CrossbarArray,
    count: usize,
    /// Rows that are not driven. In a pair with an exact reference they are balanced; on their own their cells carry no current.
    dead_rows: Vec<usize>,
    /// Largest step of one update, µS, up and down; without end but for pulses.
    reach: [f32; 2],
    seed: Seed,
    updates: u64,
    reads: u64,
}

impl Chip {
    /// `count` cells of `device`, all at `from` µS, in rows as long as a tile. The first states are programmed exactly. All
    /// draws come from `seed`. `study_sigma` (µS) is the spread of a device whose write noise is `from-study`. Without
    /// `faults` every cell works.
    ///
    /// # Errors
    /// [`ArrayError`] for a spread of the study that no array takes.
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
        // One write of every cell is what is asked for, also of those that stand at the target. Pulses have no write
        // without a pulse, and what the file says of their noise holds.
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
                [pulses.up_step, pulses.down_step].map(|step| step * window.span() * pulses.most_pulses as f32)
            }
            Scheme::Add | Scheme::Verify(_) => [f32::INFINITY; 2],
        };
        Ok(Chip { array, count, dead_rows, reach, seed, updates: 0, reads: 0 })
    }

    /// Whether `device` needs a spread of the study to be sampled.
    pub fn needs_study_sigma(device: &Device) -> bool {
        device.write.noise == WriteNoise::FromStudy
    }

    /// Writes every cell to `target`, µS: the controller reads the state and asks for the difference. A difference of more
    /// pulses than one write may have is asked for in equal parts.
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

    /// Adds `step`, µS, to every cell, as the device writes it.
    pub fn step(&mut self, step: f64) -> WriteReport {
        let written = self.array.g_above_min();
        let step = Matrix::from_fn(written.rows(), written.columns(), |_, _| step as f32);
        self.update(&step)
    }

    /// What the last write left in every cell, at the voltage of the file's conductances, µS.
    pub fn written(&self) -> Vec<f32> {
        let floor = self.array.mapping().window().low();
        self.each(|row, column| floor + self.array.g_above_min()[(row, column)])
    }

    /// Lets `seconds` pass since the last write.
    pub fn rest(&mut self, seconds: f64) {
        self.array.rest(seconds);
    }

    /// Lets slow read noise go on for `seconds`.
    pub fn pass(&mut self, seconds: f64) {
        self.reads += 1;
        self.array.pass(seconds, self.seed.named("slow").numbered(self.reads));
    }

    /// Every cell as it is now at the read voltage, without read noise, µS.
    pub fn seen(&self) -> Vec<f32> {
        self.each(|row, column| self.array.conductance(row, column).0)
    }

    /// One read of every cell with all read noise, µS.
    pub fn read(&mut self) -> Vec<f32> {
        self.reads += 1;
        let mut draws = Matrix::zeros(self.array.rows(), self.array.columns());
        self.seed.named("white").numbered(self.reads).normals().fill(draws.blocks_mut());
        self.each(|row, column| {
            let at = (row, column);
            let slow = self.array.read_weights()[at] - self.array.weights()[at];
            let sigma = self.array.read_variance().map_or(0.0, |variance| variance[at].sqrt());
            self.array.conductance(row, column).0 + slow + sigma * draws[at]
        })
    }

    fn update(&mut self, step: &Matrix) -> WriteReport {
        self.updates += 1;
        let seed = self.seed.named("write").numbered(self.updates);
        self.array.update(step, seed).expect("differences of conductances are finite and in the shape of the array")
    }

    fn each(&self, value: impl Fn(usize, usize) -> f32) -> Vec<f32> {
        let columns = self.array.columns();
        let of_row = |row, column| if self.dead_rows.binary_search(&row).is_ok() { 0.0 } else { value(row, column) };
        (0..self.count).map(|cell| of_row(cell / columns, cell % columns)).collect()
    }
}
