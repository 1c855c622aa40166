//! A map of a chip that does not fit its array.

use ohmspike_crossbar::MapError;

/// A map that is not one of its array.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{key}: {}", source.in_file(path))]
pub struct WrongMap {
    /// The key that names it.
    pub key: String,
    /// The file.
    pub path: String,
    /// What is wrong with it.
    pub source: Box<MapError>,
}
