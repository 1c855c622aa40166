//! Everything that the program prints. stdout carries data, stderr progress and warnings.
//!
//! A reader may leave early, as `head` does: that is no failure of the program, and nothing that is left to be written to
//! files may depend on it. A disk behind stdout that is full is one. Texts come from files and flags, so that what would
//! steer a terminal is replaced ([`legible`]).

use std::fmt::Arguments;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::time::Duration;

use indicatif::HumanDuration;
use ohmspike_study::legible::legible;

/// stdout cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("stdout: cannot be written: {0}")]
pub struct StdoutError(io::Error);

/// Whether there is still a reader.
pub type Wanted = Result<bool, StdoutError>;

/// Writes a line to stdout, as `println!` does: whether there is still a reader.
macro_rules! say {
    ($($part:tt)*) => { $crate::terminal::line(format_args!($($part)*)) };
}

/// Writes a line to stderr, as `eprintln!` does; nobody may be there to read it.
macro_rules! tell {
    ($($part:tt)*) => { $crate::terminal::tell_line(format_args!($($part)*)) };
}

pub(crate) use {say, tell};

/// Writes `text` to stdout.
pub fn print(text: &str) -> Wanted {
    write_bytes(legible(text).as_bytes())
}

/// Writes the bytes of a file to stdout. A terminal gets them in legible form, any other reader as they are.
pub fn print_file(bytes: &[u8]) -> Wanted {
    match std::str::from_utf8(bytes) {
        Ok(text) if io::stdout().is_terminal() => print(text),
        _ => write_bytes(bytes),
    }
}

/// Writes a line to stdout; see [`say`].
pub fn line(text: Arguments) -> Wanted {
    print(&format!("{text}\n"))
}

/// Writes a line to stderr; see [`tell`].
pub fn tell_line(text: Arguments) {
    // Without a reader there is nobody to tell that either.
    let _ = io::stderr().lock().write_all(legible(&format!("{text}\n")).as_bytes());
}

/// A span of time in words. Times of records may be any number: what is no time is shown as none, what nobody can wait for as
/// a thousand years.
pub fn span(seconds: f64) -> HumanDuration {
    const LONGEST: f64 = 1000.0 * 365.25 * 86_400.0;
    let seconds = if seconds > 0.0 { seconds.min(LONGEST) } else { 0.0 };
    HumanDuration(Duration::from_secs_f64(seconds))
}

fn write_bytes(bytes: &[u8]) -> Wanted {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(StdoutError(error)),
    }
}
