//! Printing. stdout carries data; stderr carries progress, warnings and errors.
//!
//! A reader of stdout may close the pipe early, as `head` does. That is no error, and files are written all the same. A full
//! disk behind stdout is an error. Control characters in names and values are replaced ([`legible`]).

use std::fmt::Arguments;
use std::io::{self, ErrorKind, IsTerminal, Write};

use ohmspike_datasets::write_reason;
use ohmspike_study::legible::legible;
use ohmspike_study::significant::short;

/// stdout cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write to stdout: {}", write_reason(.0))]
pub struct StdoutError(io::Error);

/// Whether stdout still has a reader.
pub type Wanted = Result<bool, StdoutError>;

/// Writes a line to stdout, as `println!` does. Returns whether there is still a reader.
macro_rules! say {
    ($($part:tt)*) => { $crate::terminal::line(format_args!($($part)*)) };
}

/// Writes a line to stderr, as `eprintln!` does, and ignores a closed stderr.
macro_rules! tell {
    ($($part:tt)*) => { $crate::terminal::tell_line(format_args!($($part)*)) };
}

pub(crate) use {say, tell};

/// Writes `text` to stdout.
pub fn print(text: &str) -> Wanted {
    write_bytes(legible(text).as_bytes())
}

/// Writes the bytes of a file to stdout. Control characters are replaced only on a terminal.
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
    let _ = io::stderr().lock().write_all(legible(&format!("{text}\n")).as_bytes());
}

/// A span of time in two significant digits: `0.21 s`, `42 s`, `12 min`, `3.5 h`, `2.1 d`.
///
/// Records may hold any number as their time. Negative and undefined times count as 0.
pub fn span(seconds: f64) -> String {
    let seconds = if seconds > 0.0 { seconds } else { 0.0 };
    let (value, unit) = match seconds {
        _ if seconds < 99.5 => (seconds, "s"),
        _ if seconds < 99.5 * 60.0 => (seconds / 60.0, "min"),
        _ if seconds < 47.5 * 3600.0 => (seconds / 3600.0, "h"),
        _ => (seconds / 86_400.0, "d"),
    };
    match value {
        _ if value >= 1e5 => format!("over 100000 {unit}"),
        _ if value >= 9.95 => format!("{value:.0} {unit}"),
        _ if value >= 0.995 => format!("{value:.1} {unit}"),
        _ if value == 0.0 => format!("0 {unit}"),
        _ => format!("{} {unit}", short((value * 100.0).ceil() / 100.0)),
    }
}

fn write_bytes(bytes: &[u8]) -> Wanted {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(StdoutError(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_two_digits_and_their_unit() {
        for (seconds, expected) in [
            (0.0, "0 s"),
            (-1.0, "0 s"),
            (f64::NAN, "0 s"),
            (0.003, "0.01 s"),
            (0.21, "0.21 s"),
            (3.24, "3.2 s"),
            (42.4, "42 s"),
            (200.0, "3.3 min"),
            (3600.0, "60 min"),
            (12_600.0, "3.5 h"),
            (180_000.0, "2.1 d"),
            (1e30, "over 100000 d"),
            (f64::INFINITY, "over 100000 d"),
        ] {
            assert_eq!(span(seconds), expected, "{seconds}");
        }
    }
}
