//! Which files an output may replace: those that begin alike, such as an earlier output of the same command. A table of
//! measurements, records or a study that happens to have the name of an output is kept.

use std::fs::{self, File};
use std::io::{self, Error, ErrorKind, Read};
use std::path::Path;

use crate::persist;

/// Letters that decide what a text is: the name of its first column, or the first word of a line.
const WORD: usize = 64;
/// Bytes that decide what another file is: the signatures of PNG, zip and Parquet have four.
const SIGNATURE: usize = 4;

/// Returns the bytes at the start of a file that tell its kind.
fn kind(start: &[u8]) -> &[u8] {
    let signature = &start[..start.len().min(SIGNATURE)];
    if signature == b"PAR1" || signature.iter().any(|byte| !byte.is_ascii() || byte.is_ascii_control()) {
        return signature;
    }
    let ends = |byte: &u8| byte.is_ascii_whitespace() || *byte == b',';
    let end = start.iter().take(WORD).position(ends).unwrap_or(start.len().min(WORD));
    &start[..end]
}

/// Refuses to replace a file at `path` that does not begin as `content` does. Empty files may be replaced.
///
/// # Errors
/// [`ErrorKind::AlreadyExists`].
pub fn refuse_other_kind(path: &Path, content: &[u8]) -> io::Result<()> {
    // A symbolic link is replaced, and its target stays.
    if !fs::symlink_metadata(path).is_ok_and(|there| there.is_file()) {
        return Ok(());
    }
    let mut start = Vec::new();
    // What cannot be read is left to the writer, which has the better error.
    let read = File::open(path).and_then(|file| file.take(WORD as u64).read_to_end(&mut start));
    if read.is_err() || start.is_empty() || kind(&start) == kind(&content[..content.len().min(WORD)]) {
        return Ok(());
    }
    Err(other_kind())
}

/// The error for a file that is kept because it holds something else.
pub fn other_kind() -> Error {
    Error::new(ErrorKind::AlreadyExists, "the file holds something else; choose another name, or remove it")
}

/// Writes `content` as [`persist::write`] does, but keeps a file of another kind.
///
/// # Errors
/// As [`refuse_other_kind`] and [`persist::write`].
pub fn write_over_same_kind(path: &Path, content: &[u8]) -> io::Result<()> {
    refuse_other_kind(path, content)?;
    persist::write(path, |file| file.write_all(content))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_that_begin_alike_are_replaced() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("my.csv");
        let outcome = |there: &[u8], new: &[u8]| {
            fs::write(&path, there).expect("a file");
            let kept = write_over_same_kind(&path, new).map_err(|error| error.kind());
            (kept, fs::read(&path).expect("a file") == there)
        };
        let table = b"panel,curve,x\nread,a,1\n";
        let alike: [&[u8]; 3] = [b"panel,curve\n", b"panel\n", b""];
        for there in alike {
            assert_eq!(outcome(there, table), (Ok(()), false), "{there:?}");
        }
        let others: [&[u8]; 5] =
            [b"target_microsiemens,conductance_microsiemens\n", b"{\"schema\":6,", b"# study\n", b"\x89PNG\r\n", b"\n"];
        for there in others {
            assert_eq!(outcome(there, table), (Err(ErrorKind::AlreadyExists), true), "{there:?}");
        }
        assert_eq!(outcome(b"PK\x03\x04abcd", b"PK\x03\x04efgh"), (Ok(()), false));
        assert_eq!(outcome(b"\x89PNG\r\n1", b"\x89PNG\r\n2"), (Ok(()), false));
        assert_eq!(outcome(b"<svg viewBox=\"0\">", b"<svg viewBox=\"1\">"), (Ok(()), false));
        assert_eq!(outcome(b"<?xml version=\"1.0\"?>", b"<svg viewBox=\"1\">").0, Err(ErrorKind::AlreadyExists));
        let new = folder.path().join("new.csv");
        assert!(write_over_same_kind(&new, table).is_ok() && new.exists());
    }
}
