//! Counts hidden spikes and predictions by population and class.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use crate::trace::LayerTrace;

/// Counts over the samples of one class, serialized as an array of four numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(into = "[u64; 4]", from = "[u64; 4]")]
pub struct ClassActivity {
    /// Number of samples.
    pub samples: u64,
    /// Number of correctly predicted samples.
    pub correct: u64,
    /// Spikes of excitatory hidden neurons.
    pub excitatory_spikes: u64,
    /// Spikes of inhibitory hidden neurons.
    pub inhibitory_spikes: u64,
}

/// Counts over the samples of all classes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// Counts per class, for the hidden layer that drives the readout.
    pub classes: Vec<ClassActivity>,
    /// Spikes of each lower hidden layer over all samples, starting with the layer that receives the input.
    pub below: Vec<u64>,
}

impl Activity {
    /// Creates zero counts for `classes` classes.
    pub fn new(classes: usize) -> Activity {
        Activity { classes: vec![ClassActivity::default(); classes], below: Vec::new() }
    }

    /// Adds one sample of class `label`. `hidden_spikes` lists the neuron of each spike; the first `excitatory` neurons
    /// are excitatory.
    pub fn count(&mut self, label: usize, correct: bool, hidden_spikes: &[u16], excitatory: usize) {
        let class = &mut self.classes[label];
        let from_excitatory = hidden_spikes.iter().filter(|&&neuron| usize::from(neuron) < excitatory).count() as u64;
        class.samples += 1;
        class.correct += u64::from(correct);
        class.excitatory_spikes += from_excitatory;
        class.inhibitory_spikes += hidden_spikes.len() as u64 - from_excitatory;
    }

    /// Adds the spikes of one sample in the lower hidden layers.
    pub(crate) fn count_below(&mut self, layers: &[LayerTrace]) {
        self.below.resize(layers.len(), 0);
        for (sum, layer) in self.below.iter_mut().zip(layers) {
            *sum += layer.spikes().all().len() as u64;
        }
    }

    /// Returns the spikes per sample of each hidden layer, starting with the layer that receives the input.
    pub fn layer_spikes(&self) -> Vec<f64> {
        let total = self.total();
        let below = self.below.iter().map(|&spikes| spikes as f64 / total.samples.max(1) as f64);
        below.chain([total.spikes_per_sample()]).collect()
    }

    /// Returns the spikes per sample of all hidden layers together.
    pub fn spikes_per_sample(&self) -> f64 {
        self.layer_spikes().into_iter().sum()
    }

    /// Returns the sum over all classes.
    pub fn total(&self) -> ClassActivity {
        self.classes.iter().fold(ClassActivity::default(), |sum, class| ClassActivity {
            samples: sum.samples + class.samples,
            correct: sum.correct + class.correct,
            excitatory_spikes: sum.excitatory_spikes + class.excitatory_spikes,
            inhibitory_spikes: sum.inhibitory_spikes + class.inhibitory_spikes,
        })
    }
}

impl AddAssign<&Activity> for Activity {
    /// Adds counts of the same number of classes.
    fn add_assign(&mut self, other: &Activity) {
        debug_assert_eq!(self.classes.len(), other.classes.len());
        for (class, other) in self.classes.iter_mut().zip(&other.classes) {
            class.samples += other.samples;
            class.correct += other.correct;
            class.excitatory_spikes += other.excitatory_spikes;
            class.inhibitory_spikes += other.inhibitory_spikes;
        }
        self.below.resize(other.below.len().max(self.below.len()), 0);
        self.below.iter_mut().zip(&other.below).for_each(|(sum, spikes)| *sum += spikes);
    }
}

impl From<[u64; 4]> for ClassActivity {
    fn from([samples, correct, excitatory_spikes, inhibitory_spikes]: [u64; 4]) -> ClassActivity {
        ClassActivity { samples, correct, excitatory_spikes, inhibitory_spikes }
    }
}

impl From<ClassActivity> for [u64; 4] {
    fn from(class: ClassActivity) -> [u64; 4] {
        [class.samples, class.correct, class.excitatory_spikes, class.inhibitory_spikes]
    }
}

impl ClassActivity {
    /// Returns the fraction of correctly predicted samples; 0 without samples.
    pub fn accuracy(&self) -> f64 {
        fraction(self.correct, self.samples)
    }

    /// Returns the hidden spikes per sample.
    pub fn spikes_per_sample(&self) -> f64 {
        fraction(self.excitatory_spikes + self.inhibitory_spikes, self.samples)
    }

    /// Returns the fraction of hidden spikes from excitatory neurons; 0 without spikes.
    pub fn excitatory_fraction(&self) -> f64 {
        fraction(self.excitatory_spikes, self.excitatory_spikes + self.inhibitory_spikes)
    }
}

fn fraction(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_spikes_by_population_and_class() {
        let mut activity = Activity::new(3);
        activity.count(2, true, &[0, 3, 3, 7], 4);
        activity.count(2, false, &[], 4);
        activity.count(0, true, &[9], 4);
        assert_eq!(activity.classes[2].excitatory_spikes, 3);
        assert_eq!(activity.classes[2].accuracy(), 0.5);
        assert_eq!(activity.total().spikes_per_sample(), 5.0 / 3.0);
        assert_eq!(activity.total().excitatory_fraction(), 0.6);
        assert_eq!(ClassActivity::default().accuracy(), 0.0);
    }
}
