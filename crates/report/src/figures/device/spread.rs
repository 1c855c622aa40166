//! Spreads over R: what the file states as lines, what cells do as dots.

use ohmspike_crossbar::device::{Device, Scheme, TableRange, WriteNoise};
use ohmspike_crossbar::spread::{SpreadRow, read_spread, write_spread};
use ohmspike_plot::panel::{COLORS, Curve, Panel, PanelAxis, Stroke};
use ohmspike_rng::Seed;

use super::held;
use crate::device_sample::Chip;

/// Cells of a dot: its own standard error is 1.6 %.
const CELLS: usize = 2000;
/// Pulses of a swing over the window in a figure: finer ones are taken several at once, so that a dot takes no more than seconds.
const PULSES: u32 = 10_000;
const DOTS: u32 = 7;
const POINTS: u32 = 60;

/// The spread that a write leaves; none where writes end at their target.
pub(super) fn write_panel(device: &Device) -> Option<Panel> {
    let mut curves = Vec::new();
    // A from-study spread is the study's.
    if device.write.noise != WriteNoise::FromStudy {
        curves = stated(&write_spread(device, &resistances(device, POINTS), None));
        let from = f64::from(device.window.low());
        let sampled = (0..).zip(resistances(device, DOTS)).filter_map(|(dot, resistance)| {
            let mut chip = chip(device, from, dot);
            chip.write(1e6 / resistance);
            let written = chip.written();
            // Pulses may end beside the target: a dot stands where half of its cells have less.
            Some((median_resistance(&written)?, sigma(written.into_iter().map(f64::from))?))
        });
        let label = format!("{CELLS} writes from the floor");
        curves.push(Curve::new(&label, COLORS[1], Stroke::Dots, sampled.collect()));
    }
    panel("write spread", curves, device, device.write_table())
}

/// The noise of one read; none where reads return the conductance.
pub(super) fn read_panel(device: &Device) -> Option<Panel> {
    let mut curves = stated(&read_spread(device, &resistances(device, POINTS), None));
    if let Some(noise) = device.read.rtn.telegraph().filter(|noise| noise.fraction_of_cells > 0.0) {
        let half = |resistance: f64| (resistance, 0.5 * noise.amplitude(1e6 / resistance));
        let points: Vec<_> =
            resistances(device, POINTS).into_iter().map(half).filter(|(_, half)| *half > 0.0).collect();
        if !points.is_empty() {
            let share = (1000.0 * noise.fraction_of_cells).round() / 10.0;
            curves.push(Curve::new(&format!("telegraph in {share} %"), COLORS[2], Stroke::Dotted, points));
        }
    }
    let sampled = (0..).zip(resistances(device, DOTS)).filter_map(|(dot, resistance)| {
        let mut chip = chip(device, 1e6 / resistance, dot);
        let read = chip.read();
        let over_state = read.into_iter().zip(chip.seen()).map(|(read, seen)| f64::from(read) / f64::from(seen));
        Some((resistance, sigma(over_state)?))
    });
    if !curves.is_empty() {
        curves.push(Curve::new(&format!("{CELLS} reads"), COLORS[1], Stroke::Dots, sampled.collect()));
    }
    panel("read noise", curves, device, device.read_table())
}

/// The cells of a dot, at `from` µS.
fn chip(device: &Device, from: f64, dot: u64) -> Chip {
    let seed = Seed::new(1).named("figure").numbered(dot);
    Chip::new(&coarsened(device, PULSES).0, CELLS, from, 0.0, false, seed).expect("no spread of a study is asked for")
}

/// `device` with pulses of which a swing over the window has at most about `most`, and how many of its own each stands for.
pub(super) fn coarsened(device: &Device, most: u32) -> (Device, u32) {
    let mut coarse = device.clone();
    let mut together = 1;
    if let Scheme::Pulsed(pulses) = &mut coarse.write.scheme {
        (*pulses, together) = pulses.coarsened(most);
    }
    (coarse, together)
}

/// Resistances at equal ratios from one end of the window to the other, ohm.
fn resistances(device: &Device, count: u32) -> Vec<f64> {
    let (low, high) = (1e6 / f64::from(device.window.high()), 1e6 / f64::from(device.window.low()));
    (0..count).map(|number| low * (high / low).powf(f64::from(number) / f64::from(count - 1))).collect()
}

/// Sigma of ln R, and that of G as hundredths of a percent; where both are zero there is no line.
fn stated(rows: &[SpreadRow]) -> Vec<Curve> {
    let points = |of: fn(&SpreadRow) -> f64| {
        let rows = rows.iter().map(move |row| (row.resistance_ohm, of(row)));
        rows.filter(|(_, sigma)| *sigma > 0.0).collect::<Vec<_>>()
    };
    let of_ln = points(|row| row.sigma_ln_resistance);
    if of_ln.is_empty() {
        return Vec::new();
    }
    let of_conductance = points(|row| row.percent_of_conductance / 100.0);
    vec![
        Curve::new("σ of ln R", COLORS[0], Stroke::Solid, of_ln),
        Curve::new("σ of G", "#000000", Stroke::Dashed, of_conductance),
    ]
}

/// Median resistance of cells, ohm; none where half of them do not conduct.
fn median_resistance(conductances: &[f32]) -> Option<f64> {
    let mut sorted = conductances.to_vec();
    sorted.sort_by(f32::total_cmp);
    sorted.get(sorted.len() / 2).filter(|median| **median > 0.0).map(|&median| 1e6 / f64::from(median))
}

/// Standard deviation of the logarithms of `conductances`, in any unit; none without a spread. What is not above zero is left
/// out: it has no logarithm.
fn sigma(conductances: impl Iterator<Item = f64>) -> Option<f64> {
    let logarithms: Vec<f64> = conductances.filter(|g| *g > 0.0).map(f64::ln).collect();
    let count = logarithms.len() as f64;
    let mean = logarithms.iter().sum::<f64>() / count;
    let variance = logarithms.iter().map(|ln| (ln - mean) * (ln - mean)).sum::<f64>() / (count - 1.0);
    // Below a millionth it is the rounding of f32.
    Some(variance.sqrt()).filter(|sigma| *sigma > 1e-6)
}

/// The panel, whose title says where values are held because the `table` of the device ends.
fn panel(title: &str, curves: Vec<Curve>, device: &Device, table: Option<TableRange>) -> Option<Panel> {
    let curves: Vec<Curve> = curves.into_iter().filter(|curve| !curve.points.is_empty()).collect();
    (!curves.is_empty()).then(|| Panel {
        title: format!("{title}{}", table.map(|table| held(device, table)).unwrap_or_default()),
        x: PanelAxis { label: "resistance (ohm)", log: true },
        y: PanelAxis { label: "σ of ln R", log: true },
        percent: Some("σ (% of G)"),
        curves,
    })
}
