//! Calls Slurm: `sbatch` submits a script, `squeue` knows queued and recently ended jobs, and `sacct` older ones if the cluster
//! keeps accounts.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use ohmspike_datasets::reason;

use super::jobs::Jobs;
use super::subprocess::{self, Output};
use super::task::TaskState;

/// The longest answer, bytes. Lines of 60 bytes for 100,000 tasks take 6 MB.
const LONGEST_ANSWER: u64 = 64 << 20;
/// The longest error message that is passed on, letters.
const LONGEST_MESSAGE: usize = 2000;
/// How long an answer may take. A busy scheduler takes tens of seconds.
const PATIENCE: Duration = Duration::from_secs(120);

/// Why a call of Slurm failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SlurmError {
    /// The program does not exist.
    #[error(
        "cannot run `{program}`: not found on the PATH\n\nhint: submit from a machine with Slurm; \
         `ohmspike run` runs the study on this machine"
    )]
    Missing {
        /// Name of the program.
        program: &'static str,
    },
    /// The program does not start.
    #[error("cannot run `{program}`: {}", reason(source))]
    Start {
        /// Name of the program.
        program: &'static str,
        /// Why.
        source: io::Error,
    },
    /// The program does not answer.
    #[error("{program}: no answer within {seconds} s\n\nhint: try again when the scheduler responds to `{program}`")]
    Silent {
        /// Name of the program.
        program: &'static str,
        /// Time waited, s.
        seconds: u64,
    },
    /// The program failed.
    #[error("{program}: {message}")]
    Refused {
        /// Name of the program.
        program: &'static str,
        /// Its message.
        message: String,
    },
    /// `sbatch` did not print a job number.
    #[error("sbatch: expected a job number, got `{answer}`")]
    Answer {
        /// Its output.
        answer: String,
    },
}

/// The states of the jobs of a study.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// Tasks of the array, by shard number.
    pub tasks: BTreeMap<usize, TaskState>,
    /// The final job.
    pub merge: Option<TaskState>,
}

impl Queue {
    /// Whether a task of the array is queued or running.
    pub fn has_active_tasks(&self) -> bool {
        self.tasks.values().any(TaskState::is_active)
    }

    /// Whether a task or the final job is queued or running.
    pub fn is_active(&self) -> bool {
        self.has_active_tasks() || self.merge.as_ref().is_some_and(TaskState::is_active)
    }

    /// Adds states that are not known yet from lines `JOB|TASK|STATE|REASON`.
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

/// Submits `script` and returns the job number. The job starts after all tasks of job `after` have ended.
///
/// # Errors
/// Returns an error if `sbatch` cannot be run or fails.
pub fn submit(script: &Path, after: Option<&str>) -> Result<String, SlurmError> {
    let mut command = Command::new("sbatch");
    command.arg("--parsable");
    if let Some(job) = after {
        // `afterany` also runs after a failed task, and the report says what is missing. `afterok` would wait forever.
        command.arg(format!("--dependency=afterany:{job}"));
    }
    let answer = ask("sbatch", command.arg(script))?;
    // With several clusters, the name of the cluster follows the number.
    let job = answer.trim().split(';').next().unwrap_or_default();
    if job.is_empty() || !job.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(SlurmError::Answer { answer: answer.trim().to_owned() });
    }
    Ok(job.to_owned())
}

/// Asks Slurm for the states of `jobs`.
///
/// # Errors
/// Returns an error if `squeue` fails. `sacct` is optional.
pub fn queue(jobs: &Jobs) -> Result<Queue, SlurmError> {
    let numbers: Vec<&str> = [Some(jobs.array.as_str()), jobs.merge.as_deref()].into_iter().flatten().collect();
    let mut queue = Queue::default();
    let mut squeue = Command::new("squeue");
    squeue.args(["--noheader", "--array", "--states=all", "--format=%F|%K|%T|%r"]);
    match ask("squeue", squeue.arg(format!("--jobs={}", numbers.join(",")))) {
        Ok(lines) => queue.add(jobs, &lines),
        // `squeue` forgets jobs some time after their end.
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

/// Converts `12_3|FAILED` to `12|3|FAILED|`.
fn from_accounts(lines: &str) -> String {
    let line = |line: &str| {
        let (job, state) = line.split_once('|')?;
        let (array, task) = job.split_once('_').unwrap_or((job, "N/A"));
        Some(format!("{array}|{task}|{state}|\n"))
    };
    lines.lines().filter_map(line).collect()
}

fn ask(program: &'static str, command: &mut Command) -> Result<String, SlurmError> {
    let answer = subprocess::run(command, LONGEST_ANSWER, PATIENCE).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => SlurmError::Missing { program },
        io::ErrorKind::TimedOut => SlurmError::Silent { program, seconds: PATIENCE.as_secs() },
        _ => SlurmError::Start { program, source },
    })?;
    let Output { status, stdout, stderr } = answer;
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
    fn states_of_squeue_come_before_those_of_sacct() {
        let jobs = Jobs { array: "12".into(), merge: Some("13".into()), ..Jobs::default() };
        let mut queue = Queue::default();
        queue.add(&jobs, "12|1|RUNNING|None\n12|2|PENDING|Resources\n13|N/A|PENDING|Dependency\n7|1|RUNNING|None\n");
        queue.add(&jobs, &from_accounts("12_1|COMPLETED\n12_3|CANCELLED by 0\n12_[4-9]|PENDING\n13|PENDING\nodd"));
        let states: Vec<String> = queue.tasks.iter().map(|(task, state)| format!("{task} {state}")).collect();
        assert_eq!(states, ["1 running", "2 pending (Resources)", "3 cancelled"]);
        assert_eq!(queue.merge.expect("a job").to_string(), "pending (Dependency)");
    }
}
