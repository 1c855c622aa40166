//! Reads one published file of a data set and verifies its content.

use std::{io, path::Path};

use thiserror::Error;

use crate::{
    idx::{self, Idx, IdxError},
    regular,
    shown::shown_path,
};

/// Limit on the size of a published file of images or labels; the largest has 26 MB.
const LARGEST: u64 = 64 << 20;

/// A file as its publisher describes it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct File {
    pub name: &'static str,
    pub dimensions: usize,
    /// SHA-256 of the uncompressed content in hexadecimal, independent of the gzip settings.
    pub sha256: &'static str,
}

/// Reason for rejecting a file.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FileError {
    /// The file cannot be read.
    #[error("cannot read `{file}`: {}", crate::reason(reason))]
    Read {
        /// The file.
        file: String,
        /// Error of the operating system.
        reason: io::Error,
    },
    /// The file is malformed.
    #[error(transparent)]
    Idx(#[from] IdxError),
    /// The content differs from the published file.
    #[error("{file}: SHA-256 of the content: expected `{needed}`, got `{got}`")]
    Content {
        /// The file.
        file: String,
        /// Hash of the file.
        got: String,
        /// Hash of the published file.
        needed: &'static str,
    },
}

impl File {
    pub(crate) const fn images(name: &'static str, sha256: &'static str) -> File {
        File { name, dimensions: 3, sha256 }
    }

    pub(crate) const fn labels(name: &'static str, sha256: &'static str) -> File {
        File { name, dimensions: 1, sha256 }
    }

    /// Verifies that `idx` is the published content.
    pub(crate) fn verify(&self, idx: &Idx) -> Result<(), FileError> {
        let got = hexadecimal(&idx.sha256);
        if got == self.sha256 {
            return Ok(());
        }
        Err(FileError::Content { file: idx.file.clone(), got, needed: self.sha256 })
    }

    /// Verifies that `packed`, which messages call `label`, decompresses to the published content.
    pub(crate) fn verify_packed(&self, label: &str, packed: &[u8]) -> Result<(), FileError> {
        self.verify(&idx::read(label, packed, self.dimensions)?)
    }

    /// Reads this file in `folder`. Returns its name for messages and its compressed bytes.
    pub(crate) fn read_from(&self, folder: &Path) -> Result<(String, Vec<u8>), FileError> {
        let path = folder.join(self.name);
        let file = shown_path(&path);
        match regular::read(&path, LARGEST) {
            Ok(packed) => Ok((file, packed)),
            Err(reason) => Err(FileError::Read { file, reason }),
        }
    }
}

/// Formats a hash in hexadecimal.
pub(crate) fn hexadecimal(hash: &[u8; 32]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::idx::tests::{content, pack};

    const NEEDED: &str = "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34";

    #[test]
    fn rejects_other_content() {
        let file = File::labels("labels.gz", NEEDED);
        let error = file.verify_packed("x/labels.gz", &pack(&content(&[2], &[0, 1]))).unwrap_err();
        // sha256sum of 00 00 08 01 00 00 00 02 00 01
        let got = "8c50639ad7f90a8211edb1bbdfb25436fd8e2a10794b6d5e3d479d1b22c7e318";
        assert_eq!(error.to_string(), format!("x/labels.gz: SHA-256 of the content: expected `{NEEDED}`, got `{got}`"));
    }

    #[test]
    fn reports_a_missing_file() {
        let folder = tempfile::tempdir().unwrap();
        let error = File::labels("labels.gz", NEEDED).read_from(folder.path()).unwrap_err().to_string();
        let file = folder.path().join("labels.gz");
        assert!(error.starts_with(&format!("cannot read `{}`: ", file.display())), "{error}");
    }
}
