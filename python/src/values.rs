//! Values between Python, JSON and TOML.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyMapping, PySequence, PyString};
use pyo3::{Borrowed, IntoPyObjectExt};
use serde::Serialize;
use serde_json::{Map, Number, Value};

use crate::errors::refused;

/// Converts anything that serializes to dictionaries, lists, numbers and strings.
///
/// # Errors
/// Returns an exception if Python has no memory left.
pub fn to_python<'py>(py: Python<'py>, value: &impl Serialize) -> PyResult<Bound<'py, PyAny>> {
    json_to_python(py, &as_written(value)?)
}

/// Returns `value` as its JSON text holds it: a number of 32 bits has few digits there, and more as a number of 64 bits.
///
/// # Errors
/// Returns an exception for a value that JSON cannot hold.
pub fn as_written(value: &impl Serialize) -> PyResult<Value> {
    let text = serde_json::to_string(value).map_err(refused)?;
    serde_json::from_str(&text).map_err(refused)
}

/// Converts JSON.
///
/// # Errors
/// As [`to_python`].
pub fn json_to_python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    match value {
        Value::Null => Ok(py.None().into_bound(py)),
        Value::Bool(truth) => truth.into_bound_py_any(py),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(whole), _) => whole.into_bound_py_any(py),
            (None, Some(whole)) => whole.into_bound_py_any(py),
            (None, None) => number.as_f64().unwrap_or(f64::NAN).into_bound_py_any(py),
        },
        Value::String(text) => text.into_bound_py_any(py),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| json_to_python(py, item)).collect::<PyResult<_>>()?;
            Ok(PyList::new(py, items)?.into_any())
        }
        Value::Object(entries) => {
            let dict = PyDict::new(py);
            for (key, item) in entries {
                dict.set_item(key, json_to_python(py, item)?)?;
            }
            Ok(dict.into_any())
        }
    }
}

/// Converts a bool, an int, a float, a string, a path, a NumPy scalar, or a sequence or mapping of these, which `key` is set to.
///
/// # Errors
/// Returns a `TypeError` that names `key` for anything else.
pub fn to_json(given: &Bound<'_, PyAny>, key: &str) -> PyResult<Value> {
    if let Ok(truth) = given.cast::<PyBool>() {
        return Ok(Value::Bool(truth.is_true()));
    }
    if given.is_instance_of::<PyString>() {
        return Ok(Value::String(given.extract()?));
    }
    if given.is_instance_of::<PyInt>() {
        let whole = given.extract::<i64>().map(Number::from).or_else(|_| given.extract::<u64>().map(Number::from));
        return whole.map(Value::Number).map_err(|_| wrong(given, key, "an integer of 64 bits"));
    }
    if given.is_instance_of::<PyFloat>() {
        let number = Number::from_f64(given.extract()?);
        return number.map(Value::Number).ok_or_else(|| wrong(given, key, "a finite number"));
    }
    if given.hasattr("__fspath__")? {
        return to_json(&given.call_method0("__fspath__")?, key);
    }
    if let Ok(mapping) = given.cast::<PyMapping>() {
        let mut entries = Map::new();
        for item in mapping.items()?.iter() {
            let (name, item): (String, Bound<'_, PyAny>) = item.extract()?;
            entries.insert(name.clone(), to_json(&item, &format!("{key}.{name}"))?);
        }
        return Ok(Value::Object(entries));
    }
    if let Ok(sequence) = given.cast::<PySequence>() {
        let items = sequence.try_iter()?.map(|item| to_json(&item?, key));
        return Ok(Value::Array(items.collect::<PyResult<_>>()?));
    }
    // Scalars and arrays of NumPy.
    if given.hasattr("dtype")? && given.hasattr("tolist")? {
        return to_json(&given.call_method0("tolist")?, key);
    }
    Err(wrong(given, key, "a number, a string, a boolean, or a list of these"))
}

fn wrong(given: &Bound<'_, PyAny>, key: &str, expected: &str) -> PyErr {
    let shown = given.repr().map_or_else(|_| String::new(), |shown| shown.to_string());
    let kind = given.get_type().name().map_or_else(|_| String::new(), |name| name.to_string());
    // Python adds the name of an argument to a `TypeError` of its conversion.
    let place = if key.is_empty() { String::new() } else { format!("{key}: ") };
    PyTypeError::new_err(format!("{place}expected {expected}, got {kind} {shown}"))
}

/// Formats a number without a long row of zeros.
pub fn shown(number: f32) -> String {
    let is_usual = number == 0.0 || (1e-4..1e15).contains(&number.abs());
    if is_usual { number.to_string() } else { format!("{number:e}") }
}

/// Converts JSON to TOML, which has no null.
///
/// # Errors
/// Returns an exception that names `key` for a null.
pub fn json_to_toml(value: Value, key: &str) -> PyResult<toml::Value> {
    toml::Value::try_from(value).map_err(|error| refused(format!("{key}: {error}")))
}

/// A whole number from `FROM` to `TO`.
#[derive(Clone, Copy, Debug)]
pub struct Whole<const FROM: u64, const TO: u64>(pub u64);

impl<const FROM: u64, const TO: u64> Whole<FROM, TO> {
    /// Returns the number as a size.
    pub fn size(self) -> usize {
        // Limits of sizes are far below the largest one.
        self.0 as usize
    }
}

impl<'py, const FROM: u64, const TO: u64> FromPyObject<'_, 'py> for Whole<FROM, TO> {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let whole = given.call_method0("__index__").and_then(|whole| whole.extract::<u64>());
        let is_truth = given.cast::<PyBool>().is_ok();
        match whole.ok().filter(|whole| !is_truth && (FROM..=TO).contains(whole)) {
            Some(whole) => Ok(Whole(whole)),
            None => {
                let to = if TO == u64::MAX { "2^64 - 1".to_owned() } else { TO.to_string() };
                let wrong = wrong(&given, "", &format!("a whole number from {FROM} to {to}"));
                // The type is right, and the value is not.
                let is_whole = !is_truth && given.hasattr("__index__")? && given.call_method0("__index__").is_ok();
                Err(if is_whole { refused(wrong.value(given.py())) } else { wrong })
            }
        }
    }
}

/// Number of threads.
pub type Threads = Whole<1, 4096>;
