//! Warnings about levels at the ends of the window, which clips half of the writes to them.

use ohmspike_crossbar::device::{Device, LevelSpacing, Levels};
use ohmspike_crossbar::write_clip;

use crate::significant::significant;

/// Fraction of clipped writes to a level above which the warning appears. Above 1 %, cells no longer have the spread
/// that the file states; the same limit holds for writes that end at the upper end of the window in training.
const CLIPPED: f64 = 0.01;

/// Outermost levels too close to an end of the window.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "device `{device}`: levels: the window of {} to {} µS clips {}: {} less spread than the file states and cannot \
     drift further\n\n\
     hint: widen `device.window` to three standard deviations of a write beyond the outermost levels, and list the \
     levels in `device.levels.microsiemens`", window.0, window.1, fractions(clipped),
    if clipped.len() == 1 { "its cells have" } else { "their cells have" }
)]
pub struct ClippedLevels {
    /// Name of the device.
    pub device: String,
    /// Levels, µS, with the fraction of clipped writes, 0 to 1.
    pub clipped: Vec<(f64, f64)>,
    /// Ends of the window, µS.
    pub window: (f32, f32),
}

fn fractions(clipped: &[(f64, f64)]) -> String {
    let fraction = |(level, fraction): &(f64, f64)| {
        format!("{} % of the writes to the level at {} µS", significant(100.0 * fraction), significant(*level))
    };
    clipped.iter().map(fraction).collect::<Vec<String>>().join(" and ")
}

/// Returns a warning about the levels of `device` with too many clipped writes. `update_sigma` is the write noise in µS
/// for a device that takes it from the study; `scale` multiplies the write noise of the file.
pub(super) fn clipped_levels(device: &Device, update_sigma: Option<f64>, scale: f64) -> Option<ClippedLevels> {
    let (low, high) = (f64::from(device.window.low()), f64::from(device.window.high()));
    let outermost = match &device.levels {
        Levels::Continuous => return None,
        Levels::Even { spacing: LevelSpacing::Conductance | LevelSpacing::LnConductance, .. } => [low, high],
        Levels::Listed(levels) => [*levels.first()?, *levels.last()?],
    };
    let fraction = |level: f64| (level, write_clip(device, level, update_sigma, scale).unwrap_or_default().total());
    let clipped: Vec<(f64, f64)> =
        outermost.map(fraction).into_iter().filter(|(_, fraction)| *fraction > CLIPPED).collect();
    let (device, window) = (device.name.clone(), (device.window.low(), device.window.high()));
    (!clipped.is_empty()).then_some(ClippedLevels { device, clipped, window })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(sections: &str, scale: f64) -> Option<String> {
        let window = r#""window": { "low_resistance_ohm": 10000, "high_resistance_ohm": 100000 }"#;
        let device = Device::from_json(&format!(r#"{{ "name": "x", {window}, {sections} }}"#)).expect("a device");
        clipped_levels(&device, None, scale).map(|told| told.to_string())
    }

    const NOISE: &str = r#""write": { "noise": "constant", "sigma_microsiemens": 2 }"#;

    /// Window of 10 to 100 µS; it clips 0.62 % at 2.5 standard deviations and 10.6 % at 1.25.
    #[test]
    fn warns_about_levels_at_the_ends_of_the_window() {
        let even = messages(&format!(r#"{NOISE}, "levels": {{ "count": 8, "spacing": "conductance" }}"#), 1.0)
            .expect("a warning");
        let expected = "device `x`: levels: the window of 10 to 100 µS clips 50.0 % of the writes to the level at 10.0 \
                        µS and 50.0 % of the writes to the level at 100 µS: their cells have less spread than the \
                        file states and cannot drift further\n\nhint: widen `device.window` to three standard \
                        deviations";
        assert!(even.starts_with(expected), "{even}");
        let listed = format!(r#"{NOISE}, "levels": {{ "microsiemens": [20, 60, 95] }}"#);
        assert_eq!(messages(&listed, 1.0), None);
        let one = messages(&listed, 2.0).expect("a warning");
        assert!(one.contains("clips 10.6 % of the writes to the level at 95.0 µS: its cells have"), "{one}");
        assert_eq!(messages(r#""levels": { "count": 8, "spacing": "ln-conductance" }"#, 1.0), None);
        assert_eq!(messages(NOISE, 1.0), None);
    }
}
