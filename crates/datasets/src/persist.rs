//! A file written in whole or not at all.
//!
//! The content goes into a new file of the same folder, under a name with 16 random letters that the system creates only where
//! no file has it, so that neither another process nor another host can write into it. Once it is on the disk it is renamed.
//! Whoever reads sees the old file or the new one.

use std::{
    ffi::OsStr,
    fs::{self, File, Permissions},
    io::{self, BufWriter, Error, ErrorKind, Write},
    path::Path,
};

use tempfile::NamedTempFile;

/// How names of unfinished files start; no reader of a folder takes hidden files for results.
const PREFIX: &str = ".ohmspike-";
/// How they end.
const SUFFIX: &str = ".part";
/// Random letters between the two: 62^16 names.
const RANDOM: usize = 16;

/// Writes what `fill` writes as the file at `path`.
///
/// - An existing file is replaced and gives the new one its permissions; a new file gets those of any new file.
/// - A symbolic link to a file, or to nothing, is replaced by the file; what it points to stays as it is.
/// - Anything else at `path`, as a folder, a device or a pipe, is refused, and so is a file that is read-only.
/// - The unfinished file is removed where anything fails. Success means that the content is on the disk under its name.
///
/// # Errors
/// What the system or `fill` says.
pub fn write(path: &Path, fill: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<()>) -> io::Result<()> {
    let folder = path.parent().filter(|folder| *folder != OsStr::new("")).unwrap_or(Path::new("."));
    // Told without the name of the unfinished file.
    fs::metadata(folder)?;
    let permissions = replaceable(path)?;
    let mut part = BufWriter::new(beside(folder)?);
    fill(&mut part)?;
    let part = part.into_inner().map_err(io::IntoInnerError::into_error)?;
    if let Some(permissions) = permissions {
        part.as_file().set_permissions(permissions)?;
    }
    part.as_file().sync_all()?;
    part.persist(path)?;
    sync_folder(folder)
}

/// The permissions of the file that stands at `path`, if one does that may be replaced.
fn replaceable(path: &Path) -> io::Result<Option<Permissions>> {
    let there = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        there => there?,
    };
    if there.is_symlink() {
        // A link to nothing is as good as none.
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

/// A temporary file in `folder` with the rights that any new file has there, since a cache folder may be shared.
fn beside(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX).rand_bytes(RANDOM);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

/// Brings the new name to the disk, where the system can do that for a folder.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(not(unix)) {
        return Ok(());
    }
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        // Some file systems, and folders that may be written and not read, cannot.
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
        fs::metadata(path).expect("it is there").permissions().mode() & 0o7777
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("it is there").map(|entry| entry.expect("it is there").file_name());
        let mut names: Vec<_> = entries.map(|name| name.to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_new_file_has_the_rights_of_any_and_a_replaced_one_keeps_its_own() {
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
    fn a_failure_keeps_the_old_file_and_leaves_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.csv");
        put(&path, b"old").unwrap();
        let failed = write(&path, |file| {
            file.write_all(&[0; 100_000])?;
            // Nobody who looks now sees a part under the name.
            assert_eq!(fs::read(&path).unwrap(), b"old");
            Err(Error::other("the disk is full"))
        });
        assert_eq!(failed.unwrap_err().to_string(), "the disk is full");
        assert_eq!((fs::read(&path).unwrap(), names(folder.path())), (b"old".to_vec(), vec!["table.csv".to_owned()]));
        assert!(put(&folder.path().join("gone/table.csv"), b"x").is_err());
    }

    #[test]
    fn a_link_is_replaced_and_its_target_stays() {
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
    fn what_is_no_file_is_refused() {
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
    fn many_writers_of_one_name_never_mix() {
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
