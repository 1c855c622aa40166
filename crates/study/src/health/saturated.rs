//! Whether the hidden neurons fire nearly always.

use std::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};

use crate::observation::Observation;
use crate::record::Record;
use crate::settings::Settings;

/// Share of the neurons of a layer above which it is saturated: most of them.
const MOST_NEURONS: f64 = 0.5;
/// Share of the steps above which a neuron is saturated. A neuron that spikes at more than half of the steps spikes at once
/// after every reset, whatever its input is.
pub(crate) const MOST_STEPS: f64 = 0.5;

/// A hidden layer that fires nearly always.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Saturated {
    /// Number of the layer, from 1.
    pub layer: usize,
    /// Its neurons that spike at more than half of the steps.
    pub saturated_neurons: u64,
    /// Its neurons.
    pub neurons: u64,
    /// Whether this is so before training; otherwise it is after it.
    pub before_training: bool,
}

impl Saturated {
    pub(super) fn advice(&self, settings: &Settings) -> String {
        let key = match self.layer {
            1 => "weights.sigma_init".to_owned(),
            layer => format!("layer_{layer}.sigma_init"),
        };
        let noise = if settings.noise.level_percent > 0.0 { ", or lower `noise.level_percent`" } else { "" };
        match self.before_training {
            true => format!("start with smaller weights: lower `{key}`"),
            false => format!("lower `training.learning_rate` or `{key}`{noise}"),
        }
    }
}

impl Display for Saturated {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let when = if self.before_training { "before" } else { "after" };
        let Saturated { layer, saturated_neurons, neurons, .. } = self;
        write!(
            formatter,
            "{saturated_neurons} of {neurons} neurons of hidden layer {layer} spike at more than half of the steps {when} training"
        )
    }
}

/// The first saturated layer before training, or else after it.
pub(super) fn saturated(record: &Record) -> Option<Saturated> {
    let neurons: Vec<u64> = record.settings.hidden_layers().iter().map(|layer| layer.hidden as u64).collect();
    let found = |observation: &Observation, before_training: bool| {
        let mut layers = observation.saturated_neurons.iter().zip(&neurons).enumerate();
        let most =
            |(_, (saturated, neurons)): &(usize, (&u64, &u64))| **saturated as f64 > MOST_NEURONS * **neurons as f64;
        let (place, (&saturated_neurons, &neurons)) = layers.find(most)?;
        Some(Saturated { layer: place + 1, saturated_neurons, neurons, before_training })
    };
    found(&record.before, true).or_else(|| found(record.after.as_ref()?, false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::empty_record;

    #[test]
    fn more_than_half_of_the_neurons_saturate_a_layer() {
        let mut record = empty_record();
        record.settings.network.hidden = 100;
        record.before.saturated_neurons = vec![50];
        assert_eq!(saturated(&record), None);
        record.before.saturated_neurons = vec![51];
        let expected = Saturated { layer: 1, saturated_neurons: 51, neurons: 100, before_training: true };
        assert_eq!(saturated(&record), Some(expected));
        record.before.saturated_neurons.clear();
        record.after = Some(Observation { saturated_neurons: vec![100], ..record.before.clone() });
        assert_eq!(saturated(&record).map(|found| found.before_training), Some(false));
    }
}
