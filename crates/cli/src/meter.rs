//! The progress of a run: trials done, the remaining time, and the mean outcomes so far.
//!
//! On a terminal this is a bar with a table, drawn at most twice a second. Elsewhere it is a line every ten seconds and the
//! table every five minutes.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use ohmspike_analysis::running_means::RunningMeans;
use ohmspike_datasets::counted;
use ohmspike_study::eta::{EpochTimes, seconds_left};
use ohmspike_study::legible::legible;
use ohmspike_study::record::Record;
use ohmspike_study::run_study::Plan;
use ohmspike_study::study::Study;

use super::terminal::{span, tell};

/// Interval between two drawings of the bar.
const DRAW_INTERVAL: Duration = Duration::from_millis(500);
/// Intervals of lines and tables without a terminal.
const LINE_INTERVAL: Duration = Duration::from_secs(10);
const TABLE_INTERVAL: Duration = Duration::from_secs(300);
/// Size of the smallest terminal: columns and lines.
const WIDTH: usize = 79;
const LINES: usize = 20;

/// The progress of a run.
pub struct Meter<'a> {
    /// Condition and epochs of each trial of the run.
    trials: Vec<(usize, usize)>,
    threads: usize,
    times: EpochTimes,
    /// Seconds per epoch of each condition in earlier runs of the folder, if there were any.
    earlier: Option<Vec<f64>>,
    /// Seconds of the epochs of this run, and what they would have taken in earlier runs.
    spent: f64,
    expected: f64,
    means: RunningMeans<'a>,
    /// Epochs done by each running trial, by number.
    running: BTreeMap<usize, usize>,
    /// Number of the first trial that has not begun.
    waiting: usize,
    done: usize,
    bar: ProgressBar,
    started: Instant,
    drawn: Instant,
    line: Instant,
    table: Instant,
}

impl<'a> Meter<'a> {
    /// Creates the meter before any trial of `plan` runs.
    pub fn new(study: &'a Study, plan: &Plan) -> Meter<'a> {
        let trials: Vec<(usize, usize)> =
            plan.left.iter().map(|trial| (trial.condition, trial.settings.training.epochs)).collect();
        let epochs = trials.iter().map(|trial| trial.1 as u64).sum();
        let bar = ProgressBar::with_draw_target(Some(epochs), ProgressDrawTarget::stderr_with_hz(2));
        let style = ProgressStyle::with_template("{bar:32} {percent:>3} %   {elapsed} elapsed, {msg}");
        bar.set_style(style.expect("the template is fixed"));
        bar.enable_steady_tick(DRAW_INTERVAL);
        let now = Instant::now();
        let mut meter = Meter {
            threads: plan.threads.min(trials.len()),
            trials,
            times: EpochTimes::new(study),
            earlier: None,
            spent: 0.0,
            expected: 0.0,
            means: RunningMeans::new(study),
            running: BTreeMap::new(),
            waiting: 0,
            done: 0,
            bar,
            started: now,
            drawn: now,
            line: now,
            table: now,
        };
        for (trial, left) in plan.trials.iter().filter_map(|trial| Some((trial, plan.earlier.get(&trial.id)?))) {
            meter.count(trial.condition, left.outcome, left.usable);
            meter.times.measure(trial.condition, left.epochs, left.seconds);
        }
        meter.earlier = meter.times.epoch_seconds();
        meter.bar.set_message(meter.words());
        meter
    }

    /// Trial `number` has begun after `epochs` epochs of an earlier run.
    pub fn begun(&mut self, number: usize, epochs: usize) {
        self.waiting = self.waiting.max(number + 1);
        self.running.insert(number, epochs);
        self.bar.inc(epochs as u64);
        self.show();
    }

    /// Trial `number` has ended an epoch, which took `seconds`.
    pub fn epoch(&mut self, number: usize, seconds: f64) {
        *self.running.entry(number).or_default() += 1;
        let condition = self.trials[number].0;
        match &self.earlier {
            // Earlier runs tell how conditions compare, and this run tells how fast this machine is now.
            Some(earlier) => {
                (self.spent, self.expected) = (self.spent + seconds, self.expected + earlier[condition]);
                self.times.measure(condition, 1, seconds * self.expected / self.spent.max(1e-9));
            }
            None => self.times.measure(condition, 1, seconds),
        }
        self.bar.inc(1);
        self.show();
    }

    /// Trial `number` has ended with `record`.
    pub fn ended(&mut self, number: usize, record: &Record) {
        self.done += 1;
        self.running.remove(&number);
        self.count(self.trials[number].0, record.outcome, record.is_usable());
        self.show();
    }

    /// Prints a text between two drawings.
    pub fn say(&self, text: &str) {
        if self.bar.is_hidden() {
            tell!("{text}");
        } else {
            self.bar.suspend(|| tell!("{text}"));
        }
    }

    /// Ends the drawing.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
        tell!("{} in {}\n", counted(self.done, "trial"), span(self.started.elapsed().as_secs_f64()));
    }

    fn count(&mut self, condition: usize, outcome: Option<f64>, usable: bool) {
        if let Some(outcome) = outcome {
            self.means.add(condition, outcome, usable);
        }
    }

    fn show(&mut self) {
        let is_time = |last: &mut Instant, interval: Duration| {
            let is_time = last.elapsed() >= interval;
            *last = if is_time { Instant::now() } else { *last };
            is_time
        };
        if self.bar.is_hidden() {
            if is_time(&mut self.line, LINE_INTERVAL) {
                tell!("{}", self.words());
            }
            if is_time(&mut self.table, TABLE_INTERVAL) {
                tell!("\n{}", self.means.table(WIDTH));
            }
        } else if is_time(&mut self.drawn, DRAW_INTERVAL) {
            let table = self.means.table(WIDTH);
            let lines: Vec<&str> = table.lines().take(LINES).collect();
            let shown = format!("{}\n\n{}", self.words(), lines.join("\n"));
            self.bar.set_message(legible(&shown).into_owned());
        }
    }

    /// Trials done, running and waiting, and the remaining time.
    fn words(&self) -> String {
        let (running, waiting) = (self.running.len(), self.trials.len() - self.waiting);
        let left = self
            .seconds_left()
            .map_or_else(|| "time left unknown".to_owned(), |seconds| format!("about {} left", span(seconds)));
        let all = counted(self.trials.len(), "trial");
        format!("{} of {all} done, {running} running, {waiting} waiting, {left}", self.done)
    }

    fn seconds_left(&self) -> Option<f64> {
        let pace = if self.expected > 0.0 { self.spent / self.expected } else { 1.0 };
        let seconds: Vec<f64> = self.times.epoch_seconds()?.iter().map(|seconds| pace * seconds).collect();
        let left = |&(condition, epochs): &(usize, usize), done: usize| {
            epochs.saturating_sub(done) as f64 * seconds[condition]
        };
        let running: Vec<f64> = self.running.iter().map(|(&number, &done)| left(&self.trials[number], done)).collect();
        let waiting = self.trials[self.waiting..].iter().map(|trial| left(trial, 0));
        Some(seconds_left(&running, waiting, self.threads))
    }
}
