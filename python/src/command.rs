//! The program `ohmspike` within a Python process.

use std::ffi::OsString;
use std::path::PathBuf;

use pyo3::prelude::*;

/// Run the command line `words`, which starts with the name of the program at `program`, and return its exit status.
///
/// Prints to stdout and stderr of the process. Some commands end the process.
#[pyfunction]
pub fn run_command(py: Python<'_>, words: Vec<OsString>, program: PathBuf) -> u8 {
    py.detach(|| ohmspike_cli::main(words, program).number())
}
