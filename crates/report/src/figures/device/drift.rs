//! Drift after a write: median and the range of 5 to 95 % of writes.

use statrs::distribution::{ContinuousCDF, Normal};

use ohmspike_crossbar::device::Device;
use ohmspike_plot::panel::{COLORS, Curve, Panel, PanelAxis, Stroke};
use ohmspike_study::significant::significant;

use super::three_states;

/// Number of writes, at equal steps of probability.
const WRITES: u32 = 399;
const TIMES: u32 = 60;
/// Latest time of the axis: ten years, s.
const LATEST: f64 = 315_576_000.0;
const STROKES: [Stroke; 3] = [Stroke::Solid, Stroke::Dashed, Stroke::Dotted];

/// Returns the panel of G relative to the written value; none without drift.
pub(super) fn panel(device: &Device) -> Option<Panel> {
    let times = device.drift.times()?;
    let latest = times.latest.min(LATEST).max(10.0 * times.reference);
    let at = |step: u32| times.reference * (latest / times.reference).powf(f64::from(step) / f64::from(TIMES - 1));
    let curves = three_states(device).into_iter().enumerate().map(|(state, (name, written))| {
        let rows = (0..TIMES).map(at).map(|seconds| (seconds, percent(device, written, seconds)));
        let rows: Vec<(f64, [f64; 3])> = rows.collect();
        let median = rows.iter().map(|&(seconds, [_, median, _])| (seconds, median)).collect();
        let mut curve = Curve::new(&name, COLORS[state], STROKES[state], median);
        curve.band = rows.iter().map(|&(seconds, [low, _, high])| [seconds, low, high]).collect();
        curve
    });
    Some(Panel {
        title: match times.held(latest) {
            Some(end) => format!("drift, median and 5 to 95 %, held from {} s", significant(end)),
            None => "drift, median and 5 to 95 %".to_owned(),
        },
        x: PanelAxis { label: "time after the write (s)", log: true },
        y: PanelAxis { label: "G (% of written)", log: false },
        percent: None,
        curves: curves.collect(),
    })
}

/// Returns the 5 %, 50 % and 95 % quantiles after `seconds`, % of `written`, within the bounds of the law as in an array.
fn percent(device: &Device, written: f64, seconds: f64) -> [f64; 3] {
    let normal = Normal::standard();
    let mut later: Vec<f64> = (1..=WRITES)
        .map(|write| normal.inverse_cdf(f64::from(write) / f64::from(WRITES + 1)))
        .map(|draw| 100.0 * device.drifted(written, draw, seconds) / written)
        .collect();
    later.sort_by(f64::total_cmp);
    // Of 399 sorted values, numbers 20, 200 and 380 are exactly at 5, 50 and 95 %.
    [20, 200, 380].map(|order| later[order - 1])
}
