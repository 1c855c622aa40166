//! Files of a deployment: the answer as JSON, and as CSV with one line per network, device, time and chip.

use std::fmt::Write;
use std::path::Path;

use ohmspike_datasets::persist;
use ohmspike_study::csv_cell::csv_cell;

use super::DeployError;
use super::report::Deployment;
use crate::numbered::Numbered;

/// Writes the answer into its results folder.
pub fn write(deployment: &Deployment, folder: &Path) -> Result<(), DeployError> {
    let text = serde_json::to_string_pretty(deployment).expect("numbers have a text") + "\n";
    for (extension, text) in [("json", text), ("csv", csv(deployment))] {
        let path = folder.join(deployment.file(extension));
        let written = persist::write(&path, |file| file.write_all(text.as_bytes()));
        written.map_err(|source| DeployError::Write { path, source })?;
    }
    Ok(())
}

/// Formats the correct samples and the accuracy of every chip at every time. The last column has the keys that were set for the deployment.
fn csv(deployment: &Deployment) -> String {
    let mut text =
        String::from("network,device,data_set,after_seconds,chip,correct_samples,samples,accuracy_percent,set\n");
    let set = csv_cell(&deployment.overrides.join("; "));
    for cell in &deployment.cells {
        let (network, samples) = (&deployment.networks[cell.network], cell.exact.samples);
        let place = [&network.name, &deployment.devices[cell.device], &cell.exact.data].map(|name| csv_cell(name));
        let place = place.join(",");
        for time in &cell.times {
            for (chip, correct) in time.correct.iter().enumerate() {
                // Four decimals at most.
                let percent = (1e6 * *correct as f64 / samples.max(1) as f64).round() / 1e4;
                let _ = writeln!(text, "{place},{},{chip},{correct},{},{percent},{set}", time.seconds, samples);
            }
        }
    }
    text
}
