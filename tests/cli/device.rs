//! `ohmspike device`; `device.trycmd` has its output and errors.

use crate::ohmspike::Folder;

const DEVICE: &str = r#"{ "name": "all of it", "window": { "low_resistance_ohm": 5000, "high_resistance_ohm": 200000 },
  "device_to_device": { "step_gain": "log-normal", "step_gain_sigma": 0.2 },
  "write": { "scheme": "pulsed", "noise": "none", "pulses": { "law": "soft-bounds", "up_step_percent_of_window": 4,
             "down_step_percent_of_window": 4, "cycle_sigma_percent_of_step": 30 } },
  "drift": { "law": "power", "reference_seconds": 20,
             "points": [{ "resistance_ohm": 5000, "exponent": 0.005, "exponent_sigma": 0.01 }] },
  "read": { "white": { "noise": "relative", "sigma_percent_of_conductance": 2 }, "volts": 0.2,
            "rtn": { "kind": "telegraph", "fraction_of_cells": 0.3, "reference_resistance_ohm": 10000,
                      "rate_per_second": 10, "amplitude_percent_of_conductance": 2 },
            "nonlinearity": { "reference_volts": 0.5, "points": [
              { "resistance_ohm": 5000, "quadratic_per_volt": 0.1, "cubic_per_square_volt": 1 }] } } }"#;

/// Standard deviation of column `name` of a CSV, and its number of rows.
fn sigma(csv: &str, name: &str) -> (f64, f64) {
    let mut lines = csv.lines();
    let column = lines.next().expect("a header").split(',').position(|column| column == name).expect("a column");
    let values: Vec<f64> =
        lines.map(|line| line.split(',').nth(column).expect("a cell").parse().expect("a number")).collect();
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    (((values.iter().map(|value| (value - mean) * (value - mean))).sum::<f64>() / (count - 1.0)).sqrt(), count)
}

#[test]
fn samples_are_csv_with_the_spread_of_the_device() {
    let folder = Folder::new();
    let sample =
        ["device", "sample", "illustrative-oxide", "--target-microsiemens", "100", "--count", "5000", "--read", "1"];
    let answer = folder.run(&[&sample[..], &["--cycles", "2", "--after", "1d"]].concat()).succeeds();
    let header = answer.stdout.lines().next().expect("a header");
    let columns = "cell,cycle,target_microsiemens,written_microsiemens,after_microsiemens,read_1_microsiemens";
    assert_eq!(header, columns);
    // In both cycles: write noise of 0.4 % of 100 µS, and read noise of 1 % on top.
    for (column, expected) in [("written_microsiemens", 0.4), ("read_1_microsiemens", 0.4f64.hypot(1.0))] {
        let (sigma, count) = sigma(&answer.stdout, column);
        assert_eq!(count, 10_000.0);
        // Five standard errors of a standard deviation.
        assert!((sigma - expected).abs() < 5.0 * expected / (2.0 * count).sqrt(), "{column}: {sigma}");
    }
    assert_eq!(answer.stderr, "");
}

#[test]
fn a_time_between_reads_needs_reads() {
    let folder = Folder::new();
    let sample = ["device", "sample", "illustrative-oxide", "--target-microsiemens", "100", "--count", "3"];
    let of = |more: &[&str]| folder.run(&[&sample[..], more].concat());
    for read in [&[][..], &["--read", "0"]] {
        let refused = of(&[&["--read-interval", "5s"], read].concat()).fails();
        let told = "error: --read-interval: no effect without `--read`\n\nhint: add `--read K`, ";
        assert!(refused.stderr.starts_with(told), "{}", refused.stderr);
    }
    // Without it, reads are a millisecond apart.
    let apart = of(&["--read", "3", "--read-interval", "1ms"]).succeeds();
    assert_eq!(of(&["--read", "3"]).succeeds().stdout, apart.stdout);
}

#[test]
fn equal_seeds_give_equal_output() {
    let folder = Folder::new();
    folder.write("device.json", DEVICE);
    let sample = [
        "device",
        "sample",
        "device.json",
        "--target-microsiemens",
        "100",
        "--count",
        "20",
        "--read",
        "3",
        "--after",
        "1h",
    ];
    let of = |seed: &str| folder.run(&[&sample[..], &["--seed", seed]].concat()).succeeds().stdout;
    assert_eq!(of("3"), of("3"));
    assert_ne!(of("3"), of("4"));
}

#[test]
fn a_plot_is_a_reproducible_svg_and_png() {
    let folder = Folder::new();
    folder.write("device.json", DEVICE);
    let answer = folder.run(&["device", "plot", "device.json"]).succeeds();
    assert_eq!(answer.stdout, "all-of-it.svg\nall-of-it.png\nall-of-it.csv\n");
    folder.run(&["device", "plot", "device.json", "--out", "again.svg"]).succeeds();
    assert_eq!(folder.bytes("all-of-it.svg"), folder.bytes("again.svg"));
    assert_eq!(folder.bytes("all-of-it.png"), folder.bytes("again.png"));
    let svg = folder.text("again.svg");
    for title in ["all of it", "update", "write noise", "read noise", "drift, median and 5 to 95 %"] {
        assert!(svg.contains(&format!(">{title}<")), "{title}");
    }
    // A table of one point is a constant, and ends nowhere.
    assert!(svg.contains(">I-V<"), "I-V");
    assert!(folder.bytes("again.png").starts_with(b"\x89PNG"));
}

#[test]
#[cfg(unix)]
fn a_closed_pipe_ends_the_samples() {
    let folder = Folder::new();
    let mut child = folder
        .ohmspike(&["device", "sample", "ideal", "--target-microsiemens", "5", "--count", "1000", "--cycles", "1000"])
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("the program ends");
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

#[test]
fn a_plot_creates_its_folder() {
    let folder = Folder::new();
    let answer = folder.run(&["device", "plot", "ideal", "--out", "new/folder/ideal.svg"]).succeeds();
    assert_eq!(answer.stdout, "new/folder/ideal.svg\nnew/folder/ideal.png\nnew/folder/ideal.csv\n");
    assert!(folder.path("new/folder/ideal.png").is_file());
}
