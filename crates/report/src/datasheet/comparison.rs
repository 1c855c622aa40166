//! Two devices side by side: mechanisms, noise, drift, pulses and costs.

use std::fmt::Write;

use ohmspike_crossbar::device::{Device, Direction};
use ohmspike_crossbar::spread::{SpreadRow, read_spread, write_spread};
use ohmspike_crossbar::write_clip;
use ohmspike_study::significant::{short, significant, wrapped};

use super::drift::{TIMES, moments};
use super::held::HELD;
use super::mechanisms::mechanisms;
use super::page;
use super::spreads::{resistances, significant_percent};
use super::writing::{pulses_of_swing, tries};

/// Width of the names of mechanisms, and of the description of one device.
const NAME: usize = 18;
const COLUMN: usize = 50;
/// Resistances closer than this, relative, share a row.
const SAME: f64 = 0.02;

/// Returns `one` and `other` side by side: window and mechanisms, write and read noise in several units, drift at common times,
/// tries of verified writes. Rows cover the windows of both; `-` marks a value outside the window of a device.
pub fn comparison(one: &Device, other: &Device) -> String {
    let both = [one, other];
    let mut text = String::new();
    row(&mut text, "", [one.name.clone(), other.name.clone()]);
    row(&mut text, "window", both.map(page::window));
    for ((name, one), (_, other)) in mechanisms(one).into_iter().zip(mechanisms(other)) {
        row(&mut text, name, [one, other]);
    }
    for (name, direction) in [("pulses up", Direction::Up), ("pulses down", Direction::Down)] {
        if both.iter().any(|device| device.write.pulses().is_some()) {
            let told = |device: &Device| device.write.pulses().map(|pulses| pulses_of_swing(pulses, direction));
            row(&mut text, name, both.map(|device| told(device).unwrap_or_else(|| "-".to_owned())));
        }
    }
    let at = common_resistances(both);
    noise(&mut text, "write noise", both, &at, true);
    noise(&mut text, "read noise", both, &at, false);
    drift(&mut text, both, &at);
    verified(&mut text, both, &at);
    text
}

/// Writes a name and two descriptions, each wrapped in its column; equal descriptions appear once.
fn row(text: &mut String, name: &str, told: [String; 2]) {
    let [one, other] = &told;
    let other = if one == other && !name.is_empty() { "the same" } else { other };
    let columns = [wrapped(one, COLUMN - 2), wrapped(other, COLUMN - 2)];
    for line in 0..columns[0].len().max(columns[1].len()) {
        let name = if line == 0 { name } else { "" };
        let [one, other] = [0, 1].map(|column| columns[column].get(line).map_or("", String::as_str));
        let _ = writeln!(text, "{}", format!("{name:<NAME$}{one:<COLUMN$}{other}").trim_end());
    }
}

/// Returns the resistances of the datasheets of both, Ω, ascending.
fn common_resistances(devices: [&Device; 2]) -> Vec<f64> {
    let mut all: Vec<f64> = devices.iter().flat_map(|device| resistances(&device.window)).collect();
    all.sort_by(f64::total_cmp);
    all.dedup_by(|next, kept| *next < *kept * (1.0 + SAME));
    all
}

/// Returns whether a cell of `device` can have `resistance`, Ω.
fn inside(device: &Device, resistance: f64) -> bool {
    let conductance = 1e6 / resistance;
    let (low, high) = (f64::from(device.window.low()), f64::from(device.window.high()));
    (low * (1.0 - SAME)..=high * (1.0 + SAME)).contains(&conductance)
}

/// Writes a table of write or read noise with columns of both devices; `writes` adds the clipped fraction.
fn noise(text: &mut String, what: &str, devices: [&Device; 2], at: &[f64], writes: bool) {
    let spread = |device: &Device, resistance: f64| {
        let of = if writes { write_spread } else { read_spread };
        of(device, &[resistance], None).first().copied().filter(|_| inside(device, resistance))
    };
    let rows: Vec<(f64, [Option<SpreadRow>; 2])> =
        at.iter().map(|&resistance| (resistance, devices.map(|device| spread(device, resistance)))).collect();
    if rows.iter().all(|(_, row)| row.iter().flatten().all(|row| row.sigma_microsiemens == 0.0)) {
        let _ = writeln!(text, "\n{what}: off in both, or set by the study");
        return;
    }
    let heads = ["µS", "% of G", "of ln R", if writes { "% clipped" } else { "" }].map(|head| format!("{head:>11}"));
    let heads = heads.concat();
    let width = heads.chars().count() - 2;
    let _ = writeln!(text, "\n{what}, one standard deviation:");
    let name = |device: &Device| device.name.chars().take(width).collect::<String>();
    let _ = writeln!(text, "{:>NAME$}  {:>width$}  {:>width$}", "", name(devices[0]), name(devices[1]));
    let _ = writeln!(text, "{}", format!("{:>NAME$}{heads}{heads}", "at ohm").trim_end());
    for (resistance, row) in rows {
        let _ = write!(text, "{:>NAME$}", significant(resistance));
        for (device, row) in devices.into_iter().zip(row) {
            let clip = row.and_then(|row| write_clip(device, row.conductance_microsiemens, None, 1.0));
            let cells = [
                row.map(|row| significant(row.sigma_microsiemens)),
                row.map(|row| significant(row.percent_of_conductance)),
                row.map(|row| significant(row.sigma_ln_resistance)),
                clip.map(|clip| short(significant_percent(clip.total()))),
            ];
            for cell in cells.into_iter().take(if writes { 4 } else { 3 }) {
                let _ = write!(text, "{:>11}", cell.unwrap_or_else(|| "-".to_owned()));
            }
            text.push_str(if writes { "" } else { "           " });
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
}

/// Writes mean and standard deviation after common times, one line per device; nothing if neither drifts.
fn drift(text: &mut String, devices: [&Device; 2], at: &[f64]) {
    if devices.iter().all(|device| device.drift.is_off()) {
        return;
    }
    let width = devices.map(|device| device.name.chars().count()).into_iter().max().unwrap_or(0);
    let _ = writeln!(text, "\ndrift, mean ± one standard deviation in µS after:");
    let _ = write!(text, "{:>NAME$}  {:<width$}", "at ohm", "device");
    for (name, _) in TIMES {
        let _ = write!(text, " {name:>20}");
    }
    text.push('\n');
    let mut any_held = false;
    for &resistance in at {
        for device in devices.into_iter().filter(|device| !device.drift.is_off() && inside(device, resistance)) {
            let _ = write!(text, "{:>NAME$}  {:<width$}", significant(resistance), device.name);
            for (_, seconds) in TIMES {
                let (mean, sd) = moments(device, 1e6 / resistance, seconds);
                let held = device.drift.times().is_some_and(|times| times.held(seconds).is_some());
                any_held |= held;
                let mark = if held { HELD } else { "" };
                let _ = write!(text, " {:>20}", format!("{} ±{}{mark}", significant(mean), short(sd)));
            }
            text.push('\n');
        }
    }
    if any_held {
        text.push_str("  (held): the time is outside the law of the device, so the value at its end applies\n");
    }
}

/// Writes the tries of verified writes; nothing if neither device is verified.
fn verified(text: &mut String, devices: [&Device; 2], at: &[f64]) {
    let cell = |device: &Device, resistance: f64| {
        let tries = tries(device, resistance).filter(|_| inside(device, resistance))?;
        Some(format!("{} tries, {} % failed", significant(tries.mean), short(100.0 * tries.failed)))
    };
    let rows: Vec<(f64, [Option<String>; 2])> =
        at.iter().map(|&resistance| (resistance, devices.map(|device| cell(device, resistance)))).collect();
    if rows.iter().all(|(_, row)| row.iter().all(Option::is_none)) {
        return;
    }
    text.push_str("\nmean tries of a verified write from the middle of the window:\n");
    let _ = writeln!(text, "{:>NAME$}  {:<COLUMN$}{}", "at ohm", devices[0].name, devices[1].name);
    for (resistance, [one, other]) in rows {
        let [one, other] = [one, other].map(|cell| cell.unwrap_or_else(|| "-".to_owned()));
        let _ = writeln!(text, "{:>NAME$}  {one:<COLUMN$}{other}", significant(resistance));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(one: &str, other: &str) -> String {
        comparison(&Device::built_in(one).unwrap(), &Device::built_in(other).unwrap())
    }

    #[test]
    fn rows_cover_both_windows() {
        let text = compared("illustrative-oxide", "pcm-joshi-2020");
        let noise: Vec<&str> = text.lines().skip_while(|line| !line.starts_with("write noise,")).take(12).collect();
        let row = |start: &str| {
            let row = noise.iter().find(|line| line.trim_start().starts_with(start));
            row.unwrap_or_else(|| panic!("{start}: {text}")).split_whitespace().collect::<Vec<&str>>()
        };
        // 1 kohm is outside the window of the PCM, 5 Mohm outside that of the oxide.
        assert_eq!(row("1000 ")[1..], ["2.00", "0.200", "0.00200", "50", "-", "-", "-", "-"]);
        assert_eq!(row("5000000 ")[1..5], ["-"; 4]);
        assert!(row("100000 ")[1..].iter().all(|cell| *cell != "-"));
        assert!(text.contains("drift, mean ±") && text.contains("(held)"), "{text}");
        let width = text.lines().map(|line| line.chars().count()).max();
        assert!(width <= Some(125), "{width:?}");
    }

    #[test]
    fn equal_mechanisms_are_told_once() {
        let text = compared("ideal", "illustrative-oxide");
        let line = |name: &str| text.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
        assert!(line("window").ends_with("the same") && line("drift").ends_with("the same"), "{text}");
        assert!(line("write noise").contains("off") && !line("write noise").contains("the same"));
        assert!(!text.contains("tries"), "{text}");
    }

    #[test]
    fn verified_and_pulsed_writes_have_their_rows() {
        let text = compared("1t1r-yousuf-2025", "ecram-tang-2018");
        assert!(text.contains(" tries, "), "{text}");
        assert!(text.lines().any(|line| line.starts_with("pulses up")), "{text}");
    }
}
