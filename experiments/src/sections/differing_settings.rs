//! The settings of a study that differ from the published one.

use std::collections::BTreeSet;

use maud::{Markup, html};

use ohmspike_report::page::Facts;

use crate::published::differences;

/// Renders the settings that differ from the published study.
pub fn told_differences(facts: &Facts) -> Markup {
    let found: BTreeSet<String> =
        facts.study().conditions.iter().flat_map(|condition| differences(&condition.settings)).collect();
    html! {
        @if found.is_empty() { p { "Apart from its seeds, the study has the published settings." } }
        @else {
            p { "Settings that differ from the published study:" }
            ul { @for difference in &found { li { code { (difference) } } } }
        }
    }
}
