//! Files of encoded spikes: the same records with and without them, and what happens to damaged ones.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::ohmspike::{Answer, Folder};

/// Samples and numbers per sample: large enough to be kept.
pub const SAMPLES: usize = 5600;
/// See [`SAMPLES`].
pub const UNITS: usize = 1500;

/// Writes a NumPy array of bytes.
fn write_npy(folder: &Folder, name: &str, shape: &str, numbers: impl Iterator<Item = u8>) {
    let header = format!("{:<117}\n", format!("{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}"));
    let mut bytes = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    bytes.extend(header.into_bytes());
    bytes.extend(numbers);
    folder.write(name, bytes);
}

/// Imports `mine`, of which every class lights other units, with at most `brightness`.
pub fn import(folder: &Folder, brightness: u8) {
    let pixel = |place: usize| {
        let (sample, unit) = (place / UNITS, place % UNITS);
        let lit = (unit + sample % 3).is_multiple_of(3) && !(sample * 7 + unit).is_multiple_of(5);
        if lit { brightness - ((sample + unit) % 150) as u8 } else { 0 }
    };
    write_npy(folder, "x.npy", &format!("({SAMPLES}, {UNITS})"), (0..SAMPLES * UNITS).map(pixel));
    write_npy(folder, "y.npy", &format!("({SAMPLES},)"), (0..SAMPLES).map(|sample| (sample % 3) as u8));
    let import = ["data", "import", "mine", "--samples", "x.npy", "--labels", "y.npy", "--classes", "3", "--replace"];
    folder.run(&[&import[..], &["--test-fraction", "0.1"]].concat()).succeeds();
}

/// Trains in the results folder `name`; returns the answer and the record without its run times.
fn train(folder: &Folder, name: &str, more: &[&str]) -> (Answer, Value) {
    let small = ["network.hidden=8", "network.steps=20", "training.epochs=1", "data.set=mine"];
    let mut arguments = vec!["train", "--out", name];
    small.iter().chain(more).for_each(|set| arguments.extend(["--set", set]));
    let answer = folder.run(&arguments).succeeds();
    let mut record = folder.records(&format!("{name}/records/0001.jsonl")).pop().expect("a record");
    record.as_object_mut().expect("a record").remove("seconds").expect("its wall time");
    (answer, record)
}

/// The files in the cache, in order of their names.
fn files(folder: &Folder) -> Vec<PathBuf> {
    folder.files("cache/ohmspike/encoded").into_keys().collect()
}

#[test]
fn records_do_not_depend_on_files_of_spikes() {
    let folder = Folder::new();
    import(&folder, 255);
    let (answer, fresh) = train(&folder, "fresh", &[]);
    assert!(!answer.stderr.contains("encoded"), "{answer:#?}");
    let written = files(&folder);
    assert_eq!(written.len(), 2);
    let (answer, cached) = train(&folder, "cached", &[]);
    assert!(!answer.stderr.contains("encoded"), "{answer:#?}");
    assert_eq!(cached, fresh);
    assert_eq!(files(&folder), written);

    // The last byte of a file is part of a spike.
    let mut bytes = fs::read(&written[0]).expect("a file");
    *bytes.last_mut().expect("not empty") ^= 1;
    fs::write(&written[0], bytes).expect("the folder is ours");
    let (answer, rebuilt) = train(&folder, "rebuilt", &[]);
    let note =
        format!("warning: `{}`: damaged spikes (wrong checksum); the data set is encoded again", written[0].display());
    assert!(answer.stderr.contains(&note), "{answer:#?}");
    assert_eq!(rebuilt, fresh);
    let (answer, again) = train(&folder, "again", &[]);
    assert!(!answer.stderr.contains("encoded"), "{answer:#?}");
    assert_eq!(again, fresh);

    // Random spikes are drawn at every start.
    train(&folder, "poisson", &["data.encoding=poisson"]);
    assert_eq!(files(&folder), written);

    // Another data set of the same name.
    import(&folder, 210);
    let (_, other) = train(&folder, "other", &[]);
    assert_ne!(other["data_sha256"], fresh["data_sha256"]);
    assert_eq!(files(&folder).len(), 4);
    let listed = folder.run(&["data", "encoded"]).succeeds().stdout;
    assert_eq!(listed.matches("mine, 5039 samples, 20 time steps").count(), 2, "{listed}");
    assert!(listed.ends_with(" in 4 files, at most 16.0 GB\n"), "{listed}");
    let cleared = folder.run(&["data", "encoded", "--clear"]).succeeds().stdout;
    assert!(cleared.starts_with("removed 4 files, "), "{cleared}");
    assert!(files(&folder).is_empty());
    assert_eq!(train(&folder, "other-again", &[]).1, other);
}

#[test]
fn without_a_folder_the_spikes_stay_in_memory() {
    let folder = Folder::new();
    import(&folder, 255);
    folder.write("cache/ohmspike/encoded", "not a folder");
    let (answer, unkept) = train(&folder, "unkept", &[]);
    let path = folder.path("cache/ohmspike/encoded");
    let note = format!("warning: cannot write `{}`: ", path.display());
    assert!(answer.stderr.contains(&note) && answer.stderr.contains("stays in memory"), "{answer:#?}");
    fs::remove_file(path).expect("the folder is ours");
    assert_eq!(train(&folder, "kept", &[]).1, unkept);
    assert_eq!(files(&folder).len(), 2);
}

#[test]
fn the_built_in_set_is_not_kept() {
    let folder = Folder::with_tiny_study();
    folder.run(&["run", "tiny.toml"]).succeeds();
    assert!(!folder.path("cache").exists());
    assert_eq!(folder.run(&["data", "encoded"]).succeeds().stdout, "0 MB in 0 files, at most 16.0 GB\n");
}
