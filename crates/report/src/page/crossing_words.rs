//! Levels at which accuracy falls, in words: with their interval, in the unit of the axis and in those that were asked for.

use ohmspike_stats::normalised::{Crossing, Held};
use ohmspike_study::key_label::{NOISE, SPREAD_SCALE};
use ohmspike_study::significant::significant;

use super::Facts;
use super::number::{level, unit};
use super::tolerated::Tolerance;
use crate::figures::{NoiseUnit, noise_at};

/// A crossing with its interval.
pub fn crossing_words(facts: &Facts, crossing: &Crossing, tolerance: &Tolerance, key: &str) -> String {
    let own = in_unit(crossing, tolerance.last, &unit(key), Some);
    let others = units(facts, key).into_iter().filter_map(|asked| {
        let recorded = facts.report.recorded;
        let settings = &facts.study().conditions[tolerance.condition].settings;
        let device = &recorded.prepared.device(settings)?.device;
        let convert = |level: f64| noise_at(settings, device, key, level, asked);
        // Where the highest level has no value in this unit, nothing has.
        convert(tolerance.last)?;
        Some(in_unit(crossing, convert(tolerance.last)?, &format!(" {}", asked.symbol()), convert))
    });
    let others: Vec<String> = others.collect();
    let why = match crossing.interval {
        Some(_) => "",
        None if tolerance.clean.is_some_and(|(_, clean)| clean.n < ohmspike_stats::LEAST_REPEATS) => {
            " (no interval below three repeats)"
        }
        None => " (no interval)",
    };
    if others.is_empty() { format!("{own}{why}") } else { format!("{own}{why}, which is {}", others.join(" or ")) }
}

/// The units of write noise beside that of the axis: % of sigma_init, and the one asked for.
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

/// The crossing in another unit, whose last level is `last`.
fn in_unit(crossing: &Crossing, last: f64, unit: &str, convert: impl Fn(f64) -> Option<f64>) -> String {
    let end = |end: Option<f64>| match end.and_then(&convert) {
        Some(end) => significant(end),
        None => format!("> {}", significant(last)),
    };
    let at = format!("{}{unit}", end(crossing.level));
    match crossing.interval {
        // Beyond the last level beyond doubt.
        Some(interval) if crossing.level.is_none() && interval.near.is_none() => at,
        Some(interval) => format!("{at} ({} to {})", end(interval.near), end(interval.far)),
        None => at,
    }
}

/// Between which levels the threshold is lost, where there is nothing between them.
pub fn held_words(held: &Held, last: f64, key: &str) -> String {
    let unit = unit(key);
    let kept = if held.last == last { ", the last level" } else { "" };
    let at = |place: f64| format!("{}{unit}", level(place));
    let certain = match (held.certified, held.refuted) {
        (None, None) => "no interval".to_owned(),
        (Some(kept), None) => format!("with 95 % confidence kept at {}, lost at no level", at(kept)),
        (None, Some(lost)) => format!("with 95 % confidence kept at no level, lost at {}", at(lost)),
        (Some(kept), Some(lost)) => format!("with 95 % confidence kept at {} and lost at {}", at(kept), at(lost)),
    };
    format!("{}{kept} ({certain})", at(held.last))
}

#[cfg(test)]
mod tests {
    use ohmspike_stats::normalised::CrossingInterval;

    use super::*;

    #[test]
    fn crossings_say_what_is_beyond_the_last_level() {
        let words = |level, near, far| {
            let interval = Some(CrossingInterval { near, far });
            let crossing = Crossing { threshold: 0.95, level, interval, by_repeat: Vec::new() };
            in_unit(&crossing, 100.0, " %", Some)
        };
        assert_eq!(words(Some(8.75), Some(8.71), Some(8.79)), "8.75 % (8.71 to 8.79)");
        assert_eq!(words(Some(60.0), Some(40.0), None), "60.0 % (40.0 to > 100)");
        assert_eq!(words(None, None, None), "> 100 %");
        assert_eq!(words(None, Some(90.0), None), "> 100 % (90.0 to > 100)");
    }

    #[test]
    fn whole_levels_are_named_and_not_what_lies_between() {
        let held =
            |certified, refuted| held_words(&Held { last: 4.0, certified, refuted }, 2.0, "device.converters.adc.bits");
        assert_eq!(held(Some(6.0), Some(2.0)), "4 bits (with 95 % confidence kept at 6 bits and lost at 2 bits)");
        assert_eq!(held(None, None), "4 bits (no interval)");
        assert!(held(None, Some(2.0)).contains("kept at no level, lost at 2 bits"));
    }
}
