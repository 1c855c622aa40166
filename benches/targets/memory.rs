//! Memory of the data set and of a trial.
//!
//! A trial is measured as the peak of the whole process minus the encoded data. This includes the program, memory that
//! the allocator kept from reading the data, and the trial with its evaluations, so it overestimates the trial.

use std::fs;

use benches::Stage;
use ohmspike_crossbar::device::Device;
use ohmspike_simd::Serial;
use ohmspike_study::prepare::LoadedDevice;
use ohmspike_study::trial::{TrialInput, run_trial};

use crate::Run;
use crate::table::{Line, Needs, Target};

const MEGABYTE: f64 = 1e6;

/// Measures the encoded images, and trials of one epoch with digital weights and in arrays.
pub fn lines(stage: &Stage, _: Run) -> Vec<Line> {
    let encoded = encoded_bytes(stage) / MEGABYTE;
    let data = Line {
        what: "encoded data set".to_owned(),
        measured: vec![encoded],
        unit: "MB",
        target: Target::AtMost(120.0),
        needs: Needs::FullSet,
        details: "shared by all trials of a process".to_owned(),
    };
    let trials = [None, Some("illustrative-oxide")].map(|device| trial(stage, device, encoded));
    [data].into_iter().chain(trials).collect()
}

fn encoded_bytes(stage: &Stage) -> f64 {
    let samples = [&stage.data.train, &stage.data.test];
    samples.iter().map(|samples| samples.spikes.bytes() + samples.labels.len()).sum::<usize>() as f64
}

fn trial(stage: &Stage, device: Option<&str>, encoded: f64) -> Line {
    let mut settings = stage.settings.clone();
    settings.training.epochs = 1;
    let loaded = device.map(|name| LoadedDevice::from(Device::built_in(name).expect("a built-in device")));
    forget_peak();
    let before = resident("VmRSS");
    run_trial(
        &TrialInput { settings: &settings, devices: &loaded.as_ref().into(), data: &stage.data, seed: 1 },
        None,
        &Serial,
        &mut |_| {},
    )
    .expect("the trial starts");
    let peak = resident("VmHWM");
    let grown = before.zip(peak).map(|(before, peak)| format!("{:.1} MB more than before the trial", peak - before));
    Line {
        what: format!("a process with one trial, {}, without the data set", device.unwrap_or("abstract noise")),
        measured: peak.into_iter().map(|peak| peak - encoded).collect(),
        unit: "MB",
        target: Target::AtMost(150.0),
        needs: Needs::FullSet,
        details: grown.unwrap_or_else(|| "needs /proc".to_owned()),
    }
}

/// Resets the peak memory of this process, if the system supports it; otherwise the peak includes reading the data.
pub fn forget_peak() {
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// Returns the value of `key` in /proc, MB.
pub fn resident(key: &str) -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
    let kibibytes: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024.0 / MEGABYTE)
}
