//! A chip that works no better than chance.

use ohmspike_study::time_words::time_words;

/// A chip that is saved and works no better than chance, although its network works with digital weights.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "chip {chip} of {file}: its accuracy after {} is {accuracy:.1} %, not above chance ({chance:.1} %), and {exact:.1} % with \
     digital weights\n\nhint: `ohmspike deploy` with `--mechanisms` shows what the accuracy is lost to", time_words(*seconds)
)]
pub struct ChipAtChance {
    /// Number of the chip.
    pub chip: u32,
    /// The network file.
    pub file: String,
    /// Time after programming, s.
    pub seconds: f64,
    /// Accuracy of the chip at this time, %.
    pub accuracy: f64,
    /// Chance, %.
    pub chance: f64,
    /// Accuracy with digital weights, %.
    pub exact: f64,
}
