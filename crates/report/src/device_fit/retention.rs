//! Measured retention with the fitted law: conductances over time, relative to the first value of each write.

use statrs::distribution::{ContinuousCDF, Normal};

use ohmspike_crossbar::device::Device;
use ohmspike_fit::{FitReport, Retained};
use ohmspike_plot::panel::{COLORS, Curve, Panel, PanelAxis, Stroke};
use ohmspike_study::significant::significant;

/// Number of writes of the law, at equal steps of probability, and of its times.
const WRITES: u32 = 399;
const TIMES: u32 = 40;
/// Labels of the axes.
pub(super) const AXES: [&str; 2] = ["time after the write (s)", "G (% of the first value)"];
const STROKES: [Stroke; 3] = [Stroke::Solid, Stroke::Dashed, Stroke::Dotted];

/// A state: its name, its measured values, and the 5, 50 and 95 % quantiles of the law; times in s, conductances in % of the first value.
pub(super) struct State {
    pub name: String,
    pub values: Vec<(f64, f64)>,
    pub law: Vec<(f64, [f64; 3])>,
}

/// Returns the measured states with the law of the fitted device; none without drift.
pub(super) fn states(report: &FitReport) -> Vec<State> {
    if report.device.drift.is_off() {
        return Vec::new();
    }
    report.retained.iter().filter_map(|state| of(&report.device, state)).collect()
}

fn of(device: &Device, state: &Retained) -> Option<State> {
    let percent = |&(time, ratio): &(f64, f64)| (time, 100.0 * ratio);
    let mut values: Vec<(f64, f64)> = state.series.iter().flatten().map(percent).collect();
    values.sort_by(|one, other| one.0.total_cmp(&other.0));
    let ((first, _), (last, _)) = (*values.first()?, *values.last()?);
    let at = |step: u32| first * (last / first).powf(f64::from(step) / f64::from(TIMES - 1));
    let law = (0..TIMES).map(at).map(|seconds| (seconds, quantiles(device, state, seconds))).collect();
    Some(State { name: format!("{} µS", significant(state.conductance)), values, law })
}

/// Returns the 5, 50 and 95 % quantiles of the law after `seconds`, % of the first value of `state`.
fn quantiles(device: &Device, state: &Retained, seconds: f64) -> [f64; 3] {
    let normal = Normal::standard();
    let first = |draw: f64| match state.first_seconds {
        0.0 => state.conductance,
        first => device.drifted(state.conductance, draw, first),
    };
    let mut later: Vec<f64> = (1..=WRITES)
        .map(|write| normal.inverse_cdf(f64::from(write) / f64::from(WRITES + 1)))
        .map(|draw| 100.0 * device.drifted(state.conductance, draw, seconds) / first(draw))
        .collect();
    later.sort_by(f64::total_cmp);
    // Of 399 sorted values, numbers 20, 200 and 380 are exactly at 5, 50 and 95 %.
    [20, 200, 380].map(|order| later[order - 1])
}

/// Returns the panel of all states; none without measured values.
pub(super) fn panel(report: &FitReport) -> Option<Panel> {
    let states = states(report);
    let curves = states.iter().enumerate().flat_map(|(number, state)| {
        let color = COLORS[number % COLORS.len()];
        let median = state.law.iter().map(|&(time, [_, median, _])| (time, median)).collect();
        let mut law = Curve::new(&state.name, color, STROKES[number % STROKES.len()], median);
        law.band = state.law.iter().map(|&(time, [low, _, high])| [time, low, high]).collect();
        [law, Curve::new("", color, Stroke::Dots, state.values.clone())]
    });
    (!states.is_empty()).then(|| Panel {
        title: "retention, median and 5 to 95 %".to_owned(),
        x: PanelAxis { label: AXES[0], log: true },
        y: PanelAxis { label: AXES[1], log: false },
        percent: None,
        curves: curves.collect(),
    })
}

#[cfg(test)]
mod tests {
    use ohmspike_fit::{FitInput, FitOptions, InputFile, Mechanism, fit};

    use super::*;

    /// Exponents of 0.03 without a spread: the law and the values of every cell are t^-0.03 of the first value.
    #[test]
    fn values_and_law_are_those_of_the_table() {
        let mut text = "cell,target_microsiemens,time_seconds,conductance_microsiemens\n".to_owned();
        for cell in 0..60 {
            let target = if cell < 30 { 20.0 } else { 150.0 };
            for seconds in [1.0, 10.0, 100.0, 1e3, 1e4] {
                let start = target * (1.0 + 0.002 * f64::from(cell % 7));
                text += &format!("{cell},{target},{seconds},{}\n", start * f64::powf(seconds, -0.03));
            }
        }
        let retention = Some(InputFile { name: "r.csv".to_owned(), bytes: text.into_bytes() });
        let options = FitOptions {
            window: Some((1.0, 300.0)),
            only: vec![Mechanism::Drift],
            resamples: 50,
            ..FitOptions::default()
        };
        let report = fit(&FitInput { retention, ..FitInput::default() }, &options).expect("a fit");
        let states = states(&report);
        assert_eq!(states.len(), 2);
        for state in states {
            // Of 30 writes, every second.
            assert_eq!(state.values.len(), 15 * 5);
            for (time, percent) in state.values {
                assert!((percent / (100.0 * time.powf(-0.03)) - 1.0).abs() < 1e-9, "{time} s: {percent} %");
            }
            // The device file has six digits of the exponent.
            for (time, percent) in state.law.into_iter().flat_map(|(time, of)| of.map(|percent| (time, percent))) {
                assert!((percent / (100.0 * time.powf(-0.03)) - 1.0).abs() < 1e-4, "{time} s: {percent} %");
            }
        }
        let panel = panel(&report).expect("a panel");
        assert_eq!(panel.curves.iter().filter(|curve| curve.label.is_some()).count(), 2);
    }
}
