//! What sections are made from, and what they are.

use std::collections::BTreeSet;

use maud::{Markup, html};

use ohmspike_analysis::recorded::Recorded;
use ohmspike_analysis::repeats::{Done, done};
use ohmspike_analysis::sweep::Sweeps;
use ohmspike_study::study::Study;

use super::direction::Direction;
use super::tolerated::{Tolerance, tolerances};
use crate::figures::{Figure, NoiseUnit};

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
    /// The unit of write noise that they ask for.
    pub noise_unit: Option<NoiseUnit>,
    /// What is drawn of them.
    pub figures: &'a [Figure],
    /// The machine that writes the report, in words.
    pub machine: &'a str,
}

/// What several sections need of a report.
pub struct Facts<'a> {
    /// What the report is made from.
    pub report: &'a Report<'a>,
    /// The trials that have a record.
    pub done: Vec<Done<'a>>,
    /// Their outcomes along the axes.
    pub sweeps: Sweeps,
    /// How the swept axis disturbs, and what curves tolerate, by sweep; none where it does not disturb.
    pub(super) tolerances: Option<(Direction, Vec<Vec<Tolerance>>)>,
    /// Accuracy of guessing, a fraction.
    pub chance: f64,
}

impl<'a> Facts<'a> {
    /// What the sections of `report` need.
    pub(super) fn new(report: &'a Report<'a>) -> Facts<'a> {
        let recorded = report.recorded;
        let done = done(recorded.study, recorded.prepared, recorded.trials, recorded.store);
        let sweeps = Sweeps::new(recorded.study, &done);
        let shape = recorded.prepared.data_shape(&recorded.study.conditions[0].settings);
        let chance = recorded.chance().unwrap_or_else(|| 1.0 / shape.map_or(1, |shape| shape.classes) as f64);
        let tolerances = tolerances(&sweeps, chance);
        Facts { report, done, sweeps, tolerances, chance }
    }

    /// The study.
    pub fn study(&self) -> &Study {
        self.report.recorded.study
    }

    /// Number of trials, and of those that have a record.
    pub fn counts(&self) -> (usize, usize) {
        (self.report.recorded.trials.len(), self.done.len())
    }

    /// The seeds of the study that have a record at all.
    pub(super) fn seeds_done(&self) -> BTreeSet<u64> {
        self.done.iter().map(|done| done.record.seed).collect()
    }
}

/// A section with its heading, which the table of contents links to.
pub struct Section {
    /// The anchor.
    pub id: &'static str,
    /// The heading.
    pub heading: &'static str,
    /// What follows it.
    pub body: Markup,
}

impl Section {
    pub(super) fn markup(&self) -> Markup {
        html! { section id=(self.id) { h2 { (self.heading) } (self.body) } }
    }
}
