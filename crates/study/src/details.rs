//! Details of a trial for figures of single networks: rasters, traces and histograms.
//!
//! If a study asks for them (`[observe] details`), they are saved in `details/ID.json`. They don't affect results, and
//! the ID of a trial does not depend on them.

mod example;
mod histogram;
mod update;

use ohmspike_simd::Matrix;
use ohmspike_snn::metrics::firing::ClassFiring;
use serde::{Deserialize, Serialize};

pub use example::{Example, MembraneTrace};
pub use histogram::Histogram;
pub use update::UpdateAnatomy;

/// Format version of details; changes together with that of records.
pub const SCHEMA: u32 = 2;

/// Details of one trial. They depend only on settings, device, data and seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Details {
    /// Version of the format of details.
    pub schema: u32,
    /// Arithmetic version of the matching record.
    pub arithmetic: u32,
    /// ID of the trial.
    pub id: String,
    /// Snapshot before training.
    pub before: Snapshot,
    /// Snapshot after the last epoch; null if training diverged.
    pub after: Option<Snapshot>,
    /// The next update, per connection; null if training diverged.
    pub update: Option<Vec<UpdateAnatomy>>,
}

/// A network at one moment, on the test set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// The first test sample and the response to it.
    pub example: Option<Example>,
    /// Hidden spikes by population, per class.
    pub firing: Vec<ClassFiring>,
    /// Distribution of the weights.
    pub weights: WeightHistograms,
}

/// Distribution of the effective weights, thresholds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WeightHistograms {
    /// From the inputs to the excitatory neurons of the first hidden layer.
    pub to_excitatory: Histogram,
    /// From the inputs to its inhibitory neurons.
    pub to_inhibitory: Histogram,
    /// From the last hidden layer to the readout, per class.
    pub to_classes: Vec<Histogram>,
}

impl WeightHistograms {
    /// Bins the weights inputs x `hidden` and hidden x `readout`. The first `excitatory` neurons of the first hidden
    /// layer are excitatory.
    pub fn new(hidden: &Matrix, readout: &Matrix, excitatory: usize) -> WeightHistograms {
        let columns = |matrix: &Matrix, columns: std::ops::Range<usize>| {
            let cells = (0..matrix.rows()).flat_map(|row| columns.clone().map(move |column| (row, column)));
            Histogram::from_values(cells.map(|cell| matrix[cell]))
        };
        WeightHistograms {
            to_excitatory: columns(hidden, 0..excitatory),
            to_inhibitory: columns(hidden, excitatory..hidden.columns()),
            to_classes: (0..readout.columns()).map(|class| columns(readout, class..class + 1)).collect(),
        }
    }
}

/// Returns empty details of a trial, for tests.
#[cfg(any(test, feature = "fixture"))]
pub fn empty_details(id: &str) -> Details {
    let weights = WeightHistograms {
        to_excitatory: Histogram::default(),
        to_inhibitory: Histogram::default(),
        to_classes: Vec::new(),
    };
    let snapshot = Snapshot { example: None, firing: Vec::new(), weights };
    Details {
        schema: SCHEMA,
        arithmetic: crate::record::ARITHMETIC,
        id: id.to_owned(),
        before: snapshot.clone(),
        after: Some(snapshot),
        update: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_weights_by_receiving_population() {
        let hidden = Matrix::from_fn(4, 5, |row, column| if row == 0 { 0.0 } else { column as f32 });
        let readout = Matrix::from_fn(5, 2, |row, column| row as f32 - 2.0 * column as f32);
        let weights = WeightHistograms::new(&hidden, &readout, 3);
        assert_eq!((weights.to_excitatory.count(), weights.to_inhibitory.count()), (12, 8));
        // A row of zeros and a column of zeros.
        assert_eq!((weights.to_excitatory.zeros, weights.to_inhibitory.zeros), (6, 2));
        assert_eq!((weights.to_inhibitory.low, weights.to_inhibitory.high), (3.0, 4.0));
        assert_eq!(weights.to_classes.len(), 2);
        assert_eq!(
            (weights.to_classes[1].low, weights.to_classes[1].high, weights.to_classes[1].zeros),
            (-2.0, 2.0, 1)
        );
    }
}
