//! Parses and formats time spans: a number and a unit.

use std::fmt;
use std::str::FromStr;

/// Units and their length in seconds, smallest first. There is no month; a year is a Julian year of 365.25 days.
const UNITS: [(&str, f64); 5] = [("s", 1.0), ("min", 60.0), ("h", 3600.0), ("d", 86_400.0), ("y", 31_557_600.0)];

/// Shorter units, which are read and not written.
const SHORT_UNITS: [(&str, f64); 2] = [("us", 1e-6), ("ms", 1e-3)];

/// Time span, finite and not negative.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeSpan {
    /// Length, s.
    pub seconds: f64,
}

/// Invalid time span.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a time with unit us, ms, s, min, h, d or y, such as 30s or 1.5h, got `{given}`")]
pub struct TimeSpanError {
    given: String,
}

impl FromStr for TimeSpan {
    type Err = TimeSpanError;

    fn from_str(text: &str) -> Result<TimeSpan, TimeSpanError> {
        let refused = || TimeSpanError { given: text.to_owned() };
        let unit_at = text.find(|letter: char| letter.is_ascii_alphabetic() && letter != 'e').ok_or_else(refused)?;
        let (number, unit) = text.split_at(unit_at);
        let seconds_of_unit = SHORT_UNITS.iter().chain(&UNITS).find(|(name, _)| *name == unit).ok_or_else(refused)?.1;
        let number = number.trim().parse::<f64>().map_err(|_| refused())?;
        // A division keeps the digits of short times: 5us is 0.000005 s.
        let seconds =
            if seconds_of_unit < 1.0 { number / (1.0 / seconds_of_unit).round() } else { number * seconds_of_unit };
        // -0 counts as 0.
        if seconds.is_finite() && seconds >= 0.0 { Ok(TimeSpan { seconds: seconds + 0.0 }) } else { Err(refused()) }
    }
}

impl fmt::Display for TimeSpan {
    /// Formats in the largest unit that gives a whole number, otherwise in seconds.
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let whole = |(_, unit): &&(&str, f64)| self.seconds >= *unit && (self.seconds / unit).fract() == 0.0;
        let (name, unit) = UNITS.iter().rev().find(whole).unwrap_or(&UNITS[0]);
        write!(formatter, "{} {name}", self.seconds / unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_and_prints_spans() {
        for (text, seconds, shown) in [
            ("30s", 30.0, "30 s"),
            ("0s", 0.0, "0 s"),
            ("-0s", 0.0, "0 s"),
            ("1e-3s", 0.001, "0.001 s"),
            ("1ms", 0.001, "0.001 s"),
            ("500us", 0.0005, "0.0005 s"),
            ("5us", 0.000_005, "0.000005 s"),
            ("10min", 600.0, "10 min"),
            ("1.5h", 5400.0, "90 min"),
            ("24 h", 86_400.0, "1 d"),
            ("10y", 315_576_000.0, "10 y"),
        ] {
            let span: TimeSpan = text.parse().unwrap();
            assert_eq!((span.seconds, span.to_string().as_str()), (seconds, shown), "{text}");
        }
    }

    #[test]
    fn rejects_invalid_spans() {
        for text in ["", "30", "s", "-1s", "1m", "1 month", "infs", "nans", "1e400s", "1s2"] {
            let error = text.parse::<TimeSpan>().unwrap_err().to_string();
            assert!(error.ends_with(&format!("got `{text}`")), "{error}");
        }
    }
}
