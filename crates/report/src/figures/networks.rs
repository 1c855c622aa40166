//! Groups the networks of a study by success and by excitatory fraction.

use ohmspike_analysis::recorded::Recorded;
use ohmspike_plot::grid::{Entry, Swatch as Shown};
use ohmspike_plot::palette::Look;
use ohmspike_study::key_label::{FRACTION, heading, value_label};
use ohmspike_study::record::Record;
use ohmspike_study::success::succeeded;

/// Whether a network is successful.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Learnt {
    Successful,
    Failed,
}

/// A trial with its record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Learner<'a> {
    pub(super) seed: u64,
    pub(super) condition: usize,
    /// Index of its excitatory fraction; 0 if fractions are not swept.
    pub(super) fraction_index: usize,
    pub(super) learnt: Learnt,
    pub(super) record: &'a Record,
}

impl Learnt {
    pub(super) const BOTH: [Learnt; 2] = [Learnt::Successful, Learnt::Failed];

    pub(super) fn word(self) -> &'static str {
        match self {
            Learnt::Successful => "successful",
            Learnt::Failed => "failed",
        }
    }

    fn new(record: &Record) -> Learnt {
        if succeeded(record) { Learnt::Successful } else { Learnt::Failed }
    }
}

/// Returns all trials with an outcome.
pub(super) fn learners(recorded: Recorded) -> Vec<Learner> {
    let axis = recorded.axis(FRACTION);
    let fraction_index = |condition: usize| {
        let place = |axis: usize| {
            let value = recorded.value(condition, axis);
            recorded.study.axes[axis].values.iter().position(|known| known == value)
        };
        axis.and_then(place).unwrap_or(0)
    };
    let ended = recorded.records().filter(|(_, record)| record.outcome.is_some());
    let learner = |(trial, record): (&ohmspike_study::run::Trial, _)| {
        let (seed, condition) = (trial.seed, trial.condition);
        Learner { seed, condition, fraction_index: fraction_index(condition), learnt: Learnt::new(record), record }
    };
    ended.map(learner).collect()
}

/// Returns the excitatory fractions with their styles; one without a name if fractions are not swept.
pub(super) fn fractions(recorded: Recorded) -> Vec<(String, Look)> {
    let Some(axis) = recorded.axis(FRACTION) else { return vec![(String::new(), Look::new(0))] };
    let values = recorded.study.axes[axis].values.iter().enumerate();
    values.map(|(number, value)| (ohmspike_study::axis_value::plain(value), Look::new(number))).collect()
}

/// Returns the legend of the fractions; empty if fractions are not swept.
pub(super) fn entries(recorded: Recorded, sample: fn(Look) -> Shown) -> Vec<Entry> {
    let Some(axis) = recorded.axis(FRACTION) else { return Vec::new() };
    let values = recorded.study.axes[axis].values.iter().enumerate();
    let entry =
        |(number, value): (usize, &toml::Value)| Entry::new(sample(Look::new(number)), value_label(FRACTION, value));
    [Entry::new(Shown::Heading, format!("{}:", heading(FRACTION)))].into_iter().chain(values.map(entry)).collect()
}
