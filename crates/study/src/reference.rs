//! The reference of study keys, device keys and record fields, generated from the Rust types.
//!
//! Doc comments are the meanings; `schemars` attributes hold ranges and units; defaults come from
//! [`Settings::default`](crate::settings::Settings). The program prints the reference (`ohmspike keys`) and writes the
//! reference pages of the documentation (`ohmspike generate markdown`).
//!
//! ```
//! use ohmspike_study::reference::study_keys;
//!
//! let sections = study_keys(&[]);
//! let training = sections.iter().find(|section| section.name == "training").expect("a section");
//! let epochs = training.keys.iter().find(|key| key.key == "training.epochs").expect("a key");
//! assert_eq!((epochs.default.as_str(), epochs.allowed.as_str()), ("`30`", "0 to 1000000"));
//! ```

mod device_keys;
mod fields;
mod schema;
mod study_keys;

pub use device_keys::device_keys;
pub use fields::{Field, Group, record_fields};
pub use study_keys::study_keys;

/// A section of a study file or device file.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// Name without brackets: `training`. Empty for keys outside sections.
    pub name: String,
    /// What the section describes, in one or two sentences.
    pub meaning: String,
    /// Its keys.
    pub keys: Vec<Key>,
}

/// A key of a study file or device file. Literals in its texts are in backticks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Key {
    /// Full name: `training.epochs`.
    pub key: String,
    /// Type of the value: `number`, `whole number`, `string`, `true or false`, `choice`, `list`.
    pub kind: String,
    /// Unit of the value, or `none`.
    pub unit: String,
    /// Default value, or where the default comes from. `required` without a default.
    pub default: String,
    /// Range, choices, or a description of the allowed values.
    pub allowed: String,
    /// Lowest and highest number; none for other types.
    pub range: Option<(f64, f64)>,
    /// Choices with their meanings; empty for other types.
    pub choices: Vec<Choice>,
    /// What the key means.
    pub meaning: String,
}

/// One of the words that a key allows.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// The word.
    pub word: String,
    /// What it means.
    pub meaning: String,
}
