//! Section `[observe]`: the trials whose details are kept.

use super::StudyError;
use super::given::Given;
use super::keys::DETAILS;
use super::problem::wrong_type;

/// The trials whose details are saved along with their records. Does not affect results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeptDetails {
    /// No trial.
    None,
    /// Trials of the first seed: one per condition.
    #[default]
    FirstSeed,
    /// All trials, about 60 kB each.
    All,
}

impl KeptDetails {
    /// Whether the details of the trial with seed number `position`, from 0, are kept.
    pub fn keeps(self, position: usize) -> bool {
        match self {
            KeptDetails::None => false,
            KeptDetails::FirstSeed => position == 0,
            KeptDetails::All => true,
        }
    }

    /// The value in a study file.
    pub fn word(self) -> &'static str {
        match self {
            KeptDetails::None => "none",
            KeptDetails::FirstSeed => "first-seed",
            KeptDetails::All => "all",
        }
    }

    pub(super) fn read(given: &Given) -> Result<KeptDetails, StudyError> {
        match given.value.as_str() {
            Some("none") => Ok(KeptDetails::None),
            Some("first-seed") => Ok(KeptDetails::FirstSeed),
            Some("all") => Ok(KeptDetails::All),
            _ => {
                let reason = format!("expected `none`, `first-seed` or `all`, got {}", given.value);
                Err(wrong_type(&given.place, DETAILS, &reason))
            }
        }
    }
}
