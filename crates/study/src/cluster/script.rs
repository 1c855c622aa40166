//! The batch scripts of a study: the job array and the final job.
//!
//! They are plain shell scripts in the results folder. You can read, change and submit them by hand.

use std::fmt::Write;

use super::quote;
use super::request::{MERGE_SECONDS, Request};

/// The content of both scripts, with absolute paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Name of the study.
    pub name: String,
    /// Path of the program.
    pub program: String,
    /// Working folder, the base of relative paths in the study.
    pub folder: String,
    /// Path of the study file.
    pub study: String,
    /// The `--set` arguments, in order.
    pub set: Vec<String>,
    /// Results folder.
    pub out: String,
    /// Folder of the data sets, if `OHMSPIKE_DATA` is set.
    pub data: Option<String>,
    /// Requested resources.
    pub request: Request,
}

impl Batch {
    /// The script of the job array, with one task per shard.
    pub fn array(&self) -> String {
        let request = &self.request;
        let at_once = request.at_once.map(|count| format!("%{count}")).unwrap_or_default();
        let (name, shards) = (&self.name, request.shards);
        let what = format!("Study {name}: task I runs the trials of shard I of {shards} that have no record yet");
        let mut text = head(&what, name);
        option(&mut text, "array", &format!("{}{at_once}", ranges(&request.tasks)));
        option(&mut text, "time", &time(request.seconds));
        option(&mut text, "mem", &format!("{}M", request.mebibytes));
        option(&mut text, "cpus-per-task", &request.threads.to_string());
        self.common_options(&mut text, "shard-%A_%a.log");
        self.surroundings(&mut text);
        let more = format!(
            " \\\n    --threads {} \\\n    --shard \"$SLURM_ARRAY_TASK_ID/{}\"\n",
            request.threads, request.shards
        );
        text + "exec " + &self.command("run") + &more
    }

    /// The script of the final job, which writes summary, figures and report from all records.
    pub fn merge(&self) -> String {
        let name = &self.name;
        let mut text = head(
            &format!("Study {name}: writes summary, figures and report from all records"),
            &format!("{name}-merge"),
        );
        option(&mut text, "time", &time(MERGE_SECONDS));
        option(&mut text, "mem", &format!("{}M", self.request.merge_mebibytes));
        option(&mut text, "cpus-per-task", "1");
        self.common_options(&mut text, "merge-%j.log");
        self.surroundings(&mut text);
        text + &self.command("run") + " \\\n    --max-trials 0 &&\nexec " + &self.command("report") + "\n"
    }

    /// Folder of the logs. Their names end with the numbers of job and task.
    pub fn logs(out: &str) -> String {
        format!("{out}/slurm/logs")
    }

    fn common_options(&self, text: &mut String, log: &str) {
        if let Some(partition) = &self.request.partition {
            option(text, "partition", partition);
        }
        if let Some(account) = &self.request.account {
            option(text, "account", account);
        }
        // A requeued task appends to the same log.
        text.push_str("#SBATCH --requeue\n#SBATCH --open-mode=append\n");
        option(text, "output", &quote::pattern(&Batch::logs(&self.out), log));
        for given in &self.request.options {
            let _ = writeln!(text, "#SBATCH {given}");
        }
    }

    fn surroundings(&self, text: &mut String) {
        text.push('\n');
        if let Some(data) = &self.data {
            let _ = writeln!(text, "export OHMSPIKE_DATA={}", quote::shell(data));
        }
        let _ = writeln!(text, "cd {} || exit", quote::shell(&self.folder));
    }

    fn command(&self, subcommand: &str) -> String {
        let mut text = format!("{} {subcommand} {}", quote::shell(&self.program), quote::shell(&self.study));
        for set in &self.set {
            let _ = write!(text, " \\\n    --set {}", quote::shell(set));
        }
        text + " \\\n    --out " + &quote::shell(&self.out)
    }
}

fn head(what: &str, job: &str) -> String {
    let mut text = format!("#!/bin/bash\n# {what}.\n");
    text += "# Written by `ohmspike submit`. You can submit it again at any time: no trial runs twice.\n";
    option(&mut text, "job-name", job);
    text
}

fn option(text: &mut String, name: &str, value: &str) {
    let _ = writeln!(text, "#SBATCH --{name}={value}");
}

/// Ascending numbers in the form of Slurm: `1-3,7`.
fn ranges(numbers: &[usize]) -> String {
    let runs = numbers.chunk_by(|one, next| one + 1 == *next);
    let shown = runs.map(|run| match run {
        [one] => one.to_string(),
        _ => format!("{}-{}", run[0], run[run.len() - 1]),
    });
    shown.collect::<Vec<_>>().join(",")
}

/// Seconds in the form of Slurm: `HH:MM:SS` or `D-HH:MM:SS`.
fn time(seconds: u64) -> String {
    let (days, minutes) = (seconds / 86_400, seconds / 60);
    let clock = format!("{:02}:{:02}:{:02}", minutes / 60 % 24, minutes % 60, seconds % 60);
    if days > 0 { format!("{days}-{clock}") } else { clock }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_numbers_and_times_in_the_form_of_slurm() {
        assert_eq!(ranges(&[1, 2, 3, 7, 9, 10]), "1-3,7,9-10");
        assert_eq!(ranges(&[4]), "4");
        assert_eq!(time(90), "00:01:30");
        assert_eq!(time(86_400), "1-00:00:00");
        assert_eq!(time(3 * 86_400 + 5 * 3600 + 60), "3-05:01:00");
    }
}
