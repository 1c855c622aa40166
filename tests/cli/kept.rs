//! Files of others, and results of earlier studies, that outputs must keep.

use crate::deploy::save_trained;
use crate::ohmspike::Folder;

/// One epoch of the tiny study at one level.
const TRAIN: [&str; 6] = ["train", "tiny.toml", "--set", "noise.level_percent=1", "--set", "training.epochs=1"];

fn train<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&TRAIN[..], more].concat()
}

#[test]
fn networks_and_data_are_not_replaced_by_each_other() {
    let folder = Folder::with_tiny_study();
    folder.run(&train(&["--save-weights", "net.npz"])).succeeds();
    let network = folder.bytes("net.npz");
    let kept = "error: cannot write `net.npz`: the file holds something else; choose another name, or remove it\n";
    // A deployment reads the network, and must not write the cells into it.
    let deploy = ["deploy", "net.npz", "--device", "study-1k-1m", "--save-conductances", "net.npz"];
    for command in [deploy.to_vec(), train(&["--save-conductances", "net.npz"])] {
        let answer = folder.run(&command);
        assert_eq!((answer.status, answer.stderr.ends_with(kept)), (Some(2), true), "{answer:#?}");
    }
    assert_eq!(folder.bytes("net.npz"), network);
    // A network of an earlier training may be replaced, an archive of something else may not.
    folder.run(&train(&["--save-weights", "net.npz", "--seed", "2"])).succeeds();
    assert_ne!(folder.bytes("net.npz"), network);
    folder.run(&train(&["--save-conductances", "cells.npz"])).succeeds();
    let cells = folder.bytes("cells.npz");
    assert_eq!(folder.run(&train(&["--save-weights", "cells.npz"])).status, Some(2));
    assert_eq!(folder.bytes("cells.npz"), cells);
}

#[test]
fn two_outputs_need_two_files() {
    let folder = Folder::with_tiny_study();
    let answer = folder.run(&train(&["--save-weights", "both.csv", "--save-conductances", "./both.csv"]));
    let expected =
        "error: --save-weights and --save-conductances: expected two files, got `both.csv` for both\n".to_owned();
    assert_eq!((answer.status, answer.stderr, folder.path("both.csv").exists()), (Some(2), expected, false));
}

/// The results of the earlier study are out of sight, and its text is gone: the program says so, and names no file that does
/// not hold it.
#[test]
fn a_run_of_an_edited_study_says_that_earlier_results_are_left_out() {
    let folder = Folder::with_tiny_study();
    folder.run(&["run", "tiny.toml", "--set", "repeats.seeds=1"]).succeeds();
    let study = folder.text("results/tiny/study.toml");
    let edited = study.replace("learning_rate = ", "learning_rate = 0.5 #");
    assert_ne!(edited, study);
    folder.write("results/tiny/study.toml", &edited);
    let answer = folder.run(&["run", "results/tiny"]).succeeds();
    let expected = "warning: `results/tiny` holds 2 records of other settings; summary and figures now show those of this run only\n\n\
                    hint: the study of this folder was edited, or another version wrote it; undo an edit";
    assert!(answer.stderr.contains(expected), "{answer:#?}");
    assert!(!folder.files("results/tiny").keys().any(|path| path.to_string_lossy().contains("study-")));
}

/// Networks that do not work are saved with a word about it, by `train` and by `deploy`; one that works needs none.
#[test]
fn saved_networks_that_do_not_work_are_named() {
    let folder = Folder::new();
    let untrained = ["train", "--set", "training.epochs=0", "--set", "network.hidden=12", "--save-weights", "new.npz"];
    let answer = folder.run(&untrained).succeeds();
    assert!(answer.stdout.ends_with("\nhealth: at chance\n"), "{answer:#?}");
    let told = "warning: new.npz: the saved network is at chance, so results with it say nothing\n";
    assert!(answer.stderr.contains(told), "{answer:#?}");
    let save = ["--save-conductances", "chip.npz"];
    let answer = folder.run(&[&["deploy", "new.npz", "--device", "ideal"], &save[..]].concat()).succeeds();
    assert!(answer.stderr.contains("warning: new.npz: the network itself is at chance ("), "{answer:#?}");

    save_trained(&folder, "net.npz");
    // After a day, cells have lost 100 µS x ln 86400 = 1137 µS, more than the window.
    let drift = r#""drift": { "law": "log-time", "reference_seconds": 1, "mean_microsiemens_per_ln": -100,
        "sigma_microsiemens_per_ln": 0, "sigma_microsiemens_at_reference": 0 }"#;
    let window = r#""window": { "low_resistance_ohm": 1000, "high_resistance_ohm": 1000000 }"#;
    folder.write("fade.json", format!(r#"{{ "name": "fade", {window}, {drift} }}"#));
    let deploy = |after: &str| {
        let fade = ["deploy", "trained.npz", "--device", "./fade.json", "--after", after];
        folder.run(&[&fade[..], &save[..]].concat()).succeeds().stderr
    };
    let told = deploy("1d");
    assert!(told.contains("warning: chip 0 of trained.npz: its accuracy after 1 d is "), "{told}");
    assert!(told.contains(" %, not above chance ("), "{told}");
    let works = deploy("1s");
    assert!(!works.contains("chance") && !works.contains("silent"), "{works}");
}
