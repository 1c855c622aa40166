//! Rates, intervals and activity over time of the hidden neurons, by population and class.
//!
//! ```text
//! rate  =  spikes / (neurons x samples x steps x dt)        Hz per neuron;  dt  duration of a step, s
//! ```
//!
//! ```
//! use ohmspike_snn::metrics::firing::Firing;
//!
//! // One excitatory and one inhibitory neuron, four steps, two classes; a sample of class 1.
//! let mut firing = Firing::new(2, 1, 4, 2);
//! firing.add_sample(1, [&[0][..], &[], &[0, 1], &[]]);
//! assert_eq!(firing.classes[1].excitatory.rate(1e-3), Some(500.0));
//! assert_eq!(firing.classes[1].excitatory.intervals.mean(), Some(2.0));
//! assert_eq!(firing.total().inhibitory.spikes_by_step, [0, 0, 1, 0]);
//! ```

use serde::{Deserialize, Serialize};

use crate::metrics::intervals::Intervals;

/// Spikes of one population over a set of samples.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PopulationFiring {
    /// Neurons of the population.
    pub neurons: u64,
    /// Samples.
    pub samples: u64,
    /// Spikes at each step, over all neurons and samples.
    pub spikes_by_step: Vec<u64>,
    /// Intervals between the spikes of a neuron, steps.
    pub intervals: Intervals,
}

/// Spikes of the hidden neurons over the samples of one class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ClassFiring {
    /// The excitatory neurons.
    pub excitatory: PopulationFiring,
    /// The inhibitory neurons.
    pub inhibitory: PopulationFiring,
}

/// Spikes of the hidden neurons over the samples of all classes.
#[derive(Clone, Debug)]
pub struct Firing {
    /// One entry per class.
    pub classes: Vec<ClassFiring>,
    excitatory: usize,
    /// Step of the last spike of each neuron in this sample.
    last: Vec<Option<usize>>,
}

impl Firing {
    /// Creates zero counts for `steps` steps and `classes` classes. The first `excitatory` of `neurons` are excitatory,
    /// at most all.
    pub fn new(neurons: usize, excitatory: usize, steps: usize, classes: usize) -> Firing {
        let excitatory = excitatory.min(neurons);
        let of = |neurons| PopulationFiring::new(neurons, steps);
        let class = ClassFiring { excitatory: of(excitatory), inhibitory: of(neurons - excitatory) };
        Firing { classes: vec![class; classes], excitatory, last: vec![None; neurons] }
    }

    /// Adds one sample of class `label`, given the neurons that spike at each step. A neuron spikes at most once per
    /// step.
    pub fn add_sample<'a>(&mut self, label: usize, spikes_by_step: impl IntoIterator<Item = &'a [u16]>) {
        let Firing { classes, excitatory, last } = self;
        let class = &mut classes[label];
        class.excitatory.samples += 1;
        class.inhibitory.samples += 1;
        last.fill(None);
        for (step, spiking) in spikes_by_step.into_iter().enumerate() {
            for &neuron in spiking {
                let neuron = usize::from(neuron);
                let population = if neuron < *excitatory { &mut class.excitatory } else { &mut class.inhibitory };
                population.spikes_by_step[step] += 1;
                if let Some(before) = last[neuron].replace(step) {
                    population.intervals.add(step - before);
                }
            }
        }
    }

    /// Returns the sum over all classes.
    pub fn total(&self) -> ClassFiring {
        let steps = self.classes.first().map_or(0, |class| class.excitatory.spikes_by_step.len());
        let of = |neurons| PopulationFiring::new(neurons, steps);
        let none = ClassFiring { excitatory: of(self.excitatory), inhibitory: of(self.last.len() - self.excitatory) };
        self.classes.iter().fold(none, |mut sum, class| {
            sum.excitatory.merge(&class.excitatory);
            sum.inhibitory.merge(&class.inhibitory);
            sum
        })
    }
}

impl PopulationFiring {
    fn new(neurons: usize, steps: usize) -> PopulationFiring {
        let (neurons, spikes_by_step) = (neurons as u64, vec![0; steps]);
        PopulationFiring { neurons, samples: 0, spikes_by_step, intervals: Intervals::default() }
    }

    /// Returns the number of spikes.
    pub fn spikes(&self) -> u64 {
        self.spikes_by_step.iter().sum()
    }

    /// Returns the rate in Hz per neuron; `None` without neurons, samples or steps.
    pub fn rate(&self, step_seconds: f64) -> Option<f64> {
        let neuron_steps = self.neurons * self.samples * self.spikes_by_step.len() as u64;
        (neuron_steps > 0).then(|| 1.0 / step_seconds * self.spikes() as f64 / neuron_steps as f64)
    }

    /// Returns the rate in Hz per neuron at each step; `None` without neurons or samples.
    pub fn rate_by_step(&self, step_seconds: f64) -> Option<Vec<f64>> {
        let neurons = self.neurons * self.samples;
        let rate = |&spikes: &u64| 1.0 / step_seconds * spikes as f64 / neurons as f64;
        (neurons > 0).then(|| self.spikes_by_step.iter().map(rate).collect())
    }

    fn merge(&mut self, other: &PopulationFiring) {
        self.samples += other.samples;
        self.intervals.merge(&other.intervals);
        for (sum, spikes) in self.spikes_by_step.iter_mut().zip(&other.spikes_by_step) {
            *sum += spikes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three neurons over 12 steps, from step 0: neuron 0 spikes every 2 steps, 1 every 3 steps, 2 every 5 steps.
    const REGULAR: [&[u16]; 12] = [&[0, 1, 2], &[], &[0], &[1], &[0], &[2], &[0, 1], &[], &[0], &[1], &[0, 2], &[]];

    #[test]
    fn regular_trains_have_their_periods_and_rates() {
        let mut firing = Firing::new(3, 2, 12, 2);
        firing.add_sample(1, REGULAR);
        firing.add_sample(1, REGULAR);
        let ClassFiring { excitatory, inhibitory } = &firing.classes[1];
        // Neurons 0 and 1 spike 6 and 4 times, with 5 intervals of 2 steps and 3 of 3 steps per sample.
        assert_eq!(excitatory.intervals.histogram, [0, 0, 10, 6]);
        assert_eq!(excitatory.intervals.mean(), Some(19.0 / 8.0));
        assert_eq!(excitatory.rate(1e-3), Some(1000.0 * 20.0 / (2.0 * 2.0 * 12.0)));
        // With steps of 8 ms, a second has 125.
        assert_eq!(excitatory.rate(8e-3), Some(125.0 * 20.0 / (2.0 * 2.0 * 12.0)));
        assert_eq!((inhibitory.intervals.mean(), inhibitory.intervals.variation()), (Some(5.0), Some(0.0)));
        assert_eq!(inhibitory.rate(1e-3), Some(1000.0 * 3.0 / 12.0));
        assert_eq!(firing.classes[0].excitatory.rate(1e-3), None);
    }

    #[test]
    fn intervals_do_not_span_samples() {
        let mut firing = Firing::new(1, 1, 3, 1);
        firing.add_sample(0, [&[][..], &[], &[0]]);
        firing.add_sample(0, [&[0][..], &[], &[]]);
        assert_eq!(firing.total().excitatory.intervals.count(), 0);
        assert_eq!(firing.total().excitatory.spikes_by_step, [1, 0, 1]);
    }

    #[test]
    fn the_total_is_the_sum_of_the_classes() {
        let [mut apart, mut together] = [Firing::new(3, 2, 12, 2), Firing::new(3, 2, 12, 1)];
        apart.add_sample(0, REGULAR);
        apart.add_sample(1, REGULAR.iter().rev().copied());
        together.add_sample(0, REGULAR);
        together.add_sample(0, REGULAR.iter().rev().copied());
        assert_eq!(apart.total(), together.classes[0]);
        assert_eq!(together.total(), together.classes[0]);
    }

    #[test]
    fn rates_by_step_average_to_the_rate() {
        let mut firing = Firing::new(3, 2, 12, 1);
        firing.add_sample(0, REGULAR);
        let excitatory = firing.total().excitatory;
        let by_step = excitatory.rate_by_step(1e-3).expect("neurons and samples");
        assert_eq!(by_step[..3], [1000.0, 0.0, 500.0]);
        // The sum of twelve multiples of 500 is exact; each of the two quotients is rounded once.
        let rate = excitatory.rate(1e-3).expect("neurons and samples");
        assert!((by_step.iter().sum::<f64>() / 12.0 - rate).abs() <= 2.0 * f64::EPSILON * rate);
        // A network without inhibitory neurons has no inhibitory rate.
        let mut excitatory_only = Firing::new(3, 3, 12, 1);
        excitatory_only.add_sample(0, REGULAR);
        assert_eq!(excitatory_only.total().inhibitory.rate(1e-3), None);
    }
}
