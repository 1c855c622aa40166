//! Fraction of the writes that the window clips, at each target.

use std::fmt::Write;

use ohmspike_crossbar::device::{Device, Scheme, WriteNoise};
use ohmspike_crossbar::{WriteClip, write_clip};
use ohmspike_study::significant::{short, significant};

use super::spreads::{resistances, significant_percent};

/// Largest number of levels that are listed one by one; of more levels only the outermost two are.
const MAX_LEVELS: usize = 16;

/// A target of writes, and the writes to it that the window clips.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClippedTarget {
    /// Target, µS.
    pub target: f64,
    /// Clipped fractions of one write, or of one try of a verified write.
    pub clip: WriteClip,
}

impl ClippedTarget {
    /// Returns the clipped writes in percent; values below a millionth of a percent are zero.
    pub fn percent(&self) -> f64 {
        significant_percent(self.clip.total())
    }
}

/// Returns the clipped writes at the levels of `device`, or without levels at the ends of its window and the points of its table
/// of write noise or the decades between them. Empty if writes are exact or the study sets their noise.
pub fn clipped_targets(device: &Device) -> Vec<ClippedTarget> {
    if matches!(device.write.noise, WriteNoise::None | WriteNoise::FromStudy) {
        return Vec::new();
    }
    clipped_at(device, targets(device))
}

/// Returns the clipped writes to `targets`, µS.
fn clipped_at(device: &Device, targets: Vec<f64>) -> Vec<ClippedTarget> {
    let clip = |target: f64| write_clip(device, target, None, 1.0).map(|clip| ClippedTarget { target, clip });
    targets.into_iter().filter_map(clip).collect()
}

/// Returns the targets of writes, µS, in order of rising resistance.
fn targets(device: &Device) -> Vec<f64> {
    let mut levels = device.levels.values(&device.window);
    match levels[..] {
        [] => {
            let points = table_points(device);
            let at = if points.is_empty() { resistances(&device.window) } else { points };
            at.into_iter().map(|resistance| 1e6 / resistance).collect()
        }
        [low, .., high] if levels.len() > MAX_LEVELS => vec![high, low],
        _ => {
            levels.reverse();
            levels
        }
    }
}

/// Returns the resistances of a short table of write noise and the ends of the window, Ω, rising; empty for other noise.
fn table_points(device: &Device) -> Vec<f64> {
    let WriteNoise::Table(table) = &device.write.noise else { return Vec::new() };
    let [low, high] = [device.window.high(), device.window.low()].map(|end| 1e6 / f64::from(end));
    let inside = |ohm: &f64| *ohm > low * 1.001 && *ohm < high / 1.001;
    let points: Vec<f64> = table.points().iter().map(|point| point.resistance_ohm).filter(inside).collect();
    if points.len() > MAX_LEVELS { Vec::new() } else { [vec![low], points, vec![high]].concat() }
}

/// Returns the clipped writes as one sentence, for a caption; empty if there are none to tell.
pub fn clip_caption(device: &Device) -> String {
    let targets = clipped_targets(device);
    if targets.is_empty() {
        return String::new();
    }
    let (some, none): (Vec<&ClippedTarget>, Vec<_>) = targets.iter().partition(|at| at.percent() > 0.0);
    let listed = |of: &[&ClippedTarget]| {
        let all: Vec<String> = of.iter().map(|at| short(at.target)).collect();
        match &all[..] {
            [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
            _ => all.join(", "),
        }
    };
    let tries = if matches!(device.write.scheme, Scheme::Verify(_)) { "first tries" } else { "writes" };
    let at = |(number, target): (usize, &&ClippedTarget)| {
        let of = if number == 0 { format!("of the {tries} ") } else { String::new() };
        format!("{} % {of}to {} µS", short(target.percent()), short(target.target))
    };
    let clipped = some.iter().enumerate().map(at).collect::<Vec<String>>().join(", ");
    match (some.is_empty(), none.is_empty()) {
        (true, _) => format!("The window clips no {tries} to {} µS.", listed(&none)),
        (_, true) => format!("The window clips {clipped}."),
        _ => format!("The window clips {clipped}, and none to {} µS.", listed(&none)),
    }
}

/// Returns the clipped writes as a table for a terminal, or one line if there are none to tell.
pub fn clip_table(device: &Device) -> String {
    table(device, clipped_targets(device))
}

/// Returns the table of [`clip_table`] for rising `measured` targets, µS, and the ends of the window.
pub fn clip_table_at(device: &Device, measured: &[f64]) -> String {
    let (low, high) = (f64::from(device.window.low()), f64::from(device.window.high()));
    let inside = measured.iter().copied().filter(|target| *target > low * 1.001 && *target < high / 1.001);
    let mut targets: Vec<f64> = [low].into_iter().chain(inside).chain([high]).collect();
    targets.reverse();
    match device.write.noise {
        WriteNoise::None | WriteNoise::FromStudy => clip_table(device),
        _ => table(device, clipped_at(device, targets)),
    }
}

fn table(device: &Device, targets: Vec<ClippedTarget>) -> String {
    match device.write.noise {
        _ if !targets.is_empty() => {}
        WriteNoise::FromStudy => {
            return "writes clipped by the window: depends on the study, which sets the noise\n".to_owned();
        }
        _ => return "writes clipped by the window: none, the device has no write noise\n".to_owned(),
    }
    let tries = if matches!(device.write.scheme, Scheme::Verify(_)) { ", of one try" } else { "" };
    let mut text = format!("writes clipped by the window{tries}:\n");
    let _ = writeln!(text, "{:>14} {:>10} {:>10} {:>10}", "at ohm", "µS", "% below", "% above");
    for ClippedTarget { target, clip } in targets {
        let percent = |fraction| short(significant_percent(fraction));
        let _ = writeln!(
            text,
            "{:>14} {:>10} {:>10} {:>10}",
            significant(1e6 / target),
            significant(target),
            percent(clip.below),
            percent(clip.above)
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(sections: &str) -> Device {
        let window = r#""window": { "low_resistance_ohm": 10000, "high_resistance_ohm": 100000 }"#;
        Device::from_json(&format!(r#"{{ "name": "x", {window}, {sections} }}"#)).unwrap()
    }

    const NOISE: &str = r#""write": { "noise": "constant", "sigma_microsiemens": 5 }"#;

    /// 90 µS is two standard deviations below the upper end: 1 - Phi(2) = 2.275 %.
    #[test]
    fn measured_targets_are_listed_with_the_ends() {
        let text = clip_table_at(&device(NOISE), &[10.0, 30.0, 90.0]);
        let column: Vec<&str> = text.lines().skip(2).filter_map(|line| line.split_whitespace().nth(1)).collect();
        assert_eq!(column, ["100", "90.0", "30.0", "10.0"]);
    }

    #[test]
    fn levels_are_the_targets() {
        let listed = device(&format!(r#"{NOISE}, "levels": {{ "microsiemens": [30, 90] }}"#));
        let found = clipped_targets(&listed);
        assert_eq!(found.iter().map(|at| at.target).collect::<Vec<f64>>(), [90.0, 30.0]);
        assert!((found[0].percent() - 2.275).abs() < 1e-3, "{found:?}");
        let caption = "The window clips 2.28 % of the writes to 90 µS, 0.00317 % to 30 µS.";
        assert_eq!(clip_caption(&listed), caption);
        let even = device(&format!(r#"{NOISE}, "levels": {{ "count": 3, "spacing": "ln-conductance" }}"#));
        let at: Vec<f64> = clipped_targets(&even).iter().map(|at| at.target.round()).collect();
        assert_eq!(at, [100.0, 32.0, 10.0]);
        let fine = device(&format!(r#"{NOISE}, "levels": {{ "count": 64, "spacing": "conductance" }}"#));
        assert_eq!(clipped_targets(&fine).len(), 2);
    }

    #[test]
    fn exact_writes_and_noise_of_the_study_have_one_line() {
        let exact = Device::built_in("ideal").unwrap();
        assert_eq!((clipped_targets(&exact).len(), clip_caption(&exact).as_str()), (0, ""));
        assert!(clip_table(&exact).ends_with("none, the device has no write noise\n"));
        assert!(clip_table(&Device::built_in("study-1k-1m").unwrap()).contains("depends on the study"));
        let table = clip_table(&device(NOISE));
        assert!(table.lines().nth(2).is_some_and(|line| line.ends_with(" 50")), "{table}");
    }
}
