//! `ohmspike ablate`: the answer, its files and page, and what it refuses.

use crate::ohmspike::Folder;

const DEVICE: [&str; 9] = [
    "ablate",
    "tiny.toml",
    "--set",
    "hardware.device=cmo-hfox-falcone-2025",
    "--set",
    "noise.level_percent=0",
    "--set",
    "repeats.seeds=3",
    "--threads=1",
];

#[test]
fn divides_the_loss_among_the_mechanisms_and_repeats_at_no_cost() {
    let folder = Folder::with_tiny_study();
    let first = folder.run(&DEVICE).succeeds();
    assert!(
        first
            .stderr
            .starts_with("3 active mechanisms: write noise, relaxation and drift, read noise\n24 trials with 3 seeds")
    );
    assert!(first.stderr.contains("\n24 trials in "), "{}", first.stderr);
    let answer = first.stdout.lines().next().expect("an answer");
    assert!(
        answer.starts_with("cmo-hfox-falcone-2025 costs ") && answer.ends_with(" % with all (3 seeds)."),
        "{answer}"
    );

    let ablation: serde_json::Value =
        serde_json::from_str(&folder.text("results/tiny-ablate/ablation.json")).expect("JSON");
    let trials = ablation["trials"].as_array().expect("trials");
    let accuracy = |count: usize, seed: u64| {
        let here = |trial: &&serde_json::Value| {
            trial["seed"] == seed && trial["enabled"].as_array().expect("a list").len() == count
        };
        trials.iter().find(here).expect("a trial")["accuracy"].as_f64().expect("a number")
    };
    for (place, seed) in [1, 2, 3].into_iter().enumerate() {
        let parts = ablation["ablation"]["contributions"].as_array().expect("three").iter();
        let sum: f64 = parts.map(|one| one["by_seed"][place].as_f64().expect("a number")).sum();
        assert!((sum - (accuracy(0, seed) - accuracy(3, seed))).abs() < 1e-11, "seed {seed}");
    }

    let csv = folder.text("results/tiny-ablate/ablation-trials.csv");
    assert!(csv.starts_with("trial,device,data_set,enabled,seed,accuracy,diverged,health\n"), "{csv}");
    assert_eq!(csv.lines().count(), 25);
    folder.run(&["report", "results/tiny-ablate"]).succeeds();
    let unused = folder.run(&["report", "results/tiny-ablate", "--noise-unit", "microsiemens"]).succeeds();
    let told = "warning: --noise-unit=microsiemens: no effect on the page of a limit, an ablation or a deployment\n";
    assert!(unused.stderr.starts_with(told), "{}", unused.stderr);
    let page = folder.text("results/tiny-ablate/report.html");
    assert!(page.contains(answer) && page.contains("Trials behind the ablation"));

    let before = folder.files("results/tiny-ablate");
    let again = folder.run(&DEVICE).succeeds();
    assert_eq!(again.stdout, first.stdout);
    assert!(again.stderr.contains("\n0 trials in "), "{}", again.stderr);
    assert_eq!(folder.files("results/tiny-ablate"), before);
}

#[test]
fn the_only_mechanism_has_the_whole_loss() {
    let folder = Folder::with_tiny_study();
    let set = ["--set", "noise.level_percent=100", "--set", "repeats.seeds=3"];
    folder.run(&[&["ablate", "tiny.toml"], &set[..]].concat()).succeeds();
    let ablation: serde_json::Value =
        serde_json::from_str(&folder.text("results/tiny-ablate/ablation.json")).expect("JSON");
    let (parts, total) = (&ablation["ablation"]["contributions"], &ablation["ablation"]["total"]);
    assert_eq!(ablation["mechanisms"], serde_json::json!(["write-noise"]));
    assert_eq!((&parts[0]["alone"], &parts[0]["last"]), (total, total));
    assert!(
        (parts[0]["shapley"]["mean"].as_f64().expect("a number") - total["mean"].as_f64().expect("a number")).abs()
            < 1e-12
    );
}

/// A killed process leaves a folder that the same command continues: the folder names its command before it has records.
#[test]
fn a_folder_names_its_command_before_its_first_trial() {
    let limit = ["limit", "tiny.toml", "--key", "noise.level_percent", "--within", "50points", "--threads=1"];
    for command in [&DEVICE[..], &limit] {
        let folder = Folder::with_tiny_study();
        let command = [command, &["--out", "here"]].concat();
        let mut process = folder.ohmspike(&command).spawn().expect("the program starts");
        while !folder.path("here/study.toml").exists() {
            assert!(process.try_wait().expect("it is ours").is_none(), "{command:?} ended without a study");
        }
        process.kill().expect("it is ours");
        process.wait().expect("it has ended");
        assert!(folder.path("here/command.txt").is_file(), "{command:?}");
        let status = folder.run(&["status", "here"]).succeeds();
        assert!(status.stdout.contains(&format!("recorded for `ohmspike {}", command[0])), "{status:#?}");
        // A folder that cannot be marked gets no records.
        std::fs::create_dir_all(folder.path("blocked/command.txt")).expect("the folder is ours");
        let blocked = folder.run(&[&command[..command.len() - 1], &["blocked"]].concat());
        assert!(
            blocked.stderr.contains("error: cannot write `blocked/command.txt`: not a regular file"),
            "{blocked:#?}"
        );
        assert!(!folder.path("blocked/records").exists());
    }
}

#[test]
fn shards_share_the_trials() {
    let folder = Folder::with_tiny_study();
    let whole = folder.run(&[&DEVICE[..], &["--out", "whole"]].concat()).succeeds();
    let start = |part: &str| folder.ohmspike(&[&DEVICE[..], &["--out", "shared", "--shard", part]].concat()).spawn();
    let children = ["1/2", "2/2"].map(|part| start(part).expect("the program starts"));
    for child in children {
        let output = child.wait_with_output().expect("it ends");
        let stdout = String::from_utf8(output.stdout).expect("text").replace("shared/", "whole/");
        assert_eq!((output.status.code(), stdout), (Some(0), whole.stdout.clone()));
    }
    assert_eq!(folder.bytes("shared/ablation.json"), folder.bytes("whole/ablation.json"));
}

#[test]
fn a_stopped_ablation_resumes() {
    let folder = Folder::with_tiny_study();
    // As in `run` and `limit`: 130 is for Ctrl-C.
    let part = folder.run(&[&DEVICE[..], &["--max-trials", "5"]].concat()).succeeds();
    assert!(part.stderr.ends_with("stopped; repeat the command to run the remaining 19 trials\n"), "{}", part.stderr);
    assert!(folder.run(&DEVICE).succeeds().stderr.contains("\n19 trials in "));
}

#[test]
fn refuses_what_has_no_answer() {
    let folder = Folder::with_tiny_study();
    folder
        .run(&["ablate", "tiny.toml", "--set", "noise.level_percent=0", "--set", "hardware.device=ideal"])
        .refuses_with(
            "error: hardware.device: expected a device with at least one active mechanism, got `ideal` without any\n\n\
         hint: choose a device with `--set hardware.device=NAME` (`ohmspike device list`)\n",
        );
    folder.run(&["ablate", "tiny.toml"]).refuses_with(
        "error: noise.level_percent: expected one value for one network, got 2\n\n\
         hint: choose with `--set noise.level_percent=1`\n",
    );
}

/// Dead cells silence the network: its accuracy is that of its initial weights, so it is no loss by faults.
#[test]
fn unhealthy_trials_withhold_the_answer_and_an_earlier_one_stays() {
    let folder = Folder::with_tiny_study();
    let faulty = |fraction: &str| {
        let key = format!("device.faults.p_high_resistance={fraction}");
        let set = ["hardware.device=ideal", "noise.level_percent=0", "repeats.seeds=3", &key];
        let set: Vec<&str> = set.iter().flat_map(|set| ["--set", *set]).collect();
        folder.run(&[&["ablate", "tiny.toml"], &set[..]].concat())
    };
    let withheld = faulty("1");
    assert_eq!((withheld.status, withheld.stdout.as_str()), (Some(2), ""), "{withheld:#?}");
    let told = "error: 3 of 6 trials are silent, so their accuracies say nothing about the device (the first with faults, \
                seed 1)\n\nhint: ";
    assert!(withheld.stderr.contains(told), "{}", withheld.stderr);
    // The page shows why.
    folder.run(&["report", "results/tiny-ablate"]).succeeds();
    let page = folder.text("results/tiny-ablate/report.html");
    assert!(page.contains("Withheld: 3 of 6 trials are silent"), "{page}");

    faulty("0.01").succeeds();
    let before = folder.text("results/tiny-ablate/ablation.json");
    assert_eq!(faulty("1").status, Some(2));
    assert_eq!(folder.text("results/tiny-ablate/ablation.json"), before);
    // The withheld answer gives its files to the next question.
    let second = faulty("0.02").succeeds();
    assert!(second.stdout.contains("results/tiny-ablate/ablation-2.json\n"), "{}", second.stdout);
    assert_eq!(folder.text("results/tiny-ablate/ablation.json"), before);
    folder.run(&["report", "results/tiny-ablate"]).succeeds();
    let page = folder.text("results/tiny-ablate/report.html");
    assert!(page.contains("Question 1") && page.contains("Question 2"), "both answers are shown");
    assert!(folder.path("results/tiny-ablate/figures/ablation-2.svg").exists());
}

#[test]
fn a_network_that_learns_nothing_is_no_baseline() {
    let folder = Folder::with_tiny_study();
    let set = ["--set", "training.epochs=0", "--set", "noise.level_percent=100", "--set", "repeats.seeds=3"];
    let withheld = folder.run(&[&["ablate", "tiny.toml"], &set[..]].concat());
    assert_eq!((withheld.status, withheld.stdout.as_str()), (Some(2), ""), "{withheld:#?}");
    let told = "error: the network on `study-1k-1m` without any mechanism is not healthy (seed 1): at chance: ";
    assert!(withheld.stderr.contains(told), "{}", withheld.stderr);
    assert!(withheld.stderr.contains("\n3 trials in "), "no trial with write noise ran: {}", withheld.stderr);
}
