//! `ohmspike data`, with or without a system package of the data.

use std::path::Path;

use crate::ohmspike::{Answer, Folder};

#[test]
fn every_data_set_is_listed() {
    let folder = Folder::new();
    let answer = folder.run(&["data", "list"]).succeeds();
    assert!(answer.stdout.contains("fashion-mnist-subset   6144 images"), "{}", answer.stdout);
    assert!(answer.stdout.contains("part of the program\n"), "{}", answer.stdout);
    assert_eq!(answer.stderr, "");
}

#[test]
fn the_subset_needs_no_fetching() {
    let folder = Folder::new();
    let answer = folder.run(&["data", "fetch", "fashion-mnist-subset"]).succeeds();
    assert_eq!(answer.stdout, "fashion-mnist-subset: part of the program\n");
}

#[test]
fn rejects_an_unknown_data_set() {
    let answer = Folder::new().run(&["data", "fetch", "mnist"]);
    assert_eq!(answer.status, Some(2));
    assert!(
        answer
            .stderr
            .contains("unknown data set `mnist`; expected one of `fashion-mnist`, `fashion-mnist-subset`, `shd`"),
        "{}",
        answer.stderr
    );
}

/// With a system package the files are found. Otherwise the download fails.
#[test]
fn a_failed_download_names_other_ways() {
    let folder = Folder::new();
    let fetch = ["data", "fetch", "fashion-mnist", "--from", "http://127.0.0.1:1"];
    let answer = folder.ohmspike(&fetch).env("NO_PROXY", "127.0.0.1").output().expect("the program starts").into();
    if Path::new("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz").exists() {
        let answer: Answer = Answer::succeeds(answer);
        assert!(
            answer.stdout.starts_with("fashion-mnist: /usr/share/datasets/fashion-mnist (system)\n"),
            "{answer:#?}"
        );
        assert_eq!(answer.stdout.matches("found, checksum OK\n").count(), 4);
        return;
    }
    assert_eq!(answer.status, Some(2), "{answer:#?}");
    assert_eq!(answer.stdout, "");
    for way in [
        "run the command again",
        "cache/ohmspike/fashion-mnist",
        "apt-get install dataset-fashion-mnist",
        "OHMSPIKE_DATA",
    ] {
        assert!(answer.stderr.contains(way), "{way}: {}", answer.stderr);
    }
}

/// The folder of OHMSPIKE_DATA comes first, and wrong files in it are errors.
#[test]
fn rejects_a_wrong_file_in_the_named_folder() {
    let folder = Folder::new();
    for kind in ["images-idx3", "labels-idx1"] {
        for set in ["train", "t10k"] {
            folder.write(&format!("{set}-{kind}-ubyte.gz"), "not a gzip file");
        }
    }
    let data = folder.path("");
    let named = |arguments: &[&str]| -> Answer {
        folder.ohmspike(arguments).env("OHMSPIKE_DATA", &data).output().expect("the program starts").into()
    };
    let listed = named(&["data", "list"]).succeeds();
    assert!(listed.stdout.contains(&format!("{} (OHMSPIKE_DATA)\n", data.display())), "{}", listed.stdout);
    let wrong = format!(
        "error: {}train-images-idx3-ubyte.gz: not a gzip file; starts with `6e 6f`, expected `1f 8b`",
        data.display()
    );
    named(&["data", "fetch", "fashion-mnist"]).refuses_with(&format!(
        "{wrong}\n\nhint: {} (OHMSPIKE_DATA) takes precedence over the cache folder; put the published files there or remove them\n",
        data.display()
    ));
    named(&["train", "--set", "data.set=fashion-mnist"]).refuses_with(&format!(
        "{wrong}\n\nhint: `ohmspike data fetch` replaces wrong files in the cache folder; replace files elsewhere yourself\n"
    ));
}

/// A given folder comes before all other places.
#[test]
fn recordings_of_a_folder_are_copied_to_the_cache() {
    let folder = Folder::new();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../datasets/tests/data/shd");
    let data = data.to_str().expect("a path of text");
    let answer = folder.run(&["data", "fetch", "shd", "--folder", data]).succeeds();
    let lines: Vec<&str> = answer.stdout.lines().collect();
    assert_eq!(lines[0], format!("shd: {} (cache)", folder.path("cache/ohmspike/shd").display()));
    assert!(lines[1].starts_with("  shd_train.h5.gz  "), "{lines:?}");
    assert!(lines[1].ends_with("   copied, 6 recordings, no checksum known"), "{lines:?}");
    assert!(lines[2].ends_with("   copied, 3 recordings, no checksum known"), "{lines:?}");
    assert!(folder.path("cache/ohmspike/shd/shd_test.h5.gz").is_file());
    folder.run(&["data", "fetch", "fashion-mnist", "--folder", data]).refuses_with(
        "error: --folder: not available for fashion-mnist\n\nhint: set OHMSPIKE_DATA to a folder with the files\n",
    );
}
