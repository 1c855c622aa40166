//! The answer of a deployment as CSV: one line per network, device, time and chip.

use std::fmt::Write;

use ohmspike_study::csv_cell::csv_cell;

use super::report::Deployment;

/// Formats the correct samples and the accuracy of every chip at every time.
pub fn csv(deployment: &Deployment) -> String {
    let mut text = String::from("network,device,after_seconds,chip,correct_samples,samples,accuracy_percent\n");
    for cell in &deployment.cells {
        let network = &deployment.networks[cell.network];
        let place = format!("{},{}", csv_cell(&network.name), csv_cell(&deployment.devices[cell.device]));
        for time in &cell.times {
            for (chip, correct) in time.correct.iter().enumerate() {
                let percent = 100.0 * *correct as f64 / network.samples.max(1) as f64;
                let _ = writeln!(text, "{place},{},{chip},{correct},{},{percent:.4}", time.seconds, network.samples);
            }
        }
    }
    text
}
