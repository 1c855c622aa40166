//! Torn and foreign lines in files of records are skipped with a warning. The files stay as they are.

use std::fs;

use crate::ohmspike::{Answer, Folder, TINY_SUMMARY};

const RECORDS: &str = "results/tiny/records/0001.jsonl";

fn warnings(answer: &Answer) -> Vec<&str> {
    answer.stderr.split("\n\n").filter(|paragraph| paragraph.starts_with("warning: ")).collect()
}

#[test]
fn the_trial_of_a_torn_last_line_is_rerun() {
    let folder = Folder::with_tiny_study();
    folder.run(&["run", "tiny.toml", "--threads", "1"]).succeeds();
    let whole = folder.bytes(RECORDS);
    let torn = &whole[..whole.len() - 7];
    folder.write(RECORDS, torn);

    let answer = folder.run(&["run", "tiny.toml"]).succeeds();
    let expected =
        "warning: results/tiny/records/0001.jsonl:4: incomplete last line ignored\n\nhint: its trial will be rerun\n";
    assert!(answer.stderr.starts_with(expected), "{}", answer.stderr);
    assert!(answer.stderr.contains("= 4 trials, 1 to run"), "{}", answer.stderr);
    assert_eq!(folder.bytes(RECORDS), torn, "the file stays as it is");
    assert_eq!(folder.records("results/tiny/records/0002.jsonl").len(), 1);
    assert_eq!(folder.bytes("results/tiny/summary.csv"), *TINY_SUMMARY);
}

#[test]
fn foreign_lines_are_skipped_and_kept() {
    let folder = Folder::with_tiny_study();
    folder.run(&["run", "tiny.toml", "--threads", "1"]).succeeds();
    let whole = folder.text(RECORDS);
    let other_version = whole.lines().next().expect("a record").replace("\"arithmetic\":5", "\"arithmetic\":4");
    let foreign = format!("a note\n{other_version}\n\n{whole}");
    folder.write(RECORDS, &foreign);

    let answer = folder.run(&["run", "tiny.toml"]).succeeds();
    assert_eq!(
        warnings(&answer),
        [
            "warning: results/tiny/records/0001.jsonl:1: ignored, not a record of schema 6 and arithmetic 5: \
             expected value at line 1 column 1",
            "warning: results/tiny/records/0001.jsonl:2: ignored, not a record of schema 6 and arithmetic 5: \
             it has schema 6 and arithmetic 4",
        ]
    );
    assert!(answer.stderr.contains("= 4 trials, 0 to run"), "{}", answer.stderr);
    assert_eq!(folder.text(RECORDS), foreign);
    assert_eq!(folder.bytes("results/tiny/summary.csv"), *TINY_SUMMARY);
}

#[test]
fn an_unwritable_folder_is_an_error_before_any_trial() {
    let folder = Folder::with_tiny_study();
    folder.write("file", "in the way");
    let answer = folder.run(&["run", "tiny.toml", "--out", "file/results"]);
    answer.refuses_with("error: cannot read `file/results/records`: part of the path is a file, not a folder\n\nhint: choose another folder with `--out`\n");
    assert_eq!(folder.text("file"), "in the way");
}

#[test]
fn a_file_named_records_is_not_touched() {
    let folder = Folder::with_tiny_study();
    fs::create_dir(folder.path("out")).expect("the folder is ours");
    folder.write("out/records", "in the way");
    let answer = folder.run(&["run", "tiny.toml", "--out", "out"]);
    answer.refuses_with("error: cannot read `out/records`: part of the path is a file, not a folder\n\nhint: choose another folder with `--out`\n");
    assert_eq!(folder.text("out/records"), "in the way");
}

#[test]
fn seeds_of_all_64_bits_have_a_report() {
    let folder = Folder::with_tiny_study();
    let seed = ["--set", "seeds.initial=18446744073709551615", "--set", "noise.level_percent=1"];
    folder.run(&[&["run", "tiny.toml"], &seed[..]].concat()).succeeds();
    folder.run(&[&["report", "tiny.toml"], &seed[..]].concat()).succeeds();
    assert!(folder.text("results/tiny/report.html").contains("18446744073709551615"));
}

#[test]
fn a_trial_that_is_rerun_for_its_details_must_have_equal_results() {
    let folder = Folder::with_tiny_study();
    folder.run(&["run", "tiny.toml", "--threads", "1", "--set", "observe.details=\"none\""]).succeeds();
    let again = ["run", "tiny.toml", "--threads", "1", "--set", "observe.details=\"all\""];
    let text = folder.text(RECORDS);
    let (before, after) = text.split_once("\"cells_written\":").expect("writes");
    folder.write(RECORDS, format!("{before}\"cells_written\":1{after}"));
    let answer = folder.run(&again);
    assert_eq!(answer.status, Some(2), "{answer:#?}");
    let expected = "was rerun for its details and has a different result than this record";
    assert!(answer.stderr.contains("error: results/tiny/records/0001.jsonl:1: trial "), "{answer:#?}");
    assert!(answer.stderr.contains(expected), "{answer:#?}");
    folder.write(RECORDS, text);
    folder.run(&again).succeeds();
}
