//! A study with its records, as figures see it.

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

/// A study, its trials and what they have left so far.
#[derive(Clone, Copy, Debug)]
pub struct Recorded<'a> {
    /// The study.
    pub study: &'a Study,
    /// Its devices.
    pub prepared: &'a Prepared,
    /// All of its trials.
    pub trials: &'a [Trial<'a>],
    /// Their records, as far as there are any.
    pub store: &'a Store,
    /// What the study is compared with, as far as that has been run.
    pub baseline: Option<&'a Baseline>,
}

/// Conditions that have the same values on some axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Those axes with the values.
    pub(super) shared: Vec<(String, toml::Value)>,
    /// Numbers of the conditions.
    pub conditions: Vec<usize>,
}

impl<'a> Recorded<'a> {
    /// Those of `results`, compared with `baseline`.
    pub fn new(results: &'a Results<'a>, baseline: Option<&'a Baseline>) -> Recorded<'a> {
        let Results { study, prepared, trials, store, .. } = results;
        Recorded { study, prepared, trials, store, baseline }
    }

    /// Every trial that has a record, in the order of the trials.
    pub fn records(self) -> impl Iterator<Item = (&'a Trial<'a>, &'a Record)> {
        self.trials.iter().filter_map(move |trial| Some((trial, self.store.get(&trial.id)?)))
    }

    /// Those of `conditions`.
    pub fn records_of(self, conditions: &[usize]) -> impl Iterator<Item = (&'a Trial<'a>, &'a Record)> {
        self.trials_of(conditions).filter_map(move |trial| Some((trial, self.store.get(&trial.id)?)))
    }

    /// The trials of `conditions`, each once, in the order of the trials: by seed, then by condition.
    fn trials_of(self, conditions: &[usize]) -> impl Iterator<Item = &'a Trial<'a>> {
        let wanted: BTreeSet<usize> = conditions.iter().copied().collect();
        let of_seed = move |trials: &'a [Trial<'a>]| {
            wanted.iter().filter_map(|&condition| trials.get(condition)).collect::<Vec<_>>()
        };
        self.trials.chunks(self.study.conditions.len()).flat_map(of_seed)
    }

    /// The trials of `conditions` so far, with what drew them.
    pub fn done(self, conditions: &[usize]) -> Vec<Done<'a>> {
        let here: Vec<Trial> = self.trials_of(conditions).cloned().collect();
        done(self.study, self.prepared, &here, self.store)
    }

    /// Outcomes of `conditions` so far, with what drew them.
    pub fn outcomes(self, conditions: &[usize]) -> Vec<Drawn> {
        let done = self.done(conditions);
        distinct(&done.iter().filter_map(|done| Some((done.draws, done.record.outcome?))).collect::<Vec<Drawn>>())
    }

    /// Trials that ended without an outcome, among those of `conditions`.
    pub fn failures(self, conditions: &[usize]) -> usize {
        self.records_of(conditions).filter(|(_, record)| record.outcome.is_none()).count()
    }

    /// Outcomes of the baseline.
    pub fn baseline_outcome(self) -> Option<Estimate> {
        self.baseline?.outcome()
    }

    /// The sentence on the line of the baseline, whose value is `sample`; empty where there is none.
    pub fn baseline_words(self, what: &str, sample: Option<Estimate>) -> String {
        let Some((baseline, Estimate { mean, n, .. })) = self.baseline.zip(sample) else { return String::new() };
        format!(" Dotted: {what} of the study {}, mean of n = {n}: {:.1} %.", baseline.study, 100.0 * mean)
    }

    /// Outcome of guessing, of classes alike where no test says how many samples each has.
    pub fn chance(self) -> Option<f64> {
        let tested = chance_in(self.records().map(|(_, record)| record));
        if tested.is_some() {
            return tested;
        }
        let mut tests = self.records().filter_map(|(_, record)| record.tests.first());
        Some(1.0 / tests.find(|classes| !classes.is_empty())?.len() as f64)
    }

    /// Numbers of the axes along which conditions differ: those of several values, but for `[seeds]`, whose values are repeats.
    pub fn varied(self) -> Vec<usize> {
        let varies = |axis: &Axis| axis.values.len() > 1 && !is_seed(axis);
        (0..self.study.axes.len()).filter(|&axis| varies(&self.study.axes[axis])).collect()
    }

    /// Number of the axis of `key`.
    pub fn axis(self, key: &str) -> Option<usize> {
        self.study.axes.iter().position(|axis| axis.key == key)
    }

    /// The value that a condition has on an axis.
    pub fn value(self, condition: usize, axis: usize) -> &'a toml::Value {
        &self.study.conditions[condition].values[axis]
    }

    /// The conditions, those together that agree on the axes `apart`.
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
    /// What the conditions share, in words; empty where that is nothing.
    pub fn words(&self) -> String {
        self.shared.iter().map(|(key, value)| stated(key, value)).collect::<Vec<String>>().join(", ")
    }

    /// The shared values as cells of a table.
    pub fn cells(&self) -> impl Iterator<Item = String> + '_ {
        self.shared.iter().map(|(_, value)| plain(value))
    }

    /// The keys of these cells.
    pub fn keys(&self) -> impl Iterator<Item = String> + '_ {
        self.shared.iter().map(|(key, _)| key.clone())
    }
}
