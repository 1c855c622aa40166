//! Reading files within a bound: what somebody leaves in a folder may be endless, packed a thousand times over, or a device that
//! never answers.
//!
//! Every caller states its bound beside its reason. Files of a folder of results must be regular files, which
//! [`ohmspike_datasets::regular`] sees to; a file that the user names may also be a pipe.

use std::fs::{self, File};
use std::io::{self, BufRead, ErrorKind, Read};
use std::path::Path;

/// Bytes of a study file: the longest axis that a study may have, 250,000 numbers of 20 digits, takes 6 MB.
pub const LARGEST_STUDY: u64 = 16 << 20;
/// Bytes of a device file: the built-in ones take some 5 kB, one with tables of measured points some 100 kB.
pub const LARGEST_DEVICE: u64 = 16 << 20;
/// Bytes of a map of a chip: the largest matrix has 67 million cells; at 8 bytes each.
pub const LARGEST_MAP: u64 = 512 << 20;

/// A file that is not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// A folder in the place of a file.
    #[error("must be a file, got a folder")]
    Folder,
    /// Bytes that are no text.
    #[error("must be UTF-8, got byte {byte:#04x} at {at}")]
    Text {
        /// The first such byte.
        byte: u8,
        /// Where it stands, from 0.
        at: usize,
    },
    /// More than anybody means to read.
    #[error("must have at most {0} bytes")]
    Size(u64),
    /// A line without an end.
    #[error("line {line}: must have at most {most} bytes")]
    Line {
        /// Number of the line, from 1.
        line: usize,
        /// Bytes that a line may have.
        most: u64,
    },
}

impl From<Unreadable> for io::Error {
    fn from(reason: Unreadable) -> io::Error {
        io::Error::new(ErrorKind::InvalidData, reason)
    }
}

/// The text of a file that the user names, which may be a pipe: at most `most` bytes.
///
/// # Errors
/// [`Unreadable`], or what the system says.
pub fn read_named_text(path: &Path, most: u64) -> io::Result<String> {
    if fs::metadata(path)?.is_dir() {
        return Err(Unreadable::Folder.into());
    }
    String::from_utf8(read_all(File::open(path)?, most)?).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Unreadable::Text { byte: error.as_bytes()[at], at }.into()
    })
}

/// All of `content`, at most `most` bytes.
///
/// # Errors
/// [`Unreadable::Size`], or what the system says.
pub fn read_all(content: impl Read, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    content.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most { Err(Unreadable::Size(most).into()) } else { Ok(bytes) }
}

/// Reads line number `line`, with its end, in place of what `text` holds: at most `most` bytes. Whether there was one.
///
/// # Errors
/// [`Unreadable::Line`], or what the system says.
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
    fn what_is_read_ends_at_its_bound() {
        assert_eq!(read_all(&b"12345"[..], 5).expect("as many as allowed"), b"12345");
        assert_eq!(reason(read_all(io::repeat(0), 1000)), "must have at most 1000 bytes");
        let (mut lines, mut text) = (&b"ab\n\nabc"[..], Vec::new());
        for (line, expected) in [(1, &b"ab\n"[..]), (2, b"\n"), (3, b"abc")] {
            assert!(read_line(&mut lines, &mut text, line, 3).expect("a line"));
            assert_eq!(text, expected);
        }
        assert!(!read_line(&mut lines, &mut text, 4, 3).expect("the end"));
        assert_eq!(reason(read_line(&mut &b"abc\n"[..], &mut text, 7, 3)), "line 7: must have at most 3 bytes");
    }

    #[test]
    fn a_named_file_is_text_and_may_be_a_pipe() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        assert_eq!(reason(read_named_text(folder.path(), 10)), "must be a file, got a folder");
        let path = folder.path().join("file");
        fs::write(&path, [b'a', 0xff]).expect("a writable folder");
        assert_eq!(reason(read_named_text(&path, 2)), "must be UTF-8, got byte 0xff at 1");
        assert_eq!(read_named_text(&folder.path().join("none"), 2).expect_err("nothing").kind(), ErrorKind::NotFound);
        if cfg!(unix) {
            assert_eq!(reason(read_named_text(Path::new("/dev/zero"), 10)), "must have at most 10 bytes");
            assert_eq!(read_named_text(Path::new("/dev/null"), 10).expect("an empty text"), "");
        }
    }
}
