//! Formats accuracies, losses and purposes.

use ohmspike_analysis::limit::Purpose;
use ohmspike_study::significant::short;

/// Formats a fraction in percent: `81.2 %`.
pub fn percent(fraction: f64) -> String {
    format!("{} %", short(100.0 * fraction))
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
