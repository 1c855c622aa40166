//! Formats accuracies, losses and purposes.

use ohmspike_analysis::limit::Purpose;
use ohmspike_study::significant::short;

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
    let text = short(100.0 * difference);
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
