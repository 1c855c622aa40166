//! `ohmspike status`: shows the progress of a study, on this machine or on a cluster.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use ohmspike_analysis::health_tally::HealthTally;
use ohmspike_analysis::repeats::done;
use ohmspike_datasets::counted;
use ohmspike_study::checkpoint::Checkpoints;
use ohmspike_study::cluster::jobs::Jobs;
use ohmspike_study::cluster::quote;
use ohmspike_study::cluster::script::Batch;
use ohmspike_study::cluster::slurm;
use ohmspike_study::cluster::slurm::Queue;
use ohmspike_study::cluster::task::{Phase, TaskState};
use ohmspike_study::prepare::Prepared;
use ohmspike_study::results::Results;
use ohmspike_study::run::{Shard, Trial, shard};
use ohmspike_study::status::{Status, TrialTimes, left};
use ohmspike_study::store::Store;
use ohmspike_study::study::Study;

use ohmspike_study::resolved_study::FILE;

use super::source::OTHER_SETTINGS;
use super::study_arguments::StudyArguments;
use super::terminal::{Wanted, say, span, tell};
use super::{ExitCode, Failure, answers_folder, warn};

const EXAMPLES: &str = "\
Examples:
  Show the progress of a run:
      ohmspike status results/quickstart

  Wait for the tasks on the cluster, then write the report:
      ohmspike status results/mine --wait && ohmspike report results/mine";

/// Show the progress of a study.
///
/// Shows trials done and remaining, the remaining time, the tasks on the cluster, and the next step.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Arguments {
    #[command(flatten)]
    study: StudyArguments,
    /// Wait for the tasks on the cluster; exit 1 if trials remain.
    #[arg(long)]
    wait: bool,
}

/// Pauses between two questions to the scheduler. They grow, to spare it.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Questions without an answer before waiting ends: about ten minutes, enough for a restart of the scheduler.
const MAX_UNANSWERED: u32 = 25;
/// The most shards to list. Of more, only failed ones are listed.
const SHOWN_SHARDS: usize = 40;

/// Slurm does not answer, so waiting would never end.
#[derive(Debug, thiserror::Error)]
#[error(
    "--wait: Slurm did not answer {MAX_UNANSWERED} times in a row, with {} remaining\n\n\
     hint: the jobs continue; try again when `squeue` answers", counted(*left, "trial")
)]
struct Unanswered {
    left: usize,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let given = &arguments.study.study;
    if answers_folder::is_answers(given) && !given.join(FILE).exists() {
        answers_folder::show_status(given)?;
        return Ok(ExitCode::SUCCESS);
    }
    let file = arguments.study.open()?;
    if let Some(folder) = arguments.study.answers(&file) {
        answers_folder::show_status(&folder)?;
        return Ok(ExitCode::SUCCESS);
    }
    let out = std::path::absolute(arguments.study.results(&file))?;
    // The names of trials depend on the hash of the data, which is computed once.
    let Results { study, prepared, trials: all, .. } = Results::open(&file.study, &out, &file.folder)?;

    let (mut pause, mut told, mut unanswered) = (FIRST_PAUSE, None, 0);
    let view = loop {
        let view = View::of(&study, &prepared, &all, &out)?;
        if !arguments.wait || !view.is_active() {
            break view;
        }
        unanswered = if view.is_known() { 0 } else { unanswered + 1 };
        if unanswered == MAX_UNANSWERED {
            return Err(Unanswered { left: view.all.left }.into());
        }
        if told != Some(view.all) {
            told = Some(view.all);
            tell!("{} of {} done", view.all.done, counted(all.len(), "trial"));
        }
        thread::sleep(pause);
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
    };
    let of_command = &arguments.study.set;
    if let Some((jobs, _)) = view.jobs.as_ref().filter(|(jobs, _)| file.results.is_none() && jobs.set != *of_command) {
        tell_of_other_overrides(&jobs.set);
    }
    warn(view.store.warnings());
    warn(&view.store.details_warnings());
    say!("{}: {}", study.name, view.counts())?;
    view.print_others()?;
    for line in view.health.lines() {
        say!("  {line}")?;
    }
    view.print_times()?;
    let words = arguments.study.words();
    if view.report == ReportState::Old && view.all.left > 0 {
        say!("  report.html is older than the records; update it with `ohmspike report {words}`")?;
    }
    view.print_jobs()?;
    say!("next: {}", view.next(&words))?;
    Ok(ExitCode::from(u8::from(arguments.wait && view.all.left > 0)))
}

/// Warns that the jobs were submitted with other overrides than this command has.
fn tell_of_other_overrides(submitted: &[String]) {
    let set: Vec<String> = submitted.iter().map(|set| format!("--set {}", quote::shell(set))).collect();
    let set = if set.is_empty() { "without `--set`".to_owned() } else { format!("with `{}`", set.join(" ")) };
    tell!(
        "warning: the array was submitted {set}, unlike this command\n\nhint: repeat the overrides of the submission\n"
    );
}

/// The age of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ReportState {
    Missing,
    Old,
    Current,
}

impl ReportState {
    /// Compares the times of the report in `out` and of the newest file of records.
    fn of(out: &Path) -> ReportState {
        let time = |path: &Path| path.metadata().and_then(|metadata| metadata.modified()).ok();
        let Some(report) = time(&out.join(REPORT)) else { return ReportState::Missing };
        let files = fs::read_dir(out.join("records")).into_iter().flatten().filter_map(Result::ok);
        match files.filter_map(|file| time(&file.path())).max() {
            Some(records) if records > report => ReportState::Old,
            _ => ReportState::Current,
        }
    }
}

/// The report of a results folder.
const REPORT: &str = "report.html";

/// The state of a study.
struct View<'a> {
    trials: &'a [Trial],
    out: &'a Path,
    store: Store,
    checkpoints: Checkpoints,
    all: Status,
    health: HealthTally,
    times: Option<TrialTimes>,
    report: ReportState,
    /// The last submission, and its state if Slurm answers.
    jobs: Option<(Jobs, Option<Queue>)>,
}

/// A shard of the last submission.
struct ShardState {
    number: usize,
    status: Status,
    /// Its phase, if known.
    phase: Option<Phase>,
    state: String,
    /// Remaining time once it runs, s.
    seconds: Option<f64>,
}

impl<'a> View<'a> {
    fn of(study: &Study, prepared: &Prepared, trials: &'a [Trial], out: &'a Path) -> Result<View<'a>, Failure> {
        let store = Store::open(out)?;
        let jobs = Jobs::read(out)?.map(|jobs| {
            let queue = slurm::queue(&jobs);
            if let Err(error) = &queue {
                tell!("warning: {error}\n");
            }
            (jobs, queue.ok())
        });
        // No checkpoint is written here.
        let checkpoints = Checkpoints::new(out, Duration::MAX);
        let (all, times) = (Status::of(trials, &store, &checkpoints), TrialTimes::of(study, trials, &store));
        let health = HealthTally::new(study, &done(study, prepared, trials, &store));
        let report = ReportState::of(out);
        Ok(View { trials, out, all, health, times, report, jobs, store, checkpoints })
    }

    /// Whether a job is queued or running. If Slurm does not answer, it may be.
    fn is_active(&self) -> bool {
        match &self.jobs {
            Some((_, Some(queue))) => queue.is_active(),
            Some((_, None)) => self.all.left > 0,
            None => false,
        }
    }

    /// Whether the state of the jobs is known.
    fn is_known(&self) -> bool {
        self.jobs.as_ref().is_none_or(|(_, queue)| queue.is_some())
    }

    fn counts(&self) -> String {
        let Status { done, failed, left, begun } = self.all;
        let mut text = format!("{done} of {} done, {left} left", counted(done + left, "trial"));
        if failed > 0 {
            text += &format!(", {failed} failed (training diverged)");
        }
        if begun > 0 {
            text += &format!(", {begun} with a checkpoint");
        }
        text
    }

    /// Tells of records that belong to no trial of the study.
    fn print_others(&self) -> Wanted {
        let counted_ones = self.trials.iter().filter(|trial| self.store.has_record(trial)).count();
        match self.store.len() - counted_ones {
            0 => Ok(true),
            others => {
                let hint = if counted_ones == 0 { format!("\n  hint: {OTHER_SETTINGS}") } else { String::new() };
                say!("  {} of other settings in this folder, not counted{hint}", counted(others, "record"))
            }
        }
    }

    fn print_times(&self) -> Wanted {
        let Some(times) = &self.times else { return Ok(true) };
        let left = left(self.trials, &self.store);
        if left.is_empty() {
            return Ok(true);
        }
        let cores = ohmspike_study::machine::cores();
        let (work, here) = (times.on_cores(&left, 1), times.on_cores(&left, cores));
        let (each, measured) = (span(work / left.len() as f64), counted(times.measured, "trial"));
        say!("  about {each} per trial on one core, estimated from {measured}")?;
        say!("  about {} left on {} of this machine", span(here), counted(cores, "core"))
    }

    fn shards(&self) -> Vec<ShardState> {
        let Some((jobs, queue)) = &self.jobs else { return Vec::new() };
        let one = |number: usize| {
            let mine = shard(self.trials, Some(Shard { part: number, of: jobs.shards }));
            let status = Status::of(&mine, &self.store, &self.checkpoints);
            let known = queue.as_ref().and_then(|queue| queue.tasks.get(&number));
            let (phase, state) = match (known, queue) {
                (Some(state), _) => (Some(state.phase()), state.to_string()),
                (None, _) if status.left == 0 => (Some(Phase::Completed), "completed".to_owned()),
                (None, _) if !jobs.tasks.contains(&number) => (None, "not submitted".to_owned()),
                (None, Some(_)) => (Some(Phase::Failed), "ended early".to_owned()),
                (None, None) => (None, "unknown".to_owned()),
            };
            let seconds = self.times.as_ref().map(|times| times.on_cores(&left(&mine, &self.store), jobs.threads));
            ShardState { number, status, phase, state, seconds }
        };
        (1..=jobs.shards).map(one).collect()
    }

    fn print_jobs(&self) -> Wanted {
        let Some((jobs, _)) = &self.jobs else { return Ok(true) };
        let shards = self.shards();
        let mut counts: BTreeMap<Phase, usize> = BTreeMap::new();
        for phase in shards.iter().filter_map(|one| one.phase) {
            *counts.entry(phase).or_default() += 1;
        }
        let counts: Vec<String> = counts.iter().map(|(phase, count)| format!("{count} {phase}")).collect();
        say!("\narray: job {}, {}: {}", jobs.array, counted(jobs.shards, "shard"), counts.join(", "))?;
        if let Some(merge) = &jobs.merge {
            let state = self.merge().map_or("unknown to Slurm".to_owned(), ToString::to_string);
            say!("summary and report: job {merge}, {state}")?;
        }
        if let Some(left) = time_left(&shards) {
            say!("{left}")?;
        }
        say!("\nshard   done   left   state")?;
        for one in shards.iter().filter(|one| shards.len() <= SHOWN_SHARDS || one.failed()) {
            say!("{:>5} {:>6} {:>6}   {}", one.number, one.status.done, one.status.left, one.state)?;
        }
        let logs = self.logs_of_failed(&shards);
        if !logs.is_empty() {
            say!("\nlogs of failed jobs:\n{}", logs.join("\n"))?;
        }
        say!("")
    }

    /// The state of the final job.
    fn merge(&self) -> Option<&TaskState> {
        self.jobs.as_ref()?.1.as_ref()?.merge.as_ref()
    }

    fn logs_of_failed(&self, shards: &[ShardState]) -> Vec<String> {
        let Some((jobs, _)) = &self.jobs else { return Vec::new() };
        let folder = Batch::logs(&self.out.display().to_string());
        let failed = shards.iter().filter(|one| one.failed());
        let mut logs: Vec<String> =
            failed.map(|one| format!("{folder}/shard-{}_{}.log", jobs.array, one.number)).collect();
        if let Some(merge) = &jobs.merge
            && self.merge().is_some_and(|state| state.phase() == Phase::Failed)
        {
            logs.push(format!("{folder}/merge-{merge}.log"));
        }
        logs
    }

    /// The next step. `words` name the study on a command line.
    fn next(&self, words: &str) -> String {
        let failed = !self.logs_of_failed(&self.shards()).is_empty();
        match &self.jobs {
            Some((jobs, _)) if self.is_active() => {
                let merge = jobs.merge.as_ref().map(|merge| format!(" {merge}")).unwrap_or_default();
                format!("wait, or cancel the jobs with `scancel {}{merge}`; trials that are done stay", jobs.array)
            }
            _ if self.all.left == 0 => match self.report {
                ReportState::Current => format!("open the report: {}", self.out.join(REPORT).display()),
                ReportState::Old => {
                    format!("update the report, which is older than the records: `ohmspike report {words}`")
                }
                ReportState::Missing => format!("write the report: `ohmspike report {words}`"),
            },
            Some(_) => {
                let first = if failed { "read the logs, then " } else { "" };
                format!("{first}submit the remaining shards: `ohmspike submit {words} --slurm`")
            }
            None => {
                format!("run the rest here: `ohmspike run {words}`, or on a cluster: `ohmspike submit {words} --slurm`")
            }
        }
    }
}

impl ShardState {
    fn failed(&self) -> bool {
        self.phase == Some(Phase::Failed)
    }
}

/// The remaining time of the queued and running tasks. Queued tasks take the place of running ones.
fn time_left(shards: &[ShardState]) -> Option<String> {
    let of = |phase| shards.iter().filter(move |one| one.phase == Some(phase));
    let active = of(Phase::Running).chain(of(Phase::Pending));
    let seconds: Vec<f64> = active.map(|one| one.seconds).collect::<Option<_>>()?;
    let (longest, sum) = (seconds.iter().copied().fold(0.0, f64::max), seconds.iter().sum::<f64>());
    match (seconds.len(), of(Phase::Running).count()) {
        (0, _) => None,
        (_, 0) => Some(format!("about {} left once all tasks run", span(longest))),
        (_, running) => Some(format!(
            "about {} left with {}",
            span(longest.max(sum / running as f64)),
            counted(running, "running task")
        )),
    }
}
