//! Finds the initial weight spread at which an untrained layer fires at a target.
//!
//! The currents of the neurons of a layer are proportional to the spread, so its activity rises with the spread. Doubling
//! finds a bracket, and bisection on the logarithm the crossing. Recurrent weights take part; a recurrent layer can jump
//! across the target, and the end of the jump that is closer to the target counts.
//!
//! At very large spreads, Izhikevich neurons fire less: the voltage overshoots the peak so far that the recovery silences
//! them. The search ends at the first bracket, far below.

use std::fmt::Write;

use ohmspike_rng::Seed;
use ohmspike_simd::{Matrix, Serial};
use ohmspike_snn::connection::Connection;
use ohmspike_snn::evaluate::evaluate;
use ohmspike_snn::initial;
use ohmspike_snn::network::Network;
use ohmspike_snn::neuron::Neuron;
use ohmspike_snn::spikes::Samples;
use ohmspike_snn::weights::{DigitalWeights, WeightStore};
use serde_json::json;

use super::stored::Spread;
use super::{CalibrationError, Calibrations};
use crate::auto::{rounded, set_sigma};
use crate::few_steps;
use crate::prepare::Prepared;
use crate::record::ARITHMETIC;
use crate::settings::{DataSettings, DescribedLayer, Settings, connection_key};
use crate::sha256::sha256;
use crate::silent_input::silent_input;
use crate::trial::network::network;

/// Number of training samples.
const SAMPLES: usize = 256;
/// First spread that the search tries, thresholds. It does not depend on the study, so that the same network has the same
/// spread in every study.
const START: f64 = 0.01;
/// Largest spread that the search tries, thresholds.
const LARGEST: f64 = 1e6;
/// Ratio of the ends of the bracket at which the search ends: below the last of the three digits that are kept.
const RESOLUTION: f64 = 1.002;

/// Returns the spread at which hidden layer `layer`, from 0, fires `target` spikes per neuron and sample; none without
/// data and without a known calibration. Lower layers must be calibrated.
pub(super) fn of_layer(
    settings: &Settings,
    layer: usize,
    target: f64,
    prepared: &Prepared,
    known: &mut Calibrations,
) -> Result<Option<Spread>, CalibrationError> {
    let hash = hash(settings, layer, target, prepared.data_sha256(settings));
    if let Some(spread) = known.get(&hash) {
        return Ok(Some(spread));
    }
    let Some(data) = prepared.encoded(settings) else { return Ok(None) };
    let key = connection_key(Connection::Feedforward(layer), "sigma_init");
    let samples = batch(&data.train);
    if samples.spikes.total() == 0 {
        let hint = silent_input(settings, data).map_or_else(String::new, |silent| silent.hint());
        return Err(CalibrationError::NoInputSpikes { key, samples: samples.labels.len(), hint });
    }
    let below = up_to(settings, layer);
    let mut rate = |sigma: f64| {
        let mut settings = below.clone();
        // The layers of `below` list every key.
        settings.layers[layer].sigma_init = Some(sigma);
        set_sigma(&mut settings, layer, sigma);
        let network = network(&settings, data.shape()).expect("checked settings describe a network");
        spikes_per_neuron(&settings, &network, layer, &samples)
    };
    let unreached = |most| {
        if most > 0.0 {
            return CalibrationError::Unreachable { key: key.clone(), target, most };
        }
        let too_few = too_few_steps(settings, layer, &key, &samples);
        too_few.unwrap_or(CalibrationError::Silent { key: key.clone(), sigma: LARGEST })
    };
    let spread = search(START, target, &mut rate).map_err(unreached)?;
    known.insert(hash, &key, spread);
    Ok(Some(spread))
}

/// Returns the error of a layer that cannot spike on any of the `samples`, whatever its weights.
fn too_few_steps(settings: &Settings, layer: usize, key: &str, samples: &Samples) -> Option<CalibrationError> {
    let (steps, layers) = (settings.network.steps, settings.hidden_layers().len());
    let first = (0..samples.spikes.len()).map(|sample| samples.spikes.sample(sample).first_step()).min()?;
    let (first_step, needed_steps) = (first + 1, few_steps::needed(first, layers));
    let error = || CalibrationError::TooFewSteps { key: key.to_owned(), first_step, steps, needed_steps };
    (!few_steps::can_spike(first, layer, steps)).then(error)
}

/// Hash of everything that decides the spread of `layer`.
fn hash(settings: &Settings, layer: usize, target: f64, data_sha256: &str) -> String {
    let data = DataSettings { set: String::new(), ..settings.data.resolved() };
    let mut text = json!([ARITHMETIC, data_sha256, data, target, SAMPLES]).to_string();
    let (network, training) = (&settings.network, &settings.training);
    let neurons = json!([network.steps, network.signs, network.neuron, training.tau_mem_steps, training.tau_syn_steps]);
    let _ = write!(text, "{neurons}");
    for (number, described) in settings.hidden_layers().iter().enumerate().take(layer + 1) {
        let is_last = number == layer;
        let excitatory = decides_activity(settings, described, is_last).then_some(described.excitatory_fraction);
        let sigma = (!is_last).then_some(described.sigma_init);
        let own = given_recurrent(settings, number);
        let recurrent = described.recurrent.then_some(if is_last { own } else { Some(described.sigma_recurrent) });
        let _ = write!(text, "{}", json!([described.hidden, excitatory, sigma, recurrent]));
        // Only the fraction tells a layer without recurrence from one with a spread that follows. These always have one.
        if network.neuron == Neuron::Izhikevich {
            let _ = write!(text, "{}", described.recurrent);
        }
    }
    sha256(text.as_bytes())[..16].to_owned()
}

/// Whether the excitatory neurons of `layer` decide the activity: their signs that of the layer above and, in a recurrent
/// layer, their own; the type of an Izhikevich neuron its own.
fn decides_activity(settings: &Settings, layer: &DescribedLayer, is_last: bool) -> bool {
    !is_last || layer.recurrent || settings.network.neuron == Neuron::Izhikevich
}

/// The spread of the recurrent weights of a layer, if it does not follow that of the layer.
fn given_recurrent(settings: &Settings, layer: usize) -> Option<f64> {
    let own = settings.layers.get(layer).and_then(|layer| layer.sigma_recurrent);
    own.or(settings.weights.sigma_recurrent.filter(|_| layer == 0))
}

/// Returns the settings of the network up to `layer`, with every key of its layers except the spread of recurrent
/// weights that follow.
fn up_to(settings: &Settings, layer: usize) -> Settings {
    let mut below = settings.resolved();
    below.layers.truncate(layer + 1);
    let follows = given_recurrent(settings, layer).is_none();
    if follows {
        below.layers[layer].sigma_recurrent = None;
        if layer == 0 {
            below.weights.sigma_recurrent = None;
        }
    }
    below
}

/// Draws the batch. Data sets may be sorted by class, so the samples are spread over the whole set.
fn batch(train: &Samples) -> Samples {
    let all = train.labels.len();
    let count = all.min(SAMPLES);
    train.choose((0..count).map(|number| number * all / count))
}

/// Runs the untrained network with digital weights and returns the spikes of `layer` per neuron and sample.
fn spikes_per_neuron(settings: &Settings, network: &Network, layer: usize, samples: &Samples) -> f64 {
    let seed = Seed::new(0).named("calibration");
    let weights = |connection: Connection| {
        let (signs, (rows, columns)) = (network.signs(connection), network.shape(connection));
        let matrix = match connection {
            // Nothing above the layer affects it.
            Connection::Readout => Matrix::zeros(rows, columns),
            hidden => {
                let sigma = settings.sigma_of(hidden) as f32;
                initial::weights(&signs, columns, sigma, seed.named("initial").numbered(hidden.stream()))
            }
        };
        DigitalWeights::exact(matrix, signs)
    };
    let mut weights: Vec<DigitalWeights> = network.connections().map(weights).collect();
    let mut stores: Vec<&mut dyn WeightStore> = weights.iter_mut().map(|weights| weights as _).collect();
    let activity = evaluate(network, &mut stores, samples, samples.labels.len(), seed.named("read"), &Serial);
    activity.layer_spikes()[layer] / settings.hidden_layers()[layer].hidden as f64
}

/// Searches the spread with `rate(spread) = target`, from `start`. An error is the highest rate found.
fn search(start: f64, target: f64, rate: &mut dyn FnMut(f64) -> f64) -> Result<Spread, f64> {
    let (mut low, mut high) = (start, start);
    let mut most = rate(start);
    let (mut below, mut above) = (most, most);
    while above < target {
        (low, below) = (high, above);
        high *= 2.0;
        if high > LARGEST {
            return Err(most);
        }
        above = rate(high);
        most = most.max(above);
    }
    // A spread near 0 is silent.
    while below >= target {
        (high, above) = (low, below);
        low /= 2.0;
        below = if low < start / LARGEST { 0.0 } else { rate(low) };
    }
    while high / low > RESOLUTION {
        let middle = (low * high).sqrt();
        let found = rate(middle);
        if found < target {
            (low, below) = (middle, found);
        } else {
            (high, above) = (middle, found);
        }
    }
    let is_low_closer = target - below < above - target;
    // Rounding must not cross a jump.
    let sigma =
        if is_low_closer { rounded_to(low, |sigma| sigma <= low) } else { rounded_to(high, |sigma| sigma >= high) };
    Ok(Spread { sigma, spikes: rate(sigma) })
}

/// Rounds `value` to three digits on the side that `fits`.
fn rounded_to(value: f64, fits: impl Fn(f64) -> bool) -> f64 {
    // Half a unit of the last digit is at most 0.5 %.
    [1.0, 0.995, 1.005].map(|factor| rounded(factor * value)).into_iter().find(|sigma| fits(*sigma)).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_crossing_of_a_rising_curve() {
        // 3 spikes per unit of the spread above 0.01.
        for start in [1e-6, 0.001, 0.2, 50.0] {
            let found = search(start, 0.5, &mut |sigma| (3.0 * (sigma - 0.01)).max(0.0)).expect("a crossing");
            assert!((found.sigma - 0.1767).abs() < 0.001 && (found.spikes - 0.5).abs() < 0.01, "{start}: {found:?}");
        }
    }

    #[test]
    fn chooses_the_closer_end_of_a_jump() {
        let jump = |upper: f64| search(0.001, 0.5, &mut |sigma| if sigma < 0.03 { 0.3 } else { upper });
        assert_eq!(jump(20.0).expect("a crossing").spikes, 0.3);
        assert_eq!(jump(0.6).expect("a crossing").spikes, 0.6);
    }

    #[test]
    fn reports_the_highest_rate_below_the_target() {
        assert_eq!(search(0.001, 5.0, &mut |sigma| sigma.min(2.0)), Err(2.0));
        assert_eq!(search(0.001, 5.0, &mut |_| 0.0), Err(0.0));
    }

    #[test]
    fn numbers_have_three_digits() {
        for (value, expected) in [(0.012_345, 0.0123), (1.996, 2.0), (9.999, 10.0), (123.45, 123.0), (4.44e-5, 4.44e-5)]
        {
            assert_eq!(rounded(value), expected);
        }
    }
}
