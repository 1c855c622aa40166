//! A study as one page of HTML that needs nothing beside itself: what was asked, what came out, how sure that is, and how to
//! get it again.
//!
//! One file a section. Everything that comes from a study, a device or a record is escaped; figures stand in the page as
//! images of their own, so that names within them cannot meet.

mod answer;
mod claims;
mod comparisons;
mod devices;
mod figures;
mod ledger;
mod number;
mod outcomes;
mod page;
mod provenance;
mod published;
mod reproduce;
mod settings;
mod table;
mod tolerance;
mod variance;

use std::collections::BTreeSet;

use maud::{Markup, PreEscaped, html};

use crate::figures::Figure;
use crate::prepare::Prepared;
use crate::run::Trial;
use crate::store::Store;
use crate::study::Study;
use crate::sweep::{Done, Sweeps, done};
use tolerance::{Tolerance, tolerances};

/// What a report is made from.
#[derive(Debug)]
pub struct Report<'a> {
    /// The study.
    pub study: &'a Study,
    /// Its file, as the command names it.
    pub file: &'a str,
    /// The text of that file.
    pub text: &'a str,
    /// What `--set` put in the place of the file's values.
    pub overrides: &'a [String],
    /// Data and devices.
    pub prepared: &'a Prepared,
    /// All trials of the study.
    pub trials: &'a [Trial<'a>],
    /// The records so far.
    pub store: &'a Store,
    /// What is drawn of them.
    pub figures: &'a [Figure],
    /// The machine that writes the report, in words.
    pub machine: &'a str,
}

/// What several sections need of a report.
struct Facts<'a> {
    report: &'a Report<'a>,
    done: Vec<Done<'a>>,
    sweeps: Sweeps,
    /// By sweep; empty where the swept axis does not disturb.
    tolerances: Vec<Vec<Tolerance>>,
    /// Accuracy of guessing, a fraction.
    chance: f64,
}

impl Report<'_> {
    /// The page. The same records give the same page on the same machine.
    pub fn html(&self) -> String {
        let done = done(self.study, self.trials, self.store);
        let sweeps = Sweeps::of(self.study, &done);
        let classes = self.prepared.data(&self.study.conditions[0].settings).classes;
        let chance = 1.0 / classes as f64;
        let tolerances = tolerances(&sweeps, chance);
        page::page(&Facts { report: self, done, sweeps, tolerances, chance })
    }
}

impl Facts<'_> {
    fn study(&self) -> &Study {
        self.report.study
    }

    /// Number of trials, and of those that have a record.
    fn counts(&self) -> (usize, usize) {
        (self.report.trials.len(), self.done.len())
    }

    /// The seeds of the study that have a record at all.
    fn seeds_done(&self) -> BTreeSet<u64> {
        self.done.iter().map(|done| done.record.seed).collect()
    }
}

/// A section with its heading, which the table of contents links to.
struct Section {
    id: &'static str,
    heading: &'static str,
    body: Markup,
}

impl Section {
    fn markup(&self) -> Markup {
        html! { section id=(self.id) { h2 { (self.heading) } (self.body) } }
    }
}

/// A link that holds its file: `name` is what it is saved as.
fn data_link(name: &str, kind: &str, content: &[u8], words: &str) -> Markup {
    html! { a href=(data_uri(kind, content)) download=(name) { (words) } }
}

fn data_uri(kind: &str, content: &[u8]) -> PreEscaped<String> {
    use base64::Engine;
    // Base64 and media types hold nothing that HTML would read as its own.
    PreEscaped(format!("data:{kind};base64,{}", base64::engine::general_purpose::STANDARD.encode(content)))
}
