//! Odd files in a results folder: pipes, devices, endless lines and archives, impossible numbers.

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::ohmspike::{Answer, Folder};

const FILE: &str = "results/tiny/records/0001.jsonl";

fn with_folders() -> Folder {
    let folder = Folder::with_tiny_study();
    for name in ["records", "details", "checkpoints", "slurm"] {
        fs::create_dir_all(folder.path("results/tiny").join(name)).expect("the folder is ours");
    }
    folder
}

/// Answers of the subcommands that read results, with a memory limit of 3 GB.
fn answers(folder: &Folder) -> Vec<Answer> {
    let calls = ["status tiny.toml", "report tiny.toml", "export tiny.toml", "run tiny.toml --max-trials 0"];
    let limited = |call: &str| {
        let mut shell = folder.command("sh");
        shell.args(["-c", &format!("ulimit -v 3000000; exec \"$0\" {call}"), env!("CARGO_BIN_EXE_ohmspike")]);
        let begun = Instant::now();
        let answer: Answer = shell.output().expect("sh is there").into();
        assert!(begun.elapsed() < Duration::from_secs(60), "{call} hangs");
        answer
    };
    calls.into_iter().map(limited).collect()
}

fn refused_with(folder: &Folder, message: &str) {
    for answer in answers(folder) {
        assert_eq!(answer.status, Some(2), "{answer:#?}");
        // Some subcommands name the whole path.
        assert!(answer.stderr.contains("error: ") && answer.stderr.contains(message), "{}", answer.stderr);
    }
}

fn pack(path: &Path, pieces: usize, piece: &[u8]) {
    let file = fs::File::create(path).expect("the folder is ours");
    let mut packer = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    (0..pieces).for_each(|_| packer.write_all(piece).expect("the folder is ours"));
    packer.finish().expect("the folder is ours");
}

#[test]
fn only_regular_files_are_read_as_records() {
    let folder = with_folders();
    let path = folder.path(FILE);
    let place = "results/tiny/records/0001.jsonl`: ";
    assert!(Command::new("mkfifo").arg(&path).status().expect("mkfifo").success());
    refused_with(&folder, &format!("{place}not a regular file"));
    fs::remove_file(&path).expect("ours");
    fs::create_dir(&path).expect("ours");
    refused_with(&folder, &format!("{place}not a regular file"));
    fs::remove_dir(&path).expect("ours");
    symlink("/dev/zero", &path).expect("ours");
    refused_with(&folder, &format!("{place}not a regular file"));
    fs::remove_file(&path).expect("ours");
    symlink("nowhere", &path).expect("ours");
    refused_with(&folder, &format!("{place}no such file"));
}

#[test]
fn rejects_endless_lines() {
    let folder = with_folders();
    let path = folder.path(FILE);
    // A sparse file of 4 GB.
    fs::File::create(&path).and_then(|file| file.set_len(4 << 30)).expect("the folder is ours");
    refused_with(&folder, "results/tiny/records/0001.jsonl`: line 1: expected at most 268435456 bytes");
    fs::remove_file(&path).expect("ours");
    pack(&folder.path("results/tiny/records/0002.jsonl.gz"), 300, &[b' '; 1 << 20]);
    refused_with(&folder, "results/tiny/records/0002.jsonl.gz`: line 1: expected at most 268435456 bytes");
    pack(&folder.path("results/tiny/records/0002.jsonl.gz"), 3, &[b'\n'; 1 << 20]);
    refused_with(&folder, "results/tiny/records/0002.jsonl.gz: not a file of records: 1000001 lines are not records");
}

#[test]
fn many_foreign_lines_are_one_warning() {
    let folder = with_folders();
    folder.write(FILE, "hello\n".repeat(500));
    let answer = folder.run(&["status", "tiny.toml"]).succeeds();
    assert_eq!(answer.stderr.matches("warning: ").count(), 11, "{}", answer.stderr);
    let last = "warning: results/tiny/records/0001.jsonl: 490 further lines ignored, not records of schema";
    assert!(answer.stderr.contains(&last.replace("results", &folder.path("results").display().to_string())));
}

#[test]
fn odd_details_and_checkpoints_are_ignored() {
    let folder = Folder::with_tiny_study();
    folder.run(&["run", "tiny.toml"]).succeeds();
    for path in folder.files("results/tiny/details").keys() {
        fs::remove_file(path).expect("ours");
        symlink("/dev/zero", path).expect("ours");
    }
    // Details that are not a regular file count as missing.
    for answer in answers(&folder) {
        assert_eq!(answer.status, Some(0), "{answer:#?}");
    }
    let id = folder.records(FILE)[0]["id"].as_str().expect("a name").to_owned();
    fs::remove_dir_all(folder.path("results/tiny")).expect("ours");
    fs::create_dir_all(folder.path("results/tiny/checkpoints")).expect("ours");
    let checkpoint = folder.path("results/tiny/checkpoints").join(format!("{id}.bin"));
    fs::File::create(&checkpoint).and_then(|file| file.set_len(8 << 30)).expect("ours");
    let answer = folder.run(&["run", "tiny.toml"]).succeeds();
    assert!(answer.stderr.contains("line 1: expected at most 4096 bytes"), "{}", answer.stderr);
    assert!(answer.stdout.contains("\n4 of 4 trials done\n"));
}

#[test]
fn rejects_an_invalid_file_of_jobs() {
    let folder = with_folders();
    let jobs = |shards: &str, tasks: &str, array: &str| {
        format!(r#"{{"array":"{array}","merge":null,"shards":{shards},"tasks":[{tasks}],"threads":1,"set":[]}}"#)
    };
    for (text, reason) in [
        (jobs("18446744073709551615", "1", "1"), "shards: expected 1 to 100000, got 18446744073709551615"),
        (jobs("18446744073709551616", "1", "1"), "invalid type: floating point"),
        (jobs("0", "", "1"), "shards: expected 1 to 100000, got 0"),
        (jobs("2", "3", "1"), "tasks: expected shards from 1 to 2, got 3"),
        (
            jobs("2", "1", "1").replace("\"threads\":1", "\"threads\":18446744073709551615"),
            "threads: expected 1 to 4096",
        ),
        (jobs("2", "1", "1,$(id)"), "expected a job number, got `1,$(id)`"),
        ("[".repeat(100_000), "invalid type: sequence"),
    ] {
        folder.write("results/tiny/slurm/jobs.json", text);
        let answer = folder.run(&["status", "tiny.toml"]);
        assert_eq!(answer.status, Some(2), "{answer:#?}");
        assert!(answer.stderr.contains("/slurm/jobs.json: invalid file of jobs: "), "{}", answer.stderr);
        assert!(answer.stderr.contains(reason), "{}", answer.stderr);
    }
    fs::remove_file(folder.path("results/tiny/slurm/jobs.json")).expect("ours");
    symlink("/dev/zero", folder.path("results/tiny/slurm/jobs.json")).expect("ours");
    let answer = folder.run(&["status", "tiny.toml"]);
    assert!(answer.stderr.contains("/slurm/jobs.json`: not a regular file"), "{}", answer.stderr);
}

/// Records with impossible values must not cause a panic.
#[test]
fn skips_records_with_impossible_values() {
    let folder = Folder::with_tiny_study();
    folder.run(&["run", "tiny.toml"]).succeeds();
    let whole = folder.text(FILE);
    let record: serde_json::Value = serde_json::from_str(whole.lines().next().expect("a record")).expect("JSON");
    let changes: [fn(&mut serde_json::Value); 6] = [
        |record| record["seconds"]["training"] = (-1e300).into(),
        |record| record["tests"][0][0][0] = u64::MAX.into(),
        |record| record["tests"] = serde_json::json!([[]]),
        |record| record["accuracy"] = serde_json::json!([7.5]),
        |record| record["settings"]["network"]["hidden"] = 0.into(),
        |record| record["settings"]["network"]["steps"] = u64::MAX.into(),
    ];
    for change in changes {
        let mut changed = record.clone();
        change(&mut changed);
        folder.write(FILE, format!("{changed}\n{}", whole.split_once('\n').expect("several records").1));
        for answer in answers(&folder) {
            assert_eq!(answer.status, Some(0), "{answer:#?}");
            assert!(
                answer.stderr.contains("0001.jsonl:1: ignored, the record contradicts itself: "),
                "{}",
                answer.stderr
            );
        }
    }
    // Odd times are no reason to skip a record.
    let mut slow = record.clone();
    slow["seconds"]["training"] = 1e300.into();
    folder.write(FILE, format!("{slow}\n"));
    for answer in answers(&folder) {
        assert_eq!(answer.status, Some(0), "{answer:#?}");
    }
}

#[test]
fn output_replaces_only_files_and_links() {
    let folder = Folder::with_tiny_study();
    folder.run(&["run", "tiny.toml"]).succeeds();
    folder.write("mine", "precious");
    for name in ["report.html", "summary.csv", "figures/convergence.svg"] {
        let path = folder.path("results/tiny").join(name);
        let _ = fs::remove_file(&path);
        symlink(folder.path("mine"), &path).expect("ours");
    }
    folder.run(&["run", "tiny.toml"]).succeeds();
    folder.run(&["report", "tiny.toml"]).succeeds();
    symlink(folder.path("mine"), folder.path("table.csv")).expect("ours");
    folder.run(&["export", "tiny.toml", "--file", "table.csv"]).succeeds();
    symlink(folder.path("mine"), folder.path("ideal.svg")).expect("ours");
    folder.run(&["device", "plot", "ideal"]).succeeds();
    assert_eq!(folder.text("mine"), "precious");
    for written in ["results/tiny/report.html", "results/tiny/summary.csv", "table.csv", "ideal.svg"] {
        assert!(!fs::symlink_metadata(folder.path(written)).expect("written").is_symlink(), "{written}");
    }
    fs::create_dir(folder.path("folder")).expect("ours");
    for (odd, reason) in [
        ("folder", "not a regular file"),
        ("/dev/null", "not a regular file"),
        ("/dev/stdout", "not a regular file"),
        ("gone/t.csv", "no such folder"),
    ] {
        let answer = folder.run(&["export", "tiny.toml", "--file", odd]);
        assert_eq!(answer.status, Some(2), "{answer:#?}");
        assert!(answer.stderr.contains(&format!("error: cannot write `{odd}`: {reason}")), "{}", answer.stderr);
    }
    // Files of another kind are kept: an export is neither a study nor a table of measurements.
    folder.write("ideal.csv", "target_microsiemens,conductance_microsiemens\n");
    for (kept, command) in [
        ("tiny.toml", &["export", "tiny.toml", "--file", "tiny.toml"][..]),
        ("results/tiny/study.toml", &["export", "tiny.toml", "--file", "results/tiny/study.toml"]),
        ("ideal.csv", &["device", "plot", "ideal"]),
    ] {
        let before = folder.text(kept);
        let answer = folder.run(command);
        let told =
            format!("error: cannot write `{kept}`: the file holds something else; choose another name, or remove it");
        assert_eq!(answer.status, Some(2), "{answer:#?}");
        assert!(answer.stderr.contains(&told), "{}", answer.stderr);
        assert_eq!(folder.text(kept), before);
    }
    folder.run(&["export", "tiny.toml", "--file", "table.csv"]).succeeds();
    let parts = folder.files("").into_keys().filter(|path| path.to_string_lossy().ends_with(".part")).count();
    assert_eq!(parts, 0, "unfinished files stayed");
}
