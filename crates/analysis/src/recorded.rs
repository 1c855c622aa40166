//! A study with its records, for figures and tables.

use std::collections::{BTreeSet, HashMap};

use ohmspike_stats::Estimate;
use ohmspike_stats::draws::{Drawn, distinct};
use ohmspike_study::axis_value::is_seed;
use ohmspike_study::axis_value::plain;
use ohmspike_study::health::chance_in;
use ohmspike_study::key_label::stated;
use ohmspike_study::prepare::Prepared;
use ohmspike_study::record::Record;
use ohmspike_study::results::Results;
use ohmspike_study::run::Trial;
use ohmspike_study::store::Store;
use ohmspike_study::study::{Axis, Study};

use crate::baseline::Baseline;
use crate::repeats::{Done, done};

/// A study with its trials and their records so far.
#[derive(Clone, Copy, Debug)]
pub struct Recorded<'a> {
    /// The study.
    pub study: &'a Study,
    /// Its devices.
    pub prepared: &'a Prepared,
    /// All trials of the study.
    pub trials: &'a [Trial],
    /// Records so far.
    pub store: &'a Store,
    /// Baseline of the study, if it has results.
    pub baseline: Option<&'a Baseline>,
}

/// Conditions with the same values on some axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// These axes with their values.
    pub(super) shared: Vec<(String, toml::Value)>,
    /// Indices of the conditions.
    pub conditions: Vec<usize>,
}

impl<'a> Recorded<'a> {
    /// Combines `results` with a `baseline`.
    pub fn new(results: &'a Results, baseline: Option<&'a Baseline>) -> Recorded<'a> {
        let Results { study, prepared, trials, store, .. } = results;
        Recorded { study, prepared, trials, store, baseline }
    }

    /// Returns every trial with a record, in order.
    pub fn records(self) -> impl Iterator<Item = (&'a Trial, &'a Record)> {
        self.trials.iter().filter_map(move |trial| Some((trial, self.store.get(&trial.id)?)))
    }

    /// Returns the trials of `conditions` with a record.
    pub fn records_of(self, conditions: &[usize]) -> impl Iterator<Item = (&'a Trial, &'a Record)> {
        self.trials_of(conditions).filter_map(move |trial| Some((trial, self.store.get(&trial.id)?)))
    }

    /// Returns the trials of `conditions`, each once, ordered by seed, then by condition.
    fn trials_of(self, conditions: &[usize]) -> impl Iterator<Item = &'a Trial> {
        let wanted: BTreeSet<usize> = conditions.iter().copied().collect();
        let of_seed =
            move |trials: &'a [Trial]| wanted.iter().filter_map(|&condition| trials.get(condition)).collect::<Vec<_>>();
        self.trials.chunks(self.study.conditions.len()).flat_map(of_seed)
    }

    /// Returns the finished trials of `conditions` with their draws.
    pub fn done(self, conditions: &[usize]) -> Vec<Done<'a>> {
        let here: Vec<Trial> = self.trials_of(conditions).cloned().collect();
        done(self.study, self.prepared, &here, self.store)
    }

    /// Returns the outcomes of `conditions` so far with their draws.
    pub fn outcomes(self, conditions: &[usize]) -> Vec<Drawn> {
        let done = self.done(conditions);
        distinct(&done.iter().filter_map(|done| Some((done.draws, done.record.outcome?))).collect::<Vec<Drawn>>())
    }

    /// Number of trials of `conditions` that ended without an outcome.
    pub fn failures(self, conditions: &[usize]) -> usize {
        self.records_of(conditions).filter(|(_, record)| record.outcome.is_none()).count()
    }

    /// Returns the outcome of the baseline.
    pub fn baseline_outcome(self) -> Option<Estimate> {
        self.baseline?.outcome()
    }

    /// Returns a caption sentence about the line of the baseline, which shows `sample`, or why it is missing; empty
    /// without a baseline.
    pub fn baseline_words(self, what: &str, sample: Option<Estimate>) -> String {
        let Some(Baseline { study, networks, .. }) = self.baseline else { return String::new() };
        match sample {
            Some(Estimate { mean, n, .. }) => {
                format!(" Dotted: {what} of the study {study}, mean of n = {n}: {:.1} %.", 100.0 * mean)
            }
            None => {
                format!(" There is no line for the study {study}: it has {networks} networks, and a line shows one.")
            }
        }
    }

    /// Chance; assumes equal classes if no test counted its samples.
    pub fn chance(self) -> Option<f64> {
        let tested = chance_in(self.records().map(|(_, record)| record));
        if tested.is_some() {
            return tested;
        }
        let mut tests = self.records().filter_map(|(_, record)| record.tests.first());
        Some(1.0 / tests.find(|classes| !classes.is_empty())?.len() as f64)
    }

    /// Indices of the axes with several values, except those of `[seeds]`, which are repeats.
    pub fn varied(self) -> Vec<usize> {
        let varies = |axis: &Axis| axis.values.len() > 1 && !is_seed(axis);
        (0..self.study.axes.len()).filter(|&axis| varies(&self.study.axes[axis])).collect()
    }

    /// Returns the index of the axis of `key`.
    pub fn axis(self, key: &str) -> Option<usize> {
        self.study.axes.iter().position(|axis| axis.key == key)
    }

    /// Returns the value of a condition on an axis.
    pub fn value(self, condition: usize, axis: usize) -> &'a toml::Value {
        &self.study.conditions[condition].values[axis]
    }

    /// Groups the conditions that agree on the axes `apart`.
    pub fn groups(self, apart: &[usize]) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        let mut places: HashMap<Vec<String>, usize> = HashMap::new();
        for (number, condition) in self.study.conditions.iter().enumerate() {
            let name = apart.iter().map(|&axis| condition.values[axis].to_string());
            let place = *places.entry(name.collect()).or_insert(groups.len());
            if place == groups.len() {
                let value = |&axis: &usize| (self.study.axes[axis].key.clone(), condition.values[axis].clone());
                groups.push(Group { shared: apart.iter().map(value).collect(), conditions: Vec::new() });
            }
            groups[place].conditions.push(number);
        }
        groups
    }
}

impl Group {
    /// Describes the shared values; empty if there are none.
    pub fn words(&self) -> String {
        self.shared.iter().map(|(key, value)| stated(key, value)).collect::<Vec<String>>().join(", ")
    }

    /// Returns the shared values as table cells.
    pub fn cells(&self) -> impl Iterator<Item = String> + '_ {
        self.shared.iter().map(|(_, value)| plain(value))
    }

    /// Returns the keys of these cells.
    pub fn keys(&self) -> impl Iterator<Item = String> + '_ {
        self.shared.iter().map(|(key, _)| key.clone())
    }
}
