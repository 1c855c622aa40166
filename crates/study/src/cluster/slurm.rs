//! Asking Slurm: `sbatch` takes a script, `squeue` knows what is queued and what ended a moment ago, `sacct` what ended
//! long ago, where the cluster keeps accounts.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::answer::{self, Answer};
use super::jobs::Jobs;
use super::task::TaskState;

/// Bytes of an answer: a line of 60 for each of 100,000 tasks takes 6 MB.
const LONGEST_ANSWER: u64 = 64 << 20;
/// Letters of a refusal that are passed on.
const LONGEST_MESSAGE: usize = 2000;
/// How long an answer may take. A scheduler under load takes tens of seconds.
const PATIENCE: Duration = Duration::from_secs(120);

/// Slurm is not there, or does not do what it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SlurmError {
    /// No such program.
    #[error(
        "{program}: not found on the PATH\n\nhint: give the command on a machine of a cluster with Slurm; without one, \
         `ohmspike run` runs the study on this machine"
    )]
    Missing {
        /// Its name.
        program: &'static str,
    },
    /// The program does not start.
    #[error("{program}: cannot be started: {source}")]
    Start {
        /// Its name.
        program: &'static str,
        /// Why.
        source: io::Error,
    },
    /// The program does not answer.
    #[error("{program}: no answer within {seconds} s\n\nhint: ask again once the scheduler answers `{program}`")]
    Silent {
        /// Its name.
        program: &'static str,
        /// How long it was waited for, s.
        seconds: u64,
    },
    /// The program refused.
    #[error("{program}: {message}")]
    Refused {
        /// Its name.
        program: &'static str,
        /// What it said.
        message: String,
    },
    /// `sbatch` took the job but did not say its number.
    #[error("sbatch: must answer with the number of the job, got `{answer}`")]
    Answer {
        /// What it said.
        answer: String,
    },
}

/// What Slurm says of the jobs of a study.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// Tasks of the array, by number of their shard.
    pub tasks: BTreeMap<usize, TaskState>,
    /// The job after it.
    pub merge: Option<TaskState>,
}

impl Queue {
    /// Whether anything of the array will still run.
    pub fn has_active_tasks(&self) -> bool {
        self.tasks.values().any(TaskState::is_active)
    }

    /// Whether anything will still run.
    pub fn is_active(&self) -> bool {
        self.has_active_tasks() || self.merge.as_ref().is_some_and(TaskState::is_active)
    }

    /// Takes what is not known yet from lines `JOB|TASK|STATE|REASON`.
    fn add(&mut self, jobs: &Jobs, lines: &str) {
        for line in lines.lines() {
            let fields: Vec<&str> = line.split('|').map(str::trim).collect();
            let [job, task, state, reason] = fields[..] else { continue };
            let state = TaskState::new(state, reason);
            if job == jobs.array
                && let Ok(number) = task.parse()
            {
                self.tasks.entry(number).or_insert(state);
            } else if Some(job) == jobs.merge.as_deref() {
                self.merge.get_or_insert(state);
            }
        }
    }
}

/// Submits `script`, to run once every task of the job `after` has ended; the number of the job.
///
/// # Errors
/// [`SlurmError`].
pub fn submit(script: &Path, after: Option<&str>) -> Result<String, SlurmError> {
    let mut command = Command::new("sbatch");
    command.arg("--parsable");
    if let Some(job) = after {
        // Whether they ended well or not: what there is is summed up, and the report says what is missing. After
        // `afterok` it would wait for ever once a task has failed.
        command.arg(format!("--dependency=afterany:{job}"));
    }
    let answer = ask("sbatch", command.arg(script))?;
    // Where there are several clusters, the name of the cluster follows the number.
    let job = answer.trim().split(';').next().unwrap_or_default();
    if job.is_empty() || !job.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(SlurmError::Answer { answer: answer.trim().to_owned() });
    }
    Ok(job.to_owned())
}

/// What Slurm says of `jobs`.
///
/// # Errors
/// [`SlurmError`] where `squeue` does not answer; `sacct` need not be there.
pub fn queue(jobs: &Jobs) -> Result<Queue, SlurmError> {
    let numbers: Vec<&str> = [Some(jobs.array.as_str()), jobs.merge.as_deref()].into_iter().flatten().collect();
    let mut queue = Queue::default();
    let mut squeue = Command::new("squeue");
    squeue.args(["--noheader", "--array", "--states=all", "--format=%F|%K|%T|%r"]);
    match ask("squeue", squeue.arg(format!("--jobs={}", numbers.join(",")))) {
        Ok(lines) => queue.add(jobs, &lines),
        // Jobs that ended some time ago are forgotten.
        Err(SlurmError::Refused { message, .. }) if message.contains("Invalid job id") => {}
        Err(error) => return Err(error),
    }
    let known = jobs.tasks.iter().all(|task| queue.tasks.contains_key(task));
    if !known || (jobs.merge.is_some() && queue.merge.is_none()) {
        let mut sacct = Command::new("sacct");
        sacct.args(["--noheader", "--parsable2", "--allocations", "--format=JobID,State"]);
        if let Ok(lines) = ask("sacct", sacct.arg(format!("--jobs={}", numbers.join(",")))) {
            queue.add(jobs, &from_accounts(&lines));
        }
    }
    Ok(queue)
}

/// `12_3|FAILED` as `12|3|FAILED|`.
fn from_accounts(lines: &str) -> String {
    let line = |line: &str| {
        let (job, state) = line.split_once('|')?;
        let (array, task) = job.split_once('_').unwrap_or((job, "N/A"));
        Some(format!("{array}|{task}|{state}|\n"))
    };
    lines.lines().filter_map(line).collect()
}

fn ask(program: &'static str, command: &mut Command) -> Result<String, SlurmError> {
    let answer = answer::of(command, LONGEST_ANSWER, PATIENCE).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => SlurmError::Missing { program },
        io::ErrorKind::TimedOut => SlurmError::Silent { program, seconds: PATIENCE.as_secs() },
        _ => SlurmError::Start { program, source },
    })?;
    let Answer { status, stdout, stderr } = answer;
    if status.success() {
        return Ok(String::from_utf8_lossy(&stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&stderr);
    let message = said.trim().trim_start_matches(&format!("{program}: error: "));
    let message: String = message.chars().take(LONGEST_MESSAGE).collect();
    Err(SlurmError::Refused { program, message: if message.is_empty() { status.to_string() } else { message } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_queue_come_before_accounts() {
        let jobs = Jobs { array: "12".into(), merge: Some("13".into()), ..Jobs::default() };
        let mut queue = Queue::default();
        queue.add(&jobs, "12|1|RUNNING|None\n12|2|PENDING|Resources\n13|N/A|PENDING|Dependency\n7|1|RUNNING|None\n");
        queue.add(&jobs, &from_accounts("12_1|COMPLETED\n12_3|CANCELLED by 0\n12_[4-9]|PENDING\n13|PENDING\nodd"));
        let states: Vec<String> = queue.tasks.iter().map(|(task, state)| format!("{task} {state}")).collect();
        assert_eq!(states, ["1 running", "2 pending (Resources)", "3 cancelled"]);
        assert_eq!(queue.merge.expect("a job").to_string(), "pending (Dependency)");
    }
}
