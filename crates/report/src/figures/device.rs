//! Curves of a device: one panel per mechanism.
//!
//! [`comparison_figure`] overlays two devices.
//!
//! Lines are the laws of the device file. Dots and bands are sampled with a fixed seed from the same arrays as in training, so a
//! device always gives the same bytes.

mod comparison;
mod current;
mod drift;
mod spread;
mod update;
mod wires;

use ohmspike_crossbar::device::{Device, Scheme, TableRange};
use ohmspike_plot::panel::{PanelFigure, prefixed};

pub use comparison::comparison_figure;

use crate::datasheet::clip_caption;

/// Draws update curve, write noise, read noise, drift, I-V and wires of `device`, as far as it has them. The caption tells how many
/// writes the window clips.
pub fn device_figure(device: &Device) -> PanelFigure {
    let writes = spread::write_panel(device);
    // Exact updates are straight lines, which tell nothing about a device with wires.
    let exact = matches!(device.write.scheme, Scheme::Add) && writes.is_none();
    let panels = [
        (device.wires.is_none() || !exact).then(|| update::panel(device)),
        writes,
        spread::read_panel(device),
        drift::panel(device),
        current::panel(device),
    ];
    PanelFigure {
        title: device.name.clone(),
        panels: panels.into_iter().chain(wires::panels(device)).flatten().collect(),
        caption: clip_caption(device),
    }
}

/// Returns the end of a title: where in the window values stay constant because the `table` ends; empty if the table covers it.
fn held(device: &Device, table: TableRange) -> String {
    let ends = [device.window.high(), device.window.low()].map(|conductance| 1e6 / f64::from(conductance));
    match ends.map(|end| table.held(end).map(ohm)) {
        [None, None] => String::new(),
        [Some(low), None] => format!(", flat below {low}"),
        [None, Some(high)] => format!(", flat above {high}"),
        // Both on one line of a panel: a common unit is written once.
        [Some(low), Some(high)] => {
            let (number, unit) = low.split_once(' ').unwrap_or((&low, ""));
            let low = if high.ends_with(&format!(" {unit}")) { number } else { &low };
            format!(", flat outside {low} to {high}")
        }
    }
}

/// Returns three states, µS, with their resistances: fully on, the middle in ln G, fully off.
fn three_states(device: &Device) -> [(String, f64); 3] {
    let (low, high) = (f64::from(device.window.low()), f64::from(device.window.high()));
    [high, (low * high).sqrt(), low].map(|conductance| (ohm(1e6 / conductance), conductance))
}

/// Formats a resistance with two digits, for example `8.9 kΩ`.
fn ohm(resistance: f64) -> String {
    let digit = 10f64.powf(resistance.log10().floor() - 1.0);
    let text = prefixed((resistance / digit).round() * digit);
    let number = text.trim_end_matches(char::is_alphabetic);
    format!("{number} {}Ω", &text[number.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_drawing_has_the_same_bytes() {
        let oxide = Device::built_in("illustrative-oxide").unwrap();
        assert_eq!(device_figure(&oxide).svg(), device_figure(&oxide).svg());
        assert_eq!(device_figure(&oxide).png().unwrap(), device_figure(&oxide).png().unwrap());
    }

    #[test]
    fn resistances_have_two_digits() {
        for (resistance, name) in [(1e3, "1 kΩ"), (8944.3, "8.9 kΩ"), (316.2e3, "320 kΩ"), (5.0, "5 Ω")] {
            assert_eq!(ohm(resistance), name);
        }
    }

    #[test]
    fn the_caption_tells_how_many_writes_are_clipped() {
        let caption = device_figure(&Device::built_in("illustrative-oxide").unwrap()).caption;
        assert_eq!(caption, "The window clips 50 % of the writes to 1000 µS, 50 % to 1 µS, and none to 100 and 10 µS.");
        assert_eq!(device_figure(&Device::built_in("ideal").unwrap()).caption, "");
    }

    #[test]
    fn a_device_has_one_panel_per_mechanism() {
        let titles = |name: &str| {
            let figure = device_figure(&Device::built_in(name).unwrap());
            figure.panels.into_iter().map(|panel| panel.title).collect::<Vec<String>>()
        };
        assert_eq!(titles("ideal"), ["update"]);
        // Its I-V curves end at 16 kΩ, its window at 20 kΩ.
        let milo = titles("hfo2-1t1r-milo-2021");
        assert_eq!(milo[milo.len() - 1], "I-V, flat above 16 kΩ");
        let window = r#""window": { "low_resistance_ohm": 2000, "high_resistance_ohm": 80000 }"#;
        let point = |ohm: u32| format!(r#"{{ "resistance_ohm": {ohm}, "sigma_ln_resistance": 0.1 }}"#);
        let noise = |low, high| {
            let points = format!("[{}, {}]", point(low), point(high));
            format!(
                r#""write": {{ "noise": "table", "convention": "median-preserving", "points": {points}, "cells": "all" }}"#
            )
        };
        for (low, high, ends) in [(2500, 50_000, "2.5 to 50 kΩ"), (2500, 80_000, "2.5 kΩ")] {
            let json = format!(r#"{{ "name": "short", {window}, {} }}"#, noise(low, high));
            let title = device_figure(&Device::from_json(&json).unwrap()).panels[1].title.clone();
            assert!(title.ends_with(ends), "{title}");
        }
        assert_eq!(titles("illustrative-oxide"), ["update", "write noise", "read noise"]);
        assert_eq!(titles("study-1k-1m"), ["update, without update noise"]);
        let wired = format!(
            r#"{{ "name": "wired", {window}, "wires": {{ "access": "driven", "line_ohm_per_cell": 1, "driver_ohm": 100, "sense_ohm": 100 }} }}"#
        );
        let panels = device_figure(&Device::from_json(&wired).unwrap()).panels;
        assert_eq!(panels.len(), 2, "wires alone");
    }
}
