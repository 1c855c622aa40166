//! Finds hidden layers of a recorded trial that fire almost always.

use crate::health::{Saturated, judged_before_training};
use crate::observation::Observation;
use crate::record::Record;

/// Fraction of saturated neurons above which a layer is saturated.
const MAX_NEURONS: f64 = 0.5;

/// Returns the first layer that is saturated before training, or else after it. A trained network that rests is judged only
/// after training.
pub(in crate::health) fn saturated(record: &Record) -> Option<Saturated> {
    let neurons: Vec<u64> = record.settings.hidden_layers().iter().map(|layer| layer.hidden as u64).collect();
    let found = |observation: &Observation, before_training: bool| {
        let mut layers = observation.saturated_neurons.iter().zip(&neurons).enumerate();
        let most =
            |(_, (saturated, neurons)): &(usize, (&u64, &u64))| **saturated as f64 > MAX_NEURONS * **neurons as f64;
        let (place, (&saturated_neurons, &neurons)) = layers.find(most)?;
        Some(Saturated { layer: place + 1, saturated_neurons, neurons, before_training })
    };
    let at_start = || judged_before_training(&record.settings, record.after.is_some()).then_some(&record.before);
    at_start().and_then(|before| found(before, true)).or_else(|| found(record.after.as_ref()?, false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::empty_record;

    #[test]
    fn a_layer_saturates_above_half_of_its_neurons() {
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
        record.before.saturated_neurons = vec![100];
        assert_eq!(saturated(&record).map(|found| found.before_training), Some(true));
        record.settings.hardware.retention_seconds = 1.0;
        assert_eq!(saturated(&record).map(|found| found.before_training), Some(false));
        record.after = Some(Observation::default());
        assert_eq!(saturated(&record), None);
    }
}
