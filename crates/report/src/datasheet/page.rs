//! The full datasheet of a device.

use std::fmt::Write;

use ohmspike_crossbar::device::{Device, Grade, Provenance, WriteNoise};
use ohmspike_crossbar::spread::{SpreadRow, read_spread, write_spread};
use ohmspike_crossbar::write_clip;
use ohmspike_snn::connection::Connection;
use ohmspike_study::auto::advised_weight_at_gmax;
use ohmspike_study::pair_spread::percent_of_one_write;
use ohmspike_study::settings::Settings;
use ohmspike_study::significant::{short, wrapped};

use super::drift::drift_table;
use super::mechanisms::{mechanisms, scheme_word};
use super::spreads::{clipped_table, resistances, spread_table};
use super::writing::{pulse_counts, tries_table};

/// Line width.
const WIDTH: usize = 118;
/// Indentation of descriptions.
const INDENT: usize = 18;
/// Abbreviations: their full stop does not end a sentence.
const ABBREVIATIONS: [&str; 7] = ["al", "cf", "e.g", "i.e", "Fig", "Figs", "Ref"];

/// Returns the full datasheet of a device.
pub fn device_page(device: &Device) -> String {
    let mut text = format!("{}\n", device.name);
    for line in wrapped(&device.description, WIDTH) {
        let _ = writeln!(text, "{line}");
    }
    text.push('\n');
    tell(&mut text, "window", &window(device));
    for (name, told) in mechanisms(device) {
        tell(&mut text, name, &told);
    }
    tell(&mut text, "weights", &weights(device));
    text.push('\n');
    spreads(&mut text, device);
    tries_table(&mut text, device);
    pulse_counts(&mut text, device);
    drift_table(&mut text, device);
    provenance(&mut text, &device.provenance);
    text
}

/// Width of a line of the device list.
const LIST_WIDTH: usize = 100;

/// Returns a line of the device list, at most 100 letters: name, window, scheme, best grade and start of the description.
pub fn device_line(device: &Device) -> String {
    let window = device.window;
    let [low, high] = [window.high(), window.low()].map(|conductance| thousands(1e6 / f64::from(conductance)));
    let scheme = scheme_word(&device.write.scheme);
    let grade = highest_grade(&device.provenance).map_or("none", grade);
    let line = columns(&device.name, &format!("{low} to {high} ohm"), scheme, grade);
    let room = LIST_WIDTH - line.chars().count();
    line + &headline(&device.description, room)
}

/// The header of the list of devices.
pub fn device_line_header() -> String {
    columns("name", "window", "scheme", "grade") + "description"
}

fn columns(name: &str, window: &str, scheme: &str, grade: &str) -> String {
    format!("{name:<26} {window:<18} {scheme:<6} {grade:<8} ")
}

/// A resistance with `k` or `M`: `3.33k`, `1M`.
fn thousands(ohm: f64) -> String {
    match ohm {
        _ if ohm >= 1e6 => short(ohm / 1e6) + "M",
        _ if ohm >= 1e3 => short(ohm / 1e3) + "k",
        _ => short(ohm),
    }
}

/// The first sentence of a description without its stop, cut at a word to at most `room` letters.
fn headline(text: &str, room: usize) -> String {
    let sentence = first_sentence(text).trim().trim_end_matches('.');
    if sentence.chars().count() <= room {
        return sentence.to_owned();
    }
    let mut cut = String::new();
    for word in sentence.split(' ') {
        if cut.chars().count() + word.chars().count() + 4 > room {
            break;
        }
        cut += if cut.is_empty() { "" } else { " " };
        cut += word;
    }
    cut + " ..."
}

/// Returns the best grade of all numbers of the device.
pub fn highest_grade(provenance: &[Provenance]) -> Option<Grade> {
    let has = |grade: &Grade| provenance.iter().any(|entry| entry.grade == *grade);
    [Grade::Measured, Grade::Fitted, Grade::Chosen].into_iter().find(has)
}

fn grade(grade: Grade) -> &'static str {
    match grade {
        Grade::Measured => "measured",
        Grade::Fitted => "fitted",
        Grade::Chosen => "chosen",
    }
}

/// Writes a name and its wrapped description.
fn tell(text: &mut String, name: &str, told: &str) {
    for (number, line) in wrapped(told, WIDTH - INDENT).iter().enumerate() {
        let name = if number == 0 { name } else { "" };
        let _ = writeln!(text, "{name:<INDENT$}{line}");
    }
}

pub(super) fn window(device: &Device) -> String {
    let window = device.window;
    let [low, high] = [window.low(), window.high()].map(f64::from);
    format!(
        "{} to {} ohm ({} to {} µS), ratio {}",
        short(1e6 / high),
        short(1e6 / low),
        short(low),
        short(high),
        short(high / low)
    )
}

/// Advises a scale of the weights. Both numbers are relative to the initial weight spread, so they hold for any spread.
fn weights(device: &Device) -> String {
    let mut settings = Settings::default();
    let advised = advised_weight_at_gmax(&settings, Connection::Feedforward(0));
    settings.hardware.weight_at_gmax = advised;
    let scale = short(advised / settings.weights.sigma_init);
    let told = format!("`auto` sets the weight at Gmax to {scale} × sigma_init");
    let noise = percent_of_one_write(&settings, device).filter(|_| device.write.noise != WriteNoise::FromStudy);
    match noise.filter(|percent| *percent > 0.0) {
        Some(percent) => format!(
            "{told}; one write near a typical initial weight then has noise of {} % of sigma_init",
            short(percent)
        ),
        None => told,
    }
}

fn spreads(text: &mut String, device: &Device) {
    let resistances = resistances(&device.window);
    match (&device.write.noise, device.write.pulses()) {
        (WriteNoise::FromStudy, _) => text.push_str("  write noise: set by the study\n"),
        (WriteNoise::None, Some(_)) => text.push_str("  write noise: only pulse-to-pulse noise\n"),
        _ => {
            let rows = write_spread(device, &resistances, None);
            let clipped = |row: &SpreadRow| write_clip(device, row.conductance_microsiemens, None, 1.0);
            clipped_table(text, "write noise", &rows, device.write_table(), Some(&clipped));
        }
    }
    spread_table(text, "read noise", &read_spread(device, &resistances, None), device.read_table());
    text.push('\n');
}

fn provenance(text: &mut String, provenance: &[Provenance]) {
    if provenance.is_empty() {
        text.push_str("provenance: none\n");
        return;
    }
    let widest = provenance.iter().map(|entry| entry.what.chars().count()).max().unwrap_or(0).clamp(4, 40);
    let _ = writeln!(text, "{:<widest$}  {:<8}  source", "what", "grade");
    for entry in provenance {
        for (number, line) in wrapped(&entry.source, WIDTH.saturating_sub(widest + 12)).iter().enumerate() {
            let (what, grade) = if number == 0 { (entry.what.as_str(), grade(entry.grade)) } else { ("", "") };
            let _ = writeln!(text, "{what:<widest$}  {grade:<8}  {line}");
        }
    }
}

/// Returns the first sentence without its full stop.
fn first_sentence(text: &str) -> &str {
    let ends = text.match_indices(". ").map(|(at, _)| &text[..at]).find(|before| {
        let last = before.rsplit([' ', '(']).next().unwrap_or_default();
        last.chars().count() > 1 && !ABBREVIATIONS.contains(&last)
    });
    ends.unwrap_or_else(|| text.trim_end().trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abbreviations_do_not_end_sentences() {
        assert_eq!(
            first_sentence("A cell (Milo et al. 2021, Fig. 3). It is more."),
            "A cell (Milo et al. 2021, Fig. 3)"
        );
        assert_eq!(first_sentence("A cell of 1.5 kohm."), "A cell of 1.5 kohm");
        assert_eq!(first_sentence(""), "");
    }

    /// Missing mechanisms have a line as well.
    #[test]
    fn a_page_lists_all_mechanisms() {
        let page = device_page(&Device::built_in("ideal").unwrap());
        for name in [
            "window",
            "device-to-device",
            "scheme",
            "write noise",
            "levels",
            "drift",
            "read noise",
            "RTN",
            "I-V",
            "reference",
            "faults",
            "tiles",
            "DAC",
            "ADC",
            "energy",
            "area",
            "weights",
        ] {
            assert!(page.lines().any(|line| line.starts_with(&format!("{name} "))), "{name}: {page}");
        }
    }
}
