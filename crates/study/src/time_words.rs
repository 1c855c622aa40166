//! Formats times in the unit that fits them.

use crate::significant::{significant, stated_number};

/// Units from a minute on and their lengths, s, longest first. A year is a Julian year of 365.25 days.
pub const LONG_UNITS: [(&str, f64); 4] = [("y", 31_557_600.0), ("d", 86_400.0), ("h", 3600.0), ("min", 60.0)];

/// From this number on, minutes, hours and days say less than seconds do: 526000 min.
const MANY: f64 = 1000.0;

/// Formats a time exactly, in the longest unit that gives a whole number: `90 min`, `0.5 s`. Numbers of 1000 and more
/// are in years or seconds.
pub fn time_words(seconds: f64) -> String {
    let few = |unit: &str, value: f64| unit == "y" || value < MANY;
    let whole = |(unit, length): &(&str, f64)| {
        let value = seconds / length;
        value >= 1.0 && few(unit, value) && seconds % length == 0.0
    };
    match LONG_UNITS.into_iter().find(whole) {
        Some((unit, length)) => format!("{} {unit}", stated_number(seconds / length)),
        None => format!("{} s", stated_number(seconds)),
    }
}

/// Formats a computed time in the longest unit that it reaches: whole numbers with all digits, others with three.
pub fn computed_time(seconds: f64) -> String {
    let (unit, length) = LONG_UNITS.into_iter().find(|(_, length)| seconds >= *length).unwrap_or(("s", 1.0));
    let value = seconds / length;
    if value.fract() == 0.0 {
        format!("{} {unit}", stated_number(value))
    } else {
        format!("{} {unit}", significant(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_the_unit_that_fits() {
        for (seconds, exact, computed) in [
            (0.0, "0 s", "0 s"),
            (0.5, "0.5 s", "0.500 s"),
            (59.0, "59 s", "59 s"),
            (5400.0, "90 min", "1.50 h"),
            (86_400.0, "1 d", "1 d"),
            (1520.0, "1520 s", "25.3 min"),
            (2_592_000.0, "30 d", "30 d"),
            (315_576_000.0, "10 y", "10 y"),
            (3_155_760_000_000.0, "100000 y", "100000 y"),
            (31_560_000.0, "31560000 s", "1.00 y"),
            (315_600_000.0, "315600000 s", "10.0 y"),
            (3.15576e27, "3.15576e27 s", "1e20 y"),
        ] {
            assert_eq!((time_words(seconds).as_str(), computed_time(seconds).as_str()), (exact, computed));
        }
    }
}
