//! The file to which one process appends.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use super::StoreError;

/// A file of records that no other process writes to.
#[derive(Debug)]
pub(super) struct OwnFile {
    pub(super) path: PathBuf,
    file: File,
    /// Records in it.
    pub(super) records: usize,
}

impl OwnFile {
    /// Creates the first `NNNN.jsonl` of `folder` that does not exist; creation is atomic, so two processes never share one.
    pub(super) fn create(folder: &Path) -> Result<OwnFile, StoreError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| StoreError::Write { path, source }
        };
        fs::create_dir_all(folder).map_err(failed(folder))?;
        for number in 1u32.. {
            let path = folder.join(format!("{number:04}.jsonl"));
            // Read back only where the file is removed under this process.
            match OpenOptions::new().append(true).read(true).create_new(true).open(&path) {
                Ok(file) => return Ok(OwnFile { path, file, records: 0 }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed(&path)(error)),
            }
        }
        unreachable!("four thousand million files of records")
    }

    /// Appends a line and waits until it is on the disk, in its folder.
    pub(super) fn append(&mut self, line: &[u8]) -> Result<(), StoreError> {
        let before = self.file.metadata().map(|metadata| metadata.len());
        if let Err(source) = self.file.write_all(line).and_then(|()| self.file.sync_data()) {
            if let Ok(length) = before {
                // Best effort: what stays behind is a torn last line, which reading leaves out.
                let _ = self.file.set_len(length);
            }
            return Err(StoreError::Write { path: self.path.clone(), source });
        }
        self.records += 1;
        self.check_place()
    }

    /// Whether the file is still where it was created. Of one that was removed or moved, the content is saved in a new one.
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

    /// Elsewhere nobody can remove a file that is open.
    #[cfg(not(unix))]
    fn is_in_place(&self) -> bool {
        self.path.is_file()
    }

    /// Copies what was written, which is on the disk as long as it is open.
    fn save_again(&mut self) -> io::Result<PathBuf> {
        let mut content = Vec::new();
        self.file.rewind()?;
        self.file.read_to_end(&mut content)?;
        let folder = self.path.parent().expect("the file stands in a folder").to_owned();
        let mut new = OwnFile::create(&folder).map_err(io::Error::other)?;
        new.file.write_all(&content)?;
        new.file.sync_data()?;
        new.records = self.records;
        *self = new;
        Ok(self.path.clone())
    }
}

impl Drop for OwnFile {
    /// A run that wrote nothing leaves no empty file.
    fn drop(&mut self) {
        if self.file.metadata().is_ok_and(|metadata| metadata.len() == 0) && self.is_in_place() {
            let _ = fs::remove_file(&self.path);
        }
    }
}
