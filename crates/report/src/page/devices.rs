//! The devices of a crossbar study: their properties in several units, and the sources of their numbers.

use maud::html;

use ohmspike_snn::connection::Connection;
use ohmspike_study::prepare::LoadedDevice;
use ohmspike_study::settings::Settings;
use ohmspike_study::warning::beyond_laws;

use super::{Facts, Section};
use crate::datasheet::{area_line, device_page, device_sheet};

/// Connections stored in a device, with their rows and columns.
type Held = Vec<(Connection, (usize, usize))>;

/// Returns the section; none for digital weights.
pub fn section(facts: &Facts) -> Option<Section> {
    let chosen = devices(facts);
    if chosen.is_empty() {
        return None;
    }
    let body = html! {
        p.method {
            "Values apply to the first connection of each device, at the highest noise level of the study. A spread is one standard deviation."
        }
        @for (number, (loaded, settings, shapes)) in chosen.iter().enumerate() {
            h3 { (loaded.device.name) }
            @for (key, value) in &settings.device { p { code { "device." (key) " = " (value) } } }
            pre tabindex="0" { (device_sheet(loaded, settings, shapes)) }
            @for beyond in beyond_laws(settings, &loaded.device) { p { "Warning: " (beyond.to_string().replace("\n\nhint: ", ". Hint: ")) "." } }
            (area(loaded, settings, shapes))
            // Variants of one device differ only in the keys above.
            @if chosen[..number].iter().all(|(earlier, ..)| earlier.device.name != loaded.device.name) {
                details {
                    summary { "The whole device file, with the source of every number" }
                    pre tabindex="0" { (device_page(&loaded.device)) }
                }
            }
        }
    };
    Some(Section { id: "device", heading: "Device", body })
}

/// Returns each device once, with the settings of its highest noise level and its connections.
fn devices<'a>(facts: &Facts<'a>) -> Vec<(&'a LoadedDevice, &'a Settings, Held)> {
    let mut chosen: Vec<(&LoadedDevice, &Settings, Held)> = Vec::new();
    let prepared = &facts.report.recorded.prepared;
    for condition in &facts.report.recorded.study.conditions {
        let settings = &condition.settings;
        let Some(shape) = prepared.data_shape(settings) else { continue };
        let shapes = ohmspike_study::hardware::shapes(settings, shape);
        for (loaded, held) in prepared.devices_of(settings).with(&shapes) {
            let same = |known: &&mut (&LoadedDevice, &Settings, Held)| {
                known.0.sha256 == loaded.sha256
                    && known.0.device.name == loaded.device.name
                    && known.0.maps == loaded.maps
            };
            match chosen.iter_mut().find(same) {
                Some(known) if noise(known.1) >= noise(settings) => {}
                Some(known) => *known = (loaded, settings, held),
                None => chosen.push((loaded, settings, held)),
            }
        }
    }
    chosen
}

/// Noise level and factor on the write noise.
fn noise(settings: &Settings) -> (f64, f64) {
    (settings.noise.level_percent, settings.hardware.write_spread_scale)
}

fn area(loaded: &LoadedDevice, settings: &Settings, held: &Held) -> maud::Markup {
    let shapes: Vec<_> = held.iter().map(|(_, shape)| *shape).collect();
    html! { pre { (area_line(&loaded.device, settings.hardware.pair, &shapes)) } }
}
