//! `ohmspike submit`: runs a study as a job array on a Slurm cluster.

use std::fs;
use std::path::{Path, PathBuf, absolute};

use ohmspike_datasets::{counted, persist, write_reason};
use ohmspike_plot::time_span::{TimeSpan, TimeSpanError};
use ohmspike_study::cluster::jobs::Jobs;
use ohmspike_study::cluster::quote::shell;
use ohmspike_study::cluster::request::{
    DEFAULT_SECONDS, DEFAULT_SHARDS, Request, mebibytes_needed, mebibytes_to_merge, seconds_needed, unfinished,
};
use ohmspike_study::cluster::script::Batch;
use ohmspike_study::cluster::slurm;
use ohmspike_study::cluster::slurm::SlurmError;
use ohmspike_study::memory::Memory;
use ohmspike_study::prepare::Prepared;
use ohmspike_study::resolved_study::write_study;
use ohmspike_study::run::{MAX_SHARDS, MAX_THREADS, Trial};
use ohmspike_study::run_study::{Plan, RunOptions};
use ohmspike_study::status::TrialTimes;
use ohmspike_study::store::Store;
use ohmspike_study::study::Study;

use super::study_arguments::StudyArguments;
use super::terminal::{print, say, tell};
use super::{ExitCode, Failure, command_line, warn};

const EXAMPLES: &str = "\
Examples:
  Print the scripts without submitting them:
      ohmspike submit study.toml --slurm --dry-run

  Submit 32 tasks of 4 cores each, then follow them:
      ohmspike submit study.toml --slurm --tasks 32 --threads 4 --partition long
      ohmspike status results/mine --wait

  Pass another option to sbatch:
      ohmspike submit study.toml --slurm --sbatch=--qos=low";

/// Submit a study to a Slurm cluster.
///
/// Submits a job array and a final job. Each task of the array runs a part of the study; the final job writes summary and
/// report. Scripts and logs are in the folder slurm of the results. Only parts with remaining trials are submitted: repeat
/// the command after a failure, or after adding seeds or levels. Every node must see the results folder.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Arguments {
    #[command(flatten)]
    study: StudyArguments,
    /// Print the scripts and exit.
    #[arg(long)]
    dry_run: bool,
    /// Submit even if an array of this study is still queued.
    #[arg(long)]
    force: bool,
    /// Submit to Slurm.
    #[arg(long, required = true, help_heading = "Cluster")]
    slurm: bool,
    /// Tasks of the array [default: 16, or one per trial].
    ///
    /// Each task runs one shard of the study. The default is one per trial if the study has fewer than 16 trials.
    #[arg(long, value_name = "N", help_heading = "Cluster", value_parser = clap::value_parser!(u32).range(1..=MAX_SHARDS as i64))]
    tasks: Option<u32>,
    /// Tasks to run at the same time [default: no limit].
    #[arg(long, value_name = "N", help_heading = "Cluster", value_parser = clap::value_parser!(u32).range(1..))]
    max_concurrent: Option<u32>,
    /// Cores, and concurrent trials, per task.
    #[arg(long, value_name = "N", default_value_t = 1, help_heading = "Cluster", value_parser = clap::value_parser!(u16).range(1..=MAX_THREADS))]
    threads: u16,
    /// Time limit per task, such as 24h [default: estimate].
    ///
    /// The default is 10 min plus twice the estimate from the trials with a record, or 24 h if no trial has one.
    #[arg(long, value_name = "TIME", help_heading = "Cluster", value_parser = time_limit)]
    time: Option<TimeSpan>,
    /// MiB per task [default: 256 + 256 per core, or more].
    ///
    /// Large networks and data sets get twice their estimate. The final job gets at least as much.
    #[arg(long, value_name = "MIB", help_heading = "Cluster", value_parser = clap::value_parser!(u64).range(1..=MAX_MEBIBYTES))]
    memory: Option<u64>,
    /// Partition of the cluster.
    #[arg(long, value_name = "NAME", help_heading = "Cluster", value_parser = slurm_name)]
    partition: Option<String>,
    /// Slurm account to charge.
    #[arg(long, value_name = "NAME", help_heading = "Cluster", value_parser = slurm_name)]
    account: Option<String>,
    /// Other option of sbatch, as in --sbatch=--qos=low.
    #[arg(long, value_name = "OPTION", help_heading = "Cluster", allow_hyphen_values = true, value_parser = sbatch_option)]
    sbatch: Vec<String>,
}

/// Why a study cannot be submitted.
#[derive(Debug, thiserror::Error)]
enum SubmitError {
    #[error("{path}: expected a path without control characters")]
    Path { path: PathBuf },
    #[error("--set {set}: expected a value without control characters")]
    Set { set: String },
    #[error(
        "{study}: job {array} of this study is still queued or running\n\nhint: wait for it with `ohmspike status --wait`, \
         cancel it with `scancel {array}`, or submit anyway with `--force`; trials of both arrays may run twice"
    )]
    Queued { study: String, array: String },
    #[error("cannot write `{}`: {}", path.display(), write_reason(source))]
    Write { path: PathBuf, source: std::io::Error },
    #[error(
        "{source}\n\nhint: nothing was submitted; change the request with `--time`, `--memory`, `--partition`, `--account` or \
         `--sbatch`, or edit the scripts in {folder}"
    )]
    Refused { source: SlurmError, folder: PathBuf },
    #[error(
        "{source}\n\nhint: the array was submitted as job {array}, but not the final job; submit it with \
         `sbatch --dependency=afterany:{array} {script}`"
    )]
    NoMerge { source: SlurmError, array: String, script: String },
}

/// Parses an option of a script.
fn sbatch_option(text: &str) -> Result<String, String> {
    match text.starts_with('-') && !text.contains(char::is_control) {
        true => Ok(text.to_owned()),
        false => Err("expected an option of sbatch, such as --qos=long".to_owned()),
    }
}

/// Parses the name of a partition or an account, or several names between commas.
fn slurm_name(text: &str) -> Result<String, String> {
    let fits = |letter: char| letter.is_alphanumeric() || "_-.,:@+/=".contains(letter);
    match !text.is_empty() && !text.starts_with('-') && text.chars().all(fits) {
        true => Ok(text.to_owned()),
        false => Err("expected a name of letters, digits and `_-.,:@+/=` that does not start with `-`".to_owned()),
    }
}

/// Parses a time limit in the range of Slurm.
fn time_limit(text: &str) -> Result<TimeSpan, String> {
    let time: TimeSpan = text.parse().map_err(|error: TimeSpanError| error.to_string())?;
    match (1.0..=LONGEST_LIMIT).contains(&time.seconds) {
        true => Ok(time),
        false => Err(format!("expected 1 s to {} d, got `{text}`", LONGEST_LIMIT / 86_400.0)),
    }
}

/// The largest memory of a task, MiB: 1 PiB.
const MAX_MEBIBYTES: u64 = 1 << 30;
/// The longest time limit, s: ten years. Slurm counts minutes in 32 bits.
const LONGEST_LIMIT: f64 = 3650.0 * 86_400.0;

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let file = arguments.study.open()?;
    let out = absolute(arguments.study.results(&file))?;
    // Problems of the study are reported here, not in the log of every task.
    let options = RunOptions { folder: Some(out.clone()), study_folder: file.folder.clone(), ..RunOptions::default() };
    let Plan { study, trials: all, prepared, .. } = Plan::new(&file.study, &options)?;
    let store = Store::open(&out)?;
    warn(store.warnings());

    let request = request(arguments, &study, &prepared, &all, &store);
    if request.tasks.is_empty() {
        tell!("nothing to submit: {} of {} done", all.len(), counted(all.len(), "trial"));
        tell!("\nhint: write the report with `ohmspike report {}`", arguments.study.words());
        return Ok(ExitCode::SUCCESS);
    }
    let batch = batch(arguments, &study, &out, request)?;
    let folder = out.join("slurm");
    let (array, merge) = (folder.join("array.sh"), folder.join("merge.sh"));
    if arguments.dry_run {
        say!("==> {} <==\n{}", array.display(), batch.array())?;
        print(&format!("==> {} <==\n{}", merge.display(), batch.merge()))?;
        return Ok(ExitCode::SUCCESS);
    }
    if !arguments.force {
        refuse_while_queued(&out, &study)?;
    }
    write(&folder.join("logs"), &[(&array, batch.array()), (&merge, batch.merge())])?;
    // The folder holds its study before the first task has run.
    write_study(&study, &file.folder, &out)?;
    submit(&batch, &out, &array, &merge)?;
    tell!("\nhint: follow the tasks with `ohmspike status {}`", shell(&out.display().to_string()));
    Ok(ExitCode::SUCCESS)
}

/// The requested resources, with defaults.
fn request(arguments: &Arguments, study: &Study, prepared: &Prepared, all: &[Trial], store: &Store) -> Request {
    let shards = arguments.tasks.map_or(DEFAULT_SHARDS.min(all.len()), |tasks| tasks as usize);
    let (tasks, threads) = (unfinished(all, shards, store), usize::from(arguments.threads));
    let measured = || TrialTimes::of(study, all, store);
    let needed =
        || measured().map_or(DEFAULT_SECONDS, |times| seconds_needed(all, shards, &tasks, threads, store, &times));
    Request {
        seconds: arguments.time.map_or_else(needed, |time| time.seconds.ceil() as u64),
        mebibytes: arguments
            .memory
            .unwrap_or(mebibytes_needed(threads, Memory::of_trials(all, prepared, threads).peak_without_figures())),
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
    if let Some(set) = arguments.study.set.iter().find(|set| set.contains(char::is_control)) {
        return Err(SubmitError::Set { set: set.clone() }.into());
    }
    let data = std::env::var_os("OHMSPIKE_DATA").map(|folder| text(&absolute(folder)?)).transpose()?;
    Ok(Batch {
        name: study.name.clone(),
        program: text(command_line::program())?,
        folder: text(&std::env::current_dir()?)?,
        study: text(&absolute(&arguments.study.study)?)?,
        set: arguments.study.set.clone(),
        out: text(out)?,
        data,
        request,
    })
}

fn text(path: &Path) -> Result<String, Failure> {
    let text = path.to_str().filter(|text| !text.contains(char::is_control));
    Ok(text.ok_or_else(|| SubmitError::Path { path: path.to_owned() })?.to_owned())
}

/// Rejects a second array while the first is queued: both would run the same trials.
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

/// Submits both jobs, and saves the number of the first before it submits the second.
fn submit(batch: &Batch, out: &Path, array: &Path, merge: &Path) -> Result<(), Failure> {
    let folder = out.join("slurm");
    let refused = |source| match source {
        missing @ SlurmError::Missing { .. } => Failure::from(missing),
        source => SubmitError::Refused { source, folder }.into(),
    };
    let number = slurm::submit(array, None).map_err(refused)?;
    let request = &batch.request;
    say!("array: job {number}, {} of {}", request.tasks.len(), counted(request.shards, "shard"))?;
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
