//! Every error in labels, dense samples and properties of data sets, with its message.

use ohmspike_datasets::{DenseImport, EventForm, EventImport, Scale, Test, import_dense, import_events};

use crate::made::{Folder, events_in, floats, form, integers, npy, shipped, zip};

/// Returns the error message of importing dense samples.
fn dense(samples: impl AsRef<[u8]>, labels: impl AsRef<[u8]>) -> String {
    let folder = Folder::new();
    let (samples, labels) = (folder.write("a", samples), folder.write("labels", labels));
    let import = DenseImport { samples, labels, test: Test::Fraction(0.5), classes: 2, scale: None };
    folder.told(&import_dense("mine", &import, None).expect_err("an invalid file"))
}

#[test]
fn rejects_invalid_labels() {
    let table = "sample,time,unit\n0,0.1,1\n1,0.1,1\n";
    let labels = |labels: &[u8]| events_in(table, Some(labels), form());
    assert_eq!(labels(b"class\n0\n"), "labels:1: unknown column `class`; expected `label`");
    assert_eq!(labels(b"label\n0\n-1\n"), "labels: sample 1: label: expected a whole number from 0 to 1, got -1");
    assert_eq!(labels(&floats(&[0.0, 0.5])), "labels: sample 1: label: expected a whole number from 0 to 1, got 0.5");
    assert_eq!(labels(&zip(&[("label", integers(&[0]))])), "labels: missing `labels`; expected one label per sample");
    assert_eq!(
        labels(&npy("'<i8'", "(1, 2)", &[0; 16])),
        "labels: expected a one-dimensional array of integers (one per sample), got an array of shape (1, 2)"
    );
    assert_eq!(
        labels(&npy("[('a', '<i8')]", "(1,)", &[0; 8])),
        "labels: expected a one-dimensional array of integers (one per sample), got an array of records"
    );
    let objects = zip(&[("labels", npy("'|O'", "(1,)", b"pickle"))]);
    assert!(
        labels(&objects).starts_with("labels: `labels`: contains Python objects; expected numbers"),
        "{}",
        labels(&objects)
    );
    assert_eq!(labels(&[0, 0, 8, 3]), "labels: number of dimensions: expected 1, got 3");
    assert_eq!(labels(&[0, 0, 8, 1, 0, 0, 0, 2, 1]), "labels: truncated; expected 10 bytes of content, got 9");
    assert_eq!(labels(&[0, 0, 8, 1, 0, 0, 0, 1, 1, 1]), "labels: expected 9 bytes of content, got more");
    assert_eq!(labels(b"\x1f\x8b\x07"), "labels: damaged gzip data after 0 bytes");
}

#[test]
fn rejects_invalid_dense_samples() {
    let labels = || integers(&[0, 1]);
    let numbers = |numbers: [f32; 2]| npy("'<f4'", "(2, 1)", &numbers.map(f32::to_le_bytes).concat());
    let hint = "\n\nhint: `--scale min-max` scales the training range to 0 to 1; `--scale min-max-each` scales each feature \
                separately";
    assert_eq!(
        dense("sample,time\n", labels()),
        "a: starts with `73 61 6d 70 6c 65`; expected a NumPy array (npy, npz) or IDX file, optionally gzipped"
    );
    assert_eq!(
        dense(integers(&[0, 1]), labels()),
        "a: expected an array of numbers with one row or image per sample, got an array of shape (2,)\n\n\
         hint: labels have this shape; check that files of samples and labels are not exchanged"
    );
    assert_eq!(
        dense(npy("'<i8'", "(2, 0)", &[]), labels()),
        "a: expected an array of numbers with one row or image per sample, got an array of shape (2, 0)"
    );
    assert_eq!(
        dense(npy("[('a', '<i8')]", "(2,)", &[0; 16]), labels()),
        "a: expected an array of numbers with one row or image per sample, got an array of records"
    );
    assert_eq!(dense(numbers([0.0, 1.0]), integers(&[0])), "labels: expected 2 labels (one per sample of `a`), got 1");
    assert_eq!(
        dense(numbers([0.0, 1.5]), integers(&[0, 0])),
        format!("a: sample 1, number 0: expected a number from 0 to 1, got 1.5{hint}")
    );
    assert_eq!(
        dense(numbers([f32::NAN, 0.5]), integers(&[0, 0])),
        "a: sample 0, number 0: expected a finite number, got NaN"
    );
    let words = |words: [i16; 2]| npy("'<i2'", "(2, 1)", &words.map(i16::to_le_bytes).concat());
    assert_eq!(
        dense(words([255, 256]), integers(&[0, 0])),
        format!("a: sample 1, number 0: expected a whole number from 0 to 255, got 256{hint}")
    );
    assert_eq!(dense([0, 0, 0x0d, 2], labels()), "a: expected magic number `0x00000802`, got `0x00000d02`");
}

#[test]
fn rejects_invalid_properties() {
    let event = |name: &str, form: EventForm, test: Test, names: Option<Vec<String>>| {
        let import = EventImport { events: shipped("events.npz"), labels: None, test, form };
        import_events(name, &import, names).unwrap_err().to_string()
    };
    let form = || EventForm { sensor: [5, 1, 1], classes: 3, ..form() };
    let half = || Test::Fraction(0.5);
    let allowed =
        "expected 1 to 64 lower-case letters, digits and hyphens, starting with a letter, and not a built-in name";
    for name in ["", "Mine", "a/b", "../a", "7", "shd", "fashion-mnist", &"a".repeat(65)] {
        assert_eq!(event(name, form(), half(), None), format!("name: {allowed}, got `{name}`"));
    }
    for classes in [0, 1, 257] {
        let message = event("mine", EventForm { classes, ..form() }, half(), None);
        assert_eq!(message, format!("classes: expected 2 to 256, got {classes}"));
    }
    for (sensor, told) in [
        ([0, 1, 1], "0"),
        ([70_000, 1, 1], "70000"),
        ([256, 256, 2], "256 x 256 x 2"),
        ([usize::MAX, 2, 1], "18446744073709551615 x 2 x 1"),
    ] {
        let message = event("mine", EventForm { sensor, ..form() }, half(), None);
        assert_eq!(message, format!("units: expected 1 to 65536, got {told}"));
    }
    let negative = event("mine", EventForm { duration_seconds: -0.0, ..form() }, half(), None);
    assert_eq!(negative, "duration: expected a finite number above 0 s, got 0 s");
    for duration_seconds in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let message = event("mine", EventForm { duration_seconds, ..form() }, half(), None);
        assert_eq!(message, format!("duration: expected a finite number above 0 s, got {duration_seconds} s"));
    }
    for fraction in [0.0, 1.0, -0.5, f64::NAN] {
        let message = event("mine", form(), Test::Fraction(fraction), None);
        assert_eq!(message, format!("test fraction: expected a number between 0 and 1, got {fraction}"));
    }
    // The only sample of a class is for training.
    let single = events_in("sample,time,unit,label\n0,0.1,0,0\n1,0.1,0,1\n", None, EventForm { classes: 2, ..form() });
    assert_eq!(
        single,
        "test fraction: 0.5 of 2 samples leaves 2 for training and 0 for testing; expected at least 1 of each"
    );
    assert_eq!(
        event("mine", form(), half(), Some(vec!["a".to_owned()])),
        "class names: expected 3 (one per class), got 1"
    );
    let gone = EventImport { events: "gone.npz".into(), labels: None, test: half(), form: form() };
    let message = import_events("mine", &gone, None).unwrap_err().to_string();
    assert!(message.starts_with("cannot read `gone.npz`: "), "{message}");
}

#[test]
fn rejects_test_samples_that_do_not_match_the_training_samples() {
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
        "images.npy: no labels; expected a file of labels (`--test-labels`), or an npz file with an array `labels`"
    );
    assert_eq!(
        told(&import("images.npy", Some("labels.npy"), None)),
        "images.npy: expected 4 numbers per sample (as in training), got 6"
    );
    let message = told(&import("features.npy", Some("labels.npy"), None));
    assert!(message.contains("features.npy: sample 0, number 0: expected a number from 0 to 1, got "), "{message}");
    // Test numbers outside the training range are clipped.
    import_dense("mine", &import("features.npy", Some("labels.npy"), Some(Scale::MinMax)), None).unwrap();
}

/// A float or boolean 1 next to bytes up to 255 could be 1 or 1 / 255.
#[test]
fn rejects_test_samples_of_floats_or_booleans_next_to_training_samples_of_bytes() {
    let folder = Folder::new();
    let train = || npy("'|u1'", "(2, 2)", &[0, 255, 17, 3]);
    let labels = || integers(&[0, 1]);
    let told = |test: Vec<u8>| {
        let import = DenseImport {
            samples: folder.write("train", train()),
            labels: folder.write("labels", labels()),
            test: Test::Files { samples: folder.write("test", test), labels: Some(folder.write("labels", labels())) },
            classes: 2,
            scale: None,
        };
        import_dense("mine", &import, None).map_err(|error| folder.told(&error))
    };
    let floats = [0.0_f32, 1.0, 1.0, 0.0].map(f32::to_le_bytes).concat();
    let doubles = [0.0_f64, 1.0, 1.0, 0.0].map(f64::to_be_bytes).concat();
    let cases = [
        (npy("'<f4'", "(2, 2)", &floats), "float32"),
        (npy("'>f8'", "(2, 2)", &doubles), "big-endian float64"),
        (npy("'|b1'", "(2, 2)", &[0, 1, 1, 0]), "bool"),
    ];
    for (test, kind) in cases {
        let expected =
            format!("expected whole numbers from 0 to 255, as in training, got numbers of type {kind}\n\nhint: ");
        let message = told(test.clone()).expect_err(kind);
        assert!(message.starts_with(&format!("test: {expected}")), "{message}");
        // Both in one archive.
        let archive = folder
            .write("a", zip(&[("x_train", train()), ("y_train", labels()), ("x_test", test), ("y_test", labels())]));
        let test = Test::Files { samples: archive.clone(), labels: None };
        let import = DenseImport { labels: archive.clone(), samples: archive, test, classes: 2, scale: None };
        let message = folder.told(&import_dense("mine", &import, None).expect_err(kind));
        assert!(message.contains(&expected), "{message}");
    }
    // Wider integers are bytes as well.
    assert!(told(npy("'<i2'", "(2, 2)", &[0, 0, 255, 0, 1, 0, 0, 0])).is_ok());
}

#[test]
fn rejects_archives_without_the_arrays_of_dense_samples() {
    let numbers = || npy("'<f4'", "(2, 1)", &[0.0_f32, 1.0].map(f32::to_le_bytes).concat());
    let folder = Folder::new();
    let of = |entries: &[(&str, Vec<u8>)], test: Test| {
        let samples = folder.write("a", zip(entries));
        let test = match test {
            Test::Files { .. } => Test::Files { samples: samples.clone(), labels: None },
            fraction => fraction,
        };
        let import = DenseImport { labels: samples.clone(), samples, test, classes: 2, scale: None };
        folder.told(&import_dense("mine", &import, None).expect_err("an invalid archive"))
    };
    let same = || Test::Files { samples: "".into(), labels: None };
    assert_eq!(
        of(&[("data", numbers()), ("labels", integers(&[0, 1]))], Test::Fraction(0.5)),
        "a: missing samples; expected an array `samples`, `x_train`, `train_images`, `images`, `x`, got `data`, `labels`\n\n\
         hint: rename an array; without test samples of their own, set some aside with `--test-fraction 0.2`"
    );
    assert_eq!(of(&[("x", numbers())], Test::Fraction(0.5)), "a: missing `labels`; expected one label per sample");
    let train = || vec![("samples", numbers()), ("labels", integers(&[0, 1]))];
    assert_eq!(
        of(&train(), same()),
        "a: missing samples; expected an array `test_samples`, `x_test`, `test_images`, got `labels`, `samples`\n\n\
         hint: rename an array; without test samples of their own, set some aside with `--test-fraction 0.2`"
    );
    // Which of two arrays is meant, and whether the test samples of the file count, is for the user to say.
    assert_eq!(
        of(&[("x_train", numbers()), ("samples", numbers()), ("labels", integers(&[0, 1]))], Test::Fraction(0.5)),
        "a: expected one of `samples`, `x_train`, got 2\n\nhint: save the file without the others"
    );
    assert_eq!(
        of(&[("samples", numbers()), ("labels", integers(&[0, 1])), ("y", integers(&[0, 1]))], Test::Fraction(0.5)),
        "a: expected one of `labels`, `y`, got 2\n\nhint: save the file without the others"
    );
    for name in ["x_test", "y_test"] {
        let test = (name, numbers());
        assert_eq!(
            of(&[&train()[..], &[test]].concat(), Test::Fraction(0.5)),
            format!(
                "a: expected no test samples next to `--test-fraction`, got array `{name}`\n\n\
                 hint: leave `--test-fraction` out to test with `{name}`"
            )
        );
    }
    let plain = folder.write("b", numbers());
    let import = DenseImport {
        labels: folder.write("labels", integers(&[0, 1])),
        test: Test::Files { samples: plain.clone(), labels: None },
        samples: plain,
        classes: 2,
        scale: None,
    };
    let message = folder.told(&import_dense("mine", &import, None).expect_err("no test samples"));
    assert!(message.starts_with("b: no test samples; expected `--test FILE` with `--test-labels FILE`"), "{message}");
}
