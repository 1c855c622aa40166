//! Train one network on a device: does it learn, and what does that cost?

#![allow(clippy::print_stdout)]

use ohmspike::prelude::*;

/// Prints one line per epoch.
struct Epochs;

impl StudyObserver for Epochs {
    fn trial_begun(&mut self, _: usize, trial: &Trial, _: usize) {
        println!("weights on device `{}`", trial.settings.hardware.device);
        println!("epoch   training loss   test accuracy   hidden spikes per image");
    }

    fn epoch_ended(&mut self, _: usize, _: &Trial, epoch: &EpochReport) {
        let (loss, accuracy, spikes) = (epoch.loss, epoch.test.accuracy(), epoch.test.spikes_per_sample());
        println!("{:>5}   {loss:>13.4}   {accuracy:>13.3}   {spikes:>23.1}", epoch.number);
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let text = "name = 'through-a-device'\n[network]\nhidden = 50\n[weights]\nsigma_init = 0.003\n\
                [training]\nbatch = 32\nepochs = 3\n";
    let device = Override::new("hardware.device", "illustrative-oxide");
    let study = Study::parse("device.toml", text, &[device])?;
    let Some(trained) = train(&study, None, &RunOptions::default(), &mut Epochs)? else { return Ok(()) };
    print!("{}", ohmspike::report::datasheet::cost_lines(&trained.record.connections, trained.record.energy.as_ref()));
    Ok(())
}
