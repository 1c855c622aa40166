//! Every mistake of labels, of dense samples and of what is stated beside files, and the message that tells of it.

mod made;

use ohmspike_datasets::{DenseImport, EventForm, EventImport, Scale, Test, import_dense, import_events};

use made::{Folder, events_in, floats, form, integers, npy, npy_of, shipped, zip};

/// The message that importing dense samples ends with.
fn dense(samples: impl AsRef<[u8]>, labels: impl AsRef<[u8]>) -> String {
    let folder = Folder::new();
    let (samples, labels) = (folder.write("a", samples), folder.write("labels", labels));
    let import = DenseImport { samples, labels, test: Test::Share(0.5), classes: 2, scale: None };
    folder.told(&import_dense("mine", &import, None).expect_err("it is wrong"))
}

#[test]
fn labels_that_are_none() {
    let table = "sample,time,unit\n0,0.1,1\n1,0.1,1\n";
    let labels = |labels: &[u8]| events_in(table, Some(labels), form());
    assert_eq!(labels(b"class\n0\n"), "labels:1: `class` is no column of this file, must be of `label`");
    assert_eq!(labels(b"label\n0\n-1\n"), "labels: label of sample 1 is -1, must be from 0 to 1");
    assert_eq!(labels(&floats(&[0.0, 0.5])), "labels: label of sample 1 is 0.5, must be from 0 to 1");
    assert_eq!(
        labels(&zip(&[("label", integers(&[0]))])),
        "labels: `labels` is missing, must be a row of labels, one a sample"
    );
    assert_eq!(
        labels(&npy("'<i8'", "(1, 1)", &[0; 8])),
        "labels: is an array of shape (1, 1), must be a row of integers, one a sample"
    );
    assert_eq!(
        labels(&npy("[('a', '<i8')]", "(1,)", &[0; 8])),
        "labels: is an array of records, must be a row of integers, one a sample"
    );
    assert_eq!(labels(&[0, 0, 8, 3]), "labels: number of dimensions is 3, must be 1");
    assert_eq!(labels(&[0, 0, 8, 1, 0, 0, 0, 2, 1]), "labels: ends after 9 bytes of content, must have 10");
    assert_eq!(labels(&[0, 0, 8, 1, 0, 0, 0, 1, 1, 1]), "labels: content goes on after 9 bytes, must end there");
    assert_eq!(labels(b"\x1f\x8b\x07"), "labels: gzip stream damaged after 0 bytes of content, must be intact");
}

#[test]
fn dense_samples_that_are_none() {
    let labels = || integers(&[0, 1]);
    let numbers = |numbers: [f32; 2]| npy("'<f4'", "(2, 1)", &numbers.map(f32::to_le_bytes).concat());
    let hint = "\n\nhint: `--scale min-max` brings the lowest to the highest number in training to 0 to 1, \
                `--scale min-max-each` those of every feature";
    assert_eq!(
        dense("sample,time\n", labels()),
        "a: starts with `73 61 6d 70 6c 65`, must be a NumPy array (npy) or IDX, packed with gzip or not"
    );
    assert_eq!(
        dense(integers(&[0, 1]), labels()),
        "a: is an array of shape (2,), must be an array of numbers with a row, or an image, a sample"
    );
    assert_eq!(
        dense(npy("'<i8'", "(2, 0)", &[]), labels()),
        "a: is an array of shape (2, 0), must be an array of numbers with a row, or an image, a sample"
    );
    assert_eq!(
        dense(npy("[('a', '<i8')]", "(2,)", &[0; 16]), labels()),
        "a: is an array of records, must be an array of numbers with a row, or an image, a sample"
    );
    assert_eq!(dense(numbers([0.0, 1.0]), integers(&[0])), "labels: 1 labels, must be 2 as `a` holds samples");
    assert_eq!(
        dense(numbers([0.0, 1.5]), integers(&[0, 0])),
        format!("a: number 0 of sample 1 is 1.5, must be from 0 to 1{hint}")
    );
    assert_eq!(dense(numbers([f32::NAN, 0.5]), integers(&[0, 0])), "a: number 0 of sample 0 is NaN, must be finite");
    let fortran = npy_of("{'descr': '<f8', 'fortran_order': True, 'shape': (1, 1)}", &[0; 8]);
    assert_eq!(
        dense(fortran, integers(&[0])),
        "a: is in Fortran order, must be in C order\n\nhint: save `numpy.ascontiguousarray(array)`"
    );
    let words = |words: [i16; 2]| npy("'<i2'", "(2, 1)", &words.map(i16::to_le_bytes).concat());
    assert_eq!(
        dense(words([255, 256]), integers(&[0, 0])),
        format!("a: number 0 of sample 1 is 256, must be a whole number from 0 to 255{hint}")
    );
    assert_eq!(dense([0, 0, 0x0d, 2], labels()), "a: magic number is `0x00000d02`, must be `0x00000802`");
}

#[test]
fn statements_that_do_not_fit() {
    let event = |name: &str, form: EventForm, test: Test, names: Option<Vec<String>>| {
        let import = EventImport { events: shipped("events.npz"), labels: None, test, form };
        import_events(name, &import, names).unwrap_err().to_string()
    };
    let form = || EventForm { sensor: [5, 1, 1], classes: 3, ..form() };
    let half = || Test::Share(0.5);
    let allowed =
        "must be lower-case letters, digits and hyphens, a letter first, at most 64, and no data set that is built in";
    for name in ["", "Mine", "a/b", "../a", "7", "shd", "fashion-mnist", &"a".repeat(65)] {
        assert_eq!(event(name, form(), half(), None), format!("name: got `{name}`, {allowed}"));
    }
    for classes in [0, 1, 257] {
        let message = event("mine", EventForm { classes, ..form() }, half(), None);
        assert_eq!(message, format!("classes: got {classes}, must be from 2 to 256"));
    }
    for (sensor, told) in [
        ([0, 1, 1], "0 x 1 x 1"),
        ([256, 256, 2], "256 x 256 x 2"),
        ([usize::MAX, 2, 1], "18446744073709551615 x 2 x 1"),
    ] {
        let message = event("mine", EventForm { sensor, ..form() }, half(), None);
        assert_eq!(message, format!("units: got {told}, must be from 1 to 65536"));
    }
    for duration_seconds in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let message = event("mine", EventForm { duration_seconds, ..form() }, half(), None);
        assert_eq!(message, format!("duration: got {duration_seconds} s, must be a time above 0 s"));
    }
    for share in [0.0, 1.0, -0.5, f64::NAN] {
        let message = event("mine", form(), Test::Share(share), None);
        assert_eq!(message, format!("test share: got {share}, must be above 0 and below 1"));
    }
    // The only sample of a class is for training.
    let single = events_in("sample,time,unit,label\n0,0.1,0,0\n1,0.1,0,1\n", None, EventForm { classes: 2, ..form() });
    assert_eq!(single, "test share: 0.5 of 2 samples leaves 2 for training and 0 for the test, must leave both some");
    assert_eq!(
        event("mine", form(), half(), Some(vec!["a".to_owned()])),
        "names of classes: got 1, must be 3, one a class"
    );
    let gone = EventImport { events: "gone.npz".into(), labels: None, test: half(), form: form() };
    let message = import_events("mine", &gone, None).unwrap_err().to_string();
    assert!(
        message.starts_with("gone.npz: cannot be read (") && message.ends_with("), must be a readable file"),
        "{message}"
    );
}

#[test]
fn tests_that_do_not_fit_the_training() {
    let import = |samples: &str, labels: Option<&str>, scale| DenseImport {
        samples: shipped("numbers.npy"),
        labels: shipped("labels.npy"),
        test: Test::Files { samples: shipped(samples), labels: labels.map(shipped) },
        classes: 3,
        scale,
    };
    let told = |import: &DenseImport| {
        let folder = format!("{}{}", shipped("").display(), "");
        import_dense("mine", import, None).unwrap_err().to_string().replace(&folder, "")
    };
    assert_eq!(
        told(&import("images.npy", None, None)),
        "images.npy: labels are missing, must be in a file of their own"
    );
    assert_eq!(
        told(&import("images.npy", Some("labels.npy"), None)),
        "images.npy: 6 numbers a sample, must be 4 as in training"
    );
    let message = told(&import("features.npy", Some("labels.npy"), None));
    assert!(
        message.contains("features.npy: number 0 of sample 0 is ") && message.contains(", must be from 0 to 1"),
        "{message}"
    );
    // Numbers beyond those in training are held at the ends.
    import_dense("mine", &import("features.npy", Some("labels.npy"), Some(Scale::MinMax)), None).unwrap();
}
