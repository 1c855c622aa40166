//! Hostile files and flags: terminal control characters, pipes that never end, sizes that would fill memory.

use std::fs;
use std::path::{Path, PathBuf};

use ohmspike_datasets::{
    DenseImport, EventForm, EventImport, Scale, ShdFrom, Test, fetch_shd, import_dense, import_events, is_control,
    load, store,
};

use crate::made::{Folder, integers, npy, npy_of, shipped, zip};

/// Clears the screen, in C0 and in C1, and reverses the text direction.
const HOSTILE: &str = "\u{1b}[2J\u{9b}2J\u{202e}\u{7}";

fn form() -> EventForm {
    EventForm { sensor: [5, 1, 1], classes: 3, duration_seconds: 1.0, time_unit: None }
}

fn import(
    events: PathBuf,
    class_names: Option<&[&str]>,
) -> Result<ohmspike_datasets::Import, ohmspike_datasets::ImportError> {
    let import = EventImport { events, labels: None, test: Test::Fraction(0.5), form: form() };
    let names = class_names.map(|names| names.iter().map(|&name| name.to_owned()).collect());
    import_events("mine", &import, names)
}

fn assert_harmless(message: &str) {
    assert!(!message.replace('\n', "").contains(is_control), "{message:?}");
    assert!(!message.contains("\n\n\n"), "{message:?}");
}

#[test]
fn no_control_character_reaches_the_terminal() {
    let folder = Folder::new();
    let header = |text: &str| npy_of(text, &[]);
    let files = [
        format!("sample,time,unit,label\n0,{HOSTILE},0,0\n").into_bytes(),
        format!("sample,time,unit,label\n0,0.1,{HOSTILE},0\n").into_bytes(),
        format!("sample,{HOSTILE},unit,label\n").into_bytes(),
        zip(&[(HOSTILE, integers(&[0]))]),
        zip(&[("sample", npy(&format!("'<{HOSTILE}'"), "(1,)", &[]))]),
        npy(&format!("'<f8{HOSTILE}'"), "(1,)", &[]),
        npy(&format!("'{HOSTILE}'"), "(1,)", &[]),
        npy(&format!("[('t', '<q{HOSTILE}')]"), "(1,)", &[]),
        npy(&format!("[('t', '<U1{HOSTILE}')]"), "(1,)", &[0; 4]),
        header(&format!("{{'descr': {HOSTILE}}}")),
    ];
    for content in files {
        for name in ["a".to_owned(), format!("a{HOSTILE}\n\n\nerror: b")] {
            assert_harmless(&import(folder.write(&name, &content), None).unwrap_err().to_string());
        }
    }
    assert_harmless(&import(Path::new(HOSTILE).join("gone"), None).unwrap_err().to_string());
    assert_harmless(&load(HOSTILE, None).unwrap_err().to_string());
    assert_harmless(&ohmspike_datasets::read_shd(&folder.write(HOSTILE, b"none")).unwrap_err().to_string());
    let cache = tempfile::tempdir().expect("a temporary folder");
    let address = format!("http://127.0.0.1:1/{HOSTILE}");
    assert_harmless(
        &fetch_shd(Some(cache.path()), ShdFrom::Address(&address), None, &mut |_| {}).unwrap_err().to_string(),
    );
    let sums = folder.write(&format!("sums{HOSTILE}"), format!("{HOSTILE}\n"));
    let from = ShdFrom::Folder(cache.path());
    assert_harmless(&fetch_shd(Some(cache.path()), from, Some(&sums), &mut |_| {}).unwrap_err().to_string());
}

#[test]
fn rejects_class_names_with_control_characters() {
    let events = || shipped("events.npz");
    let told = |names: &[&str]| import(events(), Some(names)).unwrap_err().to_string();
    let allowed = "expected 1 to 100 characters without control characters";
    assert_eq!(told(&["a\u{1b}[31m", "b", "c"]), format!("class name: {allowed}, got `a?[31m`"));
    assert_eq!(told(&["a", "b\nc", "c"]), format!("class name: {allowed}, got `b?c`"));
    assert_eq!(told(&["a", "", "c"]), format!("class name: {allowed}, got ``"));
    assert!(told(&["a", &"b".repeat(101), "c"]).starts_with(&format!("class name: {allowed}, got `bbb")));
    assert_eq!(told(&["a", "b", "a"]), "class name: expected a different name for each class, got `a` twice");
    import(events(), Some(&["\u{e9}t\u{e9}", "<&>\"'", "3 \u{b5}S"])).unwrap();
}

/// A stored data set with edited class names.
#[test]
fn rejects_control_characters_in_stored_names() {
    let cache = tempfile::tempdir().expect("a temporary folder");
    let data = import(shipped("events.npz"), Some(&["one", "two", "three"])).unwrap().data;
    let path = store(&data, Some(cache.path()), false).unwrap();
    let bytes = fs::read(&path).unwrap();
    let place = bytes.windows(5).position(|window| window == b"\"two\"").unwrap();
    let spoilt = [&bytes[..place], b"\"\\u001b[2J\"", &bytes[place + 5..]].concat();
    fs::remove_file(&path).unwrap();
    fs::write(&path, spoilt).unwrap();
    let message = load("mine", Some(cache.path())).unwrap_err().to_string();
    assert!(message.contains("invalid header: class name `?[2J` contains control characters"), "{message}");
}

/// Format 1 stores dense samples as format 2 does, but rounds event times.
#[test]
fn rejects_rounded_times_of_format_1() {
    let cache = tempfile::tempdir().expect("a temporary folder");
    let labels = || shipped("labels.npy");
    let dense = DenseImport {
        samples: shipped("features.npy"),
        labels: labels(),
        test: Test::Fraction(0.5),
        classes: 3,
        scale: Some(Scale::MinMax),
    };
    let sets = [import_dense("mine", &dense, None).unwrap().data, import(shipped("events.npz"), None).unwrap().data];
    let read = sets.map(|data| {
        let path = store(&data, Some(cache.path()), true).unwrap();
        let bytes = fs::read(&path).unwrap();
        let before = [b"ohmspike-data-1", &bytes["ohmspike-data-2".len()..]].concat();
        fs::remove_file(&path).unwrap();
        fs::write(&path, before).unwrap();
        load("mine", Some(cache.path())).map(|read| read == data).map_err(|error| error.to_string())
    });
    assert_eq!(read[0], Ok(true));
    let message = read[1].as_ref().unwrap_err();
    assert!(message.contains("has rounded event times; expected `ohmspike-data-2`"), "{message}");
    assert!(message.ends_with("hint: import the data set again with `--replace`"), "{message}");
}

#[cfg(unix)]
#[test]
fn rejects_pipes_and_devices() {
    let folder = Folder::new();
    let pipe = folder.write("pipe", b"");
    fs::remove_file(&pipe).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for path in [pipe.as_path(), Path::new("/dev/zero")] {
        let expected = format!("cannot read `{}`: not a regular file", path.display());
        assert_eq!(import(path.to_owned(), None).unwrap_err().to_string(), expected);
        assert_eq!(ohmspike_datasets::read_shd(path).unwrap_err().to_string(), expected);
        let labels = EventImport {
            events: shipped("recordings.npz"),
            labels: Some(path.to_owned()),
            test: Test::Fraction(0.5),
            form: form(),
        };
        assert_eq!(import_events("mine", &labels, None).unwrap_err().to_string(), expected);
    }
}
