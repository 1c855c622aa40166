//! Every error in a file of events, with its message.

use std::fs;

use ohmspike_datasets::{EventForm, EventImport, Test, TimeUnit, import_events};

use crate::made::{Folder, events_in, floats, form, integers, npy, npy_of, shipped, zip};

const NO_FIELDS: &str = "a: elements have no fields; expected records with fields such as `t`, `x` and `p`\n\n\
                         hint: `--samples` imports arrays of numbers, with one row or image per sample";

const NO_LABELS: &str = "a: no labels; expected one label per sample, in this file (`labels`, or `label` of every event) or in a \
                         separate file of labels";

fn events(content: impl AsRef<[u8]>) -> String {
    events_in(content, None, form())
}

#[test]
fn rejects_invalid_csv() {
    let cases = [
        (
            "sample,time,unit,class\n",
            "a:1: unknown column `class`; expected one of sample, unit, label, x, y, p, time, t",
        ),
        ("sample,time,unit,time\n", "a:1: duplicate column `time`"),
        ("sample,time,unit,label\n0,0.1,1\n", "a:2: expected 4 values (one per column), got 3"),
        ("sample,time,unit,label\n0,0.1,1,0\n0,late,1,0\n", "a:3: time: expected a number, got `late`"),
        ("sample,time,unit,label\n0,0.1,1.5,0\n", "a:2: unit: expected a whole number, got `1.5`"),
        ("sample,time,unit,label\n0,0.1,1e300,0\n", "a:2: unit: expected a whole number, got `1e300`"),
        ("sample,time,unit,label\n", "a: no recordings; expected at least 1"),
        ("sample,unit,label\n", "a: missing column `time` or `t`"),
        ("sample,time,label\n", "a: missing column `unit` or `x`"),
        ("sample,time,unit\n", NO_LABELS),
        ("time,unit,label\n", "a: missing column `sample` (recording number of each event)"),
        ("sample,time,t,unit,label\n", "a: expected `time` or `t`, got both"),
        ("sample,time,unit,x,label\n", "a: expected `unit` or `x`, got both"),
    ];
    for (text, message) in cases {
        assert_eq!(events(text), message);
    }
    let binary = events(b"sample,time,unit,label\n\xff\xfe,0,0,0\n");
    assert_eq!(binary, "a:2: not UTF-8; expected CSV text, NumPy (npy, npz), HDF5 or IDX");
}

#[test]
fn rejects_invalid_events() {
    let row = |row: &str| events(format!("sample,time,unit,label\n0,0.1,1,0\n{row}\n"));
    assert_eq!(row("0,-0.1,1,0"), "a:3: time: expected a finite number of at least 0, got -0.1");
    assert_eq!(row("0,NaN,1,0"), "a:3: time: expected a finite number of at least 0, got NaN");
    assert_eq!(
        row("0,1.0,1,0"),
        "a:3: time: expected less than the duration of 1 s, got 1 s\n\n\
         hint: set the unit of the times with `--time-unit`, or increase `--duration` if recordings last longer"
    );
    assert_eq!(row("0,0.1,4,0"), "a:3: unit: expected a whole number from 0 to 3, got 4");
    assert_eq!(row("0,0.1,-1,0"), "a:3: unit: expected a whole number from 0 to 3, got -1");
    assert_eq!(row("1,0.1,1,2"), "a:3: label: expected a whole number from 0 to 1, got 2");
    assert_eq!(row("0,0.1,1,1"), "a: sample 0: expected one label, got 0 and 1");
    assert_eq!(row("99,0.1,1,0"), "a:3: sample: expected a whole number from 0 to 1, got 99");
    let gap = events("sample,time,unit,label\n0,0.1,1,0\n2,0.1,1,0\n2,0.1,1,0\n");
    assert_eq!(
        gap,
        "a: sample 1 has no events, so it has no label\n\nhint: use `labels` (one per sample) instead of `label` (one per event)"
    );
    let from_1 = events("sample,time,unit,label\n1,0.1,1,0\n2,0.1,1,0\n2,0.1,1,0\n");
    assert_eq!(
        from_1,
        "a: sample 0 has no events, so it has no label\n\n\
         hint: number the samples from 0, or use `labels` (one per sample) instead of `label` (one per event)"
    );
    let late = EventForm { time_unit: Some(TimeUnit::Milliseconds), ..form() };
    let late = events_in("sample,time,unit,label\n0,1000,0,0\n", None, late);
    assert!(late.starts_with("a:2: time: expected less than the duration of 1 s, got 1000 ms\n"), "{late}");
}

#[test]
fn a_sensor_needs_all_its_axes() {
    let sensor = |text: &str| events_in(text, None, EventForm { sensor: [2, 2, 2], ..form() });
    assert_eq!(sensor("sample,t,x,p,label\n0,1,0,0,0\n"), "a: missing column `y`; the sensor has 2 values of `y`");
    assert_eq!(sensor("sample,t,x,y,label\n0,1,0,0,0\n"), "a: missing column `p`; the sensor has 2 values of `p`");
    let minus = sensor("sample,t,x,y,p,label\n0,1,0,0,-1,0\n");
    assert_eq!(minus, "a:2: p: expected a whole number from 0 to 1, got -1");
}

#[test]
fn rejects_invalid_arrays() {
    let text = |reason: &str| format!("a: invalid header: {reason}; expected a file from `numpy.save`");
    let cases = [
        (b"\x93NUMPY\x01".to_vec(), "a: truncated header; the file ends after 7 bytes".to_owned()),
        (b"\x93NUMPY\x01\x00\x50\x00{".to_vec(), "a: truncated header; the file ends after 11 bytes".to_owned()),
        (
            b"\x93NUMPY\x02\x00\xff\xff\xff\xff{".to_vec(),
            "a: truncated header; the file ends after 13 bytes".to_owned(),
        ),
        (b"\x93NUMPY\x09\x01\x00\x00".to_vec(), "a: npy version: expected 1.0, 2.0 or 3.0, got 9.1".to_owned()),
        (npy_of("hello", &[]), text("not a dictionary of types, sizes and booleans")),
        (npy_of("\u{e9}{}", &[]), text("not a dictionary of types, sizes and booleans")),
        (npy_of(&"[".repeat(60_000), &[]), text("not a dictionary of types, sizes and booleans")),
        (npy_of("{'descr': '<f8' 'shape': (1,)}", &[]), text("not a dictionary of types, sizes and booleans")),
        (npy_of("{'descr': '<f8', 'fortran_order': False}", &[]), text("missing `shape`")),
        (
            npy_of("{'descr': '|S0', 'fortran_order': True, 'shape': (1000000000, 1000000000)}", &[]),
            "a: expected numbers or records of numbers, got type `|S0`".to_owned(),
        ),
        (npy_of("{'descr': '<f8', 'fortran_order': False, 'shape': ('a',)}", &[]), text("invalid `shape`")),
        (
            npy_of("{'descr': '<f8', 'fortran_order': 0, 'shape': (1,)}", &[]),
            text("`fortran_order` is neither `True` nor `False`"),
        ),
        (npy("7", "(1,)", &[]), text("invalid `descr`")),
        (npy("[('t', '<i8', 'a')]", "(1,)", &[]), text("invalid `descr`")),
        (npy("'<q8'", "(1,)", &[0; 8]), "a: expected numbers or records of numbers, got type `<q8`".to_owned()),
        (npy("'f8'", "(1,)", &[0; 8]), "a: expected numbers or records of numbers, got type `f8`".to_owned()),
        (npy("'<f16'", "(1,)", &[0; 16]), "a: expected numbers or records of numbers, got type `<f16`".to_owned()),
        (npy("'<i8'", "(3,)", &[0; 8]), "a: expected 24 bytes of elements for shape (3,), got 8".to_owned()),
        (
            npy("'<i8'", "(4294967296, 4294967296)", &[0; 8]),
            format!("a: expected more than {} bytes of elements for shape (4294967296, 4294967296), got 8", usize::MAX),
        ),
        (integers(&[1]), NO_FIELDS.to_owned()),
        (npy("'<f8'", "(1, 2, 2)", &[0; 32]), NO_FIELDS.to_owned()),
        (npy("[('t', '<i8')]", "(1, 2)", &[0; 16]), "a: expected a one-dimensional array, got shape (1, 2)".to_owned()),
        (npy("[('t', '<M8[us]')]", "(1,)", &[0; 8]), "a: t: expected a number, got `<M8[us]`".to_owned()),
        (npy("[('t', '<i8', (2,))]", "(1,)", &[0; 16]), "a: t: expected a number, got (2,) of `<i8`".to_owned()),
    ];
    for (content, message) in cases {
        assert_eq!(events(&content), message, "{}", String::from_utf8_lossy(&content[..content.len().min(80)]));
    }
    assert_eq!(
        events(npy("'|O'", "(1,)", b"\x80\x04")),
        "a: contains Python objects; expected numbers\n\n\
         hint: save recordings of different lengths with `numpy.savez(FILE, *recordings, labels=labels)`"
    );
}

#[test]
fn rejects_invalid_archives() {
    let columns = |label: Vec<u8>| {
        let (sample, time, unit) = (integers(&[0, 1]), floats(&[0.1, 0.2]), integers(&[1, 2]));
        zip(&[("sample", sample), ("time", time), ("unit", unit), ("labels", label)])
    };
    assert_eq!(events(columns(integers(&[0]))), "a: event 1: sample: expected a whole number from 0 to 0, got 1");
    assert_eq!(
        events(columns(integers(&[0, 2]))),
        "a: `labels`: sample 1: label: expected a whole number from 0 to 1, got 2"
    );
    assert_eq!(
        events(columns(npy("'|i1'", "(1, 2)", &[0; 2]))),
        "a: `labels`: expected a one-dimensional array, got shape (1, 2)"
    );
    assert_eq!(
        events(zip(&[
            ("sample", integers(&[0])),
            ("time", floats(&[0.1, 0.2])),
            ("unit", integers(&[0, 0])),
            ("labels", integers(&[0]))
        ])),
        "a: sample: expected 2 numbers (the length of `time`), got 1"
    );
    assert_eq!(
        events(zip(&[("samples", integers(&[0]))])),
        "a: `samples`: unknown array name; expected one of sample, unit, label, x, y, p, time, t, labels, or structured arrays named \
         by recording, such as `arr_0`"
    );
    assert_eq!(
        events(zip(&[("time", b"no array".to_vec())])),
        "a: `time`: not an npy array; expected an archive from `numpy.savez`"
    );
    assert_eq!(events(columns(integers(&[]))), "a: no recordings; expected at least 1");
    let of_sample = || npy("[('t', '<i8'), ('x', '<i8'), ('label', '<i8')]", "(1,)", &[0; 24]);
    assert_eq!(
        events(zip(&[("sample", integers(&[0])), ("label", integers(&[0])), ("events", of_sample())])),
        "a: `events`: duplicate column `label`"
    );
    let twice = zip(&[("time", floats(&[0.1])), ("time", floats(&[0.1]))]);
    assert_eq!(events(twice), "a: `time`: duplicate array; expected an archive from `numpy.savez`");
}

/// Either one label per event or one per sample; with numbers of samples that are wrong, only the events are known.
#[test]
fn rejects_labels_of_neither_the_events_nor_the_samples() {
    let of = |sample: &[i64], label: &[i64]| {
        let (time, unit) = (floats(&[0.1, 0.2, 0.3, 0.4, 0.5]), integers(&[0, 1, 2, 3, 0]));
        events(zip(&[("sample", integers(sample)), ("time", time), ("unit", unit), ("label", integers(label))]))
    };
    assert_eq!(
        of(&[0, 0, 1, 1, 2], &[0, 1, 0, 1]),
        "a: label: expected 5 numbers (one per event) or 3 (one per sample), got 4"
    );
    assert_eq!(of(&[0, 0, 1], &[0, 1, 0]), "a: label: expected 5 numbers (one per event), got 3");
}

#[test]
fn rejects_invalid_archives_of_recordings() {
    let records = || npy("[('t', '<i8'), ('x', '<i8')]", "(1,)", &[0; 16]);
    assert_eq!(
        events(zip(&[("arr_0", records()), ("arr_2", records()), ("labels", integers(&[0, 0]))])),
        "a: recording 1 is missing (found 0, 2)"
    );
    assert_eq!(
        events(zip(&[
            ("rec_1", records()),
            ("rec_2", records()),
            ("rec_10", records()),
            ("labels", integers(&[0, 0, 0]))
        ])),
        "a: recording 0 is missing (found 1 to 2, 10)\n\nhint: number the recordings from 0"
    );
    assert_eq!(
        events(zip(&[("events", records()), ("labels", integers(&[0]))])),
        "a: `events`: unknown array name; expected a name ending in the recording number, such as `arr_0`"
    );
    assert_eq!(
        events(zip(&[("arr_0", records()), ("labels", integers(&[0, 0]))])),
        "a: `labels`: expected 1 label (one per recording), got 2"
    );
    assert_eq!(events(zip(&[("arr_0", records())])), NO_LABELS);
    assert_eq!(
        events_in(zip(&[("arr_0", records()), ("labels", integers(&[0]))]), Some(&integers(&[0])), form()),
        "a: duplicate labels: the file contains labels and a separate file of labels is given"
    );
    assert_eq!(
        events(zip(&[("arr_0", records()), ("arr_00", records()), ("labels", integers(&[0]))])),
        "a: `arr_0`: duplicate recording 0"
    );
}

/// Nothing says which of these numbers belong to which recording.
#[test]
fn rejects_columns_next_to_one_array_per_recording() {
    let records = |fields: &str, bytes: usize| npy(fields, "(1,)", &vec![0; bytes]);
    let plain = || records("[('t', '<i8'), ('x', '<i8')]", 16);
    let expected = |names: &str| {
        format!("expected no {names} next to one array per recording (`labels` has one label per recording)")
    };
    let columns = [("x", integers(&[0])), ("time", floats(&[0.0])), ("labels", integers(&[0]))];
    assert_eq!(events(zip(&[&[("arr_0", plain())], &columns[..]].concat())), format!("a: {}", expected("`time`, `x`")));
    assert_eq!(
        events(zip(&[("arr_0", plain()), ("label", integers(&[0])), ("labels", integers(&[0]))])),
        "a: expected `label` or `labels`, got both"
    );
    let own = records("[('label', '<i8'), ('t', '<i8'), ('x', '<i8')]", 24);
    assert_eq!(events(zip(&[("arr_0", own)])), format!("a: `arr_0`: {}", expected("`label`")));
}

/// Labels follow the arrays of recordings; other numbers of samples contradict them.
#[test]
fn rejects_samples_that_are_not_those_of_the_arrays() {
    let records = || npy("[('t', '<i8'), ('x', '<i8'), ('p', '<i8')]", "(3,)", &[0; 72]);
    let told = |sample: &[i64]| {
        let (sample, labels) = (integers(sample), integers(&[0, 1]));
        events(zip(&[("arr_0", records()), ("arr_1", records()), ("sample", sample), ("labels", labels)]))
    };
    let expected = "a: `sample`: expected 0 to 1, the numbers of the 2 arrays `arr_0`, ..., got ";
    let hint = "\n\nhint: leave out `sample` if every recording has its own array, or join the arrays into one and state the sample of \
                every event";
    assert_eq!(told(&[0, 0, 0, 1, 1, 1]), format!("{expected}6 numbers{hint}"));
    assert_eq!(told(&[1, 0]), format!("{expected}1 for recording 0{hint}"));
    let label = events(zip(&[("arr_0", records()), ("arr_1", records()), ("label", integers(&[0, 0, 0, 1, 1, 1]))]));
    assert_eq!(label, "a: `label`: expected 2 labels (one per recording), got 6");
}

#[test]
fn rejects_recordings_that_have_no_fields() {
    let plain = zip(&[("arr_0", npy("'<f8'", "(1, 4)", &[0; 32])), ("labels", integers(&[0]))]);
    assert_eq!(events(plain), NO_FIELDS.replace("a: ", "a: `arr_0`: "));
    let objects = events(zip(&[("events", npy("'|O'", "(2,)", b"\x80\x04")), ("labels", integers(&[0]))]));
    assert!(objects.starts_with("a: `events`: contains Python objects; expected numbers\n\nhint: save "), "{objects}");
}

/// As `labels`, these would be 4 recordings of which 2 are empty.
#[test]
fn rejects_labels_of_events_in_place_of_those_of_samples() {
    let columns = [
        ("sample", integers(&[0, 0, 1, 1])),
        ("t", integers(&[1, 2, 3, 4])),
        ("x", integers(&[0, 1, 2, 3])),
        ("labels", integers(&[0, 0, 1, 1])),
    ];
    assert_eq!(
        events(zip(&columns)),
        "a: `labels`: expected one label per sample, got 4, the number of events\n\n\
         hint: name the labels of events `label`, in the file of events; `labels` has one per sample"
    );
}

/// Every truncated archive is rejected, and no changed byte causes a panic.
#[test]
fn rejects_damaged_archives() {
    let whole = fs::read(shipped("events.npz")).unwrap();
    let folder = Folder::new();
    let read = |bytes: &[u8]| {
        let events = folder.write("a", bytes);
        let form = EventForm { sensor: [5, 1, 1], classes: 3, ..form() };
        import_events("mine", &EventImport { events, labels: None, test: Test::Fraction(0.25), form }, None)
    };
    let right = read(&whole).unwrap();
    for length in 0..whole.len() {
        read(&whole[..length]).unwrap_err();
    }
    for place in 0..whole.len() {
        let mut spoilt = whole.clone();
        spoilt[place] ^= 0x10;
        // Metadata, such as the version of a program, may change.
        assert!(read(&spoilt).map_or(true, |data| data == right), "byte {place}");
    }
}

/// HDF5 numbers have no checksum.
#[test]
fn damaged_hdf5_never_panics() {
    let whole = fs::read(shipped("events.h5")).unwrap();
    let folder = Folder::new();
    let read = |bytes: &[u8]| {
        let events = folder.write("a", bytes);
        let form = EventForm { sensor: [5, 1, 1], classes: 3, ..form() };
        import_events("mine", &EventImport { events, labels: None, test: Test::Fraction(0.25), form }, None)
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
