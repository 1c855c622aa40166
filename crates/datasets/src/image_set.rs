//! Images and their labels.

use std::fmt;

use thiserror::Error;

use crate::idx::Idx;

/// Images of equal size with their class labels.
#[derive(Clone, PartialEq, Eq)]
pub struct ImageSet {
    /// Height of an image, pixels.
    pub rows: usize,
    /// Width of an image, pixels.
    pub columns: usize,
    /// Brightness of each pixel, images x rows x columns.
    pub pixels: Vec<u8>,
    /// Class of each image.
    pub labels: Vec<u8>,
}

impl ImageSet {
    /// Returns the number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Returns whether there are no images. A loaded set always has some.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Returns the pixels of image `index` (rows x columns), which must be below [`len`](ImageSet::len).
    pub fn image(&self, index: usize) -> &[u8] {
        let size = self.rows * self.columns;
        &self.pixels[index * size..][..size]
    }
}

impl fmt::Debug for ImageSet {
    /// Formats the sizes only, because a set can have millions of pixels.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ImageSet({} x {} x {})", self.len(), self.rows, self.columns)
    }
}

/// Mismatch of images and labels.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ImageSetError {
    /// Number of labels differs from the number of images.
    #[error("{labels_file}: expected {} (one per image of `{images_file}`), got {labels}", crate::counted(*images, "label"))]
    CountsDisagree {
        /// The file of labels.
        labels_file: String,
        /// Number of labels.
        labels: usize,
        /// The file of images.
        images_file: String,
        /// Number of images.
        images: usize,
    },
    /// A label out of range.
    #[error("{file}: image {index}: label: expected 0 to {highest}, got {label}")]
    Label {
        /// The file of labels.
        file: String,
        /// Image index, from 0.
        index: usize,
        /// Label in the file.
        label: u8,
        /// Highest class.
        highest: usize,
    },
}

/// Combines images and labels from separate files.
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
    fn images_are_stored_row_by_row() {
        let set = join(images(), idx("labels.gz", &[2], &[0, 9]), 10).unwrap();
        assert_eq!((set.len(), set.image(0), set.image(1)), (2, &[1, 2, 3][..], &[4, 5, 6][..]));
        assert_eq!(format!("{set:?}"), "ImageSet(2 x 1 x 3)");
    }

    #[test]
    fn rejects_different_counts() {
        let error = join(images(), idx("labels.gz", &[3], &[0, 9, 1]), 10).unwrap_err();
        assert_eq!(error.to_string(), "labels.gz: expected 2 labels (one per image of `images.gz`), got 3");
    }

    #[test]
    fn rejects_a_label_above_the_highest_class() {
        let error = join(images(), idx("labels.gz", &[2], &[9, 10]), 10).unwrap_err();
        assert_eq!(error.to_string(), "labels.gz: image 1: label: expected 0 to 9, got 10");
    }
}
