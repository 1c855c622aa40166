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
mod published_digits;
mod reproduce;
mod settings;
mod table;
mod tables;
mod tolerance;
mod variance;

use std::collections::BTreeSet;

use maud::{Markup, PreEscaped, html};

use crate::figures::{Figure, Recorded};
use crate::study::Study;
use crate::sweep::{Done, Sweeps, done};
use tolerance::{Tolerance, tolerances};

/// What a report is made from.
#[derive(Debug)]
pub struct Report<'a> {
    /// The study and its records.
    pub recorded: Recorded<'a>,
    /// Its file, as the command names it.
    pub file: &'a str,
    /// The text of that file.
    pub text: &'a str,
    /// What `--set` put in the place of the file's values.
    pub overrides: &'a [String],
    /// The folder of the results, where it is not the default.
    pub out: Option<&'a str>,
    /// Further flags of the command, which choose what is drawn.
    pub flags: &'a [String],
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
        let done = done(self.recorded.study, self.recorded.trials, self.recorded.store);
        let sweeps = Sweeps::of(self.recorded.study, &done);
        let classes = self.recorded.prepared.data(&self.recorded.study.conditions[0].settings).classes;
        let chance = 1.0 / classes as f64;
        let tolerances = tolerances(&sweeps, chance);
        page::page(&Facts { report: self, done, sweeps, tolerances, chance })
    }
}

impl Facts<'_> {
    fn study(&self) -> &Study {
        self.report.recorded.study
    }

    /// Number of trials, and of those that have a record.
    fn counts(&self) -> (usize, usize) {
        (self.report.recorded.trials.len(), self.done.len())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::fixture::{Fixture, record};

    const STUDY: &str = "question = 'Is <b> & \"c\" escaped?'\n[noise]\nlevel_percent = [0, 50, 100]\n\
                         [network]\nexcitatory_fraction = [0.5, 0.8, 1.0]\n[repeats]\nseeds = 3\n";

    fn html(fixture: &Fixture) -> String {
        fixture.see(|recorded| {
            let (file, overrides) = ("a <study>.toml", ["noise.level_percent=[0, 50]".to_owned()]);
            Report {
                recorded,
                file,
                text: STUDY,
                overrides: &overrides,
                out: None,
                flags: &[],
                figures: &[],
                machine: "a machine",
            }
            .html()
        })
    }

    /// A network loses 0.2 of accuracy to a level of 50 %, less where more of its neurons excite.
    fn falling() -> Fixture {
        Fixture::new(STUDY, |settings, seed| {
            let share = settings.network.excitatory_fraction;
            let accuracy = 0.8 - settings.noise.level_percent * (0.006 - 0.002 * share) + 0.003 * (seed as f64 - 2.0);
            Some(accuracy)
        })
    }

    #[test]
    fn the_answer_has_its_numbers() {
        let page = html(&falling());
        // A* falls to 0.95 where 0.7 x 0.05 of accuracy is lost: 100:0 loses 0.004, 50:50 0.005 a percent.
        assert!(page.contains("of 8.75 % (8.71 to 8.79) for 100:0, which bears most, and 7.00 %"), "{page}");
        assert!(page.contains("Complete: all 27 trials have been run."));
    }

    #[test]
    fn everything_is_escaped_and_nothing_comes_from_elsewhere() {
        let page = html(&falling());
        assert!(page.contains("Is &lt;b&gt; &amp; &quot;c&quot; escaped?") && page.contains("a &lt;study&gt;.toml"));
        for foreign in ["<script", "http://", "https://", "src=\"/", "@import", "url("] {
            assert!(!page.contains(foreign), "{foreign}");
        }
        let sections = page.matches("<section id=").count();
        assert_eq!(sections, page.matches("<a href=\"#").count(), "every section has its link");
        assert_eq!(sections, 11, "no device, and no figure was handed in");
    }

    #[test]
    fn what_is_missing_stands_at_the_top() {
        let some = Fixture::with_records(STUDY, |settings, seed| {
            let failed = settings.noise.level_percent == 100.0 && seed == 1;
            let mut made = record(settings, seed, 0.7);
            if failed {
                made.outcome = None;
                made.failure = Some("training diverged".to_owned());
            }
            (seed < 3).then_some(made)
        });
        let page = html(&some);
        assert!(page.contains("Incomplete: 18 of 27 trials have been run."), "{page}");
        assert!(page.contains("Seeds with a record: 2 of 3") && page.contains("3 of them ended without an outcome"));
        assert!(page.contains("training diverged") && page.contains("(n = 1, 1 failed)"));
    }

    #[test]
    fn a_study_without_records_has_a_page() {
        let page = html(&Fixture::new(STUDY, |_, _| None));
        assert!(page.contains("Incomplete: 0 of 27 trials") && page.contains("No trial has an outcome yet."));
    }
}
