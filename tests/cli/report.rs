//! `ohmspike report` and `ohmspike export`: their files, and that they run no trial.

use crate::ohmspike::Folder;

#[test]
fn a_report_is_one_self_contained_page() {
    let folder = Folder::with_tiny_study();
    folder.run(&["run", "tiny.toml", "--max-trials", "3"]).succeeds();
    let before = folder.files("results");
    let answer = folder.run(&["report", "tiny.toml"]).succeeds();
    assert_eq!(answer.stdout, "results/tiny/report.html\n");
    assert!(answer.stderr.ends_with("3 of 4 trials done\n"), "{}", answer.stderr);
    let page = folder.text("results/tiny/report.html");
    assert!(page.contains("Incomplete: 3 of 4 trials have finished."));
    assert!(page.contains("<img src=\"data:image/svg+xml;base64,") && page.contains("device study-1k-1m: "));
    let mut after = folder.files("results");
    after.remove(&folder.path("results/tiny/report.html"));
    assert_eq!(after, before, "a report changes no other file");
    // Equal records give equal pages.
    folder.run(&["report", "tiny.toml"]).succeeds();
    assert_eq!(folder.text("results/tiny/report.html"), page);
}

#[test]
fn an_export_has_a_row_per_trial_or_epoch() {
    let folder = Folder::with_tiny_study();
    folder.run(&["run", "tiny.toml"]).succeeds();
    let answer = folder.run(&["export", "tiny.toml"]).succeeds();
    let lines: Vec<&str> = answer.stdout.lines().collect();
    assert_eq!(lines.len(), 5);
    assert!(
        lines[0].starts_with("id,seed,noise.level_percent,outcome_accuracy_fraction,failure,epochs,"),
        "{}",
        lines[0]
    );
    // Reasons are quoted strings that may contain commas.
    let count = |line: &&str| line.split('"').step_by(2).map(|outside| outside.matches(',').count()).sum::<usize>();
    assert!(lines.iter().all(|line| count(line) == count(&lines[0])));
    let records = folder.records("results/tiny/records/0001.jsonl");
    let outcome = |line: &&str| line.split(',').nth(3).expect("a column").parse::<f64>().expect("a number");
    let mut outcomes: Vec<f64> = lines[1..].iter().map(outcome).collect();
    let mut expected: Vec<f64> = records.iter().map(|record| record["outcome"].as_f64().expect("an outcome")).collect();
    outcomes.sort_by(f64::total_cmp);
    expected.sort_by(f64::total_cmp);
    assert_eq!(outcomes, expected, "every digit is kept");

    folder.run(&["export", "tiny.toml", "--epochs", "--file", "epochs.csv"]).succeeds();
    let epochs = folder.text("epochs.csv");
    assert!(epochs.starts_with("id,seed,noise.level_percent,epoch,accuracy_fraction,training_loss,"), "{epochs}");
    assert_eq!(epochs.lines().count(), 5, "one epoch per trial");
}

#[cfg(not(feature = "parquet"))]
#[test]
fn parquet_without_the_feature_has_a_hint() {
    let folder = Folder::with_tiny_study();
    folder.run(&["run", "tiny.toml"]).succeeds();
    let answer = folder.run(&["export", "tiny.toml", "--format", "parquet"]);
    let message = "4 of 4 trials done\nerror: --format parquet: this program was built without Parquet\n\n\
                   hint: cargo build --release --features parquet\n";
    answer.refuses_with(message);
}

#[test]
fn records_of_other_settings_are_an_error() {
    let folder = Folder::with_tiny_study();
    folder.run(&["run", "tiny.toml", "--set", "training.learning_rate=0.02"]).succeeds();
    for command in ["report", "export"] {
        let answer = folder.run(&[command, "tiny.toml"]);
        assert_eq!((answer.status, answer.stdout.as_str()), (Some(2), ""), "{command}");
        let expected = "error: results/tiny: expected records of this study, got 4 records of other settings\n\nhint: repeat each `--set` of the run";
        assert!(answer.stderr.starts_with(expected), "{}", answer.stderr);
        let answer = folder.run(&[command, "tiny.toml", "--out", "nowhere"]);
        assert_eq!(answer.status, Some(2), "{command}");
        assert!(!folder.path("nowhere").exists(), "{command}");
    }
}
