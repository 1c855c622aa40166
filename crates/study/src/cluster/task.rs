//! States of Slurm jobs and tasks.

use std::fmt;

/// The state of a job or a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskState {
    /// Slurm's name of the state in lower case: `running`, `node_fail`.
    pub word: String,
    /// The reason, if Slurm gives one.
    pub reason: Option<String>,
}

/// The phase of a job or a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Waiting to run.
    Pending,
    /// Running or completing.
    Running,
    /// Ended without an error.
    Completed,
    /// Ended with an error.
    Failed,
}

impl TaskState {
    /// Parses a state in the form of `squeue` and `sacct` (`CANCELLED by 0`) and a reason (`None` if there is none).
    pub fn new(state: &str, reason: &str) -> TaskState {
        let word = state.split_whitespace().next().unwrap_or("unknown").trim_end_matches('+').to_lowercase();
        let reason = reason.trim();
        TaskState { word, reason: (!["", "None", "N/A"].contains(&reason)).then(|| reason.to_owned()) }
    }

    /// The phase of this state.
    pub fn phase(&self) -> Phase {
        match self.word.as_str() {
            "pending" | "configuring" | "requeued" | "requeue_hold" | "requeue_fed" | "suspended" | "special_exit"
            | "resv_del_hold" => Phase::Pending,
            "running" | "completing" | "stage_out" | "signaling" | "stopped" | "resizing" => Phase::Running,
            "completed" => Phase::Completed,
            _ => Phase::Failed,
        }
    }

    /// Whether the task is waiting or running.
    pub fn is_active(&self) -> bool {
        matches!(self.phase(), Phase::Pending | Phase::Running)
    }
}

impl fmt::Display for TaskState {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match &self.reason {
            Some(reason) => write!(formatter, "{} ({reason})", self.word),
            None => write!(formatter, "{}", self.word),
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(match self {
            Phase::Pending => "pending",
            Phase::Running => "running",
            Phase::Completed => "completed",
            Phase::Failed => "failed",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_states_of_slurm() {
        for (state, phase) in [
            ("PENDING", Phase::Pending),
            ("COMPLETING", Phase::Running),
            ("COMPLETED", Phase::Completed),
            ("CANCELLED by 1000", Phase::Failed),
            ("OUT_OF_MEMORY", Phase::Failed),
            ("CANCELLED+", Phase::Failed),
        ] {
            assert_eq!(TaskState::new(state, "None").phase(), phase, "{state}");
        }
        assert_eq!(TaskState::new("PENDING", "Resources").to_string(), "pending (Resources)");
        assert_eq!(TaskState::new("CANCELLED by 1000", "").to_string(), "cancelled");
    }
}
