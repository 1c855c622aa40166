//! `ohmspike train`.

use crate::ohmspike::Folder;

#[test]
fn prints_a_line_per_epoch_and_the_outcome() {
    let folder = Folder::with_tiny_study();
    let set = ["--set", "noise.level_percent=20", "--set", "training.epochs=2", "--set", "outcome.last_epochs=1"];
    let answer = folder.run(&[&["train", "tiny.toml", "--seed", "7"], &set[..]].concat()).succeeds();
    let lines: Vec<&str> = answer.stdout.lines().collect();
    assert_eq!(lines[0], "epoch     loss   accuracy %   spikes/sample   excitatory %   seconds");
    for (line, epoch) in lines[1..3].iter().zip(["1", "2"]) {
        let columns: Vec<&str> = line.split_whitespace().collect();
        assert_eq!((columns.len(), columns[0]), (6, epoch), "{line}");
        assert!(columns.iter().all(|column| column.parse::<f64>().is_ok_and(|value| value >= 0.0)), "{line}");
    }
    let accuracy = lines[2].split_whitespace().nth(2).expect("the third column");
    assert_eq!(lines[3], format!("outcome: {accuracy} % (mean test accuracy, last 1 of 2 epochs, seed 7)"));
    // 784 x 16 and 16 x 10 cells, 2 epochs of 160 batches.
    assert!(lines[4].starts_with("hidden-1 writes: 4014080, "), "{}", lines[4]);
    assert!(lines[5].starts_with("readout writes: 51200, "), "{}", lines[5]);
    // One pulse per cell and update, 2 x 160 in all.
    assert_eq!(
        lines[6],
        "hidden-1 pulses: 4014080; verify reads 0, failed writes 0, refreshes 0; pulses per cell: mean 320, maximum 320"
    );
    assert_eq!(
        lines[7],
        "readout pulses: 51200; verify reads 0, failed writes 0, refreshes 0; pulses per cell: mean 320, maximum 320"
    );
    // The device file has voltages and times, but no converters.
    assert_eq!((lines.len(), lines[10]), (12, "area: not specified"), "{}", answer.stdout);
    assert!(lines[11].starts_with("health: "), "{}", answer.stdout);
    for (line, what) in lines[8..10].iter().zip(["energy of training", "energy per inference"]) {
        assert!(line.starts_with(&format!("{what}: ")), "{line}");
        assert!(line.ends_with(", column converters not specified, row drivers not specified)"), "{line}");
    }
    assert!(answer.stderr.starts_with("device study-1k-1m: 1000 to 1000000 ohm"), "{}", answer.stderr);
    let sheet: Vec<&str> = answer.stderr.lines().skip_while(|line| !line.starts_with("  enabled: ")).collect();
    let off = "  disabled: device-to-device, levels, drift, RTN, I-V, faults, tiles, DAC, ADC";
    assert_eq!(sheet[..3], ["  enabled: scheme add", off, ""], "{}", answer.stderr);
    assert!(!folder.path("results").exists(), "nothing is recorded");
}

/// `train` and `run` with the same seed have the same outcome.
#[test]
fn the_outcome_equals_that_of_the_study() {
    let folder = Folder::with_tiny_study();
    let trained = folder.run(&["train", "tiny.toml", "--set", "noise.level_percent=100", "--seed", "2"]).succeeds();
    let chosen = ["--set", "noise.level_percent=100", "--set", "repeats.seeds=[2]"];
    folder.run(&[&["run", "tiny.toml"], &chosen[..]].concat()).succeeds();
    let records = folder.records("results/tiny/records/0001.jsonl");
    let outcome = 100.0 * records[0]["outcome"].as_f64().expect("a number");
    assert!(trained.stdout.contains(&format!("outcome: {outcome:.2} % ")), "{}", trained.stdout);
}

/// A 1 V write of 1 µs at 1 mS takes 1 nJ.
#[test]
fn prints_known_energies() {
    let folder = Folder::with_tiny_study();
    let set = ["noise.level_percent=1", "device.read.volts=0.2", "device.energy.write_volts=1"];
    let stated = ["device.energy.write_pulse_nanoseconds=1000", "device.energy.read_pulse_nanoseconds=10"];
    let set: Vec<&str> = set.iter().chain(&stated).flat_map(|key| ["--set", *key]).collect();
    let answer = folder.run(&[&["train", "tiny.toml"], &set[..]].concat()).succeeds();
    let energies: Vec<&str> = answer.stdout.lines().filter(|line| line.starts_with("energy ")).collect();
    for (line, what, unit) in [(energies[0], "energy of training", "J"), (energies[1], "energy per inference", " nJ")] {
        let told = line.strip_prefix(&format!("{what}: ")).unwrap_or_else(|| panic!("{line}"));
        let (sum, parts) = told.split_once(" (").expect("parts after the sum");
        assert!(sum.ends_with(unit) && sum.split(' ').next().is_some_and(|sum| sum.parse::<f64>().is_ok()), "{line}");
        let expected_end = ", column converters not specified, row drivers not specified)";
        assert!(parts.starts_with("writes ") && parts.contains(", reads ") && parts.ends_with(expected_end), "{line}");
    }
}

/// 784 x 16 and 16 x 10 cells with an exact reference; 784 rows are 7 tiles.
#[test]
fn prints_known_areas() {
    let folder = Folder::with_tiny_study();
    let set = ["noise.level_percent=1", "device.energy.cell_area_square_micrometres=1"];
    let tiles = ["device.energy.adc_area_square_micrometres=100", "device.converters.tile_rows=128"];
    let set: Vec<&str> = set.iter().chain(&tiles).flat_map(|key| ["--set", *key]).collect();
    let answer = folder.run(&[&["train", "tiny.toml"], &set[..]].concat()).succeeds();
    let area = answer.stdout.lines().find(|line| line.starts_with("area: ")).expect("a line on the area");
    assert_eq!(area, "area: cells 12700 µm², column converters 12200 µm²");
}

/// Warnings come after the device and before the first epoch.
#[test]
fn warnings_come_before_the_trial() {
    let folder = Folder::with_tiny_study();
    let set = ["--set", "noise.level_percent=1", "--set", "hardware.retention_seconds=3600"];
    let answer = folder.run(&[&["train", "tiny.toml"], &set[..]].concat()).succeeds();
    let warning = "\n\nwarning: hardware.retention_seconds: no effect: device `study-1k-1m` has no drift, so tests see the \
                   cells as they were after the last write\n\nhint: choose a device with a `drift` section or remove the \
                   key\n\n";
    assert!(answer.stderr.contains(warning), "{}", answer.stderr);
}

/// Digital weights have no pulses.
#[test]
fn digital_weights_cost_nothing() {
    let folder = Folder::with_tiny_study();
    let set = ["--set", "noise.level_percent=1", "--set", "hardware.device=none"];
    let answer = folder.run(&[&["train", "tiny.toml"], &set[..]].concat()).succeeds();
    assert!(!answer.stdout.contains("pulses") && !answer.stdout.contains("energy"), "{}", answer.stdout);
}

/// A long training must not end in a file that nothing can write.
#[test]
fn files_to_save_are_checked_before_training() {
    let folder = Folder::with_tiny_study();
    folder.write("file.npz", "mine");
    let train = ["train", "tiny.toml", "--set", "noise.level_percent=1"];
    for (flag, path, told) in [
        ("--save-weights", "gone/net.npz", "cannot write `gone/net.npz`: no such folder"),
        ("--save-weights", "file.npz/net.npz", "cannot write `file.npz/net.npz`: "),
        ("--save-weights", "net.txt", "--save-weights: expected a file name that ends in .csv or .npz, got `net.txt`"),
        ("--save-conductances", "gone/cells.csv", "cannot write `gone/cells.csv`: no such folder"),
    ] {
        let answer = folder.run(&[&train[..], &[flag, path]].concat());
        // No epoch is printed.
        assert_eq!((answer.status, answer.stdout.as_str()), (Some(2), ""), "{answer:#?}");
        assert!(answer.stderr.starts_with(&format!("error: {told}")), "{answer:#?}");
    }
    assert_eq!(folder.text("file.npz"), "mine");
}

#[test]
fn an_untrained_network_is_saved_with_its_outcome() {
    let folder = Folder::with_tiny_study();
    let set = ["--set", "noise.level_percent=1", "--set", "training.epochs=0", "--save-weights", "net.npz"];
    let answer = folder.run(&[&["train", "tiny.toml"], &set[..]].concat()).succeeds();
    assert!(answer.stdout.contains("\nsaved: net.npz\noutcome: "), "{}", answer.stdout);
    assert!(answer.stdout.contains(" % (test accuracy of the untrained network, seed 1)"), "{}", answer.stdout);
}
