//! A whole data set: training and test samples of one kind, and published images decoded, checked and put together.

use std::{borrow::Cow, panic, thread};

use sha2::{Digest, Sha256};

use crate::{
    catalogue::Entry,
    events::EventSet,
    file::{File, hexadecimal},
    idx,
    image_set::{self, ImageSet},
    load::LoadError,
    value_set::ValueSet,
};

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

/// The packed bytes of a file, and what messages call it.
pub(crate) type Packed = (String, Cow<'static, [u8]>);

/// Decodes the four files of `entry`, training and test at the same time.
pub(crate) fn decode(entry: &Entry, packed: &[Packed; 4]) -> Result<Dataset, LoadError> {
    let part = |images: usize, labels: usize| {
        decode_part(
            [&entry.files[images], &entry.files[labels]],
            [&packed[images], &packed[labels]],
            entry.classes.len(),
        )
    };
    let (train, test) = thread::scope(|scope| {
        let test = scope.spawn(|| part(2, 3));
        (part(0, 1), test.join().unwrap_or_else(|cause| panic::resume_unwind(cause)))
    });
    let (train, train_hashes) = train?;
    let (test, test_hashes) = test?;
    let digest = train_hashes.iter().chain(&test_hashes).fold(Sha256::new(), Digest::chain_update);
    Ok(Dataset {
        name: entry.name.to_string(),
        class_names: entry.classes.iter().map(|&name| name.to_owned()).collect(),
        train: Part::Images(train),
        test: Part::Images(test),
        duration_seconds: None,
        digest: hexadecimal(&digest.finalize().into()),
    })
}

/// Images and labels of one part, and the hashes of the two contents.
fn decode_part(
    files: [&File; 2],
    packed: [&Packed; 2],
    classes: usize,
) -> Result<(ImageSet, [[u8; 32]; 2]), LoadError> {
    let images = idx::read(&packed[0].0, &packed[0].1, files[0].dimensions)?;
    let labels = idx::read(&packed[1].0, &packed[1].1, files[1].dimensions)?;
    let hashes = [images.sha256, labels.sha256];
    let verified = files[0].verify(&images).and_then(|()| files[1].verify(&labels));
    // What does not fit together says more than a wrong hash.
    let set = image_set::join(images, labels, classes)?;
    verified?;
    Ok((set, hashes))
}
