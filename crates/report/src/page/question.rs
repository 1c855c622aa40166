//! Headings of several answers in a folder.

use maud::{Markup, html};
use ohmspike_study::settings::Settings;

/// Renders the heading of question `number`, with the keys whose values differ from those of the `first` question.
pub fn question(number: u32, first: Option<&Settings>, own: Option<&Settings>) -> Markup {
    let differs = first.zip(own).map(|(first, own)| differences(first, own)).unwrap_or_default();
    html! {
        h3 { "Question " (number) }
        @if !differs.is_empty() { p { "Differs from question 1 in " (differs.join(", ")) "." } }
    }
}

/// Lists the keys of `own` with values other than in `first`, as `key = value`.
fn differences(first: &Settings, own: &Settings) -> Vec<String> {
    let first = first.resolved().keys();
    let own = own.resolved().keys();
    own.into_iter().filter(|one| !first.contains(one)).map(|(key, value)| format!("{key} = {value}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_names_what_differs_from_the_first() {
        let first = Settings::default();
        let other = first.with_key("training.epochs", 7).expect("a valid key");
        let html = question(2, Some(&first), Some(&other)).into_string();
        assert_eq!(html, "<h3>Question 2</h3><p>Differs from question 1 in training.epochs = 7.</p>");
        assert_eq!(question(1, Some(&first), Some(&first)).into_string(), "<h3>Question 1</h3>");
    }
}
