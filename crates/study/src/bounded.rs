//! Reads files up to a size limit, since a file may be endless, a decompression bomb or a device that never answers.
//!
//! Each caller states its limit with a reason. Files of a results folder must be regular files, which
//! [`ohmspike_datasets::regular`] checks; a file that the user names may also be a pipe.

use std::fs::{self, File};
use std::io::{self, BufRead, ErrorKind, Read};
use std::path::Path;

/// Largest study file, bytes. The longest axis that a study may have, 250,000 numbers of 20 digits, takes 6 MB.
pub const LARGEST_STUDY: u64 = 16 << 20;
/// Largest device file, bytes. Built-in ones take about 5 kB, a file with tables of measured points about 100 kB.
pub const LARGEST_DEVICE: u64 = 16 << 20;
/// Largest chip map, bytes. The largest matrix has 67 million cells at 8 bytes each.
pub const LARGEST_MAP: u64 = 512 << 20;

/// Largest table of measured values, bytes. A million rows take about 50 MB.
pub const LARGEST_MEASUREMENT: u64 = 512 << 20;

/// Why a file is rejected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// A folder instead of a file.
    #[error("it is a folder")]
    Folder,
    /// Bytes that are not UTF-8 text.
    #[error("expected UTF-8 text, got byte {byte:#04x} at byte {at}")]
    Text {
        /// First invalid byte.
        byte: u8,
        /// Its position, starting at 0.
        at: usize,
    },
    /// A file above the size limit, bytes.
    #[error("expected at most {0} bytes")]
    Size(u64),
    /// A line above the length limit.
    #[error("line {line}: expected at most {most} bytes")]
    Line {
        /// Line number, starting at 1.
        line: usize,
        /// Length limit, bytes.
        most: u64,
    },
}

impl From<Unreadable> for io::Error {
    fn from(reason: Unreadable) -> io::Error {
        io::Error::new(ErrorKind::InvalidData, reason)
    }
}

/// Reads a file that the user names, which may be a pipe: at most `most` bytes.
///
/// # Errors
/// Returns an error if the file cannot be read, or an [`Unreadable`] if it is rejected.
pub fn read_named(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    if fs::metadata(path)?.is_dir() {
        return Err(Unreadable::Folder.into());
    }
    read_all(File::open(path)?, most)
}

/// Reads the text of a file that the user names, which may be a pipe: at most `most` bytes.
///
/// # Errors
/// Returns an error if the file cannot be read, or an [`Unreadable`] if it is rejected.
pub fn read_named_text(path: &Path, most: u64) -> io::Result<String> {
    String::from_utf8(read_named(path, most)?).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Unreadable::Text { byte: error.as_bytes()[at], at }.into()
    })
}

/// Reads all of `content`, at most `most` bytes.
///
/// # Errors
/// Returns an error if reading fails, or [`Unreadable::Size`] above the limit.
pub fn read_all(content: impl Read, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    content.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most { Err(Unreadable::Size(most).into()) } else { Ok(bytes) }
}

/// Reads line number `line` into `text`, with its line break, at most `most` bytes. Returns whether there was a line.
///
/// # Errors
/// Returns an error if reading fails, or [`Unreadable::Line`] above the limit.
pub fn read_line(content: &mut dyn BufRead, text: &mut Vec<u8>, line: usize, most: u64) -> io::Result<bool> {
    text.clear();
    let length = content.take(most.saturating_add(1)).read_until(b'\n', text)?;
    if length as u64 > most { Err(Unreadable::Line { line, most }.into()) } else { Ok(length > 0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(result: io::Result<impl Sized>) -> String {
        result.map(|_| ()).expect_err("out of bounds").to_string()
    }

    #[test]
    fn reading_stops_at_the_limit() {
        assert_eq!(read_all(&b"12345"[..], 5).expect("within the limit"), b"12345");
        assert_eq!(reason(read_all(io::repeat(0), 1000)), "expected at most 1000 bytes");
        let (mut lines, mut text) = (&b"ab\n\nabc"[..], Vec::new());
        for (line, expected) in [(1, &b"ab\n"[..]), (2, b"\n"), (3, b"abc")] {
            assert!(read_line(&mut lines, &mut text, line, 3).expect("a line"));
            assert_eq!(text, expected);
        }
        assert!(!read_line(&mut lines, &mut text, 4, 3).expect("the end"));
        assert_eq!(reason(read_line(&mut &b"abc\n"[..], &mut text, 7, 3)), "line 7: expected at most 3 bytes");
    }

    #[test]
    fn a_named_file_is_text_and_may_be_a_pipe() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        assert_eq!(reason(read_named_text(folder.path(), 10)), "it is a folder");
        let path = folder.path().join("file");
        fs::write(&path, [b'a', 0xff]).expect("a writable folder");
        assert_eq!(reason(read_named_text(&path, 2)), "expected UTF-8 text, got byte 0xff at byte 1");
        assert_eq!(read_named_text(&folder.path().join("none"), 2).expect_err("nothing").kind(), ErrorKind::NotFound);
        if cfg!(unix) {
            assert_eq!(reason(read_named_text(Path::new("/dev/zero"), 10)), "expected at most 10 bytes");
            assert_eq!(read_named_text(Path::new("/dev/null"), 10).expect("an empty text"), "");
        }
    }
}
