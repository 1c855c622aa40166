//! Run a study, watch its trials, and print the summary.
#![allow(clippy::print_stdout)]
use ohmspike::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let text = "name = 'noise'\n[network]\nhidden = 30\n[weights]\nsigma_init = 0.003\n\
                [training]\nbatch = 32\nepochs = 2\n[noise]\nlevel_percent = [0, 20, 100]";
    let study = Study::parse("noise.toml", text, &[])?;
    let folder = std::env::temp_dir().join("ohmspike-run-a-study");
    let options = RunOptions { folder: Some(folder), ..RunOptions::default() };
    let mut progress = each_trial(|trial, record| println!("trial {}: test accuracy {:?}", trial.id, record.outcome));
    let results = run_study(&study, &options, &mut progress)?.results()?;
    println!("{}", summarise(&results).table());
    Ok(())
}
