//! `ohmspike limit`: answers, repeats, resumes, shards and errors, on a small event data set.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::ohmspike::{Answer, Folder};

/// Trials of about 0.03 s that learn three classes of events.
const STUDY: &str = r#"
name = "toy"
[data]
set = "toy"
[network]
hidden = 24
steps = 40
excitatory_fraction = 0.75
[weights]
sigma_init = 0.4
[hardware]
device = "study-1k-1m"
weight_at_gmax = 8
[training]
batch = 8
epochs = 8
learning_rate = 0.03
[outcome]
last_epochs = 3
"#;

const NOISE: [&str; 6] = ["limit", "toy.toml", "--key", "noise.level_percent=1,3,10,30,100", "--accuracy", "70%"];

/// Events of `samples` samples: seven of ten come from the four units of the class, the others from any unit.
fn events(samples: usize, first: u64) -> String {
    let (mut text, mut state) = ("sample,time,unit,label\n".to_owned(), first);
    let mut draw = move |below: u64| {
        state = (state * 1_103_515_245 + 12_345) % (1 << 31);
        (state >> 8) % below
    };
    for sample in 0..samples {
        let label = sample as u64 % 3;
        for event in 0..8 {
            let unit = if draw(10) < 7 { 4 * label + draw(4) } else { draw(12) };
            text += &format!("{sample},{:.4},{unit},{label}\n", 0.0011 + 0.01 * f64::from(event));
        }
    }
    text
}

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("train.csv", events(96, 1));
    folder.write("test.csv", events(99, 2));
    folder.write("toy.toml", STUDY);
    let import = ["data", "import", "toy", "--events", "train.csv", "--test", "test.csv"];
    folder.run(&[&import[..], &["--units", "12", "--classes", "3", "--duration", "0.1"]].concat()).succeeds();
    folder
}

const JSON: &str = "results/toy-limit/limit.json";

fn json(folder: &Folder) -> Value {
    serde_json::from_str(&folder.text(JSON)).expect("JSON")
}

/// The answer of an undisturbed search.
fn undisturbed() -> (Folder, Answer) {
    let folder = folder();
    let answer = folder.run(&NOISE).succeeds();
    (folder, answer)
}

/// The folder of an answer is served by every command that opens a results folder, and no study runs in it.
#[test]
fn the_folder_of_an_answer_is_no_study() {
    let folder = folder();
    folder.run(&NOISE).succeeds();
    let status = folder.run(&["status", "results/toy-limit"]).succeeds().stdout;
    let command = "recorded for `ohmspike limit toy.toml --key noise.level_percent=1,3,10,30,100 --accuracy 70%`\n";
    assert!(status.starts_with("results/toy-limit: ") && status.contains(command), "{status}");
    assert!(status.ends_with("next: write the report: `ohmspike report results/toy-limit`\n"), "{status}");
    let export = folder.run(&["export", "results/toy-limit", "--columns", "swept"]).succeeds().stdout;
    let trials = folder.text("results/toy-limit/records/0001.jsonl").lines().count();
    assert!(trials > 10 && export.lines().count() > 10, "{export}");
    let header = export.lines().next().expect("names");
    assert!(header.contains("noise.level_percent,"), "{header}");
    let before = folder.files("results/toy-limit");
    let run = folder.run(&["run", "results/toy-limit"]);
    assert_eq!((run.status, run.stdout.as_str()), (Some(2), ""));
    let refusal =
        "error: results/toy-limit: expected the results folder of a study, got one with the trials of `ohmspike limit ";
    assert!(run.stderr.starts_with(refusal) && run.stderr.contains("hint: repeat that command"), "{}", run.stderr);
    assert_eq!(folder.files("results/toy-limit"), before, "nothing is lost");
    // The folder spells out defaults that the file leaves open: it is the same question.
    let again = folder.run(&[&["limit", "results/toy-limit"], &NOISE[2..]].concat()).succeeds();
    assert!(!folder.path("results/toy-limit/limit-2.json").exists(), "{again:#?}");
}

/// 10 years is the end of the law, after which drift would stop.
#[test]
fn times_beyond_the_drift_law_are_refused() {
    let folder = folder();
    let key = ["--key", "hardware.retention_seconds=1e6,1e9,1e12", "--accuracy", "40%"];
    let device = ["--set", "hardware.device=cmo-hfox-falcone-2025"];
    let answer = folder.run(&[&["limit", "toy.toml"], &key[..], &device].concat());
    let told = "error: --key hardware.retention_seconds: expected 0 to 315576000 s, the end of the drift law of the device, got \
                1000000000\n";
    assert_eq!((answer.status, answer.stderr.as_str()), (Some(2), told), "{answer:#?}");
}

#[test]
fn the_answer_comes_first_and_a_repeat_is_free() {
    let (folder, first) = undisturbed();
    let line = first.stdout.lines().next().unwrap_or_default();
    assert!(line.starts_with("noise.level_percent: largest certified "), "{first:#?}");
    assert!(line.ends_with("(an accuracy of 70 %; mean over repeats; 95 % confidence)"), "{line}");
    for unit in ["% of σ_init", "µS", "% of G", "% of window", "σ of ln R", "thresholds"] {
        assert!(first.stdout.lines().any(|line| line.trim_start().starts_with(unit)), "{unit}: {}", first.stdout);
    }
    assert!(first.stderr.contains("certify    noise.level_percent = "), "{}", first.stderr);
    let before = folder.files("results/toy-limit");
    let trials = json(&folder)["rows"][0]["trials"].as_array().map_or(0, Vec::len);
    assert_eq!(folder.text("results/toy-limit/limit.csv").lines().count(), trials + 1);
    for end in ["svg", "png", "csv"] {
        assert!(folder.path(&format!("results/toy-limit/figures/limit-noise.level_percent.{end}")).exists(), "{end}");
    }

    let again = folder.run(&NOISE).succeeds();
    assert_eq!((again.stdout, again.stderr.as_str()), (first.stdout, ""));
    assert!(folder.files("results/toy-limit") == before, "a repeat changes no file");
}

#[test]
fn stopped_killed_and_shared_searches_give_the_same_answer() {
    let (expected, _) = undisturbed();
    let expected = expected.text(JSON);

    let stopped = folder();
    let answer = stopped.run(&[&NOISE[..], &["--max-trials", "7"]].concat()).succeeds();
    assert!(answer.stderr.contains("stopped; repeat the command to continue"), "{answer:#?}");
    assert!(!stopped.path(JSON).exists());
    stopped.run(&NOISE).succeeds();
    assert_eq!(stopped.text(JSON), expected);

    let killed = folder();
    let mut process = killed.ohmspike(&NOISE).spawn().expect("the program starts");
    let started = Instant::now();
    while killed.records("results/toy-limit/records/0001.jsonl").is_empty() {
        assert!(started.elapsed() < Duration::from_secs(60), "no record within a minute");
        thread::sleep(Duration::from_millis(2));
    }
    process.kill().expect("it is ours");
    process.wait().expect("it has ended");
    killed.run(&NOISE).succeeds();
    assert_eq!(killed.text(JSON), expected);

    let shared = folder();
    let spawn = |part: &str| {
        let arguments = [&NOISE[..], &["--shard", part, "--threads", "1"]].concat();
        shared.ohmspike(&arguments).spawn().expect("the program starts")
    };
    let processes = [spawn("1/2"), spawn("2/2")];
    let [one, other]: [Answer; 2] =
        processes.map(|process| process.wait_with_output().expect("the program ends").into());
    assert_eq!(one.succeeds().stdout, other.succeeds().stdout);
    assert_eq!(shared.text(JSON), expected);
}

#[test]
fn several_keys_give_a_specification_sheet() {
    let folder = folder();
    let keys = ["--key", "noise.level_percent=1,3,10,30", "--key", "device.faults.p_dead_row=0.01,0.03,0.1,0.3,0.6"];
    let answer = folder.run(&[&["limit", "toy.toml"], &keys[..], &["--accuracy", "65%"]].concat()).succeeds();
    let starts: Vec<&str> = answer.stdout.lines().take(3).filter_map(|line| line.split(':').next()).collect();
    assert_eq!(starts, ["noise.level_percent", "device.faults.p_dead_row", "together"], "{}", answer.stdout);
    assert!(
        answer
            .stdout
            .contains("reference: the same network with noise.level_percent = 0, device.faults.p_dead_row = 0")
    );
    // Only the units of noise depend on the weight.
    let sections: Vec<&str> = answer.stdout.split("\n\n").filter(|part| part.contains("units: those of")).collect();
    assert!(matches!(sections[..], [noise] if noise.starts_with("noise.level_percent\n")), "{}", answer.stdout);
    let report = json(&folder);
    assert_eq!(report["rows"].as_array().map(Vec::len), Some(2));
    // Both rows and the common one share the trials of the reference.
    let reference = |row: &Value| row["trials"][0]["id"].clone();
    assert_eq!(reference(&report["rows"][0]), reference(&report["rows"][1]));
}

/// Another question has files and fresh seeds of its own; the same one has the seeds of its answer.
#[test]
fn questions_in_a_folder_keep_their_answers() {
    let (folder, first) = undisturbed();
    let before = folder.text(JSON);
    let more = [&NOISE[..], &["--repeats", "10"]].concat();
    let other = folder.run(&more).succeeds();
    assert_eq!(folder.text(JSON), before, "the first answer stays");
    let second: Value = serde_json::from_str(&folder.text("results/toy-limit/limit-2.json")).expect("JSON");
    let seeds = |report: &Value, purpose: &[&str]| -> Vec<u64> {
        let trials = report["rows"][0]["trials"].as_array().expect("trials");
        let of = |trial: &&Value| purpose.contains(&trial["purpose"].as_str().unwrap_or_default());
        trials.iter().filter(of).filter_map(|trial| trial["seed"].as_u64()).collect()
    };
    let used = seeds(&json(&folder), &["search", "certify", "refute"]);
    let fresh = seeds(&second, &["certify", "refute"]);
    assert!(!fresh.is_empty() && fresh.iter().all(|seed| !used.contains(seed)), "{fresh:?}");
    assert!(folder.path("results/toy-limit/figures/limit-noise.level_percent-2.svg").exists());

    // A question that is refused takes no answer's place.
    let missed = ["limit", "toy.toml", "--key", "noise.level_percent=1,3,10,30,100", "--accuracy", "99%"];
    assert_eq!(folder.run(&missed).status, Some(2));
    let files = folder.files("results/toy-limit/records");
    for (arguments, answer) in [(&NOISE[..], &first), (&more, &other)] {
        assert_eq!(folder.run(arguments).succeeds().stdout, answer.stdout);
    }
    assert_eq!(
        (folder.text(JSON), folder.files("results/toy-limit/records")),
        (before, files),
        "a repeat runs nothing"
    );
    let status = folder.run(&["status", "results/toy-limit"]).succeeds().stdout;
    let both =
        "  answer: results/toy-limit/limit.json, results/toy-limit/limit-2.json, results/toy-limit/limit-3.json\n";
    assert!(status.contains(both), "{status}");
    let report = folder.run(&["report", "results/toy-limit"]).succeeds();
    assert!(report.stdout.contains("report.html"), "{report:#?}");
    let page = folder.text("results/toy-limit/report.html");
    assert!(page.contains("Question 1</h3>") && page.contains("Question 2</h3>"), "both answers are on the page");
}

/// Each level has the numbers of the study with this key.
#[test]
fn every_level_is_calibrated() {
    let folder = folder();
    let auto = STUDY
        .replace("sigma_init = 0.4", "sigma_init = 'auto'")
        .replace("weight_at_gmax = 8", "weight_at_gmax = 'auto'");
    folder.write("auto.toml", auto.replace("epochs = 8", "epochs = 2").replace("last_epochs = 3", "last_epochs = 1"));
    let limit =
        ["limit", "auto.toml", "--key", "network.hidden=4,48", "--smallest", "--accuracy", "34%", "--out", "auto"];
    folder.run(&limit);
    let report: Value = serde_json::from_str(&folder.text("auto/limit.json")).expect("JSON");
    let trial = |key: &str| report["rows"][0]["trials"].as_array().expect("trials")[0][key].clone();
    let run = ["run", "auto.toml", "--set", "network.hidden=48", "--out", "run"];
    folder.run(&run).succeeds();
    let record = &folder.records("run/records/0001.jsonl")[0];
    assert_eq!((trial("id"), trial("seed")), (record["id"].clone(), 1.into()), "the reference has 48 neurons");
}

#[test]
fn a_missed_criterion_is_told_before_any_search() {
    let folder = folder();
    let answer = folder.run(&["limit", "toy.toml", "--key", "noise.level_percent", "--accuracy", "99%"]);
    assert_eq!((answer.status, answer.stdout.as_str()), (Some(2), ""), "{answer:#?}");
    assert!(answer.stderr.contains("error: the same network with noise.level_percent = 0 reaches "), "{answer:#?}");
    assert!(answer.stderr.contains(" and misses 99 %\n\nhint: ask for less than "), "{answer:#?}");
    assert_eq!(folder.records("results/toy-limit/records/0001.jsonl").len(), 4);
    assert_eq!(json(&folder)["rows"][0]["limit"]["verdict"], "baseline-misses");
}

#[test]
fn a_key_without_effect_is_told_after_few_trials() {
    let folder = folder();
    let key = "device.energy.cell_area_square_micrometres";
    let levels = format!("{key}=1,2");
    let answer = folder.run(&["limit", "toy.toml", "--key", &levels, "--largest", "--within", "10"]);
    assert_eq!(answer.status, Some(2), "{answer:#?}");
    let expected = format!(
        "error: {key} has no effect on this study: at 2, 4 repeats give exactly the results of the same network with \
         {key} = 1 (the mildest level)\n"
    );
    assert!(answer.stderr.ends_with(&expected), "{}", answer.stderr);
}

#[test]
fn fractions_of_chips_need_their_number_of_chips() {
    let folder = folder();
    let chips = ["--chips", "60%", "--confidence", "80%"];
    let answer = folder.run(&[&NOISE[..], &chips].concat()).succeeds();
    assert!(answer.stdout.contains("note: all chips of this device are equal before the first write"), "{answer:#?}");
    assert!(answer.stdout.contains("; 60 % of chips; 80 % confidence)"), "{}", answer.stdout);
    assert!(answer.stdout.contains("chips differ in initial weights, sample order, write noise;"), "{}", answer.stdout);
}

#[test]
fn a_dry_run_shows_levels_and_trials() {
    let folder = folder();
    let answer = folder.run(&[&NOISE[..], &["--dry-run"]].concat()).succeeds();
    assert!(answer.stdout.contains("  levels: 1, 3, 10, 30, 100\n"), "{}", answer.stdout);
    assert!(answer.stdout.contains("  trials: about 40, at most 132, of 8 epochs each\n"), "{}", answer.stdout);
    assert!(!folder.path("results").exists());
}

/// Asserts that each question is refused with its message before any trial.
fn refused(questions: &[(&[&str], &str)]) {
    let folder = folder();
    for (arguments, message) in questions {
        let answer = folder.run(&[&["limit", "toy.toml"], *arguments].concat());
        assert_eq!((answer.status, answer.stdout.as_str()), (Some(2), ""), "{arguments:?}: {answer:#?}");
        assert!(answer.stderr.starts_with(&format!("error: {message}")), "{arguments:?}: {}", answer.stderr);
        assert!(!folder.path("results").exists(), "{arguments:?}");
    }
}

#[test]
fn odd_levels_are_refused_with_their_flag() {
    refused(&[
        (
            &["--key", "device.faults.sa0", "--within", "2"][..],
            "--key device.faults.sa0: unknown key `device.faults.sa0`\n\nhint: the keys of",
        ),
        (&["--key", "", "--within", "2"], "--key: expected KEY, KEY=FROM..TO or KEY=A,B,C, got ``"),
        (&["--key", "=1..2", "--within", "2"], "--key: expected KEY, KEY=FROM..TO or KEY=A,B,C, got `=1..2`"),
        (
            &["--key", "noise.level_percent", "--within", "2", "--range", "-1..1"],
            "--key noise.level_percent: expected 0 to 1e6, got -1\n",
        ),
        (
            &["--key", "noise.level_percent", "--within", "2", "--levels", "-0,0"],
            "--key noise.level_percent: levels: duplicate value 0\n",
        ),
        (
            &["--key", "noise.level_percent", "--within", "2", "--resolution", "0"],
            "--resolution: expected 0.0001 to 1, got 0\n",
        ),
        (
            &["--key", "noise.level_percent", "--within", "2", "--first-seed", "18446744073709551615"],
            "--first-seed: expected 0 to 4611686018427387904, got 18446744073709551615\n",
        ),
        (
            &["--key", "network.hidden=4.5..8", "--smallest", "--within", "2"],
            "--key network.hidden: expected whole numbers, 1 to 65536, got 4.5\n",
        ),
    ]);
}

/// Bounds in messages are rounded to the allowed side. Chance is 33.333 %.
#[test]
fn the_bounds_that_messages_name_are_allowed() {
    let folder = folder();
    let limit = |more: &[&str]| {
        folder.run(&[&["limit", "toy.toml", "--key", "noise.level_percent", "--dry-run"], more].concat())
    };
    let refused = limit(&["--accuracy", "33.33%"]).fails().stderr;
    assert!(refused.contains("expected above 33.34 % (chance) and at most 100 %, got 33.33 %"), "{refused}");
    limit(&["--accuracy", "33.34%"]).succeeds();
    let refused = limit(&["--within", "66.68points"]).fails().stderr;
    assert!(refused.contains("expected above 0 and below 66.66 points, got 66.68 points"), "{refused}");
    limit(&["--within", "66.66points"]).succeeds();
}

#[test]
fn flags_without_effect_are_refused() {
    let folder = folder();
    let limit = |more: &[&str]| {
        folder.run(&[&["limit", "toy.toml", "--within", "2points", "--dry-run"], more].concat()).fails()
    };
    let listed = limit(&["--key", "noise.level_percent=1,2,3", "--resolution", "50%"]).stderr;
    assert!(listed.starts_with("error: --resolution: no effect on a list of levels\n\nhint: "), "{listed}");
    for pair in [&["--levels=1,2,3", "--resolution=50%"], &["--chips=95%", "--repeats=9"]] {
        let told = limit(&[&["--key", "noise.level_percent"], &pair[..]].concat()).stderr;
        assert!(told.contains("cannot be used with"), "{told}");
    }
}

#[test]
fn wrong_questions_are_refused_before_any_trial() {
    refused(&[
        (&["--key", "noise.level", "--within", "2"][..], "--key noise.level: unknown key `noise.level`\n\nhint: use"),
        (&["--key", "hardware.device", "--within", "2"], "--key hardware.device: expected a number, got a key of type"),
        (&["--key", "seeds.chip", "--within", "2"], "--key seeds.chip: expected a number, got a key of type `seed`"),
        (&["--key", "noise.level_percent", "--accuracy", "101%"], "--accuracy: expected a fraction from 0 to 1 or a"),
        (&["--key", "noise.level_percent", "--accuracy", "30%"], "--accuracy: expected above 33.34 % (chance) and"),
        (&["--key", "noise.level_percent", "--within", "70"], "--within: expected above 0 and below 66.66 points, got"),
        (
            &["--key", "noise.level_percent", "--within", "2 bits"],
            "--within: expected more than 0 and at most 100 percentage points",
        ),
        (&["--key", "hardware.retention_seconds", "--within", "2"], "--key hardware.retention_seconds: no effect on"),
        (&["--key", "device.converters.dac.bits", "--within", "2"], "--key device.converters.dac.bits: no effect on"),
        (&["--key", "training.learning_rate", "--within", "2"], "--key training.learning_rate: unknown which side is"),
        (&["--key", "network.hidden", "--within", "2"], "--key network.hidden: no default range\n\nhint: add `--range"),
        (
            &["--key", "network.hidden=1,2.5", "--within", "2"],
            "--key network.hidden: expected whole numbers, 1 to 65536",
        ),
        (
            &["--key", "noise.level_percent=-1,2", "--within", "2"],
            "--key noise.level_percent: expected 0 to 1e6, got -1",
        ),
        (
            &["--key", "noise.level_percent=1..1e300", "--within", "2"],
            "--key noise.level_percent: expected 0 to 1e6, got 1e300\n",
        ),
        (&["--key", "noise.level_percent=0..5", "--within", "2"], "--key noise.level_percent: range: expected a start"),
        (
            &["--key", "device.faults.p_hig", "--within", "2"],
            "--key device.faults.p_hig: unknown key `device.faults.p_hig`\n\nhint: did you mean",
        ),
        (
            &["--key", "device.windw.high", "--within", "2"],
            "--key device.windw.high: unknown key `device.windw`\n\nhint: did you mean",
        ),
        (
            &["--key", "noise.level_percent", "--within", "2", "--set", "training.batch=[8, 16]"],
            "training.batch: expected one value, got 2; only the key of the limit may be a list\n\nhint: choose with",
        ),
        (
            &["--key", "noise.level_percent", "--within", "2", "--set", "seeds.chip=3", "--chips", "0.9"],
            "--chips: the study fixes `seeds.chip`, so all repeats are the same chip",
        ),
    ]);
}

#[test]
fn questions_that_contradict_the_study_are_refused_before_any_trial() {
    refused(&[
        (
            &["--key", "noise.level_percent", "--key", "noise.level_percent", "--within", "2"],
            "--key: duplicate key `noise.level_percent`",
        ),
        (
            &["--key", "noise.level_percent", "--key", "network.hidden", "--within", "2", "--smallest"],
            "--smallest: applies to one key, got 2",
        ),
        (
            &["--key", "hardware.write_spread_scale", "--within", "2", "--set", "hardware.device=none"],
            "--key hardware.write_spread_scale: no effect on this study: `hardware.device` is `none`",
        ),
        (&["--key", "noise.level_percent", "--within", "2", "--repeats", "2"], "--repeats: expected 3 to 1000, got 2"),
        (
            &["--key", "noise.level_percent", "--within", "2", "--short-epochs", "8"],
            "--short-epochs: expected 1 to 7, or 0 for none, got 8; `training.epochs` is 8",
        ),
        (
            &["--key", "noise.level_percent", "--within", "2", "--short-epochs", "2", "--set", "training.epochs=0"],
            "--short-epochs: expected 0 for none, got 2; `training.epochs` is 0",
        ),
        (
            &[
                "--key",
                "device.converters.adc.bits",
                "--accuracy",
                "60%",
                "--set",
                "seeds.initial=1",
                "--set",
                "seeds.order=2",
            ],
            "--key device.converters.adc.bits: all repeats are the same trial: the study fixes `seeds.initial` and \
             `seeds.order`, and trials draw nothing else\n\nhint: remove a key of `[seeds]`",
        ),
        (
            &["--key", "device.read.rtn.fraction_of_cells", "--within", "2"],
            "study-1k-1m with `device.read.rtn.fraction_of_cells`: missing key `read.rtn.kind`\n\n\
             hint: `ohmspike keys device.read` lists the keys that belong together",
        ),
        (
            &["--key", "training.epochs=4..8", "--within", "2", "--short-epochs", "2"],
            "--short-epochs: no short training with the key `training.epochs`, whose levels it would change\n\nhint:",
        ),
    ]);
}
