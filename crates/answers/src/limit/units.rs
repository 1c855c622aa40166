//! A level in every unit.
//!
//! Noise of a write or of a read is that at the mean initial hidden weight (`ohmspike_study::noise_unit`).

use std::f64::consts::FRAC_2_PI;

use ohmspike_crossbar::device::Device;
use ohmspike_crossbar::spread::{SpreadRow, spread_row};
use ohmspike_snn::connection::Connection;
use ohmspike_study::key_label::{NOISE, SPREAD_SCALE, words_and_unit};
use ohmspike_study::noise_unit::first_write;
use ohmspike_study::pair_spread::{conductance_of, units_of_read};
use ohmspike_study::settings::Settings;
use ohmspike_study::time_words::LONG_UNITS;
use serde::{Deserialize, Serialize};

/// A value with its unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quantity {
    /// The unit; empty for a plain number.
    pub unit: String,
    /// The value.
    pub value: f64,
}

/// Returns `value` of `key` in every unit, its own first. `settings` and `device` are those at this level.
pub fn quantities(key: &str, value: f64, settings: &Settings, device: Option<&Device>) -> Vec<Quantity> {
    let mut all = vec![quantity(words_and_unit(key).1, value)];
    let noise = if is_write_noise(key) {
        device.and_then(|device| first_write(settings, device))
    } else if is_read_noise(key) {
        device.and_then(|device| first_read(settings, device))
    } else {
        None
    };
    if let Some(row) = noise {
        all.extend(of_noise(&row, settings.weights.sigma_init));
    } else if key == NOISE {
        all.push(quantity("thresholds", settings.update_sigma()));
    } else if let Some(of) = fraction_of(key) {
        all.push(quantity(of, 100.0 * value));
    } else if key.ends_with("bits") {
        all.push(quantity("codes", value.exp2()));
    } else if key.ends_with("_seconds") {
        all.extend(longest_unit(value));
    }
    let mut units: Vec<String> = Vec::new();
    all.retain(|one| {
        let new = !units.contains(&one.unit);
        units.push(one.unit.clone());
        new
    });
    all
}

/// Whether `key` is the noise of a write or of a read, whose units depend on the weight.
pub fn is_noise(key: &str) -> bool {
    is_write_noise(key) || is_read_noise(key)
}

fn is_write_noise(key: &str) -> bool {
    [NOISE, SPREAD_SCALE].contains(&key) || key.starts_with("device.write.sigma_")
}

fn is_read_noise(key: &str) -> bool {
    key.starts_with("device.read.white.sigma_")
}

/// Returns a time in the longest unit that it reaches; none below a minute.
fn longest_unit(seconds: f64) -> Option<Quantity> {
    let (unit, length) = LONG_UNITS.into_iter().find(|(_, length)| seconds >= *length)?;
    Some(quantity(unit, seconds / length))
}

fn quantity(unit: &str, value: f64) -> Quantity {
    Quantity { unit: unit.to_owned(), value }
}

fn of_noise(row: &SpreadRow, sigma_init: f64) -> Vec<Quantity> {
    let mut all = vec![
        quantity("µS", row.sigma_microsiemens),
        quantity("% of G", row.percent_of_conductance),
        quantity("% of window", row.percent_of_window),
        quantity("σ of ln R", row.sigma_ln_resistance),
    ];
    if let Some(percent) = row.percent_of_sigma_init {
        all.push(quantity("% of σ_init", percent));
        all.push(quantity("thresholds", percent / 100.0 * sigma_init));
    }
    all
}

/// Returns the white noise of one read at the mean initial hidden weight.
fn first_read(settings: &Settings, device: &Device) -> Option<SpreadRow> {
    let target = conductance_of(settings.weights.sigma_init * FRAC_2_PI.sqrt(), settings, device)?;
    let units = units_of_read(settings, device, Connection::Feedforward(0))?;
    Some(spread_row(1e6 / target, device.read.white.sigma(target), &device.window, Some(units)))
}

/// What a probability of a fault counts.
fn fraction_of(key: &str) -> Option<&'static str> {
    let fault = key.strip_prefix("device.faults.p_").or(key.strip_prefix("device.read.rtn.fraction_of_cells"))?;
    Some(match fault {
        "dead_row" => "% of rows",
        "dead_column" | "cluster" => "% of columns",
        _ => "% of cells",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(key: &str, value: f64, settings: &Settings, device: Option<&Device>) -> Vec<(String, f64)> {
        quantities(key, value, settings, device).into_iter().map(|one| (one.unit, one.value)).collect()
    }

    #[test]
    fn times_have_the_longest_unit_that_they_reach() {
        let of = |seconds| units("hardware.retention_seconds", seconds, &Settings::default(), None);
        let own = |seconds| ("s".to_owned(), seconds);
        assert_eq!(of(30.0), [own(30.0)]);
        assert_eq!(of(90.0), [own(90.0), ("min".to_owned(), 1.5)]);
        assert_eq!(of(604_800.0), [own(604_800.0), ("d".to_owned(), 7.0)]);
    }

    /// 20 % of a sigma_init of 0.001 in a window of 999 µS that is worth 1: 0.1998 µS, 0.02 % of the window.
    #[test]
    fn study_noise_has_every_unit() {
        let device = Device::built_in("study-1k-1m").expect("built in");
        let settings = Settings::default().with_key(NOISE, 20).expect("a level");
        let found = units(NOISE, 20.0, &settings, Some(&device));
        let names: Vec<&str> = found.iter().map(|(unit, _)| unit.as_str()).collect();
        assert_eq!(names, ["% of σ_init", "µS", "% of G", "% of window", "σ of ln R", "thresholds"]);
        let near = |at: usize, expected: f64| assert!((found[at].1 / expected - 1.0).abs() < 1e-5, "{found:?}");
        near(1, 0.1998);
        near(3, 0.02);
        near(5, 0.0002);
        assert_eq!(units(NOISE, 20.0, &settings, None)[1], ("thresholds".to_owned(), 0.0002));
    }

    #[test]
    fn faults_and_bits_are_counted() {
        let settings = Settings::default();
        assert_eq!(
            units("device.faults.p_dead_row", 0.02, &settings, None),
            [(String::new(), 0.02), ("% of rows".to_owned(), 2.0)]
        );
        assert_eq!(
            units("device.converters.adc.bits", 6.0, &settings, None),
            [("bits".to_owned(), 6.0), ("codes".to_owned(), 64.0)]
        );
    }
}
