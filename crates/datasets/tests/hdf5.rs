//! Reads HDF5 files with unusual number formats and compares the result with libhdf5.
//!
//! `scripts/make_tiny_hdf5.py` generates `crates/datasets/tests/data/hdf5`.

use std::fs;
use std::io::Read;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use flate2::read::GzDecoder;
use serde::Deserialize;

use ohmspike_datasets::{EventForm, EventImport, Part, Test, TimeUnit, import_events};

#[derive(Deserialize)]
struct Expected {
    labels: Vec<u8>,
    /// Times of each recording, s.
    times: Vec<Vec<f64>>,
    units: Vec<Vec<u16>>,
}

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/hdf5").join(name)
}

/// The import of `file`, also used as test file. It has four units, or two pixels and two polarities.
fn import(file: PathBuf, time_unit: Option<TimeUnit>) -> EventImport {
    let sensor =
        if file.ends_with("booleans.h5.gz") || file.ends_with("enumeration.h5.gz") { [2, 1, 2] } else { [4, 1, 1] };
    let form = EventForm { sensor, classes: 4, duration_seconds: 1.0, time_unit };
    EventImport { test: Test::Files { samples: file.clone(), labels: None }, events: file, labels: None, form }
}

fn files(folder: &str) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(data(folder)).expect("the test data exist").map(|entry| entry.expect("a readable folder").path());
    entries.filter(|path| path.extension().is_some_and(|extension| extension == "gz")).collect()
}

/// All layouts, precisions, biases, byte orders, filters, user blocks and units give the same recordings.
#[test]
fn all_files_give_the_recordings_of_libhdf5() {
    let text = fs::read_to_string(data("expected.json")).expect("the test data exist");
    let expected: Expected = serde_json::from_str(&text).expect("valid expectations");
    let files = files("read");
    assert_eq!(files.len(), 28);
    for file in files {
        let name = file.display().to_string();
        let read = import_events("mine", &import(file, None), None).unwrap_or_else(|error| panic!("{error}"));
        let Part::Events(set) = &read.data.train else { panic!("{name}") };
        assert_eq!(set.labels, expected.labels, "{name}");
        for recording in 0..set.len() {
            let (times, units) = (&expected.times[recording], &expected.units[recording]);
            assert_eq!(set.recording(recording), (&times[..], &units[..]), "{name}: recording {recording}");
        }
    }
}

#[test]
fn unsupported_files_have_their_message() {
    let files = files("refused");
    assert_eq!(files.len(), 8);
    for file in files {
        let name = file.file_name().and_then(|name| name.to_str()).expect("a UTF-8 name");
        let message = import_events("mine", &import(file.clone(), None), None).expect_err(name).to_string();
        let message = message.strip_prefix(&format!("{}{MAIN_SEPARATOR}", data("refused").display()));
        let expected = fs::read_to_string(data("refused").join(name.replace(".h5.gz", ".error")))
            .expect("each file has its message");
        assert_eq!(message, Some(expected.trim_end()), "{name}");
    }
}

/// The user's unit of times overrides the unit in the file.
#[test]
fn the_user_overrides_the_unit_of_times() {
    let unknown = import(data("refused/unit-ticks.h5.gz"), Some(TimeUnit::Seconds));
    import_events("mine", &unknown, None).unwrap();
    let other = import(data("read/unit-ms.h5.gz"), Some(TimeUnit::Seconds));
    let message = import_events("mine", &other, None).unwrap_err().to_string();
    assert!(message.contains("event 1: time: expected less than the duration of 1 s, got 62.5 s"), "{message}");
}

/// Types, filters and attributes are decoded from damaged bytes.
#[test]
fn no_wrong_byte_causes_a_panic() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("a.h5");
    for (number, file) in files("read").into_iter().chain(files("refused")).enumerate() {
        let mut whole = Vec::new();
        GzDecoder::new(fs::File::open(&file).expect("the test data exist"))
            .read_to_end(&mut whole)
            .expect("valid gzip data");
        // Testing every byte would take a minute; each file gets a different subset.
        for place in (number..whole.len()).step_by(29) {
            let mut spoilt = whole.clone();
            spoilt[place] ^= 0xff;
            let _ = fs::remove_file(&path);
            fs::write(&path, spoilt).expect("a writable folder");
            // A wrong number may still be valid.
            let _ = import_events("mine", &import(path.clone(), None), None);
        }
    }
}
