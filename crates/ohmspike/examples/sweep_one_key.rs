//! Sweep one key of a study: how much write noise does a small network tolerate?
//!
//! A list turns any key into a sweep axis. Every condition runs with every seed, and its outcome is the mean over the
//! seeds.

#![allow(clippy::print_stdout)]

use ohmspike::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let text = "name = 'sweep'\n[network]\nhidden = 30\n[weights]\nsigma_init = 0.003\n\
                [training]\nbatch = 32\nepochs = 2\n[repeats]\nseeds = 3\n";
    let sweep = Override::new("noise.level_percent", vec![0, 20, 100, 500]);
    let study = Study::parse("sweep.toml", text, &[sweep])?;
    let folder = std::env::temp_dir().join("ohmspike-sweep-one-key");
    let options = RunOptions { folder: Some(folder), ..RunOptions::default() };
    let results = run_study(&study, &options, &mut ())?.results()?;

    println!("write noise, % of sigma_init   mean test accuracy   standard deviation   seeds");
    for row in &summarise(&results).rows {
        let Some(sample) = row.sample else { continue };
        let deviation = sample.sd.unwrap_or(f64::NAN);
        println!("{:>28}   {:>18.3}   {deviation:>18.3}   {:>5}", row.values[0].to_string(), sample.mean, sample.n);
    }
    Ok(())
}
