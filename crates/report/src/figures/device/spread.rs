//! Write and read noise over R: lines from the device file, dots from sampled cells.

use ohmspike_crossbar::device::{Device, Scheme, TableRange, WriteNoise};
use ohmspike_crossbar::spread::{SpreadRow, read_spread, write_spread};
use ohmspike_plot::panel::{COLORS, Curve, Panel, PanelAxis, Stroke};
use ohmspike_rng::Seed;

use super::held;
use crate::device_sample::Chip;

/// Cells per dot: the standard error of a dot is 1.6 %.
const CELLS: usize = 2000;
/// Most pulses across the window; finer pulses are merged so that a dot takes only seconds.
const PULSES: u32 = 10_000;
const DOTS: u32 = 7;
const POINTS: u32 = 60;

/// Returns the panel of write noise; none if writes are exact.
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
            // Pulses may miss the target: a dot is at the median of its cells.
            Some((median_resistance(&written)?, sigma(written.into_iter().map(f64::from))?))
        });
        let label = format!("{CELLS} writes from the floor");
        curves.push(Curve::new(&label, COLORS[1], Stroke::Dots, sampled.collect()));
    }
    panel("write noise", curves, device, device.write_table())
}

/// Returns the panel of read noise; none if reads are exact.
pub(super) fn read_panel(device: &Device) -> Option<Panel> {
    let mut curves = stated(&read_spread(device, &resistances(device, POINTS), None));
    if let Some(noise) = device.read.rtn.telegraph().filter(|noise| noise.fraction_of_cells > 0.0) {
        let half = |resistance: f64| (resistance, 0.5 * noise.amplitude(1e6 / resistance));
        let points: Vec<_> =
            resistances(device, POINTS).into_iter().map(half).filter(|(_, half)| *half > 0.0).collect();
        if !points.is_empty() {
            let percent = (1000.0 * noise.fraction_of_cells).round() / 10.0;
            curves.push(Curve::new(&format!("RTN in {percent} %"), COLORS[2], Stroke::Dotted, points));
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

/// Creates the cells of a dot at `from` µS.
fn chip(device: &Device, from: f64, dot: u64) -> Chip {
    let seed = Seed::new(1).named("figure").numbered(dot);
    Chip::new(&coarsened(device, PULSES).0, CELLS, from, 0.0, false, seed).expect("no spread of a study is asked for")
}

/// Returns `device` with merged pulses, at most about `most` across the window, and the number of pulses merged into one.
pub(super) fn coarsened(device: &Device, most: u32) -> (Device, u32) {
    let mut coarse = device.clone();
    let mut together = 1;
    if let Scheme::Pulsed(pulses) = &mut coarse.write.scheme {
        (*pulses, together) = pulses.coarsened(most);
    }
    (coarse, together)
}

/// Returns logarithmically spaced resistances across the window, Ω.
pub(super) fn resistances(device: &Device, count: u32) -> Vec<f64> {
    let (low, high) = (1e6 / f64::from(device.window.high()), 1e6 / f64::from(device.window.low()));
    (0..count).map(|number| low * (high / low).powf(f64::from(number) / f64::from(count - 1))).collect()
}

/// Returns the curves of σ of ln R and of σ of G relative to G; empty if both are zero.
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
        Curve::new("σ of G over G", "#000000", Stroke::Dashed, of_conductance),
    ]
}

/// Returns the median resistance of cells, Ω; none if half of them do not conduct.
fn median_resistance(conductances: &[f32]) -> Option<f64> {
    let mut sorted = conductances.to_vec();
    sorted.sort_by(f32::total_cmp);
    sorted.get(sorted.len() / 2).filter(|median| **median > 0.0).map(|&median| 1e6 / f64::from(median))
}

/// Returns the standard deviation of ln G; none if it is zero. Cells that do not conduct are skipped.
fn sigma(conductances: impl Iterator<Item = f64>) -> Option<f64> {
    let logarithms: Vec<f64> = conductances.filter(|g| *g > 0.0).map(f64::ln).collect();
    let count = logarithms.len() as f64;
    let mean = logarithms.iter().sum::<f64>() / count;
    let variance = logarithms.iter().map(|ln| (ln - mean) * (ln - mean)).sum::<f64>() / (count - 1.0);
    // Smaller values are f32 rounding.
    Some(variance.sqrt()).filter(|sigma| *sigma > 1e-6)
}

/// Returns the panel with a title that says where values are held because the `table` ends.
fn panel(title: &str, curves: Vec<Curve>, device: &Device, table: Option<TableRange>) -> Option<Panel> {
    let curves: Vec<Curve> = curves.into_iter().filter(|curve| !curve.points.is_empty()).collect();
    (!curves.is_empty()).then(|| Panel {
        title: format!("{title}{}", table.map(|table| held(device, table)).unwrap_or_default()),
        x: PanelAxis { label: "resistance (Ω)", log: true },
        y: PanelAxis { label: "relative σ", log: true },
        percent: Some("σ (% of G)"),
        curves,
    })
}
