//! Writes a file atomically: completely or not at all.
//!
//! The content goes into a new file in the same folder. Its name has 16 random letters and the system creates it only
//! if it does not exist, so no other process or host can write to it. Once it is on disk, it is renamed. Readers see
//! either the old file or the new one.

use std::{
    ffi::OsStr,
    fs::{self, File, Permissions},
    io::{self, BufWriter, Error, ErrorKind, Write},
    path::Path,
};

use tempfile::NamedTempFile;

/// Prefix of unfinished files. Hidden files are never read as results.
const PREFIX: &str = ".ohmspike-";
/// Suffix of unfinished files.
const SUFFIX: &str = ".part";
/// Random letters in the name: 62^16 names.
const RANDOM: usize = 16;

/// Writes the output of `fill` to the file at `path`.
///
/// - An existing file is replaced and keeps its permissions; a new file gets the default permissions.
/// - A symbolic link to a file, or to nothing, is replaced by the file; the target of the link is unchanged.
/// - Anything else at `path`, such as a folder, a device or a pipe, is an error, and so is a read-only file.
/// - The unfinished file is removed on failure. On success, the content is on disk under its name.
///
/// # Errors
/// Returns an error of the operating system or of `fill`.
pub fn write(path: &Path, fill: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<()>) -> io::Result<()> {
    write_file(path, |file| {
        let mut file = BufWriter::new(file);
        fill(&mut file)?;
        file.flush()
    })
}

/// Same as [`write()`], with a file that `fill` can write in any order.
pub(crate) fn write_file(path: &Path, fill: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let (mut part, permissions) = unfinished(path)?;
    fill(part.as_file_mut())?;
    if let Some(permissions) = permissions {
        part.as_file().set_permissions(permissions)?;
    }
    part.as_file().sync_all()?;
    part.persist(path)?;
    sync_folder(folder_of(path))
}

/// Checks that [`write()`] can write the file at `path` now: its folder takes new files, and nothing at `path` is in the
/// way. Leaves nothing behind.
///
/// # Errors
/// Returns the error that [`write()`] would return.
pub fn check(path: &Path) -> io::Result<()> {
    unfinished(path).map(drop)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| *folder != OsStr::new("")).unwrap_or(Path::new("."))
}

/// Creates the unfinished file for `path`; returns it with the permissions of an existing file.
fn unfinished(path: &Path) -> io::Result<(NamedTempFile, Option<Permissions>)> {
    let folder = folder_of(path);
    // Checked first so that the error does not name the unfinished file.
    fs::metadata(folder)?;
    let permissions = replaceable(path)?;
    Ok((temporary_file(folder)?, permissions))
}

/// Returns the permissions of the file at `path`, or `None` if there is none. Fails if it cannot be replaced.
fn replaceable(path: &Path) -> io::Result<Option<Permissions>> {
    let there = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        there => there?,
    };
    if there.is_symlink() {
        // A dangling link can be replaced.
        return match fs::metadata(path) {
            Ok(target) if !target.is_file() => Err(irregular()),
            _ => Ok(None),
        };
    }
    if !there.is_file() {
        return Err(irregular());
    }
    if there.permissions().readonly() {
        return Err(Error::new(ErrorKind::PermissionDenied, "the file is read-only"));
    }
    Ok(Some(there.permissions()))
}

fn irregular() -> Error {
    Error::new(ErrorKind::InvalidInput, "not a regular file")
}

/// Returns whether `path` has the name of an unfinished file.
pub fn is_unfinished(path: &Path) -> bool {
    let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
    name.starts_with(PREFIX) && name.ends_with(SUFFIX)
}

/// Creates an unfinished file in `folder` with default permissions, since a cache folder may be shared. It is removed
/// when it is dropped, unless it gets another name first.
///
/// # Errors
/// Returns an error of the operating system.
pub fn temporary_file(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX).rand_bytes(RANDOM);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

/// Flushes the new name to disk, if the system supports that for folders.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(not(unix)) {
        return Ok(());
    }
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        // Not supported on some file systems and for folders without read permission.
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::InvalidInput | ErrorKind::Unsupported | ErrorKind::PermissionDenied
            ) =>
        {
            Ok(())
        }
        outcome => outcome,
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn put(path: &Path, content: &[u8]) -> io::Result<()> {
        write(path, |file| file.write_all(content))
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("the file exists").permissions().mode() & 0o7777
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries =
            fs::read_dir(folder).expect("the folder exists").map(|entry| entry.expect("the folder exists").file_name());
        let mut names: Vec<_> = entries.map(|name| name.to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn new_files_have_default_permissions_and_replaced_files_keep_theirs() {
        let folder = tempfile::tempdir().unwrap();
        let [ours, plain] = ["ours", "plain"].map(|name| folder.path().join(name));
        put(&ours, b"x").unwrap();
        fs::write(&plain, b"x").unwrap();
        assert_eq!(mode(&ours), mode(&plain));
        fs::set_permissions(&ours, Permissions::from_mode(0o640)).unwrap();
        put(&ours, b"y").unwrap();
        assert_eq!((mode(&ours), fs::read(&ours).unwrap()), (0o640, b"y".to_vec()));
        assert_eq!(names(folder.path()), ["ours", "plain"]);
    }

    #[test]
    fn a_failure_keeps_the_old_file_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.csv");
        put(&path, b"old").unwrap();
        let failed = write(&path, |file| {
            file.write_all(&[0; 100_000])?;
            // Readers never see a partial file.
            assert_eq!(fs::read(&path).unwrap(), b"old");
            Err(Error::other("the disk is full"))
        });
        assert_eq!(failed.unwrap_err().to_string(), "the disk is full");
        assert_eq!((fs::read(&path).unwrap(), names(folder.path())), (b"old".to_vec(), vec!["table.csv".to_owned()]));
        assert!(put(&folder.path().join("gone/table.csv"), b"x").is_err());
    }

    #[test]
    fn replaces_a_link_and_keeps_its_target() {
        let folder = tempfile::tempdir().unwrap();
        let [target, link, nowhere] = ["target", "link", "nowhere"].map(|name| folder.path().join(name));
        fs::write(&target, b"mine").unwrap();
        symlink(&target, &link).unwrap();
        symlink(folder.path().join("absent"), &nowhere).unwrap();
        for path in [&link, &nowhere] {
            put(path, b"new").unwrap();
            assert!(!fs::symlink_metadata(path).unwrap().is_symlink());
            assert_eq!(fs::read(path).unwrap(), b"new");
        }
        assert_eq!(fs::read(&target).unwrap(), b"mine");
        assert!(!folder.path().join("absent").exists());
    }

    #[test]
    fn rejects_folders_devices_and_read_only_files() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        symlink("/dev/null", &link).unwrap();
        for path in [folder.path(), Path::new("/dev/null"), &link] {
            assert_eq!(put(path, b"x").unwrap_err().to_string(), "not a regular file", "{}", path.display());
        }
        let kept = folder.path().join("kept");
        fs::write(&kept, b"old").unwrap();
        fs::set_permissions(&kept, Permissions::from_mode(0o444)).unwrap();
        assert_eq!(put(&kept, b"new").unwrap_err().to_string(), "the file is read-only");
        assert_eq!(names(folder.path()), ["kept", "link"]);
    }

    #[test]
    fn a_check_finds_what_a_write_would_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.csv");
        assert!(check(&path).is_ok() && names(folder.path()).is_empty());
        put(&path, b"old").unwrap();
        assert!(check(&path).is_ok());
        assert_eq!((fs::read(&path).unwrap(), names(folder.path())), (b"old".to_vec(), vec!["table.csv".to_owned()]));
        assert_eq!(check(folder.path()).unwrap_err().to_string(), "not a regular file");
        assert_eq!(check(&folder.path().join("gone/table.csv")).unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[test]
    fn concurrent_writers_never_mix_content() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shared");
        std::thread::scope(|scope| {
            for letter in b'a'..b'e' {
                let path = &path;
                scope.spawn(move || (0..10).for_each(|_| put(path, &[letter; 50_000]).unwrap()));
            }
        });
        let content = fs::read(&path).unwrap();
        assert!(content.len() == 50_000 && content.iter().all(|letter| *letter == content[0]));
        assert_eq!(names(folder.path()), ["shared"]);
    }
}
