//! A device in curves: a panel for everything that it has.
//!
//! Lines are the laws of the device file; dots and bands of cells are sampled through the array that training uses, with a
//! fixed seed, so that a device always gives the same bytes.

mod current;
mod drift;
mod spread;
mod update;

use ohmspike_crossbar::device::{Device, TableRange};
use ohmspike_plot::panel::{PanelFigure, prefixed};

/// Update curve, write spread and read noise over R, drift and I-V of `device`, as far as it has them.
pub fn device_figure(device: &Device) -> PanelFigure {
    let panels = [
        Some(update::panel(device)),
        spread::write_panel(device),
        spread::read_panel(device),
        drift::panel(device),
        current::panel(device),
    ];
    PanelFigure { title: device.name.clone(), panels: panels.into_iter().flatten().collect() }
}

/// Where within the window the values of a `table` are held, as the end of a title; nothing where it reaches over the window.
fn held(device: &Device, table: TableRange) -> String {
    let ends = [device.window.high(), device.window.low()].map(|conductance| 1e6 / f64::from(conductance));
    let held = |(side, end): (&str, f64)| table.held(end).map(|held| format!("{side} {}", ohm(held)));
    let held: Vec<String> = [("below", ends[0]), ("above", ends[1])].into_iter().filter_map(held).collect();
    if held.is_empty() { String::new() } else { format!(", held {}", held.join(" and ")) }
}

/// Three states of the window, µS, named by their resistance: fully on, the middle in ln G, fully off.
fn three_states(device: &Device) -> [(String, f64); 3] {
    let (low, high) = (f64::from(device.window.low()), f64::from(device.window.high()));
    [high, (low * high).sqrt(), low].map(|conductance| (ohm(1e6 / conductance), conductance))
}

/// A resistance in two digits: 8.9 kohm.
fn ohm(resistance: f64) -> String {
    let digit = 10f64.powf(resistance.log10().floor() - 1.0);
    let text = prefixed((resistance / digit).round() * digit);
    let number = text.trim_end_matches(char::is_alphabetic);
    format!("{number} {}ohm", &text[number.len()..])
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
    fn states_are_named_in_two_digits() {
        for (resistance, name) in [(1e3, "1 kohm"), (8944.3, "8.9 kohm"), (316.2e3, "320 kohm"), (5.0, "5 ohm")] {
            assert_eq!(ohm(resistance), name);
        }
    }

    #[test]
    fn a_device_has_the_panels_of_what_it_has() {
        let titles = |name: &str| {
            let figure = device_figure(&Device::built_in(name).unwrap());
            figure.panels.into_iter().map(|panel| panel.title).collect::<Vec<String>>()
        };
        assert_eq!(titles("ideal"), ["update"]);
        // Its I-V curves end at 16 kohm, and its window at 20.
        let milo = titles("hfo2-1t1r-milo-2021");
        assert_eq!(milo[milo.len() - 1], "I-V, held above 16 kohm");
        assert_eq!(titles("illustrative-oxide"), ["update", "write spread", "read noise"]);
        assert_eq!(titles("study-1k-1m"), ["update, without the study's noise"]);
    }
}
