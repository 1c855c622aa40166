//! What figures of single networks need, beyond a record: rasters, traces and histograms of a trial.
//!
//! A trial whose details a study asks for (`[observe] details`) leaves them in a file of its own, `details/ID.json`. They
//! decide nothing, and a trial is named without regard to them.

mod example;
mod histogram;
mod update;

use ohmspike_simd::Matrix;
use ohmspike_snn::metrics::firing::ClassFiring;
use serde::{Deserialize, Serialize};

pub use example::{Example, MembraneTrace};
pub use histogram::Histogram;
pub use update::UpdateAnatomy;

/// The form of a file of details; changes together with that of records, for the same reason.
pub const SCHEMA: u32 = 2;

/// One trial from inside. A pure function of settings, device, data and seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Details {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Arithmetic of the records beside which this stands.
    pub arithmetic: u32,
    /// Name of the trial.
    pub id: String,
    /// Before training.
    pub before: Snapshot,
    /// After the last epoch; null where training diverged.
    pub after: Option<Snapshot>,
    /// The update that would come next, an entry per connection; null where training diverged.
    pub update: Option<Vec<UpdateAnatomy>>,
}

/// A network at one moment, and what it does with the test set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// The first test image, and all that it leaves in the network.
    pub example: Option<Example>,
    /// Hidden spikes by population, one entry a class.
    pub firing: Vec<ClassFiring>,
    /// The weights.
    pub weights: WeightHistograms,
}

/// How the effective weights of a network are spread, thresholds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WeightHistograms {
    /// From the inputs to excitatory neurons of the first hidden layer.
    pub to_excitatory: Histogram,
    /// From the inputs to its inhibitory neurons.
    pub to_inhibitory: Histogram,
    /// From the last hidden layer to the readout, one entry a class.
    pub to_classes: Vec<Histogram>,
}

impl WeightHistograms {
    /// Of the weights inputs x `hidden` and hidden x `readout`; the first `excitatory` neurons of the first hidden layer are
    /// excitatory.
    pub fn of(hidden: &Matrix, readout: &Matrix, excitatory: usize) -> WeightHistograms {
        let columns = |matrix: &Matrix, columns: std::ops::Range<usize>| {
            let cells = (0..matrix.rows()).flat_map(|row| columns.clone().map(move |column| (row, column)));
            Histogram::of(cells.map(|cell| matrix[cell]))
        };
        WeightHistograms {
            to_excitatory: columns(hidden, 0..excitatory),
            to_inhibitory: columns(hidden, excitatory..hidden.columns()),
            to_classes: (0..readout.columns()).map(|class| columns(readout, class..class + 1)).collect(),
        }
    }
}

/// Tests only: details of a trial with nothing in them.
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
    fn weights_are_counted_by_who_receives_them() {
        let hidden = Matrix::from_fn(4, 5, |row, column| if row == 0 { 0.0 } else { column as f32 });
        let readout = Matrix::from_fn(5, 2, |row, column| row as f32 - 2.0 * column as f32);
        let weights = WeightHistograms::of(&hidden, &readout, 3);
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
