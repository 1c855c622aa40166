//! The progress of a search on stderr: what it asks for, and how far it is.

use std::time::{Duration, Instant};

use ohmspike_answers::limit::LimitObserver;
use ohmspike_answers::limit::find::AskedTrials;
use ohmspike_answers::limit::words::purpose;
use ohmspike_datasets::counted;
use ohmspike_study::record::Record;
use ohmspike_study::run::Trial;
use ohmspike_study::run_study::{RunWarning, StudyObserver};

use super::super::terminal::{span, tell};

/// Interval between two lines within a batch.
const LINE_INTERVAL: Duration = Duration::from_secs(10);

/// The progress of a search.
pub struct Screen {
    /// Line of the current batch, until its first trial starts.
    pending: Option<String>,
    /// Number of trials of the current batch, and of its ended trials.
    batch: (usize, usize),
    ran: usize,
    started: Instant,
    line: Instant,
}

impl Screen {
    /// Starts the clock.
    pub fn new() -> Screen {
        let now = Instant::now();
        Screen { pending: None, batch: (0, 0), ran: 0, started: now, line: now }
    }

    /// Prints the number of trials and their time, if any ran.
    pub fn finish(&self) {
        if self.ran > 0 {
            tell!("{} in {}\n", counted(self.ran, "trial"), span(self.started.elapsed().as_secs_f64()));
        }
    }
}

impl LimitObserver for Screen {
    fn asked(&mut self, asked: &AskedTrials) {
        let at = match asked.level {
            Some(level) => format!("{} = {level}", asked.row),
            None => format!("{}: without it", asked.row),
        };
        let (what, trials) = (purpose(asked.purpose), counted(asked.trials, "trial"));
        self.pending = Some(format!("{what:9}  {at}: {trials} after {}", asked.before));
        self.batch = (asked.trials, 0);
    }
}

impl StudyObserver for Screen {
    fn warning(&mut self, warning: &RunWarning) {
        tell!("warning: {warning}\n");
    }

    fn trial_begun(&mut self, _: usize, _: &Trial, _: usize) {
        self.pending.take().into_iter().for_each(|line| tell!("{line}"));
    }

    fn trial_ended(&mut self, _: usize, _: &Trial, _: &Record) {
        self.ran += 1;
        self.batch.1 += 1;
        if self.line.elapsed() >= LINE_INTERVAL {
            self.line = Instant::now();
            tell!("           {} of {} done", self.batch.1, counted(self.batch.0, "trial"));
        }
    }
}
