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
/// `set={"KEY": VALUE}`, and `--first-seed` becomes `first_seed`. Whole commands, and flags without an argument in Python, stay.
pub fn with_arguments(text: &str) -> String {
    let parts = text.split('`').enumerate().map(|(number, part)| {
        let is_quoted = number % 2 == 1;
        let is_command = is_quoted && ["ohmspike ", "cargo "].iter().any(|program| part.starts_with(program));
        if is_command { part.to_owned() } else { without_flags(part, is_quoted) }
    });
    parts.collect::<Vec<_>>().join("`")
}

/// Flags, and the arguments of Python that they stand for.
const ARGUMENTS: [(&str, &str); 34] = [
    ("accuracy", "accuracy"),
    ("acceptance", "acceptance_microsiemens"),
    ("after", "after"),
    ("chips", "chips"),
    ("confidence", "confidence"),
    ("count", "count"),
    ("cycles", "cycles"),
    ("device", "device"),
    ("dt", "dt_seconds"),
    ("first-seed", "first_seed"),
    ("ignore", "ignore"),
    ("key", "keys"),
    ("max-trials", "max_trials"),
    ("mechanisms", "mechanisms"),
    ("name", "name"),
    ("only", "only"),
    ("out", "out"),
    ("pulses", "pulses"),
    ("read", "reads"),
    ("read-interval", "read_interval_seconds"),
    ("read-volts", "read_volts"),
    ("readout", "readout"),
    ("repeats", "repeats"),
    ("seed", "seed"),
    ("short-epochs", "short_epochs"),
    ("start-microsiemens", "start_microsiemens"),
    ("study", "study"),
    ("study-sigma-microsiemens", "study_sigma_microsiemens"),
    ("target-microsiemens", "write_microsiemens"),
    ("test", "test"),
    ("wide", "wide"),
    ("window", "window"),
    ("within", "within_points"),
    ("yield-above", "yield_above"),
];

fn without_flags(text: &str, is_quoted: bool) -> String {
    let mut all = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("--") {
        let (before, after) = (&rest[..start], &rest[start + 2..]);
        let end = after.find(|letter: char| !(letter.is_ascii_lowercase() || letter == '-')).unwrap_or(after.len());
        let (flag, behind) = after.split_at(end);
        let is_first = all.is_empty() && before.is_empty();
        all.push_str(before);
        rest = behind;
        let joined = before.ends_with(|letter: char| letter.is_alphanumeric() || letter == '-');
        let argument = ARGUMENTS.iter().find(|(name, _)| *name == flag).map(|(_, argument)| *argument);
        match (flag, argument) {
            ("set", _) if !joined => rest = add_setting(&mut all, behind),
            (_, Some(argument)) if !joined => {
                all.push_str(argument);
                // A flag with a value, such as `--out FOLDER`.
                if is_quoted && is_first && behind.starts_with(' ') {
                    all.push('=');
                    rest = &behind[1..];
                }
            }
            _ => all.extend(["--", flag]),
        }
    }
    all + rest
}

/// Adds the argument `set` for ` KEY=VALUE...` to `all`, and returns what follows.
fn add_setting<'a>(all: &mut String, given: &'a str) -> &'a str {
    let setting = given.strip_prefix(' ').unwrap_or(given);
    // A shell needs quotes around some values.
    let quoted = setting.strip_prefix('\'').and_then(|rest| rest.split_once('\''));
    let (setting, behind_quotes) = quoted.map_or((setting, None), |(inside, behind)| (inside, Some(behind)));
    let key_end = setting.find(|letter: char| !(letter.is_alphanumeric() || "._-".contains(letter)));
    let (key, behind) = setting.split_at(key_end.unwrap_or(setting.len()));
    let key = key.trim_end_matches('.');
    let Some(value) = behind.strip_prefix('=').filter(|_| !key.is_empty()) else {
        all.push_str("set");
        return given;
    };
    let (value, behind) = value.split_at(value_end(value));
    all.push_str(&format!("set={{\"{key}\": {}}}", as_python(value)));
    behind_quotes.unwrap_or(behind)
}

/// Returns a value of TOML, which may lack the quotes of a text, as Python writes it.
fn as_python(value: &str) -> String {
    match value {
        "true" => "True".to_owned(),
        "false" => "False".to_owned(),
        _ if value.starts_with(|letter: char| letter.is_ascii_lowercase()) => format!("\"{value}\""),
        _ => value.to_owned(),
    }
}

/// Returns where the value ends at the start of `text`: before the message that follows it, outside quotes and brackets.
fn value_end(text: &str) -> usize {
    let (mut depth, mut quote, mut is_escaped) = (0_i32, None, false);
    for (place, letter) in text.char_indices() {
        let escapes = quote == Some('"') && letter == '\\' && !is_escaped;
        match (quote, letter) {
            (Some(open), _) if letter == open && !is_escaped => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(letter),
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => depth -= 1,
            _ if depth == 0 && ENDS.iter().any(|end| text[place..].starts_with(end)) => return place,
            _ => {}
        }
        is_escaped = escapes;
    }
    text.len()
}

/// What follows a value in a message.
const ENDS: [&str; 5] = [": ", ", ", " to ", "\n", " ("];

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
