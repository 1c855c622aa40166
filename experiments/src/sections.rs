//! Sections that the replication adds to a report.

mod claims;
mod differing_settings;
mod published;
mod published_digits;

use ohmspike_report::page::{Facts, Section};

/// Returns the sections in order.
pub fn all(facts: &Facts) -> Vec<Section> {
    [published::section(facts), claims::section(facts)].into_iter().flatten().collect()
}
