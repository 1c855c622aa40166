//! A whole data set: training and test samples of one kind.

use crate::{events::EventSet, image_set::ImageSet, value_set::ValueSet};

/// Training and test samples of one data set.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// The name under which it was loaded.
    pub name: String,
    /// What each class is called, in the order of the labels.
    pub class_names: Vec<String>,
    /// What training sees.
    pub train: Part,
    /// What it is tested with, of the same kind and size.
    pub test: Part,
    /// Of recordings, what each lasts, s.
    pub duration_seconds: Option<f64>,
    /// SHA-256 in hexadecimal that says what the data is, wherever it was and however it was packed: of published images
    /// over the SHA-256 of the unpacked training images, training labels, test images and test labels; of Spiking
    /// Heidelberg Digits over the digests of both parts as text; of imported data as `crates/datasets/src/stored.rs` says.
    pub digest: String,
}

/// Samples of one kind, each with the number of its class.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Bytes.
    Images(ImageSet),
    /// Numbers from 0 to 1.
    Values(ValueSet),
    /// Recorded spikes.
    Events(EventSet),
}

impl Part {
    /// Number of samples.
    pub fn len(&self) -> usize {
        self.labels().len()
    }

    /// Whether there are no samples; a data set that was loaded always has some.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Class of every sample.
    pub fn labels(&self) -> &[u8] {
        match self {
            Part::Images(images) => &images.labels,
            Part::Values(values) => &values.labels,
            Part::Events(events) => &events.labels,
        }
    }

    /// Numbers or units of a sample.
    pub fn units(&self) -> usize {
        match self {
            Part::Images(images) => images.rows * images.columns,
            Part::Values(values) => values.units,
            Part::Events(events) => events.units,
        }
    }

    /// The images, where it holds any.
    pub fn images(&self) -> Option<&ImageSet> {
        match self {
            Part::Images(images) => Some(images),
            _ => None,
        }
    }
}
