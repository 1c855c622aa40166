//! The input of a report, the facts that its sections share, and the sections.

use std::collections::BTreeSet;

use maud::{Markup, html};

use ohmspike_analysis::recorded::Recorded;
use ohmspike_analysis::repeats::{Done, done};
use ohmspike_analysis::sweep::Sweeps;
use ohmspike_study::study::Study;

use super::direction::Direction;
use super::tolerated::{Tolerance, tolerances};
use crate::figures::{Figure, NoiseUnit};

/// Input of a report.
#[derive(Debug)]
pub struct Report<'a> {
    /// The study and its records.
    pub recorded: Recorded<'a>,
    /// Path of the study file, as given on the command line.
    pub file: &'a str,
    /// Text of the study file.
    pub text: &'a str,
    /// Overrides given by `--set`.
    pub overrides: &'a [String],
    /// Folder of the results, unless it is the default.
    pub out: Option<&'a str>,
    /// Flags of the command that select figures.
    pub flags: &'a [String],
    /// Unit of write noise given by `--noise-unit`.
    pub noise_unit: Option<NoiseUnit>,
    /// Figures of the study; the first one is shown next to the answer.
    pub figures: &'a [Figure],
}

/// Facts shared by several sections.
pub struct Facts<'a> {
    /// Input of the report.
    pub report: &'a Report<'a>,
    /// Trials with a record.
    pub done: Vec<Done<'a>>,
    /// Outcomes along the swept axes.
    pub sweeps: Sweeps,
    /// Direction of the disturbance and tolerance of each curve, by sweep; none if the swept axis is no disturbance.
    pub(super) tolerances: Option<(Direction, Vec<Vec<Tolerance>>)>,
    /// Chance accuracy, a fraction.
    pub chance: f64,
}

impl<'a> Facts<'a> {
    /// Collects the facts of `report`.
    pub(super) fn new(report: &'a Report<'a>) -> Facts<'a> {
        let recorded = report.recorded;
        let done = done(recorded.study, recorded.prepared, recorded.trials, recorded.store);
        let sweeps = Sweeps::new(recorded.study, &done);
        let shape = recorded.prepared.data_shape(&recorded.study.conditions[0].settings);
        let chance = recorded.chance().unwrap_or_else(|| 1.0 / shape.map_or(1, |shape| shape.classes) as f64);
        let tolerances = tolerances(&sweeps, chance);
        Facts { report, done, sweeps, tolerances, chance }
    }

    /// Returns the study.
    pub fn study(&self) -> &Study {
        self.report.recorded.study
    }

    /// Returns the number of trials and of trials with a record.
    pub fn counts(&self) -> (usize, usize) {
        (self.report.recorded.trials.len(), self.done.len())
    }

    /// Returns the seeds that have at least one record.
    pub(super) fn seeds_done(&self) -> BTreeSet<u64> {
        self.done.iter().map(|done| done.record.seed).collect()
    }
}

/// Section of the page.
pub struct Section {
    /// Anchor of its link.
    pub id: &'static str,
    /// Heading.
    pub heading: &'static str,
    /// Content.
    pub body: Markup,
}

impl Section {
    pub(super) fn markup(&self) -> Markup {
        html! { section id=(self.id) { h2 { (self.heading) } (self.body) } }
    }

    /// Renders the section folded. A link to its anchor unfolds it.
    pub(super) fn folded(&self) -> Markup {
        html! { details.section { summary { (self.heading) } div id=(self.id) { (self.body) } } }
    }
}
