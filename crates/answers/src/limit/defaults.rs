//! What is known about a key: its harsh side, its harmless value, and the levels to search by default.
//!
//! | key | harsher | harmless | levels |
//! |---|---|---|---|
//! | `noise.level_percent` | larger | 0 | 0.1 to 1000 % |
//! | `hardware.write_spread_scale` | larger | 0 | 0.01 to 100 |
//! | `hardware.retention_seconds` | larger | 0 | 1 s to 10 years |
//! | `device.faults.p_*` | larger | 0 | 0.0001 to 0.5 |
//! | fractions of cells with telegraph noise | larger | 0 | 0.0001 to 1 |
//! | noise in % | larger | 0 | 0.01 to 100 %; to 1000 % of a step |
//! | sigma of ln, relative spreads | larger | 0 | 0.001 to 3 |
//! | noise in µS | larger | 0 | 0.01 to 100 % of the window |
//! | resistance of wires | larger | 0 | 0.01 to 100 ohm per cell, 1 to 10,000 ohm at the ends |
//! | bits of converters | smaller | no converter | 2 to 12 bits; drivers from 1 bit |
//! | `device.levels.count` | smaller | no levels | 2, 3, 4, 6, ..., 256 |
//! | ends of the window | narrower | as in the study | to a factor of 1.1 between the ends |
//! | tries, neurons, time steps, epochs | smaller | the mildest level | `tries`: 1 to 100; others none |

use ohmspike_analysis::limit::Direction::{self, LargerIsWorse, SmallerIsWorse};
use ohmspike_crossbar::device::Device;

/// Harmless state of a key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Harmless {
    /// This value disables the mechanism.
    Value(f64),
    /// Without this part of the device, the mechanism is disabled.
    Without(&'static str),
    /// There is none: the mildest level stands for it.
    Mildest,
}

/// Levels of a key before rounding and limits.
#[derive(Clone, Debug, PartialEq)]
pub enum Grid {
    /// A geometric grid, or all whole numbers.
    Range(f64, f64),
    /// A list.
    List(Vec<f64>),
}

/// What is known about a key.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// Its harsh side.
    pub direction: Direction,
    /// Its harmless state.
    pub harmless: Harmless,
    /// Its levels; none without a sensible default.
    pub grid: Option<Grid>,
}

/// Ten years, s.
const TEN_YEARS: f64 = 315_576_000.0;
/// Levels per cell, in steps of about 1.4.
const COUNTS: [f64; 15] = [256.0, 192.0, 128.0, 96.0, 64.0, 48.0, 32.0, 24.0, 16.0, 12.0, 8.0, 6.0, 4.0, 3.0, 2.0];
/// Tries per write.
const TRIES: [f64; 11] = [100.0, 70.0, 50.0, 30.0, 20.0, 15.0, 10.0, 5.0, 3.0, 2.0, 1.0];
/// Smallest ratio of the ends of a window.
const MIN_RATIO: f64 = 1.1;

/// Levels of quantities where larger is worse and 0 is harmless, by the end of their key; longer endings come first.
const HARMFUL: [(&str, f64, f64); 17] = [
    ("noise.level_percent", 0.1, 1000.0),
    ("hardware.write_spread_scale", 0.01, 100.0),
    ("hardware.retention_seconds", 1.0, TEN_YEARS),
    ("percent_of_conductance", 0.01, 100.0),
    ("percent_of_window", 0.01, 100.0),
    ("percent_of_full_scale", 0.01, 100.0),
    ("percent_of_step", 0.01, 1000.0),
    ("sigma_percent", 0.01, 100.0),
    ("sigma_ln_resistance", 0.001, 3.0),
    ("sigma_ln", 0.001, 3.0),
    ("slope_sigma", 0.001, 3.0),
    ("step_gain_sigma", 0.001, 3.0),
    ("up_down_sigma", 0.001, 3.0),
    ("fraction_of_cells", 0.0001, 1.0),
    ("line_ohm_per_cell", 0.01, 100.0),
    ("wires.driver_ohm", 1.0, 10_000.0),
    ("wires.sense_ohm", 1.0, 10_000.0),
];

/// Returns what is known about `key`; `device` holds the weights.
pub fn known(key: &str, device: Option<&Device>) -> Option<Known> {
    let larger = |grid| Known { direction: LargerIsWorse, harmless: Harmless::Value(0.0), grid: Some(grid) };
    let smaller = |harmless, grid| Known { direction: SmallerIsWorse, harmless, grid };
    let window = device.map(|device| (f64::from(device.window.low()), f64::from(device.window.high())));
    // Conductances in µS, resistances in ohm.
    let ends = device.map(|device| (resistance(device.window.high()), resistance(device.window.low())));
    Some(match key {
        "device.converters.adc.bits" => smaller(Harmless::Without("converters.adc"), Some(Grid::Range(2.0, 12.0))),
        "device.converters.dac.bits" => smaller(Harmless::Without("converters.dac"), Some(Grid::Range(1.0, 12.0))),
        "device.levels.count" => smaller(Harmless::Without("levels"), Some(Grid::List(COUNTS.to_vec()))),
        "device.write.verify.tries" => smaller(Harmless::Mildest, Some(Grid::List(TRIES.to_vec()))),
        "device.window.high_resistance_ohm" => {
            smaller(Harmless::Mildest, ends.map(|(low, high)| Grid::Range(rounded(MIN_RATIO * low), high)))
        }
        "device.window.low_resistance_ohm" => Known {
            harmless: Harmless::Mildest,
            grid: ends.map(|(low, high)| Grid::Range(low, rounded(high / MIN_RATIO))),
            ..larger(Grid::List(Vec::new()))
        },
        "network.hidden" | "network.steps" | "training.epochs" => smaller(Harmless::Mildest, None),
        key if key.ends_with("sigma_microsiemens") => {
            let span = window.map(|(low, high)| high - low);
            Known {
                grid: span.map(|span| Grid::Range(rounded(1e-4 * span), rounded(span))),
                ..larger(Grid::List(Vec::new()))
            }
        }
        key if key.starts_with("device.faults.p_") => larger(Grid::Range(1e-4, 0.5)),
        key => {
            let (_, from, to) = HARMFUL.iter().find(|(end, ..)| key.ends_with(end))?;
            larger(Grid::Range(*from, *to))
        }
    })
}

/// Returns the resistance of an end of a window, ohm: the shortest number that gives exactly this conductance, µS.
fn resistance(conductance: f32) -> f64 {
    let exact = 1e6 / f64::from(conductance);
    let mut shorter = (2..12).filter_map(|digits| format!("{exact:.digits$e}").parse().ok());
    shorter.find(|ohm: &f64| (1e6 / ohm) as f32 == conductance).unwrap_or(exact)
}

/// Rounds an end of a range to the precision of an f32, seven digits.
fn rounded(end: f64) -> f64 {
    format!("{end:.6e}").parse().unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use ohmspike_crossbar::ConductanceWindow;

    use super::*;

    #[test]
    fn every_noise_grows_from_zero() {
        for key in [
            "noise.level_percent",
            "hardware.retention_seconds",
            "device.faults.p_stuck_random",
            "device.read.white.sigma_percent_of_conductance",
            "device.reference_branch.sigma_ln_resistance",
            "device.converters.adc.gain_sigma_percent",
        ] {
            let known = known(key, None).expect(key);
            assert_eq!((known.direction, known.harmless), (LargerIsWorse, Harmless::Value(0.0)), "{key}");
        }
        assert_eq!(known("training.learning_rate", None), None);
    }

    #[test]
    fn ranges_in_microsiemens_follow_the_window() {
        // 1 µS to 1000 µS.
        let device = Device::built_in("study-1k-1m").expect("built in");
        let Some(Grid::Range(from, to)) =
            known("device.write.sigma_microsiemens", Some(&device)).and_then(|of| of.grid)
        else {
            panic!("a range")
        };
        assert!((to / 999.0 - 1.0).abs() < 1e-6 && (from / 0.0999 - 1.0).abs() < 1e-6, "{from} to {to}");
        let narrow = known("device.window.high_resistance_ohm", Some(&device)).expect("known");
        let Some(Grid::Range(from, to)) = narrow.grid else { panic!("a range") };
        assert_eq!((from, to), (1100.0, 1e6));
        for (low, high) in [(1000.0, 123_456.0), (3333.3333, 14_925.373)] {
            let window = format!("{{'low_resistance_ohm': {low}, 'high_resistance_ohm': {high}}}").replace('\'', "\"");
            let device = Device::from_json(&format!("{{\"name\": \"x\", \"window\": {window}}}")).expect("a device");
            let same = ConductanceWindow::from_resistances(resistance(device.window.high()), high).expect("a window");
            assert_eq!((resistance(device.window.low()), same), (high, device.window));
        }
    }
}
