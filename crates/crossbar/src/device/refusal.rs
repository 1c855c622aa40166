//! Why a device file is refused: the key, what is wrong with its value, and what is allowed.

use thiserror::Error;

use super::allowed::{Allowed, IntegerRange};
use super::renamed::renamed_word;

/// A value that a device cannot have.
#[derive(Clone, Debug, PartialEq, Error)]
#[error("{key}: {problem}")]
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

    /// The same refusal seen from the object that holds `parent`.
    pub(crate) fn within(self, parent: &str) -> SpecError {
        SpecError { key: format!("{parent}.{}", self.key), problem: self.problem }
    }
}

/// What is wrong with the value of a key.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum Problem {
    /// A number outside its range.
    #[error("got {value}{}, must lie between {} and {}{}", allowed.unit, allowed.low, allowed.high, allowed.unit)]
    OutOfRange {
        /// The number.
        value: f64,
        /// Its range.
        allowed: Allowed,
    },
    /// A number that is not whole, or outside its range.
    #[error("got {value}, must be a whole number from {} to {}", allowed.low, allowed.high)]
    NotWhole {
        /// The number.
        value: f64,
        /// Its range.
        allowed: IntegerRange,
    },
    /// A window whose ends are the same or change places.
    #[error("got {high} ohm, must be at least {least_ratio} times `low_resistance_ohm`, which is {low} ohm")]
    WindowReversed {
        /// Its low resistance, ohm.
        low: f64,
        /// Its high resistance, ohm.
        high: f64,
        /// The smallest ratio of the two.
        least_ratio: f64,
    },
    /// A key that this kind of the mechanism cannot do without.
    #[error("missing, `{kind}` needs it")]
    Missing {
        /// The kind.
        kind: &'static str,
    },
    /// A key that belongs to another kind of the mechanism.
    #[error("not a key of `{kind}`, which takes {}", quoted(takes))]
    Foreign {
        /// The kind.
        kind: &'static str,
        /// The keys of its own.
        takes: &'static [&'static str],
    },
    /// A table without points.
    #[error("table has no points, must have at least one")]
    TableEmpty,
    /// Two points of a table in the wrong order.
    #[error("table must rise in resistance, got {next} after {previous} ohm")]
    TableFalls {
        /// The resistance before, ohm.
        previous: f64,
        /// The resistance that does not lie above it, ohm.
        next: f64,
    },
    /// A list that is too short.
    #[error("got {count} of them, must be at least {least}")]
    TooFew {
        /// Values given.
        count: usize,
        /// Values needed.
        least: usize,
    },
    /// A list that is too long.
    #[error("got {count} of them, must be at most {most}")]
    TooMany {
        /// Values given.
        count: usize,
        /// Values allowed.
        most: usize,
    },
    /// Two keys of which one must be given.
    #[error(
        "{}, must be given either here or as `{}`, once",
        if *given_both { "given twice in two units" } else { "missing" }, keys[1]
    )]
    EitherOr {
        /// Whether both are given; else none is.
        given_both: bool,
        /// The keys; the first is the one that the refusal stands at.
        keys: [&'static str; 2],
    },
    /// A part of a scheme that another scheme has.
    #[error("not a key of scheme `{scheme}`, must stand with scheme `{belongs_to}`")]
    OtherScheme {
        /// The scheme of the file.
        scheme: &'static str,
        /// The scheme that the key belongs to.
        belongs_to: &'static str,
    },
    /// A law of time that would end before it starts.
    #[error("got {latest} s, must be at least `reference_seconds`, which is {reference} s")]
    BeforeReference {
        /// The latest time, s.
        latest: f64,
        /// The reference time, s.
        reference: f64,
    },
    /// Probabilities of faults that exclude each other.
    #[error("`p_low_resistance`, `p_high_resistance` and `p_stuck_random` add up to {sum}, must be at most 1")]
    AboveOne {
        /// Their sum.
        sum: f64,
    },
    /// Resistances of stuck cells that change places.
    #[error("got {high} ohm, must not lie below `stuck_low_resistance_ohm`, which is {low} ohm")]
    StuckReversed {
        /// The low resistance, ohm.
        low: f64,
        /// The high resistance, ohm.
        high: f64,
    },
    /// A key beside another that says the same in another way.
    #[error("given beside `{other}`, must be one or the other")]
    Beside {
        /// The other key.
        other: &'static str,
    },
    /// Two levels in the wrong order.
    #[error("levels must rise, got {next} after {previous} µS")]
    LevelsFall {
        /// The level before, µS.
        previous: f64,
        /// The level that does not lie above it, µS.
        next: f64,
    },
    /// An I-V curve whose current vanishes or changes its direction.
    #[error(
        "got {ratio} for `1 + quadratic_per_volt V + cubic_per_square_volt V²` at {volts} V, must be at least {least}"
    )]
    CurrentReverses {
        /// The voltage, V.
        volts: f64,
        /// Conductance there over that at 0 V.
        ratio: f64,
        /// The smallest allowed.
        least: f64,
    },
    /// A table that lies beside the window.
    #[error(
        "table from {} to {} ohm, must overlap the window from {} to {} ohm",
        table[0], table[1], significant(window[0]), significant(window[1])
    )]
    BesideWindow {
        /// First and last resistance of the table, ohm.
        table: [f64; 2],
        /// Ends of the window, ohm.
        window: [f64; 2],
    },
    /// Levels of a device that is written by pulses.
    #[error("not with scheme `pulsed`, whose pulses end where they end: must stand with `add` or `verify`")]
    LevelsOfPulses,
    /// A character that a terminal or a page would act on.
    #[error("got the character U+{code:04X} at place {place}, must be text without control characters")]
    ControlCharacter {
        /// Its place, from 1.
        place: usize,
        /// Its number in Unicode.
        code: u32,
    },
    /// A text that is too long to show.
    #[error("got {found} letters, must be at most {letters}")]
    TooLong {
        /// Letters given.
        found: usize,
        /// Letters allowed.
        letters: usize,
    },
    /// Slopes of steps that have none.
    #[error("not of this device, must stand with pulses whose law is `linear` or `soft-bounds`")]
    NoSlope,
    /// A name without letters.
    #[error("got an empty text, must name the device")]
    Empty,
}

/// A device file that cannot be read as a device.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// Not JSON, or JSON of another form; the source carries line and column.
    #[error("{}{}{source}", with(key, ": "), with(found, ", "))]
    Json {
        /// Path of the key; empty at the root.
        key: String,
        /// `got` and the word at which the reader stopped; empty where there is none.
        found: String,
        /// What the parser says.
        source: serde_json::Error,
    },
    /// A value of another type.
    #[error("{}got {found}, must be {wanted}, at line {line} column {column}", with(key, ": "))]
    WrongType {
        /// Path of the key; empty at the root.
        key: String,
        /// The value or its type.
        found: String,
        /// The type allowed.
        wanted: String,
        /// Line of the file, from 1.
        line: usize,
        /// Column of the line, from 1.
        column: usize,
    },
    /// A key that no device has.
    #[error("{key}: unknown key, the nearest known is `{nearest}`")]
    UnknownKey {
        /// Path of the key.
        key: String,
        /// The known key that is spelled most like it.
        nearest: String,
    },
    /// A key that was renamed.
    #[error("{key}: unknown key\n\nhint: renamed to `{new}`")]
    RenamedKey {
        /// Path of the key.
        key: String,
        /// The path that replaced it.
        new: String,
    },
    /// A word that is none of those allowed.
    #[error("{key}: got `{value}`, must be one of {}{}", quoted(allowed), renamed_hint(key, value))]
    UnknownWord {
        /// Path of the key.
        key: String,
        /// The word.
        value: String,
        /// The words allowed.
        allowed: Vec<String>,
    },
    /// A key that every device has.
    #[error("{key}: missing, must be given")]
    MissingKey {
        /// Path of the key.
        key: String,
    },
    /// A key that an object has twice.
    #[error("{key}: given twice, must be given once")]
    DuplicateKey {
        /// Path of the key.
        key: String,
    },
    /// A value that a device cannot have.
    #[error(transparent)]
    Refused(#[from] SpecError),
}

impl DeviceError {
    /// Path of the key at fault; empty where the whole file is.
    pub fn key(&self) -> &str {
        match self {
            DeviceError::Json { key, .. }
            | DeviceError::WrongType { key, .. }
            | DeviceError::UnknownKey { key, .. }
            | DeviceError::RenamedKey { key, .. }
            | DeviceError::UnknownWord { key, .. }
            | DeviceError::MissingKey { key }
            | DeviceError::DuplicateKey { key } => key,
            DeviceError::Refused(refused) => &refused.key,
        }
    }
}

/// `text` and what follows it, or nothing.
fn with(text: &str, follows: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{text}{follows}") }
}

/// Six significant digits: an end of the window comes back from f32.
fn significant(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

/// The hint for an old word; empty for any other.
fn renamed_hint(key: &str, word: &str) -> String {
    renamed_word(key, word).map_or_else(String::new, |new| format!("\n\nhint: renamed to `{new}`"))
}

fn quoted(words: &[impl AsRef<str>]) -> String {
    match words {
        [] => "no further keys".to_owned(),
        words => words.iter().map(|word| format!("`{}`", word.as_ref())).collect::<Vec<_>>().join(", "),
    }
}

/// Refuses the keys of other kinds: of `keys` (name, given or not) those given must be in `takes`.
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

/// The value of `key`, which `kind` cannot do without.
pub(crate) fn required<T>(key: &str, value: Option<T>, kind: &'static str) -> Result<T, SpecError> {
    value.ok_or_else(|| SpecError::at(key, Problem::Missing { kind }))
}
