//! What the data set and a trial take of memory.
//!
//! A trial is measured as the whole process less the encoded data: the program, what reading the data left to the
//! allocator, and the trial at its largest, with its looks at the test set. That is more than the trial itself.

use std::fs;

use benches::Stage;
use ohmspike_crossbar::device::Device;
use ohmspike_simd::Serial;
use ohmspike_study::prepare::LoadedDevice;
use ohmspike_study::trial::run_trial;

use crate::Run;
use crate::table::{Line, Needs, Target};

const MEGABYTE: f64 = 1e6;

/// The encoded images, and trials of one epoch with abstract weights and in arrays.
pub fn lines(stage: &Stage, _: Run) -> Vec<Line> {
    let encoded = encoded_bytes(stage) / MEGABYTE;
    let data = Line {
        what: "encoded data set".to_owned(),
        measured: vec![encoded],
        unit: "MB",
        target: Target::AtMost(120.0),
        needs: Needs::FullSet,
        beside: "shared by all trials of a process".to_owned(),
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
    run_trial(&settings, &loaded.as_ref().into(), &stage.data, 1, None, &Serial, &mut |_| {})
        .expect("the trial starts");
    let peak = resident("VmHWM");
    let grown = before.zip(peak).map(|(before, peak)| format!("{:.1} MB more than before it", peak - before));
    Line {
        what: format!("a process with one trial, {}, less the data set", device.unwrap_or("abstract noise")),
        measured: peak.into_iter().map(|peak| peak - encoded).collect(),
        unit: "MB",
        target: Target::AtMost(150.0),
        needs: Needs::FullSet,
        beside: grown.unwrap_or_else(|| "only where there is /proc".to_owned()),
    }
}

/// Lets the peak of this process start anew, where the system can do that; elsewhere it stays that of reading the data.
fn forget_peak() {
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// What /proc says of `key`, MB.
fn resident(key: &str) -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
    let kibibytes: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024.0 / MEGABYTE)
}
