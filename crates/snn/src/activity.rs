//! Hidden spikes and outcomes, counted by population and class.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use crate::trace::LayerTrace;

/// Counts over the samples of one class. Written as the array of its four counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(into = "[u64; 4]", from = "[u64; 4]")]
pub struct ClassActivity {
    /// Samples.
    pub samples: u64,
    /// Samples whose class was predicted.
    pub correct: u64,
    /// Spikes of excitatory hidden neurons.
    pub excitatory_spikes: u64,
    /// Spikes of inhibitory hidden neurons.
    pub inhibitory_spikes: u64,
}

/// Counts over the samples of every class.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// One entry a class; of hidden neurons, those that the readout hears.
    pub classes: Vec<ClassActivity>,
    /// Spikes of each hidden layer below, over all samples; the one that hears the input first.
    pub below: Vec<u64>,
}

impl Activity {
    /// No samples yet, of `classes` classes.
    pub fn new(classes: usize) -> Activity {
        Activity { classes: vec![ClassActivity::default(); classes], below: Vec::new() }
    }

    /// Adds one sample of class `label` whose prediction was `correct`, with the hidden neurons that spiked, once a
    /// spike; the first `excitatory` neurons are excitatory.
    pub fn count(&mut self, label: usize, correct: bool, hidden_spikes: &[u16], excitatory: usize) {
        let class = &mut self.classes[label];
        let from_excitatory = hidden_spikes.iter().filter(|&&neuron| usize::from(neuron) < excitatory).count() as u64;
        class.samples += 1;
        class.correct += u64::from(correct);
        class.excitatory_spikes += from_excitatory;
        class.inhibitory_spikes += hidden_spikes.len() as u64 - from_excitatory;
    }

    /// Adds the spikes of one sample in the hidden layers that the readout does not hear.
    pub(crate) fn count_below(&mut self, layers: &[LayerTrace]) {
        self.below.resize(layers.len(), 0);
        for (sum, layer) in self.below.iter_mut().zip(layers) {
            *sum += layer.spikes().all().len() as u64;
        }
    }

    /// Spikes a sample in every hidden layer, the one that hears the input first.
    pub fn layer_spikes(&self) -> Vec<f64> {
        let total = self.total();
        let below = self.below.iter().map(|&spikes| spikes as f64 / total.samples.max(1) as f64);
        below.chain([total.spikes_per_sample()]).collect()
    }

    /// Sums over the classes.
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
    /// Adds counts of the same classes.
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
    /// Share of the samples whose class was predicted; 0 without samples.
    pub fn accuracy(&self) -> f64 {
        share(self.correct, self.samples)
    }

    /// Hidden spikes a sample.
    pub fn spikes_per_sample(&self) -> f64 {
        share(self.excitatory_spikes + self.inhibitory_spikes, self.samples)
    }

    /// Share of the hidden spikes that came from excitatory neurons; 0 without spikes.
    pub fn excitatory_share(&self) -> f64 {
        share(self.excitatory_spikes, self.excitatory_spikes + self.inhibitory_spikes)
    }
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spikes_are_counted_by_population_and_class() {
        let mut activity = Activity::new(3);
        activity.count(2, true, &[0, 3, 3, 7], 4);
        activity.count(2, false, &[], 4);
        activity.count(0, true, &[9], 4);
        assert_eq!(activity.classes[2].excitatory_spikes, 3);
        assert_eq!(activity.classes[2].accuracy(), 0.5);
        assert_eq!(activity.total().spikes_per_sample(), 5.0 / 3.0);
        assert_eq!(activity.total().excitatory_share(), 0.6);
        assert_eq!(ClassActivity::default().accuracy(), 0.0);
    }
}
