//! Inputs of reads: one step or a batch, spikes or voltages.

use numpy::{PyArray1, PyArrayMethods, PyUntypedArray, PyUntypedArrayMethods};
use ohmspike::crossbar::CrossbarArray;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::arrays::{as_type, real_array, shape_words};
use crate::errors::refused;

/// How rows are driven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// At the read voltage or not at all.
    Spikes,
    /// At fractions of the read voltage.
    Analog,
}

impl Mode {
    /// Parses the argument `mode`; none lets the inputs decide.
    ///
    /// # Errors
    /// Returns an exception for another word.
    pub fn new(given: Option<&str>) -> PyResult<Option<Mode>> {
        match given {
            None => Ok(None),
            Some("spikes") => Ok(Some(Mode::Spikes)),
            Some("analog") => Ok(Some(Mode::Analog)),
            Some(other) => Err(refused(format!("mode: expected `spikes` or `analog`, got `{other}`"))),
        }
    }
}

/// Inputs, samples x rows.
#[derive(Clone, Copy)]
pub enum Inputs<'a> {
    Spikes(&'a [bool]),
    Analog(&'a [f32]),
}

/// Inputs as given, in flat arrays of NumPy.
pub struct Given<'py> {
    flat: Bound<'py, PyAny>,
    mode: Mode,
    pub samples: usize,
    /// Whether the samples are a batch.
    pub is_batch: bool,
}

impl<'py> Given<'py> {
    /// Reads `inputs` of `array`. Booleans, and numbers that are all 0 or 1, are spikes, and other floats voltages, unless
    /// `mode` says it.
    ///
    /// # Errors
    /// Returns an exception for other shapes and types, and for values beyond the read voltage.
    pub fn new(array: &CrossbarArray, inputs: &Bound<'py, PyAny>, mode: Option<Mode>) -> PyResult<Given<'py>> {
        let given = real_array(inputs, "inputs")?;
        let (samples, is_batch) = samples(array, &given)?;
        let kind: String = given.dtype().getattr("kind")?.extract()?;
        let (flat, mode) = match (mode, kind.as_str()) {
            (Some(Mode::Analog), _) | (None, "f") => numbers_of(&given, mode, array.rows())?,
            (_, kind) => (spikes_of(&given, kind)?, Mode::Spikes),
        };
        Ok(Given { flat, mode, samples, is_batch })
    }

    /// Calls `using` with the inputs.
    ///
    /// # Errors
    /// Returns the exception of `using`.
    pub fn with<T>(&self, using: impl FnOnce(Inputs<'_>) -> PyResult<T>) -> PyResult<T> {
        match self.mode {
            Mode::Spikes => using(Inputs::Spikes(self.flat.cast::<PyArray1<bool>>()?.readonly().as_slice()?)),
            Mode::Analog => using(Inputs::Analog(self.flat.cast::<PyArray1<f32>>()?.readonly().as_slice()?)),
        }
    }
}

/// Returns the number of samples, and whether they are a batch.
fn samples(array: &CrossbarArray, given: &Bound<'_, PyUntypedArray>) -> PyResult<(usize, bool)> {
    let rows = array.rows();
    match *given.shape() {
        [one] => check_rows(array, one, || shape_words(given)).map(|()| (1, false)),
        [samples, of_row] => check_rows(array, of_row, || shape_words(given)).map(|()| (samples, true)),
        _ => {
            let message = format!("inputs: expected {rows} rows, or samples x {rows} rows, got {}", shape_words(given));
            Err(PyValueError::new_err(message))
        }
    }
}

/// Refuses another number of inputs than rows.
///
/// # Errors
/// Returns an exception with the `shape` of the inputs.
pub fn check_rows(array: &CrossbarArray, given: usize, shape: impl Fn() -> String) -> PyResult<()> {
    let rows = array.rows();
    if given == rows {
        return Ok(());
    }
    Err(PyValueError::new_err(format!("inputs: expected one per row ({rows}), got {}", shape())))
}

/// Returns numbers as a flat array: booleans if all are 0 or 1 and no `mode` says otherwise.
fn numbers_of<'py>(
    given: &Bound<'py, PyUntypedArray>,
    mode: Option<Mode>,
    rows: usize,
) -> PyResult<(Bound<'py, PyAny>, Mode)> {
    let flat = as_type(given, "float32")?.call_method0("ravel")?;
    let numbers = flat.cast::<PyArray1<f32>>()?.readonly();
    let numbers = numbers.as_slice()?;
    if mode.is_none() && numbers.iter().all(|number| [0.0, 1.0].contains(number)) {
        let spikes: Vec<bool> = numbers.iter().map(|number| *number != 0.0).collect();
        return Ok((PyArray1::from_vec(given.py(), spikes).into_any(), Mode::Spikes));
    }
    check_analog(numbers, rows)?;
    Ok((flat, Mode::Analog))
}

/// Returns spikes of the NumPy `kind` as a flat array of booleans.
fn spikes_of<'py>(given: &Bound<'py, PyUntypedArray>, kind: &str) -> PyResult<Bound<'py, PyAny>> {
    if kind != "b" {
        let is_zero = given.call_method1("__eq__", (0,))?;
        let is_spike = is_zero.call_method1("__or__", (given.call_method1("__eq__", (1,))?,))?;
        let wrong = is_spike.call_method0("__invert__")?;
        if wrong.call_method0("any")?.is_truthy()? {
            let value = given.get_item(wrong)?.get_item(0)?.str()?.to_string();
            let hint =
                if kind == "f" { "without `mode`, floats from 0 to 1 are" } else { "pass floats from 0 to 1 for" };
            let message = format!("inputs: expected 0 or 1 as spikes, got {value}\n\nhint: {hint} analog inputs");
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
