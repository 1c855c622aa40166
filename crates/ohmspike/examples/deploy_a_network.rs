//! Train a network, store it, and read it on ten chips an hour and a month after programming.
#![allow(clippy::print_stdout)]
use ohmspike::answers::deploy::{DeployOptions, DeployedNetwork, Request, deploy};
use ohmspike::prelude::*;
use ohmspike::study::network_file::StoredNetwork;
use ohmspike::study::run_study::{Keep, train_and_keep};

const STUDY: &str = r#"
name = "deployment"
[network]
hidden = 32
[training]
batch = 32
epochs = 3
[outcome]
last_epochs = 1
"#;
const HOUR: f64 = 3600.0;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let study = Study::parse("deployment.toml", STUDY, &[])?;
    let keep = Keep { weights: true, record: None };
    let trained = train_and_keep(&study, None, &RunOptions::default(), &keep, &mut ())?.ok_or("stopped")?;

    let folder = std::env::temp_dir().join("ohmspike-deploy-a-network");
    std::fs::create_dir_all(&folder)?;
    let path = folder.join("net.npz");
    StoredNetwork::of_trial(&trained).ok_or("no weights")?.write(&path)?;

    let devices = ["pcm-joshi-2020".to_owned()];
    let request = Request { presets: &[], study: None, overrides: &[], devices: &devices, test: None };
    let network = DeployedNetwork::open(&path, &request)?;
    let options = DeployOptions {
        chips: 10,
        after_seconds: vec![HOUR, 30.0 * 24.0 * HOUR],
        folder: folder.join("chips"),
        ..DeployOptions::default()
    };
    let deployment = deploy(&[network], &options, &mut ())?;
    for cell in &deployment.cells {
        println!("digital weights: {:.1} %", 100.0 * cell.exact.accuracy());
        for time in &cell.times {
            println!("after {:>7} s: {:.1} %, {} of 10 chips pass", time.seconds, 100.0 * time.mean, time.passed.chips);
        }
    }
    Ok(())
}
