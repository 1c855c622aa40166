//! Exceptions and warnings of the package.

use std::fmt::Display;
use std::path::Path;

use ohmspike::datasets::write_reason;
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

/// Converts an error of a library to an exception. Flags of the command line become arguments.
pub fn refused(error: impl Display) -> PyErr {
    OhmspikeError::new_err(with_arguments(&error.to_string()))
}

/// Returns `text` with the arguments of Python in place of the flags of the command line: `--set KEY=VALUE` becomes
/// `set={"KEY": VALUE}`, and `--first-seed` becomes `first_seed`. Whole commands stay as they are.
pub fn with_arguments(text: &str) -> String {
    let is_command = |part: &str| part.starts_with("ohmspike ");
    let parts = text.split('`').map(|part| if is_command(part) { part.to_owned() } else { without_flags(part) });
    parts.collect::<Vec<_>>().join("`")
}

/// Arguments with another name than the flag.
const RENAMED: [(&str, &str); 3] =
    [("key", "keys"), ("target-microsiemens", "write_microsiemens"), ("within", "within_points")];

fn without_flags(text: &str) -> String {
    let mut all = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("--") {
        let (before, after) = (&rest[..start], &rest[start + 2..]);
        let end = after.find(|letter: char| !(letter.is_ascii_lowercase() || letter == '-')).unwrap_or(after.len());
        let (flag, behind) = after.split_at(end);
        all.push_str(before);
        rest = behind;
        let joined = before.ends_with(|letter: char| letter.is_alphanumeric() || letter == '-');
        match flag {
            _ if flag.is_empty() || joined => all.extend(["--", flag]),
            "set" => rest = add_setting(&mut all, behind),
            _ => {
                let renamed =
                    RENAMED.iter().find(|(name, _)| *name == flag).map(|(_, argument)| (*argument).to_owned());
                all.push_str(&renamed.unwrap_or_else(|| flag.replace('-', "_")));
                // A flag with a value, such as `--out FOLDER`.
                if before.is_empty() && behind.starts_with(' ') {
                    all.push('=');
                    rest = &behind[1..];
                }
            }
        }
    }
    all + rest
}

/// Adds the argument `set` for ` KEY=VALUE...` to `all`, and returns what follows.
fn add_setting<'a>(all: &mut String, given: &'a str) -> &'a str {
    let setting = given.strip_prefix(' ').unwrap_or(given);
    let key_end = setting.find(|letter: char| !(letter.is_alphanumeric() || "._-".contains(letter)));
    let (key, behind) = setting.split_at(key_end.unwrap_or(setting.len()));
    let key = key.trim_end_matches('.');
    let Some(value) = behind.strip_prefix('=').filter(|_| !key.is_empty()) else {
        all.push_str("set");
        return given;
    };
    // A value ends before the message that follows it, or with its sentence.
    let ends = [value.find(": "), value.find(", "), value.find(" to "), value.find('\n'), value.find(" (")];
    let end = ends.into_iter().flatten().min().unwrap_or(value.len());
    let (value, behind) = value.split_at(end);
    all.push_str(&format!("set={{\"{key}\": {value}}}"));
    behind
}

/// Returns the exception for a file or folder that cannot be written.
pub fn cannot_write(path: &Path, error: &std::io::Error) -> PyErr {
    refused(format!("cannot write `{}`: {}", path.display(), write_reason(error)))
}

/// Issues a warning of Python, which its filters may turn into an exception.
///
/// # Errors
/// Returns the exception that a filter makes of it.
pub fn warn(py: Python<'_>, text: &str) -> PyResult<()> {
    let message = std::ffi::CString::new(with_arguments(text).replace('\0', "?"))?;
    PyErr::warn(py, &py.get_type::<OhmspikeWarning>(), &message, 1)
}
