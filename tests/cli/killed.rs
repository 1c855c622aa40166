//! A run that is killed repeatedly ends with the records of an undisturbed run.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;
use std::time::Duration;

use ohmspike_rng::Seed;
use serde_json::Value;

use crate::ohmspike::Folder;

/// Eight trials of five epochs of a few milliseconds, with digital weights and with cells.
const STUDY: &str = r#"
name = "killed"
[network]
hidden = 4
excitatory_fraction = 0.75
steps = 20
[weights]
sigma_init = 0.01
[noise]
level_percent = [1, 50]
[hardware]
device = ["none", "study-1k-1m"]
[training]
batch = 512
epochs = 5
[repeats]
seeds = 2
[observe]
details = "all"
"#;

/// Every epoch ends with a checkpoint.
const RUN: [&str; 6] = ["run", "killed.toml", "--threads", "2", "--checkpoint-seconds", "0"];

const KILLS: u64 = 25;

/// Records of all files by trial name, without wall time. A trial may have several.
fn lines_by_name(folder: &Folder) -> BTreeMap<String, Vec<Value>> {
    let mut lines: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for number in 1.. {
        let name = format!("results/killed/records/{number:04}.jsonl");
        if !folder.path(&name).exists() {
            return lines;
        }
        for mut record in folder.records(&name) {
            record.as_object_mut().expect("a record").remove("seconds").expect("its wall time");
            lines.entry(record["id"].as_str().expect("a name").to_owned()).or_default().push(record);
        }
    }
    unreachable!("the files of records end")
}

fn details(folder: &Folder) -> BTreeMap<String, Vec<u8>> {
    let files = folder.files("results/killed/details").into_iter();
    let named = files.map(|(path, bytes)| (path.file_name().expect("a name").to_string_lossy().into_owned(), bytes));
    // Killed processes leave partial files.
    named.filter(|(name, _)| !name.ends_with(".part")).collect()
}

#[test]
fn repeated_kills_do_not_change_the_records() {
    let undisturbed = Folder::new();
    undisturbed.write("killed.toml", STUDY);
    undisturbed.run(&RUN).succeeds();

    let folder = Folder::new();
    folder.write("killed.toml", STUDY);
    let (mut names, mut resumed) = (BTreeSet::new(), false);
    // Longer delays if a run makes no progress, for slow machines.
    let mut longest = 0.15;
    for kill in 0..KILLS {
        let fraction = f64::from(Seed::new(1).named("kill").numbered(kill).stream().next_u32()) / f64::from(u32::MAX);
        let mut process = folder.ohmspike(&RUN).spawn().expect("the program starts");
        thread::sleep(Duration::from_secs_f64(longest * fraction));
        process.kill().expect("it is ours");
        process.wait().expect("it has ended");
        resumed |= folder.path("results/killed/checkpoints").exists();
        let now: BTreeSet<String> = lines_by_name(&folder).into_keys().collect();
        assert!(now.is_superset(&names), "kill {kill} lost {:?}", names.difference(&now));
        longest *= if now.len() == names.len() { 1.1 } else { 0.95 };
        names = now;
    }
    assert!(resumed, "no kill left a checkpoint");

    let answer = folder.run(&RUN).succeeds();
    assert!(!answer.stderr.contains("unusable checkpoint"), "{}", answer.stderr);
    let (records, expected) = (lines_by_name(&folder), lines_by_name(&undisturbed));
    assert_eq!(records.len(), 8);
    assert_eq!(records, expected, "one record a trial, and the same");
    assert_eq!(details(&folder), details(&undisturbed));
    assert!(!folder.path("results/killed/checkpoints").exists(), "a checkpoint stayed");
    for name in ["summary.csv", "figures/outcome-over-noise.level_percent.svg"] {
        let name = format!("results/killed/{name}");
        assert_eq!(folder.bytes(&name), undisturbed.bytes(&name), "{name}");
    }
}

/// A trial resumes from the checkpoint of a killed process without a message.
#[test]
fn a_trial_resumes_from_its_checkpoint() {
    let one = [
        "noise.level_percent=1",
        "hardware.device=none",
        "repeats.seeds=1",
        "training.epochs=60",
        "observe.details=none",
    ];
    let set: Vec<&str> = one.iter().flat_map(|set| ["--set", *set]).collect();
    let run = [&RUN[..], &set].concat();
    let folder = Folder::new();
    folder.write("killed.toml", STUDY);
    let mut process = folder.ohmspike(&run).spawn().expect("the program starts");
    let is_there = || {
        folder.path("results/killed/checkpoints").read_dir().is_ok_and(|mut entries| {
            entries.any(|entry| entry.is_ok_and(|entry| entry.path().extension().is_some_and(|end| end == "bin")))
        })
    };
    while !is_there() {
        assert!(process.try_wait().expect("it is ours").is_none(), "it ended without a checkpoint");
        thread::sleep(Duration::from_millis(1));
    }
    process.kill().expect("it is ours");
    process.wait().expect("it has ended");
    assert!(lines_by_name(&folder).is_empty(), "killed before its end");

    let answer = folder.run(&run).succeeds();
    assert!(!answer.stderr.contains("checkpoint"), "{}", answer.stderr);
    let undisturbed = Folder::new();
    undisturbed.write("killed.toml", STUDY);
    undisturbed.run(&run).succeeds();
    assert_eq!(lines_by_name(&folder), lines_by_name(&undisturbed));
}
