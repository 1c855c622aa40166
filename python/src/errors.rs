//! Exceptions and warnings of the package.

use std::fmt::Display;

use pyo3::exceptions::{PyUserWarning, PyValueError};
use pyo3::prelude::*;

pyo3::create_exception!(
    ohmspike,
    OhmspikeError,
    PyValueError,
    "An argument, a file or a study that Ohmspike refuses. The message names the place, the value and what is allowed."
);

pyo3::create_exception!(
    ohmspike,
    OhmspikeWarning,
    PyUserWarning,
    "A setting that is valid but probably unintended, or a result that needs care."
);

/// Converts an error of a library to an exception.
pub fn refused(error: impl Display) -> PyErr {
    OhmspikeError::new_err(error.to_string())
}

/// Issues a warning of Python, which its filters may turn into an exception.
///
/// # Errors
/// Returns the exception that a filter makes of it.
pub fn warn(py: Python<'_>, text: &str) -> PyResult<()> {
    let message = std::ffi::CString::new(text.replace('\0', "?"))?;
    PyErr::warn(py, &py.get_type::<OhmspikeWarning>(), &message, 1)
}
