//! Trials that have been run, with what drew them: which are repeats of a condition and which are copies of each other.
//!
//! Which streams a trial draws from is known from its settings and devices ([`crate::drawn`]). Its record has the last word:
//! a stream whose seed changes no bit of any record of a condition was not drawn there, and trials whose records differ
//! drew different numbers, whatever the settings say.

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

/// A trial that has been run.
#[derive(Clone, Copy, Debug)]
pub struct Done<'a> {
    /// Number of its condition in the study.
    pub condition: usize,
    /// What drew its outcome.
    pub draws: Draws,
    /// Whether its record alone tells that it is a copy: its settings would draw something else.
    pub unforeseen: bool,
    /// What it left.
    pub record: &'a Record,
}

/// The trials of `trials` that `store` has records of, in their order.
pub fn done<'a>(study: &Study, prepared: &Prepared, trials: &[Trial], store: &'a Store) -> Vec<Done<'a>> {
    let mut drawn: HashMap<usize, Streams> = HashMap::new();
    let mut all: Vec<Done> = Vec::new();
    for trial in trials {
        let Some(record) = store.get(&trial.id) else { continue };
        let streams = *drawn
            .entry(trial.condition)
            .or_insert_with(|| streams(trial.settings, &prepared.devices_of(trial.settings)));
        let draws = draws(trial.settings, trial.seed, streams);
        all.push(Done { condition: trial.condition, draws, unforeseen: false, record });
    }
    for group in points(study, &all) {
        settle(&mut all, &group);
    }
    all
}

/// The trials of `results` that have a record, in their order.
pub fn done_of<'a>(results: &'a Results) -> Vec<Done<'a>> {
    done(results.study, &results.prepared, &results.trials, &results.store)
}

/// `done` sorted by condition: an entry for every condition of the study.
pub fn by_condition<'d, 'a>(study: &Study, done: &'d [Done<'a>]) -> Vec<Vec<&'d Done<'a>>> {
    let mut sorted = vec![Vec::new(); study.conditions.len()];
    done.iter().for_each(|done| sorted[done.condition].push(done));
    sorted
}

/// Places of the trials that differ in nothing but their seeds, and have an outcome.
fn points(study: &Study, all: &[Done]) -> Vec<Vec<usize>> {
    let plain: Vec<usize> = (0..study.axes.len()).filter(|&axis| !is_seed(&study.axes[axis])).collect();
    let mut points: BTreeMap<Vec<String>, Vec<usize>> = BTreeMap::new();
    for (place, done) in all.iter().enumerate().filter(|(_, done)| done.record.outcome.is_some()) {
        let values = &study.conditions[done.condition].values;
        points.entry(plain.iter().map(|&axis| values[axis].to_string()).collect()).or_default().push(place);
    }
    points.into_values().collect()
}

/// Lets the records of one point decide which streams were drawn.
fn settle(all: &mut [Done], group: &[usize]) {
    let left: Vec<Bits> = group.iter().map(|&place| bits(all[place].record)).collect();
    let mut of_draws = BTreeMap::new();
    let foretold = |(&place, bits): (&usize, &Bits)| of_draws.entry(all[place].draws).or_insert(bits.clone()) == bits;
    if !group.iter().zip(&left).all(foretold) {
        for &place in group {
            all[place].draws = draws(&all[place].record.settings, all[place].record.seed, [true; 5]);
        }
    }
    for (_, streams) in together(&group.iter().map(|&place| all[place].draws).collect::<Vec<_>>()) {
        // Trials that differ in these streams alone, each with its draws and what it left.
        let mut alike: BTreeMap<Draws, BTreeSet<(Draws, &Bits)>> = BTreeMap::new();
        for (&place, bits) in group.iter().zip(&left) {
            let draws = all[place].draws;
            alike.entry(without(draws, &streams)).or_default().insert((draws, bits));
        }
        let same = |trials: &BTreeSet<(Draws, &Bits)>| {
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

/// Loss and accuracy of every epoch, to the last bit.
type Bits = [Vec<u64>; 2];

fn bits(record: &Record) -> Bits {
    [&record.loss, &record.accuracy].map(|values| values.iter().map(|value| value.to_bits()).collect())
}

fn without(mut draws: Draws, streams: &[usize]) -> Draws {
    streams.iter().for_each(|&stream| draws.0[stream] = None);
    draws
}

/// For every trial the first one that it is a copy of; none for those that are the first of their draws.
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

    /// The draws of all trials of a study whose loss is as `loss` says.
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
    fn streams_that_are_not_drawn_tell_nothing_apart() {
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
        // Two of three that agree by chance are still two.
        let some = draws_of("[repeats]\nseeds = 3\n", |_, seed| (seed / 2) as f64);
        assert!(some[0] != some[1] && some[1] != some[2]);
    }

    #[test]
    fn chips_that_change_nothing_are_pooled_and_seeds_stay() {
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
