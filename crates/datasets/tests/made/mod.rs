//! Generates valid and invalid files for imports.

use std::fs;
use std::path::{Path, PathBuf};

use rawzip::{CompressionMethod, ZipArchiveWriter};
use tempfile::TempDir;

use ohmspike_datasets::{EventForm, EventImport, ImportError, Test, import_events};

/// A temporary folder for the files of a test.
pub struct Folder(TempDir);

impl Folder {
    /// Creates an empty folder.
    pub fn new() -> Folder {
        Folder(tempfile::tempdir().expect("a temporary folder"))
    }

    /// Writes a file.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        // Overwriting a file is slow on some file systems.
        let _ = fs::remove_file(&path);
        fs::write(&path, content).expect("a writable folder");
        path
    }

    /// Returns a message without the path of the folder.
    pub fn told(&self, error: &ImportError) -> String {
        error.to_string().replace(&format!("{}{}", self.0.path().display(), std::path::MAIN_SEPARATOR), "")
    }
}

/// Form of four units and two classes.
pub fn form() -> EventForm {
    EventForm { sensor: [4, 1, 1], classes: 2, duration_seconds: 1.0, time_unit: None }
}

/// Returns the error message of importing events from `content`.
pub fn events_in(content: impl AsRef<[u8]>, labels: Option<&[u8]>, form: EventForm) -> String {
    let folder = Folder::new();
    let events = folder.write("a", content);
    let labels = labels.map(|labels| folder.write("labels", labels));
    let import = EventImport { events, labels, test: Test::Fraction(0.5), form };
    folder.told(&import_events("mine", &import, None).expect_err("an invalid file"))
}

/// Returns the path of a file from `scripts/make_tiny_imports.py`.
pub fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/import").join(name)
}

/// Creates an npy file.
pub fn npy(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    npy_of(&format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n"), data)
}

/// Creates an npy file with any header.
pub fn npy_of(header: &str, data: &[u8]) -> Vec<u8> {
    let length = (header.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), data].concat()
}

/// Creates a one-dimensional array of int64.
pub fn integers(numbers: &[i64]) -> Vec<u8> {
    npy(
        "'<i8'",
        &format!("({},)", numbers.len()),
        &numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<_>>(),
    )
}

/// Creates a one-dimensional array of float64.
pub fn floats(numbers: &[f64]) -> Vec<u8> {
    npy(
        "'<f8'",
        &format!("({},)", numbers.len()),
        &numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<_>>(),
    )
}

/// Creates an uncompressed zip archive of the entries.
pub fn zip(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut archive = ZipArchiveWriter::new(&mut bytes);
    for (name, content) in entries {
        let name = format!("{name}.npy");
        let file = archive.new_file(&name).compression_method(CompressionMethod::STORE);
        let (mut entry, config) = file.start().expect("writing to memory succeeds");
        let mut writer = config.wrap(&mut entry);
        std::io::Write::write_all(&mut writer, content).expect("writing to memory succeeds");
        let (_, descriptor) = writer.finish().expect("writing to memory succeeds");
        entry.finish(descriptor).expect("writing to memory succeeds");
    }
    archive.finish().expect("writing to memory succeeds");
    bytes
}
