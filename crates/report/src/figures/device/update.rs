//! Update curve: conductance over equal steps up, then down.

use ohmspike_crossbar::device::{Device, Direction, WriteNoise};
use ohmspike_plot::panel::{COLORS, Curve, GREY, Panel, PanelAxis, Stroke};
use ohmspike_rng::Seed;

use super::spread::coarsened;
use crate::device_sample::Chip;

/// Cells in the mean, and cells shown individually.
const CELLS: usize = 200;
const SHOWN: usize = 4;
/// Most writes in each direction, for devices without pulses.
const WRITES: u32 = 25;
/// Most points in each direction.
const POINTS: u32 = 150;
/// Largest number of pulses in each direction; finer pulses are merged.
const MAX_PULSES: u32 = 100_000;

/// Returns the panel of G over pulses, or over writes of equal steps: a few cells and the mean.
pub(super) fn panel(device: &Device) -> Panel {
    let (device, together) = &coarsened(device, MAX_PULSES);
    let span = device.window.span();
    let mut chip = Chip::new(device, CELLS, f64::from(device.window.low()), 0.0, false, Seed::new(1).named("figure"))
        .expect("no spread of a study is asked for");
    let mut path = vec![(0.0, chip.written())];
    for direction in [Direction::Up, Direction::Down] {
        let sign = if direction == Direction::Up { 1.0 } else { -1.0 };
        // Step of the array in µS, its length along x, and the number of steps.
        let (step, along, count) = match device.write.pulses() {
            None => (span / writes(device) as f32, 1, writes(device)),
            Some(pulses) => {
                let step = pulses.step(direction);
                let all = pulses_of_a_swing(step);
                let each = all.div_ceil(POINTS).min(pulses.max_pulses);
                (step * span * each as f32, each, all.div_ceil(each).min(10 * POINTS))
            }
        };
        for _ in 0..count {
            chip.step(sign * f64::from(step));
            let last = path.last().map_or(0.0, |(x, _)| *x);
            path.push((last + f64::from(along) * f64::from(*together), chip.written()));
        }
    }
    let cell = |number: usize| path.iter().map(|(x, written)| (*x, f64::from(written[number]))).collect();
    let mean = |written: &[f32]| written.iter().map(|&g| f64::from(g)).sum::<f64>() / written.len() as f64;
    let mut curves: Vec<Curve> = (0..SHOWN)
        .map(|number| Curve::new(if number == 0 { "single cells" } else { "" }, GREY, Stroke::Thin, cell(number)))
        .collect();
    let means = path.iter().map(|(x, written)| (*x, mean(written))).collect();
    curves.push(Curve::new(&format!("mean of {CELLS}"), COLORS[0], Stroke::Solid, means));
    let x = if device.write.pulses().is_some() { "pulses, up then down" } else { "equal writes, up then down" };
    let study = if device.write.noise == WriteNoise::FromStudy { ", without update noise" } else { "" };
    Panel {
        title: format!("update{study}"),
        x: PanelAxis { label: x, log: false },
        y: PanelAxis { label: "G (µS)", log: false },
        percent: None,
        curves,
    }
}

/// Returns the number of writes across the window. Steps of a verified write are at least as wide as its acceptance window;
/// otherwise it would accept a cell that has not moved.
fn writes(device: &Device) -> u32 {
    let half_width = device.write.verify().map_or(0.0, |verify| verify.acceptance.microsiemens(device.window.high()));
    if half_width > 0.0 { ((0.5 * device.window.span() / half_width) as u32).clamp(2, WRITES) } else { WRITES }
}

/// Returns the pulses across the window if steps shrink towards its end: 1.5 times the number of constant steps.
fn pulses_of_a_swing(step: f32) -> u32 {
    ((1.5 / step).ceil() as u32).clamp(1, MAX_PULSES)
}
