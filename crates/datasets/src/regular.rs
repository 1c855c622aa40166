//! Reads regular files up to a size limit. Pipes and devices may block or never end.

use std::{
    fs::{self, File},
    io::{self, Error, ErrorKind, Read},
    path::Path,
};

/// Opens the file at `path` for reading and follows links.
///
/// # Errors
/// Returns the error of the operating system, or [`ErrorKind::InvalidInput`] for a folder, pipe, socket or device.
pub fn open(path: &Path) -> io::Result<File> {
    // Checked before opening, because opening a pipe waits for a writer.
    let check = |regular: bool| if regular { Ok(()) } else { Err(irregular()) };
    check(fs::metadata(path)?.is_file())?;
    let file = File::open(path)?;
    check(file.metadata()?.is_file())?;
    Ok(file)
}

/// Reads the file at `path`, at most `most` bytes.
///
/// # Errors
/// Fails as [`open`] does, and with [`ErrorKind::FileTooLarge`] if the file is longer.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    let stated = file.metadata()?.len();
    if stated > most {
        return Err(too_large(stated, most));
    }
    // Files in /proc report 0 bytes, and other files may grow while they are read.
    let mut bytes = Vec::with_capacity(stated as usize);
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(too_large(bytes.len() as u64, most));
    }
    Ok(bytes)
}

fn irregular() -> Error {
    Error::new(ErrorKind::InvalidInput, "not a regular file")
}

fn too_large(got: u64, most: u64) -> Error {
    Error::new(ErrorKind::FileTooLarge, format!("expected at most {most} bytes, got {got} or more"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_files_up_to_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, [7; 10]).unwrap();
        assert_eq!(read(&path, 10).unwrap(), [7; 10]);
        let error = read(&path, 9).unwrap_err();
        assert_eq!(
            (error.kind(), error.to_string()),
            (ErrorKind::FileTooLarge, "expected at most 9 bytes, got 10 or more".to_owned())
        );
        assert_eq!(read(&folder.path().join("b"), 9).unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[cfg(unix)]
    #[test]
    fn rejects_pipes_devices_and_folders() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        for path in [&pipe, Path::new("/dev/zero"), folder.path()] {
            assert_eq!(read(path, 9).unwrap_err().to_string(), "not a regular file", "{}", path.display());
        }
    }
}
