//! The files of a run, and that threads, shards, limits and restarts do not change them.

use crate::ohmspike::{Folder, TINY_SUMMARY};

#[test]
fn a_run_leaves_records_summary_and_figures() {
    let folder = Folder::with_tiny_study();
    let answer = folder.run(&["run", "tiny.toml"]).succeeds();
    let listed: Vec<&str> = answer.stdout.lines().skip_while(|line| !line.is_empty()).collect();
    let first = [
        "",
        "4 of 4 trials done",
        "2 of 4 trials are at chance",
        "convergence was not tested: the outcome covers 1 epoch, and the test needs 6 (`outcome.last_epochs`)",
        "results/tiny/records",
        "results/tiny/study.toml",
        "results/tiny/summary.csv",
    ];
    assert_eq!(listed[..7], first);
    // All written files are listed, records, figures and tables by their folders.
    let (details, names): (Vec<_>, Vec<_>) = folder
        .files("results")
        .into_keys()
        .partition(|path| path.parent().is_some_and(|parent| parent.ends_with("details")));
    // Two conditions, each with the details of its first seed.
    assert_eq!(details.len(), 2, "{details:?}");
    let written = |name: &str| {
        let inside = names.iter().filter(|path| path.parent() == Some(&folder.path(&format!("results/tiny/{name}"))));
        inside.filter_map(|path| path.file_stem()).collect::<std::collections::BTreeSet<_>>().len()
    };
    let counts = [("figures", "figures"), ("tables", "tables")]
        .map(|(name, noun)| format!("results/tiny/{name}: {} {noun}", written(name)));
    assert_eq!(listed[7..], counts);
    assert!(written("figures") > 5 && written("tables") > 1, "{names:?}");
    let figure = |extension| format!("figures/outcome-over-noise.level_percent.{extension}");
    for name in ["outcome-over-noise.level_percent", "class-accuracy-over-activity", "convergence"] {
        for extension in ["svg", "png", "csv"] {
            assert!(names.contains(&folder.path(&format!("results/tiny/figures/{name}.{extension}"))), "{names:?}");
        }
    }
    for name in
        ["example-activity", "weight-update", "representative-networks", "spike-train-distances", "activity-over-time"]
    {
        assert!(names.contains(&folder.path(&format!("results/tiny/figures/{name}.svg"))), "{names:?}");
    }
    let firing = folder.text("results/tiny/tables/firing-by-class.csv");
    assert!(firing.starts_with("networks,population,class,n,frequency_hz_mean,"), "{firing}");
    let (svg, png) = (figure("svg"), figure("png"));
    let svg = folder.text(&format!("results/tiny/{svg}"));
    assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"));
    let png = folder.bytes(&format!("results/tiny/{png}"));
    // The signature of PNG (RFC 2083, section 3.1) and its last chunk.
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n") && png[png.len() - 8..].starts_with(b"IEND"));
}

#[test]
fn the_summary_has_a_column_per_axis_and_a_row_per_condition() {
    let summary = String::from_utf8(TINY_SUMMARY.clone()).expect("text");
    let rows: Vec<Vec<&str>> = summary.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows[0][..6], ["noise.level_percent", "mean", "sd", "n", "ci95_low", "ci95_high"]);
    let health = ["n_usable", "n_silent", "n_saturated", "n_clipped", "n_not_converged", "n_at_chance"];
    assert_eq!(rows[0][6..12], health);
    assert_eq!(rows[0][12..], ["hardware.device", "data.set"]);
    assert_eq!((rows.len(), rows[1][0], rows[2][0]), (3, "1", "100"));
    for row in &rows[1..] {
        let number = |column: usize| row[column].parse::<f64>().expect("a number");
        assert_eq!(row[3], "2");
        assert!((0.0..=1.0).contains(&number(1)) && number(2) >= 0.0, "{row:?}");
        // Two repeats have no interval.
        assert_eq!(row[4..6], ["", ""], "{row:?}");
    }
}

/// With all seeds fixed, repeats are copies: n = 1 without an interval, in the table, the summary and the export.
#[test]
fn repeats_that_are_copies_count_once() {
    let folder = Folder::with_tiny_study();
    let sets = [
        "--set",
        "noise.level_percent=0",
        "--set",
        "repeats.seeds=3",
        "--set",
        "seeds.initial=1",
        "--set",
        "seeds.order=1",
    ];
    let answer = folder.run(&[&["run", "tiny.toml"][..], &sets].concat()).succeeds();
    let foreseen = "warning: repeats.seeds: the 3 seeds change nothing: `seeds.initial` and `seeds.order` are fixed, and no other random stream is used; \
                    the repeats are copies and count as n = 1\n\nhint: remove a fixed seed, or set `repeats.seeds` to 1\n";
    assert!(answer.stderr.contains(foreseen), "{}", answer.stderr);
    assert!(
        answer.stderr.contains("warning: records: 2 of 3 trials are bit-identical copies of others;"),
        "{}",
        answer.stderr
    );
    assert!(!answer.stdout.contains('±'), "{}", answer.stdout);
    let summary = folder.text("results/tiny/summary.csv");
    let row: Vec<&str> = summary.lines().nth(1).expect("a row").split(',').collect();
    assert_eq!((row[1], &row[2..5]), ("", &["1", "", ""][..]), "{summary}");
    let export = folder.run(&[&["export", "tiny.toml"][..], &sets].concat()).succeeds();
    let columns: Vec<&str> = export.stdout.lines().next().expect("names").split(',').collect();
    let place = columns.iter().position(|name| *name == "copy_of").expect("a column");
    let copies = export.stdout.lines().skip(1).filter(|line| !line.split(',').nth(place).expect("a cell").is_empty());
    assert_eq!(copies.count(), 2);
    let page = folder.run(&[&["report", "tiny.toml"][..], &sets].concat()).succeeds();
    assert!(page.stderr.contains("2 of 3 trials are bit-identical copies"), "{}", page.stderr);
    assert!(folder.text("results/tiny/report.html").contains("(n = 1)"));
}

/// Write noise draws random numbers.
#[test]
fn repeats_with_write_noise_are_no_copies() {
    let folder = Folder::with_tiny_study();
    let sets = [
        "--set",
        "noise.level_percent=5",
        "--set",
        "repeats.seeds=2",
        "--set",
        "seeds.initial=1",
        "--set",
        "seeds.order=1",
    ];
    let answer = folder.run(&[&["run", "tiny.toml"][..], &sets].concat()).succeeds();
    assert!(!answer.stderr.contains("copies"), "{}", answer.stderr);
    let summary = folder.text("results/tiny/summary.csv");
    assert_eq!(summary.lines().nth(1).expect("a row").split(',').nth(2), Some("2"), "{summary}");
}

#[test]
fn records_hold_seed_and_settings() {
    let folder = Folder::with_tiny_study();
    folder.run(&["run", "tiny.toml"]).succeeds();
    let records = folder.records("results/tiny/records/0001.jsonl");
    let mut run: Vec<(u64, f64)> = Vec::new();
    for record in &records {
        let level = record["settings"]["noise"]["level_percent"].as_f64().expect("a level");
        run.push((record["seed"].as_u64().expect("a seed"), level));
        assert_eq!(record["settings"]["training"]["tau_mem_steps"], 5.0, "settings are written out");
        assert_eq!(record["accuracy"][0], record["outcome"]);
        // 784 x 16 hidden cells, 160 batches of 32 of 5120 images.
        assert_eq!(record["connections"][0]["writes"]["cells_written"], 784 * 16 * 160);
    }
    run.sort_by(|a, b| a.partial_cmp(b).expect("numbers"));
    assert_eq!(run, [(1, 1.0), (1, 100.0), (2, 1.0), (2, 100.0)]);
}

#[test]
fn running_again_runs_nothing_and_changes_nothing() {
    let folder = Folder::with_tiny_study();
    let first = folder.run(&["run", "tiny.toml"]).succeeds();
    let before = folder.files("results");
    let again = folder.run(&["run", "tiny.toml"]).succeeds();
    assert!(again.stderr.contains("x 2 seeds = 4 trials, 0 to run"), "{}", again.stderr);
    assert_eq!(again.stdout, first.stdout);
    assert_eq!(folder.files("results"), before);
}

#[test]
fn a_dry_run_lists_the_remaining_trials() {
    let folder = Folder::with_tiny_study();
    let columns = |answer: &str| -> Vec<String> {
        answer.lines().map(|line| line.split_once('\t').expect("columns").1.to_owned()).collect()
    };
    let all = folder.run(&["run", "tiny.toml", "--dry-run"]).succeeds();
    assert_eq!(columns(&all.stdout), ["seed\tnoise.level_percent", "1\t1", "1\t100", "2\t1", "2\t100"]);
    assert!(!folder.path("results").exists());

    folder.run(&["run", "tiny.toml", "--max-trials", "3"]).succeeds();
    let left = folder.run(&["run", "tiny.toml", "--dry-run"]).succeeds();
    assert_eq!(columns(&left.stdout), ["seed\tnoise.level_percent", "2\t100"]);
    assert_eq!(left.stdout.lines().last(), all.stdout.lines().last(), "a trial keeps its name");
}

#[test]
fn a_dry_run_of_a_finished_study_says_that_nothing_is_to_run() {
    let folder = Folder::with_tiny_study();
    let dry = |more: &[&str]| folder.run(&[&["run", "tiny.toml", "--dry-run"], more].concat()).succeeds();
    assert_eq!(dry(&["--max-trials", "0"]).stderr, "nothing to run: `--max-trials` is 0\n\n");
    folder.run(&["run", "tiny.toml", "--shard", "1/2"]).succeeds();
    assert!(dry(&[]).stderr.starts_with("memory: about "));
    assert_eq!(dry(&["--shard", "1/2"]).stderr, "nothing to run: no trial of shard 1/2 is left\n\n");
    folder.run(&["run", "tiny.toml"]).succeeds();
    let answer = dry(&[]);
    assert_eq!(answer.stderr, "nothing to run: 4 of 4 trials done\n\n");
    assert_eq!(answer.stdout, "id\tseed\tnoise.level_percent\n");
}

#[test]
fn a_dry_run_prints_the_warnings_of_a_run() {
    let folder = Folder::with_tiny_study();
    let set = ["--set", "hardware.retention_seconds=3600"];
    let answer = folder.run(&[&["run", "tiny.toml", "--dry-run"], &set[..]].concat()).succeeds();
    assert!(answer.stderr.contains("warning: hardware.retention_seconds: "), "{}", answer.stderr);
    assert!(!folder.path("results").exists());
}

#[test]
fn a_limited_run_is_continued() {
    let folder = Folder::with_tiny_study();
    let first = folder.run(&["run", "tiny.toml", "--max-trials", "1"]).succeeds();
    assert!(first.stdout.contains("\n1 of 4 trials done\n"), "{}", first.stdout);
    let before = folder.bytes("results/tiny/records/0001.jsonl");
    let rest = folder.run(&["run", "tiny.toml"]).succeeds();
    assert!(rest.stderr.contains("= 4 trials, 3 to run"), "{}", rest.stderr);
    assert_eq!(folder.bytes("results/tiny/records/0001.jsonl"), before);
    assert_eq!(folder.bytes("results/tiny/summary.csv"), *TINY_SUMMARY);
}

#[test]
fn two_shards_are_one_run() {
    let folder = Folder::with_tiny_study();
    for shard in ["1/2", "2/2"] {
        let answer = folder.run(&["run", "tiny.toml", "--out", "shards", "--shard", shard]).succeeds();
        assert!(answer.stderr.contains("= 4 trials, 2 to run"), "{}", answer.stderr);
        let told =
            format!("2 of 2 trials of shard {shard} done; run again without `--shard` for summary and figures\n");
        assert_eq!(answer.stdout, told);
    }
    assert!(!folder.path("shards/figures").exists(), "a shard writes no figures");
    let counts = ["shards/records/0001.jsonl", "shards/records/0002.jsonl"].map(|name| folder.records(name).len());
    assert_eq!(counts, [2, 2]);
    folder.run(&["run", "tiny.toml", "--out", "shards", "--max-trials", "0"]).succeeds();
    assert_eq!(folder.bytes("shards/summary.csv"), *TINY_SUMMARY);
}

#[test]
fn shards_may_run_at_the_same_time() {
    let folder = Folder::with_tiny_study();
    let start = |shard| {
        let arguments = ["run", "tiny.toml", "--threads", "1", "--shard", shard];
        folder.ohmspike(&arguments).spawn().expect("the program starts")
    };
    for process in [start("1/2"), start("2/2")] {
        let ended = process.wait_with_output().expect("the program ends");
        assert!(ended.status.success(), "{ended:?}");
    }
    folder.run(&["run", "tiny.toml"]).succeeds();
    assert_eq!(folder.bytes("results/tiny/summary.csv"), *TINY_SUMMARY);
}

#[test]
fn threads_change_no_result() {
    let folder = Folder::with_tiny_study();
    for threads in ["2", "4"] {
        folder.run(&["run", "tiny.toml", "--out", threads, "--threads", threads]).succeeds();
        assert_eq!(folder.bytes(&format!("{threads}/summary.csv")), *TINY_SUMMARY, "{threads} threads");
    }
}

#[test]
fn a_set_value_narrows_an_axis_and_finds_its_records() {
    let folder = Folder::with_tiny_study();
    let narrow = ["run", "tiny.toml", "--set", "noise.level_percent=[100]", "--set", "repeats.seeds=[2]"];
    let answer = folder.run(&narrow).succeeds();
    assert!(answer.stderr.contains("x 1 seed = 1 trial, 1 to run"), "{}", answer.stderr);
    assert_eq!(folder.text("results/tiny/summary.csv").lines().count(), 2);
    // The whole study needs only the other three.
    let rest = folder.run(&["run", "tiny.toml"]).succeeds();
    assert!(rest.stderr.contains("= 4 trials, 3 to run"), "{}", rest.stderr);
    assert_eq!(folder.bytes("results/tiny/summary.csv"), *TINY_SUMMARY);
}

/// With more seeds and levels, only new trials run, and the results equal those of the large study.
#[test]
fn a_larger_study_runs_only_new_trials() {
    let small = ["run", "tiny.toml", "--set", "repeats.seeds=1"];
    let large = ["run", "tiny.toml", "--set", "repeats.seeds=2", "--set", "noise.level_percent=[1, 20, 100]"];
    let folder = Folder::with_tiny_study();
    let first = folder.run(&small).succeeds();
    assert!(first.stderr.contains("= 2 trials, 2 to run"), "{}", first.stderr);
    let kept = folder.bytes("results/tiny/records/0001.jsonl");
    let grown = folder.run(&large).succeeds();
    assert!(grown.stderr.contains("x 2 seeds = 6 trials, 4 to run"), "{}", grown.stderr);
    assert!(grown.stdout.contains("\n6 of 6 trials done\n"), "{}", grown.stdout);
    assert_eq!(folder.bytes("results/tiny/records/0001.jsonl"), kept);
    assert_eq!(folder.records("results/tiny/records/0002.jsonl").len(), 4, "no trial was run twice");

    let whole = Folder::with_tiny_study();
    whole.run(&large).succeeds();
    assert_eq!(folder.bytes("results/tiny/summary.csv"), whole.bytes("results/tiny/summary.csv"));
    let again = folder.run(&small).succeeds();
    assert!(again.stderr.contains("= 2 trials, 0 to run"), "a study may shrink again: {}", again.stderr);
}

#[test]
fn a_set_list_makes_an_axis() {
    let folder = Folder::with_tiny_study();
    let list = ["run", "tiny.toml", "--set", "network.excitatory_fraction=[0.5, 1]", "--set", "repeats.seeds=1"];
    folder.run(&list).succeeds();
    let summary = folder.text("results/tiny/summary.csv");
    let starts: Vec<String> =
        summary.lines().map(|line| line.split(',').take(2).collect::<Vec<_>>().join(",")).collect();
    assert_eq!(starts, ["network.excitatory_fraction,noise.level_percent", "0.5,1", "0.5,100", "1,1", "1,100"]);
}

/// Four conditions with two distinct warnings.
#[test]
fn equal_warnings_of_several_trials_are_printed_once() {
    let folder = Folder::with_tiny_study();
    let set = ["--set", "hardware.device=[none, study-1k-1m]", "--set", "hardware.retention_seconds=60"];
    let answer = folder.run(&[&["run", "tiny.toml", "--max-trials", "0"], &set[..]].concat()).succeeds();
    let paragraphs = answer.stderr.split("\n\n").filter_map(|paragraph| paragraph.strip_prefix("warning: "));
    let told: Vec<&str> = paragraphs.map(|warning| warning.split_once(" effect").expect("no effect").0).collect();
    assert_eq!(told, ["hardware.retention_seconds: no"; 2]);
}

#[test]
fn a_batch_beyond_the_data_is_refused() {
    let folder = Folder::with_tiny_study();
    let answer = folder.run(&["run", "tiny.toml", "--set", "training.batch=100000"]);
    assert_eq!((answer.status, answer.stdout.as_str()), (Some(2), ""));
    let expected = "error: --set training.batch=100000: training.batch: expected at most 5120, the number of training samples, got 100000\n\n\
                    hint: training skips an incomplete last batch, so choose a size that divides 5120\n";
    assert!(answer.stderr.ends_with(expected), "{}", answer.stderr);
    assert!(!folder.path("results").exists(), "refused before anything is made");
}

#[test]
fn keeps_the_requested_details_without_running_trials_twice() {
    let folder = Folder::with_tiny_study();
    let details =
        || folder.files("results/tiny").into_keys().filter(|path| path.extension().is_some_and(|e| e == "json"));
    folder.run(&["run", "tiny.toml", "--set", "observe.details=none"]).succeeds();
    assert_eq!(details().count(), 0);
    let records = folder.text("results/tiny/records/0001.jsonl");

    // Kept later, they cost running their trials again, and leave the records as they are.
    folder.run(&["run", "tiny.toml", "--set", "observe.details=all"]).succeeds();
    assert_eq!(details().count(), 4);
    assert_eq!(folder.text("results/tiny/records/0001.jsonl"), records);
    let kept = details().map(|path| std::fs::read(path).expect("readable")).collect::<Vec<_>>();
    folder.run(&["run", "tiny.toml"]).succeeds();
    assert_eq!(details().map(|path| std::fs::read(path).expect("readable")).collect::<Vec<_>>(), kept);
    let record: serde_json::Value = serde_json::from_str(records.lines().next().expect("a record")).expect("JSON");
    let file = format!("results/tiny/details/{}.json", record["id"].as_str().expect("a name"));
    let of: serde_json::Value = serde_json::from_str(&folder.text(&file)).expect("JSON");
    // What is counted by image and what is counted by spike train are the same spikes.
    let counted: u64 = record["tests"]
        .as_array()
        .and_then(|tests| tests.last())
        .and_then(|test| test.as_array())
        .expect("tests by class")
        .iter()
        .map(|class| class[2].as_u64().expect("a count"))
        .sum();
    let by_step: u64 = of["after"]["firing"]
        .as_array()
        .expect("classes")
        .iter()
        .flat_map(|class| class["excitatory"]["spikes_by_step"].as_array().expect("steps").clone())
        .map(|spikes| spikes.as_u64().expect("a count"))
        .sum();
    assert_eq!(by_step, counted);
    assert!(counted > 0);
}

#[test]
fn packed_records_are_read_as_they_are() {
    let folder = Folder::with_tiny_study();
    folder.run(&["run", "tiny.toml"]).succeeds();
    let figure = "results/tiny/figures/outcome-over-noise.level_percent.csv";
    let (summary, drawn) = (folder.bytes("results/tiny/summary.csv"), folder.bytes(figure));
    let kept = folder.files("results/tiny").into_keys().filter(|path| !path.ends_with("summary.csv"));
    for path in
        kept.filter(|path| path.extension().is_some_and(|extension| extension.to_string_lossy().starts_with("json")))
    {
        let packed = std::process::Command::new("gzip").arg(&path).status().expect("gzip is there");
        assert!(packed.success());
    }
    std::fs::remove_file(folder.path("results/tiny/summary.csv")).expect("written");
    let answer = folder.run(&["run", "tiny.toml"]).succeeds();
    assert!(answer.stderr.contains(", 0 to run\n"), "{}", answer.stderr);
    assert_eq!((folder.bytes("results/tiny/summary.csv"), folder.bytes(figure)), (summary, drawn));
    assert!(folder.path("results/tiny/records/0001.jsonl.gz").is_file());
    assert!(!folder.path("results/tiny/records/0001.jsonl").exists());
}
