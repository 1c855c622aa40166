//! What times count: as the user states it, as the file does, or by the name of the column.

use hdf5_reader::Attribute;

use crate::{note::Note, shown::excerpt};

/// What a time counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeUnit {
    /// s.
    Seconds,
    /// ms.
    Milliseconds,
    /// Millionths of a second.
    Microseconds,
    /// ns.
    Nanoseconds,
}

/// Names of attributes of a data set of times that state its unit, in lower case.
const OF_TIMES: [&str; 5] = ["units", "unit", "time_units", "time_unit", "timeunit"];
/// Those of a group above it.
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

    /// As messages write it.
    pub(crate) fn told(self) -> &'static str {
        match self {
            TimeUnit::Seconds => "s",
            TimeUnit::Milliseconds => "ms",
            TimeUnit::Microseconds => "microseconds",
            TimeUnit::Nanoseconds => "ns",
        }
    }

    /// The unit that `text` names.
    fn parse(text: &str) -> Option<TimeUnit> {
        let text = text.trim_matches(|letter: char| letter.is_whitespace() || letter == '\0').to_lowercase();
        let known = [
            (TimeUnit::Seconds, &["s", "sec", "secs", "second", "seconds"][..]),
            (TimeUnit::Milliseconds, &["ms", "msec", "msecs", "millisecond", "milliseconds"]),
            // Two letters look the same: the micro sign and the Greek one.
            (TimeUnit::Microseconds, &["us", "\u{b5}s", "\u{3bc}s", "usec", "usecs", "microsecond", "microseconds"]),
            (TimeUnit::Nanoseconds, &["ns", "nsec", "nsecs", "nanosecond", "nanoseconds"]),
        ];
        known.into_iter().find_map(|(unit, names)| names.contains(&text.as_str()).then_some(unit))
    }
}

/// What a file states of the unit of its times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stated {
    /// The attribute, with the data set or group that has it.
    pub attribute: String,
    /// Its value, for messages.
    pub value: String,
    /// The unit; none where the value names no unit that is known.
    pub unit: Option<TimeUnit>,
}

impl Stated {
    /// What is told of it, where the user says that times count `asked`, or says nothing.
    pub(crate) fn note(&self, asked: Option<TimeUnit>) -> Option<Note> {
        let (attribute, value) = (self.attribute.clone(), self.value.clone());
        match (asked, self.unit) {
            (Some(asked), stated) if stated != Some(asked) => {
                Some(Note::UnitOverruled { unit: asked.told(), attribute, value })
            }
            (_, unit) => Some(Note::UnitStated { unit: unit?.told(), attribute, value }),
        }
    }

    /// What one of `attributes` of `place` states; `place` is the data set of times, or a group above it.
    pub(crate) fn among(place: &str, attributes: &[Attribute], is_group: bool) -> Option<Stated> {
        let names = if is_group { &OF_GROUP[..] } else { &OF_TIMES };
        let names = |attribute: &&Attribute| names.contains(&attribute.name.to_lowercase().as_str());
        let attribute = attributes.iter().find(names)?;
        let text = attribute.read_string().ok();
        Some(Stated {
            attribute: format!("attribute `{}` of `{place}`", excerpt(&attribute.name)),
            unit: text.as_deref().and_then(TimeUnit::parse),
            value: text.map_or_else(|| "no text".to_owned(), |text| format!("`{}`", excerpt(&text))),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_names_of_units_are_known() {
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
