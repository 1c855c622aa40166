//! The sections that the replication adds to a report.

mod claims;
mod published;
mod published_digits;

use ohmspike_report::page::{Facts, Section};

/// All of them, in their order.
pub fn all(facts: &Facts) -> Vec<Section> {
    vec![published::section(facts), claims::section(facts)]
}
