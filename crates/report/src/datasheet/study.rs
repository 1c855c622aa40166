//! Short datasheets of the devices of a study.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::Value;

use ohmspike_study::hardware::shapes;
use ohmspike_study::prepare::Prepared;
use ohmspike_study::run::Trial;
use ohmspike_study::settings::Settings;

use super::device_sheet;

/// Name and settings that identify a device.
type Device<'a> = (&'a str, &'a str, Vec<[&'a str; 2]>, &'a BTreeMap<String, Value>);

/// Returns datasheets of at most `most` distinct devices, each at the highest noise level of the study and preceded by overridden
/// keys.
pub fn study_sheets(trials: &[Trial], prepared: &Prepared, most: usize) -> Vec<String> {
    let mut shown: Vec<Device> = Vec::new();
    let mut sheets = Vec::new();
    for trial in trials {
        let Some(shape) = prepared.data_shape(&trial.settings) else { continue };
        let connections = shapes(&trial.settings, shape);
        for (loaded, held) in prepared.devices_of(&trial.settings).with(&connections) {
            let this = device_of(&loaded.device.name, &trial.settings);
            if sheets.len() >= most || shown.contains(&this) {
                continue;
            }
            let mut text = String::new();
            for (key, value) in &trial.settings.device {
                let _ = writeln!(text, "with device.{key} = {value}:");
            }
            let same = trials.iter().filter(|other| device_of(this.0, &other.settings) == this);
            let level = |trial: &&Trial| trial.settings.noise.level_percent;
            let noisiest = same.max_by(|one, other| level(one).total_cmp(&level(other))).unwrap_or(trial);
            sheets.push(text + &device_sheet(loaded, &noisiest.settings, &held));
            shown.push(this);
        }
    }
    sheets
}

fn device_of<'a>(name: &'a str, settings: &'a Settings) -> Device<'a> {
    let maps = settings.connections().into_iter().map(|connection| settings.maps_of(connection));
    (name, &settings.hardware.device, maps.collect(), &settings.device)
}
