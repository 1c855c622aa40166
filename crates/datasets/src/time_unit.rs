//! Unit of event times: set by the user, stated in the file or implied by the column name.

use hdf5_reader::Attribute;

use crate::{note::Note, shown::excerpt};

/// Unit of event times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeUnit {
    /// s
    Seconds,
    /// ms
    Milliseconds,
    /// µs
    Microseconds,
    /// ns
    Nanoseconds,
}

/// Attributes of a data set of times that state its unit, in lower case.
const OF_TIMES: [&str; 5] = ["units", "unit", "time_units", "time_unit", "timeunit"];
/// Attributes of a group that state the unit of times.
const OF_GROUP: [&str; 3] = ["time_units", "time_unit", "timeunit"];

impl TimeUnit {
    pub(crate) fn in_a_second(self) -> f64 {
        match self {
            TimeUnit::Seconds => 1.0,
            TimeUnit::Milliseconds => 1e3,
            TimeUnit::Microseconds => 1e6,
            TimeUnit::Nanoseconds => 1e9,
        }
    }

    /// Returns the symbol for messages.
    pub(crate) fn told(self) -> &'static str {
        match self {
            TimeUnit::Seconds => "s",
            TimeUnit::Milliseconds => "ms",
            TimeUnit::Microseconds => "µs",
            TimeUnit::Nanoseconds => "ns",
        }
    }

    /// Parses the name of a unit.
    fn parse(text: &str) -> Option<TimeUnit> {
        let text = text.trim_matches(|letter: char| letter.is_whitespace() || letter == '\0').to_lowercase();
        let known = [
            (TimeUnit::Seconds, &["s", "sec", "secs", "second", "seconds"][..]),
            (TimeUnit::Milliseconds, &["ms", "msec", "msecs", "millisecond", "milliseconds"]),
            // Both the micro sign and the Greek mu are in use.
            (TimeUnit::Microseconds, &["us", "\u{b5}s", "\u{3bc}s", "usec", "usecs", "microsecond", "microseconds"]),
            (TimeUnit::Nanoseconds, &["ns", "nsec", "nsecs", "nanosecond", "nanoseconds"]),
        ];
        known.into_iter().find_map(|(unit, names)| names.contains(&text.as_str()).then_some(unit))
    }
}

/// Unit of times stated in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stated {
    /// The attribute, and the data set or group that has it.
    pub attribute: String,
    /// Value of the attribute, for messages.
    pub value: String,
    /// The unit, or `None` if the value names no known unit.
    pub unit: Option<TimeUnit>,
}

impl Stated {
    /// Returns the note on this attribute, given the unit set by the user.
    pub(crate) fn note(&self, asked: Option<TimeUnit>) -> Option<Note> {
        let (attribute, value) = (self.attribute.clone(), self.value.clone());
        match (asked, self.unit) {
            (Some(asked), stated) if stated != Some(asked) => {
                Some(Note::UnitOverruled { unit: asked.told(), attribute, value })
            }
            (_, unit) => Some(Note::UnitStated { unit: unit?.told(), attribute, value }),
        }
    }

    /// Finds a unit in the `attributes` of `place`, the data set of times or a group above it.
    pub(crate) fn among(place: &str, attributes: &[Attribute], is_group: bool) -> Option<Stated> {
        let names = if is_group { &OF_GROUP[..] } else { &OF_TIMES };
        let names = |attribute: &&Attribute| names.contains(&attribute.name.to_lowercase().as_str());
        let attribute = attributes.iter().find(names)?;
        let text = attribute.read_string().ok();
        Some(Stated {
            attribute: format!("attribute `{}` of `{place}`", excerpt(&attribute.name)),
            unit: text.as_deref().and_then(TimeUnit::parse),
            value: text.map_or_else(|| "not text".to_owned(), |text| format!("`{}`", excerpt(&text))),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_usual_names_of_units() {
        let cases = [
            ("s", TimeUnit::Seconds),
            (" Seconds\0", TimeUnit::Seconds),
            ("ms", TimeUnit::Milliseconds),
            ("\u{b5}s", TimeUnit::Microseconds),
            ("\u{3bc}s", TimeUnit::Microseconds),
            ("usec", TimeUnit::Microseconds),
            ("ns", TimeUnit::Nanoseconds),
        ];
        for (text, unit) in cases {
            assert_eq!(TimeUnit::parse(text), Some(unit), "{text:?}");
        }
        for text in ["", "ticks", "1e-6 s", "min", "seconds since 2020-01-01"] {
            assert_eq!(TimeUnit::parse(text), None, "{text:?}");
        }
    }
}
