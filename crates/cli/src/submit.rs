//! `ohmspike submit`: a study as a job array on a cluster.

use std::fs;
use std::path::{Path, PathBuf, absolute};
use std::process::ExitCode;

use ohmspike_datasets::persist;
use ohmspike_plot::time_span::{TimeSpan, TimeSpanError};
use ohmspike_study::cluster::jobs::Jobs;
use ohmspike_study::cluster::quote::shell;
use ohmspike_study::cluster::request::{
    DEFAULT_SECONDS, DEFAULT_SHARDS, Request, mebibytes_needed, mebibytes_to_merge, seconds_needed, unfinished,
};
use ohmspike_study::cluster::script::Batch;
use ohmspike_study::cluster::slurm;
use ohmspike_study::cluster::slurm::SlurmError;
use ohmspike_study::resolved_study::write_study;
use ohmspike_study::run::{MOST_SHARDS, MOST_THREADS, Trial};
use ohmspike_study::run_study::{Plan, RunOptions};
use ohmspike_study::status::TrialTimes;
use ohmspike_study::store::Store;
use ohmspike_study::study::Study;

use super::terminal::{print, say, tell};
use super::{Failure, source, warn};

/// Submit a study to a cluster: an array of jobs, each a shard of it, and a job that sums up and reports.
///
/// The scripts and the logs stay in the folder of the results, below slurm/. Only shards with trials that have no record
/// are submitted: give the same command again after a failure, or after adding seeds or levels, and nothing runs twice.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Study file, for instance experiments/studies/noise-robustness.toml, or a results folder.
    study: PathBuf,
    /// Override a key; a list makes it a sweep axis.
    #[arg(long, value_name = "SECTION.KEY=VALUE")]
    set: Vec<String>,
    /// Folder of the results, which every node must see [default: results/NAME, or the folder given as STUDY].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Submit to Slurm.
    #[arg(long, required = true)]
    slurm: bool,
    /// Tasks of the array, each a shard of the study [default: 16, or one per trial if there are fewer].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=MOST_SHARDS as i64))]
    tasks: Option<u32>,
    /// Tasks that may run at the same time [default: no limit].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max_concurrent: Option<u32>,
    /// Cores of a task: trials that it runs at the same time.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=MOST_THREADS))]
    threads: u16,
    /// Time limit of a task, for instance 90min [default: twice what was measured and 10 min, or 24h].
    #[arg(long, value_name = "TIME", value_parser = time_limit)]
    time: Option<TimeSpan>,
    /// Memory of a task [default: 256 and 256 a core, some five times what a trial of the built-in studies takes]; the job that
    /// sums up gets no less.
    #[arg(long, value_name = "MEBIBYTES", value_parser = clap::value_parser!(u64).range(1..=MOST_MEBIBYTES))]
    memory: Option<u64>,
    /// Partition of the cluster.
    #[arg(long, value_name = "NAME", value_parser = slurm_name)]
    partition: Option<String>,
    /// Slurm account to charge.
    #[arg(long, value_name = "NAME", value_parser = slurm_name)]
    account: Option<String>,
    /// A further option of sbatch, for both jobs, for instance --sbatch=--qos=long.
    #[arg(long, value_name = "OPTION", allow_hyphen_values = true, value_parser = sbatch_option)]
    sbatch: Vec<String>,
    /// Print the scripts, and exit.
    #[arg(long)]
    dry_run: bool,
    /// Submit although an array of this study is still queued.
    #[arg(long)]
    force: bool,
}

/// What keeps a study from being submitted.
#[derive(Debug, thiserror::Error)]
enum SubmitError {
    #[error("{path}: must be text without control characters to stand in a script")]
    Path { path: PathBuf },
    #[error("--set {set}: must be text without control characters to stand in a script")]
    Set { set: String },
    #[error(
        "{study}: job {array} of this study is still queued or running\n\nhint: wait for it with `ohmspike status`, end \
         it with `scancel {array}`, or submit beside it with `--force`; trials that both come to are run twice and kept once"
    )]
    Queued { study: String, array: String },
    #[error("{path}: cannot be written: {source}")]
    Write { path: PathBuf, source: std::io::Error },
    #[error(
        "{source}\n\nhint: nothing was submitted, and the records are as they were; `--time`, `--memory`, `--partition`, \
         `--account` and `--sbatch` say what to ask for, and the scripts are in {folder}"
    )]
    Refused { source: SlurmError, folder: PathBuf },
    #[error(
        "{source}\n\nhint: the array is submitted as job {array}, but not the job that sums up: give \
         `sbatch --dependency=afterany:{array} {script}`, or `ohmspike run` with `--max-trials 0` once the array has ended"
    )]
    NoMerge { source: SlurmError, array: String, script: String },
}

/// An option as it stands in a line of a script.
fn sbatch_option(text: &str) -> Result<String, String> {
    match text.starts_with('-') && !text.contains(char::is_control) {
        true => Ok(text.to_owned()),
        false => Err("must be an option as sbatch takes it, for instance --qos=long".to_owned()),
    }
}

/// A partition or an account as it stands in a line of a script, or several of them between commas.
fn slurm_name(text: &str) -> Result<String, String> {
    let fits = |letter: char| letter.is_alphanumeric() || "_-.,:@+/=".contains(letter);
    match !text.is_empty() && !text.starts_with('-') && text.chars().all(fits) {
        true => Ok(text.to_owned()),
        false => Err("must be a name of letters, digits and any of `_-.,:@+/=`, not beginning with `-`".to_owned()),
    }
}

/// A time limit that Slurm can count.
fn time_limit(text: &str) -> Result<TimeSpan, String> {
    let time: TimeSpan = text.parse().map_err(|error: TimeSpanError| error.to_string())?;
    match (1.0..=LONGEST_LIMIT).contains(&time.seconds) {
        true => Ok(time),
        false => Err(format!("must be from 1 s to {} d, got `{text}`", LONGEST_LIMIT / 86_400.0)),
    }
}

/// Memory of a task, MiB: 1 PiB.
const MOST_MEBIBYTES: u64 = 1 << 30;
/// Time limit of a task, s: ten years, which Slurm counts in minutes of 32 bits.
const LONGEST_LIMIT: f64 = 3650.0 * 86_400.0;

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let file = source::open(&arguments.study, &arguments.set)?;
    let study = &file.study;
    let out = absolute(source::results(arguments.out.as_deref(), &file))?;
    // Everything that would keep a task from running is told here rather than in a log of every task.
    let options = RunOptions { folder: Some(out.clone()), study_folder: file.folder.clone(), ..RunOptions::default() };
    let Plan { trials: all, .. } = Plan::new(study, &options)?;
    let store = Store::open(&out)?;
    warn(store.warnings());

    let request = request(arguments, study, &all, &store);
    if request.tasks.is_empty() {
        let file = arguments.study.display();
        tell!("all {} trials have a record: nothing to submit", all.len());
        tell!("\nhint: `ohmspike report {file}` writes what was found");
        return Ok(ExitCode::SUCCESS);
    }
    let batch = batch(arguments, study, &out, request)?;
    let folder = out.join("slurm");
    let (array, merge) = (folder.join("array.sh"), folder.join("merge.sh"));
    if arguments.dry_run {
        say!("==> {} <==\n{}", array.display(), batch.array())?;
        print(&format!("==> {} <==\n{}", merge.display(), batch.merge()))?;
        return Ok(ExitCode::SUCCESS);
    }
    if !arguments.force {
        refuse_while_queued(&out, study)?;
    }
    write(&folder.join("logs"), &[(&array, batch.array()), (&merge, batch.merge())])?;
    // The folder describes its study before the first task has run.
    write_study(study, &file.folder, &out)?;
    submit(&batch, &out, &array, &merge)?;
    tell!("\nhint: `ohmspike status {}` shows how far it is", shell(&out.display().to_string()));
    Ok(ExitCode::SUCCESS)
}

/// What was asked for, and the defaults for what was not.
fn request(arguments: &Arguments, study: &Study, all: &[Trial], store: &Store) -> Request {
    let shards = arguments.tasks.map_or(DEFAULT_SHARDS.min(all.len()), |tasks| tasks as usize);
    let (tasks, threads) = (unfinished(all, shards, store), usize::from(arguments.threads));
    let measured = || TrialTimes::of(study, all, store);
    let needed =
        || measured().map_or(DEFAULT_SECONDS, |times| seconds_needed(all, shards, &tasks, threads, store, &times));
    Request {
        seconds: arguments.time.map_or_else(needed, |time| time.seconds.ceil() as u64),
        mebibytes: arguments.memory.unwrap_or(mebibytes_needed(threads)),
        merge_mebibytes: mebibytes_to_merge(all.len()).max(arguments.memory.unwrap_or(0)),
        shards,
        tasks,
        at_once: arguments.max_concurrent.map(|count| count as usize),
        threads,
        partition: arguments.partition.clone(),
        account: arguments.account.clone(),
        options: arguments.sbatch.clone(),
    }
}

fn batch(arguments: &Arguments, study: &Study, out: &Path, request: Request) -> Result<Batch, Failure> {
    if let Some(set) = arguments.set.iter().find(|set| set.contains(char::is_control)) {
        return Err(SubmitError::Set { set: set.clone() }.into());
    }
    let data = std::env::var_os("OHMSPIKE_DATA").map(|folder| text(&absolute(folder)?)).transpose()?;
    Ok(Batch {
        name: study.name.clone(),
        program: text(&std::env::current_exe()?)?,
        folder: text(&std::env::current_dir()?)?,
        study: text(&absolute(&arguments.study)?)?,
        set: arguments.set.clone(),
        out: text(out)?,
        data,
        request,
    })
}

fn text(path: &Path) -> Result<String, Failure> {
    let text = path.to_str().filter(|text| !text.contains(char::is_control));
    Ok(text.ok_or_else(|| SubmitError::Path { path: path.to_owned() })?.to_owned())
}

/// Two arrays of a study would run the same trials.
fn refuse_while_queued(out: &Path, study: &Study) -> Result<(), Failure> {
    match Jobs::read(out)? {
        Some(jobs) if slurm::queue(&jobs)?.has_active_tasks() => {
            Err(SubmitError::Queued { study: study.name.clone(), array: jobs.array }.into())
        }
        _ => Ok(()),
    }
}

fn write(logs: &Path, scripts: &[(&Path, String)]) -> Result<(), SubmitError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| SubmitError::Write { path, source }
    };
    fs::create_dir_all(logs).map_err(failed(logs))?;
    for (path, script) in scripts {
        persist::write(path, |file| file.write_all(script.as_bytes())).map_err(failed(path))?;
    }
    Ok(())
}

/// Submits both jobs; what is submitted is on the disk before anything else can fail.
fn submit(batch: &Batch, out: &Path, array: &Path, merge: &Path) -> Result<(), Failure> {
    let folder = out.join("slurm");
    let refused = |source| match source {
        missing @ SlurmError::Missing { .. } => Failure::from(missing),
        source => SubmitError::Refused { source, folder }.into(),
    };
    let number = slurm::submit(array, None).map_err(refused)?;
    let request = &batch.request;
    say!("array: job {number}, {} of {} shards of the study", request.tasks.len(), request.shards)?;
    let mut jobs = Jobs {
        array: number.clone(),
        merge: None,
        shards: request.shards,
        tasks: request.tasks.clone(),
        threads: request.threads,
        set: batch.set.clone(),
    };
    jobs.write(out)?;
    let script = shell(&merge.display().to_string());
    let last = slurm::submit(merge, Some(&number));
    let last = last.map_err(|source| SubmitError::NoMerge { source, array: number, script })?;
    say!("summary and report: job {last}, after the array")?;
    jobs.merge = Some(last);
    jobs.write(out)?;
    say!("{}", out.join("slurm").display())?;
    Ok(())
}
