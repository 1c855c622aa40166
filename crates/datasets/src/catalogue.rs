//! The built-in catalogue of published data sets.

use crate::{file::File, name::Name};

/// A data set: its sizes, its files, and the file contents if they are embedded in the program.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub name: Name,
    /// Name of each class, in label order.
    pub classes: &'static [&'static str],
    /// Training and test images in total.
    pub images: usize,
    /// Total size of the four compressed files as published.
    pub bytes: u64,
    /// Training images, training labels, test images, test labels.
    pub files: [File; 4],
    pub embedded: Option<[&'static [u8]; 4]>,
}

impl Name {
    /// Returns the name of each class, in label order.
    pub fn class_names(self) -> &'static [&'static str] {
        entry(self).classes
    }
}

/// Returns the catalogue entry of `name`.
pub(crate) fn entry(name: Name) -> &'static Entry {
    match name {
        Name::FashionMnist => &FASHION_MNIST,
        Name::FashionMnistSubset => &FASHION_MNIST_SUBSET,
    }
}

/// Class names from the label table in the Fashion-MNIST repository.
const CLOTHES: [&str; 10] =
    ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"];

/// Xiao, Rasul and Vollgraf, *Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms*,
/// arXiv:1708.07747 (2017).
///
/// The hashes cover the uncompressed content of the published files. The MD5 sums of the published files are
/// 8d4fb7e6c68d591d4c3dfef9ec88bf0d, 25c81989df183df01b3e8a0aad5dffbe, bef4ecab320f06d8554ea6380940ec79 and
/// bb300cfdad3c16e7a12a480ee83cd310. Debian compresses the same content with gzip headers that omit the name and the
/// time.
static FASHION_MNIST: Entry = Entry {
    name: Name::FashionMnist,
    classes: &CLOTHES,
    images: 70_000,
    bytes: 26_421_880 + 29_515 + 4_422_102 + 5_148,
    files: [
        File::images("train-images-idx3-ubyte.gz", "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"),
        File::labels("train-labels-idx1-ubyte.gz", "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"),
        File::images("t10k-images-idx3-ubyte.gz", "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"),
        File::labels("t10k-labels-idx1-ubyte.gz", "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
    ],
    embedded: None,
};

/// The first images of each class, selected by `scripts/make_fashion_mnist_subset.py`, which also prints these hashes.
static FASHION_MNIST_SUBSET: Entry = Entry {
    name: Name::FashionMnistSubset,
    classes: &CLOTHES,
    images: 6_144,
    bytes: TRAIN_IMAGES.len() as u64 + TRAIN_LABELS.len() as u64 + TEST_IMAGES.len() as u64 + TEST_LABELS.len() as u64,
    files: [
        File::images("train-images-idx3-ubyte.gz", "bc3326d40226638052d42966316466b60c3174e7045b8d6c19dd031da4658d76"),
        File::labels("train-labels-idx1-ubyte.gz", "dd5b2307fe9305010a91df5f6b908bae009f1b2c82b84a2e35b47dbf82363c64"),
        File::images("t10k-images-idx3-ubyte.gz", "c18e4435454c1a33c043e83839ccf18a73a0fbf7719f682ede7747c45dc3f324"),
        File::labels("t10k-labels-idx1-ubyte.gz", "b9d0a21eb468a3df09a358ba4be44ef809afdb3ba41d1eba65a0dd832c2c8a8f"),
    ],
    embedded: Some([TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS]),
};

const TRAIN_IMAGES: &[u8] = include_bytes!("../embedded/fashion-mnist-subset/train-images-idx3-ubyte.gz");
const TRAIN_LABELS: &[u8] = include_bytes!("../embedded/fashion-mnist-subset/train-labels-idx1-ubyte.gz");
const TEST_IMAGES: &[u8] = include_bytes!("../embedded/fashion-mnist-subset/t10k-images-idx3-ubyte.gz");
const TEST_LABELS: &[u8] = include_bytes!("../embedded/fashion-mnist-subset/t10k-labels-idx1-ubyte.gz");

/// The subset without its embedded content, so that tests have small files to find, fetch and damage.
#[cfg(test)]
pub(crate) fn loose_subset() -> (Entry, [&'static [u8]; 4]) {
    let files = [TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS];
    (Entry { embedded: None, ..FASHION_MNIST_SUBSET.clone() }, files)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The Fashion-MNIST repository shows an ankle boot as the first training image.
    #[test]
    fn class_names_match_the_publication() {
        let names = Name::FashionMnist.class_names();
        assert_eq!((names.len(), names[0], names[9]), (10, "T-shirt/top", "Ankle boot"));
        assert_eq!(Name::FashionMnistSubset.class_names(), names);
    }
}
