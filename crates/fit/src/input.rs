//! The files of a fit.

use std::fmt;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Conductances right after writes to targets.
    Writes,
    /// Repeated reads of the same state.
    Reads,
    /// Conductances some time after a write.
    Retention,
    /// Conductances after single pulses.
    Pulses,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Role::Writes => "writes",
            Role::Reads => "reads",
            Role::Retention => "retention",
            Role::Pulses => "pulses",
        })
    }
}

/// A measured table: the text of a CSV file and its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputFile {
    /// Path or name, for messages and provenance.
    pub name: String,
    /// Content.
    pub bytes: Vec<u8>,
}

/// The files of a fit; at least one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FitInput {
    /// Conductances right after writes; columns of reads and later values are used too.
    pub writes: Option<InputFile>,
    /// Repeated reads of the same state.
    pub reads: Option<InputFile>,
    /// Conductances some time after a write.
    pub retention: Option<InputFile>,
    /// Pulse trains.
    pub pulses: Option<InputFile>,
}

impl FitInput {
    /// Returns the files with their roles.
    pub fn files(&self) -> impl Iterator<Item = (Role, &InputFile)> {
        let all = [
            (Role::Writes, &self.writes),
            (Role::Reads, &self.reads),
            (Role::Retention, &self.retention),
            (Role::Pulses, &self.pulses),
        ];
        all.into_iter().filter_map(|(role, file)| Some((role, file.as_ref()?)))
    }
}
