//! Settings that contradict the file of a network.

/// A setting that contradicts the file of a network.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Contradiction {
    /// A key of a study that the file decides.
    #[error("{place}: {key}: {given} has no effect: {file} has {own}\n\nhint: leave the key out")]
    Dropped {
        /// Line of the study.
        place: String,
        /// The key.
        key: String,
        /// Its values in the study.
        given: String,
        /// The network file.
        file: String,
        /// The value of the file, which is used.
        own: String,
    },
    /// An override of what the file states.
    #[error(
        "{file}: {key}: the file has {own}, and {given} is used\n\nhint: leave the key out to use the value of the file"
    )]
    Overridden {
        /// The network file.
        file: String,
        /// The key.
        key: String,
        /// The value of the file.
        own: String,
        /// The values that are used.
        given: String,
    },
}
