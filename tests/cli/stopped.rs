//! Stopped runs: their records are whole, and a resumed run has the results of an uninterrupted one.

use std::process::{Child, Command, Output};
use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant};

use ohmspike_datasets::counted;

use crate::ohmspike::{Answer, Folder, TINY_SUMMARY};

/// Enough trials that some remain when the first record is written.
const LONG: [&str; 6] = ["run", "tiny.toml", "--threads", "1", "--set", "repeats.seeds=12"];

const RECORDS: &str = "results/tiny/records/0001.jsonl";

/// `summary.csv` of an uninterrupted long run.
static LONG_SUMMARY: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let folder = Folder::with_tiny_study();
    folder.run(&["run", "tiny.toml", "--set", "repeats.seeds=12"]).succeeds();
    folder.bytes("results/tiny/summary.csv")
});

/// Starts the long run, waits for its first record, and stops it.
fn stop_after_the_first_record(folder: &Folder, stop: fn(&mut Child)) -> Output {
    let mut process = folder.ohmspike(&LONG).spawn().expect("the program starts");
    let started = Instant::now();
    while folder.records(RECORDS).is_empty() {
        assert!(started.elapsed() < Duration::from_secs(60), "no record within a minute");
        thread::sleep(Duration::from_millis(2));
    }
    stop(&mut process);
    process.wait_with_output().expect("the program ends")
}

fn continue_to_the_end(folder: &Folder) {
    folder.run(&["run", "tiny.toml", "--set", "repeats.seeds=12"]).succeeds();
    assert_eq!(folder.bytes("results/tiny/summary.csv"), *LONG_SUMMARY);
}

#[test]
fn ctrl_c_finishes_the_running_trials() {
    let folder = Folder::with_tiny_study();
    let interrupt = |process: &mut Child| {
        let sent = Command::new("kill").args(["-INT", &process.id().to_string()]).status().expect("kill is there");
        assert!(sent.success());
    };
    let answer: Answer = stop_after_the_first_record(&folder, interrupt).into();
    assert_eq!(answer.status, Some(130), "{answer:#?}");
    let text = folder.text(RECORDS);
    let done = folder.records(RECORDS).len();
    assert!(text.ends_with('\n') && (1..24).contains(&done), "{done} whole records");
    assert!(
        answer.stderr.contains("\nfinishing the running trials; press Ctrl-C again to abort them\n"),
        "{}",
        answer.stderr
    );
    let left = format!("stopped; repeat the command to run the remaining {}\n", counted(24 - done, "trial"));
    assert!(answer.stderr.ends_with(&left), "{}", answer.stderr);
    assert!(answer.stdout.contains(&format!("\n{done} of 24 trials done\n")), "{}", answer.stdout);
    assert!(folder.path("results/tiny/summary.csv").exists(), "what is done is shown");

    continue_to_the_end(&folder);
    assert_eq!(folder.text(RECORDS), text, "earlier records stay as they were");
}

#[test]
fn a_killed_run_loses_at_most_the_running_trial() {
    let folder = Folder::with_tiny_study();
    let kill = |process: &mut Child| process.kill().expect("it still runs");
    let output = stop_after_the_first_record(&folder, kill);
    assert_eq!(output.status.code(), None, "{output:?}");
    assert!((1..24).contains(&folder.records(RECORDS).len()));

    continue_to_the_end(&folder);
}

/// No file may grow beyond a limit that falls into the second record: to the program it looks like a full disk.
#[test]
fn a_full_disk_leaves_whole_records() {
    let folder = Folder::with_tiny_study();
    folder.run(&["run", "tiny.toml", "--threads", "1", "--max-trials", "1"]).succeeds();
    let length = folder.bytes(RECORDS).len();
    // A limit counts units of 512 bytes; without the signal that comes with it, writing fails as on a full disk.
    let limited = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", length * 3 / 2 / 512);
    let mut shell = folder.command("sh");
    shell.args(["-c", &limited, env!("CARGO_BIN_EXE_ohmspike"), "run", "tiny.toml", "--threads", "1", "--out", "full"]);
    shell.args(["--set", "observe.details=none"]);
    let answer: Answer = shell.output().expect("sh is there").into();
    assert_eq!(answer.status, Some(2), "{answer:#?}");
    let expected = "error: cannot write `full/records/0001.jsonl`: the file is too large\n\n\
                    hint: all records so far are complete; fix the cause and run the same command again\n";
    assert!(answer.stderr.ends_with(expected), "{}", answer.stderr);
    let kept = folder.text("full/records/0001.jsonl");
    assert!(kept.ends_with('\n') && kept.lines().count() == 1, "one whole record, nothing torn");

    folder.run(&["run", "tiny.toml", "--out", "full", "--set", "observe.details=none"]).succeeds();
    assert!(folder.text("full/records/0001.jsonl") == kept);
    assert_eq!(folder.bytes("full/summary.csv"), *TINY_SUMMARY);
}
