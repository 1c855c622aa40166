//! Opens a study by its file or by its results folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ohmspike_crossbar::device::BUILT_IN;
use ohmspike_datasets::reason;

use crate::bounded;
use crate::device_file::find;
use crate::inputs::{copies, copy_of, digest};
use crate::resolved_study::{FILE, file_names};
use crate::study::{Override, Preset, Study, StudyError, known_keys};

/// A study and its source.
#[derive(Clone, Debug)]
pub struct StudyFile {
    /// The study, with the overrides.
    pub study: Study,
    /// Text of the file.
    pub text: String,
    /// Folder of the file, the base of its relative paths.
    pub folder: PathBuf,
    /// The results folder, if a results folder was opened.
    pub results: Option<PathBuf>,
    /// The device and map files that changed since the study was run.
    pub warnings: Vec<ChangedFile>,
}

/// A device or map file that changed since the study in a results folder was run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChangedFile {
    /// Only the file changed.
    #[error(
        "{}: differs from its copy in the results folder, `{}`, which is used\n\n\
         hint: to use the changed file, run the study file instead of the folder, or remove the copy",
        file.display(), copy.display()
    )]
    File {
        /// The file that the study names.
        file: PathBuf,
        /// Its copy.
        copy: PathBuf,
    },
    /// The file and its copy changed or are missing.
    #[error(
        "{name}: {}, and its copy in the results folder, `{}`, {}\n\n\
         hint: restore one of them (SHA-256 {digest}); with another file, trials run again and the earlier records are not used",
        if *is_missing { "not found" } else { "changed since the study was run" }, copy.display(),
        if copy.exists() { "changed too" } else { "is missing" },
    )]
    Both {
        /// The path in the study.
        name: String,
        /// Whether the file is missing, rather than changed.
        is_missing: bool,
        /// Its copy.
        copy: PathBuf,
        /// The digest of the file that the study was run with.
        digest: String,
    },
}

/// Why a study cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StudyFileError {
    /// The file does not exist.
    #[error("cannot read `{}`: no such file\n\nhint: {}", path.display(), missing_hint(path, nearby))]
    Missing {
        /// The file.
        path: PathBuf,
        /// Study files with a similar name or in the same folder.
        nearby: Vec<PathBuf>,
    },
    /// The file cannot be read.
    #[error("cannot read `{}`: {}", path.display(), reason(source))]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The folder has no study file.
    #[error(
        "{path}: expected a study file or a results folder with `{FILE}`, got a folder without `{FILE}`\n\n\
         hint: name the study file, and the folder with `--out {path}`"
    )]
    NoStudy {
        /// The folder.
        path: PathBuf,
    },
    /// The file is a device file.
    #[error(
        "expected a study file (TOML), got the device file `{path}`\n\n\
         hint: use it in a study with `--set hardware.device={path}`, or show it with `ohmspike device show {path}`"
    )]
    Device {
        /// The file.
        path: PathBuf,
    },
    /// The file is an answer, such as `limit.json`.
    #[error("expected a study file (TOML), got the answer `{path}`\n\nhint: name its folder, `{folder}`")]
    Answer {
        /// The file.
        path: PathBuf,
        /// Its folder.
        folder: PathBuf,
    },
    /// The study is invalid.
    #[error(transparent)]
    Study(#[from] StudyError),
}

impl StudyFile {
    /// Opens the study at `path`, a study file or a results folder, with `overrides`.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read or the study is invalid.
    pub fn open(path: &Path, overrides: &[Override]) -> Result<StudyFile, StudyFileError> {
        StudyFile::open_with(&[], path, overrides)
    }

    /// Opens a study that may use one of `presets`.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read or the study is invalid.
    pub fn open_with(presets: &[Preset], path: &Path, overrides: &[Override]) -> Result<StudyFile, StudyFileError> {
        // The study file of a results folder stands for the folder.
        let described = path.file_name() == Some(FILE.as_ref()) && path.with_file_name("records").is_dir();
        let path = if described { path.parent().unwrap_or(Path::new(".")) } else { path };
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        let results = path.is_dir().then(|| path.to_owned());
        let file = results.as_ref().map_or_else(|| path.to_owned(), |folder| folder.join(FILE));
        if results.is_some() && !file.exists() {
            return Err(StudyFileError::NoStudy { path: path.to_owned() });
        }
        let text = bounded::read_named_text(&file, bounded::LARGEST_STUDY).map_err(|source| unread(&file, source))?;
        if text.trim_start().starts_with('{') {
            let json: Option<serde_json::Value> = serde_json::from_str(&text).ok();
            // Answers state the program that gave them; devices have no such key.
            return Err(match json.is_some_and(|json| json.get("program").is_some()) {
                true => {
                    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
                    StudyFileError::Answer { folder: folder.unwrap_or(Path::new(".")).to_owned(), path: file }
                }
                false => StudyFileError::Device { path: file },
            });
        }
        let mut study = Study::parse_with(presets, &file.display().to_string(), &text, overrides)?;
        let folder = file.parent().unwrap_or(Path::new(".")).to_owned();
        let warnings = use_copies(&mut study, &folder);
        Ok(StudyFile { study, text, folder, results, warnings })
    }

    /// The results folder: the one that was opened, or `results/NAME`.
    pub fn results_folder(&self) -> PathBuf {
        self.results.clone().unwrap_or_else(|| Path::new("results").join(&self.study.name))
    }
}

/// Makes `study`, a file in `folder`, use the copies of its device and map files if a file is missing or changed: the records
/// belong to the copies. Only results folders have copies.
///
/// Returns the files that changed.
fn use_copies(study: &mut Study, folder: &Path) -> Vec<ChangedFile> {
    let copies = folder.join(copies(&study.inputs));
    let originals = study.paths_folder(folder);
    let files: Option<Vec<Input>> =
        file_names(study).into_iter().map(|name| Input::new(name, study, &originals, &copies)).collect();
    let Some(files) = files.filter(|files| files.iter().any(|input| !input.is_file_right)) else { return Vec::new() };
    let have_right_copies = files.iter().all(|input| input.is_copy_right);
    let are_found = |place: fn(&Input) -> bool| files.iter().all(place);
    if have_right_copies || !are_found(|input| input.file.is_some()) && are_found(|input| input.copy.exists()) {
        study.copies = Some(copies);
    }
    files.into_iter().filter_map(|input| input.warning(have_right_copies)).collect()
}

/// A device or map file of a study in a results folder.
struct Input {
    name: String,
    digest: String,
    /// The file, if it exists.
    file: Option<PathBuf>,
    copy: PathBuf,
    is_file_right: bool,
    is_copy_right: bool,
}

impl Input {
    /// Compares the file `name` in the folder `originals` and its copy with the digest of `study`; without a digest, with the
    /// copy. Returns `None` if there is neither.
    fn new(name: String, study: &Study, originals: &Path, copies: &Path) -> Option<Input> {
        let (file, copy) = (find(&name, originals), copies.join(copy_of(&name)));
        let of_copy = digest(&copy);
        let digest_then = study.inputs.get(&name).or(of_copy.as_ref())?.clone();
        let is_right = |digest: Option<String>| digest.is_some_and(|digest| digest == digest_then);
        let is_file_right = is_right(file.as_deref().and_then(digest));
        Some(Input { is_file_right, is_copy_right: is_right(of_copy), digest: digest_then, name, file, copy })
    }

    /// Returns a warning if the file changed. A missing file has a copy, unless that changed as well.
    fn warning(self, have_right_copies: bool) -> Option<ChangedFile> {
        let Input { name, digest, file, copy, is_file_right, .. } = self;
        match file {
            _ if is_file_right => None,
            None if have_right_copies => None,
            Some(file) if have_right_copies => Some(ChangedFile::File { file, copy }),
            file => Some(ChangedFile::Both { name, is_missing: file.is_none(), copy, digest }),
        }
    }
}

/// Likeness of two names from which on one is suggested for the other.
const ALIKE: f64 = 0.85;
/// The most files that a hint lists, and the most entries of a folder that are looked at.
const LISTED: usize = 3;
const SEARCHED: usize = 1000;
/// Folder of the studies that come with the source.
const STUDIES: &str = "experiments/studies";

fn unread(path: &Path, source: io::Error) -> StudyFileError {
    match source.kind() {
        io::ErrorKind::NotFound => StudyFileError::Missing { path: path.to_owned(), nearby: nearby(path) },
        _ => StudyFileError::Read { path: path.to_owned(), source },
    }
}

/// Study files that may have been meant: those with a similar name in the same folder or among the studies of the source.
fn nearby(path: &Path) -> Vec<PathBuf> {
    let name = |path: &Path| path.file_stem().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let wanted = name(path);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folders = [folder.unwrap_or(Path::new(".")), Path::new(STUDIES)];
    let files = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flat_map(|files| files.take(SEARCHED));
    let files =
        files.filter_map(|file| Some(file.ok()?.path())).filter(|file| file.extension() == Some("toml".as_ref()));
    let likeness = |file: &PathBuf| strsim::jaro_winkler(&wanted, &name(file));
    let mut alike: Vec<(f64, PathBuf)> = files.map(|file| (likeness(&file), file)).collect();
    alike.retain(|(likeness, _)| *likeness >= ALIKE);
    alike.sort_by(|(one, a), (other, b)| other.total_cmp(one).then_with(|| a.cmp(b)));
    alike.dedup();
    let plain = |file: PathBuf| file.strip_prefix(".").map(Path::to_owned).unwrap_or(file);
    alike.into_iter().take(LISTED).map(|(_, file)| plain(file)).collect()
}

fn missing_hint(path: &Path, nearby: &[PathBuf]) -> String {
    let name = path.display();
    if BUILT_IN.iter().any(|(known, _)| path == Path::new(known)) {
        return format!("`{name}` is a device; use it in a study with `--set hardware.device={name}`");
    }
    if path.to_str().is_some_and(|name| known_keys().iter().any(|key| key == name)) {
        return format!("`{name}` is a key of a study; name a study file (TOML) or a results folder here");
    }
    let nearby: Vec<String> = nearby.iter().map(|file| format!("`{}`", file.display())).collect();
    match nearby.as_slice() {
        [] if Path::new(STUDIES).is_dir() => format!("`{STUDIES}` has studies to start from"),
        [] => "STUDY is a study file (TOML) or a results folder".to_owned(),
        [one] => format!("did you mean {one}?"),
        [first @ .., last] => format!("did you mean {} or {last}?", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(path: &Path) -> String {
        StudyFile::open(path, &[]).expect_err("no study").to_string()
    }

    #[test]
    fn suggests_files_with_a_similar_name() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in ["noise-robustness.toml", "quickstart.toml", "noise.csv"] {
            fs::write(folder.path().join(name), "name = 'x'").expect("a writable folder");
        }
        let missing = folder.path().join("noise-robustnes.toml");
        let expected = format!(
            "cannot read `{}`: no such file\n\nhint: did you mean `{}`?",
            missing.display(),
            folder.path().join("noise-robustness.toml").display()
        );
        assert_eq!(message(&missing), expected);
        assert!(
            message(&folder.path().join("other.toml"))
                .ends_with("hint: STUDY is a study file (TOML) or a results folder")
        );
        assert!(
            message(Path::new("noise.level_percent")).contains("hint: `noise.level_percent` is a key of a study; name")
        );
        assert!(
            message(Path::new("ideal"))
                .ends_with("`ideal` is a device; use it in a study with `--set hardware.device=ideal`")
        );
    }

    #[test]
    fn rejects_a_device_file() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("mine.json");
        fs::write(&path, "{ \"name\": \"mine\" }").expect("a writable folder");
        assert!(
            message(&path).starts_with("expected a study file (TOML), got the device file `"),
            "{}",
            message(&path)
        );
        let path = folder.path().join("limit.json");
        fs::write(&path, "{ \"schema\": 1, \"program\": \"0.1.0\" }").expect("a writable folder");
        let hint =
            format!("got the answer `{}`\n\nhint: name its folder, `{}`", path.display(), folder.path().display());
        assert!(message(&path).ends_with(&hint), "{}", message(&path));
    }
}
