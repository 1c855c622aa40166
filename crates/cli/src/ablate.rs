//! `ohmspike ablate`: shows how much accuracy each mechanism of a device costs.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ohmspike_answers::ablate::{Ablated, AblationAnswer, MIN_SEEDS, Plan};
use ohmspike_datasets::counted;
use ohmspike_report::answers::{ablation, write_answer};

use super::batch_meter::BatchMeter;
use super::run::{listen_for_interrupt, places, stopped};
use super::study_arguments::StudyArguments;
use super::terminal::{say, tell};
use super::trial_arguments::TrialArguments;
use super::{ExitCode, Failure, answers_folder, warn};

const EXAMPLES: &str = "\
Examples:
  Find the costliest mechanism of a device:
      ohmspike ablate study.toml --set hardware.device=cmo-hfox-falcone-2025

  Look at the page:
      ohmspike report results/NAME-ablate --open

  Use more seeds; the trials that exist are kept:
      ohmspike ablate study.toml --set repeats.seeds=16";

/// Show how much accuracy each mechanism of a device costs.
///
/// Trains the network with sets of the device's mechanisms enabled, with the same seeds, and divides the loss of accuracy
/// among them (Shapley values). The answer is withheld if trials are unhealthy. Up to 6 active mechanisms, all sets run; above, each seed has a random order and its
/// reverse. Stop at any time, and repeat the command to resume.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Arguments {
    #[command(flatten)]
    study: StudyArguments,
    #[command(flatten)]
    trials: TrialArguments,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    arguments.trials.instructions.use_instructions()?;
    let file = arguments.study.open()?;
    let plan = Plan::new(&file.study, &file.folder)?;
    let jobs = plan.jobs();
    let names: Vec<&str> = plan.mechanisms().iter().map(|mechanism| mechanism.words()).collect();
    tell!("{}: {}", counted(names.len(), "active mechanism"), names.join(", "));
    let (trials, seeds) = (counted(jobs.len(), "trial"), counted(plan.seeds().len(), "seed"));
    let replaced = match file.study.seeds.len() {
        of_study if of_study == plan.seeds().len() => String::new(),
        of_study => format!("; the study has {of_study}, and an ablation needs at least {MIN_SEEDS}"),
    };
    tell!("{trials} with {seeds}{replaced}\n");
    if arguments.trials.dry_run {
        return Ok(ExitCode::SUCCESS);
    }
    let folder = arguments.study.answer_folder(&file, "ablate");
    answers_folder::check(&folder)?;
    answers_folder::mark(&folder)?;
    let stop = Arc::new(AtomicBool::new(false));
    listen_for_interrupt(&stop)?;
    let options = arguments.trials.options(&file, folder.clone(), &stop);
    let mut meter = BatchMeter::new(jobs.len());
    let ablated = plan.run(&file.study, &folder, &options, &mut meter);
    meter.finish();
    match ablated? {
        Ablated::Stopped(left) => {
            tell!("stopped; repeat the command to run the remaining {}", counted(left, "trial"));
            Ok(stopped(stop.load(Ordering::Relaxed)))
        }
        Ablated::Done(answer) => show(&answer, &folder),
    }
}

/// The answer is withheld.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct NoAnswer(String);

fn show(answer: &AblationAnswer, folder: &Path) -> Result<ExitCode, Failure> {
    let shown = ablation::shown(std::slice::from_ref(answer));
    if let Some(withheld) = &answer.withheld {
        write_answer(&shown, folder)?;
        warn(&answer.cautions);
        return Err(Box::new(NoAnswer(withheld.clone())));
    }
    let files = write_answer(&shown, folder)?;
    for sentence in ablation::sentences(answer) {
        say!("{sentence}")?;
    }
    say!("\n{}", ablation::text_table(answer).trim_end())?;
    say!(
        "losses in points with 95 % t intervals over seeds, each on its own; p adjusted by Holm for all mechanisms together; least: a loss of this \
         size is found with a probability of 80 %; last: gain when only it is disabled"
    )?;
    warn(&answer.cautions);
    for place in places(folder, &files) {
        say!("{place}")?;
    }
    Ok(ExitCode::SUCCESS)
}
