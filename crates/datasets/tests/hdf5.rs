//! HDF5 files whose numbers are stored in unusual ways, against what libhdf5 makes of them.
//!
//! `crates/datasets/tests/data/hdf5` was made by `scripts/make_tiny_hdf5.py`.

use std::fs;
use std::io::Read;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use flate2::read::GzDecoder;
use serde::Deserialize;

use ohmspike_datasets::{EventForm, EventImport, Part, Test, TimeUnit, import_events};

#[derive(Deserialize)]
struct Expected {
    labels: Vec<u8>,
    /// Of every recording, s.
    times: Vec<Vec<f64>>,
    units: Vec<Vec<u16>>,
}

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/hdf5").join(name)
}

/// The import of `file`, with itself for the test; four units, or two pixels and two polarities.
fn import(file: PathBuf, time_unit: Option<TimeUnit>) -> EventImport {
    let sensor =
        if file.ends_with("booleans.h5.gz") || file.ends_with("enumeration.h5.gz") { [2, 1, 2] } else { [4, 1, 1] };
    let form = EventForm { sensor, classes: 4, duration_seconds: 1.0, time_unit };
    EventImport { test: Test::Files { samples: file.clone(), labels: None }, events: file, labels: None, form }
}

fn files(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(data(folder)).expect("it is there").map(|entry| entry.expect("it is there").path());
    entries.filter(|path| path.extension().is_some_and(|extension| extension == "gz")).collect()
}

/// Every layout, precision, bias, byte order, filter, user block and unit gives the same recordings.
#[test]
fn numbers_are_those_of_libhdf5() {
    let text = fs::read_to_string(data("expected.json")).expect("it is there");
    let expected: Expected = serde_json::from_str(&text).expect("it is right");
    let files = files("read");
    assert_eq!(files.len(), 26);
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
fn what_is_not_read_has_its_name() {
    let files = files("refused");
    assert_eq!(files.len(), 8);
    for file in files {
        let name = file.file_name().and_then(|name| name.to_str()).expect("names are text");
        let message = import_events("mine", &import(file.clone(), None), None).expect_err(name).to_string();
        let message = message.strip_prefix(&format!("{}{MAIN_SEPARATOR}", data("refused").display()));
        let expected = fs::read_to_string(data("refused").join(name.replace(".h5.gz", ".error"))).expect("it is there");
        assert_eq!(message, Some(expected.trim_end()), "{name}");
    }
}

/// A unit that the user states counts, whatever the file does.
#[test]
fn the_user_has_the_last_word_on_the_unit() {
    let unknown = import(data("refused/unit-ticks.h5.gz"), Some(TimeUnit::Seconds));
    import_events("mine", &unknown, None).unwrap();
    let other = import(data("read/unit-ms.h5.gz"), Some(TimeUnit::Seconds));
    let message = import_events("mine", &other, None).unwrap_err().to_string();
    assert!(message.contains("`time` of event 1 is 62.5 s, must be below"), "{message}");
}

/// Types, filters and attributes are read from bytes that may be wrong.
#[test]
fn no_wrong_byte_brings_the_program_down() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("a.h5");
    for (number, file) in files("read").into_iter().chain(files("refused")).enumerate() {
        let mut whole = Vec::new();
        GzDecoder::new(fs::File::open(&file).expect("it is there")).read_to_end(&mut whole).expect("it is right");
        // Every byte in turn would take a minute; another part of each file does not.
        for place in (number..whole.len()).step_by(29) {
            let mut spoilt = whole.clone();
            spoilt[place] ^= 0xff;
            let _ = fs::remove_file(&path);
            fs::write(&path, spoilt).expect("the folder is ours");
            // A wrong number may still be a possible one.
            let _ = import_events("mine", &import(path.clone(), None), None);
        }
    }
}
