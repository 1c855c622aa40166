//! Results folders that other processes change or share during a run.

use std::fs;
use std::io::Read;
use std::process::{Child, Output};
use std::thread;
use std::time::{Duration, Instant};

use crate::ohmspike::{Answer, Folder};

const LONG: [&str; 8] =
    ["run", "tiny.toml", "--threads", "1", "--set", "repeats.seeds=12", "--set", "observe.details=none"];

fn started(folder: &Folder, arguments: &[&str], records: usize) -> Child {
    let process = folder.ohmspike(arguments).spawn().expect("the program starts");
    wait_for_records(folder, "0001.jsonl", records);
    process
}

/// Waits until the file `name` holds at least `records` records.
fn wait_for_records(folder: &Folder, name: &str, records: usize) {
    let path = format!("results/tiny/records/{name}");
    let begun = Instant::now();
    while folder.records(&path).len() < records {
        assert!(begun.elapsed() < Duration::from_secs(60), "{name}: fewer than {records} records within a minute");
        thread::sleep(Duration::from_millis(2));
    }
}

fn ended(process: Child) -> Answer {
    let output: Output = process.wait_with_output().expect("the program ends");
    output.into()
}

#[test]
fn records_that_are_deleted_during_a_run_are_saved_again() {
    let folder = Folder::with_tiny_study();
    let process = started(&folder, &LONG, 2);
    fs::remove_dir_all(folder.path("results/tiny/records")).expect("ours");
    let answer = ended(process);
    assert_eq!(answer.status, Some(2), "{answer:#?}");
    let told = "error: results/tiny/records/0001.jsonl: removed or moved while this process was writing it; its records are \
                saved in results/tiny/records/0001.jsonl\n";
    assert!(answer.stderr.contains(told), "{}", answer.stderr);
    // At least two records; a third may have been written before the folder was deleted.
    assert!(folder.records("results/tiny/records/0001.jsonl").len() >= 2, "nothing is lost");
}

#[test]
fn records_that_are_moved_during_a_run_are_an_error() {
    let folder = Folder::with_tiny_study();
    let process = started(&folder, &LONG, 1);
    fs::rename(folder.path("results/tiny"), folder.path("moved")).expect("ours");
    let answer = ended(process);
    assert_eq!(answer.status, Some(2), "{answer:#?}");
    assert!(answer.stderr.contains("removed or moved while this process was writing it"), "{}", answer.stderr);
}

#[test]
fn two_runs_in_one_folder_warn_and_shards_do_not() {
    let folder = Folder::with_tiny_study();
    // Too many trials to end by themselves: both are killed.
    let long = ["run", "tiny.toml", "--threads", "1", "--set", "repeats.seeds=500", "--set", "observe.details=none"];
    let mut first = started(&folder, &long, 1);
    let mut second = folder.ohmspike(&long).spawn().expect("the program starts");
    wait_for_records(&folder, "0002.jsonl", 1);
    // A process looks for others after each trial; the second trial from here began after the other had announced itself.
    wait_for_records(&folder, "0001.jsonl", folder.records("results/tiny/records/0001.jsonl").len() + 2);
    let (first_id, second_id) = (first.id(), second.id());
    for (process, other) in [(&mut second, first_id), (&mut first, second_id)] {
        process.kill().expect("it still runs");
        let mut told = String::new();
        process.stderr.take().expect("captured").read_to_string(&mut told).expect("text");
        process.wait().expect("it was killed");
        assert!(told.contains(&format!("warning: results/tiny: process {other} on ")), "{told}");
    }
    // A killed process leaves no lock.
    let third = folder.run(&["run", "tiny.toml", "--max-trials", "1", "--set", "repeats.seeds=500"]).succeeds();
    assert!(!third.stderr.contains("runs trials in the same folder"), "{}", third.stderr);
    assert!(!folder.path("results/tiny/running").exists());

    let shards = Folder::with_tiny_study();
    let part = |part| ["run", "tiny.toml", "--threads", "1", "--set", "repeats.seeds=6", "--shard", part];
    let first = started(&shards, &part("1/2"), 1);
    let second = shards.run(&part("2/2")).succeeds();
    for answer in [second, ended(first)] {
        assert!(!answer.stderr.contains("runs trials in the same folder"), "{}", answer.stderr);
    }
}

#[test]
fn two_results_of_one_trial_are_an_error_that_names_both() {
    let folder = Folder::with_tiny_study();
    folder.run(&["run", "tiny.toml", "--threads", "1"]).succeeds();
    let whole = folder.text("results/tiny/records/0001.jsonl");
    let mut again: serde_json::Value = serde_json::from_str(whole.lines().nth(1).expect("records")).expect("JSON");
    // Machine and time do not count as results.
    again["machine"] = "another".into();
    again["seconds"]["training"] = 7.5.into();
    folder.write("results/tiny/records/0002.jsonl", format!("{again}\n"));
    folder.run(&["status", "tiny.toml"]).succeeds();

    again["loss"][0] = 0.5.into();
    folder.write("results/tiny/records/0002.jsonl", format!("\n{again}\n"));
    let id = again["id"].as_str().expect("a name");
    let expected = format!(
        "results/tiny/records/0002.jsonl:2: trial {id} has a different result than its record in \
         results/tiny/records/0001.jsonl:2\n"
    );
    for call in ["run tiny.toml", "report tiny.toml", "export tiny.toml"] {
        let answer = folder.run(&call.split(' ').collect::<Vec<_>>());
        assert_eq!(answer.status, Some(2), "{answer:#?}");
        assert!(answer.stderr.starts_with(&format!("error: {expected}")), "{}", answer.stderr);
    }
}
