//! Formats accuracies, losses and purposes.

use ohmspike_analysis::limit::Purpose;
use ohmspike_study::significant::{at_least, at_most, of_changed_unit, short, stated_number};

/// Formats a fraction in percent: `81.2 %`. A fraction below 1 is never shown as 100 %.
pub fn percent(fraction: f64) -> String {
    let shown = short(100.0 * fraction);
    if fraction >= 1.0 || shown != "100" {
        return format!("{shown} %");
    }
    let longer = (1..=12).map(|digits| format!("{:.digits$}", 100.0 * fraction));
    let exact = longer.into_iter().find(|text| !text.starts_with("100"));
    format!("{} %", exact.unwrap_or(shown))
}

/// Formats a difference of accuracies: `2 points`.
pub fn points(difference: f64) -> String {
    with_points(short(100.0 * difference))
}

/// Formats a fraction as it was given: `33.34 %`.
pub fn given_percent(fraction: f64) -> String {
    format!("{} %", of_percent(fraction))
}

/// Formats a difference of accuracies as it was given: `66.69 points`.
pub fn given_points(difference: f64) -> String {
    with_points(of_percent(difference))
}

/// Formats a lower bound of a fraction, rounded up.
pub fn least_percent(fraction: f64) -> String {
    format!("{} %", at_least(100.0 * fraction))
}

/// Formats an upper bound of a fraction, rounded down.
pub fn most_percent(fraction: f64) -> String {
    format!("{} %", at_most(100.0 * fraction))
}

/// Formats an upper bound of a difference of accuracies, rounded down.
pub fn most_points(difference: f64) -> String {
    with_points(at_most(100.0 * difference))
}

fn of_percent(fraction: f64) -> String {
    stated_number(of_changed_unit(100.0 * fraction))
}

fn with_points(text: String) -> String {
    if text == "1" { "1 point".to_owned() } else { format!("{text} points") }
}

/// Names a purpose.
pub fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Baseline => "reference",
        Purpose::Search => "search",
        Purpose::Certify => "certify",
        Purpose::Refute => "refute",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_is_100_percent() {
        let of = [0.812, 0.95, 0.99999, 0.9996, 1.0, 0.0].map(percent);
        assert_eq!(of, ["81.2 %", "95 %", "99.999 %", "99.96 %", "100 %", "0 %"]);
    }
}
