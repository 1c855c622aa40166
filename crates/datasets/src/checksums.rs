//! Checksums stated by the publisher of a file or by the user.
//!
//! ```text
//! d41d8cd98f00b204e9800998ecf8427e  shd_train.h5.gz        a line of `md5sum`: 32 digits; `sha256sum`: 64
//! ```
//! MD5 detects a damaged download. SHA-256 also detects a forged one.

use std::fmt;

use md5::Md5;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::shown::excerpt;

/// Checksums by file name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Checksums {
    /// Source of the checksums, for messages.
    place: String,
    /// File name and lower-case hexadecimal checksum.
    entries: Vec<(String, String)>,
}

/// Hash algorithm of a checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// MD5, 32 hexadecimal digits.
    Md5,
    /// SHA-256, 64 hexadecimal digits.
    Sha256,
}

impl fmt::Display for Algorithm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Algorithm::Md5 => "MD5",
            Algorithm::Sha256 => "SHA-256",
        })
    }
}

/// Reason for rejecting a file or a list of checksums.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ChecksumError {
    /// A line without a checksum and a file name.
    #[error("{place}:{line}: expected 32 (MD5) or 64 (SHA-256) hexadecimal digits and a file name, got `{got}`")]
    Line {
        /// Source of the checksums.
        place: String,
        /// Line number, from 1.
        line: usize,
        /// Start of the line.
        got: String,
    },
    /// The list has no checksum for the file.
    #[error("{place}: no checksum for `{name}`")]
    Missing {
        /// Source of the checksums.
        place: String,
        /// File name.
        name: String,
    },
    /// The checksum of the file differs from the stated one.
    #[error("{file}: expected {algorithm} `{needed}` (from {place}), got `{got}`")]
    Differs {
        /// The file.
        file: String,
        /// Hash algorithm.
        algorithm: Algorithm,
        /// Checksum of the file.
        got: String,
        /// Stated checksum.
        needed: String,
        /// Source of the stated checksum.
        place: String,
    },
}

impl Checksums {
    /// Parses the lines of `text`, skipping empty ones. Messages call the list `place`.
    pub(crate) fn parse(place: &str, text: &[u8]) -> Result<Checksums, ChecksumError> {
        let text = String::from_utf8_lossy(text);
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let entry = |(number, line): (usize, &str)| {
            let wrong = || ChecksumError::Line { place: place.to_owned(), line: number + 1, got: excerpt(line) };
            let (sum, name) = line.trim().split_once(char::is_whitespace).ok_or_else(wrong)?;
            let is_sum = [32, 64].contains(&sum.len()) && sum.bytes().all(|digit| digit.is_ascii_hexdigit());
            // An asterisk marks binary mode; only the last path component counts.
            let name = name.trim().trim_start_matches('*').rsplit('/').next().unwrap_or_default();
            if is_sum && !name.is_empty() { Ok((name.to_owned(), sum.to_ascii_lowercase())) } else { Err(wrong()) }
        };
        Ok(Checksums { place: place.to_owned(), entries: lines.map(entry).collect::<Result<_, _>>()? })
    }

    /// Returns whether the list has a checksum for the file `name`.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.entries.iter().any(|(entry, _)| entry == name)
    }

    /// Verifies `bytes`, the content of the file `name`, which messages call `file`.
    pub(crate) fn verify(&self, file: &str, name: &str, bytes: &[u8]) -> Result<Algorithm, ChecksumError> {
        let found = self.entries.iter().find_map(|(entry, sum)| (entry == name).then_some(sum));
        let needed =
            found.ok_or_else(|| ChecksumError::Missing { place: self.place.clone(), name: name.to_owned() })?;
        let (algorithm, got) = match needed.len() {
            32 => (Algorithm::Md5, digits(&Md5::digest(bytes))),
            _ => (Algorithm::Sha256, digits(&Sha256::digest(bytes))),
        };
        if got == *needed {
            return Ok(algorithm);
        }
        let (file, needed, place) = (file.to_owned(), needed.clone(), self.place.clone());
        Err(ChecksumError::Differs { file, algorithm, got, needed, place })
    }
}

fn digits(hash: &[u8]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checksums of the empty input (RFC 1321, appendix A.5) and of `abc` (FIPS 180-2, appendix B.1).
    const SUMS: &str = "d41d8cd98f00b204e9800998ecf8427e  empty\n\n\
        BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD *folder/abc\n";

    #[test]
    fn the_length_selects_the_algorithm() {
        let sums = Checksums::parse("SUMS", SUMS.as_bytes()).unwrap();
        assert_eq!(sums.verify("a/empty", "empty", b""), Ok(Algorithm::Md5));
        assert_eq!(sums.verify("a/abc", "abc", b"abc"), Ok(Algorithm::Sha256));
    }

    #[test]
    fn every_error_message() {
        let sums = Checksums::parse("SUMS", SUMS.as_bytes()).unwrap();
        assert_eq!(
            sums.verify("a/empty", "empty", b"a").unwrap_err().to_string(),
            "a/empty: expected MD5 `d41d8cd98f00b204e9800998ecf8427e` (from SUMS), got `0cc175b9c0f1b6a831c399e269772661`"
        );
        assert_eq!(sums.verify("a/b", "b", b"").unwrap_err().to_string(), "SUMS: no checksum for `b`");
        for line in [
            "d41d8cd98f00b204e9800998ecf8427e",
            "d41d8cd98f00b204e9800998ecf8427 a",
            "x41d8cd98f00b204e9800998ecf8427e a",
        ] {
            assert_eq!(
                Checksums::parse("SUMS", format!("\n{line}").as_bytes()).unwrap_err().to_string(),
                format!("SUMS:2: expected 32 (MD5) or 64 (SHA-256) hexadecimal digits and a file name, got `{line}`")
            );
        }
    }
}
