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
    // A temporary file adds its path to the error of the system, which means nothing to a user.
    let inner = error.get_ref().and_then(|inner| inner.source()).and_then(|source| source.downcast_ref::<Error>());
    if let Some(system) = inner {
        return reason(system);
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
    match error.kind() {
        ErrorKind::NotFound if error.get_ref().is_none() => "no such folder".to_owned(),
        _ => reason(error),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use super::*;

    /// As the crate for temporary files has it.
    #[derive(Debug)]
    struct WithPath(Error);

    impl fmt::Display for WithPath {
        fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
            write!(formatter, "{} at path \"/a/.ohmspike-X.part\"", self.0)
        }
    }

    impl std::error::Error for WithPath {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn paths_of_temporary_files_are_left_out() {
        let error = Error::new(ErrorKind::ReadOnlyFilesystem, WithPath(Error::from(ErrorKind::ReadOnlyFilesystem)));
        assert_eq!([reason(&error), write_reason(&error)], ["the file system is read-only"; 2]);
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
