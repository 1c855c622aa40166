//! A data set: training and test samples of one kind.

use crate::{events::EventSet, image_set::ImageSet, value_set::ValueSet};

/// Training and test samples of one data set.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// Name used to load it.
    pub name: String,
    /// Name of each class, in label order.
    pub class_names: Vec<String>,
    /// Training samples.
    pub train: Part,
    /// Test samples, of the same kind and size as the training samples.
    pub test: Part,
    /// Duration of each recording, s; `None` for dense samples.
    pub duration_seconds: Option<f64>,
    /// SHA-256 of the content in hexadecimal, independent of file format and location.
    ///
    /// - Published images: over the SHA-256 of the uncompressed training images, training labels, test images and test
    ///   labels.
    /// - Spiking Heidelberg Digits: over the digests of both parts as text.
    /// - Imported data: see `crates/datasets/src/stored.rs`.
    pub digest: String,
}

/// Samples of one kind with their class labels.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Images of one byte per pixel.
    Images(ImageSet),
    /// Numbers from 0 to 1.
    Values(ValueSet),
    /// Recorded spikes.
    Events(EventSet),
}

impl Part {
    /// Returns the number of samples.
    pub fn len(&self) -> usize {
        self.labels().len()
    }

    /// Returns whether there are no samples. A loaded data set always has some.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the memory of the samples, bytes.
    pub fn bytes(&self) -> usize {
        match self {
            Part::Images(images) => images.pixels.len(),
            Part::Values(values) => size_of_val(&values.values[..]),
            Part::Events(events) => {
                size_of_val(&events.times[..]) + size_of_val(&events.unit[..]) + size_of_val(&events.offsets[..])
            }
        }
    }

    /// Returns the class of each sample.
    pub fn labels(&self) -> &[u8] {
        match self {
            Part::Images(images) => &images.labels,
            Part::Values(values) => &values.labels,
            Part::Events(events) => &events.labels,
        }
    }

    /// Returns the numbers per sample, or the units of a recording.
    pub fn units(&self) -> usize {
        match self {
            Part::Images(images) => images.rows * images.columns,
            Part::Values(values) => values.units,
            Part::Events(events) => events.units,
        }
    }

    /// Returns the images, or `None` for samples of another kind.
    pub fn images(&self) -> Option<&ImageSet> {
        match self {
            Part::Images(images) => Some(images),
            _ => None,
        }
    }
}
