//! A chip map that does not fit its array.

use ohmspike_crossbar::MapError;

/// A chip map that does not fit its array.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{key}: {}", source.in_file(path))]
pub struct WrongMap {
    /// Key that names the map.
    pub key: String,
    /// Path of the map.
    pub path: String,
    /// Cause.
    pub source: Box<MapError>,
}
