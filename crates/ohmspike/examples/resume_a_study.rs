//! Stop a study and resume it: no trial runs twice, and the results are bit-identical to an uninterrupted run.

#![allow(clippy::print_stdout)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ohmspike::prelude::*;

/// Stops the run after the first trial.
struct StopAfterOne(Arc<AtomicBool>);

impl StudyObserver for StopAfterOne {
    fn trial_ended(&mut self, _: usize, trial: &Trial, _: &Record) {
        println!("trial {} ended; stopping the run", trial.id);
        self.0.store(true, Ordering::Relaxed);
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let text = "name = 'resume'\n[network]\nhidden = 20\n[weights]\nsigma_init = 0.003\n[training]\nbatch = 32\nepochs = 1\n\
                [noise]\nlevel_percent = [0, 100]\n[repeats]\nseeds = 2\n";
    let study = Study::parse("resume.toml", text, &[])?;
    let folder = tempfolder("ohmspike-resume-a-study")?;
    let options = RunOptions { folder: Some(folder), threads: Some(1), ..RunOptions::default() };

    let stop = Arc::new(AtomicBool::new(false));
    let first = RunOptions { stop: Some(Arc::clone(&stop)), ..options.clone() };
    let finished = run_study(&study, &first, &mut StopAfterOne(stop))?;
    println!("stopped: {} trials done, {} left", finished.done, finished.left);

    let finished = run_study(&study, &options, &mut each_trial(|trial, _| println!("trial {} ended", trial.id)))?;
    println!("finished: {} trials done, {} left, in {}", finished.done, finished.left, finished.folder.display());
    println!("\n{}", summarise(&finished.results()?).table());
    Ok(())
}

/// Creates an empty folder, so that every run of the example starts fresh.
fn tempfolder(name: &str) -> std::io::Result<std::path::PathBuf> {
    let folder = std::env::temp_dir().join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    Ok(folder)
}
