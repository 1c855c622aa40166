//! Images and their labels.

use std::fmt;

use thiserror::Error;

use crate::idx::Idx;

/// Images of one size, each with the number of its class.
#[derive(Clone, PartialEq, Eq)]
pub struct ImageSet {
    /// Height of an image, pixels.
    pub rows: usize,
    /// Width of an image, pixels.
    pub columns: usize,
    /// Brightness of every pixel, images x rows x columns.
    pub pixels: Vec<u8>,
    /// Class of every image.
    pub labels: Vec<u8>,
}

impl ImageSet {
    /// Number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are no images; a loaded set always has some.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The pixels of image `index`, rows x columns, which must be below [`len`](ImageSet::len).
    pub fn image(&self, index: usize) -> &[u8] {
        let size = self.rows * self.columns;
        &self.pixels[index * size..][..size]
    }
}

impl fmt::Debug for ImageSet {
    /// The sizes; millions of pixels help nobody.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ImageSet({} x {} x {})", self.len(), self.rows, self.columns)
    }
}

/// Why images and labels do not belong together.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ImageSetError {
    /// More images than labels, or fewer.
    #[error("{labels_file}: {labels} labels, must be {images} as `{images_file}` holds images")]
    CountsDisagree {
        /// The file of labels.
        labels_file: String,
        /// How many it holds.
        labels: usize,
        /// The file of images.
        images_file: String,
        /// How many it holds.
        images: usize,
    },
    /// A class that there is not.
    #[error("{file}: label of image {index} is {label}, must be at most {highest}")]
    Label {
        /// The file of labels.
        file: String,
        /// The image, from 0.
        index: usize,
        /// Its label.
        label: u8,
        /// The last class.
        highest: usize,
    },
}

/// Puts the images of one file and the labels of another together.
pub(crate) fn join(images: Idx, labels: Idx, classes: usize) -> Result<ImageSet, ImageSetError> {
    let (count, rows, columns) = (images.sizes[0], images.sizes[1], images.sizes[2]);
    if labels.data.len() != count {
        return Err(ImageSetError::CountsDisagree {
            labels_file: labels.file,
            labels: labels.data.len(),
            images_file: images.file,
            images: count,
        });
    }
    if let Some(index) = labels.data.iter().position(|&label| usize::from(label) >= classes) {
        let label = labels.data[index];
        return Err(ImageSetError::Label { file: labels.file, index, label, highest: classes - 1 });
    }
    Ok(ImageSet { rows, columns, pixels: images.data, labels: labels.data })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn idx(file: &str, sizes: &[usize], data: &[u8]) -> Idx {
        Idx { file: file.to_owned(), sizes: sizes.to_vec(), data: data.to_vec(), sha256: [0; 32] }
    }

    fn images() -> Idx {
        idx("images.gz", &[2, 1, 3], &[1, 2, 3, 4, 5, 6])
    }

    #[test]
    fn an_image_is_its_rows_one_after_the_other() {
        let set = join(images(), idx("labels.gz", &[2], &[0, 9]), 10).unwrap();
        assert_eq!((set.len(), set.image(0), set.image(1)), (2, &[1, 2, 3][..], &[4, 5, 6][..]));
        assert_eq!(format!("{set:?}"), "ImageSet(2 x 1 x 3)");
    }

    #[test]
    fn counts_that_disagree() {
        let error = join(images(), idx("labels.gz", &[3], &[0, 9, 1]), 10).unwrap_err();
        assert_eq!(error.to_string(), "labels.gz: 3 labels, must be 2 as `images.gz` holds images");
    }

    #[test]
    fn a_label_above_the_last_class() {
        let error = join(images(), idx("labels.gz", &[2], &[9, 10]), 10).unwrap_err();
        assert_eq!(error.to_string(), "labels.gz: label of image 1 is 10, must be at most 9");
    }
}
