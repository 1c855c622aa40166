//! Torn and foreign lines in files of records are skipped with a warning. The files stay as they are.

use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

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

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("into memory");
    encoder.finish().expect("into memory")
}

/// A whole packed file is read; one that is cut off is read up to the cut.
#[test]
fn a_cut_packed_file_loses_only_the_trials_behind_the_cut() {
    let folder = Folder::with_tiny_study();
    folder.run(&["run", "tiny.toml", "--threads", "1"]).succeeds();
    let whole = packed(&folder.bytes(RECORDS));
    fs::remove_file(folder.path(RECORDS)).expect("written");
    let file = "results/tiny/records/0001.jsonl.gz";
    folder.write(file, &whole);
    assert!(folder.run(&["run", "tiny.toml"]).succeeds().stderr.contains("= 4 trials, 0 to run"));

    let cut = &whole[..whole.len() * 2 / 3];
    folder.write(file, cut);
    let answer = folder.run(&["run", "tiny.toml"]).succeeds();
    let found = warnings(&answer).join("\n");
    let (start, end) = ("warning: results/tiny/records/0001.jsonl.gz:", ": the packed data are damaged or incomplete;");
    let line = found.strip_prefix(start).and_then(|rest| rest.split_once(end)).expect("a warning with its place").0;
    let lost = 5 - line.parse::<usize>().expect("a line");
    assert!((1..=4).contains(&lost) && answer.stderr.contains(&format!("= 4 trials, {lost} to run")), "{answer:#?}");
    assert_eq!(folder.bytes(file), cut, "the file stays as it is");
    assert_eq!(folder.bytes("results/tiny/summary.csv"), *TINY_SUMMARY);
    assert!(folder.run(&["report", "tiny.toml"]).succeeds().stderr.contains(end));
}

/// Plain and packed details that are cut off, and details of another trial.
#[test]
fn damaged_details_have_a_warning_and_their_trials_are_rerun() {
    for details in [&[][..], &["--set", "observe.details=all"]] {
        let folder = Folder::with_tiny_study();
        let run = [&["run", "tiny.toml", "--threads", "1"][..], details].concat();
        folder.run(&run).succeeds();
        let before = folder.files("results/tiny/details");
        let (path, whole) = before.iter().next().expect("details");
        let other = before.values().nth(1).expect("details of two trials");
        let gz = path.with_extension("json.gz");
        for (file, bytes, reason) in [
            (path, whole[..whole.len() - 9].to_vec(), "details ignored: EOF while parsing"),
            (path, other.clone(), "details ignored: they belong to trial "),
            (&gz, packed(whole)[..500].to_vec(), "details ignored: the packed data are damaged or incomplete"),
        ] {
            fs::remove_file(path).expect("written");
            fs::write(file, bytes).expect("the folder is ours");
            let report = [&["report", "tiny.toml"][..], details].concat();
            let name = format!("results/tiny/details/{}: {reason}", file.file_name().expect("a name").display());
            for call in [&report, &run] {
                let answer = folder.run(call).succeeds();
                let [warning] = warnings(&answer)[..] else { panic!("{answer:#?}") };
                assert!(warning.contains(&name), "{warning}");
            }
            assert_eq!(fs::read(path).expect("details"), *whole);
            assert_eq!(folder.records("results/tiny/records/0001.jsonl").len(), 4);
            let _ = fs::remove_file(&gz);
            assert_eq!(warnings(&folder.run(&report).succeeds()), Vec::<&str>::new());
        }
        assert_eq!(folder.files("results/tiny/details"), before);
    }
}

/// Edited numbers neither reach a table nor keep their trial from a rerun.
#[test]
fn edited_numbers_are_no_results() {
    let folder = Folder::with_tiny_study();
    folder.run(&["run", "tiny.toml", "--threads", "1"]).succeeds();
    let whole = folder.text(RECORDS);
    let export = folder.run(&["export", "tiny.toml"]).succeeds().stdout;
    let first: serde_json::Value = serde_json::from_str(whole.lines().next().expect("a record")).expect("JSON");
    for (key, value) in [("outcome", 0.11.into()), ("accuracy", serde_json::json!([0.11])), ("seed", 9.into())] {
        let mut edited = first.clone();
        edited[key] = value;
        folder.write(RECORDS, format!("{edited}\n{}", whole.split_once('\n').expect("several records").1));
        let answer = folder.run(&["export", "tiny.toml"]).succeeds();
        assert_eq!(answer.stdout.lines().count(), export.lines().count() - 1);
        assert!(answer.stderr.contains("0001.jsonl:1: ignored, the record contradicts itself: "), "{}", answer.stderr);
        assert!(folder.run(&["run", "tiny.toml"]).succeeds().stderr.contains("= 4 trials, 1 to run"));
        assert_eq!(folder.bytes("results/tiny/summary.csv"), *TINY_SUMMARY);
        fs::remove_file(folder.path("results/tiny/records/0002.jsonl")).expect("the rerun trial");
    }
}
