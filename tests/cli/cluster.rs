//! `ohmspike submit` and `ohmspike status` with stand-ins for `sbatch`, `squeue` and `sacct`.
//!
//! `.ci/run` tests them with the real programs.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::ohmspike::{Answer, Folder, TINY_SUMMARY};

/// Logs its arguments to `sbatch.calls` and numbers jobs from 12. Fails at the call number in the file `refuse`.
const SBATCH: &str = r#"#!/bin/sh
cd "$(dirname "$0")" || exit
echo "$*" >>sbatch.calls
calls=$(wc -l <sbatch.calls)
if [ "$(cat refuse)" = "$calls" ]; then
  echo "sbatch: error: Batch job submission failed: Invalid account or account/partition combination specified" >&2
  exit 1
fi
echo $((calls + 11))
"#;

/// Prints the file `PROGRAM.answer`. Without this file, the jobs are forgotten.
const ANSWER: &str = r#"#!/bin/sh
cat "$0.answer" 2>/dev/null && exit
echo "$(basename "$0"): error: Invalid job id specified" >&2
exit 1
"#;

/// A folder with the tiny study and a cluster.
struct Cluster(Folder);

impl Cluster {
    fn new() -> Cluster {
        let folder = Folder::with_tiny_study();
        fs::create_dir_all(folder.path("bin")).expect("the folder is ours");
        for (name, text) in [("sbatch", SBATCH), ("squeue", ANSWER), ("sacct", ANSWER)] {
            folder.write(&format!("bin/{name}"), text);
            fs::set_permissions(folder.path(&format!("bin/{name}")), Permissions::from_mode(0o755)).expect("ours");
        }
        folder.write("bin/refuse", "");
        Cluster(folder)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.0.ohmspike(arguments);
        let inherited = std::env::var("PATH").expect("a PATH");
        command.env("PATH", format!("{}:{inherited}", self.0.path("bin").display()));
        command
    }

    fn run(&self, arguments: &[&str]) -> Answer {
        self.command(arguments).output().expect("the program starts").into()
    }

    fn submit(&self, more: &[&str]) -> Answer {
        self.run(&[&["submit", "tiny.toml", "--slurm"], more].concat())
    }

    /// Sets the answer of `squeue` or `sacct`.
    fn answers(&self, program: &str, lines: &str) {
        self.0.write(&format!("bin/{program}.answer"), lines);
    }

    /// The arguments of every call of `sbatch`, with `[CWD]` for the folder.
    fn calls(&self) -> Vec<String> {
        let text = fs::read_to_string(self.0.path("bin/sbatch.calls")).unwrap_or_default();
        text.lines().map(|line| self.shown(line)).collect()
    }

    /// The text with `[CWD]` for the folder and `ohmspike` for the program.
    fn shown(&self, text: &str) -> String {
        let folder = self.0.path("").display().to_string();
        text.replace(folder.trim_end_matches('/'), "[CWD]").replace(env!("CARGO_BIN_EXE_ohmspike"), "ohmspike")
    }

    fn array(&self) -> String {
        self.shown(&self.0.text("results/tiny/slurm/array.sh"))
    }

    /// Runs a script as Slurm would, as a task of an array.
    fn run_script(&self, path: &str, task: &str) -> Answer {
        let mut bash = self.0.command("bash");
        bash.arg(self.0.path(path))
            .env("SLURM_ARRAY_TASK_ID", task)
            .current_dir("/")
            .output()
            .expect("bash is there")
            .into()
    }
}

/// Number of records of each trial, in all files.
fn records_by_trial(folder: &Folder) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for path in folder.files("results/tiny/records").keys() {
        for record in folder.records(path.to_str().expect("text")) {
            *counts.entry(record["id"].as_str().expect("a name").to_owned()).or_default() += 1;
        }
    }
    counts
}

#[test]
fn an_array_and_a_job_after_it_are_submitted() {
    let cluster = Cluster::new();
    let answer = cluster.submit(&["--tasks", "2"]).succeeds();
    let told = "array: job 12, 2 of 2 shards\nsummary and report: job 13, after the array\n[CWD]/results/tiny/slurm\n";
    assert_eq!(cluster.shown(&answer.stdout), told);
    assert_eq!(
        cluster.calls(),
        [
            "--parsable [CWD]/results/tiny/slurm/array.sh",
            "--parsable --dependency=afterany:12 [CWD]/results/tiny/slurm/merge.sh"
        ]
    );
    let jobs = r#"{"array":"12","merge":"13","shards":2,"tasks":[1,2],"threads":1,"set":[]}"#;
    assert_eq!(cluster.0.text("results/tiny/slurm/jobs.json"), format!("{jobs}\n"));
}

#[test]
fn a_dry_run_prints_the_scripts_and_leaves_nothing() {
    let cluster = Cluster::new();
    let dry =
        ["--dry-run", "--tasks", "3", "--threads", "2", "--max-concurrent", "2", "--set", "network.hidden=[8, 16]"];
    let asked =
        ["--time", "90min", "--memory", "800", "--partition", "long", "--account", "lab", "--sbatch", "--qos=low"];
    let answer = cluster.submit(&[&dry[..], &asked[..]].concat()).succeeds();
    assert_eq!(cluster.shown(&answer.stdout), include_str!("cluster/scripts.txt"));
    assert!(!cluster.0.path("results").exists() && cluster.calls().is_empty());
}

#[test]
fn scripts_run_from_any_folder() {
    let cluster = Cluster::new();
    let place = r#"it's "100%" $HOME"#;
    fs::create_dir(cluster.0.path(place)).expect("the folder is ours");
    let out = format!("{place}/out");
    let set = ["--set", "network.excitatory_fraction=[0.5, 1]", "--set", "noise.level_percent=100"];
    cluster.submit(&[&["--tasks", "2", "--out", &out][..], &set].concat()).succeeds();
    for task in ["1", "2"] {
        let answer = cluster.run_script(&format!("{out}/slurm/array.sh"), task).succeeds();
        assert!(answer.stderr.contains("= 4 trials, 2 to run"), "{}", answer.stderr);
    }
    let merged = cluster.run_script(&format!("{out}/slurm/merge.sh"), "").succeeds();
    assert!(merged.stdout.contains("\n4 of 4 trials done\n"), "{merged:#?}");
    cluster.run(&[&["run", "tiny.toml", "--out", "local"], &set[..]].concat()).succeeds();
    assert_eq!(cluster.0.bytes(&format!("{out}/summary.csv")), cluster.0.bytes("local/summary.csv"));
    assert!(cluster.0.path(&out).join("report.html").is_file());
}

#[test]
fn only_shards_with_trials_left_are_submitted_with_a_measured_time_limit() {
    let cluster = Cluster::new();
    cluster.run(&["run", "tiny.toml", "--shard", "2/4"]).succeeds();
    let answer = cluster.submit(&["--tasks", "4"]).succeeds();
    assert!(answer.stdout.starts_with("array: job 12, 3 of 4 shards\n"), "{}", answer.stdout);
    assert!(cluster.array().contains("\n#SBATCH --array=1,3-4\n"), "{}", cluster.array());
    // Ten minutes to start and twice a trial that takes less than half a minute, up to the next minute.
    assert!(cluster.array().contains("\n#SBATCH --time=00:11:00\n"), "{}", cluster.array());

    cluster.run(&["run", "tiny.toml"]).succeeds();
    let answer = cluster.submit(&["--tasks", "4"]).succeeds();
    assert!(
        answer.stderr.starts_with(
            "nothing to submit: 4 of 4 trials done\n\nhint: write the report with `ohmspike report tiny.toml`\n"
        ),
        "{}",
        answer.stderr
    );
    // With more seeds, only shards with new trials are submitted.
    cluster.submit(&["--tasks", "4", "--set", "repeats.seeds=3"]).succeeds();
    assert!(cluster.array().contains("\n#SBATCH --array=1-2\n"), "{}", cluster.array());
}

#[test]
fn a_queued_study_is_not_submitted_again() {
    let cluster = Cluster::new();
    cluster.submit(&[]).succeeds();
    cluster.answers("squeue", "12|1|COMPLETED|None\n12|2|PENDING|Resources\n13|N/A|PENDING|Dependency\n");
    cluster.submit(&[]).refuses_with(
        "error: tiny: job 12 of this study is still queued or running\n\nhint: wait for it with `ohmspike status \
         --wait`, cancel it with `scancel 12`, or submit anyway with `--force`; trials of both arrays may run twice\n",
    );
    assert_eq!(cluster.calls().len(), 2);
    cluster.submit(&["--force"]).succeeds();
    cluster.answers("squeue", "14|1|COMPLETED|None\n14|2|FAILED|NonZeroExitCode\n15|N/A|PENDING|Dependency\n");
    cluster.submit(&[]).succeeds();
    assert_eq!(cluster.calls().len(), 6);
}

#[test]
fn a_refusal_is_passed_on_and_nothing_is_lost() {
    let refusal =
        "error: sbatch: Batch job submission failed: Invalid account or account/partition combination specified\n";
    let cluster = Cluster::new();
    cluster.run(&["run", "tiny.toml", "--max-trials", "1"]).succeeds();
    let records = cluster.0.files("results/tiny/records");
    cluster.0.write("bin/refuse", "1");
    let answer = cluster.submit(&[]);
    let hint = "hint: nothing was submitted; change the request with `--time`, `--memory`, `--partition`, `--account` or \
                `--sbatch`, or edit the scripts in [CWD]/results/tiny/slurm\n";
    assert_eq!((answer.status, answer.stdout.as_str()), (Some(2), ""));
    assert_eq!(cluster.shown(&answer.stderr), format!("{refusal}\n{hint}"));
    assert!(!cluster.0.path("results/tiny/slurm/jobs.json").exists());
    assert_eq!(cluster.0.files("results/tiny/records"), records);

    // The array is taken, the job after it is not.
    cluster.0.write("bin/refuse", "3");
    let answer = cluster.submit(&[]);
    let hint = "hint: the array was submitted as job 13, but not the final job; submit it with `sbatch --dependency=afterany:13 \
                [CWD]/results/tiny/slurm/merge.sh`\n";
    assert_eq!(answer.status, Some(2), "{answer:#?}");
    assert_eq!(cluster.shown(&answer.stderr), format!("{refusal}\n{hint}"));
    let jobs = cluster.0.text("results/tiny/slurm/jobs.json");
    assert!(jobs.starts_with(r#"{"array":"13","merge":null,"#), "{jobs}");
}

#[test]
fn without_a_cluster_there_is_a_hint() {
    let folder = Folder::with_tiny_study();
    fs::create_dir(folder.path("empty")).expect("the folder is ours");
    let mut command = folder.ohmspike(&["submit", "tiny.toml", "--slurm"]);
    let answer: Answer = command.env("PATH", folder.path("empty")).output().expect("the program starts").into();
    answer.refuses_with(
        "error: cannot run `sbatch`: not found on the PATH\n\nhint: submit from a machine with Slurm; \
         `ohmspike run` runs the study on this machine\n",
    );
    assert!(!folder.path("results/tiny/slurm/jobs.json").exists());
}

/// The lines of an answer without measured times.
fn untimed(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.starts_with("  ") && !line.starts_with("about ")).collect()
}

#[test]
fn the_state_of_every_shard_is_shown() {
    let cluster = Cluster::new();
    cluster.submit(&["--tasks", "4"]).succeeds();
    cluster.run(&["run", "tiny.toml", "--shard", "1/4"]).succeeds();
    cluster.answers("squeue", "12|2|RUNNING|None\n12|3|FAILED|NonZeroExitCode\n13|N/A|PENDING|Dependency\n");
    // What `squeue` has forgotten, the accounts know; shard 4 is known to none.
    cluster.answers("sacct", "12_1|COMPLETED\n12_2|PENDING\n");
    let answer = cluster.run(&["status", "tiny.toml"]).succeeds();
    let shown = cluster.shown(&answer.stdout);
    let expected = [
        "tiny: 1 of 4 trials done, 3 left",
        "",
        "array: job 12, 4 shards: 1 running, 1 completed, 2 failed",
        "summary and report: job 13, pending (Dependency)",
        "",
        "shard   done   left   state",
        "    1      1      0   completed",
        "    2      0      1   running",
        "    3      0      1   failed (NonZeroExitCode)",
        "    4      0      1   ended early",
        "",
        "logs of failed jobs:",
        "[CWD]/results/tiny/slurm/logs/shard-12_3.log",
        "[CWD]/results/tiny/slurm/logs/shard-12_4.log",
        "",
        "next: wait, or cancel the jobs with `scancel 12 13`; trials that are done stay",
    ];
    // The table is indented too.
    let lines: Vec<&str> = shown.lines().filter(|line| !line.trim_start().starts_with("about ")).collect();
    assert_eq!(lines, expected);
    assert!(shown.contains(" left with 1 running task\n"), "{shown}");

    // All has ended: the last job failed too.
    cluster.answers("squeue", "12|2|TIMEOUT|TimeLimit\n12|3|FAILED|NonZeroExitCode\n13|N/A|FAILED|NonZeroExitCode\n");
    let waited = cluster.run(&["status", "tiny.toml", "--wait"]);
    assert_eq!(waited.status, Some(1), "{waited:#?}");
    assert!(waited.stdout.contains("\n    2      0      1   timeout (TimeLimit)\n"), "{}", waited.stdout);
    assert!(waited.stdout.contains("/slurm/logs/merge-13.log\n"), "{}", waited.stdout);
    let next = "next: read the logs, then submit the remaining shards: `ohmspike submit tiny.toml --slurm`";
    assert_eq!(waited.stdout.lines().last(), Some(next));
}

#[test]
fn a_study_without_a_cluster_has_a_state_too() {
    let folder = Folder::with_tiny_study();
    let none = folder.run(&["status", "tiny.toml"]).succeeds();
    let next =
        "next: run the rest here: `ohmspike run tiny.toml`, or on a cluster: `ohmspike submit tiny.toml --slurm`";
    assert_eq!(none.stdout, format!("tiny: 0 of 4 trials done, 4 left\n{next}\n"));
    assert!(!folder.path("results").exists(), "status writes nothing");

    folder.run(&["run", "tiny.toml", "--max-trials", "3"]).succeeds();
    let listed = folder.run(&["run", "tiny.toml", "--dry-run"]).succeeds();
    let left = listed.stdout.lines().last().and_then(|line| line.split('\t').next()).expect("a trial is left");
    fs::create_dir_all(folder.path("results/tiny/checkpoints")).expect("the folder is ours");
    folder.write(&format!("results/tiny/checkpoints/{left}.bin"), "");
    let some = folder.run(&["status", "tiny.toml"]).succeeds();
    assert_eq!(untimed(&some.stdout), ["tiny: 3 of 4 trials done, 1 left, 1 with a checkpoint", next]);
    assert!(some.stdout.contains(" per trial on one core, estimated from 3 trials\n"), "{}", some.stdout);

    folder.run(&["run", "tiny.toml"]).succeeds();
    let all = folder.run(&["status", "tiny.toml", "--wait"]).succeeds();
    let next = "next: write the report: `ohmspike report tiny.toml`";
    assert_eq!(untimed(&all.stdout), ["tiny: 4 of 4 trials done, 0 left", next]);
    folder.run(&["report", "tiny.toml"]).succeeds();
    let told = folder.run(&["status", "tiny.toml"]).succeeds();
    let page = folder.path("results/tiny/report.html");
    assert_eq!(told.stdout.lines().last(), Some(&*format!("next: open the report: {}", page.display())));

    // A report that is older than the records.
    let old = std::time::SystemTime::now() - Duration::from_secs(3600);
    fs::File::options().append(true).open(&page).and_then(|page| page.set_modified(old)).expect("ours");
    let next = "next: update the report, which is older than the records: `ohmspike report tiny.toml`";
    let told = folder.run(&["status", "tiny.toml"]).succeeds();
    assert_eq!(told.stdout.lines().last(), Some(next));
    let grown = folder.run(&["status", "tiny.toml", "--set", "repeats.seeds=3"]).succeeds();
    let line =
        "  report.html is older than the records; update it with `ohmspike report tiny.toml --set repeats.seeds=3`\n";
    assert!(grown.stdout.contains(line), "{}", grown.stdout);
}

#[test]
fn warns_about_other_overrides_at_submission() {
    let cluster = Cluster::new();
    cluster.submit(&["--set", "repeats.seeds=1"]).succeeds();
    let answer = cluster.run(&["status", "tiny.toml"]).succeeds();
    let warning = "warning: the array was submitted with `--set repeats.seeds=1`, unlike this command\n\nhint: repeat the overrides of the submission\n\n";
    assert_eq!(answer.stderr, warning);
}

/// Slurm requeues a killed task by running the same command again.
#[test]
fn a_requeued_shard_gives_the_same_results() {
    let folder = Folder::with_tiny_study();
    let shard = |part| ["run", "tiny.toml", "--threads", "1", "--shard", part, "--set", "repeats.seeds=6"];
    let mut killed = folder.ohmspike(&shard("1/2")).spawn().expect("the program starts");
    let started = Instant::now();
    while folder.records("results/tiny/records/0001.jsonl").is_empty() {
        assert!(started.elapsed() < Duration::from_secs(60), "no record within a minute");
        thread::sleep(Duration::from_millis(2));
    }
    killed.kill().expect("it still runs");
    killed.wait().expect("it ends");
    assert!(records_by_trial(&folder).len() < 6, "killed in the middle");
    for part in ["1/2", "2/2"] {
        folder.run(&shard(part)).succeeds();
    }
    let counts = records_by_trial(&folder);
    assert!(counts.len() == 12 && counts.values().all(|&count| count == 1), "{counts:?}");
    folder.run(&["run", "tiny.toml", "--set", "repeats.seeds=[1, 2]"]).succeeds();
    assert_eq!(folder.bytes("results/tiny/summary.csv"), *TINY_SUMMARY);
}

/// Covers every value that is written to a script.
#[test]
fn rejects_flags_that_would_end_a_line_of_a_script() {
    let cluster = Cluster::new();
    let folder = cluster.0.path("");
    let inject = format!("x\ntouch {}\n#", cluster.0.path("pwned").display());
    let mut calls: Vec<Vec<String>> = Vec::new();
    for flag in ["--partition", "--account", "--sbatch", "--set", "--out", "--time", "--memory"] {
        let prefix = match flag {
            "--sbatch" => "--qos=",
            "--set" => "hardware.device=",
            _ => "",
        };
        calls.push(vec![flag.to_owned(), format!("{prefix}{inject}")]);
        calls.push(vec![flag.to_owned(), format!("{prefix}a\rb")]);
    }
    for (flag, value) in [
        ("--partition", "a b"),
        ("--partition", "a;b"),
        ("--partition", "$(id)"),
        ("--partition", ""),
        ("--account", "-x"),
        ("--account", "a#b"),
        ("--sbatch", "qos"),
        ("--time", "0s"),
        ("--time", "1e9d"),
        ("--memory", "18446744073709551615"),
        ("--tasks", "100001"),
        ("--threads", "5000"),
    ] {
        calls.push(vec![flag.to_owned(), value.to_owned()]);
    }
    for call in calls {
        let answer = cluster.submit(&["--dry-run", &format!("{}={}", call[0], call[1])]);
        assert_eq!((answer.status, answer.stdout.as_str()), (Some(2), ""), "{call:?}: {answer:#?}");
    }
    assert!(!folder.join("pwned").exists() && cluster.calls().is_empty());
    let fine =
        ["--partition=long,gpu-a.100", "--account=lab_1@x", "--sbatch=--comment=\"it's 100 % $HOME\"", "--time=7d"];
    let script = cluster.submit(&[&["--dry-run"], &fine[..]].concat()).succeeds().stdout;
    assert!(
        script.contains("\n#SBATCH --partition=long,gpu-a.100\n") && script.contains("--time=7-00:00:00"),
        "{script}"
    );
}

/// The name of the folder contains a line break.
#[test]
fn rejects_paths_that_would_end_a_line_of_a_script() {
    let cluster = Cluster::new();
    let folder = "two\nlines";
    fs::create_dir(cluster.0.path(folder)).expect("the folder is ours");
    cluster.0.write(&format!("{folder}/tiny.toml"), crate::ohmspike::TINY);
    let answer = cluster.run(&["submit", &format!("{folder}/tiny.toml"), "--slurm", "--dry-run"]);
    assert_eq!((answer.status, answer.stdout.as_str()), (Some(2), ""), "{answer:#?}");
    assert!(answer.stderr.contains("expected a path without control characters"), "{}", answer.stderr);
}
