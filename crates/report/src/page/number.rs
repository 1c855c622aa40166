//! Formats the numbers of a report.

use ohmspike_stats::Estimate;
use ohmspike_study::key_label::{is_time, symbol, words_and_unit};
use ohmspike_study::significant::fixed;
use ohmspike_study::time_words::{computed_time, time_words};

/// Formats a fraction in percent with one decimal.
pub fn percent(fraction: f64) -> String {
    fixed(100.0 * fraction, 1)
}

/// Formats a difference of fractions in percentage points with its sign.
pub fn points(difference: f64) -> String {
    signed(100.0 * difference, 1)
}

/// Formats a p value.
pub fn probability(p: f64) -> String {
    if p < 1e-4 { "< 0.0001".to_owned() } else { format!("{p:.4}") }
}

/// Formats a p value for a sentence.
pub fn probability_words(p: f64) -> String {
    if p < 1e-4 { "p < 0.0001".to_owned() } else { format!("p = {p:.4}") }
}

/// Formats a mean with its 95 % interval and n, in percent.
pub fn mean(sample: Option<Estimate>) -> String {
    let Some(sample) = sample else { return "no outcome".to_owned() };
    format!("{} (n = {})", with_half(&sample), sample.n)
}

/// Formats a mean for a sentence, with its unit: `48.1 % (47.4 to 48.8, n = 8)`.
pub fn mean_words(sample: Estimate) -> String {
    let (with_half, n) = (with_half(&sample), sample.n);
    match with_half.split_once(" (") {
        Some((mean, interval)) => format!("{mean} % ({}, n = {n})", interval.trim_end_matches(')')),
        None => format!("{with_half} % (n = {n})"),
    }
}

/// Formats a mean in percent with half the width of its interval, or with its ends if 0 or 100 % cut it. Two values are listed.
pub fn with_half(sample: &Estimate) -> String {
    let mean = percent(sample.mean);
    match (sample.ci95, sample.accuracy_interval()) {
        (Some(interval), Some(cut)) if interval == cut => format!("{mean} ± {:.1}", 50.0 * (cut.1 - cut.0)),
        (_, Some((low, high))) => format!("{mean} ({} to {})", percent(low), percent(high)),
        _ if sample.outcomes == 2 => format!("{mean} ({}, {})", percent(sample.ends.0), percent(sample.ends.1)),
        _ if sample.n > 2 => format!("{mean} (all equal)"),
        // Of several seeds on several chips, no two outcomes are the repeats.
        _ => mean,
    }
}

/// Formats a count, for example `1.2 million`.
pub fn count(value: f64) -> String {
    if value >= 1e6 { format!("{} million", significant(value / 1e6)) } else { significant(value) }
}

/// Formats a level of an axis without trailing zeros.
pub fn level(value: f64) -> String {
    value.to_string()
}

/// Formats a level of the axis `key` with its unit.
pub fn level_at(key: &str, value: f64) -> String {
    if is_time(key) { time_words(value) } else { format!("{}{}", level(value), unit(key)) }
}

/// Formats a level of the axis `key` with its unit and the quantity that a percentage refers to.
pub fn level_in_full(key: &str, value: f64) -> String {
    if is_time(key) { time_words(value) } else { format!("{}{}", level(value), unit_in_full(key)) }
}

/// Formats a computed level of the axis `key` to three significant digits, with its unit and what a percentage refers to.
pub fn computed_level(key: &str, value: f64) -> String {
    if is_time(key) { computed_time(value) } else { format!("{}{}", significant(value), unit_in_full(key)) }
}

pub use ohmspike_study::significant::signed;
/// Formats a computed level to three significant digits.
pub use ohmspike_study::significant::significant;

/// Returns the unit of an axis with a space before it; the axis title says what a percentage refers to.
pub fn unit(key: &str) -> String {
    match words_and_unit(key).1 {
        "" => String::new(),
        percent if percent.starts_with('%') => " %".to_owned(),
        unit => format!(" {}", symbol(unit)),
    }
}

/// The unit of a key with the quantity that a percentage refers to: ` % of σ_init`.
pub fn unit_in_full(key: &str) -> String {
    match words_and_unit(key).1 {
        "" => String::new(),
        unit => format!(" {}", symbol(unit)),
    }
}

/// Formats a time in a suitable unit.
pub fn duration(seconds: f64) -> String {
    match seconds {
        long if long >= 7200.0 => format!("{:.1} h", long / 3600.0),
        long if long >= 120.0 => format!("{:.1} min", long / 60.0),
        short => format!("{short:.1} s"),
    }
}

#[cfg(test)]
mod tests {
    use ohmspike_stats::draws::Draws;

    use super::*;

    #[test]
    fn intervals_are_cut_at_0_and_100_percent() {
        let of = |values: &[f64]| with_half(&Estimate::new(values).expect("values"));
        assert_eq!(of(&[0.5, 0.51, 0.52]), "51.0 ± 2.5");
        assert_eq!(of(&[0.01, 0.02, 0.06]), "3.0 (0.0 to 9.6)");
        assert_eq!(of(&[0.5, 0.52]), "51.0 (50.0, 52.0)");
        assert_eq!((of(&[0.5]), of(&[0.1; 3])), ("50.0".to_owned(), "10.0 (all equal)".to_owned()));
        // Two seeds on two chips: two repeats, but four outcomes.
        let outcome = |seed, chip, value| (Draws([Some(seed), Some(seed), None, None, Some(chip)]), value);
        let crossed = [outcome(1, 7, 0.5), outcome(1, 8, 0.6), outcome(2, 7, 0.7), outcome(2, 8, 0.8)];
        assert_eq!(with_half(&Estimate::from_drawn(&crossed).expect("outcomes")), "65.0");
        let words = |values: &[f64]| mean_words(Estimate::new(values).expect("values"));
        assert_eq!(words(&[0.5, 0.51, 0.52]), "51.0 ± 2.5 % (n = 3)");
        assert_eq!(words(&[0.1; 3]), "10.0 % (all equal, n = 3)");
    }

    #[test]
    fn numbers_have_sensible_digits() {
        assert_eq!([points(-0.0001), points(0.0), signed(-0.24, 1)], ["0.0", "0.0", "-0.2"]);
        assert_eq!((percent(0.7843), points(-0.0123), points(0.02)), ("78.4".into(), "-1.2".into(), "+2.0".into()));
        assert_eq!((probability(0.00001), probability(0.03)), ("< 0.0001".into(), "0.0300".into()));
        assert_eq!(level_at("hardware.retention_seconds", 86_400.0), "1 d");
        assert_eq!(level_at("noise.level_percent", 86_400.0), "86400 %");
        assert_eq!([3.0, 130.0, 7200.0].map(duration), ["3.0 s", "2.2 min", "2.0 h"]);
        assert_eq!([unit("noise.level_percent"), unit("hardware.retention_seconds"), unit("a.b")], [" %", " s", ""]);
    }
}
