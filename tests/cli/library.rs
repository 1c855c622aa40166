//! Runs as library calls, bit-identical to `ohmspike run`.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ohmspike_study::record::Record;
use ohmspike_study::run::{EpochReport, Trial};
use ohmspike_study::run_study::{Finished, Plan, RunOptions, RunWarning, StudyObserver};
use ohmspike_study::study::{Override, Study};
use ohmspike_study::{RunError, run_study};

use crate::ohmspike::{Folder, TINY, TINY_SUMMARY};

/// Logs all events, and stops the run after the first trial on request.
#[derive(Default)]
struct Listener {
    heard: Vec<String>,
    warnings: usize,
    stop_after_one: Option<Arc<AtomicBool>>,
}

impl StudyObserver for Listener {
    fn opened(&mut self, plan: &Plan) {
        self.heard.push(format!("{} of {} left, {} earlier", plan.left.len(), plan.trials.len(), plan.earlier.len()));
    }

    fn warning(&mut self, _: &RunWarning) {
        self.warnings += 1;
    }

    fn trial_begun(&mut self, number: usize, trial: &Trial, epochs: usize) {
        self.heard.push(format!("{number} begins after {epochs}, seed {}", trial.seed));
    }

    fn epoch_ended(&mut self, number: usize, _: &Trial, epoch: &EpochReport) {
        assert!(epoch.loss.is_finite() && epoch.test.samples > 0 && epoch.seconds > 0.0);
        self.heard.push(format!("{number} epoch {}", epoch.number));
    }

    fn trial_ended(&mut self, number: usize, trial: &Trial, record: &Record) {
        assert_eq!(trial.id, record.id);
        self.heard.push(format!("{number} ends"));
        self.stop_after_one.iter().for_each(|stop| stop.store(true, Ordering::Relaxed));
    }
}

fn options(folder: &Path) -> RunOptions {
    RunOptions { folder: Some(folder.to_owned()), threads: Some(1), ..RunOptions::default() }
}

fn summary(results: &ohmspike_study::Results) -> Vec<u8> {
    ohmspike_analysis::summarise(results).csv().into_bytes()
}

#[test]
fn a_call_gives_the_results_of_the_command() {
    let folder = Folder::new();
    let study = Study::parse("tiny.toml", TINY, &[]).expect("the test's own study");
    let mut listener = Listener::default();
    let finished = run_study(&study, &options(&folder.path("results")), &mut listener).expect("a run");
    assert_eq!((finished.done, finished.left, finished.stopped), (4, 0, false));
    let trial = |number: usize, seed: u64| {
        [format!("{number} begins after 0, seed {seed}"), format!("{number} epoch 1"), format!("{number} ends")]
    };
    let expected: Vec<String> = [trial(0, 1), trial(1, 1), trial(2, 2), trial(3, 2)].concat();
    assert_eq!(listener.heard[0], "4 of 4 left, 0 earlier");
    assert_eq!(listener.heard[1..], expected);
    let results = finished.results().expect("records");
    assert_eq!(results.records().count(), 4);
    assert_eq!(summary(&results), *TINY_SUMMARY);
}

#[test]
fn a_stopped_run_resumes_bit_identically() {
    let folder = Folder::new();
    let study = Study::parse("tiny.toml", TINY, &[]).expect("the test's own study");
    let stop = Arc::new(AtomicBool::new(false));
    let options = options(&folder.path("results"));
    let mut listener = Listener { stop_after_one: Some(Arc::clone(&stop)), ..Listener::default() };
    let first = RunOptions { stop: Some(stop), ..options.clone() };
    let finished = run_study(&study, &first, &mut listener).expect("a run");
    // On a busy machine, further trials may begin before the listener hears of the first.
    assert!((1..=3).contains(&finished.done) && finished.stopped, "{} done", finished.done);
    assert_eq!(finished.done + finished.left, 4);
    let done = finished.done;

    let mut listener = Listener::default();
    let finished = run_study(&study, &options, &mut listener).expect("a run");
    assert_eq!(listener.heard[0], format!("{} of 4 left, {done} earlier", 4 - done));
    assert_eq!(summary(&finished.results().expect("records")), *TINY_SUMMARY);
}

/// Abandons the running trials after the first epoch that it hears of.
struct Impatient(Arc<AtomicBool>);

impl StudyObserver for Impatient {
    fn epoch_ended(&mut self, _: usize, _: &Trial, _: &EpochReport) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn an_abandoned_run_resumes_bit_identically() {
    let folder = Folder::new();
    // Far more epochs than pass before the flag is seen.
    let long = [Override::new("training.epochs", 60)];
    let study = Study::parse("tiny.toml", TINY, &long).expect("the test's own study");
    let options = options(&folder.path("results"));
    let options = RunOptions { checkpoint_every: Duration::ZERO, max_trials: Some(1), ..options };
    let abandon = Arc::new(AtomicBool::new(false));
    let first = RunOptions { abandon: Some(Arc::clone(&abandon)), ..options.clone() };
    let finished = run_study(&study, &first, &mut Impatient(abandon)).expect("a run");
    assert_eq!((finished.done, finished.left, finished.stopped), (0, 4, true));

    let mut listener = Listener::default();
    let resumed = run_study(&study, &options, &mut listener).expect("a run");
    assert!(!listener.heard[1].starts_with("0 begins after 0,"), "{}", listener.heard[1]);
    let whole = RunOptions { folder: Some(folder.path("whole")), ..options };
    let whole = run_study(&study, &whole, &mut ()).expect("a run");
    let accuracy = |finished: Finished| {
        let results = finished.results().expect("records");
        let (_, record) = results.records().next().expect("one trial ran");
        (record.id.clone(), record.accuracy.clone(), record.loss.clone())
    };
    assert_eq!(accuracy(resumed), accuracy(whole));
}

#[test]
fn a_record_that_cannot_be_saved_is_an_error() {
    let folder = Folder::new();
    let study = Study::parse("tiny.toml", TINY, &[]).expect("the test's own study");
    folder.write("results", "a file where the folder should be");
    let error = run_study(&study, &options(&folder.path("results")), &mut ()).expect_err("no folder");
    assert!(matches!(error, RunError::Store(_)), "{error}");
}
