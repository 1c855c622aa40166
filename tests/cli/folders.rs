//! Results folders in place of study files: `study.toml`, moved folders, and records without their data sets.

use std::fs;
use std::path::{Path, PathBuf};

use crate::ohmspike::{Folder, TINY};

/// Names of the study files in folder `name`.
fn studies(folder: &Folder, name: &str) -> Vec<String> {
    let files = folder.files(name).into_keys();
    let names = files.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()));
    names.filter(|name| name.ends_with(".toml")).collect()
}

#[test]
fn a_results_folder_stands_for_its_study_and_overrides() {
    let folder = Folder::with_tiny_study();
    let set = ["--set", "noise.level_percent=[1, 50]", "--set", "repeats.seeds=1"];
    let ran = folder.run(&[&["run", "tiny.toml"][..], &set].concat()).succeeds();
    let text = folder.text("results/tiny/study.toml");
    for line in ["name = \"tiny\"", "level_percent = [1, 50]", "seeds = 1", "device = \"study-1k-1m\"", "batch = 32"] {
        assert!(text.lines().any(|known| known == line), "{line}: {text}");
    }
    let again = folder.run(&["run", "results/tiny"]).succeeds();
    assert!(again.stderr.contains("= 2 trials, 0 to run"), "{}", again.stderr);
    assert_eq!(again.stdout, ran.stdout);
    assert_eq!(folder.text("results/tiny/study.toml"), text);

    let of_file = folder.run(&[&["export", "tiny.toml"][..], &set].concat()).succeeds();
    assert_eq!(folder.run(&["export", "results/tiny"]).succeeds().stdout, of_file.stdout);
    let status = folder.run(&["status", "results/tiny"]).succeeds();
    assert!(status.stdout.starts_with("tiny: 2 of 2 trials done, 0 left\n"), "{status:#?}");
    folder.run(&["report", "results/tiny"]).succeeds();
    assert!(folder.text("results/tiny/report.html").contains("ohmspike run results/tiny"));

    // A moved folder accepts more overrides.
    fs::rename(folder.path("results/tiny"), folder.path("elsewhere")).expect("the folder is ours");
    let grown = folder.run(&["run", "elsewhere", "--set", "repeats.seeds=2"]).succeeds();
    assert!(grown.stderr.contains("= 4 trials, 2 to run"), "{}", grown.stderr);
    assert!(!folder.path("results/tiny").exists());
}

#[test]
fn another_run_in_the_same_folder_keeps_records_and_study() {
    let folder = Folder::with_tiny_study();
    let one = ["--set", "noise.level_percent=1", "--set", "repeats.seeds=1"];
    let other = ["--set", "noise.level_percent=100", "--set", "repeats.seeds=1"];
    folder.run(&[&["run", "tiny.toml"][..], &one].concat()).succeeds();
    let first = folder.text("results/tiny/study.toml");
    assert_eq!(studies(&folder, "results/tiny"), ["study.toml"]);
    folder.run(&[&["run", "tiny.toml"][..], &other].concat()).succeeds();
    assert_ne!(folder.text("results/tiny/study.toml"), first);
    let kept = studies(&folder, "results/tiny");
    assert_eq!(kept.len(), 2, "{kept:?}");
    let earlier = kept.iter().find(|name| *name != "study.toml").expect("the earlier study");
    assert_eq!(folder.text(&format!("results/tiny/{earlier}")), first);

    // The saved file opens the earlier run, the study file both.
    let export = |study: &str, set: &[&str]| {
        let answer = folder.run(&[&["export", study, "--out", "results/tiny"][..], set].concat()).succeeds();
        answer.stdout.lines().count() - 1
    };
    assert_eq!(export("results/tiny", &[]), 1);
    assert_eq!(export(&format!("results/tiny/{earlier}"), &[]), 1);
    assert_eq!(export("tiny.toml", &["--set", "repeats.seeds=1"]), 2);
    // Repeated runs keep each study once.
    folder.run(&[&["run", "tiny.toml"][..], &one].concat()).succeeds();
    folder.run(&[&["run", "tiny.toml"][..], &other].concat()).succeeds();
    assert_eq!(studies(&folder, "results/tiny").len(), 3);
}

#[test]
fn relative_paths_are_found_from_the_results_folder() {
    let folder = Folder::new();
    for name in ["studies", "models", "away"] {
        fs::create_dir(folder.path(name)).expect("the folder is ours");
    }
    let device = r#"{ "name": "mine", "window": { "low_resistance_ohm": 1000, "high_resistance_ohm": 1000000 } }"#;
    folder.write("models/mine.json", device);
    folder.write("studies/beside.json", device.replace("1000000", "500000"));
    let study = TINY.replace("level_percent = [1, 100]", "level_percent = 0");
    let axis = "device = [\"models/mine.json\", \"beside.json\"]";
    folder.write("studies/tiny.toml", study.replace("device = \"study-1k-1m\"", axis));
    let one = ["--set", "repeats.seeds=1"];
    folder.run(&[&["run", "studies/tiny.toml"][..], &one].concat()).succeeds();
    let text = folder.text("results/tiny/study.toml");
    assert!(text.contains("\npaths_from = \"../..\"\n"), "{text}");
    assert!(text.contains("\ndevice = [\"models/mine.json\", \"studies/beside.json\"]\n"), "{text}");
    let mut elsewhere = folder.ohmspike(&["run", "../results/tiny"]);
    let answer = elsewhere.current_dir(folder.path("away")).output().expect("the program starts");
    let told = String::from_utf8(answer.stderr).expect("text");
    assert!(answer.status.success() && told.contains("= 2 trials, 0 to run"), "{told}");

    // Without the file and its copy, the command says where it searched.
    fs::remove_dir_all(folder.path("results/tiny/inputs")).expect("written");
    fs::create_dir_all(folder.path("away/from/here")).expect("the folder is ours");
    fs::rename(folder.path("results/tiny"), folder.path("away/from/here/tiny")).expect("the folder is ours");
    let mut elsewhere = folder.ohmspike(&["status", "from/here/tiny"]);
    let answer = elsewhere.current_dir(folder.path("away")).output().expect("the program starts");
    let told = String::from_utf8(answer.stderr).expect("text");
    let expected = "hardware.device: cannot read `models/mine.json`: no such file\n\n\
                    hint: searched from `.` and `from/here/tiny/../..`; if the file is elsewhere, use `--set hardware.device=PATH`\n";
    assert!(told.ends_with(expected), "{told}");
}

/// Device and map files, relative and absolute, are copied: the moved folder describes its trials without them.
#[test]
fn a_moved_folder_has_copies_of_device_and_map_files() {
    let folder = Folder::new();
    for name in ["models", "studies", "studies/models", "away"] {
        fs::create_dir(folder.path(name)).expect("the folder is ours");
    }
    let device = |high: u32| {
        format!(r#"{{ "name": "mine", "window": {{ "low_resistance_ohm": 1000, "high_resistance_ohm": {high} }} }}"#)
    };
    folder.write("models/mine.json", device(1_000_000));
    folder.write("studies/models/other.json", device(500_000));
    folder.write("studies/map.csv", "ok,".repeat(9) + "low-resistance\n" + &("ok,".repeat(9) + "ok\n").repeat(15));
    let absolute = folder.path("studies/models/other.json").display().to_string();
    let study = TINY.replace("level_percent = [1, 100]", "level_percent = 0");
    let axis = format!("device = [\"models/mine.json\", \"{absolute}\"]");
    let study = study.replace("device = \"study-1k-1m\"", &axis);
    let study = study.replace("weight_at_gmax = 8\n", "weight_at_gmax = 8\nfault_map = 'map.csv'\n");
    folder.write("studies/tiny.toml", study);
    let ran = folder.run(&["run", "studies/tiny.toml", "--set", "repeats.seeds=1"]).succeeds();
    assert!(ran.stderr.contains("= 2 trials, 2 to run"), "{}", ran.stderr);
    let export = folder.run(&["export", "results/tiny"]).succeeds().stdout;

    fs::rename(folder.path("results/tiny"), folder.path("away/moved")).expect("the folder is ours");
    for name in ["models", "studies"] {
        fs::remove_dir_all(folder.path(name)).expect("the folder is ours");
    }
    assert_eq!(folder.run(&["export", "away/moved"]).succeeds().stdout, export);
    let status = folder.run(&["status", "away/moved"]).succeeds();
    assert!(status.stdout.starts_with("tiny: 2 of 2 trials done"), "{status:#?}");
    folder.run(&["report", "away/moved"]).succeeds();
    // Another file of the same name is not the one that was used, and the warning says so.
    fs::create_dir(folder.path("models")).expect("the folder is ours");
    folder.write("models/mine.json", device(700_000));
    let other = folder.run(&["export", "away/moved"]).succeeds();
    assert_eq!(other.stdout, export);
    let told = "warning: models/mine.json: differs from its copy in the results folder, `away/moved/inputs/";
    assert!(other.stderr.starts_with(told), "{}", other.stderr);
    // A run keeps the names of the files and where they are looked up, and can be moved again.
    let paths_from = |name: &str| {
        let text = folder.text(name);
        text.lines().find(|line| line.starts_with("paths_from")).map(str::to_owned)
    };
    let before = paths_from("away/moved/study.toml");
    let grown = folder.run(&["run", "away/moved", "--set", "repeats.seeds=2"]).succeeds();
    assert!(grown.stderr.contains("= 4 trials, 2 to run"), "{}", grown.stderr);
    assert_eq!(paths_from("away/moved/study.toml"), before);
    assert!(folder.text("away/moved/study.toml").contains("device = [\"models/mine.json\", "));
    fs::rename(folder.path("away/moved"), folder.path("again")).expect("the folder is ours");
    let again = folder.run(&["run", "again"]).succeeds();
    assert!(again.stderr.contains("= 4 trials, 0 to run"), "{}", again.stderr);
    assert_eq!(folder.files("again/inputs").len(), 3);
}

/// A run with a device file of one's own, and the device with another end of its window.
fn with_own_device() -> (Folder, impl Fn(u32) -> String) {
    let folder = Folder::new();
    let device = |high: u32| {
        format!(r#"{{ "name": "mine", "window": {{ "low_resistance_ohm": 1000, "high_resistance_ohm": {high} }} }}"#)
    };
    folder.write("mine.json", device(1_000_000));
    let study = TINY.replace("level_percent = [1, 100]", "level_percent = 0");
    folder.write("tiny.toml", study.replace("\"study-1k-1m\"", "\"mine.json\""));
    folder.run(&["run", "tiny.toml"]).succeeds();
    (folder, device)
}

/// The files in `place`.
fn names(folder: &Folder, place: &str) -> Vec<String> {
    let root = folder.path("");
    let name = |path: PathBuf| path.strip_prefix(&root).expect("a file in the folder").display().to_string();
    folder.files(place).into_keys().map(name).collect()
}

/// The copies of device and map files in results/tiny.
fn copies(folder: &Folder) -> Vec<String> {
    names(folder, "results/tiny").into_iter().filter(|name| name.starts_with("results/tiny/inputs/")).collect()
}

/// A file, its copy or both may change. The one that the study was run with is used, and a warning names the changed one.
#[test]
fn files_and_copies_that_changed_are_told_apart() {
    let (folder, device) = with_own_device();
    let export = || {
        let answer = folder.run(&["export", "results/tiny"]);
        (answer.stdout.lines().count(), answer.stderr.replace("2 of 2 trials done\n", ""))
    };
    assert_eq!(export(), (3, String::new()));
    folder.write("mine.json", device(1_000_000).replacen('{', "{ \"description\": \"ours\",", 1));
    assert_eq!(export(), (3, String::new()), "the same device");
    let [copy] = &copies(&folder)[..] else { panic!("one copy") };
    let right = folder.text(copy);
    folder.write(copy, device(600_000));
    assert_eq!(export(), (3, String::new()), "the file is right");

    folder.write("mine.json", device(700_000));
    let told = |state: &str, of_copy: &str| {
        format!(
            "warning: mine.json: {state}, and its copy in the results folder, `{copy}`, {of_copy}\n\nhint: restore one of them (SHA-256 "
        )
    };
    let (lines, warning) = export();
    assert!(lines == 0 && warning.starts_with(&told("changed since the study was run", "changed too")), "{warning}");
    fs::remove_file(folder.path("mine.json")).expect("the folder is ours");
    let (lines, warning) = export();
    assert!(lines == 0 && warning.starts_with(&told("not found", "changed too")), "{warning}");
    folder.write("mine.json", device(700_000));
    fs::remove_file(folder.path(copy)).expect("the folder is ours");
    let (lines, warning) = export();
    assert!(lines == 0 && warning.starts_with(&told("changed since the study was run", "is missing")), "{warning}");

    folder.write(copy, right);
    let (lines, warning) = export();
    let used = format!("warning: mine.json: differs from its copy in the results folder, `{copy}`, which is used\n");
    assert!(lines == 3 && warning.starts_with(&used), "{warning}");
}

/// Every study file of a folder leads to the device that it was run with.
#[test]
fn studies_of_a_folder_have_the_devices_of_their_runs() {
    let (folder, device) = with_own_device();
    let first = folder.run(&["export", "results/tiny"]).succeeds().stdout;
    folder.write("mine.json", device(700_000));
    let status = folder.run(&["status", "tiny.toml"]).succeeds().stdout;
    assert!(
        status.contains("\n  2 records of other settings in this folder, not counted\n  hint: repeat each"),
        "{status}"
    );
    folder.run(&["run", "tiny.toml"]).succeeds();
    let second = folder.run(&["export", "results/tiny"]).succeeds().stdout;
    assert_ne!(first, second);
    assert_eq!(copies(&folder).len(), 2);
    let studies = names(&folder, "results/tiny").into_iter().filter(|name| name.starts_with("results/tiny/study-"));
    let [earlier] = &studies.collect::<Vec<_>>()[..] else { panic!("one earlier study") };
    let export = |study: &str| folder.run(&["export", study, "--out", "results/tiny"]).succeeds().stdout;
    assert_eq!(export(earlier), first);
    fs::remove_file(folder.path("mine.json")).expect("the folder is ours");
    assert_eq!((export(earlier), export("results/tiny")), (first, second));
    let status = folder.run(&["status", "results/tiny"]).succeeds().stdout;
    assert!(
        status.contains("\n  2 records of other settings in this folder, not counted\n  about")
            || status.contains("not counted\nnext"),
        "{status}"
    );
}

#[test]
fn a_folder_without_a_study_needs_the_study_file() {
    let folder = Folder::with_tiny_study();
    folder.run(&["run", "tiny.toml", "--max-trials", "1"]).succeeds();
    fs::remove_file(folder.path("results/tiny/study.toml")).expect("written");
    for command in ["run", "report", "export", "status"] {
        folder.run(&[command, "results/tiny"]).refuses_with(
            "error: results/tiny: expected a study file or a results folder with `study.toml`, got a folder without `study.toml`\n\n\
             hint: name the study file, and the folder with `--out results/tiny`\n",
        );
    }
    folder.run(&["report", "tiny.toml"]).succeeds();
    assert_eq!(folder.run(&["export", "tiny.toml"]).succeeds().stdout.lines().count(), 2);
    assert!(!folder.path("results/tiny/study.toml").exists(), "reading writes no study");
}

/// Imports samples of two numbers as `digits`. The first number is `first`.
fn import_digits(folder: &Folder, first: u8) {
    let header = |sizes: &[u8]| {
        let sizes: Vec<u8> = sizes.iter().flat_map(|&size| [0, 0, 0, size]).collect();
        [&[0, 0, 8, (sizes.len() / 4) as u8][..], &sizes].concat()
    };
    let pixels = [first, 20, 90, 250, 30, 200, 240, 60, 100, 220, 255, 10, 70, 180, 210, 40];
    folder.write("samples.idx", [header(&[8, 1, 2]), pixels.to_vec()].concat());
    folder.write("labels.idx", [header(&[8]), (0..8).map(|sample| sample % 2).collect()].concat());
    let import = ["data", "import", "digits", "--samples", "samples.idx", "--labels", "labels.idx", "--classes", "2"];
    folder.run(&[&import[..], &["--test-fraction", "0.5", "--replace"]].concat()).succeeds();
}

const DIGITS: &str = "name = 'digits'\n[data]\nset = 'digits'\n[network]\nhidden = 6\nsteps = 20\n[weights]\nsigma_init = 0.2\n\
                      [hardware]\ndevice = 'ideal'\n[training]\nbatch = 2\nepochs = 2\n[repeats]\nseeds = 2\n";

/// The output of report, export and status for the records in results/digits.
fn told(folder: &Folder, study: &str) -> [String; 3] {
    folder.run(&["report", study, "--out", "results/digits"]).succeeds();
    let page = folder.text("results/digits/report.html");
    let export = folder.run(&["export", study, "--out", "results/digits"]).succeeds().stdout;
    let status = folder.run(&["status", study, "--out", "results/digits"]).succeeds().stdout;
    [page, export, status]
}

#[test]
fn records_are_readable_without_the_data() {
    let folder = Folder::new();
    import_digits(&folder, 10);
    folder.write("digits.toml", DIGITS);
    folder.run(&["run", "digits.toml"]).succeeds();
    let with_data = told(&folder, "digits.toml");
    assert!(with_data[1].lines().count() == 3 && with_data[2].contains("2 of 2 trials done"), "{with_data:?}");
    fs::remove_dir_all(folder.path("cache")).expect("the cache is ours");
    assert_eq!(told(&folder, "digits.toml"), with_data, "the page has the same devices, areas and answers");
    assert_eq!(told(&folder, "results/digits")[1], with_data[1]);
    let answer = folder.run(&["run", "results/digits"]);
    assert_eq!(answer.status, Some(2), "running needs the data: {answer:#?}");
}

#[test]
fn rejects_records_of_two_data_sets_with_one_name() {
    let folder = Folder::new();
    folder.write("digits.toml", DIGITS);
    import_digits(&folder, 10);
    folder.run(&["run", "digits.toml"]).succeeds();
    import_digits(&folder, 11);
    let status = |folder: &Folder| folder.run(&["status", "results/digits"]);
    assert!(status(&folder).succeeds().stdout.contains("0 of 2 trials done"), "other data, other trials");
    folder.run(&["run", "results/digits"]).succeeds();
    assert!(status(&folder).succeeds().stdout.contains("2 of 2 trials done"));
    fs::remove_dir_all(folder.path("cache")).expect("the cache is ours");
    for command in ["report", "export", "status"] {
        let answer = folder.run(&[command, "results/digits"]);
        assert_eq!((answer.status, answer.stdout.as_str()), (Some(2), ""));
        let expected = "data.set: the records belong to 2 different data sets called `digits` (SHA-256 ";
        assert!(answer.stderr.contains(expected), "{}", answer.stderr);
        assert!(answer.stderr.contains("\n\nhint: import the data set that you want to read, or move"), "{answer:#?}");
    }
}

#[test]
fn a_report_needs_no_recordings() {
    let folder = Folder::new();
    let published = Path::new(env!("CARGO_MANIFEST_DIR")).join("../datasets/tests/data/shd");
    let published = published.to_str().expect("a path of text");
    folder.run(&["data", "fetch", "shd", "--folder", published]).succeeds();
    let study = DIGITS.replace("'digits'", "'shd'").replace("name = 'shd'", "name = 'digits'");
    folder.write("digits.toml", study);
    folder.run(&["run", "digits.toml"]).succeeds();
    let with_data = told(&folder, "results/digits");
    fs::remove_dir_all(folder.path("cache")).expect("the cache is ours");
    assert_eq!(told(&folder, "results/digits"), with_data);
    assert_eq!(told(&folder, "digits.toml")[1..], with_data[1..]);
}

#[test]
fn answers_are_not_written_into_the_results_of_a_study() {
    let folder = Folder::with_tiny_study();
    folder.run(&["run", "tiny.toml", "--set", "repeats.seeds=1"]).succeeds();
    let train = ["train", "tiny.toml", "--set", "noise.level_percent=1", "--set", "training.epochs=1"];
    folder.run(&[&train[..], &["--save-weights", "net.npz"]].concat()).succeeds();
    let before = folder.files("results/tiny");
    let limit = ["limit", "tiny.toml", "--key", "noise.level_percent", "--within", "2points"];
    let ablate =
        ["ablate", "tiny.toml", "--set", "hardware.device=cmo-hfox-falcone-2025", "--set", "noise.level_percent=0"];
    for command in [&limit[..], &ablate, &["deploy", "net.npz", "--device", "ideal", "--chips", "1"]] {
        let answer = folder.run(&[command, &["--out", "results/tiny"]].concat());
        let told = "error: results/tiny: expected a folder for answers, got the results of a study\n\n\
                    hint: leave `--out` out, or name another folder\n";
        assert_eq!((answer.status, answer.stdout.as_str()), (Some(2), ""), "{answer:#?}");
        assert!(answer.stderr.ends_with(told), "{answer:#?}");
    }
    assert_eq!(folder.files("results/tiny"), before, "nothing is lost");
    folder.run(&["run", "tiny.toml", "--set", "repeats.seeds=1"]).succeeds();
}

#[test]
fn an_export_has_all_or_swept_settings() {
    let folder = Folder::with_tiny_study();
    folder.run(&["run", "tiny.toml", "--set", "repeats.seeds=1"]).succeeds();
    let header = |flags: &[&str]| -> Vec<String> {
        let answer = folder.run(&[&["export", "results/tiny"][..], flags].concat()).succeeds();
        answer.stdout.lines().next().expect("names").split(',').map(str::to_owned).collect()
    };
    let (all, swept) = (header(&[]), header(&["--columns", "swept"]));
    assert_eq!(all, header(&["--columns", "all"]));
    let settings = |columns: &[String]| -> Vec<String> {
        let of_setting = |name: &&String| name.contains('.');
        columns.iter().filter(of_setting).cloned().collect()
    };
    assert_eq!(settings(&swept), ["noise.level_percent", "data.set", "hardware.device"]);
    for key in ["training.batch", "training.learning_rate", "hardware.device", "data.set", "noise.level_percent"] {
        assert_eq!(all.iter().filter(|name| *name == key).count(), 1, "{key}: {all:?}");
    }
    let epochs = header(&["--epochs"]);
    assert!(
        epochs.contains(&"training.batch".to_owned())
            && !header(&["--epochs", "--columns", "swept"]).contains(&"training.batch".to_owned())
    );
    let answer = folder.run(&["export", "results/tiny", "--columns", "some"]);
    assert_eq!(answer.status, Some(2));
    assert!(answer.stderr.contains("expected `swept` or `all`"), "{}", answer.stderr);
}
