//! The page of an answers folder: every answer with its figure, then the trials behind it.

use maud::html;

use super::Section;
use super::layout::{Head, whole};
use super::table::facts;
use crate::rendered_answer::RenderedAnswer;

/// Input of the page.
#[derive(Clone, Copy, Debug)]
pub struct AnswerPage<'a> {
    /// Name of the study or of the folder.
    pub name: &'a str,
    /// Question of the study; empty for none.
    pub question: &'a str,
    /// Text of the study file in the folder, if there is one.
    pub text: Option<&'a str>,
    /// Command that writes this page.
    pub command: &'a str,
}

impl AnswerPage<'_> {
    /// Returns the page. The same answers and version of the program give the same page on every machine.
    pub fn html(&self, answers: Vec<RenderedAnswer>) -> String {
        let (mut sections, mut details) = (Vec::new(), Vec::new());
        for RenderedAnswer { section, details: behind, .. } in answers {
            sections.push(section);
            details.extend(behind);
        }
        details.extend(self.settings());
        details.push(self.provenance());
        let head = Head { name: self.name, status: html! {}, question: self.question };
        whole(&head, &sections, &details)
    }

    fn settings(&self) -> Option<Section> {
        let text = self.text?;
        Some(Section { id: "settings", heading: "Settings", body: html! { pre tabindex="0" { (text) } } })
    }

    fn provenance(&self) -> Section {
        let rows =
            [("program", format!("ohmspike {}", env!("CARGO_PKG_VERSION"))), ("command", self.command.to_owned())];
        let rows = rows.map(|(name, value)| (name.to_owned(), value));
        let body = html! {
            (facts("Origin of this page", &rows))
            p.method { "Every trial is named by a hash of everything that decides its outcome, and can be run again by its command." }
        };
        Section { id: "provenance", heading: "Provenance", body }
    }
}
