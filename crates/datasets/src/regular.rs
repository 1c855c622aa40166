//! Regular files read up to a bound: pipes and devices have no end, and may never have a beginning.

use std::{
    fs::{self, File},
    io::{self, Error, ErrorKind, Read},
    path::Path,
};

/// Opens the file at `path` to be read, links followed.
///
/// # Errors
/// What the system says, and [`ErrorKind::InvalidInput`] for a folder, pipe, socket or device.
pub fn open(path: &Path) -> io::Result<File> {
    // Asked before it is opened: opening a pipe waits for somebody who writes.
    let check = |regular: bool| if regular { Ok(()) } else { Err(irregular()) };
    check(fs::metadata(path)?.is_file())?;
    let file = File::open(path)?;
    check(file.metadata()?.is_file())?;
    Ok(file)
}

/// The content of the file at `path`, of at most `most` bytes.
///
/// # Errors
/// As [`open`], and [`ErrorKind::FileTooLarge`] for a longer file.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    let stated = file.metadata()?.len();
    if stated > most {
        return Err(too_large(stated, most));
    }
    // A file of the system, as those in /proc, may state 0 bytes and have more; another may grow while it is read.
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
    Error::new(ErrorKind::FileTooLarge, format!("{got} bytes or more, at most {most} are read"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_bound() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, [7; 10]).unwrap();
        assert_eq!(read(&path, 10).unwrap(), [7; 10]);
        let error = read(&path, 9).unwrap_err();
        assert_eq!(
            (error.kind(), error.to_string()),
            (ErrorKind::FileTooLarge, "10 bytes or more, at most 9 are read".to_owned())
        );
        assert_eq!(read(&folder.path().join("b"), 9).unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[cfg(unix)]
    #[test]
    fn what_has_no_end_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        for path in [&pipe, Path::new("/dev/zero"), folder.path()] {
            assert_eq!(read(path, 9).unwrap_err().to_string(), "not a regular file", "{}", path.display());
        }
    }
}
