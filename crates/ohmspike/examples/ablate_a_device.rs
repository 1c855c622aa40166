//! Divide the accuracy that a device costs among its mechanisms.
#![allow(clippy::print_stdout)]
use std::path::Path;

use ohmspike::answers::ablate::{self, Ablated};
use ohmspike::prelude::*;
use ohmspike::report::answers::ablation::text_table;

const STUDY: &str = r#"
name = "ablation"
[network]
hidden = 32
[weights]
sigma_init = 0.003
[hardware]
device = "cmo-hfox-falcone-2025"
weight_at_gmax = 0.3
[training]
batch = 32
epochs = 2
[repeats]
seeds = 3
"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let study = Study::parse("ablation.toml", STUDY, &[])?;
    let plan = ablate::Plan::new(&study, Path::new("."))?;
    let results = std::env::temp_dir().join("ohmspike-ablate-a-device");
    if let Ablated::Done(answer) = plan.run(&study, &results, &RunOptions::default(), &mut ())? {
        print!("{}", text_table(&answer));
    }
    Ok(())
}
