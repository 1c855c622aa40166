//! Define a device in code, save it as a file, and run a study on it.

#![allow(clippy::print_stdout)]

use ohmspike::crossbar::device::{WriteNoiseKind, WriteSpec};
use ohmspike::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::temp_dir().join("ohmspike-device-in-code");
    std::fs::create_dir_all(&folder)?;
    println!(" write noise, % of the conductance   test accuracy");
    for percent in [0.0, 2.0, 20.0] {
        let noise = WriteNoiseKind::Relative;
        let write = WriteSpec { noise, sigma_percent_of_conductance: Some(percent), ..WriteSpec::default() };
        let spec = DeviceSpec { write, ..DeviceSpec::new(&format!("spread-{percent}"), 1e4, 1e6) };
        // Rejects invalid values and names their field.
        let device = Device::try_from(spec.clone())?;
        let file = folder.join(format!("{}.json", device.name));
        std::fs::write(&file, spec.to_json())?;

        let text = "name = 'in-code'\n[network]\nhidden = 30\n[weights]\nsigma_init = 0.003\n\
                    [training]\nbatch = 32\nepochs = 1\n";
        let study =
            Study::parse("in-code.toml", text, &[Override::new("hardware.device", file.display().to_string())])?;
        let Some(trained) = train(&study, None, &RunOptions::default(), &mut ())? else { return Ok(()) };
        println!("{percent:>34}   {:>13.3}", trained.record.outcome.unwrap_or(f64::NAN));
    }
    Ok(())
}
