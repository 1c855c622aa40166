//! Current over voltage at three states, relative to the current at the highest voltage.

use ohmspike_crossbar::device::Device;
use ohmspike_plot::panel::{COLORS, Curve, GREY, Panel, PanelAxis, Stroke};

use super::{held, three_states};

const POINTS: u32 = 50;
const STROKES: [Stroke; 3] = [Stroke::Solid, Stroke::Dashed, Stroke::Dotted];

/// Returns the panel up to the larger of reference and read voltage; none for an ohmic device.
pub(super) fn panel(device: &Device) -> Option<Panel> {
    let bent = device.read.nonlinearity.as_ref()?;
    let highest = device.read.volts.unwrap_or(0.0).max(bent.reference_volts());
    let volts = |step: u32| highest * f64::from(step) / f64::from(POINTS);
    let mut curves = vec![Curve::new("ohmic", GREY, Stroke::Thin, vec![(0.0, 0.0), (highest, 1.0)])];
    for (state, (name, conductance)) in three_states(device).into_iter().enumerate() {
        let current = |volts: f64| conductance * volts * bent.factor(conductance, volts);
        let points = (0..=POINTS).map(volts).map(|volts| (volts, current(volts) / current(highest))).collect();
        curves.push(Curve::new(&name, COLORS[state], STROKES[state], points));
    }
    Some(Panel {
        title: format!("I-V{}", device.current_table().map(|table| held(device, table)).unwrap_or_default()),
        x: PanelAxis { label: "voltage (V)", log: false },
        y: PanelAxis { label: "I (relative)", log: false },
        percent: None,
        curves,
    })
}
