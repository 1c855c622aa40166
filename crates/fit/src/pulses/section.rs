//! Sections `write.pulses` and `device_to_device` of the device file.

use ohmspike_crossbar::device::{CycleNoise, DeviceToDeviceSpec, PulseKind, PulsesSpec, StepGainKind};

use super::cell_gains::Gains;
use super::curve::{Fit, STATE_SCALE};
use super::noise::Noise;

/// Returns the section of the fitted curves.
pub(super) fn pulses(kind: PulseKind, fits: &[Fit; 2], noise: &Noise, gains: Option<&Gains>) -> PulsesSpec {
    let centre = gains.map_or(1.0, |gains| gains.centre);
    let step = |fit: &Fit| (100.0 * fit.parameters[0] * centre).clamp(1e-4, 100.0);
    let is = |wanted: PulseKind| kind == wanted;
    let given = |wanted: bool, direction: usize, index: usize, low: f64, high: f64| {
        wanted.then(|| fits[direction].parameters[index].clamp(low, high))
    };
    let exponential = is(PulseKind::Exponential);
    let steepness = |direction: usize| exponential.then(|| fits[direction].parameters[2].abs().min(20.0));
    let nodes = |direction: usize| is(PulseKind::PiecewiseLinear).then(|| fits[direction].parameters[1..].to_vec());
    PulsesSpec {
        law: kind,
        up_step_percent_of_window: step(&fits[0]),
        down_step_percent_of_window: step(&fits[1]),
        up_slope: given(is(PulseKind::Linear), 0, 1, 0.0, 1.0),
        down_slope: given(is(PulseKind::Linear), 1, 1, 0.0, 1.0),
        up_amplitude: given(exponential, 0, 1, -1000.0, 1000.0),
        down_amplitude: given(exponential, 1, 1, -1000.0, 1000.0),
        up_steepness: steepness(0),
        down_steepness: steepness(1),
        // Both directions have the same sign.
        state_scale: exponential.then(|| STATE_SCALE * fits[0].parameters[2].signum()),
        state_offset: exponential.then_some(0.0),
        up_exponent: given(is(PulseKind::Power), 0, 1, 0.0, 20.0),
        down_exponent: given(is(PulseKind::Power), 1, 1, 0.0, 20.0),
        up_nodes: nodes(0),
        down_nodes: nodes(1),
        cycle_sigma_percent_of_step: (100.0 * noise.sigma[0]).clamp(0.0, 10_000.0),
        down_cycle_sigma_percent_of_step: Some((100.0 * noise.sigma[1]).clamp(0.0, 10_000.0)),
        cycle_noise: Some(if noise.additive { CycleNoise::Additive } else { CycleNoise::Multiplicative }),
        state: None,
        reference_state: None,
        max_pulses: None,
    }
}

/// Returns the variation of gains.
pub(super) fn device_to_device(gains: &Gains) -> DeviceToDeviceSpec {
    DeviceToDeviceSpec {
        step_gain: Some(if gains.log_normal { StepGainKind::LogNormal } else { StepGainKind::Normal }),
        step_gain_sigma: Some(gains.sigma.clamp(0.0, 3.0)),
        up_down_sigma: Some(gains.asymmetry.clamp(0.0, 3.0)),
        ..DeviceToDeviceSpec::default()
    }
}
