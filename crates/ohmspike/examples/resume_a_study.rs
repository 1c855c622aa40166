//! Stop a study and resume it: nothing is run twice, and results have the same bits as those of one uninterrupted run.

#![allow(clippy::print_stdout)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ohmspike::prelude::*;

/// Asks the run to stop once a trial has ended.
struct StopAfterOne(Arc<AtomicBool>);

impl Observer for StopAfterOne {
    fn trial_ended(&mut self, _: usize, trial: &Trial, _: &Record) {
        println!("trial {} ended: asking the run to stop", trial.id);
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
    println!("stopped with {} trials done and {} left", finished.done, finished.left);

    let finished = run_study(&study, &options, &mut each_trial(|trial, _| println!("trial {} ended", trial.id)))?;
    println!(
        "finished with {} trials done and {} left, in {}",
        finished.done,
        finished.left,
        finished.folder.display()
    );
    println!("\n{}", summarise(&finished.results()?).table());
    Ok(())
}

/// An empty folder, so that the example does the same every time.
fn tempfolder(name: &str) -> std::io::Result<std::path::PathBuf> {
    let folder = std::env::temp_dir().join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    Ok(folder)
}
