//! Networks that say nothing about the hardware, such as silent ones: reported with the cause, and excluded from answers.

use crate::ohmspike::{Answer, Folder};

/// One small network, trained for an epoch.
fn train(folder: &Folder, set: &[&str]) -> Answer {
    let small = [
        "network.hidden=8",
        "training.epochs=1",
        "outcome.last_epochs=1",
        "hardware.weight_at_gmax=1",
        "readout.weight_at_gmax=8",
    ];
    let set: Vec<&str> = small.iter().chain(set).flat_map(|set| ["--set", *set]).collect();
    folder.run(&[&["train", "--threads", "1"], &set[..]].concat()).succeeds()
}

/// The warning of a silent network, cause and hint.
#[track_caller]
fn silence(answer: &Answer) -> (String, String) {
    let from = answer.stderr.find("warning: silent: ").unwrap_or_else(|| panic!("{answer:#?}"));
    let (what, hint) = answer.stderr[from..].split_once("\n\nhint: ").expect("advice");
    assert!(answer.stdout.lines().last().is_some_and(|line| line.starts_with("health: silent")), "{answer:#?}");
    (what.to_owned(), hint.lines().next().unwrap_or_default().to_owned())
}

/// A network with the suggested weights fires.
#[test]
fn names_weights_that_are_too_small() {
    let folder = Folder::new();
    let (what, hint) = silence(&train(&folder, &["weights.sigma_init=0.0002"]));
    assert!(
        what.contains("the initial weights are too small; on a typical sample, its strongest neuron reaches 0."),
        "{what}"
    );
    let needed = hint.strip_prefix("raise `weights.sigma_init` to ").and_then(|rest| rest.split(' ').next());
    let fires = train(&folder, &[&format!("weights.sigma_init={}", needed.expect("a number"))]);
    assert!(!fires.stderr.contains("silent"), "{hint}: {}", fires.stderr);
}

/// The only event of each recording is after the window, so no weight helps.
#[test]
fn names_samples_without_spikes() {
    let folder = Folder::new();
    let events: String = (0..40).map(|sample| format!("{sample},0.3,{},{}\n", sample % 16, sample % 4)).collect();
    folder.write("late.csv", format!("sample,time,unit,label\n{events}"));
    let import =
        ["data", "import", "late", "--events", "late.csv", "--units", "16", "--classes", "4", "--duration", "0.5"];
    folder.run(&[&import[..], &["--test-fraction", "0.5"]].concat()).succeeds();
    for sigma in ["weights.sigma_init=0.001", "weights.sigma_init=1000"] {
        let window = ["data.set=late", "data.window_seconds=0.1", "training.batch=10", sigma];
        let (what, hint) = silence(&train(&folder, &window));
        assert!(what.ends_with("none of the 20 test samples has an input spike"), "{what}");
        assert!(hint.contains("`data.window_seconds`") && !hint.contains("sigma_init"), "{hint}");
    }
}

#[test]
fn names_faults_as_cause() {
    let folder = Folder::new();
    let faulty = ["hardware.device=ideal", "weights.sigma_init=0.003", "device.faults.p_high_resistance=1"];
    let (what, hint) = silence(&train(&folder, &faulty));
    assert!(
        what.contains(
            "faulty cells remove too many weights (device.faults.p_high_resistance = 1); without this \
             mechanism, the layer emits "
        ),
        "{what}"
    );
    assert!(
        hint.contains("halve the fraction of faulty cells") && !hint.contains("sigma_init"),
        "no weight helps: {hint}"
    );
}

#[test]
fn names_wires_as_cause() {
    let folder = Folder::new();
    let wires = ["hardware.device=study-1k-1m", "device.wires.access=gated", "device.wires.bit_line_ohm_per_cell=500"];
    let (what, hint) = silence(&train(&folder, &wires));
    assert!(what.contains("the voltage is lost in the wires; without this mechanism, the layer emits "), "{what}");
    assert!(
        hint.contains("or cut the lines into smaller tiles with `device.converters.tile_rows = 392` (now 784)"),
        "{hint}"
    );
    let cut = train(&folder, &[&wires[..], &["device.converters.tile_rows=64"]].concat());
    assert!(!cut.stderr.contains("silent"), "shorter lines lose less: {cut:#?}");
    let worse = ["device.wires.bit_line_ohm_per_cell=1000", "device.converters.tile_rows=64"];
    let (_, hint) = silence(&train(&folder, &[&wires[..2], &worse].concat()));
    assert!(hint.contains("`device.converters.tile_rows = 32` (now 64)"), "{hint}");
}

/// At 0.05 V, cells conduct (1 + 40 x 0.05²) / (1 + 40 x 0.5²) = 0.1 of the conductance that was measured at 0.5 V.
#[test]
fn names_the_iv_curve_as_cause() {
    let folder = Folder::new();
    let points = r#"[{ "resistance_ohm": 1000, "quadratic_per_volt": 0, "cubic_per_square_volt": 40 }]"#;
    let bent = format!(r#""nonlinearity": {{ "reference_volts": 0.5, "highest_volts": 0.5, "points": {points} }}"#);
    let window = r#""window": { "low_resistance_ohm": 1000, "high_resistance_ohm": 1000000 }"#;
    folder.write("iv.json", format!(r#"{{ "name": "iv", {window}, "read": {{ "volts": 0.05, {bent} }} }}"#));
    let (what, hint) = silence(&train(&folder, &["hardware.device=./iv.json", "weights.sigma_init=0.003"]));
    let cause = "cause: the I-V curve reduces the initial weights (device.read.volts = 0.05); without this mechanism, ";
    assert!(what.contains(cause), "{what}");
    let remedy = "or set `device.read.volts` to 0.5, the voltage of the measured conductances";
    assert!(hint.contains(remedy) && !hint.contains("noise"), "{hint}");
    // At this voltage the network fires.
    let fires = train(&folder, &["hardware.device=./iv.json", "weights.sigma_init=0.003", "device.read.volts=0.5"]);
    assert!(!fires.stderr.contains("silent"), "{}", fires.stderr);
}

#[test]
fn names_reference_cells_as_cause() {
    let folder = Folder::new();
    let window = r#""window": { "low_resistance_ohm": 1000, "high_resistance_ohm": 1000000 }"#;
    let branch = r#""reference_branch": { "kind": "cell", "sigma_ln_resistance": 3 }"#;
    folder.write("ref.json", format!(r#"{{ "name": "ref", {window}, {branch} }}"#));
    let (what, hint) = silence(&train(&folder, &["hardware.device=./ref.json", "weights.sigma_init=0.003"]));
    let cause = "cause: variation of the reference cells exceeds the initial weights \
                 (device.reference_branch.sigma_ln_resistance = 3); without this mechanism, ";
    assert!(what.contains(cause), "{what}");
    assert!(hint.ends_with("halve `device.reference_branch.sigma_ln_resistance`"), "{hint}");
}

/// A threshold is worth 0.2 V x 999 µS = 199.8 µA, and the converters report no more than 1 µA.
#[test]
fn names_a_converter_range_as_cause() {
    let folder = Folder::new();
    let adc =
        r#""converters": { "adc": { "bits": 8, "codes": "signed", "range": "fixed", "full_scale_microamperes": 1 } }"#;
    let window = r#""window": { "low_resistance_ohm": 1000, "high_resistance_ohm": 1000000 }"#;
    folder.write("adc.json", format!(r#"{{ "name": "adc", {window}, "read": {{ "volts": 0.2 }}, {adc} }}"#));
    for sigma in ["weights.sigma_init=0.005", "weights.sigma_init=0.3"] {
        let (what, hint) = silence(&train(&folder, &["hardware.device=./adc.json", sigma]));
        assert!(what.contains("8 bits and a full scale of 1.00 µA (one threshold is 200 µA)"), "{what}");
        // 199.8 as f32, rounded up.
        assert!(hint.starts_with("raise `device.converters.adc.full_scale_microamperes` to 199.9 or more"), "{hint}");
    }
    // With a larger range the network fires, but is clipped.
    let cut = train(
        &folder,
        &["hardware.device=./adc.json", "weights.sigma_init=0.005", "device.converters.adc.full_scale_microamperes=20"],
    );
    assert!(cut.stdout.lines().last().is_some_and(|line| line.contains("clipped")), "{cut:#?}");
}

/// Writes a device with strong drift and without noise.
fn write_drifting(folder: &Folder) {
    let drift = r#""drift": { "law": "log-time", "reference_seconds": 1, "mean_microsiemens_per_ln": -1,
        "sigma_microsiemens_per_ln": 0, "sigma_microsiemens_at_reference": 0 }"#;
    let window = r#""window": { "low_resistance_ohm": 1000, "high_resistance_ohm": 1000000 }"#;
    folder.write("drift.json", format!(r#"{{ "name": "drifting", {window}, {drift} }}"#));
}

/// Initial weights emit no spike after the rest, and trained ones do.
#[test]
fn a_trained_network_that_works_after_its_rest_is_not_silent() {
    let folder = Folder::new();
    write_drifting(&folder);
    let rest = ["hardware.device=./drift.json", "weights.sigma_init=0.003", "hardware.retention_seconds=20"];
    let trained = ["training.epochs=3", "training.batch=64", "training.learning_rate=0.02"];
    let answer = train(&folder, &[&rest[..], &trained[..]].concat());
    assert!(!answer.stderr.contains("silent") && !answer.stdout.contains("health: silent"), "{answer:#?}");
    let untrained = train(&folder, &[&rest[..], &["training.epochs=0"]].concat());
    let (what, _) = silence(&untrained);
    assert!(what.starts_with("warning: silent: hidden layer 1 emits 0 spikes per sample before training"), "{what}");
}

#[test]
fn names_drift_as_cause() {
    let folder = Folder::new();
    write_drifting(&folder);
    let rest = ["hardware.device=./drift.json", "weights.sigma_init=0.003", "hardware.retention_seconds=100000"];
    let (what, hint) = silence(&train(&folder, &rest));
    assert!(what.contains("the cells drift too far before the test (hardware.retention_seconds = 100000)"), "{what}");
    let shorter = hint.split("shorten `hardware.retention_seconds` to ").nth(1).and_then(|rest| rest.split(' ').next());
    let shorter = format!("hardware.retention_seconds={}", shorter.unwrap_or_else(|| panic!("{hint}")));
    let fires = train(&folder, &[&rest[..2], &[&*shorter]].concat());
    assert!(!fires.stderr.contains("silent"), "{hint}: {}", fires.stderr);
}

/// The quickstart at 20 % noise, with fewer epochs.
#[test]
fn the_quickstart_is_healthy() {
    let folder = Folder::new();
    folder.write("quickstart.toml", include_str!("../../experiments/studies/quickstart.toml"));
    let one =
        ["network.excitatory_fraction=0.8", "noise.level_percent=20", "training.epochs=3", "outcome.last_epochs=1"];
    let set: Vec<&str> = one.iter().flat_map(|set| ["--set", *set]).collect();
    let answer = folder.run(&[&["train", "quickstart.toml"], &set[..]].concat()).succeeds();
    let health = answer.stdout.lines().last().unwrap_or_default();
    assert!(health.starts_with("health: nothing found; convergence was not tested"), "{answer:#?}");
    assert!(!answer.stderr.contains("warning"), "{}", answer.stderr);
}

const SWEEP: &str = r#"
name = "faulty"
question = "How many stuck cells does a network tolerate?"

[network]
hidden = 8

[weights]
sigma_init = 0.003

[hardware]
device = "ideal"

[device.faults]
p_high_resistance = [0, 0.1, 1]

[training]
epochs = 2

[outcome]
last_epochs = 1
"#;

#[test]
fn silent_trials_are_reported_and_excluded_from_answers() {
    let folder = Folder::new();
    folder.write("faulty.toml", SWEEP);
    let run = folder.run(&["run", "faulty.toml", "--threads", "1"]).succeeds();
    assert!(run.stdout.contains("\n1 of 3 trials is excluded from all results: silent 1\n"), "{}", run.stdout);
    assert!(run.stdout.contains(" (silent 1)"), "{}", run.stdout);
    assert!(
        run.stderr.contains("warning: silent: ") && run.stderr.contains("faulty cells remove too many weights"),
        "{}",
        run.stderr
    );

    let summary = folder.text("results/faulty/summary.csv");
    let rows: Vec<Vec<&str>> = summary.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows[0][6..8], ["n_usable", "n_silent"], "{summary}");
    assert_eq!((rows[1][6], rows[1][7], rows[3][6], rows[3][7]), ("1", "0", "0", "1"), "{summary}");

    let records = folder.records("results/faulty/records/0001.jsonl");
    let silent = records.iter().filter(|record| record["health"][0]["state"] == "silent").count();
    assert_eq!(silent, 1, "one record says so");

    let status = folder.run(&["status", "faulty.toml"]).succeeds();
    assert!(status.stdout.contains("\n  1 of 3 trials is excluded from all results: silent 1\n"), "{}", status.stdout);

    folder.run(&["export", "faulty.toml", "--file", "trials.csv"]).succeeds();
    let trials = folder.text("trials.csv");
    assert!(trials.lines().next().is_some_and(|names| names.contains(",usable,health,health_reason")), "{trials}");
    assert_eq!(trials.lines().filter(|row| row.contains(",no,silent; at chance,")).count(), 1, "{trials}");

    folder.run(&["report", "faulty.toml"]).succeeds();
    let page = folder.text("results/faulty/report.html");
    assert!(
        page.contains("<section id=\"health\">") && page.contains("This answer excludes 1 of 3 trials: 1 silent."),
        "{page}"
    );
}
