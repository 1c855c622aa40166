//! The progress of trials in batches, of which the last is not known in advance: trials done, and the remaining time.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use ohmspike_datasets::counted;
use ohmspike_study::record::Record;
use ohmspike_study::run::{EpochReport, Trial};
use ohmspike_study::run_study::{RunWarning, StudyObserver};

use super::terminal::{span, tell};

/// Interval between two drawings of the bar.
const DRAW_INTERVAL: Duration = Duration::from_millis(500);
/// Interval of lines without a terminal.
const LINE_INTERVAL: Duration = Duration::from_secs(10);

/// The progress of batches.
pub struct BatchMeter {
    bar: ProgressBar,
    started: Instant,
    line: Instant,
    done: usize,
    /// Epochs of each running trial: done, and in all.
    running: BTreeMap<usize, (usize, usize)>,
}

impl BatchMeter {
    /// Creates the meter for an answer with at most `trials` trials, some of which may have records already.
    pub fn new(trials: usize) -> BatchMeter {
        let bar = ProgressBar::with_draw_target(Some(trials as u64), ProgressDrawTarget::stderr_with_hz(2));
        let style = ProgressStyle::with_template("{bar:32} {pos}/{len} trials   {elapsed} elapsed, {msg}");
        bar.set_style(style.expect("the template is fixed"));
        bar.enable_steady_tick(DRAW_INTERVAL);
        let now = Instant::now();
        BatchMeter { bar, started: now, line: now, done: 0, running: BTreeMap::new() }
    }

    /// Ends the drawing.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
        tell!("{} in {}\n", counted(self.done, "trial"), span(self.started.elapsed().as_secs_f64()));
    }

    fn show(&mut self) {
        let running = self.running.values().map(|(done, all)| format!("{done}/{all}"));
        let running = running.collect::<Vec<_>>().join(", ");
        let words = format!("epochs {running}");
        if self.bar.is_hidden() && self.line.elapsed() > LINE_INTERVAL {
            self.line = Instant::now();
            tell!("{} done; {words}", counted(self.done, "trial"));
        }
        self.bar.set_message(words);
    }
}

impl StudyObserver for BatchMeter {
    fn warning(&mut self, warning: &RunWarning) {
        self.bar.suspend(|| tell!("warning: {warning}\n"));
    }

    fn trial_begun(&mut self, number: usize, trial: &Trial, epochs: usize) {
        self.running.insert(number, (epochs, trial.settings.training.epochs));
        self.show();
    }

    fn epoch_ended(&mut self, number: usize, _: &Trial, epoch: &EpochReport) {
        self.running.entry(number).or_default().0 = epoch.number;
        self.show();
    }

    fn trial_ended(&mut self, number: usize, _: &Trial, _: &Record) {
        self.running.remove(&number);
        self.done += 1;
        self.bar.inc(1);
        self.show();
    }
}
