//! Apart from its wall time, a record depends on study and seed only: threads, interruptions and shards do not change
//! it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use ohmspike_study::pool::Pool;
use ohmspike_study::prepare::Prepared;
use ohmspike_study::record::Record;
use ohmspike_study::run::{Halt, Progress, RunControl, Shard, Trial, run_trials, shard, trials};
use ohmspike_study::store::Store;
use ohmspike_study::study::Study;

use crate::small::{records, study, timeless};

/// Digital weights: two populations, two levels, two seeds.
fn digital_study() -> (Study, Prepared) {
    study(
        "[network]\nhidden = 20\nexcitatory_fraction = [0.5, 0.8]\n[noise]\nlevel_percent = [1, 50]\n[repeats]\nseeds = 2\n",
    )
}

/// Crossbars with log-normal writes, reference cells and read noise.
fn crossbar_study() -> (Study, Prepared) {
    study(
        "[network]\nhidden = 20\nexcitatory_fraction = [0.5, 0.8]\n[hardware]\ndevice = \"illustrative-oxide\"\n[repeats]\nseeds = 2\n",
    )
}

fn assert_threads_do_not_count((study, prepared): (Study, Prepared)) {
    let trials = trials(&study, &prepared);
    let one = records(&trials, &prepared, 1);
    assert_eq!(one.len(), trials.len());
    for threads in [2, 4] {
        assert_eq!(records(&trials, &prepared, threads), one, "{threads} threads");
    }
}

#[test]
fn abstract_trials_do_not_depend_on_threads() {
    assert_threads_do_not_count(digital_study());
}

#[test]
fn crossbar_trials_do_not_depend_on_threads() {
    assert_threads_do_not_count(crossbar_study());
}

/// Runs the trials without a record in the store of `folder` and stops after `at_most` records.
fn run_into(folder: &Path, trials: &[Trial], prepared: &Prepared, at_most: usize) {
    let mut store = Store::open(folder).expect("a readable folder");
    let missing: Vec<Trial> = trials.iter().filter(|trial| store.get(&trial.id).is_none()).cloned().collect();
    let (stop, mut heard) = (AtomicBool::new(false), 0);
    let halt = Halt { after_trials: Some(&stop), after_epochs: None };
    let control = RunControl { halt, ..RunControl::default() };
    run_trials(&missing, prepared, &Pool::new(2).expect("threads"), control, |progress| {
        if let Progress::Trial(record, _) = progress {
            heard += 1;
            stop.store(heard >= at_most, Ordering::Relaxed);
            store.append(*record).expect("a writable folder");
        }
    })
    .expect("valid trials");
}

fn stored(folder: &Path, trials: &[Trial]) -> Vec<Record> {
    let store = Store::open(folder).expect("a readable folder");
    assert_eq!(store.warnings(), []);
    timeless(trials.iter().filter_map(|trial| store.get(&trial.id).cloned()).collect())
}

fn record_files(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder.join("records")).expect("records");
    files.map(|file| file.expect("an entry").path()).collect()
}

#[test]
fn a_stopped_and_continued_run_has_the_same_records() {
    let (study, prepared) = digital_study();
    let trials = trials(&study, &prepared);
    let whole = records(&trials, &prepared, 2);
    let folder = tempfile::tempdir().expect("a temporary folder");
    run_into(folder.path(), &trials, &prepared, 1);
    // At least one trial has finished; the number of others depends on the threads.
    assert!(!stored(folder.path(), &trials).is_empty());
    run_into(folder.path(), &trials, &prepared, usize::MAX);
    assert_eq!(stored(folder.path(), &trials), whole);
    let lines = |file: &PathBuf| fs::read_to_string(file).expect("text").lines().count();
    assert_eq!(record_files(folder.path()).iter().map(lines).sum::<usize>(), trials.len(), "a trial was run twice");
}

#[test]
fn a_run_killed_while_writing_and_continued_has_the_same_records() {
    let (study, prepared) = crossbar_study();
    let trials = trials(&study, &prepared);
    let whole = records(&trials, &prepared, 2);
    let folder = tempfile::tempdir().expect("a temporary folder");
    run_into(folder.path(), &trials[..2], &prepared, usize::MAX);
    let torn = record_files(folder.path()).pop().expect("one file");
    let bytes = fs::read(&torn).expect("records");
    fs::write(&torn, &bytes[..bytes.len() - 100]).expect("a writable folder");
    run_into(folder.path(), &trials, &prepared, usize::MAX);
    let store = Store::open(folder.path()).expect("a readable folder");
    assert_eq!(timeless(trials.iter().filter_map(|trial| store.get(&trial.id).cloned()).collect()), whole);
}

#[test]
fn two_shards_have_the_records_of_one_run() {
    for (study, prepared) in [digital_study(), crossbar_study()] {
        let trials = trials(&study, &prepared);
        let whole = records(&trials, &prepared, 2);
        let folder = tempfile::tempdir().expect("a temporary folder");
        let parts = [1, 2].map(|part| shard(&trials, Some(Shard { part, of: 2 })));
        assert_eq!(parts[0].len() + parts[1].len(), trials.len());
        for part in &parts {
            run_into(folder.path(), part, &prepared, usize::MAX);
        }
        assert_eq!(stored(folder.path(), &trials), whole);
    }
}
