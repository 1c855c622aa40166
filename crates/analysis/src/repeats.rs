//! Finished trials with the seeds they drew from: which are repeats of a condition, and which are copies.
//!
//! Settings and devices tell which streams a trial draws from ([`crate::drawn`]). Records override them. A stream was
//! not used in a condition if its seed changes no bit of any record there. And trials with different records drew
//! different numbers.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ohmspike_stats::draws::{Draws, together};
use ohmspike_study::axis_value::is_seed;
use ohmspike_study::prepare::Prepared;
use ohmspike_study::record::Record;
use ohmspike_study::results::Results;
use ohmspike_study::run::Trial;
use ohmspike_study::store::Store;
use ohmspike_study::study::Study;

use crate::drawn::{Streams, draws, streams};

/// A finished trial.
#[derive(Clone, Copy, Debug)]
pub struct Done<'a> {
    /// Index of its condition in the study.
    pub condition: usize,
    /// Seeds of the streams that affected its outcome.
    pub draws: Draws,
    /// Whether it is a copy although its settings draw from other seeds.
    pub unforeseen: bool,
    /// Its record.
    pub record: &'a Record,
}

/// Returns the trials of `trials` with a record in `store`, in order.
pub fn done<'a>(study: &Study, prepared: &Prepared, trials: &[Trial], store: &'a Store) -> Vec<Done<'a>> {
    let mut drawn: HashMap<usize, Streams> = HashMap::new();
    let mut all: Vec<Done> = Vec::new();
    for trial in trials {
        let Some(record) = store.get(&trial.id) else { continue };
        let streams = *drawn
            .entry(trial.condition)
            .or_insert_with(|| streams(&trial.settings, &prepared.devices_of(&trial.settings)));
        let draws = draws(&trial.settings, trial.seed, streams);
        all.push(Done { condition: trial.condition, draws, unforeseen: false, record });
    }
    for group in points(study, &all) {
        settle(&mut all, &group);
    }
    all
}

/// Returns the trials of `results` with a record, in order.
pub fn done_of<'a>(results: &'a Results) -> Vec<Done<'a>> {
    done(&results.study, &results.prepared, &results.trials, &results.store)
}

/// Groups `done` by condition, with an entry for every condition of the study.
pub fn by_condition<'d, 'a>(study: &Study, done: &'d [Done<'a>]) -> Vec<Vec<&'d Done<'a>>> {
    let mut sorted = vec![Vec::new(); study.conditions.len()];
    done.iter().for_each(|done| sorted[done.condition].push(done));
    sorted
}

/// Indices of trials with an outcome that differ only in their seeds.
fn points(study: &Study, all: &[Done]) -> Vec<Vec<usize>> {
    let plain: Vec<usize> = (0..study.axes.len()).filter(|&axis| !is_seed(&study.axes[axis])).collect();
    let mut points: BTreeMap<Vec<String>, Vec<usize>> = BTreeMap::new();
    for (place, done) in all.iter().enumerate().filter(|(_, done)| done.record.outcome.is_some()) {
        let values = &study.conditions[done.condition].values;
        points.entry(plain.iter().map(|&axis| values[axis].to_string()).collect()).or_default().push(place);
    }
    points.into_values().collect()
}

/// Decides from the records of one point which streams were used.
fn settle(all: &mut [Done], group: &[usize]) {
    let left: Vec<u64> = group.iter().map(|&place| all[place].record.fingerprint()).collect();
    let mut of_draws = BTreeMap::new();
    let foretold = |(&place, left): (&usize, &u64)| of_draws.entry(all[place].draws).or_insert(*left) == left;
    if !group.iter().zip(&left).all(foretold) {
        for &place in group {
            all[place].draws = draws(&all[place].record.settings, all[place].record.seed, [true; 5]);
        }
    }
    for (_, streams) in together(&group.iter().map(|&place| all[place].draws).collect::<Vec<_>>()) {
        // Trials that differ only in these streams, with their draws and results.
        let mut alike: BTreeMap<Draws, BTreeSet<(Draws, u64)>> = BTreeMap::new();
        for (&place, left) in group.iter().zip(&left) {
            let draws = all[place].draws;
            alike.entry(without(draws, &streams)).or_default().insert((draws, *left));
        }
        let same = |trials: &BTreeSet<(Draws, u64)>| {
            trials.iter().all(|one| trials.first().is_some_and(|first| first.1 == one.1))
        };
        if alike.values().any(|trials| trials.len() > 1) && alike.values().all(same) {
            for &place in group {
                all[place].draws = without(all[place].draws, &streams);
                all[place].unforeseen = true;
            }
        }
    }
}

fn without(mut draws: Draws, streams: &[usize]) -> Draws {
    streams.iter().for_each(|&stream| draws.0[stream] = None);
    draws
}

/// Returns the earlier trial that each trial is a copy of; none for the first of its kind.
pub fn copies<'a>(study: &Study, done: &[Done<'a>]) -> Vec<Option<&'a Record>> {
    let mut copies = vec![None; done.len()];
    for group in points(study, done) {
        let mut first: BTreeMap<Draws, usize> = BTreeMap::new();
        for place in group {
            let known = *first.entry(done[place].draws).or_insert(place);
            copies[place] = (known != place).then_some(done[known].record);
        }
    }
    copies
}

#[cfg(test)]
mod tests {
    use ohmspike_study::settings::Settings;

    use super::*;
    use crate::fixture::{Fixture, record};

    /// Draws of all trials of a study with the given `loss`.
    fn draws_of(text: &str, loss: impl Fn(&Settings, u64) -> f64) -> Vec<Draws> {
        let made = |settings: &Settings, seed: u64| {
            let loss = vec![loss(settings, seed)];
            Some(Record { loss, ..record(settings, seed, 0.5) })
        };
        let of = |recorded: crate::recorded::Recorded| {
            let done = done(recorded.study, recorded.prepared, recorded.trials, recorded.store);
            done.iter().map(|done| done.draws).collect()
        };
        Fixture::with_records(text, made).see(of)
    }

    #[test]
    fn unused_streams_do_not_distinguish_trials() {
        let fixed = "[seeds]\ninitial = 1\norder = 2\n[repeats]\nseeds = 3\n";
        let draws = draws_of(fixed, |_, _| 1.0);
        assert!(draws.iter().all(|one| *one == Draws([Some(1), Some(2), None, None, None])), "{draws:?}");
    }

    #[test]
    fn records_that_differ_drew_different_numbers() {
        let fixed = "[seeds]\ninitial = 1\norder = 2\n[repeats]\nseeds = 2\n";
        let draws = draws_of(fixed, |_, seed| seed as f64);
        assert_ne!(draws[0], draws[1]);
    }

    #[test]
    fn records_with_the_same_bits_drew_nothing() {
        assert_eq!(draws_of("[repeats]\nseeds = 3\n", |_, _| 1.0), [Draws::default(); 3]);
        // Two of three trials that agree by chance are still two.
        let some = draws_of("[repeats]\nseeds = 3\n", |_, seed| (seed / 2) as f64);
        assert!(some[0] != some[1] && some[1] != some[2]);
    }

    #[test]
    fn pools_chips_that_change_nothing() {
        let text = "[hardware]\ndevice = \"study-1k-1m\"\n[device.faults]\np_low_resistance = 0.1\n\
                    [seeds]\nchip = [7, 8]\n[repeats]\nseeds = 2\n";
        let draws = draws_of(text, |_, seed| seed as f64);
        assert_eq!(draws[0], draws[1], "both chips of the first seed");
        assert_ne!(draws[0], draws[2]);
        assert_eq!(
            draws_of(text, |settings, seed| seed as f64 + settings.seeds.chip.unwrap_or(0) as f64 / 10.0)[0].0[4],
            Some(7)
        );
    }
}
