//! The devices of a crossbar study: what they do, with units side by side, and where their numbers come from.

use maud::html;

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
            "As the hidden layer of a trial uses it, at the highest noise level of the study. A spread is one standard deviation. What a \
             device leaves out is named as off."
        }
        @for (number, (loaded, settings)) in chosen.iter().enumerate() {
            h3 { (loaded.device.name) }
            @for (key, value) in &settings.device { p { code { "device." (key) " = " (value) } } }
            pre tabindex="0" { (device_sheet(&loaded.device, settings)) }
            (area(facts, loaded, settings))
            // Variants of one device differ in the keys that are shown above them.
            @if chosen[..number].iter().all(|(earlier, _)| earlier.device.name != loaded.device.name) {
                details {
                    summary { "Everything that the device file says, with the source of every number" }
                    pre tabindex="0" { (device_page(&loaded.device)) }
                }
            }
        }
    };
    Some(Section { id: "device", heading: "Device", body })
}

/// Every device of the study once, with the settings of its highest noise level.
fn devices<'a>(facts: &Facts<'a>) -> Vec<(&'a LoadedDevice, &'a Settings)> {
    let mut chosen: Vec<(&LoadedDevice, &Settings)> = Vec::new();
    for condition in &facts.report.recorded.study.conditions {
        let settings = &condition.settings;
        let Some(loaded) = facts.report.recorded.prepared.device(settings) else { continue };
        let same = |known: &&mut (&LoadedDevice, &Settings)| {
            known.1.hardware.device == settings.hardware.device && known.1.device == settings.device
        };
        match chosen.iter_mut().find(same) {
            Some(known) if known.1.noise.level_percent >= settings.noise.level_percent => {}
            Some(known) => known.1 = settings,
            None => chosen.push((loaded, settings)),
        }
    }
    chosen
}

fn area(facts: &Facts, loaded: &LoadedDevice, settings: &Settings) -> maud::Markup {
    let data = facts.report.recorded.prepared.data(settings);
    let shapes: Vec<_> = crate::hardware::shapes(settings, data).into_iter().map(|(_, shape)| shape).collect();
    html! { pre { (area_line(&loaded.device, settings.hardware.pair, &shapes)) } }
}
