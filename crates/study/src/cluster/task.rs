//! The state of a task, in the words of Slurm.

use std::fmt;

/// Where a job or a task of an array stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskState {
    /// Slurm's word, in lower case: `running`, `node_fail`.
    pub word: String,
    /// Why, where Slurm says so.
    pub reason: Option<String>,
}

/// What a state means for the study.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// It waits for its turn.
    Pending,
    /// It runs, or is just ending.
    Running,
    /// It ended well.
    Completed,
    /// It ended otherwise.
    Failed,
}

impl TaskState {
    /// Reads a state as `squeue` and `sacct` print it (`CANCELLED by 0`), and a reason (`None`, or one in brackets).
    pub fn new(state: &str, reason: &str) -> TaskState {
        let word = state.split_whitespace().next().unwrap_or("unknown").trim_end_matches('+').to_lowercase();
        let reason = reason.trim();
        TaskState { word, reason: (!["", "None", "N/A"].contains(&reason)).then(|| reason.to_owned()) }
    }

    /// What it means for the study.
    pub fn phase(&self) -> Phase {
        match self.word.as_str() {
            "pending" | "configuring" | "requeued" | "requeue_hold" | "requeue_fed" | "suspended" | "special_exit"
            | "resv_del_hold" => Phase::Pending,
            "running" | "completing" | "stage_out" | "signaling" | "stopped" | "resizing" => Phase::Running,
            "completed" => Phase::Completed,
            _ => Phase::Failed,
        }
    }

    /// Whether it will still do something.
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
    fn words_of_slurm_are_understood() {
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
