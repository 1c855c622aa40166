//! Errors of single values of a device file: the key, what is allowed, and what was found.

use thiserror::Error;

use super::allowed::{Allowed, IntegerRange, plain};

/// Value that is out of range or contradicts another one.
#[derive(Clone, Debug, PartialEq, Error)]
#[error("{}", message(key, problem))]
pub struct SpecError {
    /// Path of the key in the file, for instance `write.points[2].resistance_ohm`.
    pub key: String,
    /// What is wrong with its value.
    pub problem: Problem,
}

impl SpecError {
    pub(crate) fn at(key: &str, problem: Problem) -> SpecError {
        SpecError { key: key.to_owned(), problem }
    }

    /// Returns the same error with `parent` in front of its key.
    pub(crate) fn within(self, parent: &str) -> SpecError {
        SpecError { key: format!("{parent}.{}", self.key), problem: self.problem }
    }
}

/// What is wrong with the value of a key.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum Problem {
    /// Number outside its range.
    #[error("expected {allowed}, got {}{}", plain(*value), allowed.unit)]
    OutOfRange {
        /// The number.
        value: f64,
        /// Its range.
        allowed: Allowed,
    },
    /// Number with a fraction, or outside its range.
    #[error("expected a whole number from {} to {}, got {}", allowed.low, allowed.high, plain(*value))]
    NotWhole {
        /// The number.
        value: f64,
        /// Its range.
        allowed: IntegerRange,
    },
    /// Window with equal or exchanged ends.
    #[error(
        "expected at least {least_ratio} times `low_resistance_ohm` ({} ohm), got {} ohm", plain(*low), plain(*high)
    )]
    WindowReversed {
        /// Its low resistance, ohm.
        low: f64,
        /// Its high resistance, ohm.
        high: f64,
        /// Smallest allowed ratio of the two.
        least_ratio: f64,
    },
    /// Missing key.
    #[error("missing; required by `{kind}`")]
    Missing {
        /// The kind of mechanism, or the other key, that requires it.
        kind: &'static str,
    },
    /// Key of another kind of the same mechanism.
    #[error("does not apply to `{kind}`{}", own_keys(takes))]
    Foreign {
        /// The kind that the file chose.
        kind: &'static str,
        /// The keys of this kind.
        takes: &'static [&'static str],
    },
    /// Table without points.
    #[error("expected at least 1 point, got an empty list")]
    TableEmpty,
    /// Two points of a table in the wrong order.
    #[error("expected rising resistances, got {} after {} ohm", plain(*next), plain(*previous))]
    TableFalls {
        /// Resistance of the point before, ohm.
        previous: f64,
        /// Resistance that is not above it, ohm.
        next: f64,
    },
    /// List that is too short.
    #[error("expected at least {least} values, got {count}")]
    TooFew {
        /// Number of values in the file.
        count: usize,
        /// Number of values required.
        least: usize,
    },
    /// List that is too long.
    #[error("expected at most {most} values, got {count}")]
    TooMany {
        /// Number of values in the file.
        count: usize,
        /// Number of values allowed.
        most: usize,
    },
    /// Both or neither of two keys that exclude each other.
    #[error("{}", either_or(*given_both, keys))]
    EitherOr {
        /// Whether the file has both; else it has neither.
        given_both: bool,
        /// The keys; the error is reported at the first.
        keys: [&'static str; 2],
    },
    /// Key of another scheme.
    #[error("requires scheme `{belongs_to}`, got scheme `{scheme}`")]
    OtherScheme {
        /// The scheme of the file.
        scheme: &'static str,
        /// The scheme that the key belongs to.
        belongs_to: &'static str,
    },
    /// Drift law that ends before it starts.
    #[error("expected at least `reference_seconds` ({} s), got {} s", plain(*reference), plain(*latest))]
    BeforeReference {
        /// The latest time, s.
        latest: f64,
        /// The reference time, s.
        reference: f64,
    },
    /// Probabilities that add up to more than 1.
    #[error(
        "expected a sum of at most 1 for `p_low_resistance`, `p_high_resistance` and `p_stuck_random`, got {}",
        plain((*sum * 1e12).round() / 1e12)
    )]
    AboveOne {
        /// Their sum.
        sum: f64,
    },
    /// Exchanged resistances of stuck cells.
    #[error("expected at least `stuck_low_resistance_ohm` ({} ohm), got {} ohm", plain(*low), plain(*high))]
    StuckReversed {
        /// The low resistance, ohm.
        low: f64,
        /// The high resistance, ohm.
        high: f64,
    },
    /// Key that sets the same quantity as another key of the file.
    #[error("cannot be combined with `{other}`; set one of the two")]
    Beside {
        /// The other key.
        other: &'static str,
    },
    /// Two levels in the wrong order.
    #[error("expected rising levels, got {} after {} µS", plain(*next), plain(*previous))]
    LevelsFall {
        /// The level before, µS.
        previous: f64,
        /// The level that is not above it, µS.
        next: f64,
    },
    /// I-V curve with a current of zero or of the wrong sign.
    #[error(
        "expected at least {least} for `1 + quadratic_per_volt V + cubic_per_square_volt V²` at {} V, got {}",
        plain(*volts), plain(*ratio)
    )]
    CurrentReverses {
        /// The voltage, V.
        volts: f64,
        /// Ratio of the conductance at this voltage to that at 0 V.
        ratio: f64,
        /// Smallest allowed ratio.
        least: f64,
    },
    /// Table that does not overlap the window.
    #[error(
        "expected resistances that overlap the window ({} to {} ohm), got {} to {} ohm",
        significant(window[0]), significant(window[1]), plain(table[0]), plain(table[1])
    )]
    BesideWindow {
        /// First and last resistance of the table, ohm.
        table: [f64; 2],
        /// Ends of the window, ohm.
        window: [f64; 2],
    },
    /// Levels of a device with pulsed writes.
    #[error("requires scheme `add` or `verify`, got scheme `pulsed`")]
    LevelsOfPulses,
    /// Character that controls a terminal or a page.
    #[error("expected no control characters, got U+{code:04X} at character {place}")]
    ControlCharacter {
        /// Its place in the string, from 1.
        place: usize,
        /// Its number in Unicode.
        code: u32,
    },
    /// String that is too long to display.
    #[error("expected at most {letters} characters, got {found}")]
    TooLong {
        /// Number of characters in the file.
        found: usize,
        /// Number of characters allowed.
        letters: usize,
    },
    /// Slope variation of steps without a slope.
    #[error("requires pulses with law `linear` or `soft-bounds`")]
    NoSlope,
    /// Word lines with ideal drivers and ideal sense amplifiers.
    #[error("expected drivers or sense amplifiers (`sense_ohm`) above 0 ohm in a driven array, got 0 ohm for both")]
    NoEnds,
    /// Empty name.
    #[error("expected the name of the device, got an empty string")]
    Empty,
}

/// The whole message: missing keys are named as such, all other problems follow the key.
fn message(key: &str, problem: &Problem) -> String {
    match problem {
        Problem::Missing { kind } => format!("missing key `{key}`; required by `{kind}`"),
        Problem::EitherOr { given_both: false, keys } => format!("missing key `{key}` or `{}`", keys[1]),
        _ => format!("{key}: {problem}"),
    }
}

fn either_or(given_both: bool, keys: &[&str; 2]) -> String {
    let (verb, got) = if given_both { ("only ", "both") } else { ("", "neither") };
    format!("expected {verb}one of `{}` and `{}`, got {got}", keys[0], keys[1])
}

fn own_keys(takes: &[&str]) -> String {
    match takes {
        [] => ", which has no keys of its own".to_owned(),
        takes => format!("; expected one of {}", quoted(takes)),
    }
}

/// Six significant digits: an end of the window comes back from f32.
fn significant(value: f64) -> String {
    plain(format!("{value:.5e}").parse().unwrap_or(value))
}

/// The words in backticks, separated by commas.
pub(super) fn quoted(words: &[impl AsRef<str>]) -> String {
    words.iter().map(|word| format!("`{}`", word.as_ref())).collect::<Vec<_>>().join(", ")
}

/// Refuses keys of other kinds: every key in `keys` (name, present or not) that is present must be in `takes`.
pub(crate) fn refuse_foreign(
    keys: &[(&str, bool)],
    kind: &'static str,
    takes: &'static [&'static str],
) -> Result<(), SpecError> {
    match keys.iter().find(|(key, given)| *given && !takes.contains(key)) {
        Some((key, _)) => Err(SpecError::at(key, Problem::Foreign { kind, takes })),
        None => Ok(()),
    }
}

/// Returns the value of `key`, which `kind` requires.
pub(crate) fn required<T>(key: &str, value: Option<T>, kind: &'static str) -> Result<T, SpecError> {
    value.ok_or_else(|| SpecError::at(key, Problem::Missing { kind }))
}
