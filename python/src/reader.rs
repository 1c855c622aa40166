//! Reads of an array, and the calibration of its read path.

use std::sync::OnceLock;

use numpy::{PyArray1, PyArrayMethods};
use ohmspike::crossbar::{AnalogRead, ColumnRead, CrossbarArray, RowReads};
use ohmspike::rng::Seed;
use pyo3::prelude::*;
use rayon::prelude::*;

use crate::arrays::refuse_masked;
use crate::errors::refused;
use crate::inputs::{Given, Inputs, Mode, check_rows};

/// Buffers and counts of the reads of one array.
#[derive(Debug)]
pub struct Reader {
    columns: ColumnRead,
    active: Vec<usize>,
    /// Reads since the array last counted them.
    reads: RowReads,
}

impl Reader {
    /// Creates the buffers for `array`.
    pub fn new(array: &CrossbarArray) -> Reader {
        Reader { columns: ColumnRead::new(array.columns()), active: vec![0; array.rows()], reads: array.row_reads() }
    }

    /// Passes the reads since the last call to the usage counts of `array`.
    ///
    /// Energy depends on the conductances at the read, so this precedes every change of them.
    pub fn count(&mut self, array: &mut CrossbarArray) {
        array.count_reads(&self.reads);
        self.forget();
    }

    /// Drops the reads since the last count.
    pub fn forget(&mut self) {
        self.reads.clear();
    }

    /// Reads `array` with `inputs`; see `Crossbar.read`.
    pub fn read<'py>(
        &mut self,
        py: Python<'py>,
        array: &CrossbarArray,
        inputs: &Bound<'py, PyAny>,
        mode: Option<Mode>,
        seed: Seed,
    ) -> PyResult<Bound<'py, PyAny>> {
        refuse_masked(inputs, "inputs")?;
        // The fast path of one step of spikes: no conversion.
        if let Some(spikes) = inputs.cast::<PyArray1<bool>>().ok().filter(|_| mode != Some(Mode::Analog)) {
            let spikes = spikes.readonly();
            if let Ok(spikes) = spikes.as_slice() {
                check_rows(array, spikes.len(), || format!("shape ({},)", spikes.len()))?;
                py.detach(|| self.read_step(array, spikes, seed));
                return Ok(PyArray1::from_slice(py, self.columns.current()).into_any());
            }
        }
        let given = Given::new(array, inputs, mode)?;
        let is_batch = given.is_batch;
        let read = given.with(|inputs| {
            self.add(array, inputs);
            Ok(py.detach(|| sums(array, inputs, is_batch, seed)))
        })?;
        let sums = PyArray1::from_vec(py, read);
        if is_batch { Ok(sums.reshape([given.samples, array.columns()])?.into_any()) } else { Ok(sums.into_any()) }
    }

    /// Calibrates the full scale of the converters of `array`, and the digital gain of its columns, on `inputs`; only checks them
    /// unless it `calibrates`.
    ///
    /// # Errors
    /// Returns an exception for inputs as in [`Reader::read`], and for inputs without a signal.
    pub fn calibrate(
        &mut self,
        py: Python<'_>,
        array: &mut CrossbarArray,
        inputs: &Bound<'_, PyAny>,
        mode: Option<Mode>,
        calibrates: bool,
    ) -> PyResult<()> {
        let given = Given::new(array, inputs, mode)?;
        if !calibrates {
            return Ok(());
        }
        given.with(|inputs| {
            let largest = py.detach(|| self.largest(array, inputs));
            if largest <= 0.0 {
                return Err(refused(
                    "inputs: expected signals to calibrate on, got a batch in which every column sum is 0\n\n\
                     hint: program the weights first, and pass typical inputs",
                ));
            }
            py.detach(|| {
                self.calibrate_gain(array, inputs);
                if let Some(converters) = array.converters_mut() {
                    converters.calibrate(largest);
                }
            });
            Ok(())
        })
    }

    /// Returns the largest magnitude of a tile's column sum over `inputs`.
    fn largest(&mut self, array: &CrossbarArray, inputs: Inputs<'_>) -> f32 {
        let rows = array.rows();
        match inputs {
            Inputs::Spikes(all) => array.largest_tile_sum(self.reads(rows, all).iter().map(Vec::as_slice)),
            Inputs::Analog(all) => {
                let mut read = AnalogRead::new(array.columns());
                let steps = all.chunks_exact(rows);
                steps.fold(0.0, |largest, step| read.largest_tile_sum(array, step).max(largest))
            }
        }
    }

    fn calibrate_gain(&mut self, array: &mut CrossbarArray, inputs: Inputs<'_>) {
        let rows = array.rows();
        if !array.has_column_gain() {
            return;
        }
        match inputs {
            Inputs::Spikes(all) => array.calibrate_column_gain(self.reads(rows, all).iter().map(Vec::as_slice)),
            Inputs::Analog(all) => array.calibrate_column_gain_analog(all.chunks_exact(rows)),
        }
    }

    /// Returns the active rows of every read; arrays have at most 65,536 rows.
    fn reads(&mut self, rows: usize, spikes: &[bool]) -> Vec<Vec<u16>> {
        let rows_of = |step| active_rows(step, &mut self.active).iter().map(|row| *row as u16).collect();
        spikes.chunks_exact(rows).map(rows_of).collect()
    }

    fn read_step(&mut self, array: &CrossbarArray, spikes: &[bool], seed: Seed) {
        let active = active_rows(spikes, &mut self.active);
        self.reads.add_step(active.iter().copied());
        self.columns.sample_tiles(array, active, &mut seed.normals());
    }

    fn add(&mut self, array: &CrossbarArray, inputs: Inputs<'_>) {
        match inputs {
            Inputs::Spikes(spikes) => self.add_spikes(spikes),
            Inputs::Analog(inputs) => self.add_analog(array, inputs),
        }
    }

    fn add_spikes(&mut self, spikes: &[bool]) {
        for step in spikes.chunks_exact(self.active.len()) {
            self.reads.add_step(active_rows(step, &mut self.active).iter().copied());
        }
    }

    /// Counts every driven row as one read: drivers use a pulse of the read voltage or less.
    fn add_analog(&mut self, array: &CrossbarArray, inputs: &[f32]) {
        // A driver may round an input to 0.
        let drives = |input: f32| array.converters().map_or(input, |converters| converters.drive(input)) != 0.0;
        for step in inputs.chunks_exact(self.active.len()) {
            self.reads.add_step((0..step.len()).filter(|&row| drives(step[row])));
        }
    }
}

/// Lists the active rows, in ascending order, in the front of `all`, without a branch per row.
fn active_rows<'a>(spikes: &[bool], all: &'a mut [usize]) -> &'a [usize] {
    let mut count = 0;
    for (row, &spike) in spikes.iter().enumerate() {
        all[count] = row;
        count += usize::from(spike);
    }
    &all[..count]
}

/// Returns whether this process is a fork of the one that read first: a fork has none of its parent's threads, and work given
/// to them never ends.
fn is_forked() -> bool {
    static FIRST: OnceLock<u32> = OnceLock::new();
    let own = std::process::id();
    *FIRST.get_or_init(|| own) != own
}

/// Reads all samples on this thread.
fn read_one_by_one(array: &CrossbarArray, inputs: Inputs<'_>, seed_of: impl Fn(usize) -> Seed, sums: &mut [f32]) {
    let (rows, columns) = (array.rows(), array.columns());
    let (mut step, mut analog, mut buffer) = (ColumnRead::new(columns), AnalogRead::new(columns), vec![0; rows]);
    for (sample, sums) in sums.chunks_exact_mut(columns).enumerate() {
        let mut normals = seed_of(sample).normals();
        match inputs {
            Inputs::Spikes(all) => {
                step.sample_tiles(array, active_rows(&all[sample * rows..][..rows], &mut buffer), &mut normals);
                sums.copy_from_slice(step.current());
            }
            Inputs::Analog(all) => {
                analog.sample(array, &all[sample * rows..][..rows], &mut normals);
                sums.copy_from_slice(analog.current());
            }
        }
    }
}

/// Reads all samples; sample `k` of a batch draws from `seed.numbered(k)`.
fn sums(array: &CrossbarArray, inputs: Inputs<'_>, is_batch: bool, seed: Seed) -> Vec<f32> {
    let (rows, columns) = (array.rows(), array.columns());
    let count = match inputs {
        Inputs::Spikes(all) => all.len() / rows,
        Inputs::Analog(all) => all.len() / rows,
    };
    let mut sums = vec![0.0; count * columns];
    let seed_of = |sample: usize| if is_batch { seed.numbered(sample as u64) } else { seed };
    if is_forked() {
        read_one_by_one(array, inputs, seed_of, &mut sums);
        return sums;
    }
    let each = sums.par_chunks_exact_mut(columns).enumerate();
    match inputs {
        Inputs::Spikes(all) => each.for_each_init(
            || (ColumnRead::new(columns), vec![0; rows]),
            |(read, buffer), (sample, sums)| {
                let active = active_rows(&all[sample * rows..][..rows], buffer);
                read.sample_tiles(array, active, &mut seed_of(sample).normals());
                sums.copy_from_slice(read.current());
            },
        ),
        Inputs::Analog(all) => each.for_each_init(
            || AnalogRead::new(columns),
            |read, (sample, sums)| {
                read.sample(array, &all[sample * rows..][..rows], &mut seed_of(sample).normals());
                sums.copy_from_slice(read.current());
            },
        ),
    }
    sums
}
