//! `ohmspike deploy`, and the networks that `train` saves for it.

use std::path::Path;

use ohmspike_datasets::{ArrayContent, read_arrays, write_arrays};

use crate::ohmspike::Folder;

/// Saves a network of two matrices; `change` may spoil the weights.
fn save(folder: &Folder, name: &str, shapes: [[usize; 2]; 2], change: impl Fn(&mut [f32])) {
    let matrix =
        |[rows, columns]: [usize; 2]| (0..rows * columns).map(|place| 0.01 + 0.001 * (place % 7) as f32).collect();
    let mut matrices: [Vec<f32>; 2] = shapes.map(matrix);
    change(&mut matrices[1]);
    let arrays =
        [0, 1].map(|number| (format!("w{number}"), shapes[number].to_vec(), ArrayContent::Floats(&matrices[number])));
    write_arrays(&folder.path(name), &arrays).expect("the folder is ours");
}

/// Trains a network that knows something, and saves it without its header.
pub fn save_trained(folder: &Folder, name: &str) {
    let train = ["train", "--set", "network.hidden=12", "--set", "network.steps=40", "--set", "training.batch=32"];
    let more = ["--set", "training.epochs=1", "--set", "training.learning_rate=0.02", "--save-weights", "trained.npz"];
    folder.run(&[&train[..], &more].concat()).succeeds();
    let arrays = read_arrays(&folder.path("trained.npz")).expect("a network file");
    let matrices = ["w0", "w1"].map(|name| arrays[name].numbers.iter().map(|n| *n as f32).collect::<Vec<f32>>());
    let of = |number: usize| {
        let name = format!("w{number}");
        (name.clone(), arrays[&name].shape.clone(), ArrayContent::Floats(&matrices[number]))
    };
    write_arrays(&folder.path(name), &[of(0), of(1)]).expect("the folder is ours");
}

/// A deployment on the samples of [`import_four`].
pub const ON_FOUR: [&str; 8] =
    ["--device", "ideal", "--chips", "2", "--set", "data.set=four", "--set", "training.batch=10"];

/// Imports `count` samples of four values with the classes `class`; the value with the number of the class is 1.
pub fn import_four(folder: &Folder, count: u8, class: impl Fn(u8) -> u8) {
    let sample = |number: u8| (0..4).map(|place| if place == class(number) { 255 } else { 0 }).collect::<Vec<u8>>();
    let (head, size) = ([0, 0, 8], [0, 0, 0, count]);
    let samples: Vec<u8> = (0..count).flat_map(sample).collect();
    folder.write("x.idx", [&head[..], &[3], &size, &[0, 0, 0, 2], &[0, 0, 0, 2], &samples].concat());
    folder.write("y.idx", [&head[..], &[1], &size, &(0..count).map(class).collect::<Vec<u8>>()].concat());
    let import = ["data", "import", "four", "--samples", "x.idx", "--labels", "y.idx", "--classes", "4"];
    folder.run(&[&import[..], &["--test-fraction", "0.5"]].concat()).succeeds();
}

fn deployed<'a>(name: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["deploy", name, "--device", "ideal", "--chips", "2", "--set", "network.steps=20"], more].concat()
}

#[test]
fn deploys_what_train_saves() {
    let folder = Folder::with_tiny_study();
    let train = ["train", "tiny.toml", "--set", "noise.level_percent=1", "--set", "training.epochs=1", "--seed", "2"];
    let device = ["--save-weights", "net.npz", "--save-conductances", "cells.csv", "--out", "kept"];
    let trained = folder.run(&[&train[..], &device].concat()).succeeds();
    assert!(trained.stdout.contains("saved: net.npz\nsaved: cells.csv\n"), "{}", trained.stdout);
    // The trial is that of a run.
    let recorded = &folder.records("kept/records/0001.jsonl")[0];
    let same = ["--set", "noise.level_percent=1", "--set", "repeats.seeds=[2]"];
    folder.run(&[&["run", "tiny.toml", "--set", "training.epochs=1"], &same[..]].concat()).succeeds();
    let ran = folder.records("results/tiny/records/0001.jsonl");
    assert!(ran.iter().any(|record| record["id"] == recorded["id"] && record["accuracy"] == recorded["accuracy"]));
    // 784 x 16 and 16 x 10 pairs.
    assert_eq!(folder.text("cells.csv").lines().count(), 1 + 784 * 16 + 16 * 10);
    let arrays = read_arrays(&folder.path("net.npz")).expect("a network file");
    assert_eq!((&arrays["w0"].shape[..], &arrays["w1"].shape[..]), (&[784, 16][..], &[16, 10][..]));

    let after = ["--after", "1s,10y", "--save-conductances", "chip.npz", "--chip", "1"];
    folder.run(&[&["deploy", "net.npz", "--device", "ideal"][..], &after].concat()).succeeds();
    let cells = read_arrays(&folder.path("chip.npz")).expect("conductances");
    assert_eq!(cells["hidden-1_plus"].shape, [784, 16]);

    let answer =
        folder.run(&["deploy", "net.npz", "--device", "ideal", "--chips", "3", "--after", "1s,10y"]).succeeds();
    let trained_accuracy = recorded["accuracy"][0].as_f64().expect("a number");
    let first = answer.stdout.lines().next().expect("a line");
    let correct = (1024.0 * trained_accuracy).round();
    assert!(first.starts_with("network net: 784-16-10, excitatory and inhibitory rows; "), "{first}");
    assert!(first.ends_with(&format!("({correct} of 1024 test samples of fashion-mnist-subset)")), "{first}");
    assert!(answer.stdout.contains("\n10 y "), "{}", answer.stdout);
    for name in ["deployment.json", "deployment.csv", "chips.jsonl", "command.txt", "figures/deployment.svg"] {
        assert!(folder.path("results/net-deploy").join(name).exists(), "{name}");
    }
    // 2 times x 3 chips.
    assert_eq!(folder.text("results/net-deploy/deployment.csv").lines().count(), 1 + 6);
    let before = folder.text("results/net-deploy/chips.jsonl");
    let again = folder.run(&["deploy", "net.npz", "--device", "ideal", "--chips", "3", "--after", "1s,10y"]).succeeds();
    assert_eq!((again.stdout, folder.text("results/net-deploy/chips.jsonl")), (answer.stdout, before));
}

/// Another question leaves the answer in place, and no command takes the folder for a study.
#[test]
fn a_second_deployment_has_files_of_its_own() {
    let folder = Folder::new();
    save_trained(&folder, "net.npz");
    let deploy = |more: &[&str]| {
        let base = ["deploy", "net.npz", "--set", "network.steps=40", "--chips", "3"];
        folder.run(&[&base[..], more].concat())
    };
    deploy(&["--device", "ideal"]).succeeds();
    let first = folder.text("results/net-deploy/deployment.json");
    let other = deploy(&["--device", "cmo-hfox-falcone-2025"]).succeeds();
    assert!(other.stdout.contains("results/net-deploy/deployment-2.json\n"), "{}", other.stdout);
    assert_eq!(folder.text("results/net-deploy/deployment.json"), first);
    assert!(folder.path("results/net-deploy/figures/deployment-2.svg").exists());
    let status = folder.run(&["status", "results/net-deploy"]).succeeds().stdout;
    let answers = "  answer: results/net-deploy/deployment.json, results/net-deploy/deployment-2.json\n";
    assert!(status.contains(answers), "{status}");
    let exported = folder.run(&["export", "results/net-deploy"]);
    let tables = "hint: its tables are results/net-deploy/deployment.csv, results/net-deploy/deployment-2.csv\n";
    assert!(exported.status == Some(2) && exported.stderr.ends_with(tables), "{exported:#?}");
    for command in ["run", "train"] {
        let refused = folder.run(&[command, "results/net-deploy"]);
        let told = "error: results/net-deploy: expected the results folder of a study, got one with the trials of `ohmspike deploy";
        assert!(refused.status == Some(2) && refused.stderr.starts_with(told), "{refused:#?}");
    }
    let recorded = folder.run(&["train", "--set", "training.epochs=1", "--out", "results/net-deploy"]);
    let told = "error: results/net-deploy: expected the results folder of a study, got one with the trials of `ohmspike deploy";
    assert!(recorded.status == Some(2) && recorded.stderr.starts_with(told), "{recorded:#?}");
    let twice = deploy(&["--device", "ideal", "--set", "hardware.device=study-1k-1m"]);
    assert!(twice.stderr.starts_with("error: --device: expected no `--set hardware.device`"), "{twice:#?}");
    let faulty = deploy(&["--device", "ideal", "--set", "device.faults.p_high_resistance=0.1"]).succeeds().stdout;
    assert!(faulty.contains("\nset: network.steps = 40; device.faults.p_high_resistance = 0.1\n"), "{faulty}");
    folder.run(&["report", "results/net-deploy"]).succeeds();
    let page = folder.text("results/net-deploy/report.html");
    assert!(page.contains("net on ideal: ") && page.contains("net on cmo-hfox-falcone-2025: "), "both are shown");
}

#[test]
fn a_recorded_trial_is_not_trained_again() {
    let folder = Folder::with_tiny_study();
    let train = ["train", "tiny.toml", "--set", "noise.level_percent=1", "--set", "training.epochs=1", "--record"];
    let first = folder.run(&train).succeeds();
    assert!(first.stdout.contains("recorded: trial "), "{}", first.stdout);
    let again = folder.run(&train).succeeds();
    assert!(again.stdout.starts_with("recorded before: trial "), "{}", again.stdout);
    assert_eq!(folder.records("results/tiny/records/0001.jsonl").len(), 1);
    assert!(!folder.path("results/tiny/records/0002.jsonl").exists());
}

#[test]
fn networks_by_devices_make_a_table() {
    let folder = Folder::new();
    save_trained(&folder, "one.npz");
    // Transposed, as in PyTorch, with weights of either sign.
    save(&folder, "two.npz", [[8, 784], [10, 8]], |weights| {
        weights.iter_mut().step_by(3).for_each(|weight| *weight *= -1.0)
    });
    let networks = ["deploy", "one.npz", "two.npz", "--device", "ideal,illustrative-oxide", "--chips", "2"];
    let answer = folder.run(&[&networks[..], &["--set", "network.steps=40"]].concat()).succeeds();
    let lines: Vec<&str> = answer.stdout.lines().collect();
    assert!(lines[0].starts_with("network one: 784-12-10, excitatory and inhibitory rows; "), "{}", lines[0]);
    assert!(lines[1].starts_with("network two: 784-8-10, weights of either sign; "), "{}", lines[1]);
    let table = lines.iter().position(|line| line.starts_with("network   ideal ")).expect("a table");
    assert!(lines[table].ends_with("   illustrative-oxide"), "{}", lines[table]);
    assert!(lines[table + 1].starts_with("one "), "{}", answer.stdout);
    // Constant weights classify nothing: no accuracy and no yield.
    assert!(lines[table + 2].starts_with("two       withheld   withheld"), "{}", answer.stdout);
    let told = "two.npz: the network itself is at chance (";
    assert!(answer.stderr.contains(told) && answer.stdout.contains(&format!("\ncaution: {told}")), "{answer:#?}");
    assert!(answer.stdout.contains("\ntwo on ideal: 2 chips, seed 1\nwithheld: the network itself is at chance ("));
    let table = folder.text("results/one-deploy/deployment.csv");
    assert!(table.starts_with("network,device,data_set,after_seconds,chip,"), "{table}");
    assert!(table.contains("\none,ideal,fashion-mnist-subset,0,") && !table.contains("\ntwo,"), "{table}");
    assert!(!folder.text("results/one-deploy/figures/deployment.csv").contains("\ntwo,"));
}

/// Asserts that every command is refused with its message, and writes nothing. A network without a header has a warning
/// about its defaults.
fn refused(folder: &Folder, commands: &[(Vec<&str>, &str)]) {
    for (arguments, message) in commands {
        let answer = folder.run(arguments);
        assert_eq!((answer.status, answer.stdout.as_str()), (Some(2), ""), "{answer:#?}");
        assert!(answer.stderr.contains(message), "{}\n{message}", answer.stderr);
    }
    assert!(!Path::new(&folder.path("results")).exists(), "nothing is written");
}

#[test]
fn refuses_wrong_networks_and_settings() {
    let folder = Folder::new();
    save(&folder, "net.npz", [[784, 8], [8, 10]], |_| {});
    save(&folder, "mixed.npz", [[784, 8], [8, 10]], |weights| weights[11] = -0.5);
    save(&folder, "nan.npz", [[784, 8], [8, 10]], |weights| weights[11] = f32::NAN);
    save(&folder, "small.npz", [[700, 8], [8, 10]], |_| {});
    folder.write("text.npz", "no archive");
    let commands = [
        (
            deployed("small.npz", &[]),
            "error: small.npz: shapes do not fit: w0 (700, 8), w1 (8, 10); expected 784 inputs, 10 classes",
        ),
        (
            deployed("nan.npz", &[]),
            "error: nan.npz: w1: expected finite weights up to 3.4e38, got NaN in row 1, column 1",
        ),
        (deployed("text.npz", &[]), "error: text.npz: starts with `6e 6f 20 61 72 63`; expected an npz file"),
        (
            deployed("mixed.npz", &["--set", "network.signs=constrained"]),
            "error: mixed.npz: readout: expected weights of one sign per row (`network.signs = \"constrained\"`), got 0.01",
        ),
        (
            deployed("net.npz", &["--set", "network.signs=both"]),
            "error: network.signs: expected `constrained` or `unconstrained`, got \"both\"",
        ),
        (
            deployed("net.npz", &["--yield-above", "80"]),
            "error: --yield-above: expected a fraction from 0 to 1 or a percentage such as 75%, got `80`",
        ),
        (
            deployed("net.npz", &["--set", "network.hidden=32"]),
            "error: net.npz: network.hidden: expected no value, because the matrices have the sizes\n\nhint: leave the key out",
        ),
        (
            deployed("net.npz", &["--set", "noise.level_percent=100"]),
            "error: net.npz: noise.level_percent: 100 % of `weights.sigma_init`, which a network without a header does not have",
        ),
        (
            deployed("net.npz", &["--set", "noise.level_percent=1", "--set", "weights.sigma_init=0.01"]),
            "error: --set noise.level_percent=1: noise.level_percent: expected 0 for device `ideal`, whose file or overrides set the write noise",
        ),
    ];
    refused(&folder, &commands);
}

#[test]
fn refuses_wrong_options() {
    let folder = Folder::new();
    save(&folder, "net.npz", [[784, 8], [8, 10]], |_| {});
    save(&folder, "small.npz", [[700, 8], [8, 10]], |_| {});
    let commands = [
        (
            vec!["deploy", "net.npz", "small.npz", "--device", "ideal", "--save-conductances", "c.csv"],
            "error: conductances: expected one network and one device, got 2 networks and 1 device\n",
        ),
        (
            deployed("net.npz", &["--after", "10"]),
            "error: --after: expected a time with unit us, ms, s, min, h, d or y",
        ),
        (
            vec!["deploy", "net.npz", "--device", "ideal", "--chips", "0"],
            "error: --chips: expected 1 to 1000000, got 0",
        ),
        (
            vec!["deploy", "net.npz", "--device", "ideal", "--chips", "99999999999"],
            "error: --chips: expected 1 to 1000000, got 99999999999",
        ),
        (
            vec!["deploy", "net.npz", "--device", "ideal,"],
            "error: --device: expected device names with one comma between",
        ),
        (
            vec!["deploy", "net.npz", "net.npz", "--device", "ideal"],
            "error: networks: duplicate file net.npz\n\nhint: name every network once",
        ),
        (vec!["deploy", "net.npz"], "error: net.npz: no device to deploy onto\n\nhint: name one with `--device NAME`"),
        (vec!["deploy", "net.npz", "--device", "nothing"], "error: --device nothing: hardware.device: unknown device"),
    ];
    refused(&folder, &commands);
}

#[test]
fn refuses_conductances_without_a_device_and_missing_files() {
    let folder = Folder::new();
    let train = ["train", "--set", "training.epochs=1", "--set", "network.hidden=8", "--save-conductances", "c.csv"];
    let conductances = folder.run(&train);
    assert_eq!(conductances.status, Some(2));
    assert!(conductances.stderr.contains("conductances: no device holds the weights"), "{conductances:#?}");
    let gone = folder.run(&deployed("gone.npz", &[]));
    assert!(gone.status == Some(2) && gone.stderr.starts_with("error: cannot read `gone.npz`"), "{gone:#?}");
}

#[test]
fn refuses_studies_that_do_not_fit_and_several_devices_for_one_chip() {
    let folder = Folder::with_tiny_study();
    let untrained = ["train", "tiny.toml", "--set", "training.epochs=0", "--set", "noise.level_percent=1"];
    folder.run(&[&untrained[..], &["--save-weights", "own.npz"]].concat()).succeeds();
    save(&folder, "net.npz", [[784, 8], [8, 10]], |_| {});
    folder.write("deep.toml", "name = 'deep'\n[[layer]]\nhidden = 8\n[[layer]]\nhidden = 4\n");
    let refused = |arguments: &[&str]| {
        let answer = folder.run(arguments);
        assert_eq!((answer.status, answer.stdout.as_str()), (Some(2), ""), "{answer:#?}");
        answer.stderr
    };
    let own = refused(&["deploy", "own.npz", "--study", "tiny.toml", "--device", "ideal"]);
    assert!(own.starts_with("error: own.npz: expected no study, because the file has its own settings\n"), "{own}");
    let deep = refused(&["deploy", "net.npz", "--study", "deep.toml", "--device", "ideal"]);
    assert!(deep.starts_with("error: net.npz: expected 2 hidden layers as in the study, got 1\n"), "{deep}");
    let table = refused(&deployed("net.npz", &["--device", "illustrative-oxide", "--save-conductances", "c.csv"]));
    assert!(
        table.starts_with("error: conductances: expected one network and one device, got 1 network and 2 devices\n"),
        "{table}"
    );
}

#[test]
fn refuses_a_table_of_another_kind() {
    let answer = Folder::new().run(&["train", "--save-conductances", "c.txt"]);
    assert_eq!((answer.status, answer.stdout.as_str()), (Some(2), ""), "{answer:#?}");
    let ending = answer.stderr;
    assert!(ending.contains("expected a file name that ends in .csv or .npz, got `c.txt`"), "{ending}");
}

#[test]
fn warns_about_times_thresholds_and_keys_without_effect() {
    let folder = Folder::new();
    save_trained(&folder, "net.npz");
    let devices =
        ["deploy", "net.npz", "--device", "ideal,pcm-joshi-2020", "--chips", "1", "--set", "network.steps=40"];
    let more = ["--after", "1s,10y", "--yield-above", "5%", "--set", "hardware.retention_seconds=5"];
    let more = [&more[..], &["--set", "training.epochs=7", "--set", "hardware.weight_at_gmax=0.001"]].concat();
    let answer = folder.run(&[&devices[..], &more].concat()).succeeds();
    for expected in [
        "--after: no effect: device `ideal` has no drift",
        "--after: 1 s is before the drift law of device `pcm-joshi-2020`",
        "--after: 10 y is after the drift law of device `pcm-joshi-2020`",
        "--yield-above: expected more than 1",
        "hardware.retention_seconds: no effect in a deployment: `--after` sets the times",
        "training.epochs: no effect in a deployment: nothing is trained",
        // There are no initial weights, so a full scale below them is only one that clips.
        "net.npz: hidden-1: ",
    ] {
        assert_eq!(answer.stderr.matches(&format!("warning: {expected}")).count(), 1, "{}", answer.stderr);
        assert!(answer.stdout.contains(&format!("\ncaution: {expected}")), "{}", answer.stdout);
        assert!(folder.text("results/net-deploy/deployment.json").contains(expected), "{expected}");
    }
    let none = folder.run(&deployed("net.npz", &["--mechanisms", "--out", "none"])).succeeds();
    let told = "--mechanisms: no effect: device `ideal` has no active mechanism";
    assert!(none.stderr.contains(told) && none.stdout.contains(told), "{none:#?}");
    let first = ["--save-conductances", "cells.csv", "--after", "1h,1s"];
    let saved = folder.run(&deployed("net.npz", &first)).succeeds();
    assert!(saved.stderr.contains("warning: --after: only the first of 2 times is saved, 1 s"), "{}", saved.stderr);
    assert_eq!(saved.stdout, "saved: cells.csv (chip 0, after 1 s)\n");
    let unused = ["--save-conductances", "cells.csv", "--mechanisms", "--yield-above", "50%", "--out", "none"];
    let saved = folder.run(&deployed("net.npz", &unused)).succeeds();
    for flag in ["--mechanisms", "--yield-above", "--out"] {
        let told = format!("warning: {flag}: no effect with `--save-conductances`, which evaluates no chip\n");
        assert_eq!(saved.stderr.matches(&told).count(), 1, "{}", saved.stderr);
    }
    // The chip is that of a deployment, and so are its warnings, for the one time that is saved.
    let ideal = ["deploy", "net.npz", "--device", "ideal", "--set", "network.steps=40", "--save-conductances", "x.csv"];
    let saved = folder.run(&[&ideal[..], &more].concat()).succeeds();
    for expected in [
        "net.npz: no header, so these are defaults: ",
        "--after: no effect: device `ideal` has no drift",
        "hardware.retention_seconds: no effect in a deployment: `--after` sets the times",
        "training.epochs: no effect in a deployment: nothing is trained",
        "net.npz: hidden-1: ",
    ] {
        assert_eq!(saved.stderr.matches(&format!("warning: {expected}")).count(), 1, "{}", saved.stderr);
    }
}

#[test]
fn networks_keep_the_device_that_labels_them() {
    let folder = Folder::with_tiny_study();
    for (name, device) in [("one.npz", "ideal"), ("two.npz", "illustrative-oxide"), ("none.npz", "none")] {
        let device = format!("hardware.device={device}");
        let scale = ["--set", "weights.sigma_init=0.01", "--set", "hardware.weight_at_gmax=0.2"];
        let train = ["train", "tiny.toml", "--set", "training.epochs=1", "--set", &device, "--save-weights", name];
        let noise = ["--set", "noise.level_percent=0"];
        folder.run(&[&train[..], &scale[..if name == "none.npz" { 2 } else { 4 }], &noise].concat()).succeeds();
    }
    let mixed = folder.run(&["deploy", "one.npz", "two.npz", "--chips", "1"]);
    assert_eq!(mixed.status, Some(2));
    assert_eq!(
        mixed.stderr,
        "error: devices: expected the same for every network, got `ideal` for one.npz and `illustrative-oxide` for \
         two.npz\n\nhint: name the devices of all networks with `--device`\n"
    );
    // The readout of the file names its training device, too; `hardware.device` replaces both, as `--device` does.
    let table = |arguments: &[&str]| {
        let answer = folder.run(&[&["deploy", "two.npz", "--chips", "2"], arguments].concat()).succeeds();
        let start = answer.stdout.find("\ntwo on").expect("an answer");
        answer.stdout[start..].to_owned()
    };
    let by_key = table(&["--set", "hardware.device=['ideal', 'cmo-hfox-falcone-2025']"]);
    assert_eq!(by_key, table(&["--device", "ideal,cmo-hfox-falcone-2025"]));
    assert!(by_key.contains("two on ideal: 2 chips"), "{by_key}");
    // A level in percent of the spread of the training.
    let noisy = ["deploy", "none.npz", "--device", "study-1k-1m", "--chips", "1", "--set", "noise.level_percent=50"];
    let answer = folder.run(&noisy).succeeds();
    assert!(
        answer.stdout.contains("\nwrite noise of `noise.level_percent`: sigma 0.00500 thresholds\n"),
        "{answer:#?}"
    );
}

#[test]
fn broken_networks_have_no_answer_and_leave_an_earlier_one() {
    let folder = Folder::new();
    save_trained(&folder, "net.npz");
    let deploy = ["deploy", "net.npz", "--device", "ideal", "--chips", "2", "--set", "network.steps=40"];
    folder.run(&deploy).succeeds();
    let before = folder.text("results/net-deploy/deployment.json");
    for (weight, state) in [(0.0, "is silent (0.00 hidden spikes per sample)"), (1.0, "is at chance (")] {
        save(&folder, "net.npz", [[784, 8], [8, 10]], |_| {});
        let arrays: Vec<f32> = vec![weight; 784 * 8];
        let readout = vec![1.0; 8 * 10];
        let arrays = [
            ("w0".to_owned(), vec![784, 8], ArrayContent::Floats(&arrays)),
            ("w1".to_owned(), vec![8, 10], ArrayContent::Floats(&readout)),
        ];
        write_arrays(&folder.path("net.npz"), &arrays).expect("the folder is ours");
        let answer = folder.run(&deploy);
        assert_eq!((answer.status, answer.stdout.as_str()), (Some(2), ""), "{answer:#?}");
        let told = format!("error: net.npz: the network itself {state}");
        assert!(
            answer.stderr.contains(&told)
                && answer.stderr.contains("\n\nhint: weights are in units of a threshold of 1; check their scale"),
            "{answer:#?}"
        );
        assert_eq!(folder.text("results/net-deploy/deployment.json"), before);
    }
}

/// A header that calls every neuron inhibitory contradicts all weights of excitatory ones.
/// Nine in ten samples are of class 0, and the network answers nothing else.
#[test]
fn always_naming_the_most_frequent_class_is_at_chance() {
    let folder = Folder::new();
    import_four(&folder, 80, |number| if number.is_multiple_of(10) { 1 + number / 10 % 3 } else { 0 });
    let (w0, w1) = (vec![2.0; 4 * 8], (0..8 * 4).map(|place| f32::from(place % 4 == 0)).collect::<Vec<f32>>());
    let arrays = [
        ("w0".to_owned(), vec![4, 8], ArrayContent::Floats(&w0)),
        ("w1".to_owned(), vec![8, 4], ArrayContent::Floats(&w1)),
    ];
    write_arrays(&folder.path("one.npz"), &arrays).expect("the folder is ours");
    let answer = folder.run(&[&["deploy", "one.npz"], &ON_FOUR[..]].concat());
    assert_eq!(answer.status, Some(2), "{answer:#?}");
    assert!(
        answer.stderr.contains("the network itself is at chance (87.8 % accuracy, chance 87.8 %, "),
        "{}",
        answer.stderr
    );
}

/// With as many inputs as classes, the shapes alone don't tell rows from columns.
#[test]
fn transposed_networks_with_as_many_inputs_as_classes_are_whole() {
    let folder = Folder::new();
    import_four(&folder, 80, |number| number % 4);
    // Hidden neuron h belongs to class h % 4.
    let wide = |weight: f32| (0..4 * 40).map(move |place| if place % 40 % 4 == place / 40 { weight } else { 0.0 });
    let tall = |weight: f32| (0..40 * 4).map(move |place| if place / 4 % 4 == place % 4 { weight } else { 0.0 });
    let (w0, w1): ([Vec<f32>; 2], [Vec<f32>; 2]) =
        ([wide(2.0).collect(), tall(2.0).collect()], [tall(1.0).collect(), wide(1.0).collect()]);
    let answers = [0, 1].map(|turned: usize| {
        let shapes = [[vec![4, 40], vec![40, 4]], [vec![40, 4], vec![4, 40]]][turned].clone();
        let [of_inputs, of_readout] = shapes;
        let arrays = [
            ("w0".to_owned(), of_inputs, ArrayContent::Floats(&w0[turned])),
            ("w1".to_owned(), of_readout, ArrayContent::Floats(&w1[turned])),
        ];
        write_arrays(&folder.path("net.npz"), &arrays).expect("the folder is ours");
        folder.run(&[&["deploy", "net.npz"], &ON_FOUR[..]].concat()).succeeds().stdout
    });
    assert_eq!(answers[0], answers[1]);
    assert!(answers[0].starts_with("network net: 4-40-4, "), "{}", answers[0]);
    assert!(answers[0].contains("100.00 % with digital weights"), "{}", answers[0]);
    let answer: serde_json::Value =
        serde_json::from_str(&folder.text("results/net-deploy/deployment.json")).expect("JSON");
    assert_eq!(answer["networks"][0]["layers"], serde_json::json!([4, 40, 4]));
}
