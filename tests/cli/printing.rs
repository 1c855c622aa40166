//! Closed pipes, full disks behind stdout, and control characters.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use crate::ohmspike::{Answer, Folder};

/// The answer to `arguments` after `close` has closed streams.
fn with_closed(folder: &Folder, arguments: &[&str], close: fn(&mut Child)) -> Answer {
    let mut process = folder.ohmspike(arguments).spawn().expect("the program starts");
    close(&mut process);
    process.wait_with_output().expect("the program ends").into()
}

const TRAIN: [&str; 11] = [
    "train",
    "--set",
    "network.hidden=4",
    "--set",
    "network.steps=5",
    "--set",
    "weights.sigma_init=0.01",
    "--set",
    "training.epochs=2",
    "--set",
    "training.batch=512",
];

/// Every subcommand that prints.
fn subcommands() -> Vec<Vec<&'static str>> {
    let mut all: Vec<Vec<&str>> = [
        "run tiny.toml --out other",
        "run tiny.toml --shard 1/2 --out shards",
        "run tiny.toml --dry-run --out none",
        "submit tiny.toml --slurm --dry-run --out none",
        "status tiny.toml",
        "report tiny.toml",
        "export tiny.toml",
        "data list",
        "device list",
        "device show ideal",
        "device sample ideal --target-microsiemens 100 --count 20000",
        "device plot ideal --out ideal.svg",
        "data fetch fashion-mnist-subset",
    ]
    .map(|line| line.split(' ').collect())
    .into();
    all.push(TRAIN.into());
    all
}

#[test]
fn a_closed_pipe_is_no_error() {
    let folder = Folder::with_tiny_study();
    let first = with_closed(&folder, &["run", "tiny.toml"], |process| drop(process.stdout.take()));
    assert_eq!((first.status, first.stderr.contains("panicked")), (Some(0), false), "{first:#?}");
    for left in ["summary.csv", "figures/outcome-over-noise.level_percent.svg", "tables/firing-by-class.csv"] {
        assert!(folder.path(&format!("results/tiny/{left}")).is_file(), "{left} is written before the output");
    }
    for arguments in subcommands() {
        let answer = with_closed(&folder, &arguments, |process| drop(process.stdout.take()));
        assert_eq!((answer.status, answer.stderr.contains("panicked")), (Some(0), false), "{arguments:?}: {answer:#?}");
        assert!(!answer.stderr.contains("error"), "{arguments:?}: {answer:#?}");
    }
    let unread = with_closed(&folder, &["run", "tiny.toml", "--out", "unread"], |process| drop(process.stderr.take()));
    assert!(unread.stdout.contains("\n4 of 4 trials done\n"), "{unread:#?}");
    let refused = with_closed(&folder, &["run", "none.toml"], |process| drop(process.stderr.take()));
    assert_eq!(refused.status, Some(2));
}

/// As `| head -n 1`: the reader takes a line and closes the pipe in the middle of the output.
#[test]
fn a_pipe_that_closes_after_one_line_is_no_error() {
    let folder = Folder::with_tiny_study();
    folder.run(&["run", "tiny.toml"]).succeeds();
    let help = ["--help", "run --help", "device sample --help"].map(|line| line.split(' ').collect::<Vec<_>>());
    for arguments in subcommands().into_iter().chain(help) {
        let first_line = |process: &mut Child| {
            let mut line = String::new();
            BufReader::new(process.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        };
        let answer = with_closed(&folder, &arguments, first_line);
        assert_eq!((answer.status, answer.stderr.contains("panicked")), (Some(0), false), "{arguments:?}: {answer:#?}");
        assert!(!answer.stderr.contains("error"), "{arguments:?}: {answer:#?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_behind_stdout_is_an_error() {
    let folder = Folder::with_tiny_study();
    folder.run(&["run", "tiny.toml"]).succeeds();
    for arguments in subcommands() {
        let mut command = folder.ohmspike(&arguments);
        let full = File::options().write(true).open("/dev/full").expect("Linux has one");
        let answer: Answer = command.stdout(Stdio::from(full)).output().expect("the program starts").into();
        assert_eq!(answer.status, Some(2), "{arguments:?}: {answer:#?}");
        assert!(answer.stderr.ends_with("error: cannot write to stdout: no space left on the disk\n"));
    }
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let folder = Folder::with_tiny_study();
    let tiny = crate::ohmspike::TINY.replace("Does the program", "\\u001B[2JDoes\\r\\u009b31m\\u202e\\nthe program");
    folder.write("question.toml", &tiny);
    folder.write("key.toml", "name = \"x\"\n[noise]\n\"\\u001b[31mlevel\" = 3\n");
    folder.write("value.toml", "name = \"x\"\n[data]\nset = \"\\u001b]0;title\\u0007\"\n");
    folder.write("device.toml", "name = \"x\"\n[hardware]\ndevice = \"\\u001b[31m\"\n");
    folder.write("table.toml", "name = \"x\"\n\"\\u001b[31m\" = 3\n");
    let calls: [&[&str]; 7] = [
        &["run", "question.toml", "--max-trials", "0"],
        &["status", "question.toml"],
        &["run", "key.toml"],
        &["run", "value.toml"],
        &["run", "device.toml"],
        &["run", "table.toml"],
        &["device", "show", "no-\u{1b}[31m-device"],
    ];
    for arguments in calls {
        let answer = folder.run(arguments);
        let printed = answer.stdout + &answer.stderr;
        let steers = |letter: char| letter.is_control() && letter != '\n' && letter != '\t';
        assert!(!printed.is_empty() && !printed.contains(steers) && !printed.contains('\u{202e}'), "{printed:?}");
    }
    let shown = folder.run(&["run", "question.toml", "--max-trials", "0"]).succeeds();
    assert!(shown.stderr.starts_with("tiny: ?[2JDoes??31m? the program do what"), "{}", shown.stderr);
}
