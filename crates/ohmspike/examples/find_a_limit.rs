//! Find a limit: how much write noise costs a small network at most ten points of accuracy?
//!
//! The search proposes a level, fresh seeds certify it, and further ones refute a harsher level. A second run
//! reads the records and runs nothing.

#![allow(clippy::print_stdout)]

use ohmspike::analysis::limit::{Statistic, Target};
use ohmspike::answers::limit::{AskedKey, AskedLevels, Question, Searched, limit, words};
use ohmspike::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let text = "name = 'limit'\n[network]\nhidden = 16\n[weights]\nsigma_init = 0.003\n\
                [training]\nbatch = 64\nepochs = 2\nlearning_rate = 0.02\n[outcome]\nlast_epochs = 1\n";
    let study = Study::parse("limit.toml", text, &[])?;
    let levels = AskedLevels::List(vec![3.0, 10.0, 30.0, 100.0, 300.0]);
    let question = Question {
        keys: vec![AskedKey { key: "noise.level_percent".to_owned(), levels, direction: None }],
        target: Target::Loss(0.1),
        statistic: Statistic::Mean,
        confidence: 0.95,
        resolution: 0.05,
        first_seed: 1,
        repeats: 8,
        short_epochs: None,
    };
    let folder = std::env::temp_dir().join("ohmspike-find-a-limit");
    if let Searched::Answer(report) = limit(&study, &question, &folder, &RunOptions::default(), &mut ())? {
        for row in &report.rows {
            println!("{}", words::answer(&report, row));
            println!("{}", words::trials(row));
        }
    }
    Ok(())
}
