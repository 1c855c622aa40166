//! Time steps that spikes need to cross a network, and what to do if samples have no spikes within them.
//!
//! ```text
//! spike at t  ->  current I[t+1]  ->  voltage V[t+2]        of every layer and neuron model, and of the readout
//! ```

use ohmspike_snn::encode::LatencyCode;

use crate::settings::RATE;
use crate::significant::short;

/// What to do about small values.
const IMPORT: &str = "import the data with `--scale min-max`";

/// Steps from a spike to the first change of a voltage that it causes.
const DELAY: usize = 2;

/// Returns whether hidden layer `layer`, counted from the one that receives spikes from step `first` on, can spike within
/// `steps`; layers and steps are counted from 0.
pub(crate) fn can_spike(first: usize, layer: usize, steps: usize) -> bool {
    first + DELAY * (layer + 1) < steps
}

/// Returns the fewest steps in which an input spike at step `first`, from 0, changes a readout voltage through `layers`
/// hidden layers.
pub(crate) fn needed(first: usize, layers: usize) -> usize {
    // Voltages have one step more than spikes.
    first + DELAY * (layers + 1)
}

/// Returns the number of steps in which latency encoding keeps the spikes of all 8-bit values above its threshold, and the
/// smallest such value as a fraction of full scale.
pub(crate) fn of_latency() -> (usize, f64) {
    let code = LatencyCode::default();
    let least = (256.0 * code.threshold).ceil() / 255.0;
    (code.step(least, usize::MAX).map_or(0, |step| step + 1), least)
}

/// Returns the value, as a fraction of full scale, from which latency encoding has a spike within `steps`; above 1 if even
/// full scale has none. This inverts t = tau ln(x / (x - theta)).
pub(crate) fn least_value(steps: usize) -> f64 {
    let LatencyCode { threshold, tau } = LatencyCode::default();
    threshold / (1.0 - (-(steps as f64) / tau).exp())
}

/// Returns what to do if latency encoding within `steps` leaves samples without spikes.
pub(crate) fn latency_advice(steps: usize) -> String {
    let (needed, least) = of_latency();
    let raise = format!("raise `network.steps` to {needed} (now {steps}) for values from {} on", short(least));
    let poisson = "set `data.encoding = \"poisson\"`";
    match (least_value(steps) > 1.0, steps < needed) {
        // Values cannot exceed full scale.
        (true, _) => format!("{raise}, or {poisson}"),
        (_, true) => format!("{IMPORT}, {raise}, or {poisson}"),
        _ => format!("{IMPORT}, or {poisson}"),
    }
}

/// Returns what to do if Poisson encoding at `rate_hertz` within `steps` leaves samples without spikes.
pub(crate) fn poisson_advice(rate_hertz: f64, steps: usize) -> String {
    let steps = format!("`network.steps` (now {steps})");
    match rate_hertz < RATE.high {
        true => {
            format!("{IMPORT}, or raise `data.poisson_rate_hertz` (now {rate_hertz}, at most {}) or {steps}", RATE.high)
        }
        false => format!("{IMPORT}, or raise {steps}"),
    }
}

#[cfg(test)]
mod tests {
    use ohmspike_rng::Seed;
    use ohmspike_simd::Matrix;
    use ohmspike_snn::forward::{Layer, Trace, forward};
    use ohmspike_snn::network::{Dynamics, HiddenLayer, Network};
    use ohmspike_snn::neuron::Neuron;
    use ohmspike_snn::spikes::SpikeTrains;

    use super::*;

    /// The first input spike is at step 3. Weights are so large that a single spike excites every neuron.
    #[test]
    fn large_weights_reach_the_readout_in_the_fewest_steps() {
        let first = 3;
        for (neuron, layers) in [(Neuron::Lif, 1), (Neuron::Lif, 3), (Neuron::Izhikevich, 1), (Neuron::Izhikevich, 2)] {
            let enough = needed(first, layers);
            for steps in first + 1..=enough + 1 {
                let hidden = vec![HiddenLayer::new(1, 1.0).expect("valid"); layers];
                let network = Network::from_layers(1, hidden, 1, steps, &Dynamics::default()).expect("valid");
                let network = Network { neuron, ..network };
                let mut input = SpikeTrains::new(1, steps).expect("one unit");
                input.push_raster(|step, _| step == first).expect("one spike");
                let mut trace = Trace::new(&network);
                let weights = Matrix::from_fn(1, 1, |_, _| 50.0);
                let connections = vec![Layer::exact(&weights); layers + 1];
                forward(&network, &connections, input.sample(0), Seed::new(0), &mut trace);
                assert_eq!(trace.peak(0).1 > 0.0, steps >= enough, "{neuron:?}, {layers} layers, {steps} steps");
                for (layer, trace) in trace.layers().iter().enumerate() {
                    let spikes = trace.spikes().all().len();
                    assert_eq!(spikes > 0, can_spike(first, layer, steps), "{neuron:?}, layer {layer}, {steps} steps");
                }
            }
        }
    }

    /// Full scale spikes at step 4, 52 of 255 at step 79.
    #[test]
    fn few_steps_keep_only_large_values_of_a_latency_code() {
        assert_eq!(of_latency(), (80, 52.0 / 255.0));
        assert!(least_value(4) > 1.0 && least_value(5) < 1.0);
        let code = LatencyCode::default();
        for steps in [5, 10, 30, 79, 100] {
            let least = least_value(steps);
            assert_eq!((code.step(least - 1e-4, steps), code.step(least + 1e-4, steps).is_some()), (None, true));
        }
    }

    /// Full scale spikes in step 5, and 52 of 255 in step 80.
    #[test]
    fn advice_on_latency_encoding_names_steps_that_help() {
        let poisson = "set `data.encoding = \"poisson\"`";
        let raise = |now: usize| format!("raise `network.steps` to 80 (now {now}) for values from 0.204 on");
        assert_eq!(latency_advice(4), format!("{}, or {poisson}", raise(4)));
        assert_eq!(latency_advice(5), format!("{IMPORT}, {}, or {poisson}", raise(5)));
        assert_eq!(latency_advice(80), format!("{IMPORT}, or {poisson}"));
    }
}
