//! Describes why a file cannot be read or written.

use std::io::{Error, ErrorKind};

/// Describes why a file cannot be read, such as `no such file`. Unusual errors keep their own text.
///
/// ```
/// use std::io::{Error, ErrorKind};
///
/// assert_eq!(ohmspike_datasets::reason(&Error::from(ErrorKind::NotFound)), "no such file");
/// assert_eq!(ohmspike_datasets::reason(&Error::other("line 3 is empty")), "line 3 is empty");
/// ```
pub fn reason(error: &Error) -> String {
    if let Some(system) = of_temporary_file(error) {
        return reason(&system);
    }
    let words = match error.kind() {
        // The error carries a message of its own.
        _ if error.get_ref().is_some() => return error.to_string(),
        ErrorKind::NotFound => "no such file",
        ErrorKind::PermissionDenied => "permission denied",
        ErrorKind::IsADirectory => "it is a folder",
        ErrorKind::NotADirectory => "part of the path is a file, not a folder",
        ErrorKind::StorageFull => "no space left on the disk",
        ErrorKind::ReadOnlyFilesystem => "the file system is read-only",
        ErrorKind::FileTooLarge => "the file is too large",
        _ => {
            let text = error.to_string();
            let text = text.rsplit_once(" (os error").map_or(&*text, |(text, _)| text);
            return text.chars().take(1).flat_map(char::to_lowercase).chain(text.chars().skip(1)).collect();
        }
    };
    words.to_owned()
}

/// Describes why a file cannot be written, as [`reason`] does; a missing path is a missing folder.
pub fn write_reason(error: &Error) -> String {
    if let Some(system) = of_temporary_file(error) {
        return write_reason(&system);
    }
    match error.kind() {
        ErrorKind::NotFound if error.get_ref().is_none() => "no such folder".to_owned(),
        _ => reason(error),
    }
}

/// Returns the error of the system that the crate for temporary files reports with the path of its file, which means
/// nothing to a user. It keeps the text, `TEXT (os error NUMBER) at path "PATH"`, and hides the error itself.
fn of_temporary_file(error: &Error) -> Option<Error> {
    let text = error.get_ref()?.to_string();
    let (system, _) = text.split_once(") at path \"")?;
    let (_, number) = system.rsplit_once(" (os error ")?;
    Some(Error::from_raw_os_error(number.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn paths_of_temporary_files_are_left_out() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("file");
        fs::write(&file, "").expect("a writable folder");
        for (place, words, written) in [
            (folder.path().join("missing"), "no such file", "no such folder"),
            (file.clone(), "part of the path is a file, not a folder", "part of the path is a file, not a folder"),
        ] {
            for error in [tempfile::NamedTempFile::new_in(&place), crate::persist::temporary_file(&place)] {
                let error = error.expect_err("no folder");
                assert_eq!([reason(&error), write_reason(&error)], [words, written], "{error}");
            }
        }
        // The file system of processes takes no files.
        let error = crate::persist::temporary_file(std::path::Path::new("/proc/self")).expect_err("no such place");
        assert!(!write_reason(&error).contains(['(', '/']), "{error}");
    }

    /// A device that is always full.
    #[cfg(target_os = "linux")]
    #[test]
    fn failed_writes_to_temporary_files_have_plain_words() {
        use std::io::Write;
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let (_, path) = file.into_parts();
        let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("a device");
        let mut full = tempfile::NamedTempFile::from_parts(full, path);
        let error = full.write_all(b"x").expect_err("a full disk");
        assert!(error.to_string().contains(" at path "), "{error}");
        assert_eq!([reason(&error), write_reason(&error)], ["no space left on the disk"; 2]);
    }

    #[test]
    fn errors_of_the_system_have_plain_words() {
        let system = |number: i32| Error::from_raw_os_error(number);
        if cfg!(target_os = "linux") {
            let words = [2, 13, 20, 27, 28, 5].map(|number| reason(&system(number)));
            let expected = [
                "no such file",
                "permission denied",
                "part of the path is a file, not a folder",
                "the file is too large",
                "no space left on the disk",
                "input/output error",
            ];
            assert_eq!(words, expected);
            assert_eq!(write_reason(&system(2)), "no such folder");
        }
        assert_eq!(write_reason(&Error::new(ErrorKind::NotFound, "gone")), "gone");
    }
}
