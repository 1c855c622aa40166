//! Formats the level at which accuracy falls, with its interval, in the unit of the axis and in requested units.

use ohmspike_stats::MIN_REPEATS;
use ohmspike_stats::normalised::{Crossing, Held};
use ohmspike_study::key_label::{NOISE, SPREAD_SCALE, is_time};
use ohmspike_study::significant::significant;
use ohmspike_study::time_words::computed_time;

use super::Facts;
use super::number::{level_at, unit_in_full};
use super::tolerated::Tolerance;
use crate::figures::{NoiseUnit, noise_at};

/// Formats a crossing with its interval.
pub fn crossing_words(facts: &Facts, crossing: &Crossing, tolerance: &Tolerance, key: &str) -> String {
    let unit = unit_in_full(key);
    let own = in_unit(crossing, tolerance.last, (!is_time(key)).then_some(&*unit), Some);
    let others = units(facts, key).into_iter().filter_map(|asked| {
        let recorded = facts.report.recorded;
        let settings = &facts.study().conditions[tolerance.condition].settings;
        let device = &recorded.prepared.device(settings)?.device;
        let convert = |level: f64| noise_at(settings, device, key, level, asked);
        // If the highest level has no value in this unit, no level has.
        convert(tolerance.last)?;
        Some(in_unit(crossing, convert(tolerance.last)?, Some(&format!(" {}", asked.symbol())), convert))
    });
    let others: Vec<String> = others.collect();
    if others.is_empty() { own } else { format!("{own}, equal to {}", others.join(" or ")) }
}

/// Why a crossing has no interval; none if it has one.
pub fn no_interval(crossing: &Crossing, tolerance: &Tolerance) -> Option<String> {
    let few = tolerance.clean.is_some_and(|(_, clean)| clean.n < MIN_REPEATS);
    let why = if few {
        format!("fewer than {MIN_REPEATS} repeats")
    } else {
        format!("some levels have fewer than {MIN_REPEATS} independent repeats, or all repeats are equal")
    };
    crossing.interval.is_none().then_some(why)
}

/// Further units of write noise: % of sigma_init, and the requested unit.
fn units(facts: &Facts, key: &str) -> Vec<NoiseUnit> {
    let mut units = Vec::new();
    if key == SPREAD_SCALE {
        units.push(NoiseUnit::PercentOfSigmaInit);
    }
    if let Some(asked) = facts.report.noise_unit.filter(|_| key == NOISE || key == SPREAD_SCALE)
        && !units.contains(&asked)
        && !(key == NOISE && asked == NoiseUnit::PercentOfSigmaInit)
    {
        units.push(asked);
    }
    units
}

/// Formats the crossing in another unit, or as a time without one; `last` is the last level in that unit. Without an interval,
/// two digits are enough.
fn in_unit(crossing: &Crossing, last: f64, unit: Option<&str>, convert: impl Fn(f64) -> Option<f64>) -> String {
    let end = |end: Option<f64>| match end.and_then(&convert) {
        Some(end) if unit.is_none() => computed_time(end),
        Some(end) if crossing.interval.is_none() => two_digits(end),
        Some(end) => significant(end),
        None if unit.is_none() => format!("> {}", computed_time(last)),
        None => format!("> {}", significant(last)),
    };
    let at = format!("{}{}", end(crossing.level), unit.unwrap_or_default());
    match crossing.interval {
        // The interval lies beyond the last level as well.
        Some(interval) if crossing.level.is_none() && interval.near.is_none() => at,
        Some(interval) => format!("{at} ({} to {})", end(interval.near), end(interval.far)),
        None => at,
    }
}

/// Formats the last level that keeps the accuracy, on an axis without values between the levels.
pub fn held_words(held: &Held, last: f64, key: &str) -> String {
    let kept = if held.last == last { ", the last level" } else { "" };
    let at = |place: f64| level_at(key, place);
    let certain = match (held.certified, held.refuted) {
        (None, None) => "no interval".to_owned(),
        (Some(kept), None) => {
            format!("at 95 % confidence, it is kept at {}; no tested value is shown to lose it", at(kept))
        }
        (None, Some(lost)) => {
            format!("at 95 % confidence, it is lost at {}; no tested value is shown to keep it", at(lost))
        }
        (Some(kept), Some(lost)) => format!("at 95 % confidence, it is kept at {} and lost at {}", at(kept), at(lost)),
    };
    format!("{}{kept} ({certain})", at(held.last))
}

/// Formats two significant digits.
fn two_digits(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return significant(value);
    }
    let digit = 10f64.powf(value.abs().log10().floor() - 1.0);
    let decimals = (-digit.log10().round()).max(0.0) as usize;
    format!("{:.decimals$}", (value / digit).round() * digit)
}

#[cfg(test)]
mod tests {
    use ohmspike_stats::normalised::CrossingInterval;

    use super::*;

    #[test]
    fn crossings_beyond_the_last_level_are_marked() {
        let words = |level, near, far| {
            let interval = Some(CrossingInterval { near, far });
            let crossing = Crossing { threshold: 0.95, level, interval, by_repeat: Vec::new(), distances: Vec::new() };
            in_unit(&crossing, 100.0, Some(" %"), Some)
        };
        assert_eq!(words(Some(8.75), Some(8.71), Some(8.79)), "8.75 % (8.71 to 8.79)");
        assert_eq!(words(Some(60.0), Some(40.0), None), "60.0 % (40.0 to > 100)");
        assert_eq!(words(None, None, None), "> 100 %");
        assert_eq!(words(None, Some(90.0), None), "> 100 % (90.0 to > 100)");
        assert_eq!([5.804, 0.0123, 43.21].map(two_digits), ["5.8", "0.012", "43"]);
    }

    #[test]
    fn crossings_in_time_have_the_unit_that_fits() {
        let words = |level, near, far| {
            let interval = Some(CrossingInterval { near, far });
            let crossing = Crossing { threshold: 0.95, level, interval, by_repeat: Vec::new(), distances: Vec::new() };
            in_unit(&crossing, 31_557_600.0, None, Some)
        };
        assert_eq!(words(Some(1520.3), Some(0.0), Some(3600.0)), "25.3 min (0 s to 1 h)");
        assert_eq!(words(None, None, None), "> 1 y");
    }

    #[test]
    fn whole_levels_have_nothing_between_them() {
        let held =
            |certified, refuted| held_words(&Held { last: 4.0, certified, refuted }, 2.0, "device.converters.adc.bits");
        assert_eq!(held(Some(6.0), Some(2.0)), "4 bits (at 95 % confidence, it is kept at 6 bits and lost at 2 bits)");
        assert_eq!(held(None, None), "4 bits (no interval)");
        assert!(held(None, Some(2.0)).ends_with("it is lost at 2 bits; no tested value is shown to keep it)"));
    }
}
