//! Spike statistics of the hidden neurons on the test set: distances between spike trains and intervals between spikes.
//! With several hidden layers, it is the layer connected to the readout.
//!
//! Every trial is observed twice, before training and after the last epoch. Distances are Van Rossum distances with a
//! time constant of one time step, in the published form: summed over steps
//! (`ohmspike_snn::metrics::van_rossum`).

use ohmspike_simd::Matrix;
use ohmspike_snn::evaluate::Answer;
use ohmspike_snn::metrics::firing::Firing;
use ohmspike_snn::metrics::intervals::Intervals;
use ohmspike_snn::metrics::van_rossum::{PairDistances, Time, VanRossum};
use ohmspike_snn::network::Network;
use serde::{Deserialize, Serialize};

use crate::details::{Example, Snapshot, WeightHistograms};
use crate::health::most_steps;
use crate::measured_neurons::MeasuredNeurons;

/// Time constant of the Van Rossum distance, time steps.
const DISTANCE_STEPS: f64 = 1.0;

/// Spike statistics of one test, as kept in a record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Observation {
    /// Mean distances over samples and pairs of hidden neurons. Layers of more than 1,000 neurons use a drawn sample of
    /// 1,000.
    pub distances: PairDistances,
    /// Intervals between spikes, per class.
    pub classes: Vec<ClassTiming>,
    /// Neurons of each hidden layer, first layer first, that spike more than half as often as they can; empty in
    /// records without this count.
    #[serde(default)]
    pub saturated_neurons: Vec<u64>,
}

/// Intervals between the spikes of a neuron, over the samples of one class.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClassTiming {
    /// Intervals of excitatory neurons.
    pub excitatory: IntervalSummary,
    /// Intervals of inhibitory neurons.
    pub inhibitory: IntervalSummary,
}

/// Summary of intervals between spikes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IntervalSummary {
    /// Number of intervals.
    pub count: u64,
    /// Mean interval, time steps; null without intervals.
    pub mean: Option<f64>,
    /// Coefficient of variation; null without intervals.
    pub variation: Option<f64>,
}

impl From<&Intervals> for IntervalSummary {
    fn from(intervals: &Intervals) -> IntervalSummary {
        IntervalSummary { count: intervals.count(), mean: intervals.mean(), variation: intervals.variation() }
    }
}

/// Collects the statistics of a test.
pub struct SpikeObservation<'a> {
    network: &'a Network,
    measured: MeasuredNeurons,
    distances: VanRossum,
    firing: Firing,
    example: Option<Example>,
    /// Spike counts of every neuron of every hidden layer.
    spikes: Vec<Vec<u64>>,
    samples: u64,
}

impl<'a> SpikeObservation<'a> {
    /// Starts an observation of `network`.
    pub fn new(network: &'a Network) -> SpikeObservation<'a> {
        let hidden = network.last_hidden();
        let measured = MeasuredNeurons::new(hidden.neurons, hidden.excitatory);
        let distances = VanRossum::new(measured.count, DISTANCE_STEPS).expect("the time constant is positive");
        let firing = Firing::new(hidden.neurons, hidden.excitatory, network.steps, network.classes);
        let spikes = network.hidden.iter().map(|layer| vec![0; layer.neurons]).collect();
        SpikeObservation { network, measured, distances, firing, example: None, spikes, samples: 0 }
    }

    /// Adds one answer; the first becomes the example.
    pub fn see(&mut self, answer: &Answer) {
        self.measured.spikes(answer.trace.hidden_spikes_by_step(), |steps| self.distances.add_sample(steps));
        self.firing.add_sample(answer.label, answer.trace.hidden_spikes_by_step());
        self.samples += 1;
        for (spikes, layer) in self.spikes.iter_mut().zip(answer.trace.layers()) {
            layer.spikes().all().iter().for_each(|&neuron| spikes[usize::from(neuron)] += 1);
        }
        if self.example.is_none() {
            self.example = Some(Example::new(self.network, answer));
        }
    }

    /// Returns the statistics, given the weights from the inputs (`hidden`) and to the classes (`readout`).
    pub fn end(self, hidden: &Matrix, readout: &Matrix) -> (Observation, Snapshot) {
        let classes = self.firing.classes.iter().map(|class| ClassTiming {
            excitatory: IntervalSummary::from(&class.excitatory.intervals),
            inhibitory: IntervalSummary::from(&class.inhibitory.intervals),
        });
        let observation = Observation {
            distances: self.distances.report(self.measured.excitatory, Time::Steps),
            classes: classes.collect(),
            saturated_neurons: self.saturated_neurons(),
        };
        let weights = WeightHistograms::new(hidden, readout, self.network.hidden[0].excitatory);
        (observation, Snapshot { example: self.example, firing: self.firing.classes, weights })
    }

    /// Number of neurons per layer that spike more than half as often as they can.
    fn saturated_neurons(&self) -> Vec<u64> {
        let most = most_steps(self.network.neuron) * (self.samples * self.network.steps as u64) as f64;
        let of_layer = |spikes: &Vec<u64>| spikes.iter().filter(|spikes| **spikes as f64 > most).count() as u64;
        self.spikes.iter().map(of_layer).collect()
    }
}

#[cfg(test)]
mod tests {
    use ohmspike_snn::connection::Connection;
    use ohmspike_snn::encode::LatencyCode;
    use ohmspike_snn::evaluate::evaluate_watched;
    use ohmspike_snn::network::Dynamics;
    use ohmspike_snn::weights::DigitalWeights;

    use super::*;

    /// Two excitatory neurons and one inhibitory neuron, each driven by one of three pixels.
    #[test]
    fn observed_spikes_match_the_counts() {
        let images = [[255u8, 200, 100], [90, 120, 250], [0, 0, 0]];
        let samples = LatencyCode::default().samples(images.iter().map(|image| &image[..]), &[1, 0, 1], 60);
        let samples = samples.expect("few spikes");
        let network = Network::new(3, 3, 2, 0.67, 60, &Dynamics::default()).expect("valid");
        let on = |signs: Vec<_>, weights: Matrix| DigitalWeights::exact(weights, signs);
        let each_its_own = Matrix::from_fn(3, 3, |row, column| if row == column { 4.0 } else { 0.0 });
        let mut hidden = on(network.signs(Connection::Feedforward(0)), each_its_own.clone());
        let sign = |row| if row < 2 { 0.5 } else { -0.5 };
        let mut readout = on(network.signs(Connection::Readout), Matrix::from_fn(3, 2, |row, _| sign(row)));

        let mut observer = SpikeObservation::new(&network);
        let read = ohmspike_rng::Seed::new(1);
        let activity = evaluate_watched(&network, &mut [&mut hidden, &mut readout], &samples, 3, read, &mut |answer| {
            observer.see(answer);
        });
        let (observation, snapshot) = observer.end(&each_its_own, &each_its_own);

        let total = activity.total();
        let counted =
            |of: fn(&ohmspike_snn::metrics::firing::ClassFiring) -> u64| snapshot.firing.iter().map(of).sum::<u64>();
        assert!(total.excitatory_spikes > 0 && total.inhibitory_spikes > 0, "{total:?}");
        assert_eq!(counted(|class| class.excitatory.spikes()), total.excitatory_spikes);
        assert_eq!(counted(|class| class.inhibitory.spikes()), total.inhibitory_spikes);
        let example = snapshot.example.expect("an image was seen");
        assert_eq!((example.sample, example.label), (0, 1));
        assert_eq!(example.input.iter().flatten().count(), 3);
        assert_eq!(example.readout.len(), 2);
        assert!(example.readout.iter().all(|trace| trace.len() == 61));
        // One inhibitory neuron is not a pair.
        let PairDistances { ee, ei, ii } = observation.distances;
        assert!(ee.is_some_and(|distance| distance.root > 0.0) && ei.is_some() && ii.is_none());
        let intervals = observation.classes.iter().map(|class| class.excitatory.count).sum::<u64>();
        assert!(intervals > 0 && intervals < total.excitatory_spikes);
    }
    /// An input so strong that each neuron spikes in every second step, which is all that an LIF neuron can do.
    #[test]
    fn neurons_that_spike_as_often_as_they_can_are_saturated() {
        let samples = LatencyCode::default().samples([&[255u8; 3][..]].into_iter(), &[1], 60).expect("few spikes");
        let network = Network::new(3, 3, 2, 0.67, 60, &Dynamics::default()).expect("valid");
        let saturated = |weight: f32| {
            let each = Matrix::from_fn(3, 3, |row, column| if row == column { weight } else { 0.0 });
            let mut hidden = DigitalWeights::exact(each.clone(), network.signs(Connection::Feedforward(0)));
            let mut readout = DigitalWeights::exact(Matrix::zeros(3, 2), network.signs(Connection::Readout));
            let mut observer = SpikeObservation::new(&network);
            let seed = ohmspike_rng::Seed::new(1);
            evaluate_watched(&network, &mut [&mut hidden, &mut readout], &samples, 1, seed, &mut |answer| {
                observer.see(answer);
            });
            observer.end(&each, &each).0.saturated_neurons
        };
        assert_eq!([1e6, 4.0].map(saturated), [[3], [0]]);
    }
}
