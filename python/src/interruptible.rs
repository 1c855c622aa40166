//! Long computations: without the GIL, with progress, stopped by Ctrl-C.
//!
//! The computation runs on a thread of its own. The calling thread waits, passes on warnings and progress, and looks for
//! signals of Python twenty times a second. After Ctrl-C it sets the stop flag, waits until the computation has saved its
//! state, and raises `KeyboardInterrupt`. The same call then resumes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use ohmspike::answers::deploy::{DeployObserver, DeployWarning};
use ohmspike::answers::limit::LimitObserver;
use ohmspike::answers::limit::find::AskedTrials;
use ohmspike::study::record::Record;
use ohmspike::study::run::{EpochReport, Trial};
use ohmspike::study::run_study::{Plan, RunWarning, StudyObserver};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use crate::errors::warn;

/// Interval between two looks for signals.
const POLL: Duration = Duration::from_millis(50);
/// Interval between two lines of progress.
const LINE_INTERVAL: Duration = Duration::from_millis(500);
/// Stack of the computation, the same as that of a main thread.
const STACK: usize = 8 << 20;

/// What a computation tells the calling thread.
enum Message {
    Warning(String),
    Progress(String),
}

/// Follows a computation on its thread and tells the calling thread.
pub struct Follower {
    sender: Sender<Message>,
    shows: bool,
    last: Option<Instant>,
    trials: usize,
    done: usize,
    batch: String,
}

impl Follower {
    /// Passes on a warning.
    pub fn warn(&self, text: String) {
        // The receiver lives as long as the computation.
        let _ = self.sender.send(Message::Warning(text));
    }

    fn show(&mut self, text: impl FnOnce(&Follower) -> String) {
        if self.shows && self.last.is_none_or(|last| last.elapsed() >= LINE_INTERVAL) {
            self.last = Some(Instant::now());
            let _ = self.sender.send(Message::Progress(text(self)));
        }
    }
}

impl StudyObserver for Follower {
    fn opened(&mut self, plan: &Plan) {
        self.trials = plan.left.len();
    }

    fn warning(&mut self, warning: &RunWarning) {
        self.warn(warning.to_string());
    }

    fn epoch_ended(&mut self, number: usize, trial: &Trial, epoch: &EpochReport) {
        let epochs = trial.settings.training.epochs;
        self.show(|of| {
            let trials = if of.trials > 0 { format!("{} of {} trials, ", of.done, of.trials) } else { String::new() };
            let (epoch, accuracy) = (epoch.number, 100.0 * epoch.test.accuracy());
            format!("{}{trials}trial {}: epoch {epoch} of {epochs}, accuracy {accuracy:.1} %", of.batch, number + 1)
        });
    }

    fn trial_ended(&mut self, _: usize, _: &Trial, _: &Record) {
        self.done += 1;
    }
}

impl LimitObserver for Follower {
    fn asked(&mut self, asked: &AskedTrials) {
        let level = asked.level.map_or_else(|| "without it".to_owned(), |level| level.to_string());
        self.batch = format!("{} = {level}: ", asked.row);
        (self.trials, self.done) = (asked.trials, 0);
    }
}

impl DeployObserver for Follower {
    fn warning(&mut self, warning: &DeployWarning) {
        self.warn(warning.to_string());
    }

    fn chip_ended(&mut self, done: usize, total: usize) {
        self.show(|_| format!("{done} of {total} chips"));
    }
}

/// Runs `work` without the GIL and returns its result. Ctrl-C, and a warning that a filter turns into an exception, set
/// `stop`; the exception is raised once `work` has returned.
///
/// # Errors
/// Returns the exception of a signal or of a warning.
pub fn interruptible<T: Send>(
    py: Python<'_>,
    stop: &Arc<AtomicBool>,
    progress: bool,
    work: impl FnOnce(&mut Follower) -> T + Send,
) -> PyResult<T> {
    let (sender, receiver) = channel();
    let mut follower = Follower { sender, shows: progress, last: None, trials: 0, done: 0, batch: String::new() };
    let (result, exception) = py.detach(move || {
        thread::scope(|scope| {
            let worker = thread::Builder::new().name("ohmspike".to_owned()).stack_size(STACK);
            let worker = worker.spawn_scoped(scope, move || {
                let result = work(&mut follower);
                drop(follower);
                result
            });
            let exception = attend(&receiver, stop);
            (worker.map(|worker| worker.join()), exception)
        })
    });
    if progress {
        write_line(py, "\n")?;
    }
    match exception {
        Some(exception) => Err(exception),
        None => match result? {
            Ok(result) => Ok(result),
            Err(_) => Err(PyRuntimeError::new_err("the computation ended unexpectedly; please report this as a bug")),
        },
    }
}

/// Attends to messages and signals until the computation ends; returns the first exception.
fn attend(receiver: &Receiver<Message>, stop: &AtomicBool) -> Option<PyErr> {
    let mut exception = None;
    loop {
        let message = receiver.recv_timeout(POLL);
        let ended = matches!(message, Err(RecvTimeoutError::Disconnected));
        let looked = Python::attach(|py| {
            py.check_signals()?;
            match message {
                Ok(Message::Warning(text)) => warn(py, &text),
                Ok(Message::Progress(text)) => write_line(py, &format!("\r{text:<78}")),
                Err(_) => Ok(()),
            }
        });
        if let Err(raised) = looked {
            stop.store(true, Ordering::Relaxed);
            exception.get_or_insert(raised);
        }
        if ended {
            return exception;
        }
    }
}

/// Writes to `sys.stderr`, which notebooks show.
fn write_line(py: Python<'_>, text: &str) -> PyResult<()> {
    let stderr = py.import("sys")?.getattr("stderr")?;
    if stderr.is_none() {
        return Ok(());
    }
    stderr.call_method1("write", (text,))?;
    stderr.call_method0("flush").map(|_| ())
}
