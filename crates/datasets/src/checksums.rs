//! Checksums of files as their publisher, or the user, states them.
//!
//! ```text
//! d41d8cd98f00b204e9800998ecf8427e  shd_train.h5.gz        a line of `md5sum`: 32 digits; `sha256sum`: 64
//! ```
//! MD5 tells a damaged download, not a forged one; SHA-256 tells both.

use std::fmt;

use md5::Md5;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::shown::excerpt;

/// Checksums by the name of their file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Checksums {
    /// What states them, for messages.
    place: String,
    /// Name of the file and checksum in lower-case hexadecimal.
    entries: Vec<(String, String)>,
}

/// How a checksum is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// 32 digits.
    Md5,
    /// 64 digits.
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

/// Why checksums do not vouch for a file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ChecksumError {
    /// A line that is none.
    #[error(
        "{place}:{line}: got `{got}`, must be 32 (MD5) or 64 (SHA-256) hexadecimal digits, then the name of the file"
    )]
    Line {
        /// What states them.
        place: String,
        /// The line, from 1.
        line: usize,
        /// Its start.
        got: String,
    },
    /// A file without checksum.
    #[error("{place}: has no checksum of `{name}`, must have one")]
    Missing {
        /// What states them.
        place: String,
        /// The file.
        name: String,
    },
    /// Another file.
    #[error("{file}: {algorithm} is `{got}`, must be `{needed}` as {place} states")]
    Differs {
        /// The file.
        file: String,
        /// How it is computed.
        algorithm: Algorithm,
        /// The checksum of the file.
        got: String,
        /// The stated one.
        needed: String,
        /// What states it.
        place: String,
    },
}

impl Checksums {
    /// The lines of `text`, which messages call `place`; empty ones are passed over.
    pub(crate) fn parse(place: &str, text: &[u8]) -> Result<Checksums, ChecksumError> {
        let text = String::from_utf8_lossy(text);
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let entry = |(number, line): (usize, &str)| {
            let wrong = || ChecksumError::Line { place: place.to_owned(), line: number + 1, got: excerpt(line) };
            let (sum, name) = line.trim().split_once(char::is_whitespace).ok_or_else(wrong)?;
            let is_sum = [32, 64].contains(&sum.len()) && sum.bytes().all(|digit| digit.is_ascii_hexdigit());
            // A star marks files that were read as bytes; folders do not matter.
            let name = name.trim().trim_start_matches('*').rsplit('/').next().unwrap_or_default();
            if is_sum && !name.is_empty() { Ok((name.to_owned(), sum.to_ascii_lowercase())) } else { Err(wrong()) }
        };
        Ok(Checksums { place: place.to_owned(), entries: lines.map(entry).collect::<Result<_, _>>()? })
    }

    /// Whether there is one of the file `name`.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.entries.iter().any(|(entry, _)| entry == name)
    }

    /// Compares `bytes`, the content of the file `name` that messages call `file`.
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

    /// Checksums of no bytes (RFC 1321, appendix A.5) and of `abc` (FIPS 180-2, appendix B.1).
    const SUMS: &str = "d41d8cd98f00b204e9800998ecf8427e  empty\n\n\
        BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD *folder/abc\n";

    #[test]
    fn both_kinds_are_told_by_their_length() {
        let sums = Checksums::parse("SUMS", SUMS.as_bytes()).unwrap();
        assert_eq!(sums.verify("a/empty", "empty", b""), Ok(Algorithm::Md5));
        assert_eq!(sums.verify("a/abc", "abc", b"abc"), Ok(Algorithm::Sha256));
    }

    #[test]
    fn every_complaint() {
        let sums = Checksums::parse("SUMS", SUMS.as_bytes()).unwrap();
        assert_eq!(
            sums.verify("a/empty", "empty", b"a").unwrap_err().to_string(),
            "a/empty: MD5 is `0cc175b9c0f1b6a831c399e269772661`, must be `d41d8cd98f00b204e9800998ecf8427e` as SUMS states"
        );
        assert_eq!(
            sums.verify("a/b", "b", b"").unwrap_err().to_string(),
            "SUMS: has no checksum of `b`, must have one"
        );
        for line in [
            "d41d8cd98f00b204e9800998ecf8427e",
            "d41d8cd98f00b204e9800998ecf8427 a",
            "x41d8cd98f00b204e9800998ecf8427e a",
        ] {
            assert_eq!(
                Checksums::parse("SUMS", format!("\n{line}").as_bytes()).unwrap_err().to_string(),
                format!(
                    "SUMS:2: got `{line}`, must be 32 (MD5) or 64 (SHA-256) hexadecimal digits, then the name of the file"
                )
            );
        }
    }
}
