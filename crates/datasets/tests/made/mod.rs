//! Files to import that a test makes, right or wrong.

use std::fs;
use std::path::{Path, PathBuf};

use rawzip::{CompressionMethod, ZipArchiveWriter};
use tempfile::TempDir;

use ohmspike_datasets::{EventForm, EventImport, ImportError, Test, import_events};

/// Files of a test, gone with it.
pub struct Folder(TempDir);

impl Folder {
    /// An empty one.
    pub fn new() -> Folder {
        Folder(tempfile::tempdir().expect("a temporary folder"))
    }

    /// Writes a file.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        // Some file systems wait for the disk where a file is written over.
        let _ = fs::remove_file(&path);
        fs::write(&path, content).expect("the folder is ours");
        path
    }

    /// A message without the folder.
    pub fn told(&self, error: &ImportError) -> String {
        error.to_string().replace(&format!("{}{}", self.0.path().display(), std::path::MAIN_SEPARATOR), "")
    }
}

/// Four units and two classes.
pub fn form() -> EventForm {
    EventForm { sensor: [4, 1, 1], classes: 2, duration_seconds: 1.0, time_unit: None }
}

/// The message that importing events of `content` ends with.
pub fn events_in(content: impl AsRef<[u8]>, labels: Option<&[u8]>, form: EventForm) -> String {
    let folder = Folder::new();
    let events = folder.write("a", content);
    let labels = labels.map(|labels| folder.write("labels", labels));
    let import = EventImport { events, labels, test: Test::Share(0.5), form };
    folder.told(&import_events("mine", &import, None).expect_err("it is wrong"))
}

/// A file that `scripts/make_tiny_imports.py` made.
pub fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/import").join(name)
}

/// An array of NumPy.
pub fn npy(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    npy_of(&format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n"), data)
}

/// An array with any header.
pub fn npy_of(header: &str, data: &[u8]) -> Vec<u8> {
    let length = (header.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), data].concat()
}

/// A row of int64.
pub fn integers(numbers: &[i64]) -> Vec<u8> {
    npy(
        "'<i8'",
        &format!("({},)", numbers.len()),
        &numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<_>>(),
    )
}

/// A row of float64.
pub fn floats(numbers: &[f64]) -> Vec<u8> {
    npy(
        "'<f8'",
        &format!("({},)", numbers.len()),
        &numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<_>>(),
    )
}

/// An archive of what is given, as it is.
pub fn zip(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut archive = ZipArchiveWriter::new(&mut bytes);
    for (name, content) in entries {
        let name = format!("{name}.npy");
        let file = archive.new_file(&name).compression_method(CompressionMethod::STORE);
        let (mut entry, config) = file.start().expect("memory takes it");
        let mut writer = config.wrap(&mut entry);
        std::io::Write::write_all(&mut writer, content).expect("memory takes it");
        let (_, descriptor) = writer.finish().expect("memory takes it");
        entry.finish(descriptor).expect("memory takes it");
    }
    archive.finish().expect("memory takes it");
    bytes
}
