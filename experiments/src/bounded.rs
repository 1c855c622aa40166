//! Reading files within a bound: what somebody leaves in a folder may be endless, packed a thousand times over, or a device that
//! never answers.
//!
//! Every caller states its bound beside its reason. Files of a folder of results must be regular files; a file that the user names
//! may also be a pipe.

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
    /// A folder, a pipe or a device.
    #[error("must be a regular file, got {0}")]
    Kind(&'static str),
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

/// Opens a regular file, or a link to one. Anything else is refused before it is opened, which could wait for ever.
///
/// # Errors
/// [`Unreadable::Kind`], or what the system says.
pub fn open(path: &Path) -> io::Result<File> {
    let kind = fs::metadata(path)?.file_type();
    if kind.is_file() {
        return File::open(path);
    }
    Err(Unreadable::Kind(if kind.is_dir() { "a folder" } else { "a pipe, socket or device" }).into())
}

/// The content of a regular file of at most `most` bytes.
///
/// # Errors
/// [`Unreadable`], or what the system says.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    read_all(open(path)?, most)
}

/// The text of a file that the user names, which may be a pipe: at most `most` bytes.
///
/// # Errors
/// [`Unreadable`], or what the system says.
pub fn read_named_text(path: &Path, most: u64) -> io::Result<String> {
    if fs::metadata(path)?.is_dir() {
        return Err(Unreadable::Kind("a folder").into());
    }
    String::from_utf8(read_all(File::open(path)?, most)?).map_err(|error| {
        let problem = format!(
            "must be UTF-8, got byte {:#04x} at {}",
            error.as_bytes()[error.utf8_error().valid_up_to()],
            error.utf8_error().valid_up_to()
        );
        io::Error::new(ErrorKind::InvalidData, problem)
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
    fn only_regular_files_are_opened() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        assert_eq!(reason(open(folder.path())), "must be a regular file, got a folder");
        assert_eq!(reason(read_named_text(folder.path(), 10)), "must be a regular file, got a folder");
        fs::write(folder.path().join("file"), [b'a', 0xff]).expect("a writable folder");
        assert_eq!(read(&folder.path().join("file"), 2).expect("small"), [b'a', 0xff]);
        assert_eq!(reason(read_named_text(&folder.path().join("file"), 2)), "must be UTF-8, got byte 0xff at 1");
        assert_eq!(open(&folder.path().join("none")).expect_err("nothing").kind(), ErrorKind::NotFound);
    }

    #[cfg(unix)]
    #[test]
    fn a_device_and_a_pipe_are_refused_without_waiting() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (link, pipe) = (folder.path().join("zero"), folder.path().join("pipe"));
        std::os::unix::fs::symlink("/dev/zero", &link).expect("a link");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
        for path in [&link, &pipe] {
            assert_eq!(reason(read(path, 10)), "must be a regular file, got a pipe, socket or device");
        }
        assert_eq!(reason(read_named_text(&link, 10)), "must have at most 10 bytes");
    }
}
