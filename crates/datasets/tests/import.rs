//! Imports files of other programs and compares the result with the data that NumPy wrote.
//!
//! `scripts/make_tiny_imports.py` generates `crates/datasets/tests/data/import`.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use ohmspike_datasets::{
    Dataset, DenseImport, EventForm, EventImport, EventSet, Import, Note, Part, Scale, Test, import_dense,
    import_events, imported, load, store,
};

use crate::made::{Folder, integers, npy, zip};

#[derive(Deserialize)]
struct Expected {
    events: Recordings,
    sensor: Recordings,
    dense: Dense,
}

#[derive(Deserialize)]
struct Recordings {
    labels: Vec<u8>,
    /// Times of each recording, s.
    times: Vec<Vec<f64>>,
    units: Vec<Vec<u16>>,
}

#[derive(Deserialize)]
struct Dense {
    labels: Vec<u8>,
    images: Vec<Vec<u8>>,
    numbers: Vec<Vec<f32>>,
    min_max: Vec<Vec<f32>>,
    min_max_each: Vec<Vec<f32>>,
}

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/import").join(name)
}

fn expected() -> Expected {
    serde_json::from_str(&fs::read_to_string(data("expected.json")).expect("the test data exist"))
        .expect("valid expectations")
}

/// Form of the events from the script, for the given sensor.
fn form(sensor: [usize; 3]) -> EventForm {
    EventForm { sensor, classes: 3, duration_seconds: 1.0, time_unit: None }
}

fn itself(file: &str) -> Test {
    Test::Files { samples: data(file), labels: None }
}

fn of_events(file: &str, sensor: [usize; 3]) -> Dataset {
    let import = EventImport { events: data(file), labels: None, test: itself(file), form: form(sensor) };
    import_events("mine", &import, None).expect("a valid file").data
}

fn events(part: &Part) -> &EventSet {
    match part {
        Part::Events(events) => events,
        other => panic!("{other:?}"),
    }
}

fn compare(set: &EventSet, expected: &Recordings) {
    assert_eq!(set.labels, expected.labels);
    for recording in 0..set.len() {
        let (times, units) = (&expected.times[recording], &expected.units[recording]);
        assert_eq!(set.recording(recording), (&times[..], &units[..]), "recording {recording}");
    }
}

#[test]
fn every_event_format_gives_the_same_recordings() {
    let expected = expected();
    let digest = of_events("events.npz", [5, 1, 1]).digest;
    for file in ["events.npz", "events.csv", "events.h5", "table.npy", "recordings.npz"] {
        let data = of_events(file, [5, 1, 1]);
        compare(events(&data.train), &expected.events);
        assert_eq!(data.train, data.test);
        assert_eq!((data.digest.as_str(), data.duration_seconds), (digest.as_str(), Some(1.0)), "{file}");
    }
}

/// Two recordings of two events each in every form of an archive, with labels 1 and 0.
#[test]
fn every_form_of_an_archive_gives_the_same_recordings() {
    let shaped = |fields: &[&str], rows: &[&[i64]], shape: &str| {
        let fields: Vec<String> = fields.iter().map(|name| format!("('{name}', '<i8')")).collect();
        let bytes: Vec<u8> = rows.iter().copied().flatten().flat_map(|number| number.to_le_bytes()).collect();
        npy(&format!("[{}]", fields.join(", ")), shape, &bytes)
    };
    let records = |fields: &[&str], rows: &[&[i64]]| shaped(fields, rows, &format!("({},)", rows.len()));
    let column = |numbers: &[i64]| {
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        npy("'<i8'", &format!("({}, 1)", numbers.len()), &bytes)
    };
    let first = || ("arr_0", records(&["t", "x"], &[&[1000, 0], &[2000, 3]]));
    let second = || ("arr_1", records(&["t", "x"], &[&[3000, 2], &[4000, 1]]));
    let all: [&[i64]; 4] = [&[1000, 0, 0, 1], &[2000, 3, 0, 1], &[3000, 2, 1, 0], &[4000, 1, 1, 0]];
    let [short, whole]: [Vec<&[i64]>; 2] = [2, 4].map(|width| all.iter().map(|row| &row[..width]).collect());
    let with_sample: Vec<&[i64]> = all.iter().map(|row| &row[..3]).collect();
    let (sample, labels) = (|| ("sample", integers(&[0, 0, 1, 1])), || ("labels", integers(&[1, 0])));
    let plain = || [("t", column(&[1000, 2000, 3000, 4000])), ("x", column(&[0, 3, 2, 1]))];
    let forms = [
        vec![first(), second(), labels()],
        vec![first(), second(), ("label", integers(&[1, 0]))],
        vec![first(), second(), ("labels", column(&[1, 0]))],
        vec![first(), second(), ("sample", integers(&[0, 1])), labels()],
        vec![("arr_0", records(&["t", "x", "sample", "label"], &whole))],
        vec![("arr_0", shaped(&["t", "x", "sample", "label"], &whole, "(4, 1)"))],
        vec![("events", records(&["t", "x", "sample"], &with_sample)), labels()],
        vec![("events", records(&["t", "x"], &short)), sample(), labels()],
        vec![("events", records(&["t", "x"], &short)), sample(), ("label", integers(&[1, 1, 0, 0]))],
        vec![("events", records(&["t", "x"], &short)), sample(), ("label", integers(&[1, 0]))],
        [&plain()[..], &[("sample", column(&[0, 0, 1, 1])), ("label", column(&[1, 1, 0, 0]))]].concat(),
    ];
    let folder = Folder::new();
    for (number, form_of_archive) in forms.iter().enumerate() {
        let file = folder.write("a.npz", zip(form_of_archive));
        let test = Test::Files { samples: file.clone(), labels: None };
        let import = EventImport { events: file, labels: None, test, form: form([4, 1, 1]) };
        let data = import_events("mine", &import, None).unwrap_or_else(|error| panic!("{number}: {error}")).data;
        let set = events(&data.train);
        assert_eq!(set.labels, [1, 0], "{number}");
        assert_eq!(set.recording(0), (&[0.001, 0.002][..], &[0, 3][..]), "{number}");
        assert_eq!(set.recording(1), (&[0.003, 0.004][..], &[2, 1][..]), "{number}");
    }
}

#[test]
fn converts_sensor_coordinates_to_units() {
    compare(events(&of_events("sensor.npz", [3, 2, 2]).train), &expected().sensor);
}

#[test]
fn imports_the_layout_of_spiking_heidelberg_digits() {
    let file = |name: &str| data("../shd").join(name);
    let import = EventImport {
        events: file("shd_train.h5.gz"),
        labels: None,
        test: Test::Files { samples: file("shd_test.h5.gz"), labels: None },
        form: EventForm { sensor: [700, 1, 1], classes: 20, duration_seconds: 1.6, time_unit: None },
    };
    let data = import_events("digits", &import, None).unwrap().data;
    assert_eq!(*events(&data.train), ohmspike_datasets::read_shd(&file("shd_train.h5.gz")).unwrap());
    assert_eq!(*events(&data.test), ohmspike_datasets::read_shd(&file("shd_test.h5.gz")).unwrap());
}

fn of_dense(samples: &str, labels: &str, scale: Option<Scale>) -> Dataset {
    let test = Test::Files { samples: data(samples), labels: Some(data(labels)) };
    let import = DenseImport { samples: data(samples), labels: data(labels), test, classes: 3, scale };
    import_dense("mine", &import, None).expect("valid files").data
}

#[test]
fn imports_images_as_bytes() {
    let expected = expected().dense;
    for (samples, labels) in
        [("images.npy", "labels.npy"), ("images.idx.gz", "labels.idx"), ("images.npy", "labels.idx")]
    {
        let data = of_dense(samples, labels, None);
        let images = data.train.images().expect("bytes");
        assert_eq!((images.rows, images.columns), (2, 3));
        assert_eq!(images.pixels, expected.images.concat());
        assert_eq!(images.labels, expected.labels);
    }
}

#[test]
fn numbers_match_numpy() {
    let expected = expected().dense;
    let cases = [
        ("numbers.npy", None, &expected.numbers),
        ("big.npy", None, &expected.numbers),
        ("features.npy", Some(Scale::MinMax), &expected.min_max),
        ("features.npy", Some(Scale::MinMaxEach), &expected.min_max_each),
    ];
    for (samples, scale, expected) in cases {
        let Part::Values(values) = of_dense(samples, "labels.npy", scale).train else { panic!("{samples}") };
        assert_eq!((values.units, &values.values), (4, &expected.concat()), "{samples} {scale:?}");
    }
}

#[test]
fn the_scale_depends_on_training_samples_only() {
    let import = DenseImport {
        samples: data("features.npy"),
        labels: data("labels.npy"),
        test: Test::Fraction(0.25),
        classes: 3,
        scale: Some(Scale::MinMax),
    };
    let split = import_dense("mine", &import, None).unwrap().data;
    // One of the four samples of each class is for testing.
    assert_eq!((split.train.len(), split.test.len()), (9, 3));
    let Part::Values(values) = &split.train else { panic!("{split:?}") };
    let ends = values.values.iter().fold((1.0_f32, 0.0_f32), |(low, high), &value| (low.min(value), high.max(value)));
    assert_eq!(ends, (0.0, 1.0));
    let import =
        EventImport { events: data("events.npz"), labels: None, test: Test::Fraction(0.25), form: form([5, 1, 1]) };
    let split = import_events("mine", &import, None).unwrap().data;
    assert_eq!((split.train.len(), split.test.len()), (9, 3));
}

#[test]
fn stored_data_sets_round_trip() {
    let cache = tempfile::tempdir().unwrap();
    let sets = [
        of_events("events.npz", [5, 1, 1]),
        of_dense("images.npy", "labels.npy", None),
        of_dense("numbers.npy", "labels.npy", None),
    ];
    for (set, name) in sets.into_iter().zip(["a", "b", "c"]) {
        let set = Dataset { name: name.to_owned(), ..set };
        let path = store(&set, Some(cache.path()), false).unwrap();
        assert_eq!(load(name, Some(cache.path())).unwrap(), set);
        // Storing the same data set again succeeds.
        assert_eq!(store(&set, Some(cache.path()), false).unwrap(), path);
    }
    let listed = imported(Some(cache.path()));
    let told = listed.iter().map(|data| {
        let content = data.content.as_ref().unwrap();
        (data.name.as_str(), content.train, content.test, content.kind.as_str())
    });
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            ("a", 12, 12, "events of 5 units, 3 classes, 1 s"),
            ("b", 12, 12, "6 values, 3 classes"),
            ("c", 12, 12, "4 values, 3 classes")
        ]
    );
    let other = Dataset { name: "a".to_owned(), ..of_events("events.npz", [6, 1, 1]) };
    let message = store(&other, Some(cache.path()), false).unwrap_err().to_string();
    assert!(message.contains("a different data set with this name exists (digest `"), "{message}");
    store(&other, Some(cache.path()), true).unwrap();
    assert_eq!(load("a", Some(cache.path())).unwrap(), other);
}

/// Every changed byte is detected, and none causes a panic.
#[test]
fn every_damaged_byte_of_a_stored_data_set_is_detected() {
    let cache = tempfile::tempdir().unwrap();
    for set in [of_events("sensor.npz", [3, 2, 2]), of_dense("numbers.npy", "labels.npy", None)] {
        let path = store(&set, Some(cache.path()), true).unwrap();
        let whole = fs::read(&path).unwrap();
        let write = |content: &[u8]| {
            // Overwriting a file is slow on some file systems.
            fs::remove_file(&path).unwrap();
            fs::write(&path, content).unwrap();
        };
        // The digest omits class names.
        let names = whole.windows(8).position(|window| window == b"\"class 0").unwrap()
            ..whole.windows(8).rposition(|window| window == b"\"class 2").unwrap() + 8;
        for place in (0..whole.len()).filter(|place| !names.contains(place)) {
            let mut spoilt = whole.clone();
            spoilt[place] ^= 1;
            write(&spoilt);
            let outcome = load("mine", Some(cache.path()));
            assert!(outcome.is_err(), "byte {place}: {:?}", outcome.map(|data| data == set));
        }
        for length in 0..whole.len() {
            write(&whole[..length]);
            load("mine", Some(cache.path())).unwrap_err();
        }
        write(&[&whole[..], &[0]].concat());
        let message = load("mine", Some(cache.path())).unwrap_err().to_string();
        assert!(message.contains(" bytes after the header, got "), "{message}");
    }
}

/// The arrays of Keras and of MedMNIST, with labels in one column, in one file.
#[test]
fn imports_samples_and_labels_of_one_archive() {
    let numbers = |numbers: [f32; 4]| npy("'<f4'", "(4, 1)", &numbers.map(f32::to_le_bytes).concat());
    let column = |labels: [i64; 4]| npy("'<i8'", "(4, 1)", &labels.map(i64::to_le_bytes).concat());
    let folder = Folder::new();
    for names in [["samples", "labels", "test_samples", "test_labels"], ["x_train", "y_train", "x_test", "y_test"]] {
        let entries = [
            (names[0], numbers([0.0, 0.25, 0.5, 1.0])),
            (names[1], column([0, 1, 0, 1])),
            (names[2], numbers([0.125, 0.0, 0.0, 0.75])),
            (names[3], integers(&[1, 1, 0, 0])),
            ("val_images", numbers([0.0; 4])),
        ];
        let file = folder.write("set.npz", zip(&entries));
        let test = Test::Files { samples: file.clone(), labels: Some(file.clone()) };
        let import = DenseImport { samples: file.clone(), labels: file, test, classes: 2, scale: None };
        let Import { data, notes } = import_dense("mine", &import, None).expect("valid arrays");
        let [Note::Unused { names, .. }] = &notes[..] else { panic!("{notes:?}") };
        assert_eq!(names[..], ["val_images"]);
        assert_eq!((data.train.labels(), data.test.labels()), (&[0, 1, 0, 1][..], &[1, 1, 0, 0][..]));
        let Part::Values(values) = data.test else { panic!("numbers") };
        assert_eq!(values.values, [0.125, 0.0, 0.0, 0.75]);
    }
}
