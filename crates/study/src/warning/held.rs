//! Warnings about tables of a device that do not cover its window.

use ohmspike_crossbar::device::{Device, DriftBounds, Scheme, TableRange, WriteNoise};
use ohmspike_crossbar::{WriteClip, write_clip};

use crate::significant::significant;

/// A table that does not cover the targets of writes.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "device `{device}`: {key}: the table does not cover the window of {} to {} ohm: {}\n\n\
     hint: add points up to the ends of the window; don't narrow the window to the table: {}", significant(window.0),
    significant(window.1), held(*below, *above), cut(clips, *stops_drift)
)]
pub struct HeldTable {
    /// Name of the device.
    pub device: String,
    /// Key of the table.
    pub key: &'static str,
    /// Ends of the window, ohm.
    pub window: (f64, f64),
    /// Resistance of the first point if the window starts below it, ohm.
    pub below: Option<f64>,
    /// Resistance of the last point if the window ends above it, ohm.
    pub above: Option<f64>,
    /// Target resistances, ohm, with the fraction of their writes that the window clips, 0 to 1.
    pub clips: Vec<(f64, f64)>,
    /// Whether drift ends at the window.
    pub stops_drift: bool,
}

/// A resistance outside a table of the device.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "device `{device}`: {key}: the table ends at {} ohm; its value there is also used at {} ohm\n\n\
     hint: choose a resistance within the table", significant(*end), significant(*resistance)
)]
pub struct HeldAt {
    /// Name of the device.
    pub device: String,
    /// Key of the table.
    pub key: &'static str,
    /// Requested resistance, ohm.
    pub resistance: f64,
    /// End of the table, ohm.
    pub end: f64,
}

/// Factor by which a window may go beyond a table without a warning: head-room for the outermost points, within which laws
/// hardly change.
const HEAD_ROOM: f64 = 1.1;

/// Smallest fraction of the writes to the end of a table that the window clips if this end is an outermost target, and the window has
/// head-room for the writes to it: 4.8 standard deviations.
const MIN_CLIPPED: f64 = 1e-6;

/// Distance in ln R of a resistance outside a table that makes no difference.
const NEXT: f64 = 0.01;

fn held(below: Option<f64>, above: Option<f64>) -> String {
    let ends = [("below", below), ("above", above)];
    let ends = ends.iter().filter_map(|(side, ohm)| ohm.map(|ohm| format!("{side} {} ohm", significant(ohm))));
    format!("its values stay constant {}", ends.collect::<Vec<String>>().join(" and "))
}

/// Describes the clipping by a window narrowed to the table, and by the present window.
fn cut(clips: &[(f64, f64)], stops_drift: bool) -> String {
    let clips =
        clips.iter().map(|(ohm, fraction)| format!("{} % at {} ohm", significant(100.0 * fraction), significant(*ohm)));
    let now = match clips.collect::<Vec<String>>().join(", ") {
        none if none.is_empty() => String::new(),
        fractions => format!("; the present window clips {fractions}"),
    };
    let drift = if stops_drift { ", and all drift beyond them" } else { "" };
    format!("that would clip half of the writes to the outermost points{drift}{now}")
}

/// Returns the tables of `device` that do not cover its write targets: the window, or the outermost levels.
pub(super) fn held_tables(device: &Device) -> Vec<HeldTable> {
    let [low, high] = device.targets();
    let window = [device.window.high(), device.window.low()].map(|end| 1e6 / f64::from(end));
    let warning = |table: TableRange| {
        let beyond = |end: &f64| !is_outermost(device, table, *end);
        let (below, above) = (table.held(low * HEAD_ROOM).filter(beyond), table.held(high / HEAD_ROOM).filter(beyond));
        (below.is_some() || above.is_some()).then(|| HeldTable {
            device: device.name.clone(),
            key: table.key,
            window: (window[0], window[1]),
            below,
            above,
            clips: clips(device, [window[0], table.first, table.last, window[1]]),
            stops_drift: device.drift.times().is_some() && device.drift.bounds() == DriftBounds::Window,
        })
    };
    device.tables().filter_map(warning).collect()
}

/// Returns whether the `end` of a table, ohm, is as far from the end of the window as an outermost target: the window then leaves room for the
/// writes to it, as that of a fit does. A table of I-V curves is no law of writes, and changes within this room.
fn is_outermost(device: &Device, table: TableRange, end: f64) -> bool {
    if !matches!(device.write.scheme, Scheme::Add) || device.current_table() == Some(table) {
        return false;
    }
    let side = |clip: WriteClip| if end == table.first { clip.above } else { clip.below };
    write_clip(device, 1e6 / end, None, 1.0).is_some_and(|clip| side(clip) > MIN_CLIPPED)
}

/// Returns the tables of `device` that do not cover `resistance`, ohm.
pub(super) fn held_at(device: &Device, resistance: f64) -> Vec<HeldAt> {
    let warning = |table: TableRange| {
        let (device, key, end) = (device.name.clone(), table.key, table.held(resistance)?);
        let far = (resistance / end).ln().abs() > NEXT;
        far.then_some(HeldAt { device, key, resistance, end })
    };
    device.tables().filter_map(warning).collect()
}

/// Returns the fraction of writes to each of `resistances` that the window clips; empty if the file states no write
/// noise.
fn clips(device: &Device, resistances: [f64; 4]) -> Vec<(f64, f64)> {
    if device.write.noise == WriteNoise::None {
        return Vec::new();
    }
    let (low, high) = (f64::from(device.window.low()), f64::from(device.window.high()));
    let mut clips: Vec<(f64, f64)> = Vec::new();
    for resistance in resistances {
        let within = (0.999 * low..=1.001 * high).contains(&(1e6 / resistance));
        let clip = write_clip(device, 1e6 / resistance, None, 1.0).filter(|_| within);
        if clips.iter().all(|(known, _)| *known != resistance) {
            // Too rare to ever be observed.
            let fraction = |clip: WriteClip| if clip.total() < 1e-9 { 0.0 } else { clip.total() };
            clips.extend(clip.map(|clip| (resistance, fraction(clip))));
        }
    }
    clips
}

#[cfg(test)]
mod tests {
    use ohmspike_crossbar::device::BUILT_IN;
    use ohmspike_snn::connection::Connection;

    use super::*;
    use crate::settings::Settings;
    use crate::warning::{Warning, warnings};

    fn messages(keys: &str) -> Vec<String> {
        let window = r#""window": { "low_resistance_ohm": 1000, "high_resistance_ohm": 1000000 }"#;
        let device = Device::from_json(&format!(r#"{{ "name": "test", {window}{keys} }}"#));
        held_tables(&device.unwrap()).iter().map(HeldTable::to_string).collect()
    }

    #[test]
    fn warns_about_tables_that_end_within_the_window() {
        let points = |ends: [f64; 2]| {
            format!(
                r#", "read": {{ "white": {{ "noise": "table", "points": [
                {{ "resistance_ohm": {}, "sigma_ln_resistance": 0.1 }},
                {{ "resistance_ohm": {}, "sigma_ln_resistance": 0.1 }}] }} }}"#,
                ends[0], ends[1]
            )
        };
        let of = |ends| messages(&points(ends));
        assert_eq!(of([1e3, 1e6]), [""; 0]);
        assert_eq!(
            of([2e3, 5e5]),
            [
                "device `test`: read.white.points: the table does not cover the window of 1000 to 1000000 ohm: its values \
                 stay constant below 2000 ohm and above 500000 ohm\n\nhint: add points up to the ends of the window; \
                 don't narrow the window to the table: that would clip half of the writes to the outermost points"
            ],
        );
        assert!(of([1e3, 5e5])[0].contains("its values stay constant above 500000 ohm\n"));
        // The head-room of a window is no gap in its table.
        assert_eq!(of([1.09e3, 0.92e6]), [""; 0]);
        assert!(of([1.11e3, 1e6])[0].contains("its values stay constant below 1110 ohm\n"));
    }

    /// Only these built-in files have tables that end within the window, and no other range warnings.
    #[test]
    fn built_in_devices_stay_within_their_laws() {
        let shapes = [(Connection::Feedforward(0), (4, 3)), (Connection::Readout, (3, 2))];
        for (name, _) in BUILT_IN {
            let loaded = Device::built_in(name).unwrap().into();
            let found = warnings(&Settings::default(), &Some(&loaded).into(), &shapes);
            let of_laws = |warning: &&Warning| {
                matches!(warning, Warning::Held(_) | Warning::Law(_) | Warning::Levels(_) | Warning::Map(_))
            };
            let found = found.iter().filter(of_laws);
            let keys: Vec<String> = found.map(|warning| warning.to_string()).collect();
            match *name {
                "1t1r-yousuf-2025" => assert!(keys.len() == 1 && keys[0].contains(": write.points: "), "{keys:?}"),
                "hfo2-1t1r-milo-2021" => {
                    assert!(keys.len() == 1 && keys[0].contains(": read.nonlinearity.points: "), "{keys:?}")
                }
                _ => assert_eq!(keys, [""; 0], "{name}"),
            }
        }
    }

    /// The ends of the window are rounded to f32 and back, which must not cause warnings.
    #[test]
    fn checks_every_table() {
        let keys: [(&str, &[&str]); 3] =
            [("illustrative-oxide", &[]), ("pcm-joshi-2020", &[]), ("cmo-hfox-falcone-2025", &[])];
        for (name, expected) in keys {
            let tables: Vec<&str> =
                held_tables(&Device::built_in(name).unwrap()).into_iter().map(|held| held.key).collect();
            assert_eq!(tables, expected, "{name}");
        }
        let point = |resistance: u32, keys: &str| format!(r#"{{ "resistance_ohm": {resistance}, {keys} }}"#);
        let held = |resistances: &[u32]| {
            let [write, drift, current] = [
                r#""sigma_ln_resistance": 0.1"#,
                r#""exponent": 0, "exponent_sigma": 0.1"#,
                r#""quadratic_per_volt": 0, "cubic_per_square_volt": 1"#,
            ]
            .map(|keys| resistances.iter().map(|at| point(*at, keys)).collect::<Vec<String>>().join(", "));
            messages(&format!(
                r#", "write": {{ "noise": "table", "points": [{write}] }},
                "drift": {{ "law": "power", "reference_seconds": 1, "points": [{drift}] }},
                "read": {{ "volts": 0.1, "nonlinearity": {{ "reference_volts": 0.1, "points": [{current}] }} }}"#
            ))
        };
        // One point is a constant.
        assert_eq!(held(&[5000]), [""; 0]);
        let told = held(&[5000, 6000]);
        for (told, key) in told.iter().zip(["write.points", "drift.points", "read.nonlinearity.points"]) {
            assert!(told.contains(key) && told.contains("below 5000 ohm and above 6000 ohm"), "{told}");
        }
        assert_eq!(told.len(), 3);
        // With σ(ln R) = 0.1, the window clips half of the writes to its ends, and none to 5 kΩ, 16 standard deviations
        // inside.
        let now =
            "the present window clips 50.0 % at 1000 ohm, 0 % at 5000 ohm, 0 % at 6000 ohm, 50.0 % at 1000000 ohm";
        assert!(told.iter().all(|told| told.ends_with(now)), "{told:?}");
    }

    /// The window of a fit is 3.72 standard deviations wider than the targets, at which its tables end. Half as wide again, it is no head-room.
    #[test]
    fn accepts_tables_that_end_at_the_outermost_targets() {
        let told = |deviations: f64| {
            let [low, high] = [1e4 * (-deviations * 0.1).exp(), 1e5 * (deviations * 0.1).exp()];
            let device = Device::from_json(&format!(
                r#"{{ "name": "test", "window": {{ "low_resistance_ohm": {low}, "high_resistance_ohm": {high} }},
                "write": {{ "noise": "table", "points": [{{ "resistance_ohm": 1e4, "sigma_ln_resistance": 0.1 }},
                           {{ "resistance_ohm": 1e5, "sigma_ln_resistance": 0.1 }}] }},
                "drift": {{ "law": "power", "reference_seconds": 1,
                            "points": [{{ "resistance_ohm": 1.01e4, "exponent": 0, "exponent_sigma": 0.1 }},
                                       {{ "resistance_ohm": 0.99e5, "exponent": 0, "exponent_sigma": 0.1 }}] }} }}"#
            ));
            held_tables(&device.unwrap()).iter().map(|held| held.key).collect::<Vec<&str>>()
        };
        assert_eq!(told(3.72), [""; 0]);
        assert_eq!(told(5.58), ["write.points", "drift.points"]);
    }

    /// The window is wider than the levels to keep the spread of the outermost ones, so the warning must not suggest
    /// narrowing it.
    #[test]
    fn accepts_tables_that_cover_the_levels() {
        let points = r#"[{ "resistance_ohm": 5000, "sigma_ln_resistance": 0.1 }, { "resistance_ohm": 100000, "sigma_ln_resistance": 0.1 }]"#;
        let device = |levels: &str| {
            messages(&format!(
                r#", "write": {{ "noise": "table", "points": {points} }}, "levels": {{ "microsiemens": {levels} }}"#
            ))
        };
        assert_eq!(device("[10, 50, 200]"), [""; 0]);
        assert!(device("[5, 50, 200]")[0].contains("its values stay constant above 100000 ohm\n"));
    }
}
