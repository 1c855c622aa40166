//! What a deployment starts from: a network, and the same network with digital weights.

use ohmspike_study::health::{MIN_SPIKES, chance_level, may_be_chance};
use serde::{Deserialize, Serialize};

use super::Bound;
use super::cell::Cell;
use super::chip_records::ChipRecord;
use super::error::DeployWarning;
use super::network::DeployedNetwork;

/// A deployed network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NetworkFacts {
    /// Name of the network.
    pub name: String,
    /// Its file.
    pub file: String,
    /// Start of the SHA-256 of the deployed weights.
    pub weights_sha256: String,
    /// Units of all layers, from the inputs to the classes.
    pub layers: Vec<usize>,
    /// Numbers of the recurrent hidden layers, from 1.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recurrent: Vec<usize>,
    /// Whether every row of weights has one sign.
    pub signed_rows: bool,
    /// Device of the training; none for a network of another program.
    pub trained_on: Option<String>,
    /// Outcome of the training on that device, 0 to 1.
    pub trained_outcome: Option<f64>,
}

/// Result of a network with digital weights, with the data and settings of its chips.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExactMemory {
    /// Data set of the test.
    pub data: String,
    /// SHA-256 of the data.
    pub data_sha256: String,
    /// Test samples.
    pub samples: u64,
    /// Classes.
    pub classes: usize,
    /// Chance, 0 to 1: 1 / (number of classes), or the fraction of the most frequent class if that is larger.
    #[serde(alias = "guessing")]
    pub chance: f64,
    /// Correct test samples.
    pub correct: u64,
    /// Correct test samples with the weights as stored; none unless some have the wrong sign.
    pub stored_correct: Option<u64>,
    /// Spikes per sample of all hidden layers.
    pub hidden_spikes: f64,
    /// Why accuracies on chips say nothing about them, if they do not: `is silent ...` or `is at chance ...`.
    pub broken: Option<String>,
}

pub(super) fn fraction(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}

impl NetworkFacts {
    /// Collects the facts about `network` from one of its cells.
    pub(super) fn new(network: &DeployedNetwork, bound: &Bound) -> NetworkFacts {
        let snn = &bound.cell.snn;
        let hidden = snn.hidden.iter().map(|layer| layer.neurons);
        let header = network.stored.header.as_ref();
        NetworkFacts {
            name: network.name.clone(),
            file: network.stored.file.clone(),
            weights_sha256: bound.key.weights.clone(),
            layers: [snn.inputs].into_iter().chain(hidden).chain([snn.classes]).collect(),
            recurrent: (0..snn.hidden.len())
                .filter(|layer| snn.hidden[*layer].recurrent)
                .map(|layer| layer + 1)
                .collect(),
            signed_rows: bound.cell.branches.is_some(),
            trained_on: header.map(|header| header.settings.hardware.device.clone()),
            trained_outcome: header.and_then(|header| header.outcome),
        }
    }

    /// Formats the units of all layers, for example `784-100-10` or `784-100-10, hidden 1 recurrent`.
    pub fn sizes(&self) -> String {
        let joined = |numbers: &[usize], by: &str| numbers.iter().map(usize::to_string).collect::<Vec<_>>().join(by);
        let sizes = joined(&self.layers, "-");
        match self.recurrent.as_slice() {
            [] => sizes,
            layers => format!("{sizes}, hidden {} recurrent", joined(layers, " and ")),
        }
    }
}

impl ExactMemory {
    /// Collects the facts of a cell of `network` from its `record` with digital weights, and that of the weights as `stored`.
    pub(super) fn new(
        bound: &Bound,
        network: &DeployedNetwork,
        record: Option<&ChipRecord>,
        stored: Option<&ChipRecord>,
    ) -> ExactMemory {
        let data = bound.chips.data();
        let mut of_class = vec![0; data.classes];
        data.test.labels.iter().for_each(|label| of_class[usize::from(*label)] += 1);
        let mut exact = ExactMemory {
            data: bound.cell.settings.data.set.clone(),
            data_sha256: data.sha256.clone(),
            samples: data.test.labels.len() as u64,
            classes: data.classes,
            chance: chance_level(&of_class).unwrap_or(0.0),
            correct: record.map_or(0, |record| record.correct[0]),
            stored_correct: stored.map(|record| record.correct[0]),
            hidden_spikes: record.and_then(|record| record.hidden_spikes).unwrap_or(0.0),
            broken: None,
        };
        // Training with digital weights leaves no weight with the sign of the other population.
        let contradicts = stored.is_some() && network.is_trained_in_exact_memory();
        let reached = || format!("reaches {:.1} %, but its training leaves no such weight", 100.0 * exact.accuracy());
        exact.broken = exact.state().or_else(|| contradicts.then(reached));
        exact
    }

    /// Accuracy, 0 to 1.
    pub fn accuracy(&self) -> f64 {
        fraction(self.correct, self.samples)
    }

    /// Accuracy with the weights as stored, 0 to 1; none unless some have the wrong sign.
    pub fn stored_accuracy(&self) -> Option<f64> {
        self.stored_correct.map(|correct| fraction(correct, self.samples))
    }

    /// Whether chance may give this number of correct samples.
    pub(super) fn is_chance(&self, correct: u64) -> bool {
        may_be_chance(fraction(correct, self.samples), self.samples, self.chance)
    }

    /// Returns why chips of `cell` say nothing; none for a network that works with digital weights.
    pub(super) fn warning(&self, cell: &Cell, network: &DeployedNetwork) -> Option<DeployWarning> {
        let (file, state) = (network.stored.file.clone(), self.broken.clone()?);
        let works_as_stored = self.stored_accuracy().filter(|_| !self.is_chance(self.stored_correct.unwrap_or(0)));
        Some(match works_as_stored {
            Some(stored) => {
                DeployWarning::BrokenBySigns { file, state, places: cell.wrong_signs(), stored: 100.0 * stored }
            }
            None => {
                let trained = network.stored.outcome().map(|outcome| 100.0 * outcome);
                DeployWarning::Broken { file, state, trained }
            }
        })
    }

    fn state(&self) -> Option<String> {
        if self.hidden_spikes < MIN_SPIKES {
            Some(format!("is silent ({:.2} hidden spikes per sample)", self.hidden_spikes))
        } else if self.is_chance(self.correct) {
            let (accuracy, chance) = (100.0 * self.accuracy(), 100.0 * self.chance);
            let spikes = self.hidden_spikes;
            let told = format!("{accuracy:.1} % accuracy, chance {chance:.1} %, {spikes:.0} hidden spikes per sample");
            // Fewer correct samples than chance, by more than three standard errors: mostly, the classes are in another order.
            let error = (self.chance * (1.0 - self.chance) / self.samples as f64).sqrt();
            let place = if self.accuracy() < self.chance - 3.0 * error { "below" } else { "at" };
            Some(format!("is {place} chance ({told})"))
        } else {
            None
        }
    }
}
