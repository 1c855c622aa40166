//! Reads of an array: one step or a batch, spikes or analog inputs.

use std::sync::OnceLock;

use numpy::{PyArray1, PyArrayMethods, PyUntypedArray, PyUntypedArrayMethods};
use ohmspike::crossbar::{AnalogRead, ColumnRead, CrossbarArray, RowReads};
use ohmspike::rng::Seed;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use rayon::prelude::*;

use crate::arrays::{as_type, real_array, shape_words};

/// Buffers and counts of the reads of one array.
#[derive(Debug)]
pub struct Reader {
    columns: ColumnRead,
    active: Vec<usize>,
    /// Reads since the array last counted them.
    reads: RowReads,
}

/// Inputs of a read, samples x rows.
#[derive(Clone, Copy)]
enum Inputs<'a> {
    Spikes(&'a [bool]),
    Analog(&'a [f32]),
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
        seed: Seed,
    ) -> PyResult<Bound<'py, PyAny>> {
        // The fast path of one step of spikes: no call of Python.
        if let Ok(spikes) = inputs.cast::<PyArray1<bool>>() {
            let spikes = spikes.readonly();
            if let Ok(spikes) = spikes.as_slice() {
                check_rows(array, "inputs", spikes.len(), || format!("shape ({},)", spikes.len()))?;
                py.detach(|| self.read_step(array, spikes, seed));
                return Ok(PyArray1::from_slice(py, self.columns.current()).into_any());
            }
        }
        let given = real_array(inputs, "inputs")?;
        let (samples, is_batch) = samples(array, &given, "inputs")?;
        let kind: String = given.dtype().getattr("kind")?.extract()?;
        let read = if kind == "f" {
            let given = as_type(&given, "float32")?.call_method0("ravel")?;
            let given = given.cast::<PyArray1<f32>>()?.readonly();
            let inputs = given.as_slice()?;
            check_analog(inputs, array.rows())?;
            self.add_analog(array, inputs);
            py.detach(|| sums(array, Inputs::Analog(inputs), is_batch, seed))
        } else {
            let given = spikes_of(&given, &kind, "inputs")?;
            let given = given.cast::<PyArray1<bool>>()?.readonly();
            let spikes = given.as_slice()?;
            self.add_spikes(spikes);
            py.detach(|| sums(array, Inputs::Spikes(spikes), is_batch, seed))
        };
        let sums = PyArray1::from_vec(py, read);
        if is_batch { Ok(sums.reshape([samples, array.columns()])?.into_any()) } else { Ok(sums.into_any()) }
    }

    /// Returns the largest magnitude of a tile's column sum over a batch of spikes.
    pub fn largest(&mut self, py: Python<'_>, array: &CrossbarArray, spikes: &Bound<'_, PyAny>) -> PyResult<f32> {
        let given = real_array(spikes, "spikes")?;
        samples(array, &given, "spikes")?;
        let kind: String = given.dtype().getattr("kind")?.extract()?;
        if kind == "f" {
            return Err(PyTypeError::new_err("spikes: expected booleans, or integers 0 and 1, got floats"));
        }
        let given = spikes_of(&given, &kind, "spikes")?;
        let given = given.cast::<PyArray1<bool>>()?.readonly();
        let spikes = given.as_slice()?;
        Ok(py.detach(|| {
            let steps = spikes.chunks_exact(array.rows());
            let largest = steps.map(|step| {
                let active = active_rows(step, &mut self.active);
                self.columns.largest_tile_sum(array, active)
            });
            largest.fold(0.0, f32::max)
        }))
    }

    fn read_step(&mut self, array: &CrossbarArray, spikes: &[bool], seed: Seed) {
        let active = active_rows(spikes, &mut self.active);
        self.reads.add_step(active.iter().copied());
        self.columns.sample_tiles(array, active, &mut seed.normals());
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

/// Returns the number of samples, and whether they are a batch.
fn samples(array: &CrossbarArray, given: &Bound<'_, PyUntypedArray>, what: &str) -> PyResult<(usize, bool)> {
    let rows = array.rows();
    match *given.shape() {
        [one] => check_rows(array, what, one, || shape_words(given)).map(|()| (1, false)),
        [samples, of_row] => check_rows(array, what, of_row, || shape_words(given)).map(|()| (samples, true)),
        _ => {
            let message = format!("{what}: expected {rows} rows, or samples x {rows} rows, got {}", shape_words(given));
            Err(PyValueError::new_err(message))
        }
    }
}

fn check_rows(array: &CrossbarArray, what: &str, given: usize, shape: impl Fn() -> String) -> PyResult<()> {
    let rows = array.rows();
    if given == rows {
        return Ok(());
    }
    Err(PyValueError::new_err(format!("{what}: expected one per row ({rows}), got {}", shape())))
}

/// Returns spikes of the NumPy `kind` as a flat array of booleans.
fn spikes_of<'py>(given: &Bound<'py, PyUntypedArray>, kind: &str, what: &str) -> PyResult<Bound<'py, PyAny>> {
    if kind != "b" {
        let wrong =
            given.call_method1("__gt__", (1,))?.call_method1("__or__", (given.call_method1("__lt__", (0,))?,))?;
        if wrong.call_method0("any")?.is_truthy()? {
            let value = given.get_item(wrong)?.get_item(0)?.str()?.to_string();
            let message = format!(
                "{what}: expected 0 or 1 as spikes, got {value}\n\nhint: pass floats from 0 to 1 for analog inputs"
            );
            return Err(PyValueError::new_err(message));
        }
    }
    as_type(given, "bool")?.call_method0("ravel")
}

/// Refuses analog inputs beyond the read voltage.
fn check_analog(inputs: &[f32], rows: usize) -> PyResult<()> {
    let Some(place) = inputs.iter().position(|input| !(0.0..=1.0).contains(input)) else { return Ok(()) };
    let (value, row) = (inputs[place], place % rows);
    Err(PyValueError::new_err(format!("inputs: expected 0 to 1 (of the read voltage), got {value} in row {row}")))
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
