//! Remarks of imports on skipped, changed or untestable data.

use ohmspike_datasets::{DenseImport, EventForm, EventImport, Import, Note, Scale, Test, import_dense, import_events};

use crate::made::{Folder, floats, integers, npy, zip};

fn told(import: &Import) -> Vec<String> {
    import.notes.iter().map(Note::to_string).collect()
}

fn events(content: impl AsRef<[u8]>, duration_seconds: f64, fraction: f64) -> Import {
    let folder = Folder::new();
    let form = EventForm { sensor: [4, 1, 1], classes: 3, duration_seconds, time_unit: None };
    let import = EventImport { events: folder.write("a", content), labels: None, test: Test::Fraction(fraction), form };
    import_events("mine", &import, None).expect("a valid file")
}

fn dense(train: &[f64], test: &[f64], scale: Option<Scale>) -> Import {
    let folder = Folder::new();
    let file = |name: &str, numbers: &[f64]| {
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        let labels: Vec<i64> = (0..numbers.len() as i64 / 2).map(|sample| sample % 2).collect();
        let shape = format!("({}, 2)", numbers.len() / 2);
        (folder.write(name, npy("'<f8'", &shape, &bytes)), folder.write(&format!("{name}-labels"), integers(&labels)))
    };
    let ((samples, labels), (test, test_labels)) = (file("train", train), file("test", test));
    let test = Test::Files { samples: test, labels: Some(test_labels) };
    import_dense("mine", &DenseImport { samples, labels, test, classes: 2, scale }, None).expect("valid files")
}

/// Recordings 0 to 5 have the classes 0, 0, 1, 1, 1 and 2; recordings 1 and 4 have no events.
#[test]
fn notes_empty_recordings_and_classes_without_samples() {
    let columns = [
        ("sample", integers(&[0, 2, 3, 5])),
        ("time", floats(&[0.1, 0.2, 0.3, 0.4])),
        ("unit", integers(&[0, 1, 2, 3])),
        ("labels", integers(&[0, 0, 1, 1, 1, 2])),
    ];
    let import = events(zip(&columns), 1.0, 0.3);
    let empty: usize =
        import.notes.iter().map(|note| if let Note::Empty { empty, .. } = note { *empty } else { 0 }).sum();
    assert_eq!(empty, 2);
    assert_eq!(
        told(&import).last().map(String::as_str),
        Some("1 class without samples for testing: `class 2` (1 for training, 0 for testing)")
    );
    assert_eq!((import.data.train.len(), import.data.test.len()), (4, 2));
}

#[test]
fn good_data_have_no_notes() {
    let rows = "sample,time,unit,label\n0,0.1,0,0\n1,0.1,0,0\n2,0.1,0,1\n3,0.1,0,1\n4,0.1,0,2\n5,3599.123456,0,2\n";
    assert_eq!(told(&events(rows, 3600.0, 0.5)), [""; 0]);
    assert_eq!(told(&dense(&[0.0, 1.0, 0.5, 0.25], &[0.0, 0.125, 0.5, 1.0], None)), [""; 0]);
}

/// `unit` alone is the unit; a sensor has `x`, `y` and `p`.
#[test]
fn notes_columns_next_to_the_unit() {
    let rows =
        "sample,time,unit,p,label\n0,0.1,0,1,0\n1,0.1,0,0,0\n2,0.1,0,0,1\n3,0.1,0,1,1\n4,0.1,0,1,2\n5,0.1,0,1,2\n";
    assert_eq!(told(&events(rows, 1.0, 0.5)), ["not used: `p`, because `unit` is the unit of every event"]);
    let whole = |name| (name, integers(&[0, 1, 2, 3, 4, 5]));
    let columns = [whole("sample"), whole("y"), ("time", floats(&[0.1; 6])), ("unit", integers(&[0; 6])), whole("p")];
    let archive = zip(&[&columns[..], &[("labels", integers(&[0, 0, 1, 1, 2, 2]))]].concat());
    assert_eq!(told(&events(archive, 1.0, 0.5)), ["not used: `y`, `p`, because `unit` is the unit of every event"]);
    let recording = npy("[('t', '<i8'), ('unit', '<i8'), ('p', '<i8')]", "(1,)", &[[1; 8], [0; 8], [0; 8]].concat());
    let names: Vec<String> = (0..6).map(|number| format!("arr_{number}")).collect();
    let arrays = names.iter().map(|name| (name.as_str(), recording.clone()));
    let archive = zip(&arrays.chain([("labels", integers(&[0, 0, 1, 1, 2, 2]))]).collect::<Vec<_>>());
    let import = events(archive, 1e12, 0.5);
    assert!(
        told(&import).contains(&"not used: `p`, because `unit` is the unit of every event".to_owned()),
        "{import:?}"
    );
}

/// Milliseconds interpreted as microseconds.
#[test]
fn notes_times_much_shorter_than_the_duration() {
    let rows = "sample,t,unit,label\n0,10,0,0\n1,499,0,0\n2,20,0,1\n3,30,0,1\n4,40,0,2\n5,50,0,2\n";
    let note = "the latest event is at 4.990e-4 s, but recordings last 0.5 s; check `--time-unit` and `--duration`";
    assert_eq!(told(&events(rows, 0.5, 0.5)), [note]);
}

/// At one hour, float32 has a resolution of 2^-12 s.
#[test]
fn notes_times_with_a_coarse_type() {
    let seconds = [0.5_f32, 3599.5, 1.0, 2.0];
    let columns = |time| {
        zip(&[
            ("sample", integers(&[0, 1, 2, 3])),
            ("time", time),
            ("unit", integers(&[0, 1, 2, 3])),
            ("labels", integers(&[0, 0, 1, 1, 2, 2])),
        ])
    };
    let single = columns(npy("'<f4'", "(4,)", &seconds.map(f32::to_le_bytes).concat()));
    let note = "`time` is float32, which resolves 244.140625 µs at the latest event (3599.5 s): times in the file may be \
                rounded";
    assert!(told(&events(single, 3600.0, 0.5)).contains(&note.to_owned()));
    let double = columns(floats(&seconds.map(f64::from)));
    assert!(!told(&events(double, 3600.0, 0.5)).iter().any(|note| note.contains("resolves")));
}

#[test]
fn counts_clipped_rounded_and_constant_numbers() {
    let train = [0.0, 7.0, 10.0, 7.0];
    let import = dense(&train, &[-1.0, 7.0, 11.0, 8.0], Some(Scale::MinMaxEach));
    assert_eq!(
        told(&import),
        [
            "features that are constant in training become 0: 1 of 2",
            "test numbers outside the training range are clipped to it: 3 of 4",
        ]
    );
    // -9.3 + (6.7 - -9.3) rounds to less than 6.7.
    let range = [-9.3, 6.7, 6.7, -9.3];
    assert_eq!(told(&dense(&range, &range, Some(Scale::MinMax))), [""; 0]);
    // 0.1 and 0.2 are rounded in float32, 0.5 is exact.
    let import = dense(&[0.1, 0.5, 0.5, 0.5], &[0.2, 0.5, 0.5, 0.5], None);
    assert_eq!(told(&import), ["numbers rounded to float32 (by at most 1 in 16,777,216): 2 of 8"]);
}

/// Whole microseconds of a day are stored exactly.
#[test]
fn times_are_exact_to_a_microsecond_over_hours() {
    let microseconds: Vec<i64> = (0..12).map(|event| 7_199_999_989 * event + 1).collect();
    let columns = [
        ("sample", integers(&[0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5])),
        ("t", integers(&microseconds)),
        ("unit", integers(&[0; 12])),
        ("labels", integers(&[0, 0, 1, 1, 2, 2])),
    ];
    let cache = tempfile::tempdir().expect("a temporary folder");
    let import = events(zip(&columns), 86_400.0, 0.5).data;
    ohmspike_datasets::store(&import, Some(cache.path()), false).expect("a writable folder");
    let stored = ohmspike_datasets::load("mine", Some(cache.path())).expect("a stored data set");
    assert_eq!(stored, import);
    let times = |part: &ohmspike_datasets::Part| match part {
        ohmspike_datasets::Part::Events(set) => set.times.clone(),
        other => panic!("{other:?}"),
    };
    let mut got: Vec<i64> =
        [times(&stored.train), times(&stored.test)].concat().iter().map(|time| (time * 1e6).round() as i64).collect();
    got.sort_unstable();
    assert_eq!(got, microseconds);
}
