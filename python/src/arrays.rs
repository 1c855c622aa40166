//! Arrays of NumPy, and of everything that NumPy reads, as matrices and back.

use numpy::{PyArray1, PyArray2, PyArray3, PyArrayMethods, PyReadonlyArray2, PyUntypedArray, PyUntypedArrayMethods};
use ohmspike::simd::{Matrix, numbers, numbers_mut};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Reads a matrix of real numbers from `given`, named `what` in errors. Other types than float32, other orders and views
/// are converted.
///
/// # Errors
/// Returns a `TypeError` for anything but real numbers on the CPU, and a `ValueError` for anything but two dimensions.
pub fn matrix(given: &Bound<'_, PyAny>, what: &str) -> PyResult<Matrix> {
    refuse_masked(given, what)?;
    if let Ok(array) = given.cast::<PyArray2<f32>>() {
        return Ok(copied(&array.readonly()));
    }
    let array = real_array(given, what)?;
    if array.ndim() != 2 {
        let message = format!("{what}: expected 2 dimensions (rows x columns), got {}", shape_words(&array));
        return Err(PyValueError::new_err(message));
    }
    let array = as_type(&array, "float32")?;
    Ok(copied(&array.cast::<PyArray2<f32>>()?.readonly()))
}

fn copied(array: &PyReadonlyArray2<'_, f32>) -> Matrix {
    let view = array.as_array();
    let (rows, columns) = view.dim();
    let mut matrix = Matrix::zeros(rows, columns);
    for (row, given) in view.outer_iter().enumerate() {
        let cells = &mut numbers_mut(matrix.row_mut(row))[..columns];
        match given.as_slice() {
            Some(given) => cells.copy_from_slice(given),
            None => cells.iter_mut().zip(given.iter()).for_each(|(cell, given)| *cell = *given),
        }
    }
    matrix
}

/// Refuses a masked array with masked values: without the mask, they would be numbers like any other.
///
/// # Errors
/// Returns a `ValueError` that names `what`.
pub fn refuse_masked(given: &Bound<'_, PyAny>, what: &str) -> PyResult<()> {
    if !given.hasattr("mask")? || !given.py().import("numpy.ma")?.call_method1("is_masked", (given,))?.is_truthy()? {
        return Ok(());
    }
    let hint = "hint: `array.filled(value)` replaces them";
    Err(PyValueError::new_err(format!("{what}: expected numbers, got a masked array with masked values\n\n{hint}")))
}

/// Returns `given` as an array of NumPy with real numbers or booleans.
///
/// # Errors
/// Returns a `TypeError` that names `what` and the type or the device.
pub fn real_array<'py>(given: &Bound<'py, PyAny>, what: &str) -> PyResult<Bound<'py, PyUntypedArray>> {
    refuse_masked(given, what)?;
    if let Ok(device) = given.getattr("device") {
        // `cpu` in PyTorch and NumPy, `cpu:0` or `TFRT_CPU_0` in JAX, `/device:CPU:0` in TensorFlow.
        let device = device.str()?.to_string();
        if !device.to_ascii_lowercase().contains("cpu") {
            let message = format!(
                "{what}: expected an array on the CPU, got one on `{device}`\n\nhint: copy it to the CPU first"
            );
            return Err(PyTypeError::new_err(message));
        }
    }
    let converted = given.py().import("numpy")?.call_method1("asarray", (given,));
    let array = converted.map_err(|error| {
        let (kind, py) = (given.get_type().name().map_or_else(|_| String::new(), |name| name.to_string()), given.py());
        PyTypeError::new_err(format!("{what}: expected an array of real numbers, got {kind}: {}", error.value(py)))
    })?;
    let array = array.cast_into::<PyUntypedArray>()?;
    let kind: String = array.dtype().getattr("kind")?.extract()?;
    if matches!(kind.as_str(), "b" | "i" | "u" | "f") {
        return Ok(array);
    }
    let (kind, given) = (array.dtype().str()?, given.get_type().name()?.to_string());
    Err(PyTypeError::new_err(format!("{what}: expected an array of real numbers, got {given} of type `{kind}`")))
}

/// Converts `array` to the type that NumPy calls `name`, in C order.
///
/// # Errors
/// Returns the exception of NumPy.
pub fn as_type<'py>(array: &Bound<'py, PyUntypedArray>, name: &str) -> PyResult<Bound<'py, PyUntypedArray>> {
    let options = PyDict::new(array.py());
    options.set_item("copy", false)?;
    options.set_item("order", "C")?;
    Ok(array.call_method("astype", (name,), Some(&options))?.cast_into::<PyUntypedArray>()?)
}

/// Returns the shape of `array` in words: `shape (3, 4)`.
pub fn shape_words(array: &Bound<'_, PyUntypedArray>) -> String {
    let sizes: Vec<String> = array.shape().iter().map(usize::to_string).collect();
    format!("shape ({}{})", sizes.join(", "), if sizes.len() == 1 { "," } else { "" })
}

/// Copies `matrix` to an array of rows x columns.
///
/// # Errors
/// Returns an exception if Python has no memory left.
pub fn from_matrix<'py>(py: Python<'py>, matrix: &Matrix) -> PyResult<Bound<'py, PyArray2<f32>>> {
    let (rows, columns) = (matrix.rows(), matrix.columns());
    let mut cells = Vec::with_capacity(rows * columns);
    for row in 0..rows {
        cells.extend_from_slice(&numbers(matrix.row(row))[..columns]);
    }
    PyArray1::from_vec(py, cells).reshape([rows, columns])
}

/// Copies the conductances G+ and G- of every pair to an array of 2 x rows x columns, µS.
///
/// # Errors
/// As [`from_matrix`].
pub fn plus_and_minus<'py>(
    py: Python<'py>,
    rows: usize,
    columns: usize,
    of: impl Fn(usize, usize) -> [f32; 2] + Sync,
) -> PyResult<Bound<'py, PyArray3<f32>>> {
    let mut cells = vec![0.0f32; 2 * rows * columns];
    let (plus, minus) = cells.split_at_mut(rows * columns);
    for (place, (plus, minus)) in plus.iter_mut().zip(minus).enumerate() {
        [*plus, *minus] = of(place / columns, place % columns);
    }
    let array = PyArray1::from_vec(py, cells).reshape([2, rows, columns])?;
    // A snapshot: later writes do not change it, and it cannot write to the cells.
    array.getattr("flags")?.setattr("writeable", false)?;
    Ok(array)
}
