//! `ohmspike status`: how far a study is, on this machine or on a cluster.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use ohmspike_analysis::health_tally::HealthTally;
use ohmspike_analysis::repeats::done;
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

use super::terminal::{Wanted, say, span, tell};
use super::{Failure, source, warn};

/// Show how far a study is: trials done and left, the tasks of its job array, the time left, and what to do next.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Study file or results folder.
    study: PathBuf,
    /// Override a key; a list makes it a sweep axis.
    #[arg(long, value_name = "SECTION.KEY=VALUE")]
    set: Vec<String>,
    /// Folder of the results [default: results/NAME, or the folder given as STUDY].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Wait until no task is queued or running; the exit status is 1 if trials are left then.
    #[arg(long)]
    wait: bool,
}

impl Arguments {
    /// What follows `ohmspike run` or `ohmspike submit` for the same study.
    fn command(&self) -> String {
        let mut words = vec![self.study.display().to_string()];
        words.extend(self.set.iter().flat_map(|set| ["--set".to_owned(), set.clone()]));
        words.extend(self.out.iter().flat_map(|out| ["--out".to_owned(), out.display().to_string()]));
        words.iter().map(|word| quote::shell(word)).collect::<Vec<_>>().join(" ")
    }
}

/// Asking for the state of jobs costs the scheduler something: the pause between two questions grows.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// So many questions in a row go unanswered before waiting ends: about ten minutes, in which a scheduler starts anew.
const MOST_UNANSWERED: u32 = 25;
/// So many shards are shown one by one; of more, those that failed.
const SHOWN_SHARDS: usize = 40;

/// Waiting has no end where nobody says what still runs.
#[derive(Debug, thiserror::Error)]
#[error(
    "--wait: Slurm has not answered {MOST_UNANSWERED} times in a row, and {left} trials are left\n\n\
     hint: the jobs go on by themselves; ask again once `squeue` answers"
)]
struct Unanswered {
    left: usize,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let file = source::open(&arguments.study, &arguments.set)?;
    let study = &file.study;
    let out = std::path::absolute(source::results(arguments.out.as_deref(), &file))?;
    // Names of trials need the hash of their data, which are read once.
    let Results { prepared, trials: all, .. } = Results::open(study, &out, &file.folder)?;

    let (mut pause, mut told, mut unanswered) = (FIRST_PAUSE, None, 0);
    let view = loop {
        let view = View::of(study, &prepared, &all, &out)?;
        if !arguments.wait || !view.is_active() {
            break view;
        }
        unanswered = if view.is_known() { 0 } else { unanswered + 1 };
        if unanswered == MOST_UNANSWERED {
            return Err(Unanswered { left: view.all.left }.into());
        }
        if told != Some(view.all) {
            told = Some(view.all);
            tell!("{} of {} trials done", view.all.done, all.len());
        }
        thread::sleep(pause);
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
    };
    if let Some((jobs, _)) = view.jobs.as_ref().filter(|(jobs, _)| file.results.is_none() && jobs.set != arguments.set)
    {
        let set: Vec<String> = jobs.set.iter().map(|set| format!(" --set {set}")).collect();
        let set = if set.is_empty() { " no --set".to_owned() } else { set.concat() };
        tell!("warning: the array was submitted with{set}, which is not what this command says\n");
    }
    warn(view.store.warnings());
    say!("{}: {}", study.name, view.counts())?;
    for line in view.health.lines() {
        say!("  {line}")?;
    }
    view.print_times()?;
    view.print_jobs()?;
    say!("next: {}", view.next(&arguments.command()))?;
    Ok(ExitCode::from(u8::from(arguments.wait && view.all.left > 0)))
}

/// A study as it stands now.
struct View<'a> {
    trials: &'a [Trial<'a>],
    out: &'a Path,
    store: Store,
    checkpoints: Checkpoints,
    all: Status,
    health: HealthTally,
    times: Option<TrialTimes>,
    /// The last submission, and what Slurm says of it where it answers.
    jobs: Option<(Jobs, Option<Queue>)>,
}

/// A shard of the last submission.
struct ShardState {
    number: usize,
    status: Status,
    /// What will become of it: running, pending, completed, failed.
    phase: Option<Phase>,
    state: String,
    /// How long what is left will take once it runs, s.
    seconds: Option<f64>,
}

impl<'a> View<'a> {
    fn of(study: &Study, prepared: &Prepared, trials: &'a [Trial<'a>], out: &'a Path) -> Result<View<'a>, Failure> {
        let store = Store::open(out)?;
        let jobs = Jobs::read(out)?.map(|jobs| {
            let queue = slurm::queue(&jobs);
            if let Err(error) = &queue {
                tell!("warning: {error}\n");
            }
            (jobs, queue.ok())
        });
        // Nothing is written here.
        let checkpoints = Checkpoints::new(out, Duration::MAX);
        let (all, times) = (Status::of(trials, &store, &checkpoints), TrialTimes::of(study, trials, &store));
        let health = HealthTally::new(study, &done(study, prepared, trials, &store));
        Ok(View { trials, out, all, health, times, jobs, store, checkpoints })
    }

    /// Whether there is something to wait for. Where Slurm does not answer, what was submitted may still run.
    fn is_active(&self) -> bool {
        match &self.jobs {
            Some((_, Some(queue))) => queue.is_active(),
            Some((_, None)) => self.all.left > 0,
            None => false,
        }
    }

    /// Whether it is known what of the jobs still runs.
    fn is_known(&self) -> bool {
        self.jobs.as_ref().is_none_or(|(_, queue)| queue.is_some())
    }

    fn counts(&self) -> String {
        let Status { done, failed, left, begun } = self.all;
        let mut text = format!("{done} of {} trials done, {left} left", done + left);
        if failed > 0 {
            text += &format!(", {failed} failed (training diverged)");
        }
        if begun > 0 {
            text += &format!(", {begun} with a checkpoint to go on from");
        }
        text
    }

    fn print_times(&self) -> Wanted {
        let Some(times) = &self.times else { return Ok(true) };
        let left = left(self.trials, &self.store);
        if left.is_empty() {
            return Ok(true);
        }
        let cores = ohmspike_study::machine::cores();
        let (work, here) = (times.on_cores(&left, 1), times.on_cores(&left, cores));
        say!("  a trial takes {} on one core, from {} measured", span(work / left.len() as f64), times.measured)?;
        say!("  what is left takes {} on the {cores} cores of this machine", span(here))
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
                (None, None) => (None, "not known".to_owned()),
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
        say!("\narray: job {}, {} shards: {}", jobs.array, jobs.shards, counts.join(", "))?;
        if let Some(merge) = &jobs.merge {
            let state = self.merge().map_or("no longer known to Slurm".to_owned(), ToString::to_string);
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
            say!("\nlogs of what failed:\n{}", logs.join("\n"))?;
        }
        say!("")
    }

    /// The state of the job after the array.
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

    /// What to do now; `command` names the study and its results.
    fn next(&self, command: &str) -> String {
        let failed = !self.logs_of_failed(&self.shards()).is_empty();
        match &self.jobs {
            Some((jobs, _)) if self.is_active() => {
                let merge = jobs.merge.as_ref().map(|merge| format!(" {merge}")).unwrap_or_default();
                format!("wait, or end it with `scancel {}{merge}`; what is done stays", jobs.array)
            }
            _ if self.all.left == 0 => match self.out.join("report.html") {
                page if page.is_file() => format!("no trial is left; read {}", page.display()),
                _ => format!("no trial is left; `ohmspike report {command}` writes what was found"),
            },
            Some(_) => {
                let first = if failed { "look into the logs, then " } else { "" };
                format!("{first}`ohmspike submit {command} --slurm` submits the shards with trials left")
            }
            None => format!("`ohmspike run {command}` goes on here, `ohmspike submit {command} --slurm` on a cluster"),
        }
    }
}

impl ShardState {
    fn failed(&self) -> bool {
        self.phase == Some(Phase::Failed)
    }
}

/// How long the tasks that are queued or running will take. With fewer running than queued, they take turns.
fn time_left(shards: &[ShardState]) -> Option<String> {
    let of = |phase| shards.iter().filter(move |one| one.phase == Some(phase));
    let active = of(Phase::Running).chain(of(Phase::Pending));
    let seconds: Vec<f64> = active.map(|one| one.seconds).collect::<Option<_>>()?;
    let (longest, sum) = (seconds.iter().copied().fold(0.0, f64::max), seconds.iter().sum::<f64>());
    match (seconds.len(), of(Phase::Running).count()) {
        (0, _) => None,
        (_, 0) => Some(format!("about {} left once all of them run", span(longest))),
        (_, running) => Some(format!("about {} left with {running} running", span(longest.max(sum / running as f64)))),
    }
}
