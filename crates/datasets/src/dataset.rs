//! A whole data set: its files decoded, checked and put together.

use std::{borrow::Cow, panic, thread};

use sha2::{Digest, Sha256};

use crate::{
    catalogue::Entry,
    file::{File, hexadecimal},
    idx,
    image_set::{self, ImageSet},
    load::LoadError,
};

/// Training and test images of one data set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    /// The name under which it was loaded.
    pub name: String,
    /// Number of classes.
    pub classes: usize,
    /// What training sees.
    pub train: ImageSet,
    /// What it is tested with.
    pub test: ImageSet,
    /// SHA-256 in hexadecimal over the SHA-256 of the unpacked training images, training labels, test images and test
    /// labels: it says what the data is, wherever it was and however it was packed.
    pub digest: String,
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
        classes: entry.classes.len(),
        train,
        test,
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
