//! A working folder with the tiny study, and runs of the program in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

use tempfile::TempDir;

/// Four trials: levels 1 and 100 %, seeds 1 and 2.
pub const TINY: &str = include_str!("tiny.toml");

/// `summary.csv` of an uninterrupted run of the tiny study on one thread.
pub static TINY_SUMMARY: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let folder = Folder::with_tiny_study();
    folder.run(&["run", "tiny.toml", "--threads", "1"]).succeeds();
    folder.bytes("results/tiny/summary.csv")
});

/// A temporary working folder.
pub struct Folder(TempDir);

/// The answer of the program.
#[derive(Debug)]
pub struct Answer {
    /// Exit status; `None` after a signal.
    pub status: Option<i32>,
    /// Data.
    pub stdout: String,
    /// Progress, warnings, errors.
    pub stderr: String,
}

impl Folder {
    /// Creates an empty folder.
    pub fn new() -> Folder {
        Folder(tempfile::tempdir().expect("a temporary folder"))
    }

    /// Creates a folder with the tiny study in `tiny.toml`.
    pub fn with_tiny_study() -> Folder {
        let folder = Folder::new();
        folder.write("tiny.toml", TINY);
        folder
    }

    /// The path of `name`.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).expect("the folder is ours");
    }

    /// A file as bytes.
    pub fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// A file as text.
    pub fn text(&self, name: &str) -> String {
        String::from_utf8(self.bytes(name)).expect("text")
    }

    /// The complete lines of a file of records; empty if there is no file.
    pub fn records(&self, name: &str) -> Vec<serde_json::Value> {
        let text = fs::read_to_string(self.path(name)).unwrap_or_default();
        let whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        whole.map(|line| serde_json::from_str(line).expect("a record is JSON")).collect()
    }

    /// Every file below `name`, with its content.
    pub fn files(&self, name: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.path(name)];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let content = fs::read(&path).expect("a file");
                    files.insert(path, content);
                }
            }
        }
        files
    }

    /// Prepares `program` in this folder, with its own home, cache and data sets.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command.current_dir(self.0.path());
        command.env("HOME", self.path("home")).env("XDG_CACHE_HOME", self.path("cache")).env_remove("OHMSPIKE_DATA");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Prepares `ohmspike` with `arguments` in this folder.
    pub fn ohmspike(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_ohmspike"));
        command.args(arguments);
        command
    }

    /// Runs `ohmspike` with `arguments` in this folder to its end.
    pub fn run(&self, arguments: &[&str]) -> Answer {
        self.ohmspike(arguments).output().expect("the program starts").into()
    }
}

impl From<Output> for Answer {
    fn from(output: Output) -> Answer {
        let text = |bytes| String::from_utf8(bytes).expect("the program prints UTF-8");
        Answer { status: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

impl Answer {
    /// Asserts exit status 0.
    pub fn succeeds(self) -> Answer {
        assert_eq!(self.status, Some(0), "{self:#?}");
        self
    }

    /// Asserts exit status 2 and no data.
    pub fn fails(self) -> Answer {
        assert_eq!((self.status, self.stdout.as_str()), (Some(2), ""), "{self:#?}");
        self
    }

    /// Asserts exit status 2, no data and exactly `message`.
    pub fn refuses_with(&self, message: &str) {
        assert_eq!((self.status, self.stdout.as_str(), self.stderr.as_str()), (Some(2), "", message));
    }
}
