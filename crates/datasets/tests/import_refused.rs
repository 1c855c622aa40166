//! Every mistake of a file of events, and the message that tells of it.

mod made;

use std::fs;

use ohmspike_datasets::{EventForm, EventImport, Test, TimeUnit, import_events};

use made::{Folder, events_in, floats, form, integers, npy, npy_of, shipped, zip};

fn events(content: impl AsRef<[u8]>) -> String {
    events_in(content, None, form())
}

#[test]
fn text_that_is_no_table() {
    let cases = [
        (
            "sample,time,unit,class\n",
            "a:1: `class` is no column of this file, must be of `sample`, `unit`, `label`, `x`, `y`, `p`, `time`, `t`",
        ),
        ("sample,time,unit,time\n", "a:1: column `time` is there twice, must be there once"),
        ("sample,time,unit,label\n0,0.1,1\n", "a:2: 3 values, must be 4 as the first line names columns"),
        ("sample,time,unit,label\n0,0.1,1,0\n0,late,1,0\n", "a:3: time is `late`, must be a number"),
        ("sample,time,unit,label\n0,0.1,1.5,0\n", "a:2: unit is `1.5`, must be a whole number"),
        ("sample,time,unit,label\n", "a: holds no recordings, must hold at least 1"),
        ("sample,unit,label\n", "a: `time` is missing, must be there, or `t`"),
        ("sample,time,label\n", "a: `unit` is missing, must be there, or `x`"),
        ("sample,time,unit\n", "a: `labels` is missing, must be there, here or in a file of its own"),
        ("time,unit,label\n", "a: `sample` is missing, must be there, the number of the recording of every event"),
        ("sample,time,t,unit,label\n", "a: holds both `time` and `t`, must hold one of them"),
        ("sample,time,unit,x,label\n", "a: holds both `unit` and `x`, must hold one of them"),
    ];
    for (text, message) in cases {
        assert_eq!(events(text), message);
    }
    let binary = events(b"sample,time,unit,label\n\xff\xfe,0,0,0\n");
    assert_eq!(binary, "a:2: not UTF-8, must be CSV text, NumPy (npy, npz), HDF5 or IDX");
}

#[test]
fn numbers_that_are_no_events() {
    let row = |row: &str| events(format!("sample,time,unit,label\n0,0.1,1,0\n{row}\n"));
    assert_eq!(row("0,-0.1,1,0"), "a: `time` of event 1 is -0.1, must be finite and at least 0");
    assert_eq!(row("0,NaN,1,0"), "a: `time` of event 1 is NaN, must be finite and at least 0");
    assert_eq!(
        row("0,1.0,1,0"),
        "a: `time` of event 1 is 1 s, must be below the stated duration of 1 s\n\n\
         hint: say with `--time-unit` what the times count, or give a longer `--duration` where recordings last longer"
    );
    assert_eq!(row("0,0.1,4,0"), "a: `unit` of event 1 is 4, must be a whole number from 0 to 3");
    assert_eq!(row("0,0.1,-1,0"), "a: `unit` of event 1 is -1, must be a whole number from 0 to 3");
    assert_eq!(row("1,0.1,1,2"), "a: `label` of event 1 is 2, must be a whole number from 0 to 1");
    assert_eq!(row("0,0.1,1,1"), "a: sample 0 has the labels 0 and 1, must have one");
    assert_eq!(row("99,0.1,1,0"), "a: `sample` of event 1 is 99, must be a whole number from 0 to 1");
    let gap = events("sample,time,unit,label\n0,0.1,1,0\n2,0.1,1,0\n2,0.1,1,0\n");
    assert_eq!(
        gap,
        "a: sample 1 has no event and so no label\n\nhint: give `labels`, one a sample, in place of `label`"
    );
    let late = EventForm { time_unit: Some(TimeUnit::Milliseconds), ..form() };
    let late = events_in("sample,time,unit,label\n0,1000,0,0\n", None, late);
    assert!(late.starts_with("a: `time` of event 0 is 1000 ms, must be below the stated duration of 1 s\n"), "{late}");
}

#[test]
fn a_sensor_asks_for_its_axes() {
    let sensor = |text: &str| events_in(text, None, EventForm { sensor: [2, 2, 2], ..form() });
    assert_eq!(sensor("sample,t,x,p,label\n0,1,0,0,0\n"), "a: `y` is missing, must be there for a sensor of 2 of them");
    assert_eq!(sensor("sample,t,x,y,label\n0,1,0,0,0\n"), "a: `p` is missing, must be there for a sensor of 2 of them");
    let minus = sensor("sample,t,x,y,p,label\n0,1,0,0,-1,0\n");
    assert_eq!(minus, "a: `p` of event 0 is -1, must be a whole number from 0 to 1");
}

#[test]
fn arrays_that_are_none() {
    let text = |reason: &str| format!("a: header {reason}, must be as `numpy.save` writes it");
    let cases = [
        (b"\x93NUMPY\x01".to_vec(), "a: ends after 7 bytes, within the header, must be whole".to_owned()),
        (b"\x93NUMPY\x01\x00\x50\x00{".to_vec(), "a: ends after 11 bytes, within the header, must be whole".to_owned()),
        (
            b"\x93NUMPY\x02\x00\xff\xff\xff\xff{".to_vec(),
            "a: ends after 13 bytes, within the header, must be whole".to_owned(),
        ),
        (b"\x93NUMPY\x09\x01\x00\x00".to_vec(), "a: version is 9.1, must be 1.0, 2.0 or 3.0".to_owned()),
        (npy_of("hello", &[]), text("is not a dictionary of types, sizes and truths")),
        (npy_of("\u{e9}{}", &[]), text("is not a dictionary of types, sizes and truths")),
        (npy_of(&"[".repeat(60_000), &[]), text("is not a dictionary of types, sizes and truths")),
        (npy_of("{'descr': '<f8' 'shape': (1,)}", &[]), text("is not a dictionary of types, sizes and truths")),
        (npy_of("{'descr': '<f8', 'fortran_order': False}", &[]), text("has no `shape`")),
        (npy_of("{'descr': '<f8', 'fortran_order': False, 'shape': ('a',)}", &[]), text("has a `shape` that is none")),
        (
            npy_of("{'descr': '<f8', 'fortran_order': 0, 'shape': (1,)}", &[]),
            text("has a `fortran_order` that is neither `True` nor `False`"),
        ),
        (npy("7", "(1,)", &[]), text("has a `descr` that is no type")),
        (npy("[('t', '<i8', 'a')]", "(1,)", &[]), text("has a `descr` that is no type")),
        (npy("'<q8'", "(1,)", &[0; 8]), "a: type is `<q8`, must be numbers or records of numbers".to_owned()),
        (npy("'f8'", "(1,)", &[0; 8]), "a: type is `f8`, must be numbers or records of numbers".to_owned()),
        (npy("'<f16'", "(1,)", &[0; 16]), "a: type is `<f16`, must be numbers or records of numbers".to_owned()),
        (npy("'<i8'", "(3,)", &[0; 8]), "a: 8 bytes of elements, must be 24 for shape (3,)".to_owned()),
        (
            npy("'<i8'", "(4294967296, 4294967296)", &[0; 8]),
            "a: 8 bytes of elements, must be more than there is memory for shape (4294967296, 4294967296)".to_owned(),
        ),
        (integers(&[1]), "a: elements have no fields, must be records with fields as `t`, `x` and `p`".to_owned()),
        (npy("[('t', '<i8')]", "(1, 1)", &[0; 8]), "a: shape is (1, 1), must be a row".to_owned()),
        (npy("[('t', '<M8[us]')]", "(1,)", &[0; 8]), "a: `t` is `<M8[us]`, must be a number".to_owned()),
        (npy("[('t', '<i8', (2,))]", "(1,)", &[0; 16]), "a: `t` is (2,) of `<i8`, must be a number".to_owned()),
    ];
    for (content, message) in cases {
        assert_eq!(events(&content), message, "{}", String::from_utf8_lossy(&content[..content.len().min(80)]));
    }
    assert_eq!(
        events(npy("'|O'", "(1,)", b"\x80\x04")),
        "a: holds Python objects, must hold numbers\n\n\
         hint: recordings of different lengths go into one file with `numpy.savez(FILE, *recordings, labels=labels)`"
    );
}

#[test]
fn archives_that_are_none() {
    let columns = |label: Vec<u8>| {
        let (sample, time, unit) = (integers(&[0, 1]), floats(&[0.1, 0.2]), integers(&[1, 2]));
        zip(&[("sample", sample), ("time", time), ("unit", unit), ("labels", label)])
    };
    let records = || npy("[('t', '<i8'), ('x', '<i8')]", "(1,)", &[0; 16]);
    assert_eq!(events(columns(integers(&[0]))), "a: `sample` of event 1 is 1, must be a whole number from 0 to 0");
    assert_eq!(events(columns(integers(&[0, 2]))), "a: `labels`: label of sample 1 is 2, must be from 0 to 1");
    assert_eq!(events(columns(npy("'|i1'", "(1, 2)", &[0; 2]))), "a: `labels`: shape is (1, 2), must be a row");
    assert_eq!(
        events(zip(&[
            ("sample", integers(&[0])),
            ("time", floats(&[0.1, 0.2])),
            ("unit", integers(&[0, 0])),
            ("labels", integers(&[0]))
        ])),
        "a: `sample` holds 1 numbers, must hold 2 as `time` does"
    );
    assert_eq!(
        events(zip(&[("samples", integers(&[0]))])),
        "a: `samples`: name is not known, must be one of `sample`, `unit`, `label`, `x`, `y`, `p`, `time`, `t`, `labels`"
    );
    assert_eq!(
        events(zip(&[("arr_0", records()), ("arr_2", records()), ("labels", integers(&[0, 0]))])),
        "a: recordings are numbered up to 2 and 1 is missing, must be there"
    );
    assert_eq!(
        events(zip(&[("events", records()), ("labels", integers(&[0]))])),
        "a: `events`: name is not known, must be a name that ends with the number of the recording, as `arr_0`"
    );
    assert_eq!(
        events(zip(&[("arr_0", records()), ("labels", integers(&[0, 0]))])),
        "a: `labels`: 2 labels, must be 1 as there are recordings"
    );
    assert_eq!(
        events(zip(&[("arr_0", records())])),
        "a: `labels` is missing, must be there, here or in a file of its own"
    );
    assert_eq!(
        events_in(zip(&[("arr_0", records()), ("labels", integers(&[0]))]), Some(&integers(&[0])), form()),
        "a: holds labels, and another file of labels is given, must be one of them"
    );
    assert_eq!(
        events(zip(&[("time", b"no array".to_vec())])),
        "a: `time`: does not start as an array, must be an archive as `numpy.savez` writes it"
    );
    assert_eq!(events(columns(integers(&[]))), "a: holds no recordings, must hold at least 1");
    assert_eq!(
        events(zip(&[("arr_0", records()), ("arr_00", records()), ("labels", integers(&[0]))])),
        "a: `arr_0`: recording 0 is there twice, must be in one array alone"
    );
    let of_sample = || npy("[('t', '<i8'), ('x', '<i8'), ('label', '<i8')]", "(1,)", &[0; 24]);
    assert_eq!(
        events(zip(&[("sample", integers(&[0])), ("label", integers(&[0])), ("events", of_sample())])),
        "a: `events`: `label` is there twice, must be in one array alone"
    );
    let twice = zip(&[("time", floats(&[0.1])), ("time", floats(&[0.1]))]);
    assert_eq!(events(twice), "a: `time`: is there twice, must be an archive as `numpy.savez` writes it");
}

/// No cut and no changed byte of an archive makes the reader panic, and no cut is passed over.
#[test]
fn spoilt_archives_are_refused() {
    let whole = fs::read(shipped("events.npz")).unwrap();
    let folder = Folder::new();
    let read = |bytes: &[u8]| {
        let events = folder.write("a", bytes);
        let form = EventForm { sensor: [5, 1, 1], classes: 3, ..form() };
        import_events("mine", &EventImport { events, labels: None, test: Test::Share(0.25), form }, None)
    };
    let right = read(&whole).unwrap();
    for length in 0..whole.len() {
        read(&whole[..length]).unwrap_err();
    }
    for place in 0..whole.len() {
        let mut spoilt = whole.clone();
        spoilt[place] ^= 0x10;
        // What holds no content, as the version of a program, may change.
        assert!(read(&spoilt).map_or(true, |data| data == right), "byte {place}");
    }
}

/// The same for HDF5, whose numbers have no checksum.
#[test]
fn spoilt_hdf5_never_panics() {
    let whole = fs::read(shipped("events.h5")).unwrap();
    let folder = Folder::new();
    let read = |bytes: &[u8]| {
        let events = folder.write("a", bytes);
        let form = EventForm { sensor: [5, 1, 1], classes: 3, ..form() };
        import_events("mine", &EventImport { events, labels: None, test: Test::Share(0.25), form }, None)
    };
    let mut refused = 0;
    for place in 0..whole.len() {
        let mut spoilt = whole.clone();
        spoilt[place] ^= 0x11;
        refused += usize::from(read(&spoilt).is_err());
        if place % 16 == 0 {
            read(&whole[..place]).unwrap_err();
        }
    }
    assert!(refused > 0);
}
