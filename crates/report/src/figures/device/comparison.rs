//! Curves of two devices in common panels.

use ohmspike_crossbar::device::{Device, WriteNoise};
use ohmspike_crossbar::spread::{SpreadRow, read_spread, write_spread};
use ohmspike_plot::PanelFigure;
use ohmspike_plot::panel::{COLORS, Curve, Panel, PanelAxis, Stroke};

use super::{drift, ohm, spread, update};
use crate::datasheet::clip_caption;

/// Colour and stroke of each device.
const STYLES: [(&str, Stroke); 2] = [(COLORS[0], Stroke::Solid), (COLORS[1], Stroke::Dashed)];
const POINTS: u32 = 60;

/// Draws update curve, write noise, read noise and drift of `one` and `other`, as far as one of them has it.
pub fn comparison_figure(one: &Device, other: &Device) -> PanelFigure {
    let devices = [one, other];
    let panels = [
        Some(updates(devices)),
        noise(devices, "write noise", |device, at| {
            if device.write.noise == WriteNoise::FromStudy { Vec::new() } else { write_spread(device, at, None) }
        }),
        noise(devices, "read noise", |device, at| read_spread(device, at, None)),
        drifts(devices),
    ];
    let clipped = devices.map(|device| Some(clip_caption(device)).filter(|caption| !caption.is_empty()));
    let named =
        devices.into_iter().zip(clipped).filter_map(|(device, told)| Some(format!("{}: {}", device.name, told?)));
    PanelFigure {
        title: format!("{} and {}", one.name, other.name),
        panels: panels.into_iter().flatten().collect(),
        caption: named.collect::<Vec<String>>().join(" "),
    }
}

/// Returns the mean update curve of each device over its own pulses and its own window.
fn updates(devices: [&Device; 2]) -> Panel {
    let curve = |(device, (color, stroke)): (&Device, (&'static str, Stroke))| {
        let mean = update::panel(device).curves.pop().map_or_else(Vec::new, |mean| mean.points);
        let last = mean.last().map_or(1.0, |(x, _)| x.max(1.0));
        let (low, span) = (f64::from(device.window.low()), f64::from(device.window.span()));
        let points = mean.into_iter().map(|(x, y)| (100.0 * x / last, 100.0 * (y - low) / span)).collect();
        Curve::new(&device.name, color, stroke, points)
    };
    Panel {
        title: "update, mean of 200 cells".to_owned(),
        x: PanelAxis { label: "steps up, then down (%)", log: false },
        y: PanelAxis { label: "G (% of window)", log: false },
        percent: None,
        curves: devices.into_iter().zip(STYLES).map(curve).collect(),
    }
}

/// Returns σ of ln R over R; none if both are exact.
fn noise(devices: [&Device; 2], title: &str, rows: fn(&Device, &[f64]) -> Vec<SpreadRow>) -> Option<Panel> {
    let curve = |(device, (color, stroke)): (&Device, (&'static str, Stroke))| {
        let rows = rows(device, &spread::resistances(device, POINTS));
        let points = rows.iter().map(|row| (row.resistance_ohm, row.sigma_ln_resistance));
        Curve::new(&device.name, color, stroke, points.filter(|(_, sigma)| *sigma > 0.0).collect())
    };
    let curves: Vec<Curve> =
        devices.into_iter().zip(STYLES).map(curve).filter(|curve| !curve.points.is_empty()).collect();
    (!curves.is_empty()).then(|| Panel {
        title: title.to_owned(),
        x: PanelAxis { label: "resistance (Ω)", log: true },
        y: PanelAxis { label: "σ of ln R", log: true },
        percent: Some("σ (% of G)"),
        curves,
    })
}

/// Returns the drift of the middle state of each device; none if neither drifts.
fn drifts(devices: [&Device; 2]) -> Option<Panel> {
    let curve = |(device, (color, stroke)): (&Device, (&'static str, Stroke))| {
        let mut panel = drift::panel(device)?;
        // Three states: fully on, the middle in ln G, fully off.
        let mut middle = panel.curves.swap_remove(1);
        let written = (f64::from(device.window.low()) * f64::from(device.window.high())).sqrt();
        middle.label = Some(format!("{}, {}", device.name, ohm(1e6 / written)));
        Some(Curve { color, stroke, ..middle })
    };
    let curves: Vec<Curve> = devices.into_iter().zip(STYLES).filter_map(curve).collect();
    (!curves.is_empty()).then(|| Panel {
        title: "drift, median and 5 to 95 %".to_owned(),
        x: PanelAxis { label: "time after the write (s)", log: true },
        y: PanelAxis { label: "G (% of written)", log: false },
        percent: None,
        curves,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::panel_csv;

    #[test]
    fn panels_hold_both_devices() {
        let [oxide, pcm, ideal] =
            ["illustrative-oxide", "pcm-joshi-2020", "ideal"].map(|name| Device::built_in(name).unwrap());
        let figure = comparison_figure(&oxide, &pcm);
        let counts: Vec<(&str, usize)> =
            figure.panels.iter().map(|panel| (panel.title.as_str(), panel.curves.len())).collect();
        let expected = [
            ("update, mean of 200 cells", 2),
            ("write noise", 2),
            ("read noise", 2),
            ("drift, median and 5 to 95 %", 1),
        ];
        assert_eq!(counts, expected);
        let csv = panel_csv(&figure);
        assert!(csv.contains("write noise,illustrative-oxide,resistance (Ω),1000,σ of ln R,0.002"), "{csv}");
        assert_eq!(comparison_figure(&ideal, &ideal).panels.len(), 1);
    }
}
