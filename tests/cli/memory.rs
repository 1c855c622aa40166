//! The memory that a dry run states, compared with the peak that the kernel counts.

use std::fs;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use super::encoded;
use super::ohmspike::Folder;

/// Large layers, so that the copies of their matrices count and the program does not.
const WIDE: [&str; 5] =
    ["network.hidden=1500", "training.batch=512", "training.epochs=1", "noise.level_percent=1", "network.steps=40"];

/// Returns the peak of a run, bytes. The number in the file of the process only grows.
fn measured(folder: &Folder, arguments: &[&str]) -> u64 {
    let mut process = folder.ohmspike(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("starts");
    let status = format!("/proc/{}/status", process.id());
    let mut peak = 0;
    while process.try_wait().expect("a child").is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let kilobytes = text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        peak = kilobytes.and_then(|number| number.parse().ok()).map_or(peak, |number: u64| peak.max(1024 * number));
        thread::sleep(Duration::from_millis(1));
    }
    assert!(process.wait().expect("a child").success());
    peak
}

/// Returns the number before ` MB`, after the text `before`, as bytes.
fn stated(text: &str, before: &str) -> f64 {
    let number = text.split(before).nth(1).expect("a line about memory");
    let number: f64 = number.split(" MB").next().expect("MB").parse().expect("a number");
    1e6 * number
}

/// Spikes in files are resident while they are read, but not part of the stated peak.
#[test]
fn encoded_data_in_files_are_stated_apart() {
    let folder = Folder::with_tiny_study();
    encoded::import(&folder, 255);
    let mut arguments =
        vec!["run", "tiny.toml", "--threads", "2", "--set", "data.set=mine", "--set", "hardware.device=none"];
    arguments.extend(["--set", "hardware.weight_at_gmax=auto", "--set", "readout.weight_at_gmax=auto"]);
    [&WIDE[..3], &WIDE[4..]].concat().iter().for_each(|set| arguments.extend(["--set", set]));
    let stderr = folder.run(&[&arguments[..], &["--dry-run"]].concat()).succeeds().stderr;
    let [peak, files] = ["memory: about ", "encoded data of "].map(|before| stated(&stderr, before));
    let on_disk: usize = folder.files("cache/ohmspike/encoded").values().map(Vec::len).sum();
    // Headers, labels and padding are not spikes, and megabytes are rounded up.
    let on_disk = on_disk as f64;
    assert!((on_disk - 20e3..on_disk + 1e6).contains(&files), "stated {files} B, on disk {on_disk} B");
    // The program alone.
    assert!(stderr.contains("to read the data; then 30 MB, "), "{stderr}");
    let measured = measured(&folder, &arguments) as f64 - on_disk;
    assert!((0.8..1.7).contains(&(peak / measured)), "stated {peak} B, measured {measured} B without {on_disk} B");
}

#[test]
fn a_dry_run_states_the_memory_of_the_run() {
    for device in ["none", "illustrative-oxide"] {
        let folder = Folder::with_tiny_study();
        let device = format!("hardware.device={device}");
        let mut arguments = vec!["run", "tiny.toml", "--threads", "2", "--set", &device];
        if device.ends_with("none") {
            // Scales of a device.
            arguments.extend(["--set", "hardware.weight_at_gmax=auto", "--set", "readout.weight_at_gmax=auto"]);
        } else {
            // Its noise is its own.
            arguments.extend(["--set", "noise.level_percent=0"]);
        }
        let own = if device.ends_with("none") { &WIDE[..] } else { &[WIDE[0], WIDE[1], WIDE[2], WIDE[4]] };
        own.iter().for_each(|set| arguments.extend(["--set", set]));
        let stated = folder.run(&[&arguments[..], &["--dry-run"]].concat()).succeeds().stderr;
        let stated = self::stated(&stated, "memory: about ") / 1e6;
        let measured = measured(&folder, &arguments) as f64 / 1e6;
        assert!((0.8..1.7).contains(&(stated / measured)), "{device}: stated {stated} MB, measured {measured} MB");
    }
}
