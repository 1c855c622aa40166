//! The devices of a crossbar study: what they do, with units side by side, and where their numbers come from.

use maud::html;
use snn::connection::Connection;

use super::{Facts, Section};
use crate::prepare::LoadedDevice;
use crate::settings::Settings;
use crate::sheet::{area_line, device_page, device_sheet};

/// The section; none for abstract weights.
pub fn section(facts: &Facts) -> Option<Section> {
    let chosen = devices(facts);
    if chosen.is_empty() {
        return None;
    }
    let body = html! {
        p.method {
            "As the first weights that it holds use it, at the highest noise level of the study. A spread is one standard deviation. What a \
             device leaves out is named as off."
        }
        @for (number, (loaded, settings, connection)) in chosen.iter().enumerate() {
            h3 { (loaded.device.name) }
            @for (key, value) in &settings.device { p { code { "device." (key) " = " (value) } } }
            pre tabindex="0" { (device_sheet(&loaded.device, settings, *connection)) }
            (area(facts, loaded, settings))
            // Variants of one device differ in the keys that are shown above them.
            @if chosen[..number].iter().all(|(earlier, ..)| earlier.device.name != loaded.device.name) {
                details {
                    summary { "Everything that the device file says, with the source of every number" }
                    pre tabindex="0" { (device_page(&loaded.device)) }
                }
            }
        }
    };
    Some(Section { id: "device", heading: "Device", body })
}

/// Every device of the study once, with the settings of its highest noise level and the first weights that it holds.
fn devices<'a>(facts: &Facts<'a>) -> Vec<(&'a LoadedDevice, &'a Settings, Connection)> {
    let mut chosen: Vec<(&LoadedDevice, &Settings, Connection)> = Vec::new();
    for condition in &facts.report.recorded.study.conditions {
        let settings = &condition.settings;
        let connections: Vec<_> = settings.connections().into_iter().map(|connection| (connection, ())).collect();
        for (loaded, held) in facts.report.recorded.prepared.devices_of(settings).with(&connections) {
            let same = |known: &&mut (&LoadedDevice, &Settings, Connection)| {
                known.0.sha256 == loaded.sha256 && known.0.device.name == loaded.device.name
            };
            match chosen.iter_mut().find(same) {
                Some(known) if known.1.noise.level_percent >= settings.noise.level_percent => {}
                Some(known) => *known = (loaded, settings, held[0].0),
                None => chosen.push((loaded, settings, held[0].0)),
            }
        }
    }
    chosen
}

fn area(facts: &Facts, loaded: &LoadedDevice, settings: &Settings) -> maud::Markup {
    let data = facts.report.recorded.prepared.data(settings);
    let held = facts.report.recorded.prepared.devices_of(settings).with(&crate::hardware::shapes(settings, data));
    let of_device = held.into_iter().filter(|(held, _)| std::ptr::eq(*held, loaded));
    let shapes: Vec<_> = of_device.flat_map(|(_, shapes)| shapes).map(|(_, shape)| shape).collect();
    html! { pre { (area_line(&loaded.device, settings.hardware.pair, &shapes)) } }
}
