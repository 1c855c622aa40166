//! The records file that one process appends to.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use super::StoreError;

/// A records file that no other process writes.
#[derive(Debug)]
pub(super) struct OwnFile {
    pub(super) path: PathBuf,
    file: File,
    /// Records in the file.
    pub(super) records: usize,
}

impl OwnFile {
    /// Creates the first missing `NNNN.jsonl` in `folder`. Creation is atomic, so two processes never share a file.
    pub(super) fn create(folder: &Path) -> Result<OwnFile, StoreError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| StoreError::Write { path, source }
        };
        fs::create_dir_all(folder).map_err(failed(folder))?;
        for number in 1u32.. {
            let path = folder.join(format!("{number:04}.jsonl"));
            // Read access is needed if the file is removed while this process runs.
            match OpenOptions::new().append(true).read(true).create_new(true).open(&path) {
                Ok(file) => return Ok(OwnFile { path, file, records: 0 }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed(&path)(error)),
            }
        }
        unreachable!("four thousand million files of records")
    }

    /// Appends a line and waits until it is on the disk, including its directory entry.
    pub(super) fn append(&mut self, line: &[u8]) -> Result<(), StoreError> {
        let before = self.file.metadata().map(|metadata| metadata.len());
        if let Err(source) = self.file.write_all(line).and_then(|()| self.file.sync_data()) {
            if let Ok(length) = before {
                // Best effort: otherwise an incomplete last line remains, which reading ignores.
                let _ = self.file.set_len(length);
            }
            return Err(StoreError::Write { path: self.path.clone(), source });
        }
        self.records += 1;
        self.check_place()
    }

    /// Checks that the file is still in place. If it was removed or moved, saves its content in a new file.
    pub(super) fn check_place(&mut self) -> Result<(), StoreError> {
        if self.records == 0 || self.is_in_place() {
            return Ok(());
        }
        let (path, count) = (self.path.clone(), self.records);
        match self.save_again() {
            Ok(saved) => Err(StoreError::Moved { path, saved }),
            Err(source) => Err(StoreError::Lost { path, count, source }),
        }
    }

    #[cfg(unix)]
    fn is_in_place(&self) -> bool {
        use std::os::unix::fs::MetadataExt;
        let (Ok(own), Ok(there)) = (self.file.metadata(), fs::metadata(&self.path)) else { return false };
        (own.dev(), own.ino()) == (there.dev(), there.ino())
    }

    /// Other systems don't let anyone remove an open file.
    #[cfg(not(unix))]
    fn is_in_place(&self) -> bool {
        self.path.is_file()
    }

    /// Copies the content to a new file; it stays readable as long as the removed file is open.
    fn save_again(&mut self) -> io::Result<PathBuf> {
        let mut content = Vec::new();
        self.file.rewind()?;
        self.file.read_to_end(&mut content)?;
        let folder = self.path.parent().expect("the file is in a folder").to_owned();
        let mut new = OwnFile::create(&folder).map_err(io::Error::other)?;
        new.file.write_all(&content)?;
        new.file.sync_data()?;
        new.records = self.records;
        *self = new;
        Ok(self.path.clone())
    }
}

impl Drop for OwnFile {
    /// Removes the file if it holds no records.
    fn drop(&mut self) {
        if self.file.metadata().is_ok_and(|metadata| metadata.len() == 0) && self.is_in_place() {
            let _ = fs::remove_file(&self.path);
        }
    }
}
